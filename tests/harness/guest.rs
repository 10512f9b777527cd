//! Policies as data: modules written as text, and the hostile ones of `tests/policy/cases`.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// A hostile module, and what has to be said about it.
pub struct Guest {
    /// The name of its folder.
    pub name: String,
    /// The module.
    pub bytes: Vec<u8>,
    /// The words of the fault it ends in, whenever that is.
    pub fault: String,
}

/// Every hostile module, in the order of their names.
pub fn guests() -> Vec<Guest> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("policy/cases");
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut folders: Vec<PathBuf> = entries.map(|entry| entry.expect("a folder can be read").path()).collect();
    folders.sort();
    folders.iter().map(|folder| Guest::read(folder)).collect()
}

impl Guest {
    fn read(folder: &Path) -> Self {
        let name = folder.file_name().expect("a folder has a name").to_string_lossy().into_owned();
        let bytes = policy_runtime::testing::case(folder).unwrap_or_else(|error| panic!("{name}: {error}"));
        let fault = fs::read_to_string(folder.join("error.txt")).unwrap_or_else(|error| panic!("{name}: {error}"));
        Self { name, bytes, fault: fault.trim_end().to_owned() }
    }
}

/// The module of a text; see [`policy_runtime::testing`] for its directives.
#[track_caller]
pub fn module(text: &str) -> Vec<u8> {
    policy_runtime::testing::module(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}
