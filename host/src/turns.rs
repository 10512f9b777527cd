//! Whose turn it is at a signer elsewhere.
//!
//! It is asked for so many signatures at once and no more, however many want one, and whoever waits for a turn holds no
//! thread. A signer that hangs therefore keeps so many threads, a request gets an answer all the same, and whatever needs
//! no signature is served as if nothing were the matter. Of a key in memory this knows nothing.

use crate::{config::IssuingKey, limits, signing::Pause};
use authority::keys::SignerError;
use std::{panic::resume_unwind, sync::Arc, time::Duration};
use thiserror::Error;
use tokio::{sync::Semaphore, task::spawn_blocking, time::timeout};

/// Turns at one signer.
pub(crate) struct Turns {
    free: Arc<Semaphore>,
    /// For a turn.
    patience: Duration,
    /// For the signature.
    signature_time: Duration,
    /// After certificates of which it is not known whether they were signed.
    pub(crate) pause: Arc<Pause>,
}

/// The signer was not asked, and may be asked later.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum SignerBusy {
    /// As much is asked of it as may be asked of it at once.
    #[error("the signer is busy: max-sessions signatures are under way, and none was made in time")]
    NoTurn,
    /// It was asked a moment ago, and what it has signed is not known; the log says why.
    #[error("the signer has just failed, and is left alone for up to a minute")]
    JustFailed,
}

impl Turns {
    /// As many as the token may have sessions.
    pub(crate) fn at(key: &IssuingKey) -> Self {
        let count = match key {
            IssuingKey::Token(uri) => uri.sessions(),
            IssuingKey::File(_) => pkcs11::SESSIONS,
        };
        Self::new(count, pkcs11::SESSION_TIME, limits::SIGNATURE_TIME)
    }

    pub(crate) fn new(count: usize, patience: Duration, signature_time: Duration) -> Self {
        let (free, pause) = (Arc::new(Semaphore::new(count)), Arc::new(Pause::new()));
        Self { free, patience, signature_time, pause }
    }

    /// Asks the signer, on a thread that may be busy for a while, and waits, but not for ever: then it goes on without us,
    /// and keeps its turn until it ends.
    ///
    /// # Errors
    /// There was no turn in time, and nothing was asked. Within: what the signer says, or that it did not say in time.
    pub(crate) async fn ask<T, E>(
        &self,
        sign: impl FnOnce() -> Result<T, E> + Send + 'static,
    ) -> Result<Result<T, E>, SignerBusy>
    where
        T: Send + 'static,
        E: From<SignerError> + Send + 'static,
    {
        let turn =
            timeout(self.patience, Arc::clone(&self.free).acquire_owned()).await.map_err(|_| SignerBusy::NoTurn)?;
        let turn = turn.expect("the semaphore is never closed");
        let asked = spawn_blocking(move || {
            let answer = sign();
            drop(turn);
            answer
        });
        Ok(match timeout(self.signature_time, asked).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(ended)) => match ended.try_into_panic() {
                Ok(panic) => resume_unwind(panic),
                Err(_) => Err(SignerError::Unavailable { reason: "the server stops".to_owned() }.into()),
            },
            Err(_) => {
                let reason = format!("no answer in {:?}", self.signature_time);
                Err(SignerError::OutcomeUnknown { reason }.into())
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{
        atomic::{AtomicUsize, Ordering},
        mpsc,
    };

    /// Passes whatever may not be waited for.
    const NEVER: Duration = Duration::from_millis(1);
    const LONG: Duration = Duration::from_secs(60);

    fn unknown(answer: Result<Result<(), SignerError>, SignerBusy>) -> bool {
        matches!(answer, Ok(Err(SignerError::OutcomeUnknown { .. })))
    }

    #[tokio::test]
    async fn a_signer_that_hangs_keeps_as_many_threads_as_there_are_turns_until_it_ends() {
        const TURNS: usize = 2;
        let turns = Turns::new(TURNS, NEVER, NEVER);
        let asked = Arc::new(AtomicUsize::new(0));
        let mut hanging = Vec::new();
        for number in 0..5 {
            let (answer, coming) = mpsc::channel::<()>();
            hanging.push(answer);
            let asked = Arc::clone(&asked);
            let answer = turns.ask(move || {
                asked.fetch_add(1, Ordering::Relaxed);
                let _ = coming.recv();
                Ok(())
            });
            let answer = answer.await;
            assert!(if number < TURNS { unknown(answer) } else { answer == Err(SignerBusy::NoTurn) }, "{number}");
        }
        drop(hanging);
        // Both are free again when both calls have ended.
        let _all = turns.free.acquire_many(2).await.unwrap();
        assert_eq!(asked.load(Ordering::Relaxed), TURNS);
    }

    #[tokio::test]
    async fn whoever_gave_up_leaves_the_turn_to_the_signature() {
        let turns = Turns::new(1, LONG, LONG);
        let (answer, coming) = mpsc::channel::<()>();
        let (begun, begins) = tokio::sync::oneshot::channel();
        let asking = turns.ask(move || {
            begun.send(()).unwrap();
            let _ = coming.recv();
            Ok::<_, SignerError>(())
        });
        tokio::select! {
            _ = asking => unreachable!("it hangs"),
            begun = begins => begun.unwrap(),
        }
        assert_eq!(turns.free.available_permits(), 0);
        drop(answer);
        assert_eq!(turns.ask(|| Ok::<_, SignerError>(1)).await, Ok(Ok(1)));
    }

    #[tokio::test]
    async fn a_panic_gives_the_turn_back() {
        let turns = Arc::new(Turns::new(1, LONG, LONG));
        let asking = Arc::clone(&turns);
        let panicking =
            async move { asking.ask(|| -> Result<(), SignerError> { panic!("a bug of the module") }).await };
        assert!(tokio::spawn(panicking).await.unwrap_err().is_panic());
        assert_eq!(turns.ask(|| Ok::<_, SignerError>(1)).await, Ok(Ok(1)));
    }
}
