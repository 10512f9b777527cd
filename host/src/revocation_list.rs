//! The list of revoked certificates that is published, and when the next one is made.
//!
//! A list is made when it is first asked for, when it has become old, and after every revocation. While the next one is
//! made the old one is served, as long as it may be used. The number is recorded before anybody sees the list.
//!
//! Where there is no list to be served so many wait for one, for so long; the others are told to come again. A signer that
//! fails is not asked anew for each of them.

use crate::{
    config::CrlConfig,
    limits,
    snapshot::Snapshot,
    store::{ListBasis, StoreError, Unavailable},
    turns::SignerBusy,
};
use arc_swap::ArcSwapOption;
use authority::{CertificateList, ListContents, SignListError, SubjectPublicKeyInfo, Timestamp};
use bytes::Bytes;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use thiserror::Error;
use tokio::{
    sync::{Mutex, Semaphore},
    time::timeout,
};

/// The list of one configuration generation: signed with its key, under its rules.
pub struct RevocationLists {
    config: CrlConfig,
    current: ArcSwapOption<RevocationList>,
    /// One is made at a time. Who holds it knows when that failed last.
    making: Arc<Mutex<Option<Instant>>>,
    /// For whoever waits until that is done.
    waiting: Arc<Semaphore>,
}

/// A list as it is published.
#[derive(Debug)]
pub struct RevocationList {
    /// Its number (RFC 5280 §5.2.3).
    pub number: u64,
    /// DER.
    pub der: Bytes,
    /// PEM.
    pub pem: Bytes,
    /// When it was made.
    pub this_update: Timestamp,
    /// By when there is a newer one.
    pub next_update: Timestamp,
    /// How many certificates were revoked, at least, when it was made.
    revoked: u64,
}

impl RevocationList {
    fn of_list(list: &CertificateList, revoked: u64) -> Self {
        Self {
            number: list.number(),
            der: Bytes::copy_from_slice(list.der()),
            pem: Bytes::from(list.pem()),
            this_update: list.this_update(),
            next_update: list.next_update(),
            revoked,
        }
    }
}

#[cfg(test)]
impl RevocationList {
    /// For tests of whoever publishes it; good for an hour.
    pub(crate) fn of(der: &'static str, pem: &'static str, this_update: Timestamp) -> Self {
        let next_update = Timestamp::from_unix(this_update.as_unix() + 3_600);
        Self { number: 1, der: der.into(), pem: pem.into(), this_update, next_update, revoked: 0 }
    }
}

/// How long the answer to a revocation waits for the list that shows it.
const PATIENCE: Duration = Duration::from_secs(1);
/// How often it is looked whether the list is old.
const LOOK_EVERY: Duration = Duration::from_secs(30);
/// How long a failure is the answer of everybody who wants a list.
const AFTER_FAILURE: Duration = Duration::from_secs(1);
/// Numbers can be taken only by another maker in the same store.
const ATTEMPTS: usize = 3;

impl RevocationLists {
    /// Nothing is made yet.
    pub fn new(config: CrlConfig) -> Self {
        let waiting = Arc::new(Semaphore::new(limits::LIST_WAITING));
        Self { config, current: ArcSwapOption::empty(), making: Arc::default(), waiting }
    }

    /// Takes over a list that this issuer signed before, when it is still good for something. Whoever cannot record a
    /// number cannot make another.
    pub(crate) fn restore(&self, der: &[u8], issuer: &SubjectPublicKeyInfo, revoked: u64) {
        match CertificateList::from_der(der) {
            Ok(list) if list.verify_signature(issuer).is_ok() => {
                self.current.store(Some(Arc::new(RevocationList::of_list(&list, revoked))));
            }
            Ok(_) => tracing::warn!("the list of revoked certificates that was kept is of another issuer"),
            Err(error) => tracing::warn!(%error, "the list of revoked certificates that was kept cannot be read"),
        }
    }

    /// The latest, whether or not it may still be used.
    pub fn latest(&self) -> Option<Arc<RevocationList>> {
        self.current.load_full()
    }

    fn fresh(&self, ca: &Snapshot, now: Timestamp) -> Option<Arc<RevocationList>> {
        let list = self.current.load_full()?;
        let age = now.duration_since(list.this_update)?;
        (age < self.config.renew_period && list.revoked == ca.store.revoked()).then_some(list)
    }

    fn usable(&self, now: Timestamp) -> Option<Arc<RevocationList>> {
        self.current.load_full().filter(|list| list.this_update <= now && now < list.next_update)
    }
}

/// The list in force: a fresh one, or the one before while the next is made.
///
/// # Errors
/// There is none, and none could be made.
pub async fn current(ca: &Arc<Snapshot>, now: Timestamp) -> Result<Arc<RevocationList>, ListFault> {
    let lists = ca.revocation_lists.as_ref().ok_or(ListFault::NotOffered)?;
    if let Some(list) = lists.fresh(ca, now) {
        return Ok(list);
    }
    if ca.store.is_read_only() {
        return lists.usable(now).ok_or(ListFault::Store(StoreError::Unavailable(Unavailable::ReadOnly)));
    }
    match lists.usable(now) {
        Some(list) => {
            begin(ca.clone(), now);
            Ok(list)
        }
        None => match timeout(limits::LIST_TIME, made(ca.clone(), now)).await {
            Ok(made) => made,
            Err(_) => Err(ListFault::Late),
        },
    }
}

