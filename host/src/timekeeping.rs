//! Whether the clock may be believed.
//!
//! A clock that shows a time well before the newest record has been set back: validities would be wrong, and tokens that
//! are long forgotten would look fresh. Nothing is issued then, until the clock is right again or an operator accepts
//! what it shows. That is on record, and outlives a restart.

use crate::{
    audit::{Entry, Operation, Outcome},
    call::Call,
    decision,
    store::{Condition, DataChange, Store, StoreError},
};
use authority::Timestamp;
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
    time::Duration,
};
use thiserror::Error;

/// The records, and what an operator has said about them.
pub struct Timekeeping {
    store: Arc<dyn Store>,
    /// Records up to this Unix second do not count; [`i64::MIN`] when all do.
    forgiven: AtomicI64,
    /// The newest Unix second the clock has shown since.
    latest: AtomicI64,
    was_behind: AtomicBool,
}

/// The clock is more than [`TOLERANCE`] behind the newest record.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[error("the clock shows {now}, which is before the newest record of {newest}: it has been set back")]
pub struct ClockBehind {
    /// What the clock shows.
    pub now: Timestamp,
    /// When the newest record was made.
    pub newest: Timestamp,
}

/// How far the clock may be behind the newest record: what a clock that is kept in step is set back by.
pub const TOLERANCE: Duration = Duration::from_secs(5 * 60);

impl Timekeeping {
    /// Judges by the records of a store, and by what an operator accepted earlier.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn new(store: Arc<dyn Store>) -> Result<Self, StoreError> {
        let accepted = store.data(OWN.to_owned(), ACCEPTED.to_owned()).await?;
        let Accepted { forgiven, since } = accepted.and_then(|octets| Accepted::parse(&octets)).unwrap_or(NOTHING);
        Ok(Self {
            store,
            forgiven: AtomicI64::new(forgiven),
            latest: AtomicI64::new(since),
            was_behind: AtomicBool::new(false),
        })
    }

    /// Whether something may be issued that begins `now`. Each change is logged, once.
    ///
    /// # Errors
    /// The clock has been set back.
    pub fn check(&self, now: Timestamp) -> Result<(), ClockBehind> {
        let newest = self.newest();
        let is_behind = now < newest.saturating_sub(TOLERANCE);
        let was_behind = self.was_behind.swap(is_behind, Ordering::Relaxed);
        let behind = ClockBehind { now, newest };
        match (was_behind, is_behind) {
            (false, true) => {
                tracing::error!("nothing is issued: {behind}; mend the clock, or restart with --accept-clock")
            }
            (true, false) => tracing::info!("the clock is right again"),
            _ => {}
        }
        if is_behind {
            return Err(behind);
        }
        self.latest.fetch_max(now.as_unix(), Ordering::Relaxed);
        Ok(())
    }

    /// Takes the clock for right although records are newer. Changes nothing when it is.
    ///
    /// # Errors
    /// It is not on record, and not in force.
    pub async fn accept(&self, call: &Call) -> Result<(), StoreError> {
        let Err(behind) = self.check(call.now) else { return Ok(()) };
        let accepted = Accepted { forgiven: self.store.newest().as_unix(), since: call.now.as_unix() };
        let entry =
            Entry::new(decision::fresh_id(), call.now, call.request_id.clone(), Operation::Clock, Outcome::Accepted);
        // The entry travels in the transaction of the change, or in one before it.
        self.store.record_refusal(Entry { message: Some(behind.to_string()), ..entry }, None);
        let change = DataChange {
            provisioner: OWN.to_owned(),
            key: ACCEPTED.to_owned(),
            when: Condition::Always,
            value: Some(accepted.to_string().into_bytes()),
        };
        self.store.change_data(change).await?;
        self.latest.store(accepted.since, Ordering::Relaxed);
        self.forgiven.store(accepted.forgiven, Ordering::Relaxed);
        tracing::warn!("accepted by an operator: {behind}");
        Ok(())
    }

    /// When the newest record that counts was made, or what the clock has shown since the others were forgiven.
    fn newest(&self) -> Timestamp {
        let newest = self.store.newest();
        if newest.as_unix() > self.forgiven.load(Ordering::Relaxed) {
            return newest;
        }
        Timestamp::from_unix(self.latest.load(Ordering::Relaxed))
    }
}

/// Where the store keeps what is accepted: beside the values of provisioners, under a name that none of them has.
const OWN: &str = "";
const ACCEPTED: &str = "accepted-clock";

/// What an operator has accepted, in Unix seconds.
struct Accepted {
    /// Records up to then do not count.
    forgiven: i64,
    /// What the clock showed.
    since: i64,
}

const NOTHING: Accepted = Accepted { forgiven: i64::MIN, since: i64::MIN };

