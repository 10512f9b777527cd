//! Somebody with the command, and a CA to use it with.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use authority::Certificate;
use step_tests::{Outcome, PROVISIONER_PASSWORD, TestCa, User};

/// A CA that the tests of this suite share. The command goes by the system's clock, and so does this CA.
pub(crate) fn shared_ca() -> Arc<TestCa> {
    static SHARED: Mutex<Weak<TestCa>> = Mutex::new(Weak::new());
    let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    shared.upgrade().unwrap_or_else(|| {
        let mut ca = TestCa::build().system_clock().start();
        ca.let_others_in();
        let ca = Arc::new(ca);
        *shared = Arc::downgrade(&ca);
        ca
    })
}

/// A user and the CA they use.
pub(crate) struct Visitor {
    pub(crate) ca: Arc<TestCa>,
    pub(crate) user: User,
}

impl Visitor {
    /// Somebody who knows the address of the CA and the fingerprint of its root.
    pub(crate) fn stranger() -> Self {
        let (ca, user) = (shared_ca(), User::new());
        user.write("password", format!("{PROVISIONER_PASSWORD}\n"));
        Self { ca, user }
    }

    /// Somebody who has bootstrapped.
    pub(crate) fn new() -> Self {
        let visitor = Self::stranger();
        visitor.step("ca bootstrap --ca-url {url} --fingerprint {fingerprint}").answer();
        visitor
    }

    /// Runs a line in which `{url}` and `{fingerprint}` are the CA's and `{}` is the user's folder.
    pub(crate) fn step(&self, line: &str) -> Outcome {
        self.user.step(&self.fill_in(line))
    }

    /// Runs a line and answers what it asks.
    pub(crate) fn step_and_answer(&self, line: &str, answers: &[&str]) -> Outcome {
        self.user.step_and_answer(&self.fill_in(line), answers)
    }

    pub(crate) fn fill_in(&self, line: &str) -> String {
        line.replace("{url}", &self.ca.url()).replace("{fingerprint}", &self.ca.pki().fingerprint())
    }

    /// The certificates of a file in the user's folder, which the CA has on record.
    #[track_caller]
    pub(crate) fn chain(&self, file: &str) -> Vec<Certificate> {
        let chain = Certificate::chain_from_pem(&self.user.read(file)).unwrap();
        assert!(self.ca.records().has(&chain[0]), "{file} is on record");
        assert_eq!(chain[1..], [self.ca.pki().intermediate.clone()]);
        chain
    }
}
