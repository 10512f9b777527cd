//! The road of one issuance, from a knock at the door to a certificate on record.
//!
//! ```text
//!  knock ──► authorize ──► draft ──► review ──► sign ──► record ──► Issued
//!             policy        core    policies    core     store
//! ```
//!
//! Order lives in types: a [`Draft`](authority::Draft) becomes [`Approved`](authority::Approved), then [`Signed`], then
//! [`Issued`], each made from the one before it, which is moved away. Only an [`Issued`] certificate can be encoded as
//! an answer, and only a receipt of the store makes one. A road that ends early leaves the token unspent.

use crate::{
    admission::{Admission, Knock, OwnRequest},
    audit::Module,
    call::{Call, OutOfRange},
    credential::{CertificateError, CredentialError},
    decision::{Decision, Ending},
    metrics::{Phase, Reason, Stopwatch},
    policies::{PolicyFault, Stop},
    renewal_token::RenewalTokenError,
    replay, signing,
    snapshot::Snapshot,
    store::{Recorded, StoreError},
    timekeeping::ClockBehind,
    turns::SignerBusy,
};
use authority::{Approved, DraftError, EditError, RequestError, SerialNumber, SignError, Signed};
use policy_runtime::Fault;
use thiserror::Error;

/// Issues one certificate, or says why not. Either way the decision is on record.
///
/// # Errors
/// A bad request, a credential that is not good, a refusal of a policy or of the core, or a fault; with the identifier
/// of the decision.
pub async fn issue(ca: &Snapshot, call: &Call, knock: Knock<'_>) -> Result<Issued, NotIssued> {
    // A serial number of 159 random bits that is taken already is drawn once more.
    let mut attempts = 0..2;
    loop {
        attempts.next();
        let mut decision = Decision::new(call, knock.operation());
        let decision_id = decision.id().to_owned();
        let mut watch = ca.meters.begin(knock.operation());
        let is_asked = knock.is_asked();
        match walk(ca, call, knock, &mut decision, &mut watch).await {
            Ok(issued) => {
                if is_asked {
                    watch.granted(decision.provisioner_name());
                }
                return Ok(issued);
            }
            Err(IssueError::Store(StoreError::SerialTaken)) if !attempts.is_empty() => {}
            Err(error) => {
                if is_asked {
                    watch.denied(decision.provisioner_name(), error.reason(), error.rule());
                }
                ca.store.record_refusal(decision.refused(&error), replay::of_issuance(ca, call, knock));
                return Err(NotIssued { decision_id, error });
            }
        }
    }
}

/// Signs a certificate for the listener of a CA whose records cannot be written: without one nobody could ask it
/// anything. Every rule of the road holds but the last. There is no record, so this is no [`Issued`], and cannot become
/// an answer.
///
/// # Errors
/// As [`issue`].
pub async fn stopgap(ca: &Snapshot, call: &Call, request: &OwnRequest) -> Result<Signed, NotIssued> {
    let mut decision = Decision::new(call, Knock::Own(request).operation());
    let mut watch = ca.meters.begin(Knock::Own(request).operation());
    // Nor is there an intent: this is the certificate of the CA itself, where nothing can be recorded.
    let signed = match approve_now(ca, call, Knock::Own(request), &mut decision, &mut watch).await {
        Ok((_, approved)) => signing::sign(ca, approved, random_serial_number(), None).await,
        Err(error) => Err(error),
    };
    match signed {
        Ok((signed, _)) => Ok(signed),
        Err(error) => Err(NotIssued { decision_id: decision.id().to_owned(), error }),
    }
}

async fn walk(
    ca: &Snapshot,
    call: &Call,
    knock: Knock<'_>,
    decision: &mut Decision,
    watch: &mut Stopwatch<'_>,
) -> Result<Issued, IssueError> {
    let (admission, approved) = approve_now(ca, call, knock, decision, watch).await?;
    // 4. Sign, in memory. The approval is moved in, so it cannot be used twice. A signer elsewhere may have signed although
    //    nobody hears of it, so that is on record before.
    let serial_number = random_serial_number();
    let intended = signing::intend(ca, &approved, serial_number, decision.provisioner_name(), call.now).await?;
    let (signed, intended) = signing::sign(ca, approved, serial_number, intended).await?;
    watch.passed(Phase::Sign);
    // 5. Spend the credential, take the serial, keep certificate and audit entry: one durable transaction. Only then it
    //    leaves.
    let issuance = admission.issuance(&signed, decision).made_from(replay::of_issuance(ca, call, knock));
    let issuance = issuance.signed_elsewhere(intended.is_some());
    fail::fail_point!("issuance::before_record");
    let receipt = ca.store.record(issuance).await?;
    if let Some(intended) = intended {
        intended.claimed();
    }
    watch.passed(Phase::Record);
    Ok(Issued::new(signed, receipt, decision.take_modules()))
}

