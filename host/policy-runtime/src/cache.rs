//! Compiled modules kept between two starts.
//!
//! A compiled module is native code that runs with the CA's rights: whoever can make us read one is the CA. So only
//! files are read that this host wrote itself, which it can tell by their MAC. The key of the MAC is a random file in
//! the same directory, and the directory and all files in it are open to our user alone. A file that does not pass is
//! ignored, and the module is compiled as if it were not there.
//!
//! Names bind an entry to the module's digest and to everything that shapes compiled code: this crate's version, the
//! version of wasmtime, its settings and the processor.

use std::fs::{DirBuilder, File, Metadata, OpenOptions, Permissions};
use std::hash::{Hash, Hasher};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use aws_lc_rs::{digest, hmac, rand};
use wasmtime::Engine;
use wasmtime::component::Component;

use crate::error::Fault;
use crate::text::printable;

pub(crate) struct Cache {
    store: Option<Store>,
}

impl Cache {
    /// A cache that keeps nothing.
    pub(crate) fn none() -> Self {
        Self { store: None }
    }

    /// The cache in `directory`, or one that keeps nothing when that place is not safe.
    pub(crate) fn open(directory: PathBuf) -> Self {
        match Store::open(&directory) {
            Ok(store) => Self { store: Some(store) },
            Err(error) => {
                tracing::warn!(directory = %directory.display(), %error, "compiled policies are not cached");
                Self::none()
            }
        }
    }

    /// The compiled form of `component`, which has been validated, from the cache or from the compiler.
    pub(crate) fn component(&self, engine: &Engine, digest: &[u8; 32], component: &[u8]) -> Result<Component, Fault> {
        let Some(store) = &self.store else { return compile(engine, component) };
        let name = entry_name(engine, digest);
        match store.read(&name) {
            Ok(code) => match load(engine, &code) {
                Ok(component) => return Ok(component),
                Err(error) => tracing::warn!(entry = name, %error, "a cached policy does not load"),
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => tracing::warn!(entry = name, %error, "a cached policy is ignored"),
        }
        let component = compile(engine, component)?;
        let code = component.serialize().map_err(|error| Fault::Internal { reason: format!("{error:#}") })?;
        if let Err(error) = store.write(&name, &code) {
            tracing::warn!(entry = name, %error, "a compiled policy is not cached");
        }
        Ok(component)
    }
}

fn compile(engine: &Engine, component: &[u8]) -> Result<Component, Fault> {
    Component::from_binary(engine, component)
        .map_err(|error| Fault::Compile { reason: printable(format!("{error:#}"), 512) })
}

/// Makes compiled code runnable.
#[allow(unsafe_code, reason = "the one place where native code comes from a file")]
fn load(engine: &Engine, code: &OwnCode) -> wasmtime::Result<Component> {
    // SAFETY: `deserialize` must only see what `serialize` made, unchanged. An `OwnCode` is read from a file whose MAC,
    // under a key that only this user can read, covers every octet and the entry's name; only `Store::write` makes such
    // files, from what `serialize` returned. The octets are in memory of ours, where nobody else can change them.
    unsafe { Component::deserialize(engine, &code.0) }
}

/// Octets that passed the check of their MAC.
struct OwnCode(Vec<u8>);

fn entry_name(engine: &Engine, digest: &[u8; 32]) -> String {
    let mut hash = Sha256(digest::Context::new(&digest::SHA256));
    concat!(env!("CARGO_PKG_NAME"), " ", env!("CARGO_PKG_VERSION")).hash(&mut hash);
    digest.hash(&mut hash);
    engine.precompile_compatibility_hash().hash(&mut hash);
    hex::encode(hash.0.finish()) + ".cwasm"
}

/// Feeds what wasmtime hashes to a hash function that collides with nothing.
struct Sha256(digest::Context);

impl Hasher for Sha256 {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// Not the value this is for: the whole digest is.
    fn finish(&self) -> u64 {
        let digest = self.0.clone().finish();
        digest.as_ref().first_chunk().map_or(0, |octets| u64::from_be_bytes(*octets))
    }
}

/// A directory of files that carry their own MAC: `MAC ‖ code`.
struct Store {
    directory: PathBuf,
    key: hmac::Key,
}

impl Store {
    const KEY_FILE: &str = "mac.key";
    const MAC: usize = 32;
    /// Compiled code is about three times the size of its module.
    const LARGEST_ENTRY: u64 = 256 << 20;

