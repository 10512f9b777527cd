//! The key derivation functions and what they cost.

use anyhow::Context as _;
use argon2::{Argon2, Version};
use clap::ValueEnum;
use zeroize::Zeroizing;

use super::phc::{Argon2Cost, Derived, ScryptCost};
use crate::random;

/// Octets of a salt.
const SALT: usize = 16;
/// Octets of a hash.
const HASH: usize = 32;
/// Rounds of bcrypt, as a power of two.
const BCRYPT_COST: u32 = 10;
/// bcrypt reads no more of a password, and its last octet is a zero.
const BCRYPT_PASSWORD: usize = 71;

/// How a password is hashed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(super) enum Algorithm {
    /// RFC 7914, 32 MiB
    Scrypt,
    /// 2¹⁰ rounds; passwords of at most 71 octets
    Bcrypt,
    /// RFC 9106, 32 MiB
    Argon2i,
    /// RFC 9106, 64 MiB
    Argon2id,
}

impl Algorithm {
    /// The hash of the password under a new salt, as a PHC string.
    pub(super) fn hash(self, password: &[u8]) -> anyhow::Result<String> {
        let salt = random::octets::<SALT>();
        Ok(match self {
            Self::Scrypt => {
                let cost = ScryptCost { log_n: 15, r: 8, p: 1 };
                Derived::Scrypt { cost, salt: salt.to_vec(), hash: scrypt(cost, password, &salt, HASH)?.to_vec() }
                    .to_string()
            }
            Self::Argon2i => argon2_string(Argon2Cost::ARGON2I, password, &salt)?,
            Self::Argon2id => argon2_string(Argon2Cost::ARGON2ID, password, &salt)?,
            Self::Bcrypt => {
                anyhow::ensure!(
                    password.len() <= BCRYPT_PASSWORD && !password.contains(&0),
                    "bcrypt takes at most {BCRYPT_PASSWORD} octets, none of them zero"
                );
                bcrypt::hash_with_salt(password, BCRYPT_COST, salt)?.format_for_version(bcrypt::Version::TwoA)
            }
        })
    }
}

/// The hash of a password as [`Derived`] was made of one; nothing for what a password cannot be.
pub(super) fn again(derived: &Derived, password: &[u8]) -> anyhow::Result<bool> {
    let (is, expected) = match derived {
        Derived::Bcrypt(text) => {
            return Ok(password.len() <= BCRYPT_PASSWORD && bcrypt::verify(password, text)?);
        }
        Derived::Scrypt { cost, salt, hash } => (scrypt(*cost, password, salt, hash.len())?, hash),
        Derived::Argon2 { cost, salt, hash } => (argon2(*cost, password, salt, hash.len())?, hash),
    };
    Ok(aws_lc_rs::constant_time::verify_slices_are_equal(&is, expected).is_ok())
}

fn argon2_string(cost: Argon2Cost, password: &[u8], salt: &[u8]) -> anyhow::Result<String> {
    let hash = argon2(cost, password, salt, HASH)?.to_vec();
    Ok(Derived::Argon2 { cost, salt: salt.to_vec(), hash }.to_string())
}

fn scrypt(cost: ScryptCost, password: &[u8], salt: &[u8], length: usize) -> anyhow::Result<Zeroizing<Vec<u8>>> {
    let parameters = scrypt::Params::new(cost.log_n, cost.r, cost.p).context("scrypt cannot cost that")?;
    let mut hash = Zeroizing::new(vec![0; length]);
    scrypt::scrypt(password, salt, &parameters, &mut hash)
        .map_err(|error| anyhow::anyhow!("scrypt cannot do that: {error}"))?;
    Ok(hash)
}

fn argon2(cost: Argon2Cost, password: &[u8], salt: &[u8], length: usize) -> anyhow::Result<Zeroizing<Vec<u8>>> {
    let failed = |error| anyhow::anyhow!("argon2 cannot do that: {error}");
    let parameters = argon2::Params::new(cost.memory, cost.time, cost.lanes, Some(length)).map_err(failed)?;
    let mut hash = Zeroizing::new(vec![0; length]);
    Argon2::new(cost.kind, Version::V0x13, parameters).hash_password_into(password, salt, &mut hash).map_err(failed)?;
    Ok(hash)
}
