//! The store's file.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    sync::LazyLock,
};

use authority::Timestamp;
use step_ca::store::{Embedded, Store};
use tokio::runtime::Runtime;

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());

/// A database. It is refused, or found damaged, or it is sound: it never breaks its reader.
pub(super) fn file(octets: &[u8]) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("db").join("store.sqlite");
    fs::create_dir(path.parent().unwrap()).unwrap();
    fs::write(&path, octets).unwrap();
    fs::set_permissions(path.parent().unwrap(), Permissions::from_mode(0o700)).unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
    let Ok(store) = Embedded::open(&path, None, Timestamp::from_unix(1_800_000_000)) else { return };
    RUNTIME.block_on(async {
        let _ = store.check().await;
        let _ = store.next_list(Timestamp::from_unix(1_800_000_000)).await;
    });
}
