//! The road of one revocation, from a knock at the door to an entry on record.
//!
//! ```text
//!  knock ──► authorize ──► is it that certificate? ──► record ──► Revoked
//!             policy        the certificate itself      store
//! ```
//!
//! It is the sibling of [`issuance`](crate::issuance), and shorter: there is no draft for the checks to look at. Who may
//! speak is not enough; the credential has to name this very certificate.

use crate::{
    admission::nobody,
    audit::{self, Digest},
    call::Call,
    credential::{CertificateError, CredentialError, Token},
    decision::{Decision, Ending},
    metrics::Reason,
    policies::{PolicyFault, Stop},
    presented::Presented,
    replay,
    snapshot::Snapshot,
    store::{Recorded, Revocation, RevocationRecord, SingleUse, StoreError},
    timekeeping::ClockBehind,
};
use authority::{Certificate, RevocationReason, SerialNumber, Timestamp};
use policy_runtime::{Fault, contract::types::Operation};
use thiserror::Error;

/// What a client asks to end. It has no `Debug`: the token is a secret until it is spent.
pub struct RevokeRequest<'a> {
    /// Which certificate.
    pub serial_number: SerialNumber,
    /// Why, in one word.
    pub reason: RevocationReason,
    /// Why, for people; at most [`crate::limits::REVOCATION_REASON`] octets.
    pub reason_text: String,
    /// What lets the client in.
    pub credential: Credential<'a>,
}

/// What lets a client revoke.
#[derive(Clone, Copy)]
pub enum Credential<'a> {
    /// A token whose subject is the serial number.
    Token(&'a str),
    /// The certificate itself, and whatever the TLS client sent along to verify it, in DER.
    Certificate(&'a [&'a [u8]]),
}

/// Revokes one certificate, or says why not. Either way the decision is on record.
///
/// # Errors
/// A credential that is not good or not for this certificate, a certificate that is revoked already, or a fault; with
/// the identifier of the decision.
pub async fn revoke(ca: &Snapshot, call: &Call, request: RevokeRequest<'_>) -> Result<Recorded, NotRevoked> {
    let mut decision = Decision::new(call, Operation::Revoke);
    decision.about(request.serial_number);
    let decision_id = decision.id().to_owned();
    let watch = ca.meters.begin(Operation::Revoke);
    match walk(ca, call, &request, &mut decision).await {
        Ok(recorded) => {
            watch.granted(decision.provisioner_name());
            Ok(recorded)
        }
        Err(error) => {
            watch.denied(decision.provisioner_name(), error.reason(), error.rule());
            ca.store.record_refusal(decision.refused(&error), replay::of_revocation(ca, call, &request));
            Err(NotRevoked { decision_id, error })
        }
    }
}

async fn walk(
    ca: &Snapshot,
    call: &Call,
    request: &RevokeRequest<'_>,
    decision: &mut Decision,
) -> Result<Recorded, RevokeError> {
    ca.timekeeping.check(call.now)?;
    // 1. Who asks, and for which certificate does that speak?
    let authorized = authorize(ca, call, request, decision).await?;
    // 2. Spend the credential, mark the certificate, keep the audit entry: one durable transaction.
    let Authorized { spend, provisioner, revoked_by, not_after, key } = authorized;
    let record = RevocationRecord {
        serial_number: request.serial_number,
        revoked_at: call.now,
        reason: request.reason,
        reason_text: request.reason_text.clone(),
        provisioner,
        revoked_by,
        not_after,
        compromised_key: (request.reason == RevocationReason::KeyCompromise).then_some(key),
    };
    let entry = decision.revoked(why(request));
    Ok(ca
        .store
        .revoke(Revocation::new(spend, record, entry).made_from(replay::of_revocation(ca, call, request)))
        .await?)
}

/// What the rules say, without a record: for whoever decides again what was decided before. The answer is the reason.
pub(crate) async fn decide(
    ca: &Snapshot,
    call: &Call,
    request: &RevokeRequest<'_>,
    decision: &mut Decision,
) -> Result<String, RevokeError> {
    authorize(ca, call, request, decision).await?;
    Ok(why(request))
}

