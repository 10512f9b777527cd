//! What is loaded, and what is refused.

use std::sync::Arc;

use proptest::prelude::*;

use super::effects::World;
use super::{NEIGHBOUR, environment, init, load, runtime, runtime_with};
use crate::contract::provisioner::{self, Audiences};
use crate::{Check, Fault, Grants, InitError, Kind, Limits, LoadLimits, Provisioner, Runtime, RuntimeConfig, testing};

const HTTP: &str = include_str!("../../../../tests/policy/cases/ungranted-import/policy.wat");

#[test]
fn a_module_knows_its_kind_and_the_digest_of_its_file() {
    let runtime = runtime();
    let bytes = testing::module(NEIGHBOUR).unwrap();
    let module = runtime.load("corp", &bytes).unwrap();
    assert_eq!((module.name(), module.kind()), ("corp", Kind::Check));
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &bytes);
    assert_eq!(module.digest(), digest.as_ref());
}

#[tokio::test]
async fn a_component_is_as_good_as_the_core_module_it_was_made_from() {
    let runtime = runtime();
    let component = crate::module::lift(&testing::module(NEIGHBOUR).unwrap()).unwrap();
    let module = runtime.load("test", &component).unwrap();
    assert!(init(&module, Limits::default()).await.is_ok());
}

#[tokio::test]
async fn a_check_is_no_provisioner() {
    let environment = provisioner::Environment {
        host_version: "0.1.0".into(),
        name: "machines".into(),
        type_: "JWK".into(),
        config: "{}".into(),
        settings: "null".into(),
        global_claims: "{}".into(),
        audiences: Audiences { sign: Vec::new(), renew: Vec::new(), revoke: Vec::new() },
    };
    let module = load(&runtime(), NEIGHBOUR).unwrap();
    let error = Provisioner::init(&module, environment, &Grants::default(), Limits::default()).await.err().unwrap();
    let expected = Fault::WrongKind { expected: Kind::Provisioner, found: Kind::Check };
    assert_eq!(error, InitError::Fault(expected));
}

#[tokio::test]
async fn a_granted_effect_lets_a_module_be_put_to_work() {
    let module = load(&runtime(), HTTP).unwrap();
    assert_eq!(module.effects().collect::<Vec<_>>(), ["step:policy/http@0.1.0"]);
    let grants = Grants { http: Some(Arc::new(World::default())), ..Grants::default() };
    assert!(Check::init(&module, environment(), &grants, Limits::default()).await.is_ok());
}

#[tokio::test]
async fn a_module_that_looks_names_up_is_told_what_to_grant() {
    let module = load(&runtime(), include_str!("guests/resolves.wat")).unwrap();
    let error = Check::init(&module, environment(), &Grants::default(), Limits::default()).await.err().unwrap();
    let fault = Fault::UngrantedImport {
        import: "step:policy/dns@0.1.0".to_owned(),
        grant: r#""grants": {"dns": {"names": ["example.com"]}}"#,
    };
    assert_eq!(error, InitError::Fault(fault));
}

#[tokio::test]
async fn one_grant_does_not_stand_for_another() {
    let module = load(&runtime(), HTTP).unwrap();
    let world = Arc::new(World::default());
    let grants = Grants { consume_once: Some(world.clone()), kv: Some(world), ..Grants::default() };
    let error = Check::init(&module, environment(), &grants, Limits::default()).await.err().unwrap();
    assert!(matches!(error, InitError::Fault(Fault::UngrantedImport { .. })));
}

#[test]
fn a_file_may_be_as_large_as_the_limit_and_no_larger() {
    let bytes = testing::module(NEIGHBOUR).unwrap();
    let limited = |file| {
        let load = LoadLimits { file, ..LoadLimits::default() };
        runtime_with(RuntimeConfig { load, ..RuntimeConfig::default() }).load("test", &bytes)
    };
    assert!(limited(bytes.len()).is_ok());
    let (size, limit) = (bytes.len(), bytes.len() - 1);
    assert_eq!(limited(limit).unwrap_err(), Fault::TooLarge { size, limit });
}

#[test]
fn functions_are_counted_over_all_modules_of_a_component() {
    let load = LoadLimits { functions: 4, ..LoadLimits::default() };
    let runtime = runtime_with(RuntimeConfig { load, ..RuntimeConfig::default() });
    let module = "(core module (func) (func) (func))";
    let component = wat::parse_str(format!("(component {module} {module})")).unwrap();
    let fault = runtime.load("test", &component).unwrap_err();
    assert_eq!(fault, Fault::TooComplex { what: "functions", count: 6, limit: 4 });
}

