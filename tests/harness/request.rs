//! Certification requests, and the bodies that carry them.

use authority::{
    CertificationRequest, SubjectAltNames, Timestamp,
    keys::{KeySpec, PrivateKey},
    pem, pki,
};
use serde_json::{Value, json};

use crate::pki::private_key;

/// A request with the key that made it.
pub struct Csr {
    /// PEM.
    pub pem: String,
    /// What was parsed back.
    pub request: CertificationRequest,
    /// The private key.
    pub key: PrivateKey,
}

impl Csr {
    /// For a fresh P-256 key. `names` are told apart as clients do it.
    pub fn new(common_name: &str, names: &[&str]) -> Self {
        Self::with_key(private_key(KeySpec::EcP256), common_name, names)
    }

    /// What `step ca certificate` sends: the name as common name and as subject alternative name.
    pub fn of(name: &str) -> Self {
        Self::new(name, &[name])
    }

    /// For this key.
    pub fn with_key(key: PrivateKey, common_name: &str, names: &[&str]) -> Self {
        let names = SubjectAltNames::classify(names).expect("names that can be certified");
        let request = pki::create_csr(&key, common_name, &names).expect("a request");
        Self { pem: pem::encode("CERTIFICATE REQUEST", request.der()), request, key }
    }
}

/// The body of `/sign` as the client of 2019 writes it: both times always, unset ones as the year 1.
pub fn body_of_2019(csr: &str, token: &str, not_before: Option<Timestamp>, not_after: Option<Timestamp>) -> Value {
    let time = |time: Option<Timestamp>| time.map_or("0001-01-01T00:00:00Z".to_owned(), |time| time.to_string());
    json!({"csr": csr, "ott": token, "notAfter": time(not_after), "notBefore": time(not_before)})
}

/// The body of `/sign` as the client of 2026 writes it: both times always, as text that may be empty, a time or a
/// duration.
pub fn body_of_2026(csr: &str, token: &str, not_before: &str, not_after: &str) -> Value {
    json!({"csr": csr, "ott": token, "notBefore": not_before, "notAfter": not_after})
}
