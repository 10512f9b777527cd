//! A certificate authority's keys and certificates, as `step ca init` makes them, with the secrets at hand.

use std::{path::PathBuf, time::Duration};

use authority::{
    Certificate, Timestamp,
    keys::{KeySpec, PrivateKey},
    pki,
};
use jose::{Jwk, jwe};
use serde_json::{Value, json};
use steppath::{Access, Overwrite, StepPath};

/// The name of the first provisioner, which is the `iss` of its tokens.
pub const PROVISIONER: &str = "admin@example.com";

/// Encrypts the intermediate key.
pub const PASSWORD: &str = "the intermediate's password";

/// Encrypts the provisioner's key.
pub const PROVISIONER_PASSWORD: &str = "the provisioner's password";

/// The least that is allowed: the password protects nothing, and tests should not wait for it.
const ITERATIONS: u32 = 1_000;

/// Root, intermediate and the key of one JWK provisioner.
pub struct Pki {
    /// The root certificate.
    pub root: Certificate,
    /// Its key.
    pub root_key: PrivateKey,
    /// The issuing certificate.
    pub intermediate: Certificate,
    /// Its key.
    pub intermediate_key: PrivateKey,
    /// The private key of [`PROVISIONER`].
    pub provisioner: Jwk,
}

impl Pki {
    /// A PKI whose certificates begin an hour before `now`.
    pub fn new(now: Timestamp) -> Self {
        Self::with_issuer_key(now, KeySpec::EcP256)
    }

    /// A PKI whose intermediate has a key of this kind.
    pub fn with_issuer_key(now: Timestamp, kind: KeySpec) -> Self {
        let begin = now.saturating_sub(Duration::from_secs(3_600));
        let (root_key, intermediate_key) = (private_key(KeySpec::EcP256), private_key(kind));
        let root = pki::create_root("Test", &root_key, begin).expect("a root");
        let intermediate =
            pki::create_intermediate("Test", &intermediate_key, &root, &root_key, begin).expect("an intermediate");
        Self { root, root_key, intermediate, intermediate_key, provisioner: new_provisioner_key() }
    }

    /// SHA-256 of the root certificate in hexadecimal.
    pub fn fingerprint(&self) -> String {
        step_ca::audit::Digest::from_bytes(self.root.fingerprint_sha256()).to_string()
    }

    /// The object of the provisioner in `ca.json`.
    pub fn provisioner_object(&self) -> Value {
        provisioner_object(PROVISIONER, &self.provisioner)
    }

    /// A `ca.json` without anything that can be left out.
    pub(crate) fn ca_json(&self, path: &StepPath) -> Value {
        json!({
            "root": path.root_certificate(),
            "federatedRoots": [],
            "crt": path.intermediate_certificate(),
            "key": path.intermediate_key(),
            "address": "127.0.0.1:0",
            "dnsNames": ["localhost", "127.0.0.1", "ca.example.com"],
            "authority": {"provisioners": [self.provisioner_object()]},
        })
    }

    /// Writes certificates and keys to their usual places.
    pub(crate) fn write(&self, path: &StepPath) {
        path.create_directories().expect("the folder can be written");
        self.write_to(&PkiFiles {
            root: path.root_certificate(),
            certificate: path.intermediate_certificate(),
            key: path.intermediate_key(),
        });
    }

    /// Writes certificates and keys to these places.
    pub(crate) fn write_to(&self, files: &PkiFiles) {
        let key = self.intermediate_key.to_encrypted_pem(PASSWORD.as_bytes()).expect("a key can be encrypted");
        write(&files.root, self.root.pem().as_bytes());
        write(&files.certificate, self.intermediate.pem().as_bytes());
        write(&files.key, key.as_bytes());
    }
}

/// Where a PKI lies.
pub struct PkiFiles {
    /// The root certificate.
    pub root: PathBuf,
    /// The issuing certificate.
    pub certificate: PathBuf,
    /// Its key.
    pub key: PathBuf,
}

/// A private file, new or in place of an old one.
pub(crate) fn write(path: &std::path::Path, contents: &[u8]) {
    steppath::write(path, contents, Access::Private, Overwrite::Allow).expect("the folder can be written");
}

pub(crate) fn private_key(kind: KeySpec) -> PrivateKey {
    PrivateKey::generate(kind).expect("the system gives randomness")
}

pub(crate) fn new_provisioner_key() -> Jwk {
    Jwk::generate_ec_p256().expect("the system gives randomness")
}

pub(crate) fn provisioner_object(name: &str, key: &Jwk) -> Value {
    let public: Value = serde_json::from_str(&key.public().to_json()).expect("a JWK is JSON");
    let encrypted = jwe::encrypt_jwk(key, PROVISIONER_PASSWORD.as_bytes(), ITERATIONS).expect("a key can be encrypted");
    json!({"name": name, "type": "JWK", "key": public, "encryptedKey": encrypted})
}