impl Accepted {
    fn parse(octets: &[u8]) -> Option<Self> {
        let (forgiven, since) = std::str::from_utf8(octets).ok()?.split_once(' ')?;
        Some(Self { forgiven: forgiven.parse().ok()?, since: since.parse().ok()? })
    }
}

impl std::fmt::Display for Accepted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.forgiven, self.since)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        app::StartOptions,
        clock::Clock as _,
        store::Embedded,
        test_ca::{Applicant, TestCa},
    };

    const NEWEST: i64 = 1_800_000_000;

    /// A store whose newest record was made at [`NEWEST`].
    fn store(folder: &tempfile::TempDir) -> Arc<dyn Store> {
        Arc::new(Embedded::open(&folder.path().join("db/db.sqlite"), None, Timestamp::from_unix(NEWEST)).unwrap())
    }

    fn at(offset: i64) -> Timestamp {
        Timestamp::from_unix(NEWEST + offset)
    }

    fn call(now: Timestamp) -> Call {
        Call::new("r".to_owned(), now, None)
    }

    #[tokio::test]
    async fn the_clock_may_be_five_minutes_behind_and_not_a_second_more() {
        let folder = tempfile::tempdir().unwrap();
        let timekeeping = Timekeeping::new(store(&folder)).await.unwrap();
        for offset in [-300, -299, 0, 1, 86_400] {
            assert_eq!(timekeeping.check(at(offset)), Ok(()), "{offset}");
        }
        for offset in [-301, -86_400, -NEWEST] {
            let behind = ClockBehind { now: at(offset), newest: at(0) };
            assert_eq!(timekeeping.check(at(offset)), Err(behind), "{offset}");
        }
        assert_eq!(timekeeping.check(at(0)), Ok(()), "the clock is right again");
    }

    #[tokio::test]
    async fn what_an_operator_accepts_holds_after_a_restart_and_is_on_record() {
        let folder = tempfile::tempdir().unwrap();
        let day = 86_400;
        for restart in [false, true] {
            let timekeeping = Timekeeping::new(store(&folder)).await.unwrap();
            if !restart {
                timekeeping.check(at(-day)).unwrap_err();
                timekeeping.accept(&call(at(-day))).await.unwrap();
            }
            timekeeping.check(at(-day)).unwrap();
            timekeeping.check(at(-day + 1_000)).unwrap();
            // Back again: what was accepted is this clock, not any.
            timekeeping.check(at(-day + 699)).unwrap_err();
            timekeeping.check(at(-day + 1_000)).unwrap();
        }
        let store = store(&folder);
        assert_eq!(store.head().sequence, 1, "one acceptance, one line");
        assert_eq!(store.newest(), at(0));
    }

    #[tokio::test]
    async fn a_clock_that_is_right_needs_no_acceptance() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(&folder);
        let timekeeping = Timekeeping::new(store.clone()).await.unwrap();
        timekeeping.accept(&call(at(0))).await.unwrap();
        assert_eq!(store.head().sequence, 0);
        timekeeping.check(at(-301)).unwrap_err();
    }

    /// Statuses of `/ready`, of `/roots` and of a request that is otherwise granted.
    async fn statuses(ca: &TestCa, applicant: &Applicant) -> [u16; 3] {
        let client = ca.client(false);
        let sign = client.post(ca.url("/sign")).body(applicant.body());
        let mut statuses = [0; 3];
        for (status, request) in
            statuses.iter_mut().zip([client.get(ca.url("/ready")), client.get(ca.url("/roots")), sign])
        {
            *status = request.send().await.unwrap().status().as_u16();
        }
        statuses
    }

    #[tokio::test]
    async fn a_ca_whose_clock_was_set_back_answers_and_issues_nothing_until_it_is_accepted() {
        let ca = TestCa::start().await;
        let (now, applicant) = (ca.clock.now(), Applicant::new(&ca));
        assert_eq!(statuses(&ca, &applicant).await, [200, 201, 201]);
        ca.clock.set(now.saturating_sub(TOLERANCE + Duration::from_secs(1)));
        assert_eq!(statuses(&ca, &applicant).await, [503, 201, 503]);
        let ca = ca.restart(StartOptions::default()).await;
        assert_eq!(statuses(&ca, &applicant).await, [503, 201, 503]);
        ca.clock.set(now);
        assert_eq!(statuses(&ca, &applicant).await, [200, 201, 201], "it is right again");

        ca.clock.set(now.saturating_sub(TOLERANCE + Duration::from_secs(1)));
        let ca = ca.restart(StartOptions { accept_clock: true, ..StartOptions::default() }).await;
        assert_eq!(statuses(&ca, &applicant).await, [200, 201, 201]);
        ca.stop().await;
    }
}