async fn authorize(
    ca: &Snapshot,
    call: &Call,
    request: &RevokeRequest<'_>,
    decision: &mut Decision,
) -> Result<Authorized, RevokeError> {
    match request.credential {
        Credential::Token(token) => by_token(ca, call, request, token, decision).await,
        Credential::Certificate(chain) => by_certificate(ca, call, request, chain, decision).await,
    }
}

fn why(request: &RevokeRequest<'_>) -> String {
    match request.reason_text.as_str() {
        "" => request.reason.to_string(),
        text => format!("{}: {text}", request.reason),
    }
}

/// A client that was let in for one certificate.
struct Authorized {
    spend: Option<SingleUse>,
    provisioner: String,
    revoked_by: String,
    not_after: Timestamp,
    /// SHA-256 of the certificate's SubjectPublicKeyInfo.
    key: Digest,
}

async fn by_token(
    ca: &Snapshot,
    call: &Call,
    request: &RevokeRequest<'_>,
    token: &str,
    decision: &mut Decision,
) -> Result<Authorized, RevokeError> {
    let RevokeRequest { serial_number, reason, reason_text, .. } = request;
    let token = Token::parse(token)?;
    let provisioner = ca.policies.of_token(&token).ok_or_else(|| nobody::<RevokeError>(ca, &token))?;
    let name = provisioner.name();
    decision.provisioner(name, None);
    decision.modules([provisioner.digest()]);
    if !ca.vouches_for(token.jwt()) {
        return Err(CredentialError::BeforeRestore.into());
    }
    let (identity, spend) = provisioner.authorize_revoke(call, &token, serial_number, *reason, reason_text).await?;
    let spend = spend.map(|spend| spend.single_use(&provisioner.identity()));
    decision.provisioner(name, spend.map(|spend| spend.id));
    decision.subject(&identity.subject);
    if identity.subject != serial_number.to_string() {
        return Err(RevokeError::OtherSerialNumber { asked: *serial_number, named: identity.subject });
    }
    let record = ca.store.certificate(*serial_number).await?;
    let record = record.ok_or(RevokeError::NotOnRecord { serial_number: *serial_number })?;
    // The CA's own certificates are nobody's to revoke by token: to keep them is the CA's business.
    if record.provisioner.is_empty() && record.operation == audit::Operation::Sign {
        return Err(RevokeError::OtherProvisioner { issued_by: String::new(), asked_by: name.to_owned() });
    }
    // A provisioner answers for what it let be issued. Where that one is gone, any other speaks for it.
    if record.provisioner != name && ca.policies.has_name(&record.provisioner) {
        return Err(RevokeError::OtherProvisioner { issued_by: record.provisioner, asked_by: name.to_owned() });
    }
    let not_after = record.validity.not_after;
    let key = digest_of_key(&Certificate::from_der(&record.der).map_err(CertificateError::Unreadable)?);
    Ok(Authorized { spend, provisioner: name.to_owned(), revoked_by: identity.subject, not_after, key })
}

async fn by_certificate(
    ca: &Snapshot,
    call: &Call,
    request: &RevokeRequest<'_>,
    chain: &[&[u8]],
    decision: &mut Decision,
) -> Result<Authorized, RevokeError> {
    let Presented { leaf, .. } = Presented::of::<RevokeError>(ca, call, Operation::Revoke, chain, decision).await?;
    let subject = leaf.subject().common_name().unwrap_or_default();
    decision.subject(subject);
    if *leaf.serial_number() != request.serial_number {
        let named = leaf.serial_number().to_string();
        return Err(RevokeError::OtherSerialNumber { asked: request.serial_number, named });
    }
    Ok(Authorized {
        spend: None,
        provisioner: String::new(),
        revoked_by: subject.to_owned(),
        not_after: leaf.validity().not_after,
        key: digest_of_key(&leaf),
    })
}

