//! kill -9 at every step: what was answered is on record, and no token yields two certificates.

use std::{
    collections::HashMap, env, os::unix::process::ExitStatusExt, sync::atomic::AtomicUsize, sync::atomic::Ordering,
    thread,
};

use step_tests::{Answer, Client, Csr, TestCa, body_of_2026};

use crate::child::Process;

/// Every step of the writer between the request and the answer.
const STEPS: [&str; 7] = [
    "store::before_begin",
    "store::after_certificate",
    "store::after_spend",
    "store::after_audit",
    "store::before_commit",
    "store::after_commit",
    "store::before_answer",
];

/// How often everything is done: `STEP_FAULT_ROUNDS`, or once.
fn rounds() -> usize {
    env::var("STEP_FAULT_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(1)
}

/// Tokens that were shown to a CA that was killed, each for a name of its own.
pub(crate) struct Shown {
    pub(crate) tokens: Vec<ShownToken>,
}

pub(crate) struct ShownToken {
    pub(crate) name: String,
    pub(crate) token: String,
    pub(crate) is_answered: bool,
}

/// What became of all the tokens in a test.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) kills: usize,
    shown: usize,
    pub(crate) answered: usize,
    /// Recorded, and the answer was lost with the process.
    lost_answers: usize,
    /// Not recorded, and good for a certificate afterwards.
    pub(crate) unspent: usize,
}

fn name(kills: usize, number: usize) -> String {
    format!("n{number}.k{kills}.example")
}

pub(crate) fn sign(client: &Client, name: &str, token: &str) -> Result<Answer, String> {
    let body = body_of_2026(&Csr::of(name).pem, token, "", "");
    client.try_send(client.request(reqwest::Method::POST, "/sign").body(body.to_string()))
}

/// Starts the CA again and asks for every token once more.
pub(crate) fn look_again(ca: &mut TestCa, shown: &Shown, counts: &mut Counts) {
    // It needs no hand: no file to remove, no question to answer.
    ca.restart();
    for ShownToken { name, token, is_answered } in &shown.tokens {
        let on_record = ca.records().certificates.iter().filter(|record| record.subject == *name).count();
        assert!(on_record <= 1, "{name} has {on_record} certificates");
        assert!(on_record == 1 || !is_answered, "{name} was answered and is not on record");
        let answer = sign(ca.client(), name, token).unwrap();
        assert_eq!(answer.status, if on_record == 1 { 401 } else { 201 }, "{name}: {}", answer.text());
        counts.shown += 1;
        counts.answered += usize::from(*is_answered);
        counts.lost_answers += usize::from(on_record == 1 && !is_answered);
        counts.unspent += usize::from(on_record == 0);
    }
    ca.stop();
}

/// A CA with the system's clock, since its process has no other; stopped.
pub(crate) fn prepared() -> TestCa {
    let mut ca = TestCa::build().system_clock().start();
    // What is recorded and not answered is on record all the same.
    ca.let_others_in();
    ca.stop();
    ca
}

#[test]
fn killed_at_any_step_it_has_every_certificate_it_answered_and_no_token_works_twice() {
    let mut ca = prepared();
    let mut counts = Counts::default();
    for _ in 0..rounds() {
        for step in STEPS {
            for hit in [1, 3] {
                let shown = until_killed(&ca, step, hit, counts.kills);
                counts.kills += 1;
                look_again(&mut ca, &shown, &mut counts);
            }
        }
    }
    println!("killed at steps: {counts:?}");
    assert_eq!(counts.kills, rounds() * STEPS.len() * 2);
    assert!(counts.answered > 0 && counts.lost_answers > 0 && counts.unspent > 0, "every fate was seen: {counts:?}");
}

/// Shows one token after the other until the process is dead.
fn until_killed(ca: &TestCa, step: &str, hit: usize, kills: usize) -> Shown {
    let mut process = Process::start(ca.step_path().base(), Some(&format!("{step}=kill@{hit}")));
    let client = ca.client_at(process.address);
    let mut tokens = Vec::new();
    for number in 0..20 {
        let name = name(kills, number);
        let token = ca.token(&name).sign();
        let answer = sign(&client, &name, &token);
        let is_dead = answer.is_err();
        tokens.push(ShownToken { is_answered: answer.is_ok_and(|answer| answer.status == 201), name, token });
        if is_dead {
            assert_eq!(process.wait().signal(), Some(9), "it was killed at {step}");
            return Shown { tokens };
        }
    }
    panic!("the process was never at {step} for the {hit}. time");
}

#[test]
fn killed_at_any_moment_under_load_it_loses_nothing() {
    let mut ca = prepared();
    let mut counts = Counts::default();
    for round in 0..4 * rounds() {
        let process = Process::start(ca.step_path().base(), None);
        let client = ca.client_at(process.address);
        // Not at a fixed number of answers, but while so many are on their way.
        let (answers, deadline) = (AtomicUsize::new(0), 3 + 7 * round % 31);
        let kills = counts.kills;
        let mut tokens = Vec::new();
        thread::scope(|scope| {
            let knocking: Vec<_> = (0..6)
                .map(|thread| {
                    let (ca, client, answers) = (&ca, &client, &answers);
                    scope.spawn(move || {
                        let mut tokens = Vec::new();
                        for number in 0..1_000 {
                            let name = name(kills, thread * 1_000 + number);
                            let token = ca.token(&name).sign();
                            let answer = sign(client, &name, &token);
                            let is_dead = answer.is_err();
                            let is_answered = answer.is_ok_and(|answer| answer.status == 201);
                            answers.fetch_add(usize::from(is_answered), Ordering::SeqCst);
                            tokens.push(ShownToken { name, token, is_answered });
                            if is_dead {
                                break;
                            }
                        }
                        tokens
                    })
                })
                .collect();
            while answers.load(Ordering::SeqCst) < deadline {
                thread::yield_now();
            }
            assert_eq!(process.kill().signal(), Some(9));
            for thread in knocking {
                tokens.extend(thread.join().unwrap());
            }
        });
        counts.kills += 1;
        look_again(&mut ca, &Shown { tokens }, &mut counts);
    }
    println!("killed under load: {counts:?}");
    assert!(counts.answered >= 3 * counts.kills, "{counts:?}");
}

#[test]
fn killed_while_one_token_is_shown_by_many_it_has_at_most_one_certificate() {
    let mut ca = prepared();
    let mut fates: HashMap<usize, usize> = HashMap::new();
    for (kills, step) in STEPS.into_iter().enumerate() {
        let mut process = Process::start(ca.step_path().base(), Some(&format!("{step}=kill@1")));
        let client = ca.client_at(process.address);
        let name = name(kills, 0);
        let token = ca.token(&name).sign();
        let bodies: Vec<_> = (0..16).map(|_| body_of_2026(&Csr::of(&name).pem, &token, "", "")).collect();
        let answers = client.post_all("/sign", &bodies);
        let won = answers.iter().flatten().filter(|answer| answer.status == 201).count();
        assert!(won <= 1);
        process.wait();
        ca.restart();
        let again = sign(ca.client(), &name, &token).unwrap().status;
        let on_record = ca.records().certificates.iter().filter(|record| record.subject == name).count();
        assert_eq!(on_record, 1, "at {step}: answered {won}, then {again}");
        *fates.entry(on_record + won).or_default() += 1;
        ca.stop();
    }
    println!("one token, sixteen hands, {} kills: {fates:?}", STEPS.len());
}
