//! Answers about single certificates (RFC 6960), and those that may be given again.

mod delegates;

pub(crate) use self::delegates::COMMON_NAME;
use self::delegates::{Delegates, NoDelegate};
use crate::{
    config::{OcspConfig, OcspSigning},
    limits,
    snapshot::Snapshot,
    store::{CertificateRecord, StoreError},
    turns::SignerBusy,
};
use authority::{
    Certificate, Timestamp,
    ocsp::{Answer, AnswerError, CertificateId, Failure, Request, RequestError, Response, SingleAnswer, Status},
};
use bytes::Bytes;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};
use thiserror::Error;

/// Octets of the question of an answer that is kept: one certificate, by a SHA-512 of its issuer.
const LONGEST_KEPT: usize = 256;

/// The responder of one configuration generation.
pub struct Responder {
    config: OcspConfig,
    /// Who signs in the issuer's place; nobody when the issuer signs.
    delegates: Option<Delegates>,
    kept: Mutex<Kept>,
}

/// An answer, or the word that there is none, in DER.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct OcspAnswer {
    /// OCSPResponse.
    pub der: Bytes,
    /// When it was made and until when it may be given again; nothing for one that was made for a single client.
    pub kept: Option<(Timestamp, Timestamp)>,
}

/// Answers that may be given again, as long as nothing else is revoked.
#[derive(Default)]
struct Kept {
    revoked: u64,
    answers: HashMap<Vec<u8>, OcspAnswer>,
}

impl Responder {
    /// Nothing is answered yet.
    pub fn new(config: OcspConfig) -> Self {
        let delegates = (config.signing == OcspSigning::Delegated).then(Delegates::default);
        Self { config, delegates, kept: Mutex::default() }
    }

    /// Answers a request in DER. Whoever asks nonsense hears so; a failure of ours says nothing else.
    pub async fn answer(&self, ca: &Snapshot, request: &[u8], now: Timestamp) -> OcspAnswer {
        match self.try_answer(ca, request, now).await {
            Ok(answer) => answer,
            Err(error) => {
                let failure = failure(&error);
                match failure {
                    Failure::MalformedRequest => tracing::debug!(%error, "OCSP request not understood"),
                    Failure::InternalError | Failure::TryLater => tracing::error!(%error, "OCSP request failed"),
                }
                OcspAnswer { der: Bytes::copy_from_slice(Response::failure(failure).der()), kept: None }
            }
        }
    }

    async fn try_answer(&self, ca: &Snapshot, request: &[u8], now: Timestamp) -> Result<OcspAnswer, OcspError> {
        let request = Request::from_der(request)?;
        let key: Vec<u8> = request.certificates().iter().flat_map(CertificateId::der).copied().collect();
        let revoked = ca.store.revoked();
        if !request.has_nonce()
            && let Some(answer) = self.kept(revoked).answers.get(&key).filter(|answer| answer.is_usable(now))
        {
            return Ok(answer.clone());
        }
        let delegate = match &self.delegates {
            Some(delegates) => Some(delegates.current(ca, now).await?),
            None => None,
        };
        let mut next_update = now.checked_add(self.config.validity).ok_or(AnswerError::Time)?;
        if let Some(delegate) = &delegate {
            // Nobody believes an answer longer than whoever signed it.
            next_update = next_update.min(delegate.certificate().validity().not_after);
        }
        let mut certificates = Vec::with_capacity(request.certificates().len());
        for certificate in request.certificates() {
            certificates.push(SingleAnswer { certificate, status: status(ca, certificate).await? });
        }
        let answer = Answer { request: &request, certificates: &certificates, this_update: now, next_update };
        let response = match &delegate {
            Some(delegate) => delegate.answer(&answer)?,
            None => signed_by_issuer(ca, &answer).await?,
        };
        let kept = (!request.has_nonce()).then_some((now, next_update));
        let answer = OcspAnswer { der: Bytes::copy_from_slice(response.der()), kept };
        if kept.is_some() {
            self.keep(revoked, key, answer.clone());
        }
        Ok(answer)
    }

