//! The record of every decision, and the chain that makes it one.
//!
//! An [`Entry`] has the fields on this page and no others: never a token, a key or a password. Written as one line of
//! JSON, it is bound to everything before it: `hash = SHA-256(hash before ‖ line)`. A changed, removed, moved or added
//! line breaks the chain where it happened; a cut tail is found by comparing with a [`Head`] kept elsewhere.
//!
//! This room does not know where the lines are kept.

use std::{borrow::Cow, fmt, net::IpAddr, str::FromStr};

use authority::{SerialNumber, Timestamp};
use aws_lc_rs::digest::{Context, SHA256};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

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
            unlisted: None,
        }
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

/// What was asked for.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Operation {
    /// A certificate for an ACME order.
    Finalize,
    /// The same names with another key.
    Rekey,
    /// The same certificate with a later validity.
    Renew,
    /// An end before its time.
    Revoke,
    /// A first certificate.
    Sign,
}

impl Operation {
    /// As the log writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Finalize => "finalize",
            Self::Rekey => "rekey",
            Self::Renew => "renew",
            Self::Revoke => "revoke",
            Self::Sign => "sign",
        }
    }

    /// Reads what [`Self::as_str`] writes.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Finalize, Self::Rekey, Self::Renew, Self::Revoke, Self::Sign]
            .into_iter()
            .find(|operation| operation.as_str() == name)
    }
}

/// What became of a request.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// The CA failed.
    Fault,
    /// A certificate was issued.
    Issued,
    /// A rule said no.
    Refused,
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

/// A SHA-256 value; 64 lower-case hexadecimal digits in text.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Digest([u8; 32]);

impl Digest {
    /// A value that was computed elsewhere.
    pub const fn from_bytes(octets: [u8; 32]) -> Self {
        Self(octets)
    }

    /// Hashes the parts one after the other, as if they were one.
    pub fn of(parts: &[&[u8]]) -> Self {
        let mut context = Context::new(&SHA256);
        for part in parts {
            context.update(part);
        }
        let mut octets = [0; 32];
        octets.copy_from_slice(context.finish().as_ref());
        Self(octets)
    }

    /// Hashes the parts so that no other parts give the same value.
    pub fn of_fields(fields: &[&[u8]]) -> Self {
        let mut context = Context::new(&SHA256);
        for field in fields {
            context.update(&(field.len() as u64).to_be_bytes());
            context.update(field);
        }
        let mut octets = [0; 32];
        octets.copy_from_slice(context.finish().as_ref());
        Self(octets)
    }

    /// What stands for a credential in store and log: (provisioner, `jti` or whatever makes it one of a kind).
    pub fn of_credential(provisioner: &str, id: &str) -> Self {
        Self::of_fields(&[b"credential", provisioner.as_bytes(), id.as_bytes()])
    }

    /// Its octets.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Digest {
    type Err = hex::FromHexError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut octets = [0; 32];
        hex::decode_to_slice(text, &mut octets)?;
        Ok(Self(octets))
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        from_text(deserializer)
    }
}

/// The end of a chain: how many lines there are, and the hash of the last.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Head {
    /// Number of the last line; 0 before the first.
    pub sequence: u64,
    /// Its hash.
    pub hash: Digest,
}

impl Head {
    /// Before the first line of the log with this identifier: lines of one log cannot continue another.
    pub fn genesis(log: &[u8; 16]) -> Self {
        Self { sequence: 0, hash: Digest::of_fields(&[b"step-ca audit log", log]) }
    }

    /// After one more line.
    pub fn append(self, line: &str) -> Self {
        Self { sequence: self.sequence + 1, hash: Digest::of(&[self.hash.as_bytes(), line.as_bytes()]) }
    }
}

/// A line as it is kept.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Link {
    /// Counted from 1.
    pub sequence: u64,
    /// One JSON object.
    pub line: String,
    /// Of this line and everything before it.
    pub hash: Digest,
}

/// Follows a chain line by line.
#[derive(Clone, Copy, Debug)]
pub struct Verifier(Head);

impl Verifier {
    /// Begins after `head`, which is trusted.
    pub fn after(head: Head) -> Self {
        Self(head)
    }

    /// Takes the next line.
    pub fn push(&mut self, link: &Link) -> Result<(), ChainError> {
        let next = self.0.append(&link.line);
        if link.sequence != next.sequence {
            return Err(ChainError::OutOfOrder { expected: next.sequence, found: link.sequence });
        }
        if link.hash != next.hash {
            return Err(ChainError::Changed { sequence: next.sequence });
        }
        self.0 = next;
        Ok(())
    }

