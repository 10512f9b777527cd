//! Clients that do nothing but ask, and look at what they are answered.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use authority::Certificate;
use serde_json::{Value, json};
use tokio::{sync::watch, task::JoinSet};

use crate::test_ca::{Applicant, TestCa};

/// Clients that ask without a pause.
pub(super) struct Load {
    answered: watch::Sender<usize>,
    is_over: Arc<AtomicBool>,
    askers: JoinSet<()>,
}

impl Load {
    pub(super) fn start(ca: &TestCa) -> Self {
        let applicant = Arc::new(Applicant::new(ca));
        let mut load = Self { answered: watch::Sender::new(0), is_over: Arc::default(), askers: JoinSet::new() };
        for number in 0..ASKERS {
            let (client, url) = (ca.client(number % 2 == 0), ca.url("/sign"));
            let (answered, is_over) = (load.answered.clone(), load.is_over.clone());
            let applicant = applicant.clone();
            load.askers.spawn(async move {
                while !is_over.load(Ordering::Relaxed) {
                    let answer = client.post(&url).body(applicant.body()).send().await.unwrap();
                    let status = answer.status();
                    let text = answer.text().await.unwrap();
                    assert_eq!(status, 201, "{text}");
                    assert!(GENERATIONS.contains(&generation(&text)), "of two configurations: {text}");
                    answered.send_modify(|count| *count += 1);
                }
            });
        }
        load
    }

    /// Waits until another request has been answered.
    pub(super) async fn go_on(&mut self) {
        let mut answered = self.answered.subscribe();
        answered.mark_unchanged();
        tokio::select! {
            _ = answered.changed() => {}
            ended = self.askers.join_next() => panic!("a client does not ask any more: {ended:?}"),
        }
    }

    /// How many requests were answered, all of them well.
    pub(super) async fn end(self) -> usize {
        self.is_over.store(true, Ordering::Relaxed);
        self.askers.join_all().await;
        *self.answered.borrow()
    }
}

const ASKERS: usize = 4;

/// The version of TLS that a configuration recommends, and how many hours its certificates live.
pub(super) type Generation = (&'static str, u64);
pub(super) const GENERATIONS: [(&str, u64); 2] = [("1.2", 1), ("1.3", 2)];

fn generation(answer: &str) -> Generation {
    let answer: Value = serde_json::from_str(answer).unwrap();
    let certificate = Certificate::from_pem(answer["crt"].as_str().unwrap()).unwrap();
    let validity = certificate.validity();
    let hours = validity.not_after.duration_since(validity.not_before).unwrap().as_secs() / 3_600;
    let version = if answer["tlsOptions"]["maxVersion"] == json!(1.3) { "1.3" } else { "1.2" };
    (version, hours)
}

pub(super) fn set_generation(file: &mut Value, (version, hours): Generation) {
    let version: Value = serde_json::from_str(version).unwrap();
    file["tls"] = json!({"minVersion": 1.2, "maxVersion": version});
    file["authority"]["claims"] = json!({"defaultTLSCertDuration": format!("{hours}h"), "maxTLSCertDuration": "2h"});
}
