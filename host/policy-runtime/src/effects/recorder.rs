//! The part of a call that knows what the world has answered, or is to have answered.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::encoding::{Encode, encoded};
use super::replay::{Replay, ReplayMismatch};
use super::transcript::{Arguments, Function, Transcript};
use super::{Reply, Unavailable};
use crate::error::Stop;

/// Performs what a call asks of the world, or looks up what was answered before; keeps every answer.
pub(crate) struct Recorder {
    transcript: Transcript,
    replay: Option<Replay>,
    /// How long this call may still wait.
    patience: Duration,
    /// `init` is over. Before that there are no effects: what a module says of itself depends on its configuration alone.
    is_open: bool,
}

impl Recorder {
    pub(crate) fn new(replay: Option<&Arc<Transcript>>, patience: Duration) -> Self {
        let replay = replay.cloned().map(Replay::of);
        Self { transcript: Transcript::default(), replay, patience, is_open: false }
    }

    /// From now on effects are performed.
    pub(crate) fn open(&mut self) {
        self.is_open = true;
    }

    /// What was recorded.
    pub(crate) fn take(&mut self) -> Transcript {
        std::mem::take(&mut self.transcript)
    }

    /// The answer to one question: of the world, within the time that is left, or of the transcript.
    pub(crate) async fn ask<T, E>(
        &mut self,
        function: Function,
        arguments: Arguments,
        perform: Option<impl FnOnce() -> Reply<Result<T, E>>>,
    ) -> wasmtime::Result<Result<T, E>>
    where
        Result<T, E>: Encode,
        E: Unavailable,
    {
        if !self.is_open {
            return Ok(Err(E::unavailable("there are no effects in init")));
        }
        let answer = match (&mut self.replay, perform) {
            (Some(replay), _) => replay.next(function, &arguments).map_err(Stop::Replay)?,
            (None, Some(perform)) => {
                let started = Instant::now();
                let answer = timeout(self.patience, perform()).await.unwrap_or_else(|_| Err(E::too_slow()));
                self.patience = self.patience.saturating_sub(started.elapsed());
                answer
            }
            // What is not granted is not loaded; this is a second look.
            (None, None) => Err(E::unavailable("this is not granted")),
        };
        self.transcript.add(function, arguments, encoded(&answer));
        Ok(answer)
    }

    /// Whether answers come from a transcript.
    pub(crate) fn is_replay(&self) -> bool {
        self.replay.is_some()
    }

    /// What came out when the same was computed before. Only a replay can tell.
    pub(crate) fn recall<T: Encode>(&mut self, function: Function, arguments: Arguments) -> wasmtime::Result<T> {
        let missing = ReplayMismatch::Ended { step: 0, asked: function.name() };
        let replay = self.replay.as_mut().ok_or(Stop::Replay(missing))?;
        let outcome = replay.next(function, &arguments).map_err(Stop::Replay)?;
        self.keep(function, arguments, &outcome);
        Ok(outcome)
    }

    /// Keeps what was computed.
    pub(crate) fn keep(&mut self, function: Function, arguments: Arguments, outcome: &impl Encode) {
        self.transcript.add(function, arguments, encoded(outcome));
    }
}