    fn open(directory: &Path) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
        ours_alone(&directory.symlink_metadata()?)?;
        let key = match read(&directory.join(Self::KEY_FILE), Self::MAC as u64) {
            Ok(key) => key,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let mut key = vec![0; Self::MAC];
                rand::fill(&mut key).map_err(|_| io::Error::other("no random octets"))?;
                write(directory, Self::KEY_FILE, &[&key])?;
                // Another process may have been quicker or slower. Entries under a key that is no longer there are
                // ignored like any others that this host has not written.
                read(&directory.join(Self::KEY_FILE), Self::MAC as u64)?
            }
            Err(error) => return Err(error),
        };
        if key.len() != Self::MAC {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "the key file has a wrong length"));
        }
        Ok(Self { directory: directory.to_owned(), key: hmac::Key::new(hmac::HMAC_SHA256, &key) })
    }

    fn read(&self, name: &str) -> io::Result<OwnCode> {
        let mut entry = read(&self.directory.join(name), Self::LARGEST_ENTRY)?;
        let (mac, code) = entry.split_at_checked(Self::MAC).ok_or(io::ErrorKind::UnexpectedEof)?;
        hmac::verify(&self.key, &self.message(name, code), mac)
            .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it was not written by this host"))?;
        entry.drain(..Self::MAC);
        Ok(OwnCode(entry))
    }

    fn write(&self, name: &str, code: &[u8]) -> io::Result<()> {
        let mac = hmac::sign(&self.key, &self.message(name, code));
        write(&self.directory, name, &[mac.as_ref(), code])
    }

    /// What is signed: names have one length, so that name and code cannot be mistaken for each other.
    fn message(&self, name: &str, code: &[u8]) -> Vec<u8> {
        [name.as_bytes(), code].concat()
    }
}

/// Reads a file that only our user can have written.
fn read(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let file = OpenOptions::new().read(true).custom_flags(rustix::fs::OFlags::NOFOLLOW.bits() as i32).open(path)?;
    let metadata = file.metadata()?;
    ours_alone(&metadata)?;
    if !metadata.is_file() || metadata.len() > limit {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "it is no file of ours"));
    }
    let mut octets = Vec::with_capacity(metadata.len() as usize);
    file.take(limit).read_to_end(&mut octets)?;
    Ok(octets)
}

/// Writes a file that appears under its name whole or not at all. After a crash it may be empty: its MAC is then wrong.
fn write(directory: &Path, name: &str, parts: &[&[u8]]) -> io::Result<()> {
    let mut unique = [0; 8];
    rand::fill(&mut unique).map_err(|_| io::Error::other("no random octets"))?;
    let temporary = directory.join(format!(".{}.new", hex::encode(unique)));
    let result = File::options().write(true).create_new(true).mode(0o600).open(&temporary).and_then(|mut file| {
        // A umask can only have taken rights away; owners are entitled to read what they wrote.
        file.set_permissions(Permissions::from_mode(0o600))?;
        parts.iter().try_for_each(|part| file.write_all(part))?;
        std::fs::rename(&temporary, directory.join(name))
    });
    if result.is_err() {
        // Nothing more can be done about a leftover than has just failed.
        let _ = std::fs::remove_file(&temporary);
    }
    result
}

