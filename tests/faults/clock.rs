//! Clocks that jump while certificates are issued: none is issued by a clock that was set back, and no token works out of
//! its time.

use std::{
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    thread,
};

use authority::Timestamp;
use step_ca::timekeeping::TOLERANCE;
use step_tests::{Csr, TestCa, body_of_2026};

const DAY: i64 = 86_400;

#[test]
fn a_clock_that_jumps_under_load_issues_nothing_early_and_nothing_late() {
    let ca = TestCa::start();
    let begin = ca.now().as_unix();
    let is_over = AtomicBool::new(false);
    let (issued, refused, unavailable) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
    thread::scope(|scope| {
        for asker in 0..3 {
            let (ca, is_over) = (&ca, &is_over);
            let (issued, refused, unavailable) = (&issued, &refused, &unavailable);
            scope.spawn(move || {
                let client = ca.another_client();
                for number in 0.. {
                    if is_over.load(Ordering::SeqCst) {
                        return;
                    }
                    let name = format!("n{number}.a{asker}.example");
                    // Good by the clock of this moment, which may not be that of its arrival.
                    let token = ca.token(&name);
                    let made_at = ca.now().as_unix();
                    let Ok(answer) = client.try_send(
                        client
                            .request(reqwest::Method::POST, "/sign")
                            .body(body_of_2026(&Csr::of(&name).pem, &token.sign(), "", "").to_string()),
                    ) else {
                        // The listener's certificate is not valid at every time the clock shows.
                        continue;
                    };
                    match answer.status {
                        201 => {
                            let not_before = answer.certificate().validity().not_before.as_unix();
                            // One minute of backdating, and one of leeway at either end.
                            assert!(not_before + 60 >= made_at - 60, "{name} was issued before its token");
                            assert!(not_before + 60 <= made_at + 300 + 60, "{name} was issued after its token");
                            issued.fetch_add(1, Ordering::SeqCst)
                        }
                        401 => refused.fetch_add(1, Ordering::SeqCst),
                        503 => unavailable.fetch_add(1, Ordering::SeqCst),
                        other => panic!("{other}: {}", answer.text()),
                    };
                }
            });
        }
        // Wherever it jumps to, it stays until somebody has been answered by it.
        for jump in [300, -300, 0, 600, 301, 0, -DAY, 0, 299, -1, DAY, 0, DAY, DAY - 300, DAY - 301, DAY + 5] {
            ca.clock().set(Timestamp::from_unix(begin + jump));
            let seen =
                || [&issued, &refused, &unavailable].map(|count| count.load(Ordering::SeqCst)).iter().sum::<usize>();
            let (before, mut looked) = (seen(), 0);
            while seen() < before + 5 && looked < 200 {
                looked += 1;
                // A clock a day off lets no handshake through; then there is nothing to wait for.
                let _ = ca.client().try_send(ca.client().request(reqwest::Method::GET, "/health"));
            }
        }
        is_over.store(true, Ordering::SeqCst);
    });
    let [issued, refused, unavailable] = [issued, refused, unavailable].map(AtomicUsize::into_inner);
    println!("{issued} issued, {refused} out of time, {unavailable} by a clock that was set back");
    assert!(issued > 0 && unavailable > 0);

    // In the order of the records time goes back by no more than is tolerated.
    let mut newest = i64::MIN;
    for entry in ca.records().audit.iter().filter(|entry| entry.outcome == step_ca::audit::Outcome::Issued) {
        let time = entry.time.as_unix();
        let tolerance = i64::try_from(TOLERANCE.as_secs()).unwrap();
        assert!(time >= newest.saturating_sub(tolerance), "issued at {time}, after a record of {newest}");
        newest = newest.max(time);
    }
}
