//! What is kept of a decision: these fields and no others.

use std::net::IpAddr;

use authority::{SerialNumber, Timestamp};
use serde::{Deserialize, Serialize, de};

use super::{
    Digest,
    text::{
        as_text, from_text, option_as_text, option_from_text, printable, printable_list, printable_option, shorten,
    },
};

/// One decision of the CA.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Entry {
    /// Identifies the decision; the client is told.
    #[serde(serialize_with = "printable")]
    pub id: String,
    /// When the request was taken up.
    #[serde(serialize_with = "as_text", deserialize_with = "from_text")]
    pub time: Timestamp,
    /// Correlates with the request log.
    #[serde(serialize_with = "printable")]
    pub request_id: String,
    /// Where the request came from.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub peer: Option<IpAddr>,
    /// What was asked for.
    pub operation: Operation,
    /// What became of it.
    pub outcome: Outcome,
    /// Name of the provisioner, once it is known.
    #[serde(serialize_with = "printable_option", skip_serializing_if = "Option::is_none", default)]
    pub provisioner: Option<String>,
    /// The credential's identity under that provisioner, see [`Digest::of_credential`].
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub credential: Option<Digest>,
    /// Who the credential says the client is.
    #[serde(serialize_with = "printable_option", skip_serializing_if = "Option::is_none", default)]
    pub subject: Option<String>,
    /// Names in the certificate, or asked for.
    #[serde(serialize_with = "printable_list", skip_serializing_if = "Vec::is_empty", default)]
    pub names: Vec<String>,
    /// The modules that were asked, in order.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub modules: Vec<Module>,
    /// The rule that decided, for a refusal.
    #[serde(serialize_with = "printable_option", skip_serializing_if = "Option::is_none", default)]
    pub rule: Option<String>,
    /// Why, for people; never a secret.
    #[serde(serialize_with = "printable_option", skip_serializing_if = "Option::is_none", default)]
    pub message: Option<String>,
    /// Of the certificate that was issued or spoken of.
    #[serde(
        serialize_with = "option_as_text",
        deserialize_with = "option_from_text",
        skip_serializing_if = "Option::is_none",
        default
    )]
    pub serial_number: Option<SerialNumber>,
    /// SHA-256 of the certificate that was issued.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub fingerprint: Option<Digest>,
    /// What the checks changed in the draft.
    #[serde(serialize_with = "printable_list", skip_serializing_if = "Vec::is_empty", default)]
    pub edits: Vec<String>,
    /// So many names, edits and modules did not fit into a short line.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub left_out: Option<u64>,
    /// So many refusals before this one came too fast to be listed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub unlisted: Option<u64>,
}

impl Entry {
    /// An entry with what is known of every request.
    pub fn new(id: String, time: Timestamp, request_id: String, operation: Operation, outcome: Outcome) -> Self {
        Self {
            id,
            time,
            request_id,
            peer: None,
            operation,
            outcome,
            provisioner: None,
            credential: None,
            subject: None,
            names: Vec::new(),
            modules: Vec::new(),
            rule: None,
            message: None,
            serial_number: None,
            fingerprint: None,
            edits: Vec::new(),
            left_out: None,
            unlisted: None,
        }
    }

    /// The same decision in a line of at most `octets`, which is 2 KiB or more: of long lists it has the first few and
    /// a count, of long texts the beginning. What the checks wrote goes first.
    pub fn shortened(mut self, octets: usize) -> Self {
        if self.line(u64::MAX).len() > octets {
            self.cut_edits(4, 256);
        }
        // The last step holds whatever the texts are made of.
        for (elements, characters) in [(4, 256), (4, 64), (2, 32), (1, 8)] {
            if self.line(u64::MAX).len() <= octets {
                break;
            }
            self.cut(elements, characters);
        }
        self
    }

    fn cut_edits(&mut self, elements: usize, characters: usize) {
        let left_out = first(&mut self.edits, elements);
        self.leave_out(left_out);
        self.edits.iter_mut().for_each(|edit| shorten(edit, characters));
    }

    fn cut(&mut self, elements: usize, characters: usize) {
        self.cut_edits(elements, characters);
        let left_out = first(&mut self.names, elements) + first(&mut self.modules, elements);
        self.leave_out(left_out);
        let texts = [&mut self.id, &mut self.request_id].into_iter();
        let texts = texts
            .chain([&mut self.provisioner, &mut self.subject, &mut self.rule, &mut self.message].into_iter().flatten());
        let texts = texts.chain(&mut self.names);
        for text in texts.chain(self.modules.iter_mut().map(|module| &mut module.name)) {
            shorten(text, characters);
        }
    }

