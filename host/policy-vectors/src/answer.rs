//! Answers of policies, as vectors write them.

use policy_runtime::{
    InitError,
    contract::{
        check::{self, Edit, Inputs, Operations},
        provisioner::{self, CommonNameRule, ReplayMode, RoutingKey, SanRule, SignGrant},
        types::{Denial, DenialKind, Identity, KeyUsage, Reason, SubjectAltNames, Validity},
    },
};
use serde_json::{Map, Value, json};

/// A refusal, with the members of its first reason beside its own.
pub fn denial(denial: &Denial) -> Value {
    let kind = match denial.kind {
        DenialKind::BadRequest => "bad-request",
        DenialKind::Unauthorized => "unauthorized",
        DenialKind::Forbidden => "forbidden",
        DenialKind::NotFound => "not-found",
        DenialKind::TooManyRequests => "too-many-requests",
        DenialKind::Pending => "pending",
        DenialKind::NotImplemented => "not-implemented",
    };
    let mut members =
        Map::from_iter([("kind".to_owned(), kind.into()), ("message".to_owned(), denial.message.clone().into())]);
    let mut say = |name: &str, value: Option<&String>| {
        members.extend(value.map(|value| (name.to_owned(), Value::from(value.clone()))));
    };
    say("public_message", denial.public_message.as_ref());
    if let Some(Reason { rule, message: _, field, got, want, hint }) = denial.reasons.first() {
        say("rule", Some(rule));
        for (name, value) in [("field", field), ("got", got), ("want", want), ("hint", hint)] {
            say(name, value.as_ref());
        }
    }
    if denial.reasons.len() > 1 {
        let rules: Value = denial.reasons.iter().map(|reason| reason.rule.clone()).collect();
        members.insert("rules".to_owned(), rules);
    }
    json!({"deny": members})
}

/// The module did not accept its configuration, or did not come to accepting anything.
pub(crate) fn init_error(error: &InitError) -> Value {
    match error {
        InitError::Config(errors) => {
            let errors = errors.iter().map(|error| json!({"path": error.path, "message": error.message}));
            json!({"config_errors": errors.collect::<Value>()})
        }
        InitError::Fault(fault) => json!({"fault": fault.to_string()}),
    }
}

/// What a check says about itself.
pub(crate) fn check_descriptor(descriptor: &check::Descriptor) -> Value {
    let operations = [
        ("sign", Operations::SIGN),
        ("renew", Operations::RENEW),
        ("rekey", Operations::REKEY),
        ("finalize", Operations::FINALIZE),
    ];
    let inputs = [("csr", Inputs::CSR), ("extensions", Inputs::EXTENSIONS), ("previous", Inputs::PREVIOUS)];
    let operations = operations.iter().filter(|(_, flag)| descriptor.operations.contains(*flag));
    let inputs = inputs.iter().filter(|(_, flag)| descriptor.inputs.contains(*flag));
    let operations: Value = operations.map(|(name, _)| *name).collect();
    json!({"descriptor": {"operations": operations, "inputs": inputs.map(|(name, _)| *name).collect::<Value>()}})
}

/// What a provisioner says about itself.
pub(crate) fn provisioner_descriptor(descriptor: &provisioner::Descriptor) -> Value {
    let keys = descriptor.routing_keys.iter().map(|key| match key {
        RoutingKey::IssuerAndKey((issuer, key)) => json!({"issuer": issuer, "kid": key}),
        RoutingKey::Audience(audience) => json!({"audience": audience}),
        RoutingKey::Issuer(issuer) => json!({"issuer": issuer}),
        RoutingKey::Prefix(prefix) => json!({"prefix": prefix}),
    });
    let replay = match descriptor.replay {
        ReplayMode::Jwt => "jwt",
        ReplayMode::Custom => "custom",
        ReplayMode::Reusable => "reusable",
    };
    let keys: Value = keys.collect();
    json!({"descriptor": {"routing_keys": keys, "credential_id": descriptor.credential_id, "replay": replay}})
}

