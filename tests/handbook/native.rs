//! The handbook's policies where nothing can be compiled for WebAssembly: as libraries of this machine.

use std::{ffi::OsString, fs, path::Path, process::Command};

use crate::{block::What, chapter::Chapter};

/// Compiles every Rust file of a chapter, each in a project of its own. `kept` is where compiled dependencies are kept.
///
/// # Errors
/// What the compiler says of the first that does not compile.
pub(crate) fn compile(chapter: &Chapter, kept: &Path) -> Result<(), String> {
    for block in &chapter.blocks {
        if !matches!(&block.what, What::Write(file) if file.ends_with(".rs")) {
            continue;
        }
        let folder = tempfile::tempdir().unwrap();
        let project = folder.path().join("policy");
        let words = ["step-policy", "new", "policy", "--into"].map(OsString::from);
        let words = words.into_iter().chain([project.clone().into_os_string()]);
        assert_eq!(step_policy_tool::run(words, &mut std::io::sink(), &mut std::io::stderr()), 0);
        fs::write(project.join("src/lib.rs"), &block.text).unwrap();
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["check", "--quiet", "--offline"]).current_dir(&project).env("CARGO_TARGET_DIR", kept);
        let output = cargo.output().unwrap();
        if !output.status.success() {
            return Err(format!("{}\n{}", block.place, String::from_utf8_lossy(&output.stderr)));
        }
    }
    Ok(())
}
