//! What a client learns of a road that ended early.
//!
//! Every error is matched by name and given a kind; the routes turn the kind into a status. A refusal says which rule
//! was broken; that a credential is not good is all a stranger hears about it; a fault says nothing.

use crate::{
    audit::Digest,
    credential::{CertificateError, CredentialError},
    issuance::{IssueError, NotIssued, RECALL_RULE},
    policies::Stop,
    recall::RecallError,
    records::{AccessError, NotAnswered},
    revocation::{NotRevoked, RevokeError},
    revocation_list::ListFault,
    routes::{RefusalKind, Refused},
    store::StoreError,
};
use api_types::Reason;
use authority::DraftError;
use policy_runtime::contract::types::{self, Denial, DenialKind};
use std::time::Duration;

impl From<NotIssued> for Refused {
    fn from(NotIssued { decision_id, error }: NotIssued) -> Self {
        let (kind, message) = (kind(&error), error.to_string());
        match error {
            IssueError::Policy(stop) => told_by_policy(kind, message, stop, decision_id),
            // Its holder can read that in the certificate; a machine that was off for too long should not have to guess.
            IssueError::Certificate(CertificateError::Expired { since }) => Refused {
                public_message: Some(format!("The certificate expired on {since}, and is not renewed any more.")),
                ..told(kind, message, Some(decision_id))
            },
            // The holder has done nothing wrong, and has to get another certificate.
            IssueError::Certificate(CertificateError::Recalled { module, .. })
            | IssueError::Store(StoreError::PreviousRecalled { module }) => Refused {
                reasons: vec![recalled(&module)],
                public_message: Some(format!(
                    "The certificate is not renewed: it goes back to the policy module with SHA-256 {module}, which was \
                     recalled. Ask for a new one instead."
                )),
                ..told(kind, message, Some(decision_id))
            },
            // It may be innocent, which is more than can be found out.
            IssueError::Store(StoreError::TooManyRenewals) => Refused {
                public_message: Some(
                    "The certificate is not renewed: while a policy module is recalled, it was renewed too often to be \
                     followed back to its first certificate. Ask for a new one instead."
                        .to_owned(),
                ),
                ..told(kind, message, Some(decision_id))
            },
            _ => told(kind, message, Some(decision_id)),
        }
    }
}

impl From<NotRevoked> for Refused {
    fn from(NotRevoked { decision_id, error }: NotRevoked) -> Self {
        let (kind, message) = (kind_of_revocation(&error), error.to_string());
        match error {
            RevokeError::Policy(stop) => told_by_policy(kind, message, stop, decision_id),
            _ => told(kind, message, Some(decision_id)),
        }
    }
}

impl From<NotAnswered> for Refused {
    fn from(NotAnswered { decision_id, error }: NotAnswered) -> Self {
        use AccessError as E;
        let kind = match &error {
            // All that a stranger hears, whatever is wrong with the credential.
            E::Certificate(_) | E::NotAReader { .. } => RefusalKind::Unauthorized,
            E::NotOffered | E::NotOnRecord { .. } => RefusalKind::NotFound,
            E::NotAnOperator { .. } | E::Barred { .. } => RefusalKind::Forbidden,
            E::Query(_) | E::Serial(_) | E::Digest(_) => RefusalKind::BadRequest,
            E::TooMany { .. } => RefusalKind::TooManyRequests,
            E::Clock(_) => RefusalKind::Unavailable { retry_after: RETRY_AFTER },
            E::Store(StoreError::TooManyRecalls | StoreError::TooManyRenewals) => RefusalKind::Forbidden,
            E::Store(StoreError::Unavailable(_) | StoreError::OutcomeUnknown)
            | E::Recall(RecallError::Store(StoreError::Unavailable(_) | StoreError::OutcomeUnknown)) => {
                RefusalKind::Unavailable { retry_after: RETRY_AFTER }
            }
            E::Store(_) | E::Recall(_) => RefusalKind::Fault,
        };
        told(kind, error.to_string(), decision_id)
    }
}

impl From<ListFault> for Refused {
    fn from(error: ListFault) -> Self {
        let kind = match &error {
            ListFault::NotOffered => RefusalKind::NotImplemented,
            // Nothing is wrong with the question, and the next list may be there soon.
            ListFault::Busy(_)
            | ListFault::JustFailed
            | ListFault::Late
            | ListFault::Sign(_)
            | ListFault::Store(_)
            | ListFault::Stopped
            | ListFault::TooMany => RefusalKind::Unavailable { retry_after: RETRY_AFTER },
        };
        told(kind, error.to_string(), None)
    }
}

fn told(kind: RefusalKind, message: String, decision_id: Option<String>) -> Refused {
    // It may repeat what the client sent.
    let message = policy_runtime::printable(message, LONGEST);
    Refused { kind, message, public_message: None, reasons: Vec::new(), decision_id }
}

/// Octets of a message at most.
const LONGEST: usize = 1 << 10;

