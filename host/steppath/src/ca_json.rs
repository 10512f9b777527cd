//! `ca.json` as a new CA gets it. What a CA makes of the file is the server's to know.

use jose::Jwk;
use serde::Serialize;

/// The members in upstream's order; the optional ones that a new file does not have are not here.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CaJson<'a> {
    pub(crate) root: String,
    pub(crate) federated_roots: [String; 0],
    pub(crate) crt: String,
    pub(crate) key: String,
    pub(crate) address: &'a str,
    pub(crate) dns_names: &'a [String],
    pub(crate) logger: Logger,
    pub(crate) authority: Authority<'a>,
    pub(crate) tls: Tls,
}

#[derive(Serialize)]
pub(crate) struct Logger {
    format: &'static str,
}

impl Logger {
    pub(crate) const TEXT: Self = Self { format: "text" };
}

#[derive(Serialize)]
pub(crate) struct Authority<'a> {
    pub(crate) provisioners: [Provisioner<'a>; 1],
}

/// A JWK provisioner: the public key in the clear, the private key under a password.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Provisioner<'a> {
    name: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    key: Jwk,
    encrypted_key: String,
}

impl<'a> Provisioner<'a> {
    pub(crate) fn new(name: &'a str, key: &Jwk, encrypted_key: String) -> Self {
        Self { name, kind: "JWK", key: key.public(), encrypted_key }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Tls {
    cipher_suites: [&'static str; 2],
    min_version: f64,
    max_version: f64,
    renegotiation: bool,
}

impl Tls {
    /// What upstream writes for a new CA.
    pub(crate) const NEW: Self = Self {
        cipher_suites: ["TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"],
        min_version: 1.2,
        max_version: 1.2,
        renegotiation: false,
    };
}