    fn leave_out(&mut self, elements: u64) {
        let left_out = self.left_out.unwrap_or_default().saturating_add(elements);
        self.left_out = (left_out > 0).then_some(left_out);
    }

    /// The entry as line number `sequence` of the log: one JSON object, its members always in the same order.
    pub fn line(&self, sequence: u64) -> String {
        #[derive(Serialize)]
        struct Line<'e> {
            sequence: u64,
            #[serde(flatten)]
            entry: &'e Entry,
        }
        serde_json::to_string(&Line { sequence, entry: self }).expect("entries have no keys that are not strings")
    }

    /// Reads a line and its number.
    pub fn parse(line: &str) -> Result<(u64, Self), serde_json::Error> {
        let mut members: serde_json::Map<String, serde_json::Value> = serde_json::from_str(line)?;
        let sequence = members.remove("sequence").and_then(|sequence| sequence.as_u64());
        let sequence = sequence.ok_or_else(|| de::Error::missing_field("sequence"))?;
        Ok((sequence, serde_json::from_value(members.into())?))
    }
}

/// Keeps the first of a list, and tells how many it dropped.
fn first<T>(list: &mut Vec<T>, elements: usize) -> u64 {
    let dropped = list.len().saturating_sub(elements);
    list.truncate(elements);
    dropped as u64
}

/// What was asked for.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Operation {
    /// A clock that is behind the newest record.
    Clock,
    /// A certificate for an ACME order.
    Finalize,
    /// What is on record.
    Read,
    /// The recall of a policy module: what it had a say in is not renewed.
    Recall,
    /// The end of a recall.
    Reinstate,
    /// The same names with another key.
    Rekey,
    /// The same certificate with a later validity.
    Renew,
    /// An end before its time.
    Revoke,
    /// That it is known what became of a certificate that was asked of a signer elsewhere.
    Settle,
    /// A first certificate.
    Sign,
}

impl Operation {
    /// As the log writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Clock => "clock",
            Self::Finalize => "finalize",
            Self::Read => "read",
            Self::Recall => "recall",
            Self::Reinstate => "reinstate",
            Self::Rekey => "rekey",
            Self::Renew => "renew",
            Self::Revoke => "revoke",
            Self::Settle => "settle",
            Self::Sign => "sign",
        }
    }

    /// Reads what [`Self::as_str`] writes.
    pub fn from_name(name: &str) -> Option<Self> {
        [
            Self::Clock,
            Self::Finalize,
            Self::Read,
            Self::Recall,
            Self::Reinstate,
            Self::Rekey,
            Self::Renew,
            Self::Revoke,
            Self::Settle,
            Self::Sign,
        ]
        .into_iter()
        .find(|operation| operation.as_str() == name)
    }
}

/// What became of a request.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// An operator has taken it upon himself.
    Accepted,
    /// Somebody was told.
    Answered,
    /// The CA failed.
    Fault,
    /// A certificate was issued.
    Issued,
    /// A rule said no.
    Refused,
    /// A certificate was revoked.
    Revoked,
}

