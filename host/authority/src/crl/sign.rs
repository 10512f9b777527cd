//! A list, written and signed.

use thiserror::Error;

use super::{CertificateList, ListError, RevokedCertificate};
use crate::extensions::{Extension, KeyUsage, encode_extensions, issuing_distribution_point, key_identifier};
use crate::issuer::Issuer;
use crate::keys::SignerError;
use crate::names::Uri;
use crate::signature::SignatureError;
use crate::signed_value::SignedValue;
use crate::tbs::{NotEncodable, encode_time};
use crate::time::Timestamp;
use crate::{asn1, oid};

/// What a list is to say.
#[derive(Clone, Copy, Debug)]
pub struct ListContents<'a> {
    /// Higher than that of every list before it.
    pub number: u64,
    /// Now.
    pub this_update: Timestamp,
    /// By when there is a newer one; after `this_update`.
    pub next_update: Timestamp,
    /// Every certificate that is revoked, each once.
    pub revoked: &'a [RevokedCertificate],
    /// Where the list is published. Only certificates that name the same place
    /// may be checked with it (RFC 5280 §6.3.3 (b)(2)).
    pub distribution_point: Option<&'a Uri>,
}

/// A list could not be signed.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum SignListError {
    /// keyUsage of the issuing certificate has no cRLSign (RFC 5280 §4.2.1.3).
    #[error("the key usage of the issuing certificate does not allow it to sign revocation lists")]
    KeyUsage,
    /// nextUpdate is not after thisUpdate, or a time cannot be written.
    #[error("a time of the revocation list cannot be written")]
    Time,
    /// The key did not sign.
    #[error(transparent)]
    Signer(#[from] SignerError),
    /// What was signed cannot be read.
    #[error("the signed revocation list cannot be read back: {0}")]
    Unreadable(#[from] ListError),
    /// The signature was not made by the issuer's key.
    #[error("the signed revocation list does not verify: {0}")]
    Unverified(#[from] SignatureError),
    /// What was signed is not what was meant.
    #[error("the signed revocation list differs from what it should say in its {part}")]
    Differs {
        /// Where they differ.
        part: &'static str,
    },
}

impl From<NotEncodable> for SignListError {
    fn from(NotEncodable: NotEncodable) -> Self {
        Self::Time
    }
}

impl Issuer {
    /// Whether the issuing certificate may sign lists: its keyUsage says so,
    /// or says nothing (RFC 5280 §4.2.1.3).
    pub fn may_sign_lists(&self) -> bool {
        self.certificate().key_usage().is_none_or(|usage| usage.contains(KeyUsage::CRL_SIGN))
    }

    /// Signs a list. The result is read back, verified with the issuer's key
    /// and compared with `contents`.
    pub fn sign_list(&self, contents: &ListContents<'_>) -> Result<CertificateList, SignListError> {
        if !self.may_sign_lists() {
            return Err(SignListError::KeyUsage);
        }
        if contents.next_update <= contents.this_update {
            return Err(SignListError::Time);
        }
        let tbs = self.tbs_list(contents)?;
        let signature = self.signer().sign(&tbs)?;
        let signature_algorithm = self.signature_algorithm();
        let der = SignedValue { contents: &tbs, signature_algorithm, signature: &signature }.encode();
        let list = CertificateList::from_der(&der)?;
        list.verify_signature(self.certificate().public_key())?;
        self.compare(&list, contents)?;
        Ok(list)
    }

    /// TBSCertList (RFC 5280 §5.1.2).
    fn tbs_list(&self, contents: &ListContents<'_>) -> Result<Vec<u8>, NotEncodable> {
        const VERSION_2: &[u8] = &[asn1::INTEGER, 1, 1];
        const EXTENSIONS: u8 = 0;
        let mut entries = Vec::with_capacity(contents.revoked.len() * 40);
        for revoked in contents.revoked {
            entries.extend(revoked.encode()?);
        }
        let entries = if entries.is_empty() { entries } else { asn1::sequence(&[&entries]) };
        let number = asn1::unsigned_integer(&contents.number.to_be_bytes());
        let extensions: Vec<Extension> = self
            .key_identifier()
            .map(key_identifier::authority_key_identifier)
            .into_iter()
            .chain([Extension::not_critical(oid::CRL_NUMBER, number)])
            .chain(contents.distribution_point.map(issuing_distribution_point))
            .collect();
        Ok(asn1::sequence(&[
            VERSION_2,
            self.signature_algorithm(),
            self.certificate().subject().der(),
            &encode_time(contents.this_update)?,
            &encode_time(contents.next_update)?,
            &entries,
            &asn1::tlv(asn1::context_constructed(EXTENSIONS), &[&encode_extensions(&extensions)]),
        ]))
    }

    fn compare(&self, list: &CertificateList, contents: &ListContents<'_>) -> Result<(), SignListError> {
        let parts = [
            ("issuer", list.issuer_der() == self.certificate().subject().der()),
            ("number", list.number() == contents.number),
            ("times", (list.this_update(), list.next_update()) == (contents.this_update, contents.next_update)),
            ("authority key identifier", list.authority_key_identifier() == self.key_identifier()),
            ("entries", list.revoked() == contents.revoked),
        ];
        match parts.into_iter().find(|(_, same)| !same) {
            Some((part, _)) => Err(SignListError::Differs { part }),
            None => Ok(()),
        }
    }
}
