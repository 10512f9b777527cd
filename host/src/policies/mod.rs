//! The policies of one configuration: which module speaks for which token, and which checks look at a draft.
//!
//! This is the one place where our words become the contract's and come back. What comes back is a stranger's answer:
//! it is parsed again, and whatever cannot be right is a fault.

mod checks;
mod load;
mod modules;
mod notes;
mod overview;
mod releases;
mod review;
mod route;
mod words;

pub use checks::Checks;
pub use load::{PolicyProblem, Surroundings};
pub use notes::Notes;
pub use review::Reviewed;

use crate::{
    call::{Call, Requested},
    credential::Token,
    metrics::PolicyMeter,
    store::ModuleRecord,
    witness::{Say, Witness},
};
use authority::{
    Certificate, CertificationRequest, EditError, Grant, ProvisionerExtension, RevocationReason, SerialNumber,
    Timestamp, names::NameError,
};
use checks::{BoundCheck, CheckSet};
use policy_runtime::{
    Answer, Fault, Trace,
    contract::{
        provisioner::{RenewRequest, ReplayMode, RevokeRequest, SignRequest},
        types::{Denial, Identity, Operation},
    },
};
use route::Routes;
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use thiserror::Error;

/// Every provisioner with its module and its checks, ready to be asked.
pub struct Policies {
    provisioners: Vec<Provisioner>,
    /// Those whose module cannot be used.
    broken: Vec<Broken>,
    failures: Vec<PolicyProblem>,
    routes: Routes,
    /// What looks at certificates of no provisioner: the CA's own, and those of a CA that did not name one.
    own_checks: CheckSet,
    /// Versions of the modules somebody vouches for, and that work.
    releases: Vec<releases::Release>,
    /// Every module as it was loaded, until somebody keeps them.
    loaded: Mutex<Vec<ModuleRecord>>,
}

impl Policies {
    /// Gives away every module as it was loaded, for whoever keeps them; the second time there are none.
    pub fn take_loaded(&self) -> Vec<ModuleRecord> {
        std::mem::take(&mut *self.loaded.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The provisioner that `token` names. The token is not verified by this.
    pub fn of_token(&self, token: &Token<'_>) -> Option<&Provisioner> {
        self.provisioners.get(self.routes.find(token)?)
    }

    /// The provisioner that issued a certificate, as its extension names it: by name and credential, or by name alone
    /// when one provisioner of that type has it, whose key was changed since. Nobody, when that could as well be one
    /// whose module cannot be used: its rules are not another's.
    pub fn of_certificate(&self, extension: &ProvisionerExtension) -> Option<&Provisioner> {
        let has_credential = |provisioner: &&Provisioner| {
            provisioner.credential_id.as_deref().is_some_and(|id| id.as_bytes() == extension.credential_id)
        };
        let named = || self.provisioners.iter().filter(|provisioner| provisioner.name == extension.name);
        let only = || {
            let mut named = named();
            let is_broken = self.broken.iter().any(|broken| broken.provisioner == extension.name);
            named.next().filter(|one| !is_broken && named.next().is_none() && one.kind == extension.kind)
        };
        named().find(has_credential).or_else(only)
    }

    /// For how long after its end a certificate may still be renewed, by the claims of its provisioner.
    pub fn renewal_grace(&self, certificate: &Certificate) -> Duration {
        let extension = certificate.provisioner_extension().ok().flatten();
        let provisioner = extension.and_then(|extension| self.of_certificate(&extension));
        provisioner.map_or(Duration::ZERO, |provisioner| provisioner.renewal_grace)
    }

    /// The modules that cannot be used, none of which everybody needs.
    pub fn failures(&self) -> &[PolicyProblem] {
        &self.failures
    }

    /// Why nobody answers for the provisioner of this name, when that is because its module cannot be used.
    pub fn broken(&self, provisioner: &str) -> Option<Stop> {
        let broken = self.broken.iter().find(|broken| broken.provisioner == provisioner)?;
        Some(Stop::Fault { policy: broken.policy.clone(), fault: PolicyFault::NotLoaded })
    }

    /// Whether a provisioner has this name, be its module of use or not.
    pub fn has_name(&self, name: &str) -> bool {
        self.provisioners.iter().any(|provisioner| provisioner.name == name)
            || self.broken.iter().any(|broken| broken.provisioner == name)
    }

    /// The checks of certificates that have no provisioner.
    pub fn own_checks(&self) -> Checks<'_> {
        Checks::of(&self.own_checks)
    }
}

/// A provisioner whose module cannot be used.
struct Broken {
    provisioner: String,
    policy: Arc<str>,
}

/// One provisioner: its module, initialised with its configuration, and the checks its certificates meet.
pub struct Provisioner {
    name: String,
    /// The object in `ca.json`.
    place: String,
    /// A check that cannot be used: nothing is certified without its word.
    missing: Option<Arc<str>>,
    /// The number of its type in the provisioner extension.
    kind: i64,
    credential_id: Option<String>,
    replay: ReplayMode,
    module: policy_runtime::Provisioner,
    policy: Arc<str>,
    meter: PolicyMeter,
    /// Whether `ca.json` lets the module leave names open.
    unrestricted_names: bool,
    renewal_grace: Duration,
    checks: CheckSet,
}

impl Provisioner {
    /// Its name in `ca.json`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What tells it from every other: several may share a name, with different keys.
    pub fn identity(&self) -> String {
        format!("{}\0{}", self.name, self.credential_id.as_deref().unwrap_or_default())
    }

