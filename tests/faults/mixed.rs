//! Everything an operator does to a CA, in no order: reloads that work and reloads that do not, ends and starts, while
//! clients ask without a pause.

use std::{
    env, fs,
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    sync::{
        Condvar, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
};

use rustix::process::Signal;
use serde_json::{Value, json};
use step_tests::{Answer, Client, PASSWORD, TestCa};
use steppath::{Access, Overwrite};

use crate::{killed::sign, program::Program};

/// Starts and ends: `STEP_FAULT_ROUNDS` times as many.
const ROUNDS: usize = 3;
/// Half of them keep their connection, the others make one for every request.
const ASKERS: usize = 4;
/// The version of TLS that a configuration recommends, and how many hours its certificates live.
const GENERATIONS: [(&str, u64); 2] = [("1.2", 1), ("1.3", 2)];

/// What came of all of it.
#[derive(Debug, Default)]
struct Counts {
    answered: usize,
    /// Requests whose connection went before they were read: nothing came of them, and they were sent again.
    unread: usize,
    reloads: usize,
    refused_reloads: usize,
    ends: usize,
}

/// SplitMix64: `STEP_FAULT_SEED`, or the same in every run.
struct Dice(u64);

impl Dice {
    fn new() -> Self {
        Self(env::var("STEP_FAULT_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(5_280))
    }

    /// One of so many.
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % u64::try_from(sides).unwrap()).unwrap()
    }
}

/// The files an operator changes.
struct Files<'c> {
    ca: &'c TestCa,
    password: PathBuf,
    good: Vec<u8>,
}

impl<'c> Files<'c> {
    fn of(ca: &'c TestCa) -> Self {
        let password = ca.step_path().base().join("password");
        let mut files = Self { ca, password, good: Vec::new() };
        files.mend();
        files.take_generation(0);
        files
    }

    fn write(&self, path: &Path, octets: &[u8]) {
        steppath::write(path, octets, Access::Private, Overwrite::Allow).unwrap();
    }

    /// A configuration that can be served.
    fn take_generation(&mut self, number: usize) {
        let (version, hours) = GENERATIONS[number];
        self.ca.configure(|file| {
            file["tls"] = json!({"minVersion": 1.2, "maxVersion": serde_json::from_str::<Value>(version).unwrap()});
            let claims = json!({"defaultTLSCertDuration": format!("{hours}h"), "maxTLSCertDuration": "2h"});
            file["authority"]["claims"] = claims;
        });
        self.good = fs::read(self.ca.step_path().ca_json()).unwrap();
    }

    /// One that cannot, in one of these ways.
    fn spoil(&self, way: usize) {
        match way {
            0 => self.write(&self.ca.step_path().ca_json(), b"{\n\"root\": ,\n}"),
            1 => self.ca.configure(|file| file["polices"] = json!({})),
            2 => self.write(&self.password, b"a wrong password"),
            _ => {
                let module = self.ca.step_path().base().join("corp.wasm");
                self.write(&module, b"\0asm of a sort");
                self.ca.configure(|file| file["policies"]["corp"] = json!({"path": module}));
            }
        }
    }

    const WAYS: usize = 4;

    /// What was served last, again.
    fn mend(&self) {
        if !self.good.is_empty() {
            self.write(&self.ca.step_path().ca_json(), &self.good);
        }
        self.write(&self.password, PASSWORD.as_bytes());
    }
}

/// Whoever asks, and what they were answered.
struct Load<'c> {
    ca: &'c TestCa,
    address: SocketAddr,
    /// Names and tokens that were answered with a certificate.
    answered: Mutex<Vec<(String, String)>>,
    more: Condvar,
    unread: AtomicUsize,
    is_over: AtomicBool,
    has_failed: AtomicBool,
}

impl<'c> Load<'c> {
    fn on(ca: &'c TestCa, address: SocketAddr) -> Self {
        Self {
            ca,
            address,
            answered: Mutex::default(),
            more: Condvar::new(),
            unread: AtomicUsize::new(0),
            is_over: AtomicBool::new(false),
            has_failed: AtomicBool::new(false),
        }
    }

    /// Asks until it is over, and sends what got no answer until it has one: had anything come of it before, the token
    /// would be spent.
    fn ask(&self, asker: usize) {
        let _end = End(self);
        let mut client = self.ca.client_at(self.address);
        for number in 0.. {
            if self.is_over.load(Ordering::SeqCst) {
                return;
            }
            let name = format!("n{number}.a{asker}.example");
            let token = self.ca.token(&name).sign();
            let answer = loop {
                if asker.is_multiple_of(2) {
                    client = self.ca.client_at(self.address);
                }
                match sign(&client, &name, &token) {
                    Ok(answer) => break answer,
                    Err(_) => self.unread.fetch_add(1, Ordering::SeqCst),
                };
                assert!(!self.has_failed.load(Ordering::SeqCst), "somebody else has given up");
            };
            assert_eq!(answer.status, 201, "{name}: {}", answer.text());
            assert!(GENERATIONS.contains(&generation(&answer)), "of two configurations: {}", answer.text());
            self.answered.lock().unwrap().push((name, token));
            self.more.notify_all();
        }
    }

