//! A token never yields two certificates.

use serde_json::Value;
use step_tests::{Answer, Csr, Second, TestCa, body_of_2026, twin};

const NAME: &str = "web.example.com";

fn body(token: &str) -> Value {
    body_of_2026(&Csr::of(NAME).pem, token, "", "")
}

#[test]
fn a_spent_token_is_refused_at_every_door() {
    let ca = TestCa::start();
    let token = ca.token(NAME).sign();
    let _ = ca.client().post("/sign", &body(&token)).expect(201);
    for path in ["/sign", "/1.0/sign"] {
        let _ = ca.client().post(path, &body(&token)).expect(401);
        let _ = ca.client().post(path, &body(&format!(" {token}\n"))).expect(401);
    }
    assert_eq!(ca.records().spent, 1);
}

#[test]
fn one_of_sixty_four_at_once_wins() {
    let ca = TestCa::start();
    for round in 0..3 {
        let token = ca.token(NAME).sign();
        let bodies: Vec<Value> = (0..64).map(|_| body(&token)).collect();
        let answers = ca.client().post_all("/sign", &bodies);
        let answers: Vec<Answer> = answers.into_iter().collect::<Result<_, _>>().unwrap();
        assert_eq!(count(&answers, 201), 1, "round {round}");
        assert_eq!(count(&answers, 401), 63, "round {round}: {}", answers[0].text());
    }
    assert_eq!(ca.records().spent, 3);
}

#[test]
fn one_of_sixty_four_wins_over_many_connections() {
    let ca = TestCa::start();
    let token = ca.token(NAME).without("jti").sign();
    let knock = || (0..8).map(|_| body(&token)).collect::<Vec<_>>();
    let answers: Vec<Answer> = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..8).map(|_| scope.spawn(|| ca.another_client().post_all("/sign", &knock()))).collect();
        clients.into_iter().flat_map(|client| client.join().unwrap()).collect::<Result<_, _>>().unwrap()
    });
    assert_eq!((count(&answers, 201), count(&answers, 401)), (1, 63));
}

#[test]
fn a_spent_token_stays_spent_over_a_restart_and_an_unspent_one_stays_good() {
    let mut ca = TestCa::start();
    let (spent, unspent) = (ca.token(NAME).sign(), ca.token(NAME).sign());
    let without_id = ca.token(NAME).without("jti").sign();
    let _ = ca.client().post("/sign", &body(&spent)).expect(201);
    let _ = ca.client().post("/sign", &body(&without_id)).expect(201);
    for _ in 0..2 {
        ca.restart();
        let _ = ca.client().post("/sign", &body(&spent)).expect(401);
        let _ = ca.client().post("/sign", &body(&without_id)).expect(401);
    }
    let _ = ca.client().post("/sign", &body(&unspent)).expect(201);
}

#[test]
fn a_token_without_an_id_is_known_by_what_was_signed() {
    let ca = TestCa::start();
    for token in [ca.token(NAME), ca.token(NAME).without("jti")] {
        let first = token.sign();
        let (twin, again) = (twin(&first), token.sign());
        assert!(twin != first && again != first && again != twin, "ECDSA signatures are many");
        let _ = ca.client().post("/sign", &body(&twin)).expect(201);
        for other in [first, again, twin] {
            let _ = ca.client().post("/sign", &body(&other)).expect(401);
        }
    }
    // Not the first of all tokens without an id: any other is a token of its own.
    let other = ca.token(NAME).without("jti").claim("step", 2).sign();
    let _ = ca.client().post("/sign", &body(&other)).expect(201);
}

#[test]
fn the_same_id_in_other_claims_is_the_same_token() {
    let ca = TestCa::start();
    let token = ca.token(NAME).claim("jti", "the only one");
    let _ = ca.client().post("/sign", &body(&token.sign())).expect(201);
    let _ = ca.client().post("/sign", &body(&token.claim("exp", ca.now().as_unix() + 200).sign())).expect(401);
}

#[test]
fn the_same_id_at_two_provisioners_is_two_tokens() {
    let second = Second::new("second@example.com");
    let ca = TestCa::build().provisioner(second.object()).start();
    let first = ca.token(NAME).claim("jti", "shared").sign();
    let other = ca.token_of(second.name, &second.key, NAME).claim("jti", "shared").sign();
    let _ = ca.client().post("/sign", &body(&first)).expect(201);
    let _ = ca.client().post("/sign", &body(&other)).expect(201);
    let _ = ca.client().post("/sign", &body(&first)).expect(401);
    let _ = ca.client().post("/sign", &body(&other)).expect(401);
}

#[test]
fn a_forgotten_token_is_refused_whatever_the_clock_says() {
    let mut ca = TestCa::start();
    let (spent, never) = (ca.token(NAME).sign(), ca.token(NAME).sign());
    let _ = ca.client().post("/sign", &body(&spent)).expect(201);
    // As if somebody had set the clock ahead and back again.
    let later = ca.now().checked_add(std::time::Duration::from_secs(600)).unwrap();
    let store = ca.app().snapshot().store.clone();
    assert_eq!(ca.block_on(async { store.prune(later).await }).unwrap(), 1);
    drop(store);
    assert_eq!(ca.records().spent, 0);
    for _ in 0..2 {
        let _ = ca.client().post("/sign", &body(&spent)).expect(401);
        // As old as the forgotten one, so nobody can tell it from one that was used.
        let _ = ca.client().post("/sign", &body(&never)).expect(401);
        ca.restart();
    }
    let young = ca.token(NAME).claim("exp", ca.now().as_unix() + 301).sign();
    let _ = ca.client().post("/sign", &body(&young)).expect(201);
}

#[test]
fn a_token_ends_with_its_time_though_nobody_used_it() {
    let ca = TestCa::start();
    let token = ca.token(NAME).sign();
    ca.clock().advance(std::time::Duration::from_secs(361));
    let _ = ca.client().post("/sign", &body(&token)).expect(401);
}

fn count(answers: &[Answer], status: u16) -> usize {
    answers.iter().filter(|answer| answer.status == status).count()
}
