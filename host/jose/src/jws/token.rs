//! JSON Web Tokens (RFC 7519).

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};

use super::{Compact, Header};
use crate::{JoseError, RegisteredClaims, VerifyingKey, base64url};

/// A token whose signature has not been looked at: enough to find out who should have signed it.
#[derive(Debug)]
pub struct Unverified<'a> {
    jws: Compact<'a>,
    claims: RegisteredClaims,
}

impl<'a> Unverified<'a> {
    /// Takes a token apart and reads its claims strictly.
    ///
    /// # Errors
    /// As [`Compact::parse`]; claims that are not an object, have a member twice, a wrong type or a wrong size.
    pub fn parse(text: &'a str) -> Result<Self, JoseError> {
        let jws = Compact::parse(text)?;
        let claims = RegisteredClaims::parse(jws.payload())?;
        Ok(Self { jws, claims })
    }

    /// Verifies the signature and nothing else: times, issuer and audience are the caller's to compare.
    ///
    /// # Errors
    /// As [`Compact::verify`].
    pub fn verify(&self, key: &VerifyingKey) -> Result<(), JoseError> {
        self.jws.verify(key)
    }

    /// The message it is.
    pub fn message(&self) -> &Compact<'a> {
        &self.jws
    }

    /// The protected header.
    pub fn header(&self) -> &Header {
        self.jws.header()
    }

    /// The claims.
    pub fn claims(&self) -> &RegisteredClaims {
        &self.claims
    }

    /// The claims as they were sent.
    pub fn claims_json(&self) -> &str {
        std::str::from_utf8(self.jws.payload()).expect("JSON that was read is UTF-8")
    }

    /// Header and claims as they were signed: the token up to its last dot.
    pub fn signing_input(&self) -> &'a str {
        self.jws.signing_input()
    }

    /// What tells this token from every other of its provisioner. To be believed after [`Unverified::verify`].
    pub fn replay_id(&self) -> ReplayId<'_> {
        match self.claims.jti.as_deref() {
            Some(jti) if !jti.is_empty() => ReplayId::Jti(jti),
            _ => {
                let mut hash = [0; 32];
                hash.copy_from_slice(digest(&SHA256, self.signing_input().as_bytes()).as_ref());
                ReplayId::SigningInput(hash)
            }
        }
    }
}

/// The identity of a token for its single use.
///
/// Never a hash of the whole token: an ECDSA signature (r, s) has a valid twin (r, n − s).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum ReplayId<'a> {
    /// Its `jti`.
    Jti(&'a str),
    /// SHA-256 of what was signed, for a token without `jti`.
    SigningInput([u8; 32]),
}

impl fmt::Display for ReplayId<'_> {
    /// `jti:…` or `sha256:…`: no `jti` can be mistaken for a hash.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Jti(jti) => write!(formatter, "jti:{jti}"),
            Self::SigningInput(hash) => write!(formatter, "sha256:{}", base64url::encode(hash)),
        }
    }
}
