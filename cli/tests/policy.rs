//! `step policy`, with and without the program that does its work.
#![allow(clippy::unwrap_used, reason = "a test says no by panicking")]

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::{Command, Output},
};

use tempfile::TempDir;

/// A folder with `step` alone in it.
fn installed() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let (built, copy) = (env!("CARGO_BIN_EXE_step"), folder.path().join("step"));
    if fs::hard_link(built, &copy).is_err() {
        fs::copy(built, &copy).unwrap();
    }
    folder
}

fn step(folder: &Path, line: &str) -> Output {
    Command::new(folder.join("step"))
        .args(line.split(' '))
        .env_clear()
        .env("PATH", folder)
        .env("HOME", folder)
        .output()
        .unwrap()
}

fn text(octets: &[u8]) -> &str {
    std::str::from_utf8(octets).unwrap()
}

#[test]
fn without_the_program_a_command_says_how_to_get_it() {
    let folder = installed();
    let output = step(folder.path(), "policy test --update");
    assert_eq!(output.status.code(), Some(1));
    let error = text(&output.stderr);
    assert!(
        error.starts_with("the program `step-policy` is neither beside `step` nor on the PATH\n\nhint: "),
        "{error}"
    );
    assert!(error.contains("cargo build --release --bin step-policy"), "{error}");
}

#[test]
fn help_is_there_without_the_program() {
    let folder = installed();
    for line in ["policy --help", "help policy", "policy"] {
        let output = step(folder.path(), line);
        assert_eq!(output.status.code(), Some(0), "{line}");
        assert!(text(&output.stdout).contains("ask it what its vectors ask"), "{}", text(&output.stdout));
    }
}

#[test]
fn the_program_gets_the_words_as_they_are_and_its_status_is_the_status() {
    let folder = installed();
    let program = folder.path().join("step-policy");
    fs::write(&program, "#!/bin/sh\nfor word in \"$@\"; do echo \"<$word>\"; done\nexit 7\n").unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let output = step(folder.path(), "policy test -x --filter=a --help -- b");
    assert_eq!(text(&output.stdout), "<test>\n<-x>\n<--filter=a>\n<--help>\n<-->\n<b>\n");
    assert_eq!(output.status.code(), Some(7));
    assert_eq!(text(&step(folder.path(), "help policy test").stdout), "<test>\n<--help>\n");
}