/// What a check wants done to the draft.
pub fn edit(edit: Edit) -> Value {
    match edit {
        Edit::SetValidity(Validity { not_before, not_after }) => {
            json!({"set_validity": {"not_before": not_before, "not_after": not_after}})
        }
        Edit::RemoveSubjectAltName(name) => json!({"remove_subject_alt_name": name}),
        Edit::RestrictKeyUsage(usage) => json!({"restrict_key_usage": key_usage(usage)}),
        Edit::RestrictExtKeyUsage(usages) => json!({"restrict_ext_key_usage": usages}),
        Edit::AddExtension(extension) => {
            let value = hex::encode(extension.value);
            json!({"add_extension": {"oid": extension.oid, "critical": extension.critical, "value": value}})
        }
        Edit::Annotate((key, value)) => json!({"annotate": {"key": key, "value": value}}),
    }
}

fn key_usage(usage: KeyUsage) -> Value {
    let names = [
        ("digital_signature", KeyUsage::DIGITAL_SIGNATURE),
        ("content_commitment", KeyUsage::CONTENT_COMMITMENT),
        ("key_encipherment", KeyUsage::KEY_ENCIPHERMENT),
        ("data_encipherment", KeyUsage::DATA_ENCIPHERMENT),
        ("key_agreement", KeyUsage::KEY_AGREEMENT),
        ("key_cert_sign", KeyUsage::KEY_CERT_SIGN),
        ("crl_sign", KeyUsage::CRL_SIGN),
        ("encipher_only", KeyUsage::ENCIPHER_ONLY),
        ("decipher_only", KeyUsage::DECIPHER_ONLY),
    ];
    names.iter().filter(|(_, flag)| usage.contains(*flag)).map(|(name, _)| *name).collect()
}

/// What a provisioner lets a client have. Members that say nothing are left out.
pub fn grant(grant: SignGrant) -> Value {
    let mut members = identity(grant.identity);
    let mut say = |name: &str, value: Value| {
        if let Value::Object(members) = &mut members {
            members.insert(name.to_owned(), value);
        }
    };
    match grant.common_name {
        CommonNameRule::OneOf(names) => say("common_names", names.into()),
        CommonNameRule::Unrestricted => say("common_names", "unrestricted".into()),
    }
    match grant.subject_alt_names {
        SanRule::Exact(exact) => say("exact_names", names(&exact)),
        SanRule::Subset(subset) => say("subset_names", names(&subset)),
        SanRule::Unrestricted => say("exact_names", "unrestricted".into()),
    }
    if let Some(digest) = grant.csr_sha256 {
        say("csr_sha256", hex::encode(digest).into());
    }
    let bounds = grant.validity;
    for (name, value) in [
        ("default_nanoseconds", bounds.default_duration),
        ("not_before_bound", bounds.not_before),
        ("not_after_bound", bounds.not_after),
    ] {
        if let Some(value) = value {
            say(name, value.into());
        }
    }
    if let Some(single) = grant.single_use {
        say("single_use", json!({"id": single.id, "expires": single.expires}));
    }
    if !grant.extension_pairs.is_empty() {
        say("extension_pairs", grant.extension_pairs.into_iter().map(|(key, value)| json!([key, value])).collect());
    }
    members
}

/// Who a client is.
pub fn identity(identity: Identity) -> Value {
    let attributes: Map<String, Value> =
        identity.attributes.into_iter().map(|(name, value)| (name, Value::String(value))).collect();
    json!({"subject": identity.subject, "credential_id": identity.credential_id, "attributes": attributes})
}

fn names(names: &SubjectAltNames) -> Value {
    let kinds = [
        ("dns", &names.dns_names),
        ("ip", &names.ip_addresses),
        ("email", &names.email_addresses),
        ("uri", &names.uris),
    ];
    let some = kinds.into_iter().filter(|(_, names)| !names.is_empty());
    some.map(|(kind, names)| (kind.to_owned(), json!(names))).collect()
}