/// The road up to the signature, unless the clock was set back.
async fn approve_now<'a>(
    ca: &'a Snapshot,
    call: &Call,
    knock: Knock<'_>,
    decision: &mut Decision,
    watch: &mut Stopwatch<'_>,
) -> Result<(Admission<'a>, Approved), IssueError> {
    // What the CA shows on its listener is worth no more than its clock, and lets clients learn that it is off.
    if !matches!(knock, Knock::Own(_)) {
        ca.timekeeping.check(call.now)?;
    }
    approve(ca, call, knock, decision, watch).await
}

/// What the rules say, without a signature and without a record: for whoever decides again what was decided before.
pub(crate) async fn decide(
    ca: &Snapshot,
    call: &Call,
    knock: Knock<'_>,
    decision: &mut Decision,
) -> Result<Approved, IssueError> {
    let mut watch = ca.meters.begin(knock.operation());
    let (_, approved) = approve(ca, call, knock, decision, &mut watch).await?;
    Ok(approved)
}

/// What everybody who has a say makes of it.
async fn approve<'a>(
    ca: &'a Snapshot,
    call: &Call,
    knock: Knock<'_>,
    decision: &mut Decision,
    watch: &mut Stopwatch<'_>,
) -> Result<(Admission<'a>, Approved), IssueError> {
    fail::fail_point!("issuance::before_admission");
    // 1. Who asks, and what may they ask for? The provisioner's module answers.
    let admission = Admission::of(ca, call, knock, decision).await?;
    watch.passed(Phase::Authorize);
    // 2. What exactly would we sign?
    let mut draft = admission.draft(ca, call.now)?;
    if knock.is_asked() {
        draft.state_provenance(|| decision.provenance());
    }
    watch.passed(Phase::Draft);
    // 3. Do the checks agree? A refusal ends the road here; the core has the last word after them.
    let reviewed = admission.checks(ca).review(call, draft, admission.question()).await?;
    decision.reviewed(&reviewed);
    let approved = reviewed.draft.approve(call.now).map_err(|error| admission.not_drafted(error))?;
    watch.passed(Phase::Review);
    Ok((admission, approved))
}

fn random_serial_number() -> SerialNumber {
    let mut octets = [0; SerialNumber::OCTETS];
    aws_lc_rs::rand::fill(&mut octets).expect("the system's random source answers");
    SerialNumber::from_random(octets)
}

/// A certificate that is on record: the only kind that can become an answer.
#[derive(Debug)]
pub struct Issued {
    signed: Signed,
    receipt: Recorded,
    modules: Vec<Module>,
}

impl Issued {
    fn new(signed: Signed, receipt: Recorded, modules: Vec<Module>) -> Self {
        Self { signed, receipt, modules }
    }

    /// The modules that decided, in the order they were asked.
    pub fn modules(&self) -> &[Module] {
        &self.modules
    }

    /// Gives up the receipt.
    pub fn into_signed(self) -> Signed {
        self.signed
    }

    /// The certificate and those above it.
    pub fn signed(&self) -> &Signed {
        &self.signed
    }

    /// Where the record is.
    pub fn receipt(&self) -> Recorded {
        self.receipt
    }
}

/// A road that ended before its end.
#[derive(Debug, Error)]
#[error("{error}")]
pub struct NotIssued {
    /// Identifies the entry of the audit log.
    pub decision_id: String,
    /// Why.
    pub error: IssueError,
}

