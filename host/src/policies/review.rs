//! Many checks, one verdict: what is signed was approved by each of them, to the last bit.

use super::{
    BoundCheck, PolicyFault, Stop,
    notes::Notes,
    words::{self, Change},
};
use crate::witness::Witness;
use authority::{Draft, Edit, EditError};
use policy_runtime::contract::check::Proposal;
use std::sync::Arc;

/// A draft that every check allows, and what they want remembered of it.
#[derive(Debug)]
pub struct Reviewed {
    /// The draft as it left the last check.
    pub draft: Draft,
    /// For the audit record.
    pub notes: Notes,
}

/// Asks `checks` in order, each about the draft as the ones before it left it. When one has changed the draft, those
/// that had seen an older one are asked once more, now without a say in it.
///
/// `proposal` holds everything but the draft; its `draft` member is filled in here.
pub(super) async fn review(
    checks: &[Arc<BoundCheck>],
    draft: Draft,
    proposal: &mut Proposal,
    witness: &Witness,
) -> Result<Reviewed, Stop> {
    let mut reviewed = Reviewed { draft, notes: Notes::default() };
    let operation = proposal.context.operation;
    let asked: Vec<&BoundCheck> =
        checks.iter().map(Arc::as_ref).filter(|check| check.is_asked_about(operation)).collect();

    // How many of them have seen an older draft than the one there is now.
    let mut outdated = 0;
    for (index, check) in asked.iter().enumerate() {
        match reviewed.ask(check, proposal, witness).await? {
            Outcome::Unchanged => {}
            Outcome::Changed => outdated = index,
            Outcome::Bounded => outdated = index + 1,
        }
    }
    for check in asked.iter().take(outdated) {
        if reviewed.ask(check, proposal, witness).await? != Outcome::Unchanged {
            return Err(check.fault(PolicyFault::Unsettled));
        }
    }
    Ok(reviewed)
}

/// A check may not widen, which is its fault; that the CA's own time is over is nobody's.
fn not_applied(check: &BoundCheck, error: EditError) -> Stop {
    match error {
        EditError::NoTimeLeft { .. } => Stop::Validity(error),
        error => check.fault(PolicyFault::Edit(error)),
    }
}

/// What one check did to the draft.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Outcome {
    /// Nothing.
    Unchanged,
    /// It is as the check wants it.
    Changed,
    /// The core cut it further: the check has not seen the result.
    Bounded,
}

impl Outcome {
    fn and(self, later: Self) -> Self {
        match (self, later) {
            (Self::Bounded, _) | (_, Self::Bounded) => Self::Bounded,
            (Self::Changed, _) | (_, Self::Changed) => Self::Changed,
            (Self::Unchanged, Self::Unchanged) => Self::Unchanged,
        }
    }
}

impl Reviewed {
    /// Puts the draft before one check and applies its edits.
    async fn ask(&mut self, check: &BoundCheck, proposal: &mut Proposal, witness: &Witness) -> Result<Outcome, Stop> {
        proposal.draft = words::draft(&self.draft, check.wants_extensions());
        let mut outcome = Outcome::Unchanged;
        for edit in check.review(proposal, witness).await? {
            match words::change(edit, check.may_add()).map_err(|fault| check.fault(fault))? {
                Change::Note(key, value) => self.notes.add(check.name(), &key, value),
                Change::Edit(edit) => {
                    outcome = outcome.and(self.apply(edit).map_err(|error| not_applied(check, error))?);
                }
            }
        }
        Ok(outcome)
    }

    fn apply(&mut self, edit: Edit) -> Result<Outcome, EditError> {
        let draft = &mut self.draft;
        let (validity, key_usage, usages) = (draft.validity(), draft.key_usage(), draft.ext_key_usages().len());
        let changes_always = matches!(edit, Edit::RemoveName(_) | Edit::AddExtension { .. });
        let asked = match &edit {
            Edit::SetValidity(validity) => Some(*validity),
            _ => None,
        };
        draft.apply(edit)?;
        Ok(match asked {
            Some(_) if draft.validity() == validity => Outcome::Unchanged,
            Some(asked) if draft.validity() != Some(asked) => Outcome::Bounded,
            Some(_) => Outcome::Changed,
            None if changes_always => Outcome::Changed,
            None if draft.key_usage() != key_usage || draft.ext_key_usages().len() != usages => Outcome::Changed,
            None => Outcome::Unchanged,
        })
    }
}
