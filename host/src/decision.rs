//! What is known about one request so far, on its way to a line in the audit log.

use crate::{
    audit::{Digest, Entry, Module, Operation, Outcome},
    call::Call,
    metrics::Reason,
    policies::{Reviewed, Stop},
};
use authority::{Provenance, SerialNumber};
use policy_runtime::contract::types;

/// A decision in the making. It learns as the road goes on, and ends as an [`Entry`] however the road ends.
#[derive(Debug)]
pub struct Decision {
    entry: Entry,
}

impl Decision {
    /// A request at the door.
    pub fn new(call: &Call, operation: types::Operation) -> Self {
        // Until it is issued nothing is.
        let (id, request_id) = (fresh_id(), call.request_id.clone());
        let entry = Entry::new(id, call.now, request_id, words(operation), Outcome::Refused);
        Self { entry: Entry { peer: call.peer, ..entry } }
    }

    /// The same under the identifier of a decision that is made again.
    pub(crate) fn under(mut self, id: &str) -> Self {
        id.clone_into(&mut self.entry.id);
        self
    }

    /// Identifies the decision; the client is told.
    pub fn id(&self) -> &str {
        &self.entry.id
    }

    /// The provisioner, when it is known.
    pub fn provisioner_name(&self) -> Option<&str> {
        self.entry.provisioner.as_deref()
    }

    /// The provisioner is known, and what will be spent.
    pub fn provisioner(&mut self, name: &str, credential: Option<Digest>) {
        self.entry.provisioner = Some(name.to_owned());
        self.entry.credential = credential;
    }

    /// Modules that have a say, after those that are known to.
    pub fn modules<'a>(&mut self, modules: impl IntoIterator<Item = (&'a str, [u8; 32])>) {
        let module = |(name, digest): (&str, _)| Module { name: name.to_owned(), sha256: Digest::from_bytes(digest) };
        self.entry.modules.extend(modules.into_iter().map(module));
    }

    /// The modules that had a say, when nobody needs the decision to know them any more.
    pub fn take_modules(&mut self) -> Vec<Module> {
        std::mem::take(&mut self.entry.modules)
    }

    /// What a certificate may say about it, once it is known who has a say.
    pub fn provenance(&self) -> Provenance {
        let modules = self.entry.modules.iter().map(|module| *module.sha256.as_bytes()).collect();
        Provenance { decision: self.entry.id.clone(), modules }
    }

    /// Who the client is.
    pub fn subject(&mut self, subject: &str) {
        self.entry.subject = Some(subject.to_owned());
    }

    /// What the certificate is asked to say.
    pub fn names(&mut self, names: impl Iterator<Item = String>) {
        self.entry.names = names.collect();
    }

    /// What the checks made of the draft.
    pub fn reviewed(&mut self, reviewed: &Reviewed) {
        let notes = &reviewed.notes;
        self.entry.edits = notes.iter().map(|(key, value)| format!("{key}={value}")).collect();
        self.entry.left_out = (notes.left_out() > 0).then_some(notes.left_out());
    }

    /// It was signed. The store adds what it knows of the certificate.
    pub fn issued(&self) -> Entry {
        Entry { outcome: Outcome::Issued, ..self.entry.clone() }
    }

    /// The certificate it is about, before it is known whether there is one.
    pub fn about(&mut self, serial_number: SerialNumber) {
        self.entry.serial_number = Some(serial_number);
    }

    /// The certificate is revoked, and `why`.
    pub fn revoked(&self, why: String) -> Entry {
        Entry { outcome: Outcome::Revoked, message: Some(why), ..self.entry.clone() }
    }

    /// It was not done.
    pub fn refused(mut self, ending: &impl Ending) -> Entry {
        self.entry.outcome = if ending.is_fault() { Outcome::Fault } else { Outcome::Refused };
        self.entry.rule = ending.rule().map(ToOwned::to_owned);
        self.entry.message = Some(ending.to_string());
        self.entry
    }
}

/// An error that ends a road.
pub trait Ending: std::error::Error {
    /// Whether it is our failure rather than a refusal.
    fn is_fault(&self) -> bool;

    /// What it is counted under.
    fn reason(&self) -> Reason;

    /// What a policy said or did, when that is the reason.
    fn stop(&self) -> Option<&Stop>;

    /// The first rule that a policy says was broken.
    fn rule(&self) -> Option<&str> {
        self.stop().and_then(Stop::rule)
    }
}

fn words(operation: types::Operation) -> Operation {
    match operation {
        types::Operation::Sign => Operation::Sign,
        types::Operation::Renew => Operation::Renew,
        types::Operation::Rekey => Operation::Rekey,
        types::Operation::Revoke => Operation::Revoke,
        types::Operation::Finalize => Operation::Finalize,
    }
}

/// 80 random bits in hexadecimal.
pub(crate) fn fresh_id() -> String {
    let mut octets = [0; 10];
    aws_lc_rs::rand::fill(&mut octets).expect("the system's random source answers");
    hex::encode(octets)
}
