//! Sessions with one token: few, used by one thread at a time, opened when they are needed.

use std::{
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use cryptoki::{context::Pkcs11, object::KeyType, types::AuthPin};

use crate::{OpenError, login::Login, session::KeySession, uri::KeyUri};

/// Sessions with one token at once, unless the URI says `max-sessions`.
pub const SESSIONS: usize = 8;
/// For a session to become free.
pub const SESSION_TIME: Duration = Duration::from_secs(5);

/// Opens sessions and lends them.
pub(crate) struct Pool {
    module: Pkcs11,
    uri: KeyUri,
    pin: AuthPin,
    kind: KeyType,
    login: Login,
    sessions: Mutex<Sessions>,
    returned: Condvar,
}

#[derive(Default)]
struct Sessions {
    idle: Vec<KeySession>,
    /// Lent ones, too.
    open: usize,
}

impl Pool {
    /// Opens the first session, so that whatever is wrong is found now.
    pub(crate) fn open(module: Pkcs11, uri: KeyUri, pin: AuthPin, kind: KeyType) -> Result<Self, OpenError> {
        let (login, sessions) = (Login::default(), Mutex::default());
        let pool = Self { module, uri, pin, kind, login, sessions, returned: Condvar::new() };
        drop(pool.lend()?);
        Ok(pool)
    }

    /// A session that nobody else uses. Blocks for the token, and at most [`SESSION_TIME`] for others.
    pub(crate) fn lend(&self) -> Result<Lent<'_>, OpenError> {
        let deadline = Instant::now() + SESSION_TIME;
        let mut sessions = self.sessions();
        loop {
            if let Some(session) = sessions.idle.pop() {
                return Ok(Lent { pool: self, session: Some(session) });
            }
            if sessions.open < self.uri.sessions {
                break;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(OpenError::Busy);
            }
            sessions = self.returned.wait_timeout(sessions, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        sessions.open += 1;
        drop(sessions);
        // From here on its place is given back, whatever happens.
        let mut lent = Lent { pool: self, session: None };
        lent.session = Some(self.log_in()?);
        Ok(lent)
    }

    /// Closes those nobody uses: of a token that is gone none works any more.
    pub(crate) fn forget_idle(&self) {
        let mut sessions = self.sessions();
        let idle = std::mem::take(&mut sessions.idle);
        sessions.open -= idle.len();
        drop(sessions);
        self.returned.notify_all();
    }

    fn log_in(&self) -> Result<KeySession, OpenError> {
        self.login.attempt(|| KeySession::open(&self.module, &self.uri, &self.pin, self.kind))
    }

    fn sessions(&self) -> MutexGuard<'_, Sessions> {
        // Nothing that panics happens while it is held.
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A session for the time being; it goes back when dropped.
pub(crate) struct Lent<'p> {
    pool: &'p Pool,
    session: Option<KeySession>,
}

impl Lent<'_> {
    pub(crate) fn session(&self) -> &KeySession {
        self.session.as_ref().expect("a session is lent until it is closed")
    }

    /// Closes it: it does not work any more.
    pub(crate) fn close(mut self) {
        self.session = None;
    }
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        let mut sessions = self.pool.sessions();
        match self.session.take() {
            Some(session) => sessions.idle.push(session),
            None => sessions.open -= 1,
        }
        drop(sessions);
        self.pool.returned.notify_one();
    }
}
