//! Another root and another intermediate, while clients go on.
//!
//! The steps are those an operator takes: a root is added, then what issues is exchanged, then the old root goes. Clients
//! learn the roots from the CA as they go along, and no request of theirs fails.

use std::{
    sync::{
        Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use authority::Certificate;
use reqwest::Method;
use serde_json::{Value, json};
use step_tests::{Answer, Client, Csr, Leaf, Pki, TestCa, Token, User, body_of_2026};

/// A client that gets a certificate, renews it, and asks whom to trust, again and again.
struct Worker<'a> {
    ca: &'a TestCa,
    habit: Habit,
    roots: Vec<Certificate>,
    leaf: Leaf,
    client: Client,
}

/// How a client connects.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Habit {
    /// Once, until it has a certificate of another issuer.
    Keeps,
    /// For every round anew.
    Reconnects,
    /// Without a certificate, which it sends in a token.
    Tokens,
}

impl<'a> Worker<'a> {
    fn new(ca: &'a TestCa, habit: Habit) -> Self {
        let roots = vec![ca.pki().root.clone()];
        let leaf = ca.issue("live.example.com");
        let client = Self::client_of(ca, habit, &roots, &leaf);
        Self { ca, habit, roots, leaf, client }
    }

    fn client_of(ca: &TestCa, habit: Habit, roots: &[Certificate], leaf: &Leaf) -> Client {
        let identity = (habit != Habit::Tokens).then(|| leaf.identity());
        ca.client_trusting(roots, identity)
    }

    fn reconnect(&mut self) {
        self.client = Self::client_of(self.ca, self.habit, &self.roots, &self.leaf);
    }

    /// Whom to trust, a renewal, a first certificate.
    fn round(&mut self) -> Result<(), String> {
        let roots = self.send(self.client.request(Method::GET, "/roots"))?;
        let roots = certificates(&roots.json()["crts"]);
        let is_news = roots != self.roots;
        self.roots = roots;
        if is_news || self.habit == Habit::Reconnects {
            self.reconnect();
        }
        let renewal = self.client.request(Method::POST, "/renew");
        let renewed = self.send(match self.habit {
            Habit::Tokens => renewal.bearer_auth(Token::of_certificate(&self.leaf, self.ca.now()).sign()),
            Habit::Keeps | Habit::Reconnects => renewal,
        })?;
        let is_of_another = renewed.chain()[1..] != self.leaf.chain[1..];
        self.leaf.chain = renewed.chain();
        if is_of_another {
            self.reconnect();
        }
        let csr = Csr::of("new.example.com");
        let body = body_of_2026(&csr.pem, &self.ca.token("new.example.com").sign(), "", "").to_string();
        self.send(self.client.request(Method::POST, "/sign").body(body)).map(drop)
    }

    fn send(&self, request: reqwest::RequestBuilder) -> Result<Answer, String> {
        match self.client.try_send(request)? {
            answer if answer.status == 201 => Ok(answer),
            answer => Err(format!("{}: {}", answer.status, answer.text())),
        }
    }
}

fn certificates(list: &Value) -> Vec<Certificate> {
    let pems = list.as_array().unwrap().iter();
    pems.map(|pem| Certificate::from_pem(pem.as_str().unwrap()).unwrap()).collect()
}

/// What the workers have done so far.
#[derive(Default)]
struct Progress {
    rounds: Mutex<Vec<usize>>,
    moved: Condvar,
    failures: Mutex<Vec<String>>,
}

impl Progress {
    fn of(workers: usize) -> Self {
        Self { rounds: Mutex::new(vec![0; workers]), ..Self::default() }
    }

    fn rounds(&self) -> MutexGuard<'_, Vec<usize>> {
        self.rounds.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn count(&self, worker: usize, outcome: Result<(), String>) {
        if let Err(error) = outcome {
            self.failures.lock().unwrap_or_else(PoisonError::into_inner).push(error);
        }
        self.rounds()[worker] += 1;
        self.moved.notify_all();
    }

    /// Until every worker has begun and ended a round from now on; the one it is in now does not count.
    fn a_full_round(&self) {
        let begun = self.rounds().clone();
        let is_behind = |rounds: &mut Vec<usize>| rounds.iter().zip(&begun).any(|(now, then)| *now < then + 2);
        let (_rounds, patience) =
            self.moved.wait_timeout_while(self.rounds(), Duration::from_secs(120), is_behind).unwrap();
        assert!(!patience.timed_out(), "a client does not get on");
    }
}

