//! From a policy's name to its module: a file is read, pinned or vouched for, and compiled.
//!
//! What a configuration wants of a module, and for whom, is not known here.

use super::{
    Surroundings,
    releases::{self, Release},
};
use crate::{
    audit::Digest,
    config::{Builtin, Config, PolicyConfig, PolicyName},
    limits,
    store::{ModuleRecord, StoreError},
};
use bytes::Bytes;
use jose::Jwk;
use policy_manifest::{Manifest, ManifestError, capability};
use policy_runtime::{Fault, Module, Runtime};
use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
    sync::Arc,
};
use thiserror::Error;

/// The modules that come with the CA, as they were compiled from `policies/`.
const BUILTIN_JWK: &[u8] = include_bytes!("../../../policies/dist/jwk.wasm");
const BUILTIN_CLAIMS: &[u8] = include_bytes!("../../../policies/dist/claims.wasm");

/// A module that could be loaded.
pub(super) struct Loaded {
    pub(super) module: Arc<Module>,
    /// As it was loaded.
    pub(super) record: ModuleRecord,
    /// Of one that somebody vouches for.
    pub(super) release: Option<Release>,
}

/// Loads the module of one policy.
pub(super) async fn load(
    runtime: &Runtime,
    config: &Config,
    surroundings: &Surroundings<'_>,
    name: &PolicyName,
) -> Result<Loaded, ModuleError> {
    let (bytes, manifest) = match (name, surroundings.shelf.get(name.as_str())) {
        // What was served once was vouched for then.
        (_, Some(shelved)) => (shelved.clone(), None),
        (PolicyName::Builtin(Builtin::Jwk), None) => (Bytes::from_static(BUILTIN_JWK), None),
        (PolicyName::Builtin(Builtin::Claims), None) => (Bytes::from_static(BUILTIN_CLAIMS), None),
        (PolicyName::Configured(name), None) => {
            let policy = config.policies.get(name).ok_or(ModuleError::Unknown)?;
            from_disk(config, surroundings, name, policy).await?
        }
    };
    let (runtime, module_name) = (runtime.clone(), name.as_str().to_owned());
    let component = bytes.clone();
    let compiled = tokio::task::spawn_blocking(move || runtime.load(&module_name, &bytes)).await;
    let module = compiled.map_err(|_| ModuleError::Panicked)??;
    let digest = Digest::from_bytes(module.digest());
    let record = ModuleRecord { name: name.as_str().to_owned(), digest, component };
    let release = manifest.map(|manifest| release(manifest, &module)).transpose()?;
    Ok(Loaded { module, record, release })
}

/// Octets of a module's file, and the manifest that vouches for them where one is asked for.
async fn from_disk(
    config: &Config,
    surroundings: &Surroundings<'_>,
    name: &str,
    policy: &PolicyConfig,
) -> Result<(Bytes, Option<Manifest>), ModuleError> {
    let path = config.module_path(policy);
    let bytes = Bytes::from(read(&path, policy.sha256)?);
    let signed_as = policy.manifest.as_deref().unwrap_or(name);
    let manifest = vouched_for(config, surroundings, signed_as, &path, &bytes).await?;
    Ok((bytes, manifest))
}

/// Somebody who is trusted signed the module for the policy of this name, and no newer one was in use. Without
/// trusted keys nobody is asked.
async fn vouched_for(
    config: &Config,
    surroundings: &Surroundings<'_>,
    name: &str,
    path: &Path,
    bytes: &[u8],
) -> Result<Option<Manifest>, ModuleError> {
    if config.trusted_keys.is_empty() {
        return Ok(None);
    }
    let trusted: Vec<Jwk> = config.trusted_keys.iter().map(|key| key.jwk().clone()).collect();
    let manifest = Manifest::verify(read_manifest(&Manifest::path(path))?.as_deref(), &trusted, bytes)?;
    manifest.is_of(name)?;
    manifest.not_older(releases::newest(surroundings.store, &manifest.name).await?)?;
    Ok(Some(manifest))
}

/// What the manifest says of the module is so.
fn release(manifest: Manifest, module: &Module) -> Result<Release, ModuleError> {
    let grants: Vec<_> = module.grants_needed().map(|(import, _)| capability(import).to_owned()).collect();
    manifest.is_true_of(&format!("{}-module", module.kind()), &grants)?;
    Ok(Release { name: manifest.name, version: manifest.version })
}

/// Reads a manifest; none when there is no file.
fn read_manifest(path: &Path) -> Result<Option<String>, ModuleError> {
    let unreadable = |source| ModuleError::Read { path: path.to_owned(), source };
    let mut text = String::new();
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file.map_err(unreadable)?,
    };
    // What is longer is cut, and then no message that was signed.
    file.take(limits::MODULE_MANIFEST).read_to_string(&mut text).map_err(unreadable)?;
    Ok(Some(text))
}

/// Reads a module's file, once; what is hashed is what is compiled.
fn read(path: &Path, pin: Option<[u8; 32]>) -> Result<Vec<u8>, ModuleError> {
    let unreadable = |source| ModuleError::Read { path: path.to_owned(), source };
    let mut bytes = Vec::new();
    File::open(path).map_err(unreadable)?.take(limits::MODULE_FILE + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if let Some(pin) = pin {
        let found = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &bytes);
        if found.as_ref() != pin {
            return Err(ModuleError::Pin {
                path: path.to_owned(),
                found: hex::encode(found.as_ref()),
                pinned: hex::encode(pin),
            });
        }
    }
    Ok(bytes)
}

/// Why there is no module.
#[derive(Debug, Error)]
pub(super) enum ModuleError {
    #[error("no policy has this name")]
    Unknown,
    #[error("cannot read {}: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error(
        "{} has sha256 {found}, but {pinned} is pinned: the file was changed, or the pin belongs to another build",
        path.display()
    )]
    Pin { path: PathBuf, found: String, pinned: String },
    #[error("compiling it failed unexpectedly")]
    Panicked,
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    #[error("the store does not tell which version was in use: {0}")]
    Store(#[from] StoreError),
    #[error(transparent)]
    Fault(#[from] Fault),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_is_read_up_to_the_limit_and_cut_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("corp.wasm.manifest");
        assert!(read_manifest(&path).unwrap().is_none());
        let most = usize::try_from(limits::MODULE_MANIFEST).unwrap();
        for (length, expected) in [(most - 1, most - 1), (most, most), (most + 1, most)] {
            std::fs::write(&path, "x".repeat(length)).unwrap();
            assert_eq!(read_manifest(&path).unwrap().unwrap().len(), expected);
        }
    }

    #[test]
    fn a_file_that_is_not_the_pinned_one_is_not_read_as_a_module() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("corp.wasm");
        std::fs::write(&path, b"corp").unwrap();
        let pin = |octets: &[u8]| *Digest::of(&[octets]).as_bytes();
        assert_eq!(read(&path, Some(pin(b"corp"))).unwrap(), b"corp");
        assert!(matches!(read(&path, Some(pin(b"Corp"))), Err(ModuleError::Pin { .. })));
    }
}