    /// The checks its certificates meet.
    pub fn checks(&self) -> Checks<'_> {
        Checks::of(&self.checks)
    }

    /// Name and SHA-256 digest of its module.
    pub fn digest(&self) -> (&str, [u8; 32]) {
        (&self.policy, self.module.module().digest())
    }

    /// Asks the module whether `token` is good, and for what.
    pub async fn authorize_sign(
        &self,
        call: &Call,
        token: &Token<'_>,
        request: &CertificationRequest,
        requested: Requested,
        template_data: Option<String>,
    ) -> Result<Authorized, Stop> {
        self.is_complete()?;
        let question = SignRequest {
            context: words::context(call, Operation::Sign, None),
            token: token.text().to_owned(),
            csr: words::csr(request),
            validity: words::requested(requested),
            template_data,
        };
        let replaying = self.replaying(call);
        let module = replaying.as_ref().unwrap_or(&self.module);
        let grant = self.heed(call, "authorize-sign", module.authorize_sign(&question).await)?;
        let spend = match (self.replay, &grant.single_use) {
            (ReplayMode::Reusable, _) => None,
            (ReplayMode::Jwt, _) => Some(token.jwt_use().ok_or_else(|| self.fault(PolicyFault::NoReplayId))?),
            (ReplayMode::Custom, None) => return Err(self.fault(PolicyFault::NoReplayId)),
            (ReplayMode::Custom, Some(single)) => {
                Some(words::credential_use(single).ok_or_else(|| self.fault(PolicyFault::BadReplayId))?)
            }
        };
        let identity = grant.identity.clone();
        let bounds = words::bounds(&grant.validity);
        let grant = words::grant(grant, self).map_err(|error| match error {
            words::GrantError::Names(error) => Stop::Names(error),
            words::GrantError::Fault(fault) => self.fault(fault),
        })?;
        Ok(Authorized { identity, grant, bounds, spend })
    }

    /// Asks the module whether `certificate` may be renewed.
    pub async fn authorize_renew(
        &self,
        call: &Call,
        operation: Operation,
        certificate: &Certificate,
        history: History,
    ) -> Result<Identity, Stop> {
        self.is_complete()?;
        let question = RenewRequest {
            context: words::context(call, operation, Some(certificate)),
            certificate: words::certificate(certificate),
            first_issued: history.first_issued.map(Timestamp::as_unix),
            renewals: history.renewals,
        };
        let replaying = self.replaying(call);
        let module = replaying.as_ref().unwrap_or(&self.module);
        self.heed(call, "authorize-renew", module.authorize_renew(&question).await)
    }

