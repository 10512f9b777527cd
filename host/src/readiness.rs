//! Whether a certificate could be issued now, and if not, why.
//!
//! Everything that ends the road for every request is looked at: the clock, the issuing certificates, the key, the
//! store with its audit log, and the disk under it. Asking changes nothing and is bounded: the key makes one signature
//! in [`PROOF_LASTS`], whoever asks, and a disk that does not answer holds one thread.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use authority::Timestamp;
use rustix::fs::{StatVfs, StatVfsMountFlags, statvfs};
use tokio::sync::Mutex;

use crate::{limits, snapshot::Snapshot};

/// One thing that keeps certificates from being issued.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Obstacle {
    /// A word for machines: `clock`, `issuer`, `key`, `store`, `disk`.
    pub what: &'static str,
    /// For people; nothing of it is secret.
    pub why: String,
}

impl Obstacle {
    fn new(what: &'static str, why: impl Into<String>) -> Self {
        Self { what, why: why.into() }
    }
}

/// What one configuration remembers of the last look.
pub struct Readiness {
    /// The folder the store writes to. Held while it is looked at.
    folder: Arc<Mutex<PathBuf>>,
    /// When the key was last found good. Held while it signs, so that it does so once however many ask.
    proven: Mutex<Option<Instant>>,
}

/// How long a signature proves that the key can sign.
const PROOF_LASTS: Duration = Duration::from_secs(10);
/// For a disk or a signer to answer.
const PATIENCE: Duration = Duration::from_secs(2);

impl Readiness {
    /// Nothing was looked at yet. `store` is the file of the store.
    pub fn new(store: &Path) -> Self {
        let folder = store.parent().unwrap_or(Path::new(".")).to_owned();
        Self { folder: Arc::new(Mutex::new(folder)), proven: Mutex::new(None) }
    }
}

/// Everything that keeps `ca` from issuing at `now`; nothing when it can.
pub async fn obstacles(ca: &Arc<Snapshot>, now: Timestamp) -> Vec<Obstacle> {
    let mut obstacles = Vec::new();
    if ca.timekeeping.check(now).is_err() {
        obstacles.push(Obstacle::new("clock", "the clock is behind the newest record"));
    }
    let chain = ca.authority.issuer().chain();
    if chain.iter().any(|certificate| now > certificate.validity().not_after) {
        obstacles.push(Obstacle::new("issuer", "a certificate of the issuing chain has expired"));
    }
    if !ca.store.is_ready() {
        obstacles.push(Obstacle::new("store", "records and audit log cannot be written"));
    }
    obstacles.extend(disk(ca).await);
    obstacles.extend(key(ca).await);
    obstacles
}

async fn disk(ca: &Arc<Snapshot>) -> Option<Obstacle> {
    match look(&ca.readiness.folder, |folder| statvfs(folder.as_path())).await {
        Some(Ok(found)) => judge(&found),
        Some(Err(error)) => Some(Obstacle::new("disk", format!("the folder of the store cannot be read: {error}"))),
        None => Some(Obstacle::new("disk", "the disk of the store does not answer")),
    }
}

/// What `looking` finds, or nothing when that takes too long. It holds `place` until it ends, however long that is, also
/// when nobody waits any more: of many looks at something that hangs only the first has a thread.
async fn look<T: Send + 'static, F: Send + 'static>(
    place: &Arc<Mutex<T>>,
    looking: impl FnOnce(&mut T) -> F + Send + 'static,
) -> Option<F> {
    let found = async {
        let mut held = Arc::clone(place).lock_owned().await;
        tokio::task::spawn_blocking(move || looking(&mut held)).await.ok()
    };
    tokio::time::timeout(PATIENCE, found).await.ok().flatten()
}

fn judge(found: &StatVfs) -> Option<Obstacle> {
    if found.f_flag.contains(StatVfsMountFlags::RDONLY) {
        return Some(Obstacle::new("disk", "the disk of the store is read-only"));
    }
    let free = found.f_bavail.saturating_mul(found.f_frsize);
    (free < limits::SPARE_DISK).then(|| Obstacle::new("disk", "the disk of the store is full"))
}

async fn key(ca: &Arc<Snapshot>) -> Option<Obstacle> {
    let mut proven = ca.readiness.proven.lock().await;
    if proven.is_some_and(|at| at.elapsed() < PROOF_LASTS) {
        return None;
    }
    let signer = Arc::clone(ca);
    let prove = move || signer.authority.issuer().prove_key();
    let proving = async {
        // One that hangs would keep another thread for everybody who asks.
        match ca.authority.issuer().signs_elsewhere() {
            true => ca.turns.ask(prove).await.ok(),
            false => tokio::task::spawn_blocking(prove).await.ok(),
        }
    };
    match tokio::time::timeout(PATIENCE, proving).await {
        Ok(Some(Ok(()))) => {
            *proven = Some(Instant::now());
            None
        }
        Ok(Some(Err(error))) => {
            tracing::error!(%error, "the issuing key cannot be used");
            Some(Obstacle::new("key", "the issuing key cannot be used"))
        }
        Ok(None) | Err(_) => Some(Obstacle::new("key", "the issuing key does not answer")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn disk(free: u64, flags: StatVfsMountFlags) -> StatVfs {
        let mut found = statvfs("/").unwrap();
        (found.f_bavail, found.f_frsize, found.f_flag) = (free / 512, 512, flags);
        found
    }

    #[tokio::test]
    async fn what_hangs_holds_one_thread_however_many_ask() {
        let place = Arc::new(Mutex::new(0));
        let (begun, begins) = tokio::sync::oneshot::channel();
        let (end, ends) = std::sync::mpsc::channel::<()>();
        let asked = Arc::clone(&place);
        let first = tokio::spawn(async move {
            let hangs = move |looks: &mut u32| {
                begun.send(()).unwrap();
                *looks += 1;
                ends.recv().is_err()
            };
            look(&asked, hangs).await
        });
        begins.await.unwrap();
        first.abort();
        assert!(first.await.unwrap_err().is_cancelled());
        assert_eq!(look(&place, |looks| *looks += 1).await, None, "the first look has not ended");
        drop(end);
        assert_eq!(*place.lock().await, 1);
        assert_eq!(look(&place, |looks| *looks).await, Some(1));
    }

    #[test]
    fn a_disk_with_little_space_or_that_cannot_be_written_is_an_obstacle() {
        let writable = StatVfsMountFlags::empty();
        assert_eq!(judge(&disk(limits::SPARE_DISK, writable)), None);
        for (found, why) in [
            (disk(limits::SPARE_DISK - 512, writable), "full"),
            (disk(u64::MAX, StatVfsMountFlags::RDONLY), "read-only"),
        ] {
            let obstacle = judge(&found).unwrap();
            assert!(obstacle.what == "disk" && obstacle.why.contains(why), "{obstacle:?}");
        }
    }
}