/// As [`RevocationRecord::compromised_key`] has it.
pub(crate) fn digest_of_key(certificate: &Certificate) -> Digest {
    Digest::of(&[certificate.public_key().spki_der()])
}

/// A road that ended before its end.
#[derive(Debug, Error)]
#[error("{error}")]
pub struct NotRevoked {
    /// Identifies the entry of the audit log.
    pub decision_id: String,
    /// Why.
    pub error: RevokeError,
}

/// Why a certificate is not revoked.
#[derive(Debug, Error)]
pub enum RevokeError {
    /// The token cannot be looked at.
    #[error("authorize: {0}")]
    Credential(#[from] CredentialError),
    /// The client certificate is not good.
    #[error("revoke: {0}")]
    Certificate(#[from] CertificateError),
    /// The clock is not to be believed.
    #[error(transparent)]
    Clock(#[from] ClockBehind),
    /// The provisioner's module said no, or failed.
    #[error(transparent)]
    Policy(#[from] Stop),
    /// The credential names another certificate.
    #[error("the request is about serial number {asked}, its credential about {named:?}")]
    OtherSerialNumber {
        /// In the body.
        asked: SerialNumber,
        /// In the credential.
        named: String,
    },
    /// Nothing was issued under this number.
    #[error("no certificate with serial number {serial_number} is on record")]
    NotOnRecord {
        /// The number.
        serial_number: SerialNumber,
    },
    /// Another provisioner let it be issued.
    #[error("provisioner {issued_by:?} issued the certificate; the token is of {asked_by:?}")]
    OtherProvisioner {
        /// Whose certificate it is.
        issued_by: String,
        /// Whose token it is.
        asked_by: String,
    },
    /// It was not recorded.
    #[error("record: {0}")]
    Store(#[from] StoreError),
}

impl RevokeError {
    /// Whether the same request may succeed later, without anybody changing anything.
    pub fn is_passing(&self) -> bool {
        matches!(
            self,
            Self::Policy(Stop::Fault { fault: PolicyFault::Runtime(Fault::Busy { .. }), .. })
                | Self::Clock(_)
                | Self::Store(StoreError::Unavailable(_) | StoreError::OutcomeUnknown | StoreError::Damaged(_))
        )
    }
}

impl Ending for RevokeError {
    fn is_fault(&self) -> bool {
        match self {
            Self::Credential(_) | Self::Certificate(_) => false,
            Self::OtherSerialNumber { .. } | Self::NotOnRecord { .. } | Self::OtherProvisioner { .. } => false,
            Self::Policy(Stop::Refused { .. } | Stop::Names(_) | Stop::Validity(_)) => false,
            Self::Policy(Stop::Fault { .. }) | Self::Clock(_) => true,
            Self::Store(StoreError::TokenSpent | StoreError::TokenForgotten { .. } | StoreError::AlreadyRevoked) => {
                false
            }
            Self::Store(_) => true,
        }
    }

    fn reason(&self) -> Reason {
        match self {
            Self::Credential(_) => Reason::Credential,
            Self::Certificate(_) => Reason::Certificate,
            Self::Clock(_) => Reason::Clock,
            Self::Policy(Stop::Refused { .. } | Stop::Names(_) | Stop::Validity(_)) => Reason::Policy,
            Self::Policy(Stop::Fault { .. }) => Reason::PolicyFault,
            Self::OtherSerialNumber { .. } | Self::OtherProvisioner { .. } => Reason::AnotherCertificate,
            Self::NotOnRecord { .. } => Reason::NotOnRecord,
            Self::Store(StoreError::TokenSpent | StoreError::TokenForgotten { .. }) => Reason::Replay,
            Self::Store(StoreError::AlreadyRevoked) => Reason::Revoked,
            Self::Store(_) => Reason::Store,
        }
    }

    fn stop(&self) -> Option<&Stop> {
        match self {
            Self::Policy(stop) => Some(stop),
            _ => None,
        }
    }
}