/// A policy module that took part in a decision.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Module {
    /// As `ca.json` names it.
    #[serde(serialize_with = "printable")]
    pub name: String,
    /// SHA-256 of its file.
    pub sha256: Digest,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits;
    use proptest::{collection::vec, option, prelude::*};

    fn entry() -> Entry {
        let now = Timestamp::from_unix(1_700_000_000);
        Entry {
            peer: Some("192.0.2.7".parse().unwrap()),
            provisioner: Some("ci".to_owned()),
            credential: Some(Digest::of_credential("ci", "jti")),
            names: vec!["a.example".to_owned()],
            modules: vec![Module { name: "builtin:jwk".to_owned(), sha256: Digest::of(&[b"wasm"]) }],
            serial_number: Some("340282366920938463463374607431768211455".parse().unwrap()),
            ..Entry::new("d".to_owned(), now, "r".to_owned(), Operation::Sign, Outcome::Issued)
        }
    }

    #[test]
    fn an_entry_reads_back_from_its_line() {
        let full = Entry {
            subject: Some("alice".to_owned()),
            rule: Some("claims.max-duration".to_owned()),
            message: Some("too long".to_owned()),
            fingerprint: Some(Digest::of(&[b"der"])),
            edits: vec!["notAfter 2026-01-01T00:00:00Z".to_owned()],
            left_out: Some(3),
            unlisted: Some(4),
            ..entry()
        };
        let bare = Entry::new("d".into(), Timestamp::from_unix(0), "r".into(), Operation::Revoke, Outcome::Fault);
        for entry in [full, bare] {
            let line = entry.line(12);
            assert!(!line.contains('\n'), "{line}");
            assert_eq!(Entry::parse(&line).unwrap(), (12, entry));
        }
    }

    #[test]
    fn a_line_has_the_members_on_the_list_and_no_others() {
        assert!(Entry::parse(&entry().line(1).replacen('{', r#"{"token":"ey","#, 1)).is_err());
        assert_eq!(
            Entry::new("d".into(), Timestamp::from_unix(0), "r".into(), Operation::Sign, Outcome::Refused).line(3),
            r#"{"sequence":3,"id":"d","time":"1970-01-01T00:00:00Z","requestId":"r","operation":"sign","outcome":"refused"}"#
        );
    }

    #[test]
    fn text_from_outside_cannot_break_a_line_or_fool_a_terminal() {
        let message = format!("a\n\"}}\u{1b}[2J\u{202e}{}", "x".repeat(5_000));
        let line = Entry { message: Some(message), ..entry() }.line(1);
        assert!(!line.chars().any(|c| c.is_control() || c == '\u{202e}'), "{line}");
        assert!(line.len() < 2_000);
        assert!(Entry::parse(&line).is_ok());
    }

    #[test]
    fn a_short_line_has_the_first_names_and_counts_the_others() {
        let names: Vec<String> = (0..100).map(|n| format!("host{n}.example")).collect();
        let short = Entry { names: names.clone(), ..entry() }.shortened(2 << 10);
        assert_eq!((&short.names[..], short.left_out), (&names[..4], Some(96)));
        assert_eq!(Entry::parse(&short.line(1)).unwrap(), (1, short));
        assert_eq!(entry().shortened(2 << 10), entry(), "what is short stays as it is");
    }

    #[test]
    fn the_names_of_a_certificate_stay_when_the_edits_are_too_many() {
        let names: Vec<String> = (0..100).map(|n| format!("{n:03}{}", "x".repeat(250))).collect();
        let long = Entry { names: names.clone(), edits: vec!["\u{1}".repeat(1_024); 2_000], ..entry() };
        let short = long.shortened(limits::AUDIT_LINE);
        assert_eq!((short.names, short.left_out), (names, Some(1_996)));
    }

    /// One character, or a mixture of them, over and over.
    fn text() -> impl Strategy<Value = String> {
        (".{1,4}|[\u{1}\u{202e}\"\\\\]{1,4}", 0..2_000_usize).prop_map(|(text, times)| text.repeat(times))
    }

    fn texts() -> impl Strategy<Value = Vec<String>> {
        (text(), 0..40_usize).prop_map(|(text, elements)| vec![text; elements])
    }

    #[test]
    fn a_short_line_is_short_whatever_the_texts_are_made_of() {
        for worst in ["\u{202e}", "\u{1}", "\"", "\u{10fffd}", "x"] {
            let text = worst.repeat(5_000);
            let module = Module { name: text.clone(), sha256: Digest::of(&[b"wasm"]) };
            let long = Entry {
                id: text.clone(),
                request_id: text.clone(),
                peer: Some("2001:db8:1111:2222:3333:4444:5555:6666".parse().unwrap()),
                provisioner: Some(text.clone()),
                subject: Some(text.clone()),
                rule: Some(text.clone()),
                message: Some(text.clone()),
                names: vec![text.clone(); 1_000],
                edits: vec![text; 1_000],
                modules: vec![module; 1_000],
                fingerprint: Some(Digest::of(&[b"der"])),
                unlisted: Some(u64::MAX),
                ..entry()
            };
            let line = long.shortened(2 << 10).line(u64::MAX);
            assert!(line.len() <= 2 << 10, "{worst:?}: {}", line.len());
            assert!(Entry::parse(&line).is_ok());
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn any_text_gives_a_line_that_reads_back(id in ".*", names in vec(".*", 0..4)) {
            let line = Entry { id, names, ..entry() }.line(1);
            prop_assert!(Entry::parse(&line).is_ok());
        }

        #[test]
        fn no_texts_make_a_line_over_the_bound(
            texts in (texts(), texts(), texts()),
            about in (text(), text(), option::of(text()), option::of(text())),
            octets in prop::sample::select(vec![limits::REFUSAL_LINE, limits::AUDIT_LINE]),
        ) {
            let ((names, edits, modules), (id, request_id, subject, message)) = (texts, about);
            let module = |name| Module { name, sha256: Digest::of(&[b"wasm"]) };
            let modules = modules.into_iter().map(module).collect();
            let long = Entry { id, request_id, subject, message, names, edits, modules, ..entry() };
            let line = long.shortened(octets).line(u64::MAX);
            prop_assert!(line.len() <= octets, "{}", line.len());
            prop_assert!(Entry::parse(&line).is_ok());
        }
    }
}
