//! OCSPResponse (RFC 6960 §4.2).

use der::asn1::{BitStringRef, GeneralizedTime};
use der::{DateTime, Reader};
use std::time::Duration;
use thiserror::Error;

use super::{CertificateId, Request};
use crate::asn1;
use crate::certificate::Certificate;
use crate::extensions::encode_extensions;
use crate::issuer::Issuer;
use crate::keys::{Signer, SignerError};
use crate::oid;
use crate::revocation_reason::RevocationReason;
use crate::signature::{self, SignatureError};
use crate::tbs::context_specific;
use crate::time::Timestamp;

/// What is known of a certificate.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Status {
    /// It was issued, and is not revoked.
    Good,
    /// It is revoked.
    Revoked {
        /// Since when.
        at: Timestamp,
        /// Why.
        reason: RevocationReason,
    },
    /// Nothing: it was not issued here. That is never the same as good.
    Unknown,
}

/// The answer about one certificate.
#[derive(Clone, Copy, Debug)]
pub struct SingleAnswer<'a> {
    /// As the request names it.
    pub certificate: &'a CertificateId,
    /// What is known of it.
    pub status: Status,
}

/// What an answer is to say.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
    /// What was asked; its nonce is repeated.
    pub request: &'a Request,
    /// One for every certificate that was asked about.
    pub certificates: &'a [SingleAnswer<'a>],
    /// Now.
    pub this_update: Timestamp,
    /// Until when the answer may be kept; after `this_update`.
    pub next_update: Timestamp,
}

/// Why there is no answer; nobody signs that (RFC 6960 §2.3).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Failure {
    /// The request is none.
    MalformedRequest = 1,
    /// We failed.
    InternalError = 2,
    /// Not now.
    TryLater = 3,
}

/// An answer in DER.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Response(Vec<u8>);

/// An answer could not be signed.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum AnswerError {
    /// A time cannot be written.
    #[error("a time of the OCSP answer cannot be written")]
    Time,
    /// The key did not sign.
    #[error(transparent)]
    Signer(#[from] SignerError),
    /// The signature was not made by the responder's key.
    #[error("the signed OCSP answer does not verify: {0}")]
    Unverified(#[from] SignatureError),
    /// What was signed cannot be read back, or is not what was meant.
    #[error("the signed OCSP answer cannot be read back")]
    Unreadable,
}

impl Response {
    /// An answer without an answer.
    pub fn failure(failure: Failure) -> Self {
        Self(asn1::sequence(&[&asn1::tlv(asn1::ENUMERATED, &[&[failure as u8]])]))
    }

    /// The DER.
    pub fn der(&self) -> &[u8] {
        &self.0
    }
}

impl Issuer {
    /// Signs an answer, and verifies what was signed.
    pub fn answer(&self, answer: &Answer<'_>) -> Result<Response, AnswerError> {
        let (certificate, signature_algorithm) = (self.certificate(), self.signature_algorithm());
        Responder { certificate, signer: self.signer(), signature_algorithm, is_delegate: false }.answer(answer)
    }
}

/// Whoever signs answers: the issuer, or somebody it lets do that.
pub(super) struct Responder<'a> {
    pub(super) certificate: &'a Certificate,
    pub(super) signer: &'a dyn Signer,
    /// AlgorithmIdentifier of its signatures.
    pub(super) signature_algorithm: &'a [u8],
    /// Whether its certificate goes along, for clients do not have it.
    pub(super) is_delegate: bool,
}

