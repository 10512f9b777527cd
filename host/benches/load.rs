//! A CA under load over TLS: one server process on one core, clients on another, every record durable where
//! `STEP_BENCH_DIR` says (`/dev/shm` when it says nothing).
//!
//! `cargo bench -p step-ca --bench load -- [seconds] [clients]`

mod fixture;

use fixture::{Files, Load, Reference, Server};
use std::time::Duration;

fn main() {
    if fixture::served() {
        return;
    }
    let numbers: Vec<u64> = std::env::args().filter_map(|argument| argument.parse().ok()).collect();
    let time = Duration::from_secs(numbers.first().copied().unwrap_or(5).clamp(1, 60));
    let clients = numbers.get(1).copied().unwrap_or(8).clamp(1, 64);
    let files = Files::make();
    let server = Server::ours(&files);
    println!("first answer {:.0} ms after the server was started", server.ready_after.as_secs_f64() * 1e3);
    let target = files.target(server.address);
    for (what, is_kept) in [("kept connections", true), ("a new connection each", false)] {
        let reference = Reference::measure();
        println!(
            "P-256 on the core of the clients: sign {:.1} µs, verify {:.1} µs",
            reference.sign_us, reference.verify_us
        );
        let before = fixture::cpu_seconds(server.id());
        let load = Load { clients, time, is_kept };
        let run = load.run(&target);
        run.report(what, load, fixture::cpu_seconds(server.id()) - before, &reference);
    }
    println!("resident memory of the server: {:.1} MB", fixture::resident_megabytes(server.id()));
}
