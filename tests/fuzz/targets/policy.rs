//! The border between a policy and the host.

use std::sync::LazyLock;

use policy_runtime::{
    Check, Fault, Grants, Limits, Runtime, RuntimeConfig,
    contract::{
        check::{Draft, Environment, Proposal},
        types::{
            Context, CsrInfo, DistinguishedName, Identity, KeyType, KeyUsage, Operation, PublicKeyInfo,
            RequestedValidity, SubjectAltNames,
        },
    },
    testing,
};
use tokio::runtime;

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    let mut config = RuntimeConfig::default();
    // For a machine that is busy with other tests.
    config.load.time *= 12;
    Runtime::new(config).expect("an engine")
});

/// A guest that answers and calls with the octets it is given.
static GUEST: LazyLock<Check> = LazyLock::new(|| {
    let module = testing::module(include_str!("policy.wat")).expect("the text of a module");
    let module = RUNTIME.load("fuzzed", &module).expect("a module");
    block_on(async { Check::init(&module, environment(), &Grants::default(), Limits::default()).await })
        .expect("it takes any configuration")
});

/// Octets the guest finds in its memory; so many that no other value of the proposal has as many.
const OCTETS: usize = 4_096;

/// The answer of a guest, as it lies in memory.
pub(super) fn answer(octets: &[u8]) {
    asked(&[&[0; 8], octets].concat());
}

/// A call of the host: which, in the first octet, and the words it is called with.
pub(super) fn host_call(octets: &[u8]) {
    let (which, words) = octets.split_first().unwrap_or((&0, &[]));
    asked(&[&[0xff, *which, 0, 0], words].concat());
}

/// A module, or not.
pub(super) fn module(octets: &[u8]) {
    if let Err(fault) = RUNTIME.load("fuzzed", octets) {
        assert!(!fault.to_string().is_empty());
        assert!(!matches!(fault, Fault::Internal { .. }), "{fault}");
    }
}

/// Any answer will do, and any fault that is the guest's own.
fn asked(octets: &[u8]) {
    let mut der = octets.to_vec();
    der.resize(OCTETS, 0);
    if let Err(Fault::Internal { reason }) = block_on(GUEST.review(&proposal(der))) {
        panic!("{reason}");
    }
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    runtime::Builder::new_current_thread().enable_time().build().expect("a runtime").block_on(future)
}

fn environment() -> Environment {
    Environment {
        host_version: "0.1.0".into(),
        provisioner_name: "fuzzed".into(),
        provisioner_type: "JWK".into(),
        settings: "null".into(),
        global_claims: "{}".into(),
        claims: "null".into(),
        backdate: 60_000_000_000,
    }
}

fn proposal(der: Vec<u8>) -> Proposal {
    let subject = || DistinguishedName { common_name: "web".into(), attributes: Vec::new() };
    let names = || SubjectAltNames {
        dns_names: vec!["web.example.com".into()],
        ip_addresses: Vec::new(),
        email_addresses: Vec::new(),
        uris: Vec::new(),
    };
    let key = || PublicKeyInfo { kind: KeyType::Ec("P-256".into()), spki: vec![0x30; 91] };
    Proposal {
        context: Context {
            request_id: "r-1".into(),
            now: 1_800_000_000,
            operation: Operation::Sign,
            remote_address: None,
            client_certificate: None,
            attributes: Vec::new(),
        },
        identity: Identity { subject: "web".into(), credential_id: "kid".into(), attributes: Vec::new() },
        requested: RequestedValidity { not_before: None, not_after: None },
        default_duration: None,
        not_before_bound: None,
        not_after_bound: None,
        draft: Draft {
            subject: subject(),
            subject_alt_names: names(),
            public_key: key(),
            validity: None,
            key_usage: KeyUsage::DIGITAL_SIGNATURE,
            ext_key_usage: Vec::new(),
            extensions: Vec::new(),
        },
        csr: Some(CsrInfo {
            raw: der,
            subject: subject(),
            subject_alt_names: names(),
            public_key: key(),
            extensions: Vec::new(),
        }),
        previous: None,
    }
}