    /// Compares the end with the one that was kept elsewhere.
    pub fn finish(self, expected: Head) -> Result<(), ChainError> {
        match self.0 {
            end if end == expected => Ok(()),
            end if end.sequence == expected.sequence => Err(ChainError::Changed { sequence: end.sequence }),
            end => Err(ChainError::Length { expected: expected.sequence, found: end.sequence }),
        }
    }
}

/// Follows a whole chain from its first line to the end that was kept elsewhere.
pub fn verify<'l>(log: &[u8; 16], links: impl IntoIterator<Item = &'l Link>, end: Head) -> Result<(), ChainError> {
    let mut verifier = Verifier::after(Head::genesis(log));
    for link in links {
        verifier.push(link)?;
    }
    verifier.finish(end)
}

/// How a log differs from what was written.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ChainError {
    /// The line, or one before it that was rehashed, is not what was written.
    #[error("line {sequence} of the audit log was changed")]
    Changed {
        /// Its number.
        sequence: u64,
    },
    /// Lines are missing at the end, or there are more than were written.
    #[error("the audit log has {found} lines instead of {expected}")]
    Length {
        /// How many were written.
        expected: u64,
        /// How many there are.
        found: u64,
    },
    /// A line is missing, moved or there twice.
    #[error("where line {expected} of the audit log should be stands line {found}")]
    OutOfOrder {
        /// What should follow.
        expected: u64,
        /// What follows.
        found: u64,
    },
}

/// At most so many characters of a text from outside are kept.
const TEXT: usize = 1_024;

/// Cuts a text and escapes what could fool a terminal or a reader: controls and marks that turn the direction.
fn clean(text: &str) -> Cow<'_, str> {
    let deceives = |c: char| {
        c.is_control()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2028}' | '\u{2029}' | '\u{2066}'..='\u{2069}')
    };
    if text.len() <= TEXT && !text.contains(deceives) {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len().min(TEXT));
    for c in text.chars().take(TEXT) {
        match deceives(c) {
            true => clean.extend(c.escape_unicode()),
            false => clean.push(c),
        }
    }
    Cow::Owned(clean)
}

fn printable<S: Serializer>(text: &str, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&clean(text))
}

fn printable_option<S: Serializer>(text: &Option<String>, serializer: S) -> Result<S::Ok, S::Error> {
    text.as_deref().map(clean).serialize(serializer)
}

fn printable_list<S: Serializer>(texts: &[String], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(texts.iter().map(|text| clean(text)))
}

fn as_text<T: fmt::Display, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

fn option_as_text<T: fmt::Display, S: Serializer>(value: &Option<T>, serializer: S) -> Result<S::Ok, S::Error> {
    value.as_ref().map(ToString::to_string).serialize(serializer)
}

fn from_text<'de, T: FromStr<Err: fmt::Display>, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    Cow::<'de, str>::deserialize(deserializer)?.parse().map_err(de::Error::custom)
}

