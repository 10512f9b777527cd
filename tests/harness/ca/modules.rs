//! The stock modules in compiled form, handed from one CA to the next.
//!
//! Compiling them takes longer than most tests. The CA keeps what it compiled in a folder of its own and believes
//! nothing that does not carry its MAC, so the key of the MAC travels along.

use std::{
    fs, io,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    process,
};

use steppath::StepPath;

/// Puts what earlier CAs compiled into the folder of one that is about to start.
pub(super) fn lend(path: &StepPath) {
    let own = own(path);
    if !own.exists() {
        let _ = copy(&shelf(), &own);
    }
}

/// Keeps what this CA has compiled. A shelf with another key belongs to somebody who was quicker.
pub(super) fn keep(path: &StepPath) {
    let (own, shelf) = (own(path), shelf());
    let unfinished = shelf.with_extension(format!("modules.{}", process::id()));
    let _ = match key(&shelf) {
        None => copy(&own, &unfinished).and_then(|()| fs::rename(&unfinished, &shelf)),
        found if found == key(&own) => add(&own, &shelf),
        _ => Ok(()),
    };
    let _ = fs::remove_dir_all(&unfinished);
}

fn key(folder: &Path) -> Option<Vec<u8>> {
    fs::read(folder.join("mac.key")).ok()
}

fn own(path: &StepPath) -> PathBuf {
    path.base().join("cache").join("wasm")
}

/// Beside the programs of the tests, where `cargo clean` finds it.
fn shelf() -> PathBuf {
    let program = std::env::current_exe().expect("a test knows its program");
    program.with_file_name("step-tests.modules")
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    let entries = fs::read_dir(from)?;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(to)?;
    for entry in entries {
        let entry = entry?;
        // Permissions go along.
        fs::copy(entry.path(), to.join(entry.file_name()))?;
    }
    Ok(())
}

/// Copies the entries that are missing, each whole or not at all.
fn add(from: &Path, to: &Path) -> io::Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let place = to.join(entry.file_name());
        if !place.exists() {
            let unfinished = place.with_extension(process::id().to_string());
            fs::copy(entry.path(), &unfinished)?;
            fs::rename(&unfinished, &place)?;
        }
    }
    Ok(())
}
