//! Times: what is issued lies within the claims, the issuer and what was asked for.

use std::cell::Cell;

use api_types::RequestedTime;
use authority::Certificate;
use proptest::prelude::*;

use crate::doors::{Door, Reply, cases};

/// What the claims allow as they come, in seconds.
const SHORTEST: i64 = 5 * 60;
const LONGEST: i64 = 24 * 60 * 60;
/// How long before a request a certificate may begin.
const BACKDATE: i64 = 60;

fn time() -> impl Strategy<Value = RequestedTime> {
    let seconds = prop_oneof![
        -200_i64..200,
        SHORTEST - 130..SHORTEST + 130,
        LONGEST - 130..LONGEST + 130,
        -200_000_i64..200_000,
        any::<i64>(),
    ];
    // Counted from the clock of the test, which stands still.
    prop_oneof![1 => Just(RequestedTime::Unset), 6 => seconds.prop_map(RequestedTime::At)]
}

fn from_now(time: RequestedTime, now: i64) -> RequestedTime {
    match time {
        RequestedTime::At(seconds) => RequestedTime::At(seconds.saturating_add(now)),
        other => other,
    }
}

#[test]
fn a_certificate_is_as_long_as_asked_for_within_the_claims_and_never_outlives_its_issuer() {
    let door = Door::shared();
    let issuer = door.ca.pki().intermediate.validity();
    let (issued, refused) = (Cell::new(0), Cell::new(0));
    proptest!(cases(800), |(not_before in time(), not_after in time())| {
        let now = door.ca.now().as_unix();
        let (not_before, not_after) = (from_now(not_before, now), from_now(not_after, now));
        let token = door.ca.token("web.example.com").sign();
        match door.knock_for(&token, not_before, not_after) {
            Reply::Refused(_) => refused.set(refused.get() + 1),
            Reply::Issued(pem) => {
                issued.set(issued.get() + 1);
                let validity = Certificate::from_pem(&pem).unwrap().validity();
                let (begin, end) = (validity.not_before.as_unix(), validity.not_after.as_unix());
                prop_assert!(validity.not_after <= issuer.not_after && begin < end);
                // The last second counts (RFC 5280 §4.1.2.5), and so may the backdating.
                prop_assert!((SHORTEST..=LONGEST + BACKDATE).contains(&(end - begin)), "{} s", end - begin);
                prop_assert!(begin >= now - BACKDATE, "it begins {} s before it was asked for", now - begin);
                if let RequestedTime::At(asked) = not_after {
                    prop_assert_eq!(end, asked);
                }
                if let RequestedTime::At(asked) = not_before {
                    prop_assert!(begin == asked || begin == asked - BACKDATE || asked < now, "{} for {}", begin, asked);
                }
            }
        }
    });
    let (issued, refused) = (issued.get(), refused.get());
    assert!(issued > 50 && refused > 50, "{issued} issued, {refused} refused");
}
