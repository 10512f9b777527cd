//! The gallery as somebody meets it who chooses from it: each module decides as its vectors say, its README shows settings it
//! accepts, names every rule, and is in the table.
#![allow(clippy::unwrap_used, reason = "a test says no by panicking")]

use std::{
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;

fn policies(below: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../policies").join(below)
}

/// The policies of the gallery, and the one that is in its table and lies elsewhere. Each has a folder and a module.
fn gallery() -> Vec<(PathBuf, PathBuf)> {
    let entries = fs::read_dir(policies("gallery")).unwrap().map(|entry| entry.unwrap().path());
    let folders = entries.filter(|path| path.is_dir());
    let mut all: Vec<_> = folders.map(|folder| (folder.clone(), module("gallery", &folder))).collect();
    assert!(all.len() >= 9, "{all:?}");
    all.push((policies("jwks"), policies("dist/jwks.wasm")));
    all
}

fn module(below: &str, folder: &Path) -> PathBuf {
    policies("dist").join(below).join(folder.file_name().unwrap()).with_extension("wasm")
}

/// How a command ends, and what it prints.
fn run(words: &[&str], files: &[&Path]) -> (u8, String) {
    let words = words.iter().map(OsString::from).chain(files.iter().map(|file| file.as_os_str().to_owned()));
    let (mut answers, mut talk) = (Vec::new(), Vec::new());
    let status = step_policy_tool::run(words, &mut answers, &mut talk);
    (status, String::from_utf8([answers, talk].concat()).unwrap())
}

#[test]
fn every_policy_decides_as_its_vectors_say_and_they_break_every_rule() {
    for (folder, module) in gallery() {
        let (status, said) = run(&["step-policy", "test", "--require-coverage", "--module"], &[&module, &folder]);
        assert_eq!(status, 0, "{}: {said}", folder.display());
        assert!(said.contains(" vectors, all as written\n"), "{said}");
    }
}

#[test]
fn every_readme_shows_settings_that_are_accepted_and_names_every_rule() {
    for (folder, module) in gallery() {
        let readme = fs::read_to_string(folder.join("README.md")).unwrap();
        // A README has no certificate to show, which is all that x5c is given.
        let settings = if folder.ends_with("x5c") { "null".to_owned() } else { settings_in(&readme) };
        let words = ["step-policy", "check", "--json", "--settings", &settings];
        let report: Value = serde_json::from_str(&run(&words, &[&module]).1).unwrap();
        let problems = report.pointer("/sample/answer/config_errors");
        assert_eq!(problems.is_some(), folder.ends_with("x5c"), "{}: {problems:?}", folder.display());
        for rule in report.get("rules").and_then(Value::as_array).into_iter().flatten() {
            let rule = rule.as_str().unwrap();
            assert!(readme.contains(&format!("`{rule}`")), "{} does not tell about {rule}", folder.display());
        }
    }
}

/// `settings` of the first block of JSON: of the module itself, or of the only one in `policies`.
fn settings_in(readme: &str) -> String {
    let block = readme.split("```json\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let mut object: Value = serde_json::from_str(block).unwrap();
    if let Some(modules) = object.get_mut("policies").and_then(Value::as_object_mut) {
        object = modules.values().next().unwrap().clone();
    }
    object.get("settings").unwrap().to_string()
}

#[test]
fn the_table_has_every_policy() {
    let table = fs::read_to_string(policies("gallery/README.md")).unwrap();
    for (folder, _) in gallery() {
        let name = folder.file_name().unwrap().to_str().unwrap();
        assert!(table.contains(&format!("| [`{name}`](")), "{name}");
    }
}