    /// Asks the module whether `token` is good for a revocation. Who it speaks of, and what is spent: nothing for a
    /// module that recognises its credentials by itself, since a revocation has no second time.
    pub async fn authorize_revoke(
        &self,
        call: &Call,
        token: &Token<'_>,
        serial_number: &SerialNumber,
        reason: RevocationReason,
        reason_text: &str,
    ) -> Result<(Identity, Option<CredentialUse>), Stop> {
        let question = RevokeRequest {
            context: words::context(call, Operation::Revoke, None),
            token: token.text().to_owned(),
            serial_number: serial_number.to_string(),
            reason_code: reason.code(),
            reason: reason_text.to_owned(),
        };
        let replaying = self.replaying(call);
        let module = replaying.as_ref().unwrap_or(&self.module);
        let identity = self.heed(call, "authorize-revoke", module.authorize_revoke(&question).await)?;
        let spend = match self.replay {
            ReplayMode::Reusable | ReplayMode::Custom => None,
            ReplayMode::Jwt => Some(token.jwt_use().ok_or_else(|| self.fault(PolicyFault::NoReplayId))?),
        };
        Ok((identity, spend))
    }

    /// The module as it is asked again: the world answers what it answered when this was decided before.
    fn replaying(&self, call: &Call) -> Option<policy_runtime::Provisioner> {
        call.witness.recall(&self.policy).map(|transcript| self.module.replaying(transcript))
    }

    fn is_complete(&self) -> Result<(), Stop> {
        match &self.missing {
            None => Ok(()),
            Some(policy) => Err(Stop::Fault { policy: policy.clone(), fault: PolicyFault::NotLoaded }),
        }
    }

    fn heed<T: Say>(&self, call: &Call, function: &'static str, answer: Result<Answer<T>, Fault>) -> Result<T, Stop> {
        heed(&self.policy, &self.meter, &call.witness, function, answer)
    }

    fn fault(&self, fault: PolicyFault) -> Stop {
        Stop::Fault { policy: self.policy.clone(), fault }
    }
}

/// What the checks are told about a draft besides the draft.
#[derive(Debug)]
pub struct Question<'a> {
    /// What the client is trying to do.
    pub operation: Operation,
    /// Who the provisioner says it is.
    pub identity: Identity,
    /// The validity it asked for.
    pub requested: Requested,
    /// Bounds that come from the credential.
    pub bounds: Bounds,
    /// Its request, when there is one.
    pub request: Option<&'a CertificationRequest>,
    /// The certificate to be renewed, when there is one.
    pub previous: Option<&'a Certificate>,
}

/// Keeps the answer and the refusal of a module apart from its failure, and writes down what it cost.
fn heed<T: Say>(
    policy: &Arc<str>,
    meter: &PolicyMeter,
    witness: &Witness,
    function: &'static str,
    answer: Result<Answer<T>, Fault>,
) -> Result<T, Stop> {
    match answer {
        Ok(Answer { value, trace }) => {
            report(policy, &trace);
            meter.answered(value.is_ok(), &trace);
            witness.answered(policy, function, &value, trace);
            value.map_err(|denial| Stop::Refused { policy: policy.clone(), denial })
        }
        Err(fault) => {
            meter.failed(&fault);
            witness.failed(policy, function, &fault);
            Err(Stop::Fault { policy: policy.clone(), fault: PolicyFault::Runtime(fault) })
        }
    }
}

/// What the policy itself had to say is in the log already, written while it said it.
fn report(policy: &str, trace: &Trace) {
    tracing::debug!(policy, fuel = trace.fuel, elapsed = ?trace.elapsed, host_calls = trace.host_calls, "policy answered");
}

/// A positive answer of a provisioner's module, in our words.
#[derive(Debug)]
pub struct Authorized {
    /// Who the client is.
    pub identity: Identity,
    /// What the core enforces.
    pub grant: Grant,
    /// What the checks are told.
    pub bounds: Bounds,
    /// What is spent when the certificate is recorded; nothing when the credential may be used again.
    pub spend: Option<CredentialUse>,
}

/// Bounds of the validity that come from the credential.
#[derive(Clone, Copy, Debug, Default)]
pub struct Bounds {
    /// How long the certificate is valid when the client asks for no end, in nanoseconds.
    pub default_duration: Option<i64>,
    /// Not valid before.
    pub not_before: Option<Timestamp>,
    /// Not valid after.
    pub not_after: Option<Timestamp>,
}

/// The single use of a credential.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CredentialUse {
    /// Unique within the provisioner; at most 256 octets.
    pub id: String,
    /// From when on the credential is refused anyway.
    pub expires: Timestamp,
}

