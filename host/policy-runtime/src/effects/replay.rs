//! Answering from a transcript instead of the world.

use std::sync::Arc;

use super::encoding::{Encode, decoded};
use super::transcript::{Arguments, Function, Transcript};

/// Where a replay is in its transcript.
pub(crate) struct Replay {
    transcript: Arc<Transcript>,
    step: usize,
}

impl Replay {
    pub(crate) fn of(transcript: Arc<Transcript>) -> Self {
        Self { transcript, step: 0 }
    }

    /// What was answered when the same was asked.
    pub(crate) fn next<T: Encode>(&mut self, function: Function, arguments: &Arguments) -> Result<T, ReplayMismatch> {
        let (asked, step) = (function.name(), self.step);
        let Some(exchange) = self.transcript.exchange(step) else {
            return Err(match self.transcript.is_cut() {
                true => ReplayMismatch::Cut { step },
                false => ReplayMismatch::Ended { step, asked },
            });
        };
        self.step = step.saturating_add(1);
        if exchange.function != function {
            return Err(ReplayMismatch::Function { step, asked, recorded: exchange.function.name() });
        }
        if exchange.arguments.digest() != arguments.digest() {
            return Err(ReplayMismatch::Arguments { step, asked });
        }
        decoded(&exchange.answer).ok_or(ReplayMismatch::Unreadable { step })
    }
}

/// How a replay left the path of what was recorded. Steps count from 0.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ReplayMismatch {
    /// The same function, about something else.
    #[error("step {step}: {asked} is asked about something else than was recorded")]
    Arguments {
        /// Which exchange.
        step: usize,
        /// The function.
        asked: &'static str,
    },
    /// There was more than the transcript holds.
    #[error("step {step}: the transcript was cut here, because there was more than is kept")]
    Cut {
        /// Which exchange.
        step: usize,
    },
    /// Nothing more was asked when it was recorded.
    #[error("step {step}: {asked} is called, which was not called when this was recorded")]
    Ended {
        /// Which exchange.
        step: usize,
        /// The function.
        asked: &'static str,
    },
    /// Another function was called.
    #[error("step {step}: {asked} is called where {recorded} was recorded")]
    Function {
        /// Which exchange.
        step: usize,
        /// The function.
        asked: &'static str,
        /// The one that was called then.
        recorded: &'static str,
    },
    /// The answer is none of this function.
    #[error("step {step}: the recorded answer cannot be read")]
    Unreadable {
        /// Which exchange.
        step: usize,
    },
}