    /// Those from when `revoked` certificates were revoked; all others are forgotten.
    fn kept(&self, revoked: u64) -> std::sync::MutexGuard<'_, Kept> {
        // Guards values that are whole after every statement.
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.revoked != revoked {
            *kept = Kept { revoked, answers: HashMap::new() };
        }
        kept
    }

    fn keep(&self, revoked: u64, key: Vec<u8>, answer: OcspAnswer) {
        // What people ask is one certificate; what is longer is made up to fill the memory.
        if key.len() > LONGEST_KEPT {
            return;
        }
        let mut kept = self.kept(revoked);
        if kept.answers.len() >= limits::OCSP_CACHE {
            kept.answers.clear();
        }
        kept.answers.insert(key, answer);
    }
}

impl OcspAnswer {
    /// For the first half of its life: whoever gets it should have some use of it.
    fn is_usable(&self, now: Timestamp) -> bool {
        self.kept.is_some_and(|(made, until)| {
            let age = now.duration_since(made);
            until.duration_since(made).zip(age).is_some_and(|(life, age)| age < life / 2)
        })
    }
}

/// The answer of the issuer, wherever it signs.
async fn signed_by_issuer(ca: &Snapshot, answer: &Answer<'_>) -> Result<Response, OcspError> {
    if !ca.authority.issuer().signs_elsewhere() {
        return Ok(ca.authority.issuer().answer(answer)?);
    }
    let Answer { request, certificates, this_update, next_update } = *answer;
    let (authority, request) = (Arc::clone(&ca.authority), request.clone());
    let statuses: Vec<Status> = certificates.iter().map(|answer| answer.status).collect();
    let answered = ca.turns.ask(move || {
        let certificates = request.certificates().iter().zip(statuses);
        let certificates: Vec<_> =
            certificates.map(|(certificate, status)| SingleAnswer { certificate, status }).collect();
        let answer = Answer { request: &request, certificates: &certificates, this_update, next_update };
        authority.issuer().answer(&answer)
    });
    Ok(answered.await??)
}

/// Whatever is not known to be good is not good.
async fn status(ca: &Snapshot, certificate: &CertificateId) -> Result<Status, StoreError> {
    let Some(serial_number) = certificate.serial_number().filter(|_| certificate.is_issued_by(ca.authority.issuer()))
    else {
        return Ok(Status::Unknown);
    };
    let record = ca.store.certificate(serial_number).await?;
    // Read last: a revocation counts from the moment it is on record.
    Ok(match ca.store.revocation(serial_number).await? {
        Some(revocation) => Status::Revoked { at: revocation.revoked_at, reason: revocation.reason },
        None if record.is_some_and(|record| is_of_issuer(ca, &record)) => Status::Good,
        None => Status::Unknown,
    })
}

/// Another key may have signed what has this number, before the issuer was replaced.
fn is_of_issuer(ca: &Snapshot, record: &CertificateRecord) -> bool {
    let issuer = ca.authority.issuer().certificate();
    Certificate::from_der(&record.der).is_ok_and(|certificate| {
        certificate.issuer().der() == issuer.subject().der()
            && certificate.authority_key_identifier() == issuer.subject_key_identifier()
    })
}

#[derive(Debug, Error)]
enum OcspError {
    #[error(transparent)]
    Request(#[from] RequestError),
    #[error(transparent)]
    Answer(#[from] AnswerError),
    #[error(transparent)]
    Busy(#[from] SignerBusy),
    #[error("record: {0}")]
    Store(#[from] StoreError),
    #[error("the responder has no certificate: {0}")]
    Delegate(#[from] NoDelegate),
}

fn failure(error: &OcspError) -> Failure {
    match error {
        OcspError::Request(_) => Failure::MalformedRequest,
        OcspError::Answer(_) => Failure::InternalError,
        OcspError::Busy(_) | OcspError::Store(_) | OcspError::Delegate(_) => Failure::TryLater,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn as_many_answers_are_kept_as_the_limit_and_one_more_begins_anew() {
        let responder = Responder::new(OcspConfig { signing: OcspSigning::Direct, validity: Duration::from_secs(60) });
        let answer = OcspAnswer { der: Bytes::new(), kept: None };
        let keep = |number: usize| {
            responder.keep(0, number.to_be_bytes().to_vec(), answer.clone());
            responder.kept(0).answers.len()
        };
        let most = limits::OCSP_CACHE;
        let last: Vec<_> = (0..=most).map(keep).skip(most - 2).collect();
        assert_eq!(last, [most - 1, most, 1]);
    }
}
