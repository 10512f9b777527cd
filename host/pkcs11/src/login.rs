//! A PIN that was refused is not tried again: tokens lock themselves after a few wrong ones.

use std::sync::{Mutex, PoisonError};

use crate::OpenError;

/// Lets sessions be opened one after the other, until the PIN is refused.
#[derive(Default)]
pub(crate) struct Login(Mutex<Option<Refused>>);

#[derive(Clone, Copy)]
enum Refused {
    Wrong,
    Locked,
}

impl Login {
    /// Opens, unless the PIN was refused before. Whoever waits here for another learns what became of its attempt.
    pub(crate) fn attempt<T>(&self, open: impl FnOnce() -> Result<T, OpenError>) -> Result<T, OpenError> {
        // A copy, so it is whole even after a panic.
        let mut refused = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match *refused {
            Some(Refused::Wrong) => return Err(OpenError::WrongPin),
            Some(Refused::Locked) => return Err(OpenError::LockedPin),
            None => {}
        }
        let opened = open();
        *refused = match &opened {
            Err(OpenError::WrongPin) => Some(Refused::Wrong),
            Err(OpenError::LockedPin) => Some(Refused::Locked),
            _ => None,
        };
        opened
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Barrier,
        atomic::{AtomicUsize, Ordering},
    };

    use super::*;

    const MANY: usize = 16;

    #[test]
    fn a_wrong_pin_is_tried_once_however_many_come_at_the_same_time() {
        let (login, tried, begin) = (Login::default(), AtomicUsize::new(0), Barrier::new(MANY));
        std::thread::scope(|scope| {
            for _ in 0..MANY {
                scope.spawn(|| {
                    begin.wait();
                    let opened = login.attempt(|| -> Result<(), _> {
                        tried.fetch_add(1, Ordering::Relaxed);
                        // Gives the others every chance to come past while the token thinks.
                        std::thread::yield_now();
                        Err(OpenError::WrongPin)
                    });
                    assert!(matches!(opened, Err(OpenError::WrongPin)));
                });
            }
        });
        assert_eq!(tried.into_inner(), 1);
    }

    #[test]
    fn a_token_that_was_gone_is_asked_again() {
        let login = Login::default();
        let gone = || -> Result<(), _> { Err(OpenError::Token { reason: "TokenNotPresent".to_owned() }) };
        assert!(matches!(login.attempt(gone), Err(OpenError::Token { .. })));
        login.attempt(|| Ok(())).unwrap();
        assert!(matches!(login.attempt(|| -> Result<(), _> { Err(OpenError::LockedPin) }), Err(OpenError::LockedPin)));
        assert!(matches!(login.attempt(|| Ok(())), Err(OpenError::LockedPin)));
    }
}
