//! Descriptors, memory and threads at their limits; a process that is stopped and goes on.

use rustix::process::{Resource, Signal};
use step_tests::TestCa;
use tokio::net::TcpStream;

use crate::{
    child::Process,
    killed::{Counts, Shown, ShownToken, look_again, prepared, sign},
    raw::RUNTIME,
};

/// Shows some tokens, and notes what came of each.
fn show(ca: &TestCa, process: &Process, run: &str, count: usize) -> Shown {
    let tokens = (0..count).map(|number| {
        let name = format!("n{number}.{run}.example");
        let token = ca.token(&name).sign();
        // A connection of its own for each: the one before may have been cut.
        let answer = sign(&ca.client_at(process.address), &name, &token);
        ShownToken { is_answered: answer.is_ok_and(|answer| answer.status == 201), name, token }
    });
    Shown { tokens: tokens.collect() }
}

fn answered(shown: &Shown) -> usize {
    shown.tokens.iter().filter(|shown| shown.is_answered).count()
}

#[test]
fn without_descriptors_it_waits_and_with_some_it_goes_on() {
    let mut ca = prepared();
    let mut process = Process::start(ca.step_path().base(), None);
    // What it opens when it is first asked is open.
    let mut shown = show(&ca, &process, "before", 3);
    process.limit(Resource::Nofile, Some(process.descriptors() + 8));
    // More than there is room for, and none of them says anything.
    let silent: Vec<TcpStream> = RUNTIME.block_on(async {
        let mut silent = Vec::new();
        for _ in 0..60 {
            silent.push(TcpStream::connect(process.address).await.unwrap());
        }
        silent
    });
    // They make room, the oldest first, for whoever comes.
    let during = show(&ca, &process, "during", 5);
    drop(silent);
    let after = show(&ca, &process, "after", 5);
    println!("{} of 5 answered without descriptors, {} of 5 with some", answered(&during), answered(&after));
    assert_eq!(answered(&after), 5);
    assert!(process.is_alive());
    assert_eq!(ca.client_at(process.address).get("/ready").status, 200);
    process.kill();
    shown.tokens.extend(during.tokens.into_iter().chain(after.tokens));
    look_again(&mut ca, &shown, &mut Counts::default());
}

#[test]
fn without_memory_or_threads_it_loses_nothing_it_answered() {
    for resource in [Resource::As, Resource::Nproc] {
        let mut ca = prepared();
        let mut process = Process::start(ca.step_path().base(), None);
        let mut shown = show(&ca, &process, "before", 3);
        assert_eq!(answered(&shown), 3);
        match resource {
            // Far less than it has: nothing is added to that.
            Resource::As => process.limit(resource, Some(1 << 20)),
            // Root is held to none.
            _ => process.limit(resource, Some(1)),
        }
        // Bodies as large as they may be, eight at a time, want memory of their own.
        let large: Vec<_> = (0..8).map(|_| serde_json::Value::from("x".repeat(1_000_000))).collect();
        let refused =
            ca.client_at(process.address).post_all("/sign", &large).iter().filter(|answer| answer.is_ok()).count();
        let during = show(&ca, &process, "during", 20);
        let lives = process.is_alive();
        if lives {
            process.limit(resource, None);
            let after = show(&ca, &process, "after", 3);
            assert_eq!(answered(&after), 3, "with {resource:?} again it is as before");
            shown.tokens.extend(after.tokens);
        }
        println!("{resource:?}: {refused} of 8 refused, {} of 20 answered, and it lives: {lives}", answered(&during));
        process.kill();
        shown.tokens.extend(during.tokens);
        let mut counts = Counts::default();
        look_again(&mut ca, &shown, &mut counts);
        println!("{resource:?}: {counts:?}");
    }
}

#[test]
fn stopped_and_continued_it_answers_what_was_asked_meanwhile() {
    let mut ca = prepared();
    let process = Process::start(ca.step_path().base(), None);
    let mut all = Shown { tokens: Vec::new() };
    for round in 0..5 {
        process.signal(Signal::STOP);
        let shown = std::thread::scope(|scope| {
            let (ca, process) = (&ca, &process);
            let asking: Vec<_> =
                (0..4).map(|asker| scope.spawn(move || show(ca, process, &format!("r{round}a{asker}"), 3))).collect();
            // Its socket takes connections while it sleeps; they are answered when it wakes.
            process.signal(Signal::CONT);
            asking.into_iter().flat_map(|asking| asking.join().unwrap().tokens).collect::<Vec<_>>()
        });
        all.tokens.extend(shown);
    }
    assert_eq!(answered(&all), all.tokens.len());
    process.kill();
    let mut counts = Counts::default();
    look_again(&mut ca, &all, &mut counts);
    println!("stopped five times: {counts:?}");
}
