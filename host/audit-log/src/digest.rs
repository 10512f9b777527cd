//! SHA-256 values.

use std::{borrow::Cow, fmt, str::FromStr};

use aws_lc_rs::digest::{Context, SHA256};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

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
        // On the stack: a line of the log has several.
        let mut digits = [0; 64];
        hex::encode_to_slice(self.0, &mut digits).map_err(|_| fmt::Error)?;
        f.write_str(std::str::from_utf8(&digits).map_err(|_| fmt::Error)?)
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
        Cow::<'de, str>::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credential_of_one_provisioner_is_not_that_of_another() {
        assert_ne!(Digest::of_credential("ab", "c"), Digest::of_credential("a", "bc"));
        assert_ne!(Digest::of_credential("a", "x"), Digest::of_credential("b", "x"));
    }

    #[test]
    fn a_digest_is_that_of_its_parts_in_a_row() {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(Digest::of(&[]).to_string(), empty);
        assert_eq!(Digest::of(&[b"ab", b"", b"c"]), Digest::of(&[b"abc"]));
        assert_eq!(empty.parse::<Digest>().unwrap(), Digest::of(&[b""]));
        assert!("e3b0".parse::<Digest>().is_err());
    }
}
