//! Asking `claims`.

use serde_json::{Value, json};
use step_policy_runtime::{
    Check, Grants, Limits, Module,
    contract::{
        check::{Draft, Edit, Environment, Inputs, Operations, Proposal},
        types::{
            CertificateInfo, Context, DistinguishedName, Identity, KeyType, KeyUsage, Operation, PublicKeyInfo,
            RequestedValidity, SubjectAltNames, Validity,
        },
    },
};

use crate::{
    format::{self, Base, Case},
    json::{merge, string, text},
};

const NANOSECONDS: i64 = 1_000_000_000;

/// What the module makes of a case.
pub(crate) async fn decide(module: &std::sync::Arc<Module>, case: &Case, base: &Base) -> Value {
    let environment = environment(case, base);
    let policy = match Check::init(module, environment, &Grants::default(), Limits::default()).await {
        Ok(policy) => policy,
        Err(error) => return format::init_error(error),
    };
    if case.is_about_init() {
        let descriptor = policy.descriptor();
        assert_eq!(descriptor.inputs, Inputs::PREVIOUS);
        let every_operation = Operations::SIGN | Operations::RENEW | Operations::REKEY | Operations::FINALIZE;
        return json!({"descriptor": {"every_operation": descriptor.operations == every_operation}});
    }
    let proposal = proposal(&case.part(base, &base.request, &case.request), base.now);
    match policy.review(&proposal).await.map(|answer| answer.value) {
        Ok(Ok(edits)) => json!({"allow": edits.iter().map(edit).collect::<Value>()}),
        Ok(Err(denial)) => format::denial(denial),
        Err(fault) => format::fault(&fault),
    }
}

fn environment(case: &Case, base: &Base) -> Environment {
    let mut environment = base.environment.clone();
    merge(&mut environment, &case.environment);
    Environment {
        host_version: "0.1.0".to_owned(),
        provisioner_name: string(&environment, "provisioner_name"),
        provisioner_type: "JWK".to_owned(),
        settings: "null".to_owned(),
        global_claims: text(&environment, "global_claims"),
        claims: text(&environment, "claims"),
        backdate: environment["backdate_seconds"].as_i64().unwrap() * NANOSECONDS,
    }
}

fn proposal(request: &Value, now: i64) -> Proposal {
    let operation = match request["operation"].as_str() {
        Some("sign") => Operation::Sign,
        Some("renew") => Operation::Renew,
        Some("rekey") => Operation::Rekey,
        Some("finalize") => Operation::Finalize,
        other => panic!("no such operation: {other:?}"),
    };
    Proposal {
        context: Context {
            request_id: "vector".to_owned(),
            now,
            operation,
            remote_address: None,
            client_certificate: None,
            attributes: vec![],
        },
        identity: Identity {
            subject: "db.example.com".to_owned(),
            credential_id: "kid".to_owned(),
            attributes: vec![],
        },
        requested: RequestedValidity {
            not_before: request["not_before"].as_i64(),
            not_after: request["not_after"].as_i64(),
        },
        default_duration: request["default_seconds"].as_i64().map(|seconds| seconds * NANOSECONDS),
        not_before_bound: request["not_before_bound"].as_i64(),
        not_after_bound: request["not_after_bound"].as_i64(),
        draft: Draft {
            subject: subject(),
            subject_alt_names: names(),
            public_key: public_key(),
            validity: validity(&request["drafted"]),
            key_usage: KeyUsage::DIGITAL_SIGNATURE,
            ext_key_usage: vec![],
            extensions: vec![],
        },
        csr: None,
        previous: validity(&request["previous"]).map(previous),
    }
}

fn validity(members: &Value) -> Option<Validity> {
    Some(Validity { not_before: members["not_before"].as_i64()?, not_after: members["not_after"].as_i64()? })
}

fn previous(validity: Validity) -> CertificateInfo {
    CertificateInfo {
        raw: vec![0x30, 0],
        serial_number: "77".to_owned(),
        issuer: DistinguishedName { common_name: "Intermediate CA".to_owned(), attributes: vec![] },
        subject: subject(),
        subject_alt_names: names(),
        public_key: public_key(),
        validity,
        is_ca: false,
        key_usage: KeyUsage::DIGITAL_SIGNATURE,
        ext_key_usage: vec![],
        extensions: vec![],
    }
}

fn subject() -> DistinguishedName {
    DistinguishedName { common_name: "db.example.com".to_owned(), attributes: vec![] }
}

fn names() -> SubjectAltNames {
    let dns_names = vec!["db.example.com".to_owned()];
    SubjectAltNames { dns_names, ip_addresses: vec![], email_addresses: vec![], uris: vec![] }
}

fn public_key() -> PublicKeyInfo {
    PublicKeyInfo { kind: KeyType::Ec("P-256".to_owned()), spki: vec![] }
}

fn edit(edit: &Edit) -> Value {
    match edit {
        Edit::SetValidity(Validity { not_before, not_after }) => {
            json!({"set_validity": {"not_before": not_before, "not_after": not_after}})
        }
        other => json!(format!("{other:?}")),
    }
}
