//! DNS names.

use std::fmt;
use std::net::Ipv4Addr;
use std::str::FromStr;

use super::error::{NameError, NameKind, NameProblem};
use super::idna;

/// Longest DNS name, in octets (RFC 1035 §2.3.4).
pub const MAX_DNS_NAME: usize = 253;
/// Longest label of a DNS name, in octets (RFC 1035 §2.3.4).
pub const MAX_LABEL: usize = 63;

/// A host name in A-label form and lower case, or a wildcard: `*` and at
/// least two labels.
///
/// Labels are letters, digits and inner hyphens (RFC 1123 §2.1), 1 to 63
/// octets each, 253 in all. A single label such as `localhost` is a name; an
/// address is not.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct DnsName(String);

impl DnsName {
    /// The canonical text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the first label is `*`.
    pub fn is_wildcard(&self) -> bool {
        self.0.starts_with("*.")
    }
}

impl FromStr for DnsName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        canonical(text).map(Self).map_err(|problem| NameError::new(NameKind::Dns, text, problem))
    }
}

impl fmt::Display for DnsName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl AsRef<str> for DnsName {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

fn canonical(text: &str) -> Result<String, NameProblem> {
    // The length comes first: nothing below should look at a megabyte.
    if text.len() > MAX_DNS_NAME {
        return Err(NameProblem::TooLong { limit: MAX_DNS_NAME });
    }
    match text.strip_prefix("*.") {
        Some(rest) if rest.contains('.') => host(rest).map(|rest| format!("*.{rest}")),
        Some(_) => Err(NameProblem::Wildcard),
        None => host(text),
    }
}

/// A DNS name that is no wildcard; also the host of a URI and the domain of
/// an e-mail address.
pub(super) fn host(text: &str) -> Result<String, NameProblem> {
    if text.is_empty() {
        return Err(NameProblem::Empty);
    }
    if text.len() > MAX_DNS_NAME {
        return Err(NameProblem::TooLong { limit: MAX_DNS_NAME });
    }
    let lower = text.to_ascii_lowercase();
    for label in lower.split('.') {
        check_label(label)?;
    }
    // What other parsers take for an address must not pass as a name.
    if lower.parse::<Ipv4Addr>().is_ok() || lower.rsplit('.').next().is_some_and(is_number) {
        return Err(NameProblem::NumericLastLabel);
    }
    Ok(lower)
}

fn check_label(label: &str) -> Result<(), NameProblem> {
    if label.is_empty() {
        return Err(NameProblem::EmptyLabel);
    }
    if label.len() > MAX_LABEL {
        return Err(NameProblem::LongLabel);
    }
    if label.contains('*') {
        return Err(NameProblem::Wildcard);
    }
    if let Some(character) = label.chars().find(|c| !matches!(c, 'a'..='z' | '0'..='9' | '-')) {
        return Err(NameProblem::Character(character));
    }
    if label.starts_with('-') || label.ends_with('-') {
        return Err(NameProblem::EdgeHyphen);
    }
    if label.bytes().skip(2).take(2).eq(*b"--") {
        return match label.strip_prefix("xn--") {
            None => Err(NameProblem::ReservedLabel),
            Some(_) if idna::is_a_label(label) => Ok(()),
            Some(_) => Err(NameProblem::ALabel),
        };
    }
    Ok(())
}

/// Decimal digits, or `0x` and hexadecimal ones, which browsers read as part
/// of an IPv4 address.
fn is_number(label: &str) -> bool {
    match label.strip_prefix("0x") {
        Some(digits) => digits.bytes().all(|digit| digit.is_ascii_hexdigit()),
        None => label.bytes().all(|digit| digit.is_ascii_digit()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn problem(text: &str) -> NameProblem {
        match text.parse::<DnsName>() {
            Ok(name) => panic!("{name} was accepted"),
            Err(error) => error.problem,
        }
    }

    #[test]
    fn names_are_lower_cased() {
        for (text, canonical) in [
            ("localhost", "localhost"),
            ("WWW.Example.COM", "www.example.com"),
            ("a-1.b2", "a-1.b2"),
            ("1.example", "1.example"),
            ("3com.example.7up", "3com.example.7up"),
            ("*.Example.com", "*.example.com"),
            ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ] {
            assert_eq!(text.parse::<DnsName>().unwrap().as_str(), canonical);
        }
    }

    #[test]
    fn what_is_no_host_name_is_refused() {
        use NameProblem::*;
        for (text, expected) in [
            ("", Empty),
            (".", EmptyLabel),
            ("a..b", EmptyLabel),
            (".a", EmptyLabel),
            ("a.", EmptyLabel),
            ("a_b", Character('_')),
            ("a b", Character(' ')),
            (" a", Character(' ')),
            ("a\0b", Character('\0')),
            ("a\n", Character('\n')),
            ("bücher.example", Character('ü')),
            ("a\u{202e}b", Character('\u{202e}')),
            ("a/b", Character('/')),
            ("a:80", Character(':')),
            ("-a", EdgeHyphen),
            ("a-.b", EdgeHyphen),
            ("ab--c", ReservedLabel),
            ("1.2.3.4", NumericLastLabel),
            ("1.2.3", NumericLastLabel),
            ("256", NumericLastLabel),
            ("example.0x1f", NumericLastLabel),
            ("example.0x", NumericLastLabel),
            ("*", Wildcard),
            ("*.", Wildcard),
            ("*.com", Wildcard),
            ("*.*.example.com", Wildcard),
            ("a.*.example.com", Wildcard),
            ("*a.example.com", Wildcard),
            ("a*.example.com", Wildcard),
            ("*.1.2.3.4", NumericLastLabel),
            ("*.a..b", EmptyLabel),
        ] {
            assert_eq!(problem(text), expected, "{text:?}");
        }
    }

    #[test]
    fn lengths_are_kept_to_at_both_sides_of_the_edge() {
        let label = |length| "a".repeat(length);
        assert!(label(63).parse::<DnsName>().is_ok());
        assert_eq!(problem(&label(64)), NameProblem::LongLabel);
        let name = |last| [label(63), label(63), label(63), label(last)].join(".");
        assert_eq!(name(61).len(), 253);
        assert!(name(61).parse::<DnsName>().is_ok());
        assert_eq!(problem(&name(62)), NameProblem::TooLong { limit: 253 });
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn a_name_is_its_own_canonical_form(text in "[a-zA-Z0-9*._-]{0,12}") {
            if let Ok(name) = text.parse::<DnsName>() {
                prop_assert_eq!(name.as_str().parse::<DnsName>(), Ok(name.clone()));
                prop_assert!(name.as_str().eq_ignore_ascii_case(&text));
            }
        }

        #[test]
        fn no_text_makes_the_parser_panic(text: String) {
            let _ = text.parse::<DnsName>();
        }
    }
}
