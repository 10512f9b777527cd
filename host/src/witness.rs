//! What is taken down while the policies decide about one request, and what is not asked anew when it is decided again.
//!
//! On the road a witness keeps what the world outside answered: together with the request, configuration and modules
//! that is all a decision depends on. Whoever wants the whole story has it keep what every policy said, too.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use policy_runtime::{
    Fault, Trace, Transcript,
    contract::{
        check::Edit,
        provisioner::SignGrant,
        types::{Denial, Identity},
    },
};
use policy_vectors::answer;
use serde_json::{Value, json};

/// Watches one request.
#[derive(Debug, Default)]
pub struct Witness {
    keeps_everything: bool,
    /// What the world answered then, when it is not to be asked.
    recorded: Option<Vec<Recorded>>,
    asked: Mutex<Vec<Asked>>,
}

/// What the world answered in one call of a policy.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Recorded {
    /// The policy's name in `ca.json`.
    pub policy: Arc<str>,
    /// Which of the calls of this policy, counted from 0.
    pub call: usize,
    /// What was answered.
    pub transcript: Arc<Transcript>,
}

/// One question to a policy, and what came of it.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The policy's name in `ca.json`.
    pub policy: Arc<str>,
    /// The function of the contract.
    pub function: &'static str,
    /// What it said, in the words of vectors: only for the whole story.
    pub said: Option<Value>,
    /// What it cost, logged and was answered; nothing when it failed.
    pub trace: Option<Trace>,
}

impl Witness {
    /// Keeps what every policy says.
    pub fn of_everything() -> Self {
        Self { keeps_everything: true, ..Self::default() }
    }

    /// Answers what the world is asked as it was answered then.
    #[must_use]
    pub fn recalling(self, recorded: Vec<Recorded>) -> Self {
        Self { recorded: Some(recorded), ..self }
    }

    /// What the world is to answer in the next call of this policy; nothing when it is to be asked itself.
    pub(crate) fn recall(&self, policy: &str) -> Option<Arc<Transcript>> {
        let recorded = self.recorded.as_ref()?;
        let call = self.asked().iter().filter(|asked| &*asked.policy == policy).count();
        let found = recorded.iter().find(|recorded| &*recorded.policy == policy && recorded.call == call);
        Some(found.map(|recorded| recorded.transcript.clone()).unwrap_or_default())
    }

    /// A policy has answered.
    pub(crate) fn answered<T: Say>(
        &self,
        policy: &Arc<str>,
        function: &'static str,
        answer: &Result<T, Denial>,
        trace: Trace,
    ) {
        let said = self.keeps_everything.then(|| match answer {
            Ok(answer) => answer.say(),
            Err(denial) => answer::denial(denial),
        });
        self.asked().push(Asked { policy: policy.clone(), function, said, trace: Some(trace) });
    }

    /// A policy has failed.
    pub(crate) fn failed(&self, policy: &Arc<str>, function: &'static str, fault: &Fault) {
        let said = self.keeps_everything.then(|| json!({"fault": fault.to_string()}));
        self.asked().push(Asked { policy: policy.clone(), function, said, trace: None });
    }

    /// What the world answered, call by call; calls that asked nothing are left out.
    pub fn recorded(&self) -> Vec<Recorded> {
        let asked = self.asked();
        let recorded = asked.iter().enumerate().filter_map(|(index, one)| {
            let transcript = &one.trace.as_ref()?.transcript;
            let earlier = asked.iter().take(index).filter(|earlier| earlier.policy == one.policy).count();
            let recorded =
                || Recorded { policy: one.policy.clone(), call: earlier, transcript: transcript.clone().into() };
            (!transcript.is_empty()).then(recorded)
        });
        recorded.collect()
    }

    /// Every question, in order.
    pub fn into_asked(self) -> Vec<Asked> {
        self.asked.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    fn asked(&self) -> MutexGuard<'_, Vec<Asked>> {
        // Guards a list that is whole after every statement.
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An answer that can be shown.
pub(crate) trait Say {
    /// In the words of vectors.
    fn say(&self) -> Value;
}

impl Say for SignGrant {
    fn say(&self) -> Value {
        json!({"grant": answer::grant(self.clone())})
    }
}

impl Say for Identity {
    fn say(&self) -> Value {
        json!({"identity": answer::identity(self.clone())})
    }
}

impl Say for Vec<Edit> {
    fn say(&self) -> Value {
        json!({"edits": self.iter().cloned().map(answer::edit).collect::<Value>()})
    }
}
