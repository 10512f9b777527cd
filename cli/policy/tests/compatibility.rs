//! Modules that published versions of the SDK have built still run, and decide as they did.
#![allow(clippy::unwrap_used, reason = "a test says no by panicking")]

use std::{fs, path::PathBuf};

fn versions() -> Vec<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../policy-sdk/compatibility");
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.is_dir()).collect()
}

#[test]
fn modules_of_every_version_decide_as_they_did() {
    let versions = versions();
    assert!(!versions.is_empty(), "the first version has a folder");
    for version in versions {
        let module = version.join("office-hours.wasm");
        let words = ["step-policy", "test", "--require-coverage", "--module"].map(Into::into);
        let words = words.into_iter().chain([module.into_os_string(), version.clone().into_os_string()]);
        let (mut answers, mut talk) = (Vec::new(), Vec::new());
        let status = step_policy_tool::run(words, &mut answers, &mut talk);
        let said = String::from_utf8([answers, talk].concat()).unwrap();
        assert_eq!(status, 0, "{}: {said}", version.display());
        assert!(said.starts_with("6 vectors, all as written\n"), "{said}");
    }
}