/// Makes the list that shows a revocation, and waits for it, but not for long: it is made whoever waits.
pub async fn follow_revocation(ca: &Arc<Snapshot>, now: Timestamp) {
    if ca.revocation_lists.is_some() && timeout(PATIENCE, made(ca.clone(), now)).await.is_err() {
        tracing::debug!("a revocation was answered before the list that shows it");
    }
}

/// Keeps the list of whatever snapshot is in force fresh.
pub async fn keep_fresh(snapshot: impl Fn() -> (Arc<Snapshot>, Timestamp)) {
    loop {
        let (ca, now) = snapshot();
        if ca.revocation_lists.is_some() {
            // A failure is logged where it happens.
            let _ = current(&ca, now).await;
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Makes a list on the side, unless one is being made.
fn begin(ca: Arc<Snapshot>, now: Timestamp) {
    let is_being_made = ca.revocation_lists.as_ref().is_none_or(|lists| lists.making.try_lock().is_err());
    if !is_being_made {
        tokio::spawn(made(ca, now));
    }
}

/// Makes a list if nobody has by now. It goes on when nobody waits any more, and keeps its place among those who wait.
async fn made(ca: Arc<Snapshot>, now: Timestamp) -> Result<Arc<RevocationList>, ListFault> {
    let lists = ca.revocation_lists.as_ref().ok_or(ListFault::NotOffered)?;
    let place = lists.waiting.clone().try_acquire_owned().map_err(|_| ListFault::TooMany)?;
    let making = tokio::spawn(async move {
        let _place = place;
        let lists = ca.revocation_lists.as_ref().ok_or(ListFault::NotOffered)?;
        let mut failed = lists.making.lock().await;
        if let Some(list) = lists.fresh(&ca, now) {
            return Ok(list);
        }
        if failed.is_some_and(|failed| failed.elapsed() < AFTER_FAILURE) {
            return Err(ListFault::JustFailed);
        }
        let list = make(&ca, &lists.config, now).await;
        match &list {
            Ok(list) => lists.current.store(Some(list.clone())),
            Err(error) => tracing::error!(%error, "the list of revoked certificates could not be made"),
        }
        *failed = list.is_err().then(Instant::now);
        list
    });
    making.await.unwrap_or(Err(ListFault::Stopped))
}

async fn make(ca: &Arc<Snapshot>, config: &CrlConfig, now: Timestamp) -> Result<Arc<RevocationList>, ListFault> {
    let next_update = now.checked_add(config.validity).ok_or(SignListError::Time)?;
    for _ in 0..ATTEMPTS {
        // Read before the list is: what is revoked meanwhile makes the list old, at worst without need.
        let revoked = ca.store.revoked();
        let basis = ca.store.next_list(now).await?;
        let number = basis.number;
        let list = sign(ca.clone(), config.clone(), basis, now, next_update).await?;
        if ca.store.record_list(number, now).await? {
            tracing::debug!(number, entries = list.revoked().len(), "made a list of revoked certificates");
            let list = RevocationList::of_list(&list, revoked);
            if let Err(error) = ca.store.keep_list(list.der.clone()).await {
                // It is missed only when a start finds that nothing can be written.
                tracing::warn!(%error, "the list of revoked certificates was not kept");
            }
            return Ok(Arc::new(list));
        }
    }
    Err(ListFault::Stopped)
}

/// Signs on a thread that may be busy for a while, in its turn when that is done elsewhere.
async fn sign(
    ca: Arc<Snapshot>,
    config: CrlConfig,
    basis: ListBasis,
    this_update: Timestamp,
    next_update: Timestamp,
) -> Result<CertificateList, ListFault> {
    let authority = ca.authority.clone();
    let sign = move || {
        authority.issuer().sign_list(&ListContents {
            number: basis.number,
            this_update,
            next_update,
            revoked: &basis.revoked,
            distribution_point: config.issuing_distribution_point.as_ref(),
        })
    };
    if ca.authority.issuer().signs_elsewhere() {
        return Ok(ca.turns.ask(sign).await??);
    }
    Ok(tokio::task::spawn_blocking(sign).await.map_err(|_| ListFault::Stopped)??)
}

/// Why there is no list.
#[derive(Debug, Error)]
pub enum ListFault {
    /// The configuration does not ask for one.
    #[error("no list of revoked certificates is published by this configuration")]
    NotOffered,
    /// The signer was not asked.
    #[error(transparent)]
    Busy(#[from] SignerBusy),
    /// The last attempt failed a moment ago; the log says why.
    #[error("the last attempt to make the list of revoked certificates has just failed")]
    JustFailed,
    /// It took too long.
    #[error("there is no list of revoked certificates yet")]
    Late,
    /// It cannot be signed.
    #[error(transparent)]
    Sign(#[from] SignListError),
    /// The store does not say what is revoked, or does not take the number.
    #[error("record: {0}")]
    Store(#[from] StoreError),
    /// The process ends, or somebody else makes lists faster.
    #[error("making the list was stopped")]
    Stopped,
    /// Others wait for it already.
    #[error("{} others wait for the list of revoked certificates", limits::LIST_WAITING)]
    TooMany,
}
