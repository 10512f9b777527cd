//! The checks of one provisioner: those whose word counts, and those in shadow beside them.

use std::sync::Arc;

use authority::Draft;
use policy_runtime::{
    Answer, Check,
    contract::{
        check::{self, Inputs, Operations, Proposal},
        types::Operation,
    },
};

use super::{PolicyFault, Question, Reviewed, Stop, heed, review, words};
use crate::{
    audit::Digest,
    call::Call,
    config::Mode,
    metrics::PolicyMeter,
    shadow::{Case, Opinion, Shadows},
    witness::Witness,
};

/// Checks in the order they are asked.
pub(super) struct CheckSet {
    pub(super) checks: Vec<Arc<BoundCheck>>,
    /// Whether a request may find some of them in shadow.
    has_shadows: bool,
    shadows: Arc<Shadows>,
    /// Whose certificates they look at; nothing for those of nobody.
    provisioner: String,
}

impl CheckSet {
    pub(super) fn new(checks: Vec<BoundCheck>, provisioner: &str, shadows: &Arc<Shadows>) -> Self {
        let has_shadows = checks.iter().any(|check| check.mode != Mode::Enforce);
        let checks = checks.into_iter().map(Arc::new).collect();
        Self { checks, has_shadows, shadows: Arc::clone(shadows), provisioner: provisioner.to_owned() }
    }

    /// Asks those in shadow about what the others have approved. Nobody waits for the answer.
    fn watch(&self, beside: Vec<Arc<BoundCheck>>, call: &Call, proposal: &Proposal, draft: &Draft) {
        for check in beside {
            let proposal = Proposal { draft: words::draft(draft, check.wants_extensions()), ..proposal.clone() };
            let case = Case {
                time: call.now,
                request_id: call.request_id.clone(),
                provisioner: self.provisioner.clone(),
                subject: proposal.identity.subject.clone(),
            };
            let (name, digest) = (check.name.clone(), check.check.module().digest());
            self.shadows.watch(name, digest, case, async move { check.opinion(&proposal).await });
        }
    }
}

/// The checks that look at one certificate, in order.
#[derive(Clone, Copy)]
pub struct Checks<'a>(&'a CheckSet);

impl<'a> Checks<'a> {
    pub(super) fn of(set: &'a CheckSet) -> Self {
        Self(set)
    }

    /// Puts `draft` before every check that wants to see this operation.
    pub async fn review(self, call: &Call, draft: Draft, question: Question<'_>) -> Result<Reviewed, Stop> {
        let Self(set) = self;
        let wants = set.checks.iter().fold(Inputs::empty(), |inputs, check| inputs | check.check.descriptor().inputs);
        let operation = question.operation;
        let mut proposal = words::proposal(call, question, wants);
        if !set.has_shadows {
            return review::review(&set.checks, draft, &mut proposal, &call.witness).await;
        }
        let subject = proposal.identity.subject.clone();
        let (enforced, beside): (Vec<_>, Vec<_>) =
            set.checks.iter().cloned().partition(|check| check.is_in_force_for(&subject));
        let reviewed = review::review(&enforced, draft, &mut proposal, &call.witness).await?;
        let beside = beside.into_iter().filter(|check| check.is_asked_about(operation)).collect();
        set.watch(beside, call, &proposal, &reviewed.draft);
        Ok(reviewed)
    }

    /// Name and SHA-256 digest of the module of each check that has a say about this operation and subject, in the
    /// order they are asked.
    pub fn digests(self, operation: Operation, subject: &str) -> impl Iterator<Item = (&'a str, [u8; 32])> {
        let has_say = move |check: &&Arc<BoundCheck>| check.is_asked_about(operation) && check.is_in_force_for(subject);
        let heard = self.0.checks.iter().filter(has_say);
        heard.map(|check| (check.name(), check.check.module().digest()))
    }
}

/// A check with the name `ca.json` gives it and what it was granted.
pub(super) struct BoundCheck {
    pub(super) name: Arc<str>,
    pub(super) check: Check,
    pub(super) meter: PolicyMeter,
    /// When it is asked: what it wants, less what `ca.json` leaves out.
    pub(super) operations: Operations,
    pub(super) extensions: Vec<String>,
    /// Whether its word counts.
    pub(super) mode: Mode,
}

impl BoundCheck {
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn is_asked_about(&self, operation: Operation) -> bool {
        self.operations.contains(match operation {
            Operation::Sign => Operations::SIGN,
            Operation::Renew => Operations::RENEW,
            Operation::Rekey => Operations::REKEY,
            Operation::Finalize => Operations::FINALIZE,
            // There is no draft to look at.
            Operation::Revoke => return false,
        })
    }

    pub(super) fn wants_extensions(&self) -> bool {
        self.check.descriptor().inputs.contains(Inputs::EXTENSIONS)
    }

    /// Object identifiers of the extensions it may add.
    pub(super) fn may_add(&self) -> &[String] {
        &self.extensions
    }

    pub(super) async fn review(&self, proposal: &Proposal, witness: &Witness) -> Result<Vec<check::Edit>, Stop> {
        let answer = match witness.recall(&self.name) {
            None => self.check.review(proposal).await,
            Some(transcript) => self.check.replaying(transcript).review(proposal).await,
        };
        heed(&self.name, &self.meter, witness, "review", answer)
    }

    pub(super) fn fault(&self, fault: PolicyFault) -> Stop {
        Stop::Fault { policy: self.name.clone(), fault }
    }

    /// Whether its word counts for this subject: the same answer every time, and another for another policy.
    fn is_in_force_for(&self, subject: &str) -> bool {
        match self.mode {
            Mode::Enforce => true,
            Mode::Shadow => false,
            Mode::Canary(percent) => bucket(&self.name, subject) < percent,
        }
    }

    /// What it would make of a draft.
    async fn opinion(&self, proposal: &Proposal) -> Opinion {
        match self.check.review(proposal).await {
            Ok(Answer { value: Ok(edits), .. }) => {
                let is_change = |edit: &check::Edit| !matches!(edit, check::Edit::Annotate(_));
                if edits.iter().any(is_change) { Opinion::Change } else { Opinion::Allow }
            }
            Ok(Answer { value: Err(denial), .. }) => Opinion::Deny {
                rule: denial.reasons.into_iter().next().map(|reason| reason.rule).unwrap_or_default(),
                message: denial.message,
            },
            Err(fault) => Opinion::Fault(fault.to_string()),
        }
    }
}

/// Where a subject falls, of a hundred places.
fn bucket(policy: &str, subject: &str) -> u8 {
    let digest = Digest::of_fields(&[b"canary", policy.as_bytes(), subject.as_bytes()]);
    let first = digest.as_bytes().iter().take(8).fold(0_u64, |number, octet| (number << 8) | u64::from(*octet));
    u8::try_from(first % 100).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_canary_is_for_the_same_subjects_every_time_and_for_about_as_many_as_it_says() {
        let sung = |percent| (0..10_000).filter(|number| bucket("corp", &format!("host-{number}")) < percent).count();
        assert!((800..1_200).contains(&sung(10)), "{}", sung(10));
        assert!((4_700..5_300).contains(&sung(50)), "{}", sung(50));
        assert_eq!(bucket("corp", "web.example"), bucket("corp", "web.example"));
        let differing = (0..100).filter(|number| bucket("a", &number.to_string()) != bucket("b", &number.to_string()));
        assert!(differing.count() > 50);
    }
}
