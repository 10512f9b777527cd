//! Reading a JWK.

use std::fmt;

use serde::{Deserialize, Deserializer, de};
use serde_json::Value;
use zeroize::Zeroizing;

use super::{
    Curve, Jwk, PrivatePart, PublicPart, SigningKey, VerifyingKey,
    material::{RsaSecrets, Secret},
};
use crate::{
    JoseError, base64url,
    error::excerpt,
    json::{self, Members},
    limits,
};

const WHAT: &str = "the key";

impl Jwk {
    /// Reads a key; unknown members are ignored (RFC 7517 §4).
    ///
    /// # Errors
    /// A text over 64 KiB, malformed JSON, a symmetric key, an unknown type or curve, a number that is not in its one
    /// encoding, a point off the curve, an RSA key outside 2048 to 8192 bits, a private part of another key.
    pub fn from_json(text: &str) -> Result<Self, JoseError> {
        Self::from_slice(text.as_bytes())
    }

    /// As [`Jwk::from_json`], from octets.
    ///
    /// # Errors
    /// As [`Jwk::from_json`].
    pub fn from_slice(text: &[u8]) -> Result<Self, JoseError> {
        if text.len() > limits::TOKEN {
            return Err(JoseError::TooLong { what: WHAT, length: text.len(), limit: limits::TOKEN });
        }
        Self::from_members(json::object(WHAT, text)?)
    }

    pub(crate) fn from_members(members: Members) -> Result<Self, JoseError> {
        Self::from_wiped(&Wiped(members))
    }

    pub(super) fn from_wiped(Wiped(members): &Wiped) -> Result<Self, JoseError> {
        let (public, private) = match required(members, "kty")? {
            "EC" => ec(members)?,
            "RSA" => rsa(members)?,
            "OKP" => okp(members)?,
            "oct" => return Err(JoseError::SymmetricKey),
            other => return Err(JoseError::KeyType(excerpt(other))),
        };
        let owned = |member| json::text(members, WHAT, member).map(|text| text.map(str::to_owned));
        let kid = owned("kid")?;
        json::at_most("kid", kid.as_deref().unwrap_or_default(), limits::KID)?;
        let jwk = Self {
            public,
            private,
            kid,
            alg: owned("alg")?,
            key_use: owned("use")?,
            key_ops: json::texts(members, WHAT, "key_ops")?,
            x5c: json::texts(members, WHAT, "x5c")?.unwrap_or_default(),
        };
        // The library looks at the numbers: on the curve, and made for each other.
        VerifyingKey::check(&jwk.public)?;
        if let Some(private) = &jwk.private {
            SigningKey::check(&jwk.public, private)?;
        }
        Ok(jwk)
    }
}

impl<'de> Deserialize<'de> for Jwk {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        json::members(deserializer).and_then(|members| Self::from_members(members).map_err(de::Error::custom))
    }
}

type Parts = (PublicPart, Option<PrivatePart>);

fn ec(members: &Members) -> Result<Parts, JoseError> {
    let name = required(members, "crv")?;
    let curve = Curve::from_name(name).ok_or_else(|| JoseError::Curve(excerpt(name)))?;
    let coordinate = |member| fixed(member, required(members, member)?, curve.width());
    let public = PublicPart::Ec { curve, x: coordinate("x")?.to_vec(), y: coordinate("y")?.to_vec() };
    let private = optional(members, "d")?.map(|text| fixed("d", text, curve.width())).transpose()?;
    Ok((public, private.map(|d| PrivatePart::Ec { d })))
}

fn okp(members: &Members) -> Result<Parts, JoseError> {
    let name = required(members, "crv")?;
    if name != "Ed25519" {
        return Err(JoseError::Curve(excerpt(name)));
    }
    let public = PublicPart::Ed25519 { x: fixed("x", required(members, "x")?, 32)?.to_vec() };
    let private = optional(members, "d")?.map(|text| fixed("d", text, 32)).transpose()?;
    Ok((public, private.map(|d| PrivatePart::Ed25519 { d })))
}

fn rsa(members: &Members) -> Result<Parts, JoseError> {
    let (n, e) = (integer("n", required(members, "n")?)?, integer("e", required(members, "e")?)?);
    check_rsa(&n, &e)?;
    let public = PublicPart::Rsa { n: n.to_vec(), e: e.to_vec() };
    if members.contains_key("oth") {
        return Err(JoseError::InvalidKey("it has more than two primes"));
    }
    let Some(d) = optional(members, "d")? else { return Ok((public, None)) };
    let secret = |member| integer(member, required(members, member)?);
    let secrets = RsaSecrets {
        d: integer("d", d)?,
        p: secret("p")?,
        q: secret("q")?,
        dp: secret("dp")?,
        dq: secret("dq")?,
        qi: secret("qi")?,
    };
    Ok((public, Some(PrivatePart::Rsa(Box::new(secrets)))))
}

fn check_rsa(n: &[u8], e: &[u8]) -> Result<(), JoseError> {
    let leading_zeros = n.first().map_or(0, |octet| octet.leading_zeros() as usize);
    if !limits::RSA_BITS.contains(&n.len().saturating_mul(8).saturating_sub(leading_zeros)) {
        return Err(JoseError::InvalidKey("the modulus has not 2048 to 8192 bits"));
    }
    if n.last().is_some_and(|octet| octet % 2 == 0) {
        return Err(JoseError::InvalidKey("the modulus is even"));
    }
    let exponent = match e {
        [_, ..] if e.len() <= 8 => e.iter().fold(0_u64, |value, &octet| value << 8 | u64::from(octet)),
        _ => u64::MAX,
    };
    if !limits::RSA_EXPONENT.contains(&exponent) || exponent % 2 == 0 {
        return Err(JoseError::InvalidKey("the public exponent is not odd and between 65537 and 4294967295"));
    }
    Ok(())
}

/// A number of so many octets (RFC 7518 §6.2.1.2).
fn fixed(member: &'static str, text: &str, width: usize) -> Result<Secret, JoseError> {
    let octets = base64url::decode_secret(member, text)?;
    if octets.len() != width {
        return Err(JoseError::Member { what: WHAT, member, want: "as wide as the curve" });
    }
    Ok(octets)
}

/// A positive number in its shortest form (RFC 7518 §2, Base64urlUInt).
fn integer(member: &'static str, text: &str) -> Result<Secret, JoseError> {
    let octets = base64url::decode_secret(member, text)?;
    match octets.first() {
        Some(1..) => Ok(octets),
        _ => Err(JoseError::Member { what: WHAT, member, want: "a positive integer without leading zero octets" }),
    }
}

fn required<'a>(members: &'a Members, member: &'static str) -> Result<&'a str, JoseError> {
    optional(members, member)?.ok_or(JoseError::Missing { what: WHAT, member })
}

fn optional<'a>(members: &'a Members, member: &'static str) -> Result<Option<&'a str>, JoseError> {
    json::text(members, WHAT, member)
}

/// Members that may hold secrets: overwritten when they are dropped.
pub(crate) struct Wiped(pub(crate) Members);

impl fmt::Debug for Wiped {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(self.0.keys()).finish()
    }
}

impl Drop for Wiped {
    fn drop(&mut self) {
        for (_, value) in std::mem::take(&mut self.0) {
            if let Value::String(text) = value {
                drop(Zeroizing::new(text));
            }
        }
    }
}
