//! The built-in policies, as compiled modules in the real host, against `policy-sdk/vectors`.
//!
//! The modules are those in `policies/dist`, or in the folder `STEP_POLICIES_DIR` names: that a rebuild decides like
//! what is committed is shown by running this twice. Tokens are signed here, with keys made for this run.
#![allow(clippy::unwrap_used, reason = "a test says no by panicking")]

use std::{env, fs, path::PathBuf, sync::Arc};

use step_policy_runtime::{Module, Runtime, RuntimeConfig};

mod claims;
mod format;
mod json;
mod jwk;
mod tokens;

use format::Suite;

#[tokio::test]
async fn jwk_decides_every_vector_as_it_is_written() {
    let (suite, module) = (Suite::read("jwk"), load("jwk"));
    let keys = tokens::Keys::generate();
    let mut failures = Vec::new();
    for case in &suite.cases {
        let decision = jwk::decide(&module, case, &suite.base, &keys).await;
        failures.extend(case.compare(&suite.base, &decision));
    }
    report(failures, suite.cases.len());
}

#[tokio::test]
async fn claims_decides_every_vector_as_it_is_written() {
    let (suite, module) = (Suite::read("claims"), load("claims"));
    let mut failures = Vec::new();
    for case in &suite.cases {
        let decision = claims::decide(&module, case, &suite.base).await;
        failures.extend(case.compare(&suite.base, &decision));
    }
    report(failures, suite.cases.len());
}

#[test]
fn there_are_many_vectors_and_each_has_a_name_of_its_own() {
    let suites = ["jwk", "claims"].map(Suite::read);
    let mut names: Vec<_> = suites.iter().flat_map(|suite| &suite.cases).map(|case| case.name.as_str()).collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count, "two vectors have one name");
    assert!(count >= 150, "{count} vectors");
}

/// A folder below the root of the workspace.
fn workspace(folder: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..").join(folder)
}

fn load(name: &str) -> Arc<Module> {
    let directory = env::var_os("STEP_POLICIES_DIR").map_or_else(|| workspace("policies/dist"), PathBuf::from);
    let path = directory.join(format!("{name}.wasm"));
    let wasm = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    Runtime::new(RuntimeConfig::default()).unwrap().load(name, &wasm).unwrap()
}

fn report(failures: Vec<String>, cases: usize) {
    assert!(failures.is_empty(), "{} of {cases} vectors:\n\n{}", failures.len(), failures.join("\n\n"));
}
