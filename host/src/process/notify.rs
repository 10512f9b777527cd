//! What the supervisor is told, as `sd_notify(3)` describes it. Without one nobody is told anything.

use sd_notify::NotifyState;

/// The CA answers at `address`; or answers again, after [`reloading`].
pub fn ready(address: &str) {
    tell(&[NotifyState::Ready, NotifyState::Status(&format!("serving HTTPS on {address}"))]);
}

/// A reload has begun. The CA answers all the while.
pub fn reloading() {
    // `Type=notify-reload` recognises its own request by the time.
    match NotifyState::monotonic_usec_now() {
        Ok(now) => tell(&[NotifyState::Reloading, now, NotifyState::Status("reloading")]),
        Err(error) => tracing::debug!(%error, "the monotonic clock cannot be read"),
    }
}

/// The end has begun.
pub fn stopping() {
    tell(&[NotifyState::Stopping, NotifyState::Status("answering what was accepted")]);
}

fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::warn!(%error, "the supervisor cannot be told");
    }
}
