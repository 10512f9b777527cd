//! The end of the audit file, signed regularly.
//!
//! Beside the file lies one line, `<file>.head`: how far the log was at a time, signed with the issuing key. Whoever has a
//! copy of it elsewhere can tell that a tail was cut or that the chain was computed anew, without the store.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use audit_log::{SignedHead, head_of};
use authority::{Timestamp, keys::SignerError};
use steppath::{Access, Overwrite};
use thiserror::Error;
use tokio::task::spawn_blocking;

use crate::{audit::Head, limits, snapshot::Snapshot, turns::SignerBusy};

/// Signs the end of the log now and whenever it has moved, for ever.
pub(crate) async fn keep_sealed(file: PathBuf, look: impl Fn() -> (Arc<Snapshot>, Timestamp)) {
    let mut sealed = None;
    loop {
        let (ca, now) = look();
        seal(&file, ca, now, &mut sealed).await;
        tokio::time::sleep(limits::AUDIT_HEAD_TIME).await;
    }
}

/// Signs the end of the log, unless that is what was `sealed` last.
pub(crate) async fn seal(file: &Path, ca: Arc<Snapshot>, now: Timestamp, sealed: &mut Option<Head>) {
    let (head, path) = (ca.store.head(), head_of(file));
    // What cannot be written has no end of its own, and its file may be behind.
    if *sealed == Some(head) || ca.store.is_read_only() {
        return;
    }
    match sign_and_write(&ca, head, path, now).await {
        Ok(()) => *sealed = Some(head),
        Err(error) => tracing::warn!(%error, "the end of the audit log was not signed; this is tried again"),
    }
}

/// On a thread, since a key may be slow, and a disk, too; in its turn when the signer is elsewhere.
async fn sign_and_write(ca: &Arc<Snapshot>, head: Head, path: PathBuf, now: Timestamp) -> Result<(), SealError> {
    let (log, authority) = (ca.store.log(), ca.authority.clone());
    let sign = move || SignedHead::sign(log, head, now, authority.issuer());
    let signed = match ca.authority.issuer().signs_elsewhere() {
        true => ca.turns.ask(sign).await??,
        false => spawn_blocking(sign).await.map_err(|_| SealError::Stopped)??,
    };
    let contents = format!("{signed}\n");
    let write = move || steppath::write(&path, contents.as_bytes(), Access::Private, Overwrite::Allow);
    Ok(spawn_blocking(write).await.map_err(|_| SealError::Stopped)??)
}

/// Why the end is not signed.
#[derive(Debug, Error)]
enum SealError {
    #[error(transparent)]
    Busy(#[from] SignerBusy),
    #[error(transparent)]
    Signer(#[from] SignerError),
    #[error("the process ends")]
    Stopped,
    #[error(transparent)]
    Write(#[from] steppath::FileError),
}
