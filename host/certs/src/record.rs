//! One certificate with everything that is known of it.

use std::fmt::Write as _;

use api_types::{CertificateEntry, ModuleEntry, RevocationEntry};

use crate::printable::printable;

/// A few lines, each a label and a value; what is not known has none.
pub fn record(entry: &CertificateEntry) -> String {
    let issued = format!("{} ({})", entry.issued_at, entry.operation);
    let provisioner = match (entry.provisioner.as_str(), entry.credential_id.as_str()) {
        ("", _) => "none, it is the CA's own".to_owned(),
        (name, "") => name.to_owned(),
        (name, id) => format!("{name} [ID: {id}]"),
    };
    let renewals = format!("{} since {}", entry.renewals, entry.first_issued);
    let mut text = String::new();
    let mut line = |label: &str, value: &str| {
        if !value.is_empty() {
            let _ = writeln!(text, "{label:<15}{}", printable(value));
        }
    };
    line("Serial number:", &entry.serial);
    line("Fingerprint:", &entry.fingerprint);
    line("Status:", &entry.status);
    line("Subject:", &entry.subject);
    listed(&mut line, "Names:", entry.names.iter().cloned());
    line("Valid from:", &entry.not_before);
    line("        to:", &entry.not_after);
    line("Provisioner:", &provisioner);
    line("Issued:", &issued);
    line("Decision:", &entry.decision_id);
    line("Request:", &entry.request_id);
    line("Asked from:", entry.peer.as_deref().unwrap_or_default());
    let module = |ModuleEntry { name, sha256 }: &ModuleEntry| format!("{sha256} {name}");
    listed(&mut line, "Modules:", entry.modules.iter().map(module));
    if entry.renewals > 0 {
        line("Renewals:", &renewals);
    }
    line("In place of:", entry.previous.as_deref().unwrap_or_default());
    if let Some(RevocationEntry { revoked_at, reason, reason_text, provisioner, revoked_by }) = &entry.revocation {
        line("Revoked:", revoked_at);
        line("     reason:", format!("{reason} {reason_text}").trim_end());
        line("         by:", format!("{revoked_by} {provisioner}").trim());
    }
    text
}

fn listed(line: &mut impl FnMut(&str, &str), label: &str, values: impl Iterator<Item = String>) {
    for (index, value) in values.enumerate() {
        line(if index == 0 { label } else { "" }, &value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_and_when_and_by_which_modules_are_said_and_what_is_unknown_is_not() {
        let entry = CertificateEntry {
            serial: "77".into(),
            status: "revoked".into(),
            names: vec!["a.example".into(), "b.example".into()],
            provisioner: "ci".into(),
            credential_id: "kid".into(),
            issued_at: "2026-08-21T09:30:00Z".into(),
            operation: "sign".into(),
            decision_id: "d1".into(),
            modules: vec![ModuleEntry { name: "builtin:jwk".into(), sha256: "ab".into() }],
            revocation: Some(RevocationEntry {
                revoked_at: "2026-08-22T09:30:00Z".into(),
                reason: "keyCompromise".into(),
                reason_text: "lost".into(),
                ..RevocationEntry::default()
            }),
            ..CertificateEntry::default()
        };
        let expected = "\
Serial number: 77
Status:        revoked
Names:         a.example
               b.example
Provisioner:   ci [ID: kid]
Issued:        2026-08-21T09:30:00Z (sign)
Decision:      d1
Modules:       ab builtin:jwk
Revoked:       2026-08-22T09:30:00Z
     reason:   keyCompromise lost
";
        assert_eq!(record(&entry), expected);
    }
}
