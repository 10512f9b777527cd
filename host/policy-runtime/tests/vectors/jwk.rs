//! Asking `jwk`.

use serde_json::{Map, Value, json};
use step_policy_runtime::{
    Answer, Fault, Grants, Limits, Module, Provisioner,
    contract::{
        provisioner::{
            Audiences, CommonNameRule, Descriptor, Environment, RenewRequest, ReplayMode, RevokeRequest, RoutingKey,
            SanRule, SignGrant, SignRequest,
        },
        types::{
            CertificateInfo, Context, CsrInfo, DistinguishedName, Identity, KeyType, KeyUsage, Operation,
            PublicKeyInfo, RequestedValidity, SubjectAltNames, Validity,
        },
    },
};

use crate::{
    format::{self, Base, Case},
    json::{merge, string, strings, text},
    tokens::{self, Keys},
};

/// What the module makes of a case.
pub(crate) async fn decide(module: &std::sync::Arc<Module>, case: &Case, base: &Base, keys: &Keys) -> Value {
    let environment = environment(case, base, keys);
    let policy = match Provisioner::init(module, environment, &Grants::default(), Limits::default()).await {
        Ok(policy) => policy,
        Err(error) => return format::init_error(error),
    };
    if case.is_about_init() {
        return descriptor(policy.descriptor());
    }
    let request = case.part(base, &base.request, &case.request);
    let token = tokens::token(case, base, keys);
    match request["operation"].as_str() {
        Some("sign") => decision(policy.authorize_sign(&sign_request(&request, token, base.now)).await, grant),
        Some("renew") => decision(policy.authorize_renew(&renew_request(&request, base.now)).await, identity),
        Some("revoke") => decision(policy.authorize_revoke(&revoke_request(&request, token, base.now)).await, identity),
        _ => panic!("{}: no such operation in {request}", case.name),
    }
}

fn decision<T>(answer: Result<Answer<T>, Fault>, allowed: fn(T) -> Value) -> Value {
    match answer.map(|answer| answer.value) {
        Ok(Ok(answer)) => json!({"allow": allowed(answer)}),
        Ok(Err(denial)) => format::denial(denial),
        Err(fault) => format::fault(&fault),
    }
}

fn environment(case: &Case, base: &Base, keys: &Keys) -> Environment {
    let mut environment = base.environment.clone();
    merge(&mut environment, &json!({"config": {"key": keys.provisioner(case)}}));
    merge(&mut environment, &case.environment);
    let audiences = &environment["audiences"];
    Environment {
        host_version: "0.1.0".to_owned(),
        name: string(&environment["config"], "name"),
        type_: string(&environment["config"], "type"),
        config: text(&environment, "config"),
        settings: text(&environment, "settings"),
        global_claims: text(&environment, "global_claims"),
        audiences: Audiences {
            sign: strings(audiences, "sign"),
            renew: strings(audiences, "renew"),
            revoke: strings(audiences, "revoke"),
        },
    }
}

fn context(operation: Operation, now: i64) -> Context {
    Context {
        request_id: "vector".to_owned(),
        now,
        operation,
        remote_address: None,
        client_certificate: None,
        attributes: vec![],
    }
}

fn sign_request(request: &Value, token: String, now: i64) -> SignRequest {
    let csr = CsrInfo {
        raw: vec![0x30, 0],
        subject: common_name(request),
        subject_alt_names: dns_names(request),
        public_key: public_key(),
        extensions: vec![],
    };
    let validity = RequestedValidity { not_before: None, not_after: None };
    SignRequest { context: context(Operation::Sign, now), token, csr, validity, template_data: None }
}

fn renew_request(request: &Value, now: i64) -> RenewRequest {
    let certificate = CertificateInfo {
        raw: vec![0x30, 0],
        serial_number: string(request, "serial_number"),
        issuer: DistinguishedName { common_name: "Intermediate CA".to_owned(), attributes: vec![] },
        subject: common_name(request),
        subject_alt_names: dns_names(request),
        public_key: public_key(),
        validity: Validity { not_before: now - 3_660, not_after: now + 3_600 },
        is_ca: false,
        key_usage: KeyUsage::DIGITAL_SIGNATURE,
        ext_key_usage: vec![],
        extensions: vec![],
    };
    RenewRequest { context: context(Operation::Renew, now), certificate, first_issued: Some(now - 3_600), renewals: 0 }
}

fn revoke_request(request: &Value, token: String, now: i64) -> RevokeRequest {
    let serial_number = string(request, "serial_number");
    RevokeRequest {
        context: context(Operation::Revoke, now),
        token,
        serial_number,
        reason_code: 0,
        reason: String::new(),
    }
}

fn common_name(request: &Value) -> DistinguishedName {
    let common_name = request["common_name"].as_str().unwrap_or_default().to_owned();
    DistinguishedName { common_name, attributes: vec![] }
}

fn dns_names(request: &Value) -> SubjectAltNames {
    let dns_names = strings(request, "dns_names");
    SubjectAltNames { dns_names, ip_addresses: vec![], email_addresses: vec![], uris: vec![] }
}

fn public_key() -> PublicKeyInfo {
    PublicKeyInfo { kind: KeyType::Ec("P-256".to_owned()), spki: vec![] }
}

fn descriptor(descriptor: &Descriptor) -> Value {
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

/// Members that say nothing are left out, so that the files need not.
fn grant(grant: SignGrant) -> Value {
    let mut members = identity(grant.identity);
    let common_names = match grant.common_name {
        CommonNameRule::OneOf(names) => json!(names),
        CommonNameRule::Unrestricted => json!("unrestricted"),
    };
    let (rule, names) = match grant.subject_alt_names {
        SanRule::Exact(names) => ("exact_names", Some(names)),
        SanRule::Subset(names) => ("subset_of_names", Some(names)),
        SanRule::Unrestricted => ("unrestricted_names", None),
    };
    merge(&mut members, &json!({"common_names": common_names}));
    members[rule] = names.map_or(Value::Bool(true), |names| self::names(&names));
    if let Some(digest) = grant.csr_sha256 {
        members["csr_sha256"] = digest.iter().map(|octet| format!("{octet:02x}")).collect::<String>().into();
    }
    let bounds = grant.validity;
    assert!(bounds.default_duration.is_none() && bounds.not_before.is_none() && bounds.not_after.is_none());
    assert!(grant.single_use.is_none() && grant.extension_pairs.is_empty());
    members
}

fn names(names: &SubjectAltNames) -> Value {
    let kinds = [
        ("dns", &names.dns_names),
        ("ip", &names.ip_addresses),
        ("email", &names.email_addresses),
        ("uri", &names.uris),
    ];
    kinds
        .into_iter()
        .filter(|(_, names)| !names.is_empty())
        .map(|(kind, names)| (kind.to_owned(), json!(names)))
        .collect()
}

fn identity(identity: Identity) -> Value {
    let attributes: Map<String, Value> =
        identity.attributes.into_iter().map(|(name, value)| (name, Value::String(value))).collect();
    json!({"subject": identity.subject, "credential_id": identity.credential_id, "attributes": attributes})
}
