//! Projects in other languages than Rust begin as copies of a policy that works.
#![allow(clippy::unwrap_used, reason = "a test says no by panicking")]

use std::{
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

const LANGUAGES: [&str; 2] = ["assemblyscript", "c"];

fn run(line: &str) -> (u8, String) {
    let words = ["step-policy"].into_iter().chain(line.split(' ')).map(OsString::from);
    let (mut answers, mut talk) = (Vec::new(), Vec::new());
    let status = step_policy_tool::run(words, &mut answers, &mut talk);
    (status, String::from_utf8([answers, talk].concat()).unwrap())
}

/// A new project of this name.
fn project(folder: &Path, name: &str, language: &str) -> PathBuf {
    let project = folder.join(language);
    let (status, said) = run(&format!("new {name} --lang {language} --into {}", project.display()));
    assert_eq!(status, 0, "{said}");
    project
}

#[test]
fn the_vectors_of_a_new_project_are_those_of_the_module_that_works() {
    let folder = tempfile::tempdir().unwrap();
    for language in LANGUAGES {
        let project = project(folder.path(), "one-domain", language);
        let languages = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../policy-sdk/languages");
        let module = languages.join(language).join("one-domain.wasm");
        let (status, said) = run(&format!("test {} --module {}", project.display(), module.display()));
        assert_eq!(status, 0, "{said}");
        assert!(!project.join("one-domain.wasm").exists(), "it has to be compiled");
    }
}

#[test]
fn a_new_project_has_its_own_name_everywhere() {
    let folder = tempfile::tempdir().unwrap();
    for language in LANGUAGES {
        let project = project(folder.path(), "acme-hosts", language);
        let description = fs::read_to_string(project.join("step-policy.json")).unwrap();
        assert!(description.contains(r#""module": "acme-hosts.wasm""#), "{description}");
        let vectors = fs::read_to_string(project.join("vectors/names.json")).unwrap();
        assert!(vectors.contains(r#""rule": "acme-hosts.suffix""#) && !vectors.contains("one-domain"));
    }
}

/// In C, compiled: where there is a clang.
#[test]
fn a_new_project_in_c_compiles_and_passes_its_vectors() {
    let clang = Command::new("clang").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    if !clang.is_ok_and(|status| status.success()) {
        eprintln!("skipped: there is no clang");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let project = project(folder.path(), "acme-hosts", "c");
    let (status, said) = run(&format!("test {}", project.display()));
    assert_eq!(status, 0, "{said}");
}
