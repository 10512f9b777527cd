//! Ordinary inputs, to be changed where a test looks.

use crate::{
    check::{self, Draft, Proposal},
    provisioner::{self, Audiences, RenewRequest, RevokeRequest, SignRequest},
    types::{
        CertificateInfo, Context, CsrInfo, DistinguishedName, Identity, KeyType, KeyUsage, Operation, PublicKeyInfo,
        RequestedValidity, SubjectAltNames, Timestamp, Validity,
    },
};

/// When everything in this module happens: 2026-01-01 00:00:00 UTC.
pub const NOW: Timestamp = 1_767_225_600;

/// The environment of a check, for the provisioner `admin` with default claims and without settings.
pub fn check() -> check::Environment {
    check::Environment {
        host_version: "0.1.0".into(),
        provisioner_name: "admin".into(),
        provisioner_type: "JWK".into(),
        settings: "null".into(),
        global_claims: CLAIMS.into(),
        claims: "null".into(),
        backdate: 60_000_000_000,
    }
}

/// The environment of the provisioner `admin` of a CA called `ca.example.com`, without settings.
pub fn provisioner() -> provisioner::Environment {
    let audience = |paths: &[&str]| paths.iter().map(|path| format!("https://ca.example.com{path}")).collect();
    provisioner::Environment {
        host_version: "0.1.0".into(),
        name: "admin".into(),
        type_: "JWK".into(),
        config: r#"{"name": "admin", "type": "JWK"}"#.into(),
        settings: "null".into(),
        global_claims: CLAIMS.into(),
        audiences: Audiences {
            sign: audience(&["/1.0/sign", "/sign"]),
            renew: audience(&["/1.0/renew", "/renew"]),
            revoke: audience(&["/1.0/revoke", "/revoke"]),
        },
    }
}

const CLAIMS: &str = r#"{"minTLSCertDuration":"5m0s","maxTLSCertDuration":"24h0m0s","defaultTLSCertDuration":"24h0m0s",
    "disableRenewal":false}"#;

/// The facts about a request made [`NOW`].
pub fn context(operation: Operation) -> Context {
    Context {
        request_id: "request-1".into(),
        now: NOW,
        operation,
        remote_address: Some("192.0.2.7".into()),
        client_certificate: None,
        attributes: vec![],
    }
}

/// A request for these DNS names; the first is the common name. The DER is absent: nothing reads it in a native test.
pub fn csr(dns_names: &[&str]) -> CsrInfo {
    CsrInfo {
        raw: vec![],
        subject: common_name(dns_names),
        subject_alt_names: names(dns_names),
        public_key: public_key(),
        extensions: vec![],
    }
}

/// These DNS names and no others.
pub fn names(dns_names: &[&str]) -> SubjectAltNames {
    SubjectAltNames { dns_names: dns_names.iter().map(|&name| name.into()).collect(), ..SubjectAltNames::default() }
}

/// A request to sign a certificate for these DNS names.
pub fn sign_request(token: &str, dns_names: &[&str]) -> SignRequest {
    SignRequest {
        context: context(Operation::Sign),
        token: token.into(),
        csr: csr(dns_names),
        validity: RequestedValidity::default(),
        template_data: None,
    }
}

/// A request to renew a certificate for these DNS names, in the middle of its day.
pub fn renew_request(dns_names: &[&str]) -> RenewRequest {
    RenewRequest {
        context: context(Operation::Renew),
        certificate: certificate(dns_names),
        first_issued: Some(NOW - 43_200),
        renewals: 0,
    }
}

/// A request to revoke a certificate by its decimal serial number.
pub fn revoke_request(token: &str, serial_number: &str) -> RevokeRequest {
    RevokeRequest {
        context: context(Operation::Revoke),
        token: token.into(),
        serial_number: serial_number.into(),
        reason_code: 0,
        reason: String::new(),
    }
}

/// A first certificate for these DNS names, before anybody set its validity.
pub fn proposal(dns_names: &[&str]) -> Proposal {
    Proposal {
        context: context(Operation::Sign),
        identity: Identity {
            subject: common_name(dns_names).common_name,
            credential_id: "kid".into(),
            attributes: vec![],
        },
        requested: RequestedValidity::default(),
        default_duration: None,
        not_before_bound: None,
        not_after_bound: None,
        draft: Draft {
            subject: common_name(dns_names),
            subject_alt_names: names(dns_names),
            public_key: public_key(),
            validity: None,
            key_usage: KeyUsage::DIGITAL_SIGNATURE,
            ext_key_usage: ext_key_usage(),
            extensions: vec![],
        },
        csr: None,
        previous: None,
    }
}

fn certificate(dns_names: &[&str]) -> CertificateInfo {
    let issuer = DistinguishedName { common_name: "Intermediate CA".into(), attributes: vec![] };
    CertificateInfo {
        raw: vec![],
        serial_number: "77".into(),
        issuer,
        subject: common_name(dns_names),
        subject_alt_names: names(dns_names),
        public_key: public_key(),
        validity: Validity { not_before: NOW - 43_260, not_after: NOW + 43_200 },
        is_ca: false,
        key_usage: KeyUsage::DIGITAL_SIGNATURE,
        ext_key_usage: ext_key_usage(),
        extensions: vec![],
    }
}

fn common_name(dns_names: &[&str]) -> DistinguishedName {
    DistinguishedName { common_name: dns_names.first().copied().unwrap_or_default().into(), attributes: vec![] }
}

fn public_key() -> PublicKeyInfo {
    PublicKeyInfo { kind: KeyType::Ec("P-256".into()), spki: vec![] }
}

/// serverAuth and clientAuth (RFC 5280 §4.2.1.12).
fn ext_key_usage() -> Vec<String> {
    vec!["1.3.6.1.5.5.7.3.1".into(), "1.3.6.1.5.5.7.3.2".into()]
}
