//! The compact serialization.

use super::Header;
use crate::{Algorithm, JoseError, MacKey, VerifyingKey, base64url, error::excerpt, json, limits};

/// A signed message whose signature has not been looked at.
#[derive(Debug)]
pub struct Compact<'a> {
    header: Header,
    payload: Vec<u8>,
    signing_input: &'a str,
    signature: Vec<u8>,
}

impl<'a> Compact<'a> {
    /// Takes a message apart. White space around it is ignored, anything else that is not of the form is refused.
    ///
    /// # Errors
    /// More than 64 KiB, not three parts, bad base64url, a header that is not acceptable, an empty signature.
    pub fn parse(text: &'a str) -> Result<Self, JoseError> {
        let text = text.trim_matches(|character: char| character.is_ascii_whitespace());
        json::at_most("the token", text, limits::TOKEN)?;
        let mut parts = text.splitn(4, '.');
        let (Some(header), Some(payload), Some(signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(JoseError::Parts { got: text.split('.').count(), want: 3 });
        };
        let (signing_input, _) = text.rsplit_once('.').expect("there are three parts");
        if signature.is_empty() {
            return Err(JoseError::EmptySignature);
        }
        Ok(Self {
            header: Header::parse(header)?,
            payload: base64url::decode("the payload", payload)?,
            signing_input,
            signature: base64url::decode("the signature", signature)?,
        })
    }

    /// Verifies the signature. The algorithm is the key's; a header that names another is refused before anything is
    /// computed (RFC 8725 §3.1).
    ///
    /// # Errors
    /// [`JoseError::AlgorithmNotAllowed`], [`JoseError::BadSignature`].
    pub fn verify(&self, key: &VerifyingKey) -> Result<(), JoseError> {
        let algorithm = Algorithm::from_name(self.header.alg())
            .ok_or_else(|| JoseError::AlgorithmNotAllowed(excerpt(self.header.alg())))?;
        key.verify(algorithm, self.signing_input.as_bytes(), &self.signature)
    }

    /// Checks the MAC, with the algorithm of the key as [`Compact::verify`] does.
    ///
    /// # Errors
    /// [`JoseError::AlgorithmNotAllowed`], [`JoseError::BadSignature`].
    pub fn verify_mac(&self, key: &MacKey) -> Result<(), JoseError> {
        if self.header.alg() != key.algorithm().name() {
            return Err(JoseError::AlgorithmNotAllowed(excerpt(self.header.alg())));
        }
        key.verify(self.signing_input.as_bytes(), &self.signature)
    }

    /// The protected header.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// What was signed.
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// Header and payload as they were signed: the token up to its last dot.
    pub fn signing_input(&self) -> &'a str {
        self.signing_input
    }
}
