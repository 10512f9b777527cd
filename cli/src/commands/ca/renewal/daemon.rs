//! Staying to get the next certificate again and again.

use std::{future::pending, time::Duration};

use anyhow::Context as _;
use authority::Timestamp;
use go_duration::GoDuration;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::{
    super::{flags::CaFlags, pair::Pair},
    Renewal, schedule,
};
use crate::{context::Context, error::ExitStatus};

/// Before an attempt that failed is made again.
const AFTER_ERROR: Duration = Duration::from_secs(60);

/// Why the wait is over.
enum Wake {
    Renew,
    Leave,
}

/// Makes the next pair of each until SIGINT or SIGTERM; SIGHUP does it at once.
pub(super) fn run(
    cx: &mut Context,
    ca: &CaFlags,
    mut pair: Pair,
    renewal: &Renewal,
    mut next: impl FnMut(&mut Context, &mut Pair) -> anyhow::Result<()>,
) -> anyhow::Result<ExitStatus> {
    // What can be known to be wrong now is said now, not in sixteen hours.
    ca.url(cx)?;
    ca.roots(cx)?;
    let mut signals = cx.wait_for(async { Signals::listen() })?.context("listening for signals failed")?;
    let Renewal { words, rhythm, after, .. } = renewal;
    let mut wait = rhythm.wait(pair.leaf()?.validity(), cx.now(), schedule::random);
    inform(cx, &format!("first {} in {}", words.noun, rounded(wait)))?;
    loop {
        match cx.wait_for(signals.next(wait))? {
            Wake::Leave => return Ok(ExitStatus::Success),
            Wake::Renew => {}
        }
        let outcome = next(cx, &mut pair).and_then(|()| after.run());
        wait = match outcome {
            Ok(()) => {
                let wait = rhythm.wait(pair.leaf()?.validity(), cx.now(), schedule::random);
                inform(cx, &format!("certificate {}, next in {}", words.done, rounded(wait)))?;
                wait
            }
            Err(error) => {
                let line = format!("ERROR: {} {error:#}", stamp(cx.now()));
                cx.output.say(line)?;
                AFTER_ERROR
            }
        };
    }
}

struct Signals {
    hang_up: Signal,
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    fn listen() -> std::io::Result<Self> {
        Ok(Self {
            hang_up: signal(SignalKind::hangup())?,
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn next(&mut self, wait: Duration) -> Wake {
        // A certificate of centuries would overflow the timer; then only a signal wakes us.
        let sleep = async {
            match tokio::time::Instant::now().checked_add(wait) {
                Some(end) => tokio::time::sleep_until(end).await,
                None => pending().await,
            }
        };
        tokio::select! {
            () = sleep => Wake::Renew,
            _ = self.hang_up.recv() => Wake::Renew,
            _ = self.interrupt.recv() => Wake::Leave,
            _ = self.terminate.recv() => Wake::Leave,
        }
    }
}

fn inform(cx: &mut Context, text: &str) -> std::io::Result<()> {
    let line = format!("INFO: {} {text}", stamp(cx.now()));
    // To a program the answers are the renewals, a line each.
    if cx.output.is_json() { cx.output.say(line) } else { cx.output.answer(line + "\n") }
}

fn rounded(wait: Duration) -> GoDuration {
    GoDuration::from_secs(i64::try_from(wait.as_secs()).unwrap_or(i64::MAX))
}

/// `2006/01/02 15:04:05`, as Go's logger has it, in UTC.
fn stamp(now: Timestamp) -> String {
    now.to_string().replace('-', "/").replace('T', " ").replace('Z', "")
}
