//! The JSON serializations (RFC 7515 §7.2), as far as they say what the compact one can say.

use std::borrow::Cow;

use serde_json::Value;

use super::Header;
use crate::{
    JoseError,
    json::{self, Members},
    limits,
};

const WHAT: &str = "the message";

/// A signed message in any serialization, as it is in the compact one. Nothing in it has been verified.
#[derive(Debug)]
pub struct Serialized<'a> {
    compact: Cow<'a, str>,
    kid: Option<String>,
}

impl<'a> Serialized<'a> {
    /// Reads the compact serialization, the flattened one, or the general one with one signature.
    ///
    /// The algorithm must be protected; what is not may name the key and say nothing else that counts.
    ///
    /// # Errors
    /// More than 64 KiB; several signatures; a detached payload; no protected header; a parameter that is protected and
    /// unprotected. Of a compact message nothing is looked at.
    pub fn parse(text: &'a str) -> Result<Self, JoseError> {
        let text = text.trim_matches(|character: char| character.is_ascii_whitespace());
        json::at_most(WHAT, text, limits::TOKEN)?;
        if !text.starts_with('{') {
            return Ok(Self { compact: Cow::Borrowed(text), kid: None });
        }
        let members = json::object(WHAT, text.as_bytes())?;
        let signature = one_signature(&members)?;
        let part =
            |members, member| json::text(members, WHAT, member)?.ok_or(JoseError::Missing { what: WHAT, member });
        let (protected, octets) = (part(signature, "protected")?, part(signature, "signature")?);
        let compact = format!("{protected}.{}.{octets}", part(&members, "payload")?);
        Ok(Self { compact: Cow::Owned(compact), kid: unprotected_kid(signature, &Header::parse(protected)?)? })
    }

    /// The message in the compact serialization, if its parts are what they should be.
    pub fn compact(&self) -> &str {
        &self.compact
    }

    /// The name of the key where it is not protected, at most 256 octets: good for finding the key, and no more.
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }
}

/// The members of the one signature: the only element of `signatures`, or the message itself (RFC 7515 §7.2.2).
fn one_signature(members: &Members) -> Result<&Members, JoseError> {
    let wrong = |want| JoseError::Member { what: WHAT, member: "signatures", want };
    let Some(signatures) = members.get("signatures") else { return Ok(members) };
    if ["protected", "header", "signature"].iter().any(|member| members.contains_key(*member)) {
        return Err(wrong("alone: a message is flattened or general"));
    }
    match signatures.as_array().map(Vec::as_slice) {
        Some([Value::Object(signature)]) => Ok(signature),
        _ => Err(wrong("a list of one signature")),
    }
}

fn unprotected_kid(signature: &Members, protected: &Header) -> Result<Option<String>, JoseError> {
    const WHAT: &str = "the unprotected header";

    let header = match signature.get("header") {
        None => return Ok(None),
        Some(Value::Object(header)) => header,
        Some(_) => return Err(JoseError::Member { what: self::WHAT, member: "header", want: "an object" }),
    };
    if header.keys().any(|name| protected.member(name).is_some()) {
        return Err(JoseError::HeaderTwice);
    }
    // They change what is verified, so they are protected or nothing (RFC 7515 §4.1.11, RFC 7797 §3).
    if let Some(member) = ["crit", "b64"].into_iter().find(|member| header.contains_key(*member)) {
        return Err(JoseError::UnsupportedHeader(member));
    }
    let kid = json::text(header, WHAT, "kid")?;
    json::at_most("kid", kid.unwrap_or_default(), limits::KID)?;
    Ok(kid.map(str::to_owned))
}
