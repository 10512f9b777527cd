//! What a client shows to be let in: a token, or a certificate of ours.

use crate::{audit::Digest, policies::CredentialUse};
use authority::{RevocationReason, Timestamp};
use jose::{JoseError, jws::Unverified};
use thiserror::Error;

/// A provisioning token. It has been read, not verified: that is for the provisioner's module.
#[derive(Debug)]
pub struct Token<'a> {
    text: &'a str,
    jwt: Option<Unverified<'a>>,
}

impl<'a> Token<'a> {
    /// Reads a token as it stands in a request; white space around it is not part of it.
    ///
    /// Whatever has three parts between dots is a JWT and is read strictly. Anything else is left to the provisioner
    /// whose prefix it carries.
    ///
    /// # Errors
    /// No token, one of more than 64 KiB, or a JWT that is malformed.
    pub fn parse(text: &'a str) -> Result<Self, CredentialError> {
        let text = text.trim_ascii();
        if text.is_empty() {
            return Err(CredentialError::Missing);
        }
        if text.len() > jose::limits::TOKEN {
            return Err(CredentialError::TooLong { length: text.len(), limit: jose::limits::TOKEN });
        }
        let is_jwt = text.bytes().filter(|&octet| octet == b'.').count() == 2 && !text.contains(':');
        let jwt = is_jwt.then(|| Unverified::parse(text)).transpose().map_err(CredentialError::Malformed)?;
        Ok(Self { text, jwt })
    }

    /// The token as it was sent.
    pub fn text(&self) -> &'a str {
        self.text
    }

    /// The JWT it is, if it is one.
    pub fn jwt(&self) -> Option<&Unverified<'a>> {
        self.jwt.as_ref()
    }

    /// The provisioner it means, as upstream identifies one: `<iss>:<kid>`. As unverified as everything about it.
    pub fn provisioner_id(&self) -> String {
        match self.jwt() {
            Some(jwt) => {
                let issuer = jwt.claims().iss.as_deref().unwrap_or_default();
                format!("{issuer}:{}", jwt.header().kid().unwrap_or_default())
            }
            None => self.prefix().unwrap_or_default().to_owned(),
        }
    }

    /// What stands before the first colon of a token that is no JWT.
    pub fn prefix(&self) -> Option<&'a str> {
        self.text.split_once(':').map(|(prefix, _)| prefix)
    }

    /// What a JWT spends: its `jti`, or the SHA-256 of its signing input; until its `exp`. None for a token without an
    /// end: it could never be forgotten.
    pub fn jwt_use(&self) -> Option<CredentialUse> {
        let jwt = self.jwt()?;
        let expires = Timestamp::from_unix(jwt.claims().exp?.as_unix());
        Some(CredentialUse { id: jwt.replay_id().to_string(), expires })
    }
}

/// Why a credential cannot even be looked at.
#[derive(Debug, Error)]
pub enum CredentialError {
    /// There is none.
    #[error("missing ott")]
    Missing,
    /// It is longer than any token is.
    #[error("the token has {length} octets; at most {limit} are read")]
    TooLong {
        /// Octets it has.
        length: usize,
        /// Octets that are read.
        limit: usize,
    },
    /// It looks like a JWT and is none.
    #[error("error parsing token: {0}")]
    Malformed(JoseError),
    /// No provisioner is meant by it.
    #[error("provisioner with id {0} not found")]
    UnknownProvisioner(String),
    /// The store was restored from a backup, so the token may have been used without a trace.
    #[error("the token is older than the last start, and the store was set back before that")]
    BeforeRestore,
}

/// Why a client certificate does not authorize anything.
#[derive(Debug, Error)]
pub enum CertificateError {
    /// The connection came without one.
    #[error("missing peer certificate")]
    Missing,
    /// It is none.
    #[error("error decoding certificate: {0}")]
    Unreadable(authority::CertificateError),
    /// It does not chain to a root of this CA, or is not valid yet.
    #[error("the client certificate does not verify: {0}")]
    Path(authority::PathError),
    /// Its time is over, and so is whatever its provisioner allows beyond.
    #[error("the client certificate expired on {since}")]
    Expired {
        /// Its last second.
        since: Timestamp,
    },
    /// Another certificate was issued under its serial number.
    #[error("the client certificate is not the one on record under serial number {serial_number}")]
    NotOnRecord {
        /// Its serial number, in decimal.
        serial_number: String,
    },
    /// It is revoked.
    #[error("the client certificate is revoked since {since}: {reason}")]
    Revoked {
        /// When that was recorded.
        since: Timestamp,
        /// Why.
        reason: RevocationReason,
    },
    /// A policy module that had a say in it was recalled, or in one that it has replaced.
    #[error("the client certificate goes back to the policy module with SHA-256 {module}, recalled on {since}")]
    Recalled {
        /// SHA-256 of the module.
        module: Digest,
        /// When.
        since: Timestamp,
    },
    /// It is a CA's.
    #[error("the client certificate is a CA certificate")]
    IsCa,
    /// Its provisioner is gone.
    #[error("provisioner {name:?} of the client certificate is not configured")]
    ProvisionerGone {
        /// The name it carries.
        name: String,
    },
    /// Its provisioner extension cannot be read.
    #[error("error decoding step provisioner extension: {0}")]
    Extension(authority::ExtensionError),
}
