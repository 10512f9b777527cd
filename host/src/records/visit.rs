//! A request for what is on record, on its way to a line in the audit log: who has asked, for what, and what came of it.

use std::fmt::Display;

use super::access::{AccessError, NotAnswered};
use crate::{
    audit::{Entry, Operation, Outcome},
    call::Call,
    decision,
    snapshot::Snapshot,
    store::CertificateRecord,
};

/// It ends as an [`Entry`], for which nobody waits; under a flood of them most are counted, as those of refusals are.
pub(super) struct Visit {
    entry: Entry,
    what: String,
}

impl Visit {
    /// Somebody asks for this.
    pub(super) fn new(call: &Call, operation: Operation, what: String) -> Self {
        let (id, request_id) = (decision::fresh_id(), call.request_id.clone());
        let entry = Entry::new(id, call.now, request_id, operation, Outcome::Refused);
        Self { entry: Entry { peer: call.peer, ..entry }, what }
    }

    /// The certificate that was presented is this one.
    pub(super) fn is_by(&mut self, record: &CertificateRecord) {
        self.entry.subject = Some(record.subject.clone());
        self.entry.names.clone_from(&record.names);
        self.entry.provisioner = Some(record.provisioner.clone());
        self.entry.serial_number = Some(record.serial_number);
    }

    /// What it came with, for the line that it becomes.
    pub(super) fn add(&mut self, remark: &impl Display) {
        self.what = format!("{}: {remark}", self.what);
    }

    /// As much as is known of it.
    pub(super) fn entry(&self) -> &Entry {
        &self.entry
    }

    /// Puts on record what came of it.
    pub(super) fn end<T>(self, ca: &Snapshot, result: Result<T, AccessError>) -> Result<T, NotAnswered> {
        let Self { mut entry, what } = self;
        // A path that does not exist has nothing to tell.
        if let Err(error @ AccessError::NotOffered) = result {
            return Err(NotAnswered { decision_id: None, error });
        }
        let decision_id = entry.id.clone();
        (entry.outcome, entry.message) = match &result {
            Ok(_) => (Outcome::Answered, Some(what)),
            Err(error) => {
                let outcome = if error.is_fault() { Outcome::Fault } else { Outcome::Refused };
                (outcome, Some(format!("{what}: {error}")))
            }
        };
        ca.store.record_refusal(entry, None);
        result.map_err(|error| NotAnswered { decision_id: Some(decision_id), error })
    }
}