/// The module chose its words; our prefix, in `message`, is for the log.
fn told_by_policy(kind: RefusalKind, message: String, stop: Stop, decision_id: String) -> Refused {
    match stop {
        Stop::Refused { policy, denial } => {
            tracing::debug!(%policy, decision = decision_id, details = ?denial.details, "refused");
            let Denial { message, public_message, reasons, .. } = denial;
            let reasons = reasons.into_iter().map(reason).collect();
            Refused { kind, message, public_message, reasons, decision_id: Some(decision_id) }
        }
        Stop::Names(_) | Stop::Validity(_) | Stop::Fault { .. } => told(kind, message, Some(decision_id)),
    }
}

fn kind(error: &IssueError) -> RefusalKind {
    if error.is_passing() {
        return RefusalKind::Unavailable { retry_after: RETRY_AFTER };
    }
    match error {
        IssueError::OutOfRange(_) | IssueError::Request(_) => RefusalKind::BadRequest,
        IssueError::Credential(CredentialError::Missing) => RefusalKind::BadRequest,
        IssueError::Certificate(CertificateError::Recalled { .. }) => RefusalKind::Forbidden,
        IssueError::Store(StoreError::PreviousRecalled { .. } | StoreError::TooManyRenewals) => RefusalKind::Forbidden,
        IssueError::Credential(_) | IssueError::Certificate(_) | IssueError::Renewal(_) => RefusalKind::Unauthorized,
        IssueError::RenewalToken(_) => RefusalKind::Unauthorized,
        IssueError::Policy(Stop::Refused { denial, .. }) => denied(denial.kind),
        IssueError::Policy(Stop::Names(_) | Stop::Validity(_)) => RefusalKind::Forbidden,
        IssueError::Policy(Stop::Fault { .. }) | IssueError::Edit(_) | IssueError::Sign(_) => RefusalKind::Fault,
        IssueError::Busy(_) | IssueError::Clock(_) => RefusalKind::Fault,
        IssueError::Draft(error) => drafted(error),
        IssueError::Store(StoreError::TokenSpent | StoreError::TokenForgotten { .. } | StoreError::PreviousRevoked) => {
            RefusalKind::Unauthorized
        }
        IssueError::Store(StoreError::KeyCompromised) => RefusalKind::Forbidden,
        IssueError::Store(_) => RefusalKind::Fault,
    }
}

fn kind_of_revocation(error: &RevokeError) -> RefusalKind {
    use RevokeError as E;
    if error.is_passing() {
        return RefusalKind::Unavailable { retry_after: RETRY_AFTER };
    }
    match error {
        E::Credential(CredentialError::Missing) => RefusalKind::BadRequest,
        E::Credential(_) | E::Certificate(_) => RefusalKind::Unauthorized,
        E::OtherSerialNumber { .. } | E::OtherProvisioner { .. } => RefusalKind::Forbidden,
        E::NotOnRecord { .. } => RefusalKind::NotFound,
        E::Policy(Stop::Refused { denial, .. }) => denied(denial.kind),
        E::Policy(Stop::Names(_) | Stop::Validity(_)) => RefusalKind::Forbidden,
        E::Policy(Stop::Fault { .. }) | E::Clock(_) => RefusalKind::Fault,
        E::Store(StoreError::AlreadyRevoked) => RefusalKind::BadRequest,
        E::Store(StoreError::TokenSpent | StoreError::TokenForgotten { .. }) => RefusalKind::Unauthorized,
        E::Store(_) => RefusalKind::Fault,
    }
}

fn drafted(error: &DraftError) -> RefusalKind {
    use DraftError as E;
    match error {
        E::Grant(_) | E::TooManyNames { .. } | E::KeyInUse => RefusalKind::Forbidden,
        E::Key(_) | E::PreviousIsCa | E::SubjectAltName(_) | E::Extension(_) => RefusalKind::Unauthorized,
        E::Expired { .. } | E::Validity(_) => RefusalKind::BadRequest,
        // Whatever a module made of the draft, the core let it through until now.
        E::NoValidity | E::Names | E::KeyUsage { .. } | E::ExtKeyUsage | E::Ca => RefusalKind::Fault,
        E::Provisioner | E::Provenance => RefusalKind::Fault,
    }
}

fn denied(kind: DenialKind) -> RefusalKind {
    match kind {
        DenialKind::BadRequest => RefusalKind::BadRequest,
        DenialKind::Unauthorized => RefusalKind::Unauthorized,
        DenialKind::Forbidden => RefusalKind::Forbidden,
        DenialKind::NotFound => RefusalKind::NotFound,
        DenialKind::TooManyRequests => RefusalKind::TooManyRequests,
        DenialKind::Pending => RefusalKind::Pending,
        DenialKind::NotImplemented => RefusalKind::NotImplemented,
    }
}

fn recalled(module: &Digest) -> Reason {
    Reason {
        rule: RECALL_RULE.to_owned(),
        message: format!("the policy module with SHA-256 {module} was recalled"),
        ..Reason::default()
    }
}

fn reason(reason: types::Reason) -> Reason {
    let types::Reason { rule, message, field, got, want, hint } = reason;
    Reason { rule, message, field, got, want, hint }
}

/// Until a store that recovers, or a queue of policy calls, is worth another try.
const RETRY_AFTER: Duration = Duration::from_secs(5);
