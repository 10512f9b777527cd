//! Names, and patterns of them.

use std::{fmt, str::FromStr};

use super::one_of;
use crate::types::{Denial, SubjectAltNames};

/// A pattern of names.
///
/// `db.example.com` is itself, `*.example.com` one label below, `**.example.com` anything below. The same goes for what
/// is parted by dots in other names; `*@example.com` is every address of a domain, and a pattern that ends in `/*`, such
/// as `spiffe://example.com/*`, everything that begins so. Letters of both cases are equal before that.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NamePattern {
    text: String,
    shape: Shape,
}

#[derive(Clone, Debug, Eq, PartialEq)]
enum Shape {
    Exactly,
    /// One label and this, which begins with a dot.
    OneLabel(String),
    /// One or more labels and this, which begins with a dot.
    Labels(String),
    /// Something and this, which begins with an `@`.
    Mailbox(String),
    /// This, which ends with a slash, and something.
    Below(String),
}

/// A text that is no pattern.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NamePatternError(String);

impl fmt::Display for NamePatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "\"{}\" is no pattern; write a name, *.example.com, **.example.com, *@example.com or spiffe://example.com/*",
            self.0
        )
    }
}

impl std::error::Error for NamePatternError {}

impl FromStr for NamePattern {
    type Err = NamePatternError;

    fn from_str(text: &str) -> Result<Self, NamePatternError> {
        let lower = text.to_ascii_lowercase();
        let (shape, rest) = if let Some(rest) = lower.strip_prefix("**.") {
            (Shape::Labels(format!(".{rest}")), rest)
        } else if let Some(rest) = lower.strip_prefix("*.") {
            (Shape::OneLabel(format!(".{rest}")), rest)
        } else if let Some(rest) = lower.strip_prefix("*@") {
            (Shape::Mailbox(format!("@{rest}")), rest)
        } else if let Some(rest) = lower.strip_suffix("/*") {
            (Shape::Below(format!("{rest}/")), rest)
        } else {
            (Shape::Exactly, lower.as_str())
        };
        if rest.is_empty() || rest.contains(['*', ' ']) || rest.starts_with('.') {
            return Err(NamePatternError(text.to_owned()));
        }
        Ok(Self { shape, text: lower })
    }
}

impl fmt::Display for NamePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

crate::text_setting!(NamePattern: r#"{"type":"string","description":"a name, *.example.com, **.example.com, *@example.com or spiffe://example.com/*"}"#);

impl NamePattern {
    /// Whether the name fits. A wildcard of a certificate (`*.example.com`) is a name like any other: only a pattern with
    /// more than one label, or that very text, lets it pass.
    pub fn matches(&self, name: &str) -> bool {
        let name = name.to_ascii_lowercase();
        let before = |suffix: &str| name.strip_suffix(suffix).filter(|before| !before.is_empty()).map(str::to_owned);
        match &self.shape {
            Shape::Exactly => name == self.text,
            Shape::OneLabel(suffix) => before(suffix).is_some_and(|label| !label.contains(['.', '*', '@', '/'])),
            Shape::Labels(suffix) => {
                before(suffix).is_some_and(|labels| !labels.contains(['@', '/']) && !labels.starts_with('.'))
            }
            Shape::Mailbox(suffix) => before(suffix).is_some_and(|mailbox| !mailbox.contains('@')),
            Shape::Below(prefix) => name.strip_prefix(prefix.as_str()).is_some_and(|rest| {
                !rest.is_empty() && rest.split('/').all(|part| !part.is_empty() && part != "." && part != "..")
            }),
        }
    }
}

/// Every name fits one of the patterns.
///
/// # Errors
///
/// 403, with the first name that does not.
pub fn names_match(rule: &str, patterns: &[NamePattern], names: &SubjectAltNames) -> Result<(), Denial> {
    match names.iter().find(|name| !patterns.iter().any(|pattern| pattern.matches(name))) {
        None => Ok(()),
        Some(name) => Err(Denial::forbidden(rule, format!("{name} may not be certified here"))
            .field("subject-alt-names")
            .got(name)
            .want(one_of(patterns))),
    }
}

/// There are no more names than that.
///
/// # Errors
///
/// 403, with how many there are.
pub fn names_at_most(rule: &str, most: usize, names: &SubjectAltNames) -> Result<(), Denial> {
    let count = names.iter().count();
    if count <= most {
        return Ok(());
    }
    Err(Denial::forbidden(rule, format!("a certificate may have at most {most} names"))
        .field("subject-alt-names")
        .got(count.to_string())
        .want(format!("at most {most}"))
        .hint("ask for several certificates"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::names;

    fn matches(pattern: &str, name: &str) -> bool {
        pattern.parse::<NamePattern>().unwrap().matches(name)
    }

    #[test]
    fn a_star_is_one_label_and_two_are_any() {
        assert!(matches("*.example.com", "db.example.com"));
        assert!(matches("*.Example.com", "DB.example.COM"));
        assert!(!matches("*.example.com", "a.db.example.com"));
        assert!(!matches("*.example.com", "example.com"));
        assert!(!matches("*.example.com", "*.example.com"), "a wildcard certificate is more than one label");
        assert!(matches("**.example.com", "a.db.example.com"));
        assert!(!matches("**.example.com", "example.com"));
        assert!(!matches("**.example.com", "badexample.com"));
        assert!(!matches("**.example.com", "x@a.example.com"));
    }

    #[test]
    fn addresses_and_uris_have_patterns_too() {
        assert!(matches("*@example.com", "jane@example.com"));
        assert!(!matches("*@example.com", "jane@evil.org@example.com"));
        assert!(matches("spiffe://example.com/*", "spiffe://example.com/ns/db"));
        assert!(!matches("spiffe://example.com/*", "spiffe://example.com/"));
        assert!(!matches("spiffe://example.com/*", "spiffe://example.com.evil.org/ns"));
        assert!(!matches("spiffe://example.com/ns/*", "spiffe://example.com/ns/../admin"));
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        for text in ["", "*", "*.", "a.*.com", "db*.example.com", "**", "a b", "*..com"] {
            assert!(text.parse::<NamePattern>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_first_name_that_does_not_fit_is_named() {
        let patterns = ["*.example.com".parse().unwrap(), "db.example.org".parse().unwrap()];
        assert_eq!(names_match("x.names", &patterns, &names(&["a.example.com", "db.example.org"])), Ok(()));
        let denial = names_match("x.names", &patterns, &names(&["a.example.com", "b.example.net"])).unwrap_err();
        assert_eq!(denial.reasons[0].got.as_deref(), Some("b.example.net"));
        assert_eq!(denial.reasons[0].want.as_deref(), Some("*.example.com or db.example.org"));
        assert!(names_match("x.names", &[], &names(&["a"])).is_err(), "no pattern is no permission");
    }

    #[test]
    fn names_are_counted() {
        assert_eq!(names_at_most("x.most", 2, &names(&["a", "b"])), Ok(()));
        assert_eq!(names_at_most("x.most", 1, &names(&["a", "b"])).unwrap_err().reasons[0].got.as_deref(), Some("2"));
    }
}
