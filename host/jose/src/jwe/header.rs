//! The header of an encrypted message (RFC 7516 §4).

use std::collections::BTreeMap;

use serde_json::Value;

use super::{ContentEncryption, KeyManagement, Message};
use crate::{
    JoseError, base64url,
    error::excerpt,
    json::{self, Members},
    limits,
};

const WHAT: &str = "the header";

/// What a message says about itself, its algorithms known and nothing in it that is not understood.
#[derive(Debug)]
pub(super) struct Header {
    pub(super) algorithm: KeyManagement,
    pub(super) encryption: ContentEncryption,
    members: Members,
}

impl Header {
    pub(super) fn parse(message: &Message) -> Result<Self, JoseError> {
        let members = joined(message)?;
        // Neither an extension nor a compression is understood (RFC 7516 §4.1.13, §4.1.3).
        if let Some(member) = ["crit", "zip"].into_iter().find(|&member| members.contains_key(member)) {
            return Err(JoseError::UnsupportedHeader(member));
        }
        let required = |member| json::text(&members, WHAT, member)?.ok_or(JoseError::Missing { what: WHAT, member });
        let (alg, enc) = (required("alg")?, required("enc")?);
        let unsupported = |member, value| JoseError::UnsupportedEncryption { member, value: excerpt(value) };
        let algorithm = KeyManagement::from_name(alg).ok_or_else(|| unsupported("alg", alg))?;
        let encryption = ContentEncryption::from_name(enc).ok_or_else(|| unsupported("enc", enc))?;
        let kid = json::text(&members, WHAT, "kid")?;
        json::at_most("kid", kid.unwrap_or_default(), limits::KID)?;
        Ok(Self { algorithm, encryption, members })
    }

    pub(super) fn member(&self, name: &str) -> Option<&Value> {
        self.members.get(name)
    }

    /// A parameter that has to be a string when it is there.
    pub(super) fn text(&self, name: &'static str) -> Result<Option<&str>, JoseError> {
        json::text(&self.members, WHAT, name)
    }

    /// A parameter that has to be there, in octets.
    pub(super) fn octets(&self, name: &'static str) -> Result<Vec<u8>, JoseError> {
        let text = self.text(name)?.ok_or(JoseError::Missing { what: WHAT, member: name })?;
        base64url::decode(name, text)
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

/// The header of a message that is being made. Upstream writes the parameters in the order of their names.
#[derive(Default)]
pub(super) struct ProtectedHeader {
    parameters: BTreeMap<&'static str, Value>,
}

impl ProtectedHeader {
    pub(super) fn set(&mut self, name: &'static str, value: impl Into<Value>) {
        self.parameters.insert(name, value.into());
    }

    pub(super) fn encode(&self) -> String {
        base64url::encode(serde_json::to_vec(&self.parameters).expect("values of JSON are always JSON"))
    }
}