/// Refuses what others own, or can read or write.
fn ours_alone(metadata: &Metadata) -> io::Result<()> {
    let us = rustix::process::geteuid().as_raw();
    if metadata.uid() != us || metadata.mode() & 0o077 != 0 || metadata.is_symlink() {
        return Err(io::Error::new(
            io::ErrorKind::PermissionDenied,
            "it must belong to this user, with no rights for others",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    const DIGEST: [u8; 32] = [7; 32];

    fn engine() -> Engine {
        let mut config = wasmtime::Config::new();
        config.wasm_component_model(true);
        Engine::new(&config).unwrap()
    }

    fn component() -> Vec<u8> {
        wat::parse_str("(component (core module (func (export \"f\"))))").unwrap()
    }

    /// A cache with one entry, and where that is.
    fn filled(engine: &Engine) -> (tempfile::TempDir, PathBuf) {
        let directory = tempfile::tempdir().unwrap();
        let place = directory.path().join("policies");
        Cache::open(place.clone()).component(engine, &DIGEST, &component()).unwrap();
        let entry = place.join(entry_name(engine, &DIGEST));
        assert!(entry.exists());
        (directory, entry)
    }

    /// Whether the entry is used: a component that cannot be compiled is only to be had from the cache.
    fn is_used(engine: &Engine, entry: &Path) -> bool {
        let cache = Cache::open(entry.parent().unwrap().to_owned());
        cache.component(engine, &DIGEST, b"no component").is_ok()
    }

    #[test]
    fn a_compiled_module_is_compiled_once() {
        let engine = engine();
        let (_directory, entry) = filled(&engine);
        assert!(is_used(&engine, &entry));
    }

    #[test]
    fn directory_and_files_are_ours_alone() {
        let (_directory, entry) = filled(&engine());
        let mode = |path: &Path| path.metadata().unwrap().mode() & 0o777;
        assert_eq!(mode(entry.parent().unwrap()), 0o700);
        assert_eq!(mode(&entry), 0o600);
        assert_eq!(mode(&entry.with_file_name(Store::KEY_FILE)), 0o600);
    }

    #[test]
    fn a_planted_file_is_ignored_and_replaced() {
        let engine = engine();
        let (_directory, entry) = filled(&engine);
        // Real compiled code, from somebody who does not have the key.
        let foreign = compile(&engine, &component()).unwrap().serialize().unwrap();
        fs::write(&entry, [&[0; Store::MAC], foreign.as_slice()].concat()).unwrap();
        assert!(!is_used(&engine, &entry));
        Cache::open(entry.parent().unwrap().to_owned()).component(&engine, &DIGEST, &component()).unwrap();
        assert!(is_used(&engine, &entry));
    }

    #[test]
    fn one_changed_bit_anywhere_makes_an_entry_worthless() {
        let engine = engine();
        let (_directory, entry) = filled(&engine);
        let whole = fs::read(&entry).unwrap();
        for index in [0, Store::MAC - 1, Store::MAC, whole.len() / 2, whole.len() - 1] {
            let mut changed = whole.clone();
            changed[index] ^= 1;
            fs::write(&entry, changed).unwrap();
            assert!(!is_used(&engine, &entry), "octet {index}");
        }
        fs::write(&entry, &whole[..whole.len() - 1]).unwrap();
        assert!(!is_used(&engine, &entry));
        fs::write(&entry, &whole[..Store::MAC - 1]).unwrap();
        assert!(!is_used(&engine, &entry));
    }

    #[test]
    fn an_entry_under_another_name_is_worthless() {
        let engine = engine();
        let (_directory, entry) = filled(&engine);
        let other = entry.with_file_name(entry_name(&engine, &[8; 32]));
        fs::rename(&entry, &other).unwrap();
        let cache = Cache::open(entry.parent().unwrap().to_owned());
        assert!(cache.component(&engine, &[8; 32], b"no component").is_err());
    }

    #[test]
    fn an_entry_of_another_engine_is_not_looked_for() {
        let mut config = wasmtime::Config::new();
        config.consume_fuel(true);
        let other = Engine::new(&config).unwrap();
        assert_ne!(entry_name(&engine(), &DIGEST), entry_name(&other, &DIGEST));
    }

    #[test]
    fn an_entry_that_others_may_write_or_that_is_a_link_is_ignored() {
        let engine = engine();
        let (_directory, entry) = filled(&engine);
        fs::set_permissions(&entry, Permissions::from_mode(0o660)).unwrap();
        assert!(!is_used(&engine, &entry));
        fs::set_permissions(&entry, Permissions::from_mode(0o600)).unwrap();
        let moved = entry.with_extension("moved");
        fs::rename(&entry, &moved).unwrap();
        symlink(&moved, &entry).unwrap();
        assert!(!is_used(&engine, &entry));
    }

    #[test]
    fn a_place_that_is_open_to_others_is_not_used() {
        let engine = engine();
        let (_directory, entry) = filled(&engine);
        let place = entry.parent().unwrap();
        fs::set_permissions(place, Permissions::from_mode(0o755)).unwrap();
        assert!(!is_used(&engine, &entry));
        fs::set_permissions(place, Permissions::from_mode(0o700)).unwrap();
        fs::set_permissions(entry.with_file_name(Store::KEY_FILE), Permissions::from_mode(0o640)).unwrap();
        assert!(!is_used(&engine, &entry));
    }
}