impl Responder<'_> {
    pub(super) fn answer(&self, answer: &Answer<'_>) -> Result<Response, AnswerError> {
        const SUCCESSFUL: &[u8] = &[asn1::ENUMERATED, 1, 0];
        const CERTIFICATES: u8 = 0;
        if answer.next_update <= answer.this_update {
            return Err(AnswerError::Time);
        }
        let data = response_data(self.certificate, answer)?;
        let signature = self.signer.sign(&data)?;
        let certificates = if self.is_delegate {
            asn1::tlv(asn1::context_constructed(CERTIFICATES), &[&asn1::sequence(&[self.certificate.der()])])
        } else {
            Vec::new()
        };
        let signature = asn1::bit_string(&signature);
        let basic = asn1::sequence(&[&data, self.signature_algorithm, &signature, &certificates]);
        self.verify(&basic, &data)?;
        let bytes = asn1::sequence(&[&asn1::object_identifier(&oid::OCSP_BASIC), &asn1::octet_string(&basic)]);
        let bytes = asn1::tlv(asn1::context_constructed(0), &[&bytes]);
        Ok(Response(asn1::sequence(&[SUCCESSFUL, &bytes])))
    }

    fn verify(&self, basic: &[u8], data: &[u8]) -> Result<(), AnswerError> {
        let parts = asn1::read_sequence(basic, |reader| {
            let (data, algorithm) = (reader.tlv_bytes()?, reader.tlv_bytes()?);
            let signature: BitStringRef<'_> = reader.decode()?;
            context_specific(reader, 0)?;
            Ok((data, algorithm, signature.raw_bytes()))
        });
        let (read, algorithm, signature) = parts.map_err(|_| AnswerError::Unreadable)?;
        if read != data {
            return Err(AnswerError::Unreadable);
        }
        Ok(signature::verify(self.certificate.public_key(), algorithm, read, signature)?)
    }
}

/// ResponseData: version 1, the responder by its name.
fn response_data(responder: &Certificate, answer: &Answer<'_>) -> Result<Vec<u8>, AnswerError> {
    const BY_NAME: u8 = 1;
    const EXTENSIONS: u8 = 1;
    let times = (generalized_time(answer.this_update)?, generalized_time(answer.next_update)?);
    let mut singles = Vec::new();
    for single in answer.certificates {
        singles.extend(single_response(single, &times)?);
    }
    let nonce = answer.request.nonce().map_or_else(Vec::new, |nonce| {
        asn1::tlv(asn1::context_constructed(EXTENSIONS), &[&encode_extensions(std::slice::from_ref(nonce))])
    });
    let responder = asn1::tlv(asn1::context_constructed(BY_NAME), &[responder.subject().der()]);
    Ok(asn1::sequence(&[&responder, &times.0, &asn1::sequence(&[&singles]), &nonce]))
}

fn single_response(single: &SingleAnswer<'_>, times: &(Vec<u8>, Vec<u8>)) -> Result<Vec<u8>, AnswerError> {
    const GOOD: u8 = 0;
    const REVOKED: u8 = 1;
    const UNKNOWN: u8 = 2;
    const NEXT_UPDATE: u8 = 0;
    let status = match single.status {
        Status::Good => asn1::tlv(asn1::context_primitive(GOOD), &[]),
        Status::Revoked { at, reason } => {
            asn1::tlv(asn1::context_constructed(REVOKED), &[&generalized_time(at)?, &reason_of(reason)])
        }
        Status::Unknown => asn1::tlv(asn1::context_primitive(UNKNOWN), &[]),
    };
    let next_update = asn1::tlv(asn1::context_constructed(NEXT_UPDATE), &[&times.1]);
    Ok(asn1::sequence(&[single.certificate.der(), &status, &times.0, &next_update]))
}

fn reason_of(reason: RevocationReason) -> Vec<u8> {
    const REASON: u8 = 0;
    if reason == RevocationReason::Unspecified {
        return Vec::new();
    }
    asn1::tlv(asn1::context_constructed(REASON), &[&asn1::tlv(asn1::ENUMERATED, &[&[reason.code()]])])
}

/// In OCSP every time is a GeneralizedTime, whatever the year.
fn generalized_time(time: Timestamp) -> Result<Vec<u8>, AnswerError> {
    let seconds = u64::try_from(time.as_unix()).map_err(|_| AnswerError::Time)?;
    let date = DateTime::from_unix_duration(Duration::from_secs(seconds)).map_err(|_| AnswerError::Time)?;
    Ok(asn1::encode(&GeneralizedTime::from_date_time(date)))
}
