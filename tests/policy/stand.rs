//! A CA with one policy, and somebody who asks it for a certificate.

use policy_runtime::contract::{check::Edit, types::Denial};
use serde_json::{Value, json};
use step_ca::audit::Outcome;
use step_tests::{Answer, Builder, PROVISIONER, Second, TestCa, fixed};

/// The name of the policy in `ca.json`.
pub(crate) const POLICY: &str = "corp";

/// A CA whose second provisioner has one more check. The first is its neighbour, and has none.
pub(crate) struct Stand {
    pub(crate) ca: TestCa,
    pub(crate) provisioner: Second,
}

impl Stand {
    /// With a check that always gives this answer.
    pub(crate) fn with_answer(answer: &Result<Vec<Edit>, Denial>) -> Self {
        Self::with_check(TestCa::build().module(POLICY, &fixed::check(answer)))
    }

    /// With a check that makes these edits.
    pub(crate) fn with_edits(edits: &[Edit], members: Value) -> Self {
        Self::with_check(TestCa::build().module_with(POLICY, &fixed::check(&Ok(edits.to_vec())), members))
    }

    /// With the check that the builder already has.
    pub(crate) fn with_check(builder: Builder) -> Self {
        let provisioner = Second::new("guarded@example.com");
        let ca = builder.provisioner(guarded(&provisioner, &[POLICY])).start();
        Self { ca, provisioner }
    }

    /// Asks the guarded provisioner for two names.
    #[track_caller]
    pub(crate) fn ask(&self) -> Answer {
        ask(&self.ca, &self.provisioner)
    }

    /// The neighbour still issues.
    #[track_caller]
    pub(crate) fn neighbour_issues(&self) {
        self.ca.issue("neighbour.example");
    }

    /// Asks, and finds out that the policy has failed and that nothing came of it; `why` is what the operator is told,
    /// and the client is not.
    #[track_caller]
    pub(crate) fn fails(mut self, why: &str) {
        let answer = self.ask();
        assert_fault(&answer, why);
        self.neighbour_issues();
        self.ca.stop();
        let records = self.ca.records();
        let entry = records.decision(&answer.problem().decision_id.unwrap()).unwrap();
        assert_eq!(entry.outcome, Outcome::Fault);
        let message = entry.message.as_deref().unwrap_or_default();
        assert!(message.contains(why), "{message}\n  should say\n{why}");
        let issuers: Vec<_> = records.certificates.iter().map(|record| record.provisioner.as_str()).collect();
        assert_eq!(issuers, ["", PROVISIONER], "the listener and the neighbour have certificates, and nobody else");
        assert_eq!(records.spent, 1, "the token of the neighbour");
    }
}

/// The object of a provisioner with checks of its own.
pub(crate) fn guarded(provisioner: &Second, checks: &[&str]) -> Value {
    let mut object = provisioner.object();
    object["policies"] = json!(checks);
    object
}

/// Asks a provisioner for two names.
#[track_caller]
pub(crate) fn ask(ca: &TestCa, provisioner: &Second) -> Answer {
    let token = ca.token_of(provisioner.name, &provisioner.key, "a.example").sans(&["a.example", "b.example"]);
    ca.try_token_for(&token, "a.example", &["a.example", "b.example"])
}

/// The CA has failed, and says no more than that.
#[track_caller]
pub(crate) fn assert_fault(answer: &Answer, why: &str) {
    assert_eq!(answer.status, 500, "{why}: {}", answer.text());
    assert_eq!(answer.message(), "The certificate authority encountered an internal error; its log says which.");
    assert!(answer.problem().reasons.is_empty());
}
