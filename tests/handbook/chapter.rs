//! What the handbook consists of.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::block::{self, Block, What};

/// What is read in one go.
pub(crate) struct Chapter {
    /// `tutorial.md`, `cookbook`
    pub(crate) name: String,
    /// In their order.
    pub(crate) blocks: Vec<Block>,
}

impl Chapter {
    /// Whether it has policies to be compiled for WebAssembly.
    pub(crate) fn compiles(&self) -> bool {
        let is_rust = |what: &What| matches!(what, What::Write(file) if file.ends_with(".rs"));
        self.blocks.iter().any(|block| is_rust(&block.what) || block.text.contains("step policy build"))
    }
}

/// Where it lies.
pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../policy-sdk/handbook")
}

/// Every chapter.
///
/// # Errors
/// All blocks nobody knows how to run.
pub(crate) fn chapters() -> Result<Vec<Chapter>, Vec<String>> {
    let (mut chapters, mut problems) = (Vec::new(), Vec::new());
    for path in entries(&folder()).into_iter().chain([folder().join("../CONTRACT.md")]) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let pages = if path.is_dir() { entries(&path) } else { vec![path] };
        let mut blocks = Vec::new();
        for page in pages.iter().filter(|page| page.extension().is_some_and(|extension| extension == "md")) {
            let place = page.strip_prefix(folder()).unwrap_or(page).display().to_string();
            match block::blocks(page, &place) {
                Ok(found) => blocks.extend(found),
                Err(found) => problems.extend(found),
            }
        }
        problems.extend(blocks.iter().filter_map(crate::contract::not_in_it));
        chapters.push(Chapter { name, blocks });
    }
    if problems.is_empty() { Ok(chapters) } else { Err(problems) }
}

/// By name; a README is the first.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort_by_key(|path| (!path.ends_with("README.md"), path.clone()));
    entries
}