/// What the records say about a certificate that is to be renewed.
#[derive(Clone, Copy, Debug, Default)]
pub struct History {
    /// When its names were first certified.
    pub first_issued: Option<Timestamp>,
    /// How often it was renewed already.
    pub renewals: u32,
}

/// Why a policy ended the road.
#[derive(Debug, Error)]
pub enum Stop {
    /// The policy says no.
    #[error("{policy}: {}", denial.message)]
    Refused {
        /// Its name in `ca.json`.
        policy: Arc<str>,
        /// Its reasons.
        denial: Denial,
    },
    /// The credential is good but names something that cannot be certified.
    #[error("the credential names what cannot be certified: {0}")]
    Names(NameError),
    /// What the client asks for lies outside of the life of the CA.
    #[error("sign: {0}")]
    Validity(EditError),
    /// The policy failed.
    #[error("{policy}: {fault}")]
    Fault {
        /// Its name in `ca.json`.
        policy: Arc<str>,
        /// How.
        fault: PolicyFault,
    },
}

impl Stop {
    /// The first rule that a policy says was broken.
    pub fn rule(&self) -> Option<&str> {
        match self {
            Self::Refused { denial, .. } => denial.reasons.first().map(|reason| reason.rule.as_str()),
            _ => None,
        }
    }
}

/// How a policy failed to give an answer that can be used. Nothing is signed.
#[derive(Debug, Error)]
pub enum PolicyFault {
    /// It gave none.
    #[error(transparent)]
    Runtime(Fault),
    /// It could not be loaded, or did not work, when the configuration was read; the log of that moment says why.
    #[error("it could not be loaded when the configuration was read; see the log of the start, or `step-ca check`")]
    NotLoaded,
    /// It wanted to widen the draft.
    #[error(transparent)]
    Edit(EditError),
    /// It names something that is no object identifier.
    #[error("{0:?} is not an object identifier")]
    BadObjectIdentifier(String),
    /// A digest has the wrong length.
    #[error("csr-sha256 has {0} octets instead of 32")]
    BadDigest(usize),
    /// It adds an extension it was not granted.
    #[error(
        "it adds extension {0}, which ca.json does not grant: list the identifier in its \"grants\": {{\"extensions\": […]}}"
    )]
    UngrantedExtension(String),
    /// It adds an extension that must be understood.
    #[error("it adds extension {0} as critical; only extensions that may be ignored can be added")]
    CriticalExtension(String),
    /// It leaves names open without being granted that.
    #[error("it leaves names open, which ca.json does not grant: \"grants\": {{\"unrestrictedNames\": true}}")]
    UngrantedNames,
    /// The credential has nothing that could be spent.
    #[error("the credential has no identifier that could be spent")]
    NoReplayId,
    /// The identifier of the credential is empty or too long.
    #[error("the identifier of the credential is not of 1 to 256 octets")]
    BadReplayId,
    /// It changed the draft when it was asked again.
    #[error("it changes a draft that the checks after it had settled")]
    Unsettled,
}

/// Nanoseconds as the contract counts them; the longest it knows when `span` is longer.
fn nanos(span: Duration) -> i64 {
    i64::try_from(span.as_nanos()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use std::{
        io::{self, Write},
        sync::Mutex,
    };

    use policy_runtime::{LogLine, contract::LogLevel};
    use tracing::Level;

    use super::*;

    /// A log that can be read.
    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl Write for Written {
        fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(octets)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn what_a_policy_logged_is_not_logged_again_with_its_answer() {
        let line = LogLine { level: LogLevel::Error, message: "the quota is spent".into(), fields: Vec::new() };
        let trace = Trace { host_calls: 7, log: vec![line], ..Trace::default() };
        let written = Written::default();
        let log = written.clone();
        let subscriber =
            tracing_subscriber::fmt().with_max_level(Level::TRACE).with_writer(move || log.clone()).finish();
        tracing::subscriber::with_default(subscriber, || report("corp", &trace));
        let text = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
        assert!(text.contains("policy answered") && text.contains("host_calls"), "{text}");
        assert!(!text.contains("the quota is spent"), "{text}");
    }
}
