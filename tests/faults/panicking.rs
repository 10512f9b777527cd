//! Handlers that panic: one answer is lost, and nobody else's.

use step_tests::Answer;

use crate::{
    child::Process,
    killed::{Counts, Shown, ShownToken, look_again, prepared, sign},
};

/// So many panics.
const PANICS: usize = 1_000;

#[test]
fn a_thousand_handlers_that_panic_hurt_nobody_else() {
    let mut ca = prepared();
    // Four of five panic at the door, and half of the others with everything in their hands that a request has.
    let faults = "issuance::before_admission=panic:4/5;issuance::before_record=panic:1/2";
    let process = Process::start(ca.step_path().base(), Some(faults));
    let (mut panicked, mut tokens) = (0, Vec::new());
    let client = ca.client_at(process.address);
    while panicked < PANICS {
        let name = format!("n{}.example", tokens.len());
        let token = ca.token(&name).sign();
        let answer: Answer = sign(&client, &name, &token).unwrap();
        match answer.status {
            201 => {}
            500 => panicked += 1,
            other => panic!("{other}: {}", answer.text()),
        }
        let is_answered = answer.status == 201;
        tokens.push(ShownToken { name, token, is_answered });
        assert!(tokens.len() <= 2 * PANICS);
    }
    assert_eq!(client.get("/ready").status, 200);
    process.kill();
    // Looking at each again takes a while.
    tokens.truncate(100);
    let mut counts = Counts::default();
    look_again(&mut ca, &Shown { tokens }, &mut counts);
    println!("{panicked} panics: {counts:?}");
    assert!(counts.answered > 0 && counts.unspent > 0, "{counts:?}");
}
