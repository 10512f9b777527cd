//! The end of the audit file, signed regularly.
//!
//! Beside the file lies one line, `<file>.head`: how far the log was at a time, signed with the issuing key. Whoever has a
//! copy of it elsewhere can tell that a tail was cut or that the chain was computed anew, without the store.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use audit_log::{SignedHead, head_of};
use authority::Timestamp;
use steppath::{Access, Overwrite};

use crate::{audit::Head, limits, snapshot::Snapshot};

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
    // A key may be slow, and a disk, too.
    let written = tokio::task::spawn_blocking(move || {
        let signed = SignedHead::sign(ca.store.log(), head, now, ca.authority.issuer());
        let signed = signed.map_err(|error| error.to_string())?;
        let contents = format!("{signed}\n");
        steppath::write(&path, contents.as_bytes(), Access::Private, Overwrite::Allow)
            .map_err(|error| error.to_string())
    });
    match written.await {
        Ok(Ok(())) => *sealed = Some(head),
        Ok(Err(error)) => tracing::warn!(error, "the end of the audit log was not signed; this is tried again"),
        Err(_) => tracing::warn!("signing the end of the audit log ended in a panic"),
    }
}
