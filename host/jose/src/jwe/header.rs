//! The header of a message under a password (RFC 7516 §4, RFC 7518 §4.8.1).

use serde::Serialize;
use serde_json::Value;

use super::{ContentEncryption, KeyEncryption, Message};
use crate::{
    JoseError, base64url,
    error::excerpt,
    json::{self, Members},
    limits,
};

const WHAT: &str = "the header";

/// What the header asks for, every part of it supported and within bounds.
pub(super) struct Header {
    pub(super) key_encryption: KeyEncryption,
    pub(super) encryption: ContentEncryption,
    pub(super) salt: Vec<u8>,
    pub(super) iterations: u32,
}

impl Header {
    pub(super) fn parse(message: &Message) -> Result<Self, JoseError> {
        let members = joined(message)?;
        // Neither an extension nor a compression is understood (RFC 7516 §4.1.13, §4.1.3).
        if let Some(member) = ["crit", "zip"].into_iter().find(|&member| members.contains_key(member)) {
            return Err(JoseError::UnsupportedHeader(member));
        }
        let alg = required(&members, "alg")?;
        let enc = required(&members, "enc")?;
        let unsupported = |member, value| JoseError::UnsupportedEncryption { member, value: excerpt(value) };
        let header = Self {
            key_encryption: KeyEncryption::from_name(alg).ok_or_else(|| unsupported("alg", alg))?,
            encryption: ContentEncryption::from_name(enc).ok_or_else(|| unsupported("enc", enc))?,
            salt: base64url::decode("p2s", required(&members, "p2s")?)?,
            iterations: iterations(&members)?,
        };
        if header.salt.len() < limits::PBES2_SALT {
            return Err(JoseError::Member { what: WHAT, member: "p2s", want: "8 octets or more" });
        }
        Ok(header)
    }
}

/// The protected header and the others of a JSON serialization; no parameter may be in two (RFC 7516 §7.2.1).
fn joined(message: &Message) -> Result<Members, JoseError> {
    let octets = base64url::decode(WHAT, &message.protected)?;
    if octets.len() > limits::HEADER {
        return Err(JoseError::TooLong { what: WHAT, length: octets.len(), limit: limits::HEADER });
    }
    // Extensions and compression have to be protected; refusing them wherever they are includes that.
    let mut members = if octets.is_empty() { Members::new() } else { json::object(WHAT, &octets)? };
    for (name, value) in message.unprotected.iter().flatten() {
        if members.insert(name.clone(), value.clone()).is_some() {
            return Err(JoseError::HeaderTwice);
        }
    }
    Ok(members)
}

fn required<'a>(members: &'a Members, member: &'static str) -> Result<&'a str, JoseError> {
    json::text(members, WHAT, member)?.ok_or(JoseError::Missing { what: WHAT, member })
}

fn iterations(members: &Members) -> Result<u32, JoseError> {
    let count = match members.get("p2c") {
        None => return Err(JoseError::Missing { what: WHAT, member: "p2c" }),
        Some(Value::Number(number)) => number.as_u64(),
        Some(_) => None,
    }
    .ok_or(JoseError::Member { what: WHAT, member: "p2c", want: "a positive integer" })?;
    u32::try_from(count)
        .ok()
        .filter(|count| limits::PBES2_ITERATIONS.contains(count))
        .ok_or(JoseError::Iterations(count))
}

/// The header as it is written, in upstream's order.
#[derive(Serialize)]
pub(super) struct ProtectedHeader<'a> {
    alg: &'static str,
    cty: &'a str,
    enc: &'static str,
    p2c: u32,
    p2s: String,
}

impl<'a> ProtectedHeader<'a> {
    pub(super) fn new(
        key_encryption: KeyEncryption,
        encryption: ContentEncryption,
        cty: &'a str,
        iterations: u32,
        salt: &[u8],
    ) -> Self {
        Self { alg: key_encryption.name(), cty, enc: encryption.name(), p2c: iterations, p2s: base64url::encode(salt) }
    }

    pub(super) fn encode(&self) -> String {
        base64url::encode(serde_json::to_vec(self).expect("strings and numbers are always JSON"))
    }
}
