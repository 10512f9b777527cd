//! A CA that is asked thousands of questions without a socket between.

use std::{
    env, panic,
    sync::{
        Arc, Mutex, PoisonError, Weak,
        atomic::{AtomicUsize, Ordering},
    },
};

use api_types::RequestedTime;
use proptest::prelude::ProptestConfig;
use serde_json::Value;
use step_ca::routes::{RefusalKind, Refused, RequestId, Service, SignCall};
use step_tests::{Csr, TestCa};

/// The CA all properties share, and one request to send with tokens.
pub(crate) struct Door {
    pub(crate) ca: TestCa,
    pub(crate) csr: Csr,
    /// Certificates that were issued without a client of the harness.
    issued: AtomicUsize,
}

/// How a question that never touched a socket was answered.
#[derive(Debug)]
pub(crate) enum Reply {
    /// A certificate, in PEM.
    Issued(String),
    /// A refusal.
    Refused(RefusalKind),
}

impl Door {
    pub(crate) fn shared() -> Arc<Self> {
        static SHARED: Mutex<Weak<Door>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        shared.upgrade().unwrap_or_else(|| {
            let door = Arc::new(Self::new(TestCa::start()));
            *shared = Arc::downgrade(&door);
            door
        })
    }

    pub(crate) fn new(mut ca: TestCa) -> Self {
        ca.let_others_in();
        Self { ca, csr: Csr::of("web.example.com"), issued: AtomicUsize::new(0) }
    }

    /// Knocks with a token and a request. A panic on the way is a failure of the test, and so is a failure of the CA.
    pub(crate) fn knock(&self, csr: &str, token: &str) -> Reply {
        self.knock_at(csr, token, RequestedTime::Unset, RequestedTime::Unset)
    }

    /// Knocks with the usual request, for a certificate with this validity.
    pub(crate) fn knock_for(&self, token: &str, not_before: RequestedTime, not_after: RequestedTime) -> Reply {
        self.knock_at(&self.csr.pem, token, not_before, not_after)
    }

    fn knock_at(&self, csr: &str, token: &str, not_before: RequestedTime, not_after: RequestedTime) -> Reply {
        let call = SignCall {
            csr: csr.to_owned(),
            token: token.to_owned(),
            not_before,
            not_after,
            template_data: None,
            request_id: RequestId::fresh(),
            peer: None,
        };
        let answer = self.ca.block_on(async { self.ca.app().sign(call).await });
        match answer {
            Ok(chain) => {
                self.count(1);
                Reply::Issued(chain.leaf)
            }
            Err(Refused { kind, message, .. }) => {
                let is_ours = matches!(kind, RefusalKind::Fault | RefusalKind::Unavailable { .. });
                assert!(!is_ours, "{kind:?} ({message}) for token {token:?} and request {csr:?}");
                Reply::Refused(kind)
            }
        }
    }

    /// So many certificates more were issued without a client of the harness.
    pub(crate) fn count(&self, certificates: usize) {
        self.issued.fetch_add(certificates, Ordering::SeqCst);
    }

    /// Knocks with a token and the usual request.
    pub(crate) fn knock_with(&self, token: &str) -> Reply {
        self.knock(&self.csr.pem, token)
    }

    /// Sends a body over the network and returns its answer, which has the shape every answer has.
    pub(crate) fn post(&self, path: &str, body: impl Into<Vec<u8>>) -> (u16, Value) {
        let answer = self.ca.client().post_bytes(path, body);
        assert!(answer.status < 500, "{}: {}", answer.status, answer.text());
        if answer.status >= 400 {
            answer.problem();
        }
        (answer.status, answer.json())
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        let own = 1;
        let records = self.ca.records();
        let expected = own + self.issued.load(Ordering::SeqCst) + self.ca.answered().len();
        assert_eq!(records.certificates.len(), expected, "nothing is on record that nobody was given");
    }
}

/// So many cases, unless `PROPTEST_CASES` says otherwise.
pub(crate) fn cases(cases: u32) -> ProptestConfig {
    match env::var_os("PROPTEST_CASES") {
        Some(_) => ProptestConfig::default(),
        None => ProptestConfig::with_cases(cases),
    }
}

impl Reply {
    pub(crate) fn is_issued(&self) -> bool {
        matches!(self, Self::Issued(_))
    }
}

/// Counts panics of every thread of the process, the CA's included, and forwards them.
pub(crate) fn count_panics() -> &'static AtomicUsize {
    static PANICS: AtomicUsize = AtomicUsize::new(0);
    static HOOK: std::sync::Once = std::sync::Once::new();
    HOOK.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            PANICS.fetch_add(1, Ordering::SeqCst);
            before(info);
        }));
    });
    &PANICS
}
