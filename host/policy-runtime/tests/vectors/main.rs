//! The built-in policies, as compiled modules in the real host, against `policy-sdk/vectors`.
//!
//! The modules are those in `policies/dist`, or in the folder `STEP_POLICIES_DIR` names: that a rebuild decides like
//! what is committed is shown by running this twice. Tokens are signed here, with keys made for this run.
#![allow(clippy::unwrap_used, reason = "a test says no by panicking")]

use std::{
    env, fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use policy_vectors::{Keys, Subject, Suite};
use step_policy_runtime::{Limits, Module, Runtime, RuntimeConfig};

#[tokio::test]
async fn jwk_decides_every_vector_as_it_is_written() {
    decides_every_vector("jwk").await;
}

#[tokio::test]
async fn claims_decides_every_vector_as_it_is_written() {
    decides_every_vector("claims").await;
}

#[tokio::test]
async fn a_policy_decides_alike_in_every_language() {
    let suite = Suite::read(&workspace("policies/gallery/one-domain/vectors")).unwrap();
    assert!(suite.cases().len() >= 50, "{} vectors", suite.cases().len());
    let languages = folders("policy-sdk/languages");
    assert!(languages.len() >= LANGUAGES, "{languages:?}");
    for language in languages {
        let path = workspace("policy-sdk/languages").join(&language).join("one-domain.wasm");
        decides(&suite, compile(&language, &path)).await;
    }
}

/// The gallery in other languages than Rust.
const LANGUAGES: usize = 2;

/// The names of the folders in a folder.
fn folders(folder: &str) -> Vec<String> {
    let entries = fs::read_dir(workspace(folder)).unwrap().map(Result::unwrap);
    let folders = entries.filter(|entry| entry.path().is_dir());
    folders.map(|entry| entry.file_name().into_string().unwrap()).collect()
}

async fn decides_every_vector(policy: &str) {
    decides(&read(policy), load(policy)).await;
}

async fn decides(suite: &Suite, module: Arc<Module>) {
    let subject = Subject { module, limits: Limits::default() };
    let keys = Keys::default();
    let mut failures = Vec::new();
    for case in suite.cases() {
        let decision = subject.decide(suite, case, &keys).await.unwrap();
        if let Some(difference) = case.difference(suite, &decision) {
            failures.push(format!("{}\n  {difference:?}", case.name()));
        }
    }
    assert!(failures.is_empty(), "{} of {}:\n\n{}", failures.len(), suite.cases().len(), failures.join("\n\n"));
}

#[test]
fn there_are_many_vectors_and_each_has_a_name_of_its_own() {
    let suites = ["jwk", "claims"].map(read);
    let mut names: Vec<_> = suites.iter().flat_map(Suite::cases).map(|case| case.name()).collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count, "two vectors have one name");
    assert!(count >= 150, "{count} vectors");
}

fn read(policy: &str) -> Suite {
    Suite::read(&workspace("policy-sdk/vectors").join(policy)).unwrap()
}

/// A folder below the root of the workspace.
fn workspace(folder: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..").join(folder)
}

fn load(name: &str) -> Arc<Module> {
    let directory = env::var_os("STEP_POLICIES_DIR").map_or_else(|| workspace("policies/dist"), PathBuf::from);
    compile(name, &directory.join(format!("{name}.wasm")))
}

fn compile(name: &str, path: &Path) -> Arc<Module> {
    let wasm = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    Runtime::new(RuntimeConfig::default()).unwrap().load(name, &wasm).unwrap()
}
