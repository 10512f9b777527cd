//! A CA with one policy, and somebody who asks it for a certificate.

use policy_runtime::contract::{check::Edit, types::Denial};
use serde_json::{Value, json};
use step_ca::audit::Outcome;
use step_tests::{Answer, Builder, Second, TestCa, fixed};

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
}

/// Many checks in one CA, each with a provisioner of its own. The first provisioner is the neighbour of all.
pub(crate) struct Crowd {
    builder: Builder,
    provisioners: Vec<Second>,
}

impl Crowd {
    /// Nobody yet.
    pub(crate) fn new() -> Self {
        Self { builder: TestCa::build(), provisioners: Vec::new() }
    }

    /// What time it will be.
    pub(crate) fn now(&self) -> i64 {
        self.builder.now().as_unix()
    }

    /// One more check, with this answer and more members of its entry in `policies`.
    #[must_use]
    pub(crate) fn with(self, answer: &Result<Vec<Edit>, Denial>, members: Value) -> Self {
        let Self { builder, mut provisioners } = self;
        let provisioner = Second::new("guarded@example.com");
        let name = format!("{POLICY}{}", provisioners.len());
        let object = guarded(&provisioner, &[&name]);
        provisioners.push(provisioner);
        let builder = builder.module_with(&name, &fixed::check(answer), members).provisioner(object);
        Self { builder, provisioners }
    }

    /// The CA, and the provisioners in the order of their checks.
    #[track_caller]
    pub(crate) fn start(self) -> (TestCa, Vec<Second>) {
        (self.builder.start(), self.provisioners)
    }

    /// Asks each, and finds out that its check has failed and that nothing came of it; `reasons` is what the operator
    /// is told, and the client is not.
    #[track_caller]
    pub(crate) fn all_fail(self, reasons: &[&str]) {
        let (mut ca, provisioners) = self.start();
        assert_eq!(provisioners.len(), reasons.len());
        let mut decisions = Vec::new();
        for (provisioner, reason) in provisioners.iter().zip(reasons) {
            let answer = ask(&ca, provisioner);
            assert_fault(&answer, reason);
            decisions.push((answer.problem().decision_id.unwrap(), reason));
            ca.issue("neighbour.example");
        }
        ca.stop();
        let records = ca.records();
        for (decision, reason) in decisions {
            let entry = records.decision(&decision).unwrap();
            assert_eq!(entry.outcome, Outcome::Fault);
            let message = entry.message.as_deref().unwrap_or_default();
            assert!(message.contains(reason), "{message}\n  should say\n{reason}");
        }
        let theirs = records.certificates.iter().filter(|record| record.provisioner == "guarded@example.com");
        assert_eq!(theirs.count(), 0, "the listener and the neighbour have certificates, and nobody else");
        assert_eq!(records.spent, i64::try_from(reasons.len()).unwrap(), "the tokens of the neighbour");
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
