//! Certificates as comma-separated values (RFC 4180).

use std::borrow::Cow;

use api_types::CertificateEntry;

const HEADINGS: [&str; COLUMNS] = [
    "serial",
    "status",
    "subject",
    "names",
    "provisioner",
    "not_before",
    "not_after",
    "issued_at",
    "operation",
    "decision_id",
    "fingerprint",
    "modules",
    "revoked_at",
    "reason",
];
const COLUMNS: usize = 14;

/// A line of headings and a line a certificate, each with CR LF at its end. Lists are separated by blanks within a field.
pub fn csv(entries: &[CertificateEntry]) -> String {
    let mut text = line(HEADINGS.map(Cow::Borrowed));
    entries.iter().for_each(|entry| text.push_str(&line(fields(entry))));
    text
}

fn fields(entry: &CertificateEntry) -> [Cow<'_, str>; COLUMNS] {
    let modules: Vec<&str> = entry.modules.iter().map(|module| module.sha256.as_str()).collect();
    let revocation = entry.revocation.as_ref();
    [
        entry.serial.as_str().into(),
        entry.status.as_str().into(),
        entry.subject.as_str().into(),
        entry.names.join(" ").into(),
        entry.provisioner.as_str().into(),
        entry.not_before.as_str().into(),
        entry.not_after.as_str().into(),
        entry.issued_at.as_str().into(),
        entry.operation.as_str().into(),
        entry.decision_id.as_str().into(),
        entry.fingerprint.as_str().into(),
        modules.join(" ").into(),
        revocation.map_or("", |revocation| revocation.revoked_at.as_str()).into(),
        revocation.map_or("", |revocation| revocation.reason.as_str()).into(),
    ]
}

fn line(fields: [Cow<'_, str>; COLUMNS]) -> String {
    let mut text = fields.map(|field| quoted(&field)).join(",");
    text.push_str("\r\n");
    text
}

fn quoted(field: &str) -> String {
    // A spreadsheet would take it for a formula, and the subject is what a stranger has chosen.
    let mark = if field.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    if field.contains(['"', ',', '\r', '\n']) {
        format!("\"{mark}{}\"", field.replace('"', "\"\""))
    } else {
        format!("{mark}{field}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_quoted_when_it_must_be_and_is_never_a_formula() {
        for (field, text) in [
            ("plain text", "plain text"),
            ("a,b", "\"a,b\""),
            ("say \"x\"", "\"say \"\"x\"\"\""),
            ("a\r\nb", "\"a\r\nb\""),
            ("=1+1", "'=1+1"),
            ("@sum(1,2)", "\"'@sum(1,2)\""),
            ("", ""),
        ] {
            assert_eq!(quoted(field), text);
        }
    }

    #[test]
    fn every_line_has_as_many_fields_as_there_are_headings() {
        let entry = CertificateEntry { serial: "7".into(), names: vec!["a".into(), "b".into()], ..Default::default() };
        let text = csv(&[entry]);
        let lines: Vec<&str> = text.split_terminator("\r\n").collect();
        let [headings, line] = lines[..] else { panic!("{text}") };
        assert_eq!(line, "7,,,a b,,,,,,,,,,");
        assert_eq!(headings.split(',').count(), line.split(',').count());
    }
}