    /// Waits until so many more have been answered.
    fn go_on(&self, more: usize) {
        let answered = self.answered.lock().unwrap();
        let until = answered.len() + more;
        let is_missing = |answered: &mut Vec<_>| answered.len() < until && !self.has_failed.load(Ordering::SeqCst);
        drop(self.more.wait_while(answered, is_missing).unwrap());
        assert!(!self.has_failed.load(Ordering::SeqCst), "a client has given up");
    }
}

/// The end of one who takes part. A failed one ends the others.
struct End<'l, 'c>(&'l Load<'c>);

impl Drop for End<'_, '_> {
    fn drop(&mut self) {
        self.0.is_over.store(true, Ordering::SeqCst);
        if thread::panicking() {
            self.0.has_failed.store(true, Ordering::SeqCst);
            self.0.more.notify_all();
        }
    }
}

fn generation(answer: &Answer) -> (&'static str, u64) {
    let validity = answer.certificate().validity();
    let hours = validity.not_after.duration_since(validity.not_before).unwrap().as_secs() / 3_600;
    let version = if answer.json()["tlsOptions"]["maxVersion"] == json!(1.3) { "1.3" } else { "1.2" };
    (version, hours)
}

/// One life of a CA: some reloads, then its end at a moment nobody has chosen.
fn live(files: &mut Files<'_>, listener: &TcpListener, load: &Load<'_>, dice: &mut Dice, counts: &mut Counts) {
    let mut program = Program::start(&files.ca.step_path().ca_json(), &files.password, listener);
    for _ in 0..2 + dice.roll(3) {
        load.go_on(1 + dice.roll(8));
        let is_good = dice.roll(2) == 0;
        if is_good {
            files.take_generation(dice.roll(GENERATIONS.len()));
        } else {
            files.spoil(dice.roll(Files::WAYS));
        }
        program.signal(Signal::HUP);
        let outcome = program.wait_for(&["reloaded ", "error reloading server"]);
        assert_eq!(outcome == "reloaded ", is_good);
        files.mend();
        counts.reloads += 1;
        counts.refused_reloads += usize::from(!is_good);
    }
    load.go_on(dice.roll(8));
    program.signal(Signal::TERM);
    program.wait_for(&["shutting down"]);
    assert_eq!(program.end().code(), Some(0));
    counts.ends += 1;
}

#[test]
fn through_reloads_and_restarts_under_load_every_request_is_answered_once_by_one_configuration() {
    let mut ca = TestCa::build().system_clock().start();
    ca.stop();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let rounds = ROUNDS * env::var("STEP_FAULT_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(1);
    let (mut counts, mut dice) = (Counts::default(), Dice::new());
    let load = Load::on(&ca, listener.local_addr().unwrap());
    thread::scope(|scope| {
        let (mut files, load) = (Files::of(&ca), &load);
        let end = End(load);
        let askers: Vec<_> = (0..ASKERS).map(|asker| scope.spawn(move || load.ask(asker))).collect();
        for _ in 0..rounds {
            live(&mut files, &listener, load, &mut dice, &mut counts);
        }
        // Whoever still waits for an answer gets it.
        let mut last = Program::start(&ca.step_path().ca_json(), &files.password, &listener);
        drop(end);
        askers.into_iter().for_each(|asker| asker.join().unwrap());
        last.signal(Signal::TERM);
        last.wait_for(&["shutting down"]);
        assert_eq!(last.end().code(), Some(0));
        counts.ends += 1;
    });
    counts.unread = load.unread.into_inner();
    let tokens = load.answered.into_inner().unwrap();
    counts.answered = tokens.len();
    drop(listener);
    println!("reloaded and restarted under load: {counts:?}");
    assert!(counts.refused_reloads > 0 && counts.refused_reloads < counts.reloads, "{counts:?}");

    // Each has one certificate, and none of them gets another.
    ca.restart();
    let records = ca.records();
    let client: &Client = ca.client();
    for (name, token) in &tokens {
        assert_eq!(records.certificates.iter().filter(|record| record.subject == *name).count(), 1, "{name}");
        let _ = sign(client, name, token).unwrap().expect(401);
    }
}