#[test]
fn as_many_functions_are_taken_as_the_limit_and_no_more() {
    let runtime = runtime();
    let most = LoadLimits::default().functions;
    for (functions, is_taken) in [(most - 1, true), (most, true), (most + 1, false)] {
        let bodies = "(func)".repeat(usize::try_from(functions).unwrap());
        let module = wat::parse_str(format!("(component (core module {bodies}))")).unwrap();
        let fault = runtime.load("test", &module).unwrap_err();
        assert_eq!(!matches!(fault, Fault::TooComplex { what: "functions", .. }), is_taken, "{functions}: {fault}");
    }
}

#[test]
fn the_contract_says_what_a_module_file_may_be() {
    let contract = include_str!("../../../../policy-sdk/CONTRACT.md");
    let LoadLimits { file, functions, function_operators, function_locals, .. } = LoadLimits::default();
    let number = |number: u64| format!("{},{:03}", number / 1_000, number % 1_000);
    let (functions, operators, locals) = (number(functions), number(function_operators), number(function_locals));
    let sentence = format!(
        "A module file may have {} MiB, {functions} functions, {operators} operators and {locals} locals in one function",
        file >> 20
    );
    assert!(contract.contains(&sentence), "{sentence}");
}

#[test]
fn components_inside_a_component_may_not_pass_functions_to_each_other() {
    let module = "(core module $m (func (export \"f\"))) (core instance $i (instantiate $m))";
    let inner = format!("(component {module} (func (export \"f\") (canon lift (core func $i \"f\"))))");
    let fault = runtime().load("test", &wat::parse_str(format!("(component {inner})")).unwrap()).unwrap_err();
    assert_eq!(fault.to_string(), "has 1 functions passed between nested components, more than 0");
}

/// Each nests one block more, or moves one value more, than the cap allows.
#[test]
fn what_is_slow_to_compile_is_not_compiled() {
    let runtime = runtime();
    let refused = |body: &str| {
        let module = wat::parse_str(format!("(module {body})")).unwrap();
        runtime.load("test", &module).unwrap_err().to_string()
    };
    let loops = "(loop ".repeat(1_000) + &")".repeat(1_000);
    assert!(refused(&format!("(func (local i64) {loops})")).contains("locals times blocks in one function"));
    let results = "(result i32 i32 i32 i32 i32)";
    assert_eq!(refused(&format!("(type (func {results}))")), "has 5 results of a function, more than 4");
    let parameters = "(param i32) ".repeat(64);
    let arguments = "(i32.const 0) ".repeat(64);
    // A hundred and sixty calls: each counts its arguments twice, once where they are made and once where they are moved.
    let calls = format!("(call $f {arguments})").repeat(160);
    let calls = format!("(func $f {parameters}) (func {calls})");
    assert!(refused(&calls).contains("operators in one function"));
}

#[tokio::test]
async fn a_module_built_against_other_types_of_the_same_version_is_refused() {
    let runtime = runtime();
    let logs = include_str!("guests/logs.wat");
    let other = testing::CONTRACT.replace("message: string, fields:", "message: list<u8>, fields:");
    let fault = runtime.load("test", &built_against(logs, &other)).unwrap_err();
    assert!(matches!(fault, Fault::ImportMismatch { .. }), "{fault}");

    let other = testing::CONTRACT.replace("inputs: inputs,", "wants: inputs,");
    let module = runtime.load("test", &built_against(NEIGHBOUR, &other)).unwrap();
    let fault = init(&module, Limits::default()).await.err().unwrap();
    assert!(matches!(fault, Fault::Malformed { .. }), "{fault}");
}

fn built_against(text: &str, contract: &str) -> Vec<u8> {
    let mut module = wat::parse_str(text).unwrap();
    testing::embed(&mut module, "check-module", contract).unwrap();
    module
}

/// Whatever a file holds, loading it ends in a module or a fault.
fn loads_or_is_refused(runtime: &Runtime, bytes: &[u8]) -> Result<(), TestCaseError> {
    match runtime.load("test", bytes) {
        Err(Fault::Internal { reason }) => Err(TestCaseError::fail(reason)),
        _ => Ok(()),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_module_with_some_octets_changed_loads_or_is_refused(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
    ) {
        let mut bytes = testing::module(NEIGHBOUR).unwrap();
        for (index, octet) in changes {
            let index = index.index(bytes.len());
            bytes[index] = octet;
        }
        loads_or_is_refused(&runtime(), &bytes)?;
    }

    #[test]
    fn any_octets_after_the_header_load_or_are_refused(
        component in any::<bool>(),
        octets in prop::collection::vec(any::<u8>(), 0..256),
    ) {
        let version: &[u8] = if component { b"\x0d\0\x01\0" } else { b"\x01\0\0\0" };
        loads_or_is_refused(&runtime(), &[b"\0asm", version, &octets].concat())?;
    }
}
