//! The room as a whole: modules from text, through the loader, into a call.

mod abi;
mod calls;
mod cases;
mod effects;
mod modules;
mod spending;
mod state;

use std::sync::Arc;

use crate::contract::check::{Draft, Edit, Environment, Inputs, Operations, Proposal};
use crate::contract::types::{
    Context, DistinguishedName, Identity, KeyType, KeyUsage, Operation, PublicKeyInfo, RequestedValidity,
    SubjectAltNames,
};
use crate::{Answer, Check, Fault, Grants, InitError, Limits, Module, Runtime, RuntimeConfig, testing};

/// A check that accepts everything, and says so in the least possible code.
const NEIGHBOUR: &str = include_str!("guests/neighbour.wat");

/// The default limits; only the time to load in is what a machine busy with other tests needs.
fn runtime() -> Runtime {
    runtime_with(RuntimeConfig::default())
}

fn runtime_with(mut config: RuntimeConfig) -> Runtime {
    config.load.time *= 12;
    config.queue_wait *= 60;
    Runtime::new(config).unwrap()
}

fn load(runtime: &Runtime, text: &str) -> Result<Arc<Module>, Fault> {
    runtime.load("test", &testing::module(text).unwrap())
}

async fn init(module: &Arc<Module>, limits: Limits) -> Result<Check, Fault> {
    Check::init(module, environment(), &Grants::default(), limits).await.map_err(|error| match error {
        InitError::Fault(fault) => fault,
        InitError::Config(errors) => panic!("the configuration is accepted: {errors:?}"),
    })
}

/// The whole life of a check: loaded, configured, asked once.
async fn review(runtime: &Runtime, bytes: &[u8], limits: Limits) -> Result<Answer<Vec<Edit>>, Fault> {
    let module = runtime.load("test", bytes)?;
    init(&module, limits).await?.review(&proposal()).await
}

fn environment() -> Environment {
    Environment {
        host_version: "0.1.0".into(),
        provisioner_name: "machines".into(),
        provisioner_type: "JWK".into(),
        settings: "null".into(),
        global_claims: "{}".into(),
        claims: "null".into(),
        backdate: 60_000_000_000,
    }
}

fn proposal() -> Proposal {
    Proposal {
        context: Context {
            request_id: "r-1".into(),
            now: 1_800_000_000,
            operation: Operation::Sign,
            remote_address: Some("192.0.2.7".into()),
            client_certificate: None,
            attributes: Vec::new(),
        },
        identity: Identity { subject: "web".into(), credential_id: "kid".into(), attributes: Vec::new() },
        requested: RequestedValidity { not_before: None, not_after: None },
        default_duration: None,
        not_before_bound: None,
        not_after_bound: None,
        draft: Draft {
            subject: DistinguishedName { common_name: "web".into(), attributes: Vec::new() },
            subject_alt_names: SubjectAltNames {
                dns_names: vec!["web.example.com".into()],
                ip_addresses: Vec::new(),
                email_addresses: Vec::new(),
                uris: Vec::new(),
            },
            public_key: PublicKeyInfo { kind: KeyType::Ec("P-256".into()), spki: vec![0x30; 91] },
            validity: None,
            key_usage: KeyUsage::DIGITAL_SIGNATURE,
            ext_key_usage: Vec::new(),
            extensions: Vec::new(),
        },
        csr: None,
        previous: None,
    }
}

#[tokio::test]
async fn a_good_check_is_loaded_configured_and_asked() {
    let runtime = runtime();
    let module = load(&runtime, NEIGHBOUR).unwrap();
    let check = init(&module, Limits::default()).await.unwrap();
    assert_eq!(check.descriptor().operations, Operations::all());
    assert_eq!(check.descriptor().inputs, Inputs::empty());
    let answer = check.review(&proposal()).await.unwrap();
    assert_eq!(answer.value, Ok(Vec::new()));
    assert_eq!(answer.trace.host_calls, 0);
    assert!(answer.trace.fuel > 0);
}