/// Ends the workers however the test ends.
struct Stop<'a>(&'a AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn root_and_intermediate_are_exchanged_under_live_clients() {
    const HABITS: [Habit; 4] = [Habit::Keeps, Habit::Reconnects, Habit::Tokens, Habit::Keeps];
    let mut ca = TestCa::start();
    let (old, new) = (ca.pki().root.clone(), Pki::new(ca.now()));
    let files = ca.add_pki("new", &new);
    let old_root = ca.step_path().root_certificate();
    let forgetful = ca.issue("forgetful.example.com");
    let (progress, stop) = (Progress::of(HABITS.len()), AtomicBool::new(false));
    let ca = &ca;
    thread::scope(|scope| {
        let _stop = Stop(&stop);
        for (number, habit) in HABITS.into_iter().enumerate() {
            let (progress, stop) = (&progress, &stop);
            let mut worker = Worker::new(ca, habit);
            scope.spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    progress.count(number, worker.round().map_err(|error| format!("{habit:?}: {error}")));
                }
            });
        }
        progress.a_full_round();
        // 1. Clients learn the new root.
        ca.configure(|file| file["root"] = json!([old_root, files.root]));
        ca.reload();
        progress.a_full_round();
        assert_eq!(roots(ca, &[&old]), [old.clone(), new.root.clone()]);
        // 2. From now on certificates are issued under it; those there are renew into it.
        ca.configure(|file| {
            file["root"] = json!([files.root, old_root]);
            (file["crt"], file["key"]) = (json!(files.certificate), json!(files.key));
        });
        ca.reload();
        progress.a_full_round();
        let late = ca.client_trusting(&[old.clone(), new.root.clone()], Some(forgetful.identity()));
        let renewed = late.send(late.request(Method::POST, "/renew")).expect(201);
        assert_eq!(renewed.chain()[1], new.intermediate);
        // Whoever has slept through the first step has to begin anew.
        let asleep = ca.client_trusting(std::slice::from_ref(&old), None);
        asleep.try_send(asleep.request(Method::GET, "/health")).unwrap_err();
        // 3. The old root goes.
        progress.a_full_round();
        ca.configure(|file| file["root"] = json!(files.root));
        ca.reload();
        progress.a_full_round();
        assert_eq!(roots(ca, &[&new.root]), std::slice::from_ref(&new.root));
    });
    assert_eq!(*progress.failures.lock().unwrap(), Vec::<String>::new());
    // What has not moved in time is nobody's.
    let old_leaf = ca.client_trusting(std::slice::from_ref(&new.root), Some(forgetful.identity()));
    if let Ok(answer) = old_leaf.try_send(old_leaf.request(Method::POST, "/renew")) {
        let _ = answer.expect(401);
    }
    let client = ca.client_trusting(std::slice::from_ref(&new.root), None);
    let by_token = Token::of_certificate(&forgetful, ca.now()).sign();
    let _ = client.send(client.request(Method::POST, "/renew").bearer_auth(by_token)).expect(401);
    let fingerprint = hex::encode(old.fingerprint_sha256());
    let _ = client.get(&format!("/root/{fingerprint}")).expect(404);
}

/// What `/roots` lists for somebody who trusts these.
fn roots(ca: &TestCa, trusted: &[&Certificate]) -> Vec<Certificate> {
    let trusted: Vec<Certificate> = trusted.iter().map(|&root| root.clone()).collect();
    certificates(&ca.client_trusting(&trusted, None).get("/roots").expect(201).json()["crts"])
}

#[test]
fn a_federated_root_is_handed_out_and_trusted_by_nobody_here() {
    let other = TestCa::start();
    let stranger = other.issue("web.example.com");
    let foreign = other.step_path().root_certificate();
    let ca = TestCa::build().configure(move |file| file["federatedRoots"] = json!([foreign])).start();
    let list = |path: &str| certificates(&ca.client().get(path).expect(201).json()["crts"]);
    assert_eq!(list("/roots"), [ca.pki().root.clone()]);
    assert_eq!(list("/federation"), [ca.pki().root.clone(), other.pki().root.clone()]);
    let fingerprint = other.pki().fingerprint();
    let _ = ca.client().get(&format!("/root/{fingerprint}")).expect(200);
    let client = ca.client_with(stranger.identity());
    if let Ok(answer) = client.try_send(client.request(Method::POST, "/renew")) {
        let _ = answer.expect(401);
    }
    let token = Token::of_certificate(&stranger, ca.now());
    let _ = crate::renewal_token::renew(&ca, &token).expect(401);
}

#[test]
fn the_command_follows_a_rotation_with_the_roots_it_downloads() {
    let mut ca = TestCa::start();
    let new = Pki::new(ca.now());
    let files = ca.add_pki("new", &new);
    let old_root = ca.step_path().root_certificate();
    let leaf = ca.issue("web.example.com");
    let user = User::new();
    user.write("a.crt", leaf.chain.iter().map(Certificate::pem).collect::<String>());
    user.write("a.key", leaf.key.to_pem().unwrap().as_bytes());
    user.write("old.crt", ca.pki().root.pem());
    let url = ca.url();
    ca.configure(|file| file["root"] = json!([old_root, files.root]));
    ca.reload();
    user.step(&format!("ca roots {{}}/roots.crt --ca-url {url} --root {{}}/old.crt")).answer();
    user.step(&format!("ca federation {{}}/federation.crt --ca-url {url} --root {{}}/old.crt")).answer();
    let both = format!("{}{}", ca.pki().root.pem(), new.root.pem());
    assert_eq!((user.read("roots.crt"), user.read("federation.crt")), (both.clone(), both));
    ca.configure(|file| (file["crt"], file["key"]) = (json!(files.certificate), json!(files.key)));
    ca.reload();
    user.step(&format!("ca health --ca-url {url} --root {{}}/old.crt")).error();
    user.step(&format!("ca renew {{}}/a.crt {{}}/a.key --force --ca-url {url} --root {{}}/roots.crt")).answer();
    let chain = Certificate::chain_from_pem(&user.read("a.crt")).unwrap();
    assert_eq!(chain[1], new.intermediate);
    ca.witness(chain[0].clone());
    ca.configure(|file| file["root"] = json!(files.root));
    ca.reload();
    user.step(&format!("ca renew {{}}/a.crt {{}}/a.key --force --ca-url {url} --root {{}}/roots.crt")).answer();
    ca.witness(Certificate::chain_from_pem(&user.read("a.crt")).unwrap()[0].clone());
}
