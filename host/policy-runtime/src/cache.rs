//! Compiled modules kept between two starts.
//!
//! A compiled module is native code that runs with the CA's rights: whoever can make us read one is the CA. So only
//! files are read that this host wrote itself, which it can tell by their MAC. The key of the MAC is a random file in
//! the same directory, and the directory and all files in it are open to our user alone. A file that does not pass is
//! ignored, and the module is compiled as if it were not there.
//!
//! Names bind an entry to its generation, which is everything that shapes compiled code: this crate's version, the version
//! of wasmtime, its settings and the processor; and to the module's digest. Entries of other generations are taken away
//! when the cache is opened, and so are those that no start has used for ninety days.

use std::fs::{DirBuilder, File, Metadata, OpenOptions, Permissions};
use std::hash::{Hash, Hasher};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

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
    pub(crate) fn open(directory: PathBuf, engine: &Engine) -> Self {
        match Store::open(&directory, &generation(engine)) {
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

/// What entries of this engine begin with.
fn generation(engine: &Engine) -> String {
    let mut hash = Sha256(digest::Context::new(&digest::SHA256));
    concat!(env!("CARGO_PKG_NAME"), " ", env!("CARGO_PKG_VERSION")).hash(&mut hash);
    engine.precompile_compatibility_hash().hash(&mut hash);
    hex::encode(hash.0.finish()) + "-"
}

fn entry_name(engine: &Engine, digest: &[u8; 32]) -> String {
    generation(engine) + &hex::encode(digest) + Store::ENTRY
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
    /// How names of entries end, and those of files that are being written.
    const ENTRY: &str = ".cwasm";
    const UNFINISHED: &str = ".new";
    /// How long an entry is kept that nobody uses.
    const UNUSED: Duration = Duration::from_secs(90 * 24 * 60 * 60);
    /// No file takes so long to be written.
    const GIVEN_UP: Duration = Duration::from_secs(24 * 60 * 60);
    const MAC: usize = 32;
    /// Compiled code is about three times the size of its module.
    const LARGEST_ENTRY: u64 = 256 << 20;

    fn open(directory: &Path, generation: &str) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
        ours_alone(&directory.symlink_metadata()?)?;
        let key = match read(&directory.join(Self::KEY_FILE), Self::MAC as u64) {
            Ok(key) if key.len() == Self::MAC => key,
            // The machine went down while the file was written. What the lost key has signed is of no use any more.
            Ok(_) => {
                tracing::warn!(directory = %directory.display(), "the key of the cache of policies is cut short; both are made anew");
                remove_if(directory, |name, _| name.ends_with(Self::ENTRY))?;
                Self::new_key(directory)?
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Self::new_key(directory)?,
            Err(error) => return Err(error),
        };
        if key.len() != Self::MAC {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "the key file has a wrong length"));
        }
        let now = SystemTime::now();
        // A time in the future is one of a clock that was wrong: the file is kept.
        let untouched_for =
            |metadata: &Metadata| metadata.modified().ok().and_then(|then| now.duration_since(then).ok());
        let pruned = remove_if(directory, |name, metadata| {
            let longer = |limit| untouched_for(metadata).is_some_and(|time| time > limit);
            (name.ends_with(Self::ENTRY) && (!name.starts_with(generation) || longer(Self::UNUSED)))
                || (name.ends_with(Self::UNFINISHED) && longer(Self::GIVEN_UP))
        });
        if let Err(error) = pruned {
            tracing::warn!(directory = %directory.display(), %error, "the cache of policies is not tidied up");
        }
        Ok(Self { directory: directory.to_owned(), key: hmac::Key::new(hmac::HMAC_SHA256, &key) })
    }

    fn new_key(directory: &Path) -> io::Result<Vec<u8>> {
        let mut key = vec![0; Self::MAC];
        rand::fill(&mut key).map_err(|_| io::Error::other("no random octets"))?;
        write(directory, Self::KEY_FILE, &[&key])?;
        // Another process may have been quicker or slower. Entries under a key that is no longer there are ignored like
        // any others that this host has not written.
        read(&directory.join(Self::KEY_FILE), Self::MAC as u64)
    }

    fn read(&self, name: &str) -> io::Result<OwnCode> {
        let path = self.directory.join(name);
        let mut entry = read(&path, Self::LARGEST_ENTRY)?;
        let (mac, code) = entry.split_at_checked(Self::MAC).ok_or(io::ErrorKind::UnexpectedEof)?;
        hmac::verify(&self.key, &self.message(name, code), mac)
            .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it was not written by this host"))?;
        entry.drain(..Self::MAC);
        // It is used: a later start keeps it. Where that cannot be written down it is compiled again in ninety days.
        let _ = File::open(path).and_then(|file| file.set_modified(SystemTime::now()));
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

/// Writes a file that appears under its name whole or not at all, whenever the machine goes down.
fn write(directory: &Path, name: &str, parts: &[&[u8]]) -> io::Result<()> {
    let mut unique = [0; 8];
    rand::fill(&mut unique).map_err(|_| io::Error::other("no random octets"))?;
    let temporary = directory.join(format!(".{}{}", hex::encode(unique), Store::UNFINISHED));
    let result = File::options().write(true).create_new(true).mode(0o600).open(&temporary).and_then(|mut file| {
        // A umask can only have taken rights away; owners are entitled to read what they wrote.
        file.set_permissions(Permissions::from_mode(0o600))?;
        parts.iter().try_for_each(|part| file.write_all(part))?;
        file.sync_all()?;
        std::fs::rename(&temporary, directory.join(name))?;
        File::open(directory)?.sync_all()
    });
    if result.is_err() {
        // Nothing more can be done about a leftover than has just failed.
        let _ = std::fs::remove_file(&temporary);
    }
    result
}

/// Removes the files of a directory that are `unwanted`, by name and metadata. Links are not followed.
fn remove_if(directory: &Path, unwanted: impl Fn(&str, &Metadata) -> bool) -> io::Result<()> {
    for file in directory.read_dir()? {
        let file = file?;
        // Our names are ASCII.
        let name = file.file_name();
        if name.to_str().is_some_and(|name| file.metadata().is_ok_and(|metadata| unwanted(name, &metadata))) {
            std::fs::remove_file(file.path())?;
        }
    }
    Ok(())
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
        Cache::open(place.clone(), engine).component(engine, &DIGEST, &component()).unwrap();
        let entry = place.join(entry_name(engine, &DIGEST));
        assert!(entry.exists());
        (directory, entry)
    }

    /// Whether the entry is used: a component that cannot be compiled is only to be had from the cache.
    fn is_used(engine: &Engine, entry: &Path) -> bool {
        let cache = Cache::open(entry.parent().unwrap().to_owned(), engine);
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
        Cache::open(entry.parent().unwrap().to_owned(), &engine).component(&engine, &DIGEST, &component()).unwrap();
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
        let cache = Cache::open(entry.parent().unwrap().to_owned(), &engine);
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

    #[test]
    fn a_key_that_was_cut_short_is_made_anew_and_what_it_signed_is_gone() {
        let engine = engine();
        for left in [0, Store::MAC - 1] {
            let (_directory, entry) = filled(&engine);
            let key = entry.with_file_name(Store::KEY_FILE);
            let whole = fs::read(&key).unwrap();
            fs::write(&key, &whole[..left]).unwrap();
            let cache = Cache::open(entry.parent().unwrap().to_owned(), &engine);
            assert!(!entry.exists());
            assert_eq!(fs::read(&key).unwrap().len(), Store::MAC);
            cache.component(&engine, &DIGEST, &component()).unwrap();
            assert!(is_used(&engine, &entry));
        }
    }

    #[test]
    fn entries_of_other_engines_are_taken_away_and_other_files_are_not() {
        let engine = engine();
        let (_directory, entry) = filled(&engine);
        let other = entry.with_file_name(format!("{}-{}.cwasm", "0".repeat(64), hex::encode(DIGEST)));
        let note = entry.with_file_name("note.txt");
        for file in [&other, &note] {
            fs::write(file, "x").unwrap();
        }
        assert!(is_used(&engine, &entry));
        assert!(!other.exists() && note.exists());
    }

    #[test]
    fn what_nobody_has_used_for_ninety_days_is_taken_away_and_use_counts() {
        let engine = engine();
        let (_directory, entry) = filled(&engine);
        let unfinished = entry.with_file_name(".00.new");
        fs::write(&unfinished, "x").unwrap();
        let age = |file: &Path, days: u64| {
            let then = SystemTime::now() - Duration::from_secs(days * 24 * 60 * 60);
            File::open(file).unwrap().set_modified(then).unwrap();
        };
        age(&entry, 89);
        assert!(is_used(&engine, &entry), "and it is new again");
        assert!(unfinished.exists());
        let used = entry.metadata().unwrap().modified().unwrap();
        assert!(used.elapsed().unwrap() < Duration::from_secs(24 * 60 * 60));
        age(&entry, 91);
        age(&unfinished, 2);
        assert!(!is_used(&engine, &entry));
        assert!(!unfinished.exists());
    }
}
