//! A disk without space: nothing is answered that is not on it, and it is enough to make room.

use rustix::process::{Resource, Signal};
use step_tests::TestCa;

use crate::{
    child::Process,
    killed::{Counts, Shown, ShownToken, look_again, prepared, sign},
};

/// Room for so many octets more is left in the store's largest file.
const ROOM: u64 = 96 << 10;
/// No file of the store is as small, and the one that remembers the end of the log is smaller.
const PAGE: u64 = 4 << 10;

/// A CA whose files cannot grow by more than [`ROOM`]. A write beyond that fails, as on a disk that is full; the signal
/// that the kernel sends along is ignored, since a disk sends none.
///
/// It makes room for itself when it recovers, by emptying its log into the database. [`fill`] takes that room, too.
fn start_with_little_room(ca: &TestCa) -> Process {
    let process = Process::start_after("trap '' XFSZ", ca.step_path().base());
    process.limit(Resource::Fsize, Some(largest_file(ca) + ROOM));
    process
}

fn largest_file(ca: &TestCa) -> u64 {
    let files = std::fs::read_dir(ca.store_path().parent().unwrap()).unwrap();
    files.map(|file| file.unwrap().metadata().unwrap().len()).max().unwrap()
}

/// Shows tokens until one is answered with 503, and two more when no file can grow any more.
fn fill(ca: &TestCa, process: &Process, run: usize) -> Shown {
    let client = ca.client_at(process.address);
    let mut tokens = Vec::new();
    let mut refused = 0;
    while refused < 3 {
        let name = format!("n{}.r{run}.example", tokens.len());
        let token = ca.token(&name).sign();
        let answer = sign(&client, &name, &token).unwrap();
        assert!(answer.status == 201 || answer.status == 503, "{}: {}", answer.status, answer.text());
        assert!(tokens.len() < 2_000, "the disk is never full");
        if answer.status == 503 {
            refused += 1;
            process.limit(Resource::Fsize, Some(PAGE));
        }
        tokens.push(ShownToken { name, token, is_answered: answer.status == 201 });
    }
    assert!(refused == 3 && (0..100_000).any(|_| client.get("/ready").status == 503), "it says that it cannot issue");
    assert_eq!(client.get("/health").status, 200);
    assert_eq!(client.get("/roots").status, 201, "what can be read is served");
    Shown { tokens }
}

#[test]
fn after_a_full_disk_and_a_kill_it_starts_by_itself_and_has_every_certificate_it_answered() {
    let mut ca = prepared();
    let mut counts = Counts::default();
    for run in 0..3 {
        let process = start_with_little_room(&ca);
        let shown = fill(&ca, &process, run);
        process.kill();
        counts.kills += 1;
        look_again(&mut ca, &shown, &mut counts);
    }
    println!("full, killed, and with room again: {counts:?}");
    assert!(counts.answered > 0 && counts.unspent > 0, "{counts:?}");
}

#[test]
fn once_there_is_room_again_it_issues_without_a_restart() {
    let mut ca = prepared();
    let process = start_with_little_room(&ca);
    let shown = fill(&ca, &process, 0);
    process.limit(Resource::Fsize, None);
    let client = ca.client_at(process.address);
    let mut asked = 0;
    while client.get("/ready").status != 200 {
        asked += 1;
        assert!(asked < 100_000, "it never recovers");
    }
    let last = shown.tokens.last().unwrap();
    let _ = sign(&client, &last.name, &last.token).unwrap().expect(201);
    process.signal(Signal::KILL);
    drop(process);
    ca.restart();
    let records = ca.records();
    for ShownToken { name, .. } in shown.tokens.iter().filter(|shown| shown.is_answered) {
        assert_eq!(records.certificates.iter().filter(|record| record.subject == *name).count(), 1, "{name}");
    }
    println!(
        "full for a while: {} answered before, 1 after",
        shown.tokens.iter().filter(|shown| shown.is_answered).count()
    );
}
