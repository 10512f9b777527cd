//! E-mail addresses.

use std::fmt;
use std::str::FromStr;

use super::dns;
use super::error::{NameError, NameKind, NameProblem};

/// Longest e-mail address, in octets (RFC 5321 §4.5.3.1).
pub const MAX_EMAIL_ADDRESS: usize = 254;
/// Longest part before the `@`, in octets (RFC 5321 §4.5.3.1).
const MAX_LOCAL_PART: usize = 64;

/// A mailbox, `local-part@domain`, in ASCII. The domain is a DNS name in
/// lower case; the local part is a dot-atom (RFC 5322 §3.2.3) whose case is
/// kept, because it may matter to its host.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct EmailAddress(String);

impl EmailAddress {
    /// The canonical text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for EmailAddress {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        canonical(text).map(Self).map_err(|problem| NameError::new(NameKind::Email, text, problem))
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl AsRef<str> for EmailAddress {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

fn canonical(text: &str) -> Result<String, NameProblem> {
    if text.is_empty() {
        return Err(NameProblem::Empty);
    }
    if text.len() > MAX_EMAIL_ADDRESS {
        return Err(NameProblem::TooLong { limit: MAX_EMAIL_ADDRESS });
    }
    let (local_part, domain) = text.split_once('@').ok_or(NameProblem::Mailbox)?;
    if local_part.is_empty() || local_part.len() > MAX_LOCAL_PART || domain.contains('@') {
        return Err(NameProblem::Mailbox);
    }
    for atom in local_part.split('.') {
        if atom.is_empty() {
            return Err(NameProblem::EmptyLabel);
        }
        if let Some(character) = atom.chars().find(|character| !is_atom_text(*character)) {
            return Err(NameProblem::Character(character));
        }
    }
    Ok(format!("{local_part}@{}", dns::host(domain)?))
}

/// `atext` of RFC 5322 §3.2.3.
fn is_atom_text(character: char) -> bool {
    character.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(character)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_domain_is_lower_cased_and_the_local_part_kept() {
        let address: EmailAddress = "First.Last+tag@Example.COM".parse().unwrap();
        assert_eq!(address.as_str(), "First.Last+tag@example.com");
    }

    #[test]
    fn what_is_no_mailbox_is_refused() {
        use NameProblem::*;
        for (text, expected) in [
            ("", Empty),
            ("a", Mailbox),
            ("@b", Mailbox),
            ("a@b@c", Mailbox),
            ("a@", Empty),
            ("a b@c", Character(' ')),
            ("\"a\"@c", Character('"')),
            ("ü@c", Character('ü')),
            ("a\0@c", Character('\0')),
            ("a..b@c", EmptyLabel),
            ("a@b_c", Character('_')),
            ("a@[10.0.0.1]", Character('[')),
            ("a@10.0.0.1", NumericLastLabel),
            ("a@*.b.c", Wildcard),
        ] {
            assert_eq!(text.parse::<EmailAddress>().unwrap_err().problem, expected, "{text:?}");
        }
        assert!(format!("{}@c", "a".repeat(64)).parse::<EmailAddress>().is_ok());
        assert!(format!("{}@c", "a".repeat(65)).parse::<EmailAddress>().is_err());
    }
}
