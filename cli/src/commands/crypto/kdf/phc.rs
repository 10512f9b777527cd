//! Hashes of passwords as text: `$scrypt$…`, `$argon2id$…` in the PHC string format, `$2a$…` in that of bcrypt.

use std::{fmt, str::FromStr};

use argon2::Algorithm as Argon2Kind;
use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD as BASE64};
use thiserror::Error;

/// Octets of memory that comparing a hash may take: 1 GiB. A hash is somebody's text.
const MEMORY: u64 = 1 << 30;
/// Octets of a salt or of a hash.
const LENGTH: std::ops::RangeInclusive<usize> = 8..=64;

/// What scrypt costs (RFC 7914 §2).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct ScryptCost {
    /// N, as a power of two.
    pub log_n: u8,
    /// Block size.
    pub r: u32,
    /// Parallelisation.
    pub p: u32,
}

/// What Argon2 costs (RFC 9106 §3.1).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Argon2Cost {
    /// Argon2i or Argon2id.
    pub kind: Argon2Kind,
    /// KiB.
    pub memory: u32,
    /// Passes.
    pub time: u32,
    /// Lanes.
    pub lanes: u32,
}

impl Argon2Cost {
    pub(super) const ARGON2I: Self = Self { kind: Argon2Kind::Argon2i, memory: 32 << 10, time: 3, lanes: 4 };
    pub(super) const ARGON2ID: Self = Self { kind: Argon2Kind::Argon2id, memory: 64 << 10, time: 1, lanes: 4 };
}

/// A hash, with all that is needed to make it again.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Derived {
    Scrypt {
        cost: ScryptCost,
        salt: Vec<u8>,
        hash: Vec<u8>,
    },
    Argon2 {
        cost: Argon2Cost,
        salt: Vec<u8>,
        hash: Vec<u8>,
    },
    /// The whole text: its library reads it.
    Bcrypt(String),
}

/// Why a text is not a hash of a password.
#[derive(Debug, Eq, Error, PartialEq)]
pub(super) enum PhcError {
    #[error("it does not begin with $scrypt$, $argon2i$, $argon2id$ or $2a$")]
    UnknownAlgorithm,
    #[error("it is not of the form ${0}$…$<salt>$<hash>")]
    Malformed(&'static str),
    #[error("making it again would take more than 1 GiB of memory or too long")]
    TooExpensive,
}

impl FromStr for Derived {
    type Err = PhcError;

