//! The three serializations of an encrypted message (RFC 7516 §7).

use serde::Serialize;
use serde_json::Value;

use crate::{
    JoseError, base64url,
    json::{self, Members},
    limits,
};

const WHAT: &str = "the message";

/// An encrypted message for one recipient.
#[derive(Debug)]
pub struct Message {
    /// As it was sent: it is part of what is authenticated.
    pub(super) protected: String,
    pub(super) unprotected: Option<Members>,
    /// Additional authenticated data, as it was sent.
    pub(super) aad: Option<String>,
    pub(super) encrypted_key: Vec<u8>,
    pub(super) iv: Vec<u8>,
    pub(super) ciphertext: Vec<u8>,
    pub(super) tag: Vec<u8>,
}

impl Message {
    /// Reads a message in the compact, the flattened or the general serialization with one recipient.
    ///
    /// # Errors
    /// A message over 64 KiB or not of the form.
    pub fn parse(text: &str) -> Result<Self, JoseError> {
        let text = text.trim_matches(|character: char| character.is_ascii_whitespace());
        json::at_most(WHAT, text, limits::TOKEN)?;
        if text.starts_with('{') { Self::parse_json(text) } else { Self::parse_compact(text) }
    }

    fn parse_compact(text: &str) -> Result<Self, JoseError> {
        let parts: Vec<&str> = text.splitn(6, '.').collect();
        let [protected, encrypted_key, iv, ciphertext, tag] = parts.as_slice() else {
            return Err(JoseError::Parts { got: text.split('.').count(), want: 5 });
        };
        Ok(Self {
            protected: (*protected).to_owned(),
            unprotected: None,
            aad: None,
            encrypted_key: base64url::decode("the encrypted key", encrypted_key)?,
            iv: base64url::decode("the initialization vector", iv)?,
            ciphertext: base64url::decode("the ciphertext", ciphertext)?,
            tag: base64url::decode("the authentication tag", tag)?,
        })
    }

    fn parse_json(text: &str) -> Result<Self, JoseError> {
        let members = json::object(WHAT, text.as_bytes())?;
        let recipient = recipient(&members)?;
        let octets = |members, member, what| -> Result<Vec<u8>, JoseError> {
            json::text(members, WHAT, member)?.map_or(Ok(Vec::new()), |text| base64url::decode(what, text))
        };
        Ok(Self {
            protected: json::text(&members, WHAT, "protected")?.unwrap_or_default().to_owned(),
            unprotected: unprotected(&members, recipient)?,
            aad: json::text(&members, WHAT, "aad")?.map(str::to_owned),
            encrypted_key: octets(recipient, "encrypted_key", "the encrypted key")?,
            iv: octets(&members, "iv", "the initialization vector")?,
            ciphertext: octets(&members, "ciphertext", "the ciphertext")?,
            tag: octets(&members, "tag", "the authentication tag")?,
        })
    }

    /// What the tag covers besides the ciphertext (RFC 7516 §5.1 step 14).
    pub(super) fn additional_data(&self) -> Vec<u8> {
        match &self.aad {
            None => self.protected.clone().into_bytes(),
            Some(aad) => format!("{}.{aad}", self.protected).into_bytes(),
        }
    }

    /// The compact serialization.
    pub fn to_compact(&self) -> String {
        let mut text = self.protected.clone();
        for part in [&self.encrypted_key, &self.iv, &self.ciphertext, &self.tag] {
            text.push('.');
            base64url::encode_into(part, &mut text);
        }
        text
    }

    /// The flattened JSON serialization, indented by two spaces, without an end of line.
    pub fn to_json(&self) -> String {
        let flattened = Flattened {
            protected: &self.protected,
            encrypted_key: base64url::encode(&self.encrypted_key),
            iv: base64url::encode(&self.iv),
            ciphertext: base64url::encode(&self.ciphertext),
            tag: base64url::encode(&self.tag),
        };
        serde_json::to_string_pretty(&flattened).expect("strings are always JSON")
    }
}

/// The members of one recipient: the only element of `recipients`, or the message itself (RFC 7516 §7.2.2).
fn recipient(members: &Members) -> Result<&Members, JoseError> {
    let wrong = |want| JoseError::Member { what: WHAT, member: "recipients", want };
    let Some(recipients) = members.get("recipients") else { return Ok(members) };
    if members.contains_key("header") || members.contains_key("encrypted_key") {
        return Err(wrong("alone: a message is flattened or general"));
    }
    match recipients.as_array().map(Vec::as_slice) {
        Some([Value::Object(recipient)]) => Ok(recipient),
        _ => Err(wrong("a list of one recipient")),
    }
}

/// The shared and the recipient's unprotected header in one.
fn unprotected(members: &Members, recipient: &Members) -> Result<Option<Members>, JoseError> {
    let mut joined = Members::new();
    for (holder, member) in [(members, "unprotected"), (recipient, "header")] {
        match holder.get(member) {
            None => {}
            Some(Value::Object(header)) => {
                for (name, value) in header {
                    if joined.insert(name.clone(), value.clone()).is_some() {
                        return Err(JoseError::HeaderTwice);
                    }
                }
            }
            Some(_) => return Err(JoseError::Member { what: WHAT, member, want: "an object" }),
        }
    }
    Ok(if joined.is_empty() { None } else { Some(joined) })
}

#[derive(Serialize)]
struct Flattened<'a> {
    protected: &'a str,
    /// None where the key of the content is agreed on or shared (RFC 7516 §7.2.1).
    #[serde(skip_serializing_if = "String::is_empty")]
    encrypted_key: String,
    iv: String,
    ciphertext: String,
    tag: String,
}