/// Why there is no certificate.
#[derive(Debug, Error)]
pub enum IssueError {
    /// A time it asks for is none.
    #[error(transparent)]
    OutOfRange(#[from] OutOfRange),
    /// The certification request is not one, or not one we sign.
    #[error("invalid csr: {0}")]
    Request(#[from] RequestError),
    /// The credential cannot be looked at.
    #[error("authorize: {0}")]
    Credential(#[from] CredentialError),
    /// The token does not renew the certificate in it.
    #[error("renew: {0}")]
    RenewalToken(#[from] RenewalTokenError),
    /// The clock is not to be believed.
    #[error(transparent)]
    Clock(#[from] ClockBehind),
    /// The client certificate is not good.
    #[error("renew: {0}")]
    Certificate(#[from] CertificateError),
    /// A policy said no, or failed.
    #[error(transparent)]
    Policy(#[from] Stop),
    /// The core does not sign this.
    #[error("sign: {0}")]
    Draft(#[from] DraftError),
    /// The core does not issue the certificate of the client any more.
    #[error("renew: {0}")]
    Renewal(DraftError),
    /// The previous validity cannot be set again.
    #[error("renew: {0}")]
    Edit(#[from] EditError),
    /// Signing failed.
    #[error("sign: {0}")]
    Sign(#[from] SignError),
    /// The signer was not asked.
    #[error("sign: {0}")]
    Busy(#[from] SignerBusy),
    /// It was not recorded.
    #[error("record: {0}")]
    Store(#[from] StoreError),
}

impl Ending for IssueError {
    fn is_fault(&self) -> bool {
        match self {
            Self::OutOfRange(_) | Self::Request(_) | Self::Credential(_) | Self::Certificate(_) | Self::Draft(_) => {
                false
            }
            Self::Renewal(_) | Self::RenewalToken(_) => false,
            Self::Policy(Stop::Refused { .. } | Stop::Names(_) | Stop::Validity(_)) => false,
            Self::Policy(Stop::Fault { .. }) | Self::Edit(_) | Self::Sign(_) => true,
            Self::Busy(_) | Self::Clock(_) => true,
            Self::Store(StoreError::TokenSpent | StoreError::TokenForgotten { .. } | StoreError::PreviousRevoked) => {
                false
            }
            Self::Store(StoreError::KeyCompromised | StoreError::PreviousRecalled { .. }) => false,
            Self::Store(StoreError::TooManyRenewals) => false,
            Self::Store(_) => true,
        }
    }

    fn reason(&self) -> Reason {
        match self {
            Self::OutOfRange(_) | Self::Request(_) => Reason::Request,
            Self::Credential(_) | Self::RenewalToken(_) => Reason::Credential,
            Self::Certificate(_) => Reason::Certificate,
            Self::Clock(_) => Reason::Clock,
            Self::Policy(Stop::Refused { .. } | Stop::Names(_) | Stop::Validity(_)) => Reason::Policy,
            Self::Policy(Stop::Fault { .. }) => Reason::PolicyFault,
            Self::Draft(DraftError::KeyInUse) | Self::Store(StoreError::KeyCompromised) => Reason::Key,
            Self::Draft(_) | Self::Renewal(_) | Self::Edit(_) => Reason::Draft,
            Self::Sign(_) | Self::Busy(_) => Reason::Sign,
            Self::Store(StoreError::TokenSpent | StoreError::TokenForgotten { .. }) => Reason::Replay,
            Self::Store(StoreError::PreviousRevoked) => Reason::Revoked,
            Self::Store(StoreError::PreviousRecalled { .. } | StoreError::TooManyRenewals) => Reason::Certificate,
            Self::Store(_) => Reason::Store,
        }
    }

    fn stop(&self) -> Option<&Stop> {
        match self {
            Self::Policy(stop) => Some(stop),
            _ => None,
        }
    }

    fn rule(&self) -> Option<&str> {
        match self {
            Self::Certificate(CertificateError::Recalled { .. }) | Self::Store(StoreError::PreviousRecalled { .. }) => {
                Some(RECALL_RULE)
            }
            Self::Store(StoreError::TooManyRenewals) => Some(RECALL_RULE),
            _ => self.stop().and_then(Stop::rule),
        }
    }
}

/// The rule that is broken by renewing what goes back to a recalled module.
pub(crate) const RECALL_RULE: &str = "recall";

impl IssueError {
    /// Whether the same request may succeed later, without anybody changing anything.
    pub fn is_passing(&self) -> bool {
        matches!(
            self,
            Self::Policy(Stop::Fault { fault: PolicyFault::Runtime(Fault::Busy { .. }), .. })
                | Self::Busy(_)
                | Self::Clock(_)
                | Self::Store(StoreError::Unavailable(_) | StoreError::OutcomeUnknown | StoreError::Damaged(_))
                | Self::Store(StoreError::TooManyIntents)
        )
    }
}
