//! Modules: libraries that are loaded once a process.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use cryptoki::{
    context::{CInitializeArgs, CInitializeFlags, Pkcs11},
    error::{Error, RvError},
};

use crate::OpenError;

/// A module is initialized once a process (PKCS #11 3.0 §5.4), and two configurations may use it: that in force, and the
/// one that is about to take its place.
static LOADED: Mutex<BTreeMap<PathBuf, Pkcs11>> = Mutex::new(BTreeMap::new());

/// The module in this file.
pub(crate) fn load(path: &Path) -> Result<Pkcs11, OpenError> {
    let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(module) = loaded.get(path) {
        return Ok(module.clone());
    }
    if !path.exists() {
        return Err(OpenError::NoModule { path: path.to_owned() });
    }
    let unusable = |error: Error| OpenError::Module { path: path.to_owned(), reason: error.to_string() };
    let module = Pkcs11::new(path).map_err(unusable)?;
    match module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
        Ok(()) | Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => {}
        Err(error) => return Err(unusable(error)),
    }
    loaded.insert(path.to_owned(), module.clone());
    Ok(module)
}
