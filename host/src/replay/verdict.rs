//! What rules say about a request, then and now.

use serde::Serialize;

use crate::{
    audit::{Entry, Outcome},
    decision::Ending,
};

/// What the rules say: the policies, and the core after them. What the store said later is not part of it.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(tag = "verdict", rename_all = "lowercase")]
pub enum Verdict {
    /// It may be done.
    Allow,
    /// It may not.
    Deny {
        /// The rule of a policy, when one decided.
        #[serde(skip_serializing_if = "Option::is_none")]
        rule: Option<String>,
        /// Why.
        message: String,
    },
    /// A policy or the CA failed: nothing is done either.
    Fault {
        /// How.
        message: String,
    },
    /// What was kept does not say how it would come out.
    Unknown {
        /// What is missing.
        message: String,
    },
}

impl Verdict {
    /// What the log says about it.
    pub(super) fn of_entry(entry: &Entry) -> Self {
        let message = entry.message.clone().unwrap_or_default();
        match entry.outcome {
            Outcome::Accepted | Outcome::Answered | Outcome::Issued | Outcome::Revoked => Self::Allow,
            // The rules were through with it: the credential was spent before, or the disk failed.
            Outcome::Refused | Outcome::Fault if message.starts_with(BY_THE_STORE) => Self::Allow,
            Outcome::Refused => Self::Deny { rule: entry.rule.clone(), message },
            Outcome::Fault => Self::Fault { message },
        }
    }

    pub(super) fn of_ending(ending: &impl Ending) -> Self {
        let message = ending.to_string();
        match ending.is_fault() {
            _ if message.contains(NOT_RECORDED) => Self::Unknown { message },
            true => Self::Fault { message },
            false => Self::Deny { rule: ending.rule().map(str::to_owned), message },
        }
    }

    /// Whether it may be done.
    pub fn is_allow(&self) -> bool {
        *self == Self::Allow
    }
}

/// How an entry begins when the rules had nothing against it, but the store had.
const BY_THE_STORE: &str = "record: ";

/// What the policy host says when it is asked for an answer that was not recorded.
const NOT_RECORDED: &str = "left the path of its transcript";

/// How a decision would come out differently.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// What was done would not be.
    AllowToDeny,
    /// What was not done would be.
    DenyToAllow,
    /// Nothing.
    Same,
    /// Nobody can tell.
    Unknown,
}

impl Change {
    /// From one verdict to another. A fault lets nothing through either.
    pub fn between(before: &Verdict, after: &Verdict) -> Self {
        match (before, after) {
            (Verdict::Unknown { .. }, _) | (_, Verdict::Unknown { .. }) => Self::Unknown,
            (before, after) if before.is_allow() == after.is_allow() => Self::Same,
            (Verdict::Allow, _) => Self::AllowToDeny,
            _ => Self::DenyToAllow,
        }
    }
}

#[cfg(test)]
mod tests {
    use authority::Timestamp;

    use super::*;
    use crate::audit::Operation;

    fn entry(outcome: Outcome, message: &str) -> Entry {
        let entry = Entry::new("d".into(), Timestamp::from_unix(0), "r".into(), Operation::Sign, outcome);
        Entry { message: Some(message.to_owned()), ..entry }
    }

    #[test]
    fn a_token_that_was_spent_says_nothing_about_the_rules() {
        let spent = entry(Outcome::Refused, "record: the credential was used already");
        assert_eq!(Verdict::of_entry(&spent), Verdict::Allow);
        let refused = entry(Outcome::Refused, "corp: no");
        assert_eq!(Verdict::of_entry(&refused), Verdict::Deny { rule: None, message: "corp: no".into() });
    }

    #[test]
    fn a_fault_lets_nothing_through() {
        let fault = Verdict::Fault { message: String::new() };
        let deny = Verdict::Deny { rule: None, message: String::new() };
        let unknown = Verdict::Unknown { message: String::new() };
        assert_eq!(Change::between(&Verdict::Allow, &fault), Change::AllowToDeny);
        assert_eq!(Change::between(&fault, &deny), Change::Same);
        assert_eq!(Change::between(&deny, &Verdict::Allow), Change::DenyToAllow);
        assert_eq!(Change::between(&unknown, &Verdict::Allow), Change::Unknown);
    }
}