fn option_from_text<'de, T: FromStr<Err: fmt::Display>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    from_text(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::{collection::vec, prelude::*, sample::Index};

    const LOG: [u8; 16] = [7; 16];

    fn entry(n: u64) -> Entry {
        let now = Timestamp::from_unix(1_700_000_000);
        Entry {
            peer: Some("192.0.2.7".parse().unwrap()),
            provisioner: Some("ci".to_owned()),
            credential: Some(Digest::of_credential("ci", &format!("jti {n}"))),
            names: vec!["a.example".to_owned()],
            modules: vec![Module { name: "builtin:jwk".to_owned(), sha256: Digest::of(&[b"wasm"]) }],
            serial_number: Some("340282366920938463463374607431768211455".parse().unwrap()),
            ..Entry::new(format!("d{n}"), now, format!("r{n}"), Operation::Sign, Outcome::Issued)
        }
    }

    fn chain(lines: u64) -> (Vec<Link>, Head) {
        let mut head = Head::genesis(&LOG);
        let links = (1..=lines).map(|n| {
            let line = entry(n).line(n);
            head = head.append(&line);
            Link { sequence: n, line, hash: head.hash }
        });
        (links.collect(), head)
    }

    #[test]
    fn an_entry_reads_back_from_its_line() {
        let full = Entry {
            subject: Some("alice".to_owned()),
            rule: Some("claims.max-duration".to_owned()),
            message: Some("too long".to_owned()),
            fingerprint: Some(Digest::of(&[b"der"])),
            edits: vec!["notAfter 2026-01-01T00:00:00Z".to_owned()],
            unlisted: Some(4),
            ..entry(1)
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
        assert!(Entry::parse(&entry(1).line(1).replacen('{', r#"{"token":"ey","#, 1)).is_err());
        assert_eq!(
            Entry::new("d".into(), Timestamp::from_unix(0), "r".into(), Operation::Sign, Outcome::Refused).line(3),
            r#"{"sequence":3,"id":"d","time":"1970-01-01T00:00:00Z","requestId":"r","operation":"sign","outcome":"refused"}"#
        );
    }

    #[test]
    fn text_from_outside_cannot_break_a_line_or_fool_a_terminal() {
        let message = format!("a\n\"}}\u{1b}[2J\u{202e}{}", "x".repeat(5_000));
        let line = Entry { message: Some(message), ..entry(1) }.line(1);
        assert!(!line.chars().any(|c| c.is_control() || c == '\u{202e}'), "{line}");
        assert!(line.len() < 2_000);
        assert!(Entry::parse(&line).is_ok());
    }

    #[test]
    fn a_credential_of_one_provisioner_is_not_that_of_another() {
        assert_ne!(Digest::of_credential("ab", "c"), Digest::of_credential("a", "bc"));
        assert_ne!(Digest::of_credential("a", "x"), Digest::of_credential("b", "x"));
    }

    #[test]
    fn an_untouched_chain_verifies() {
        for lines in [0, 1, 50] {
            let (links, head) = chain(lines);
            assert_eq!(verify(&LOG, &links, head), Ok(()));
        }
    }

    #[test]
    fn lines_of_one_log_do_not_continue_another() {
        let (links, head) = chain(3);
        assert_eq!(verify(&[8; 16], &links, head), Err(ChainError::Changed { sequence: 1 }));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn a_changed_octet_is_found(lines in 1_u64..30, line: Index, octet: Index, flip in 1_u8..128) {
            let (mut links, head) = chain(lines);
            let link = &mut links[line.index(lines as usize)];
            let mut octets = std::mem::take(&mut link.line).into_bytes();
            let place = octet.index(octets.len());
            octets[place] ^= flip;
            link.line = String::from_utf8_lossy(&octets).into_owned();
            prop_assert_eq!(verify(&LOG, &links, head), Err(ChainError::Changed { sequence: link_number(&links, line) }));
        }

        #[test]
        fn a_removed_line_is_found(lines in 1_u64..30, gone: Index) {
            let (mut links, head) = chain(lines);
            links.remove(gone.index(lines as usize));
            prop_assert!(verify(&LOG, &links, head).is_err());
        }

        #[test]
        fn a_moved_line_is_found(lines in 2_u64..30, from: Index, by in 1_usize..29) {
            let (mut links, head) = chain(lines);
            let from = from.index(lines as usize);
            let to = (from + 1 + by % (lines as usize - 1)) % lines as usize;
            links.swap(from, to);
            prop_assert!(verify(&LOG, &links, head).is_err());
        }

        #[test]
        fn a_cut_tail_is_found(lines in 1_u64..30, keep: Index) {
            let (mut links, head) = chain(lines);
            links.truncate(keep.index(lines as usize));
            let found = links.len() as u64;
            prop_assert_eq!(verify(&LOG, &links, head), Err(ChainError::Length { expected: lines, found }));
        }

        #[test]
        fn renumbered_and_rehashed_lines_are_found(lines in 2_u64..30, gone: Index) {
            let (mut links, head) = chain(lines);
            links.remove(gone.index(lines as usize));
            let mut again = Head::genesis(&LOG);
            for link in &mut links {
                again = again.append(&link.line);
                (link.sequence, link.hash) = (again.sequence, again.hash);
            }
            prop_assert!(verify(&LOG, &links, head).is_err());
        }

        #[test]
        fn any_text_gives_a_line_that_reads_back(id in ".*", names in vec(".*", 0..4)) {
            let line = Entry { id, names, ..entry(1) }.line(1);
            prop_assert!(Entry::parse(&line).is_ok());
        }
    }

    fn link_number(links: &[Link], line: Index) -> u64 {
        line.index(links.len()) as u64 + 1
    }
}