    fn from_str(text: &str) -> Result<Self, PhcError> {
        let parts: Vec<&str> = text.split('$').collect();
        match parts.as_slice() {
            ["", "scrypt", cost, salt, hash] => {
                let parsed = || {
                    let [log_n, r, p] = numbers(cost, ["ln", "r", "p"])?;
                    let cost = ScryptCost { log_n: log_n.try_into().ok()?, r, p };
                    Some(Self::Scrypt { cost, salt: octets(salt)?, hash: octets(hash)? })
                };
                parsed().ok_or(PhcError::Malformed("scrypt"))?.affordable()
            }
            ["", name @ ("argon2i" | "argon2id"), "v=19", cost, salt, hash] => {
                let kind = if *name == "argon2i" { Argon2Kind::Argon2i } else { Argon2Kind::Argon2id };
                let parsed = || {
                    let [memory, time, lanes] = numbers(cost, ["m", "t", "p"])?;
                    let cost = Argon2Cost { kind, memory, time, lanes };
                    Some(Self::Argon2 { cost, salt: octets(salt)?, hash: octets(hash)? })
                };
                parsed().ok_or(PhcError::Malformed("argon2"))?.affordable()
            }
            ["", "2a" | "2b" | "2y", cost, _] => match cost.parse() {
                Ok(4..=16) => Ok(Self::Bcrypt(text.to_owned())),
                Ok(0u8..) => Err(PhcError::TooExpensive),
                Err(_) => Err(PhcError::Malformed("2a")),
            },
            ["", "scrypt", ..] => Err(PhcError::Malformed("scrypt")),
            ["", "argon2i" | "argon2id", ..] => Err(PhcError::Malformed("argon2")),
            ["", "2a" | "2b" | "2y", ..] => Err(PhcError::Malformed("2a")),
            _ => Err(PhcError::UnknownAlgorithm),
        }
    }
}

impl Derived {
    fn affordable(self) -> Result<Self, PhcError> {
        let affordable = match &self {
            Self::Scrypt { cost: ScryptCost { log_n, r, p }, .. } => {
                let memory = 1u64.checked_shl(u32::from(*log_n)).and_then(|n| n.checked_mul(128 * u64::from(*r)));
                memory.is_some_and(|memory| memory <= MEMORY) && *log_n < 32 && *p <= 16
            }
            Self::Argon2 { cost, .. } => u64::from(cost.memory) << 10 <= MEMORY && cost.time <= 64 && cost.lanes <= 64,
            Self::Bcrypt(_) => true,
        };
        if affordable { Ok(self) } else { Err(PhcError::TooExpensive) }
    }
}

/// `a=1,b=2,c=3`, in this order.
fn numbers<const COUNT: usize>(text: &str, names: [&str; COUNT]) -> Option<[u32; COUNT]> {
    let mut parts = text.split(',');
    let mut numbers = [0; COUNT];
    for (number, name) in numbers.iter_mut().zip(names) {
        let value = parts.next()?.strip_prefix(name)?.strip_prefix('=')?;
        *number = value.bytes().all(|digit| digit.is_ascii_digit()).then(|| value.parse().ok())??;
    }
    parts.next().is_none().then_some(numbers)
}

fn octets(text: &str) -> Option<Vec<u8>> {
    BASE64.decode(text).ok().filter(|octets| LENGTH.contains(&octets.len()))
}

impl fmt::Display for Derived {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (salt, hash) = match self {
            Self::Bcrypt(text) => return f.write_str(text),
            Self::Scrypt { cost: ScryptCost { log_n, r, p }, salt, hash } => {
                write!(f, "$scrypt$ln={log_n},r={r},p={p}")?;
                (salt, hash)
            }
            Self::Argon2 { cost: Argon2Cost { kind, memory, time, lanes }, salt, hash } => {
                let name = if *kind == Argon2Kind::Argon2i { "argon2i" } else { "argon2id" };
                write!(f, "${name}$v=19$m={memory},t={time},p={lanes}")?;
                (salt, hash)
            }
        };
        write!(f, "${}${}", BASE64.encode(salt), BASE64.encode(hash))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCRYPT: &str = "$scrypt$ln=10,r=8,p=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAA";

    #[test]
    fn a_hash_reads_back_from_its_text() {
        for text in [
            SCRYPT,
            "$argon2i$v=19$m=32768,t=3,p=4$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAA",
            "$argon2id$v=19$m=65536,t=1,p=4$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAA",
            "$2a$10$abcdefghijklmnopqrstuuQeDZ1tC7lPuN1UF2Rg0xwyyhKvOtqnW",
        ] {
            assert_eq!(text.parse::<Derived>().expect(text).to_string(), text);
        }
    }

    #[test]
    fn what_is_no_hash_is_refused_with_the_reason() {
        for (text, error) in [
            ("", PhcError::UnknownAlgorithm),
            ("secret", PhcError::UnknownAlgorithm),
            ("$md5$x", PhcError::UnknownAlgorithm),
            ("$scrypt$ln=10,r=8,p=1$c2FsdHNhbHQ", PhcError::Malformed("scrypt")),
            (&SCRYPT.replace("ln=10", "ln=+10"), PhcError::Malformed("scrypt")),
            (&SCRYPT.replace("r=8,", ""), PhcError::Malformed("scrypt")),
            (&SCRYPT.replace("c2FsdHNhbHQ", "c2Fs"), PhcError::Malformed("scrypt")),
            (&SCRYPT.replace("ln=10", "ln=21"), PhcError::TooExpensive),
            (&SCRYPT.replace("r=8", "r=4000000000"), PhcError::TooExpensive),
            (&SCRYPT.replace("ln=10", "ln=255"), PhcError::TooExpensive),
            ("$argon2id$v=19$m=4294967295,t=1,p=4$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAA", PhcError::TooExpensive),
            ("$argon2id$v=16$m=65536,t=1,p=4$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAA", PhcError::Malformed("argon2")),
            ("$2a$31$abcdefghijklmnopqrstuuQeDZ1tC7lPuN1UF2Rg0xwyyhKvOtqnW", PhcError::TooExpensive),
        ] {
            assert_eq!(text.parse::<Derived>(), Err(error), "{text}");
        }
    }
}
