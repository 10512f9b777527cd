//! The wall clock.

use std::time::{SystemTime, UNIX_EPOCH};

use authority::Timestamp;

/// Now, to the second.
pub(crate) fn now() -> Timestamp {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    Timestamp::from_unix(i64::try_from(seconds).unwrap_or(i64::MAX))
}
