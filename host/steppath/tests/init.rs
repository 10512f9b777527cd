//! A new CA: what is on disk afterwards, and who can read it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{
    fs,
    os::unix::fs::MetadataExt,
    path::Path,
    process::{Command, Stdio},
};

use authority::{
    Certificate, Timestamp,
    keys::{KeySpec, PrivateKey},
    pki,
};
use jose::{Jwk, jwe};
use steppath::{
    AuthorityOptions, ExistingRoot, FileError, InitError, InitOptions, Overwrite, Role, StepPath, check_private, init,
};
use tempfile::TempDir;

const KEY_PASSWORD: &[u8] = b"password of the keys";
const PROVISIONER_PASSWORD: &[u8] = b"password of the provisioner";

fn now() -> Timestamp {
    Timestamp::from_unix(1_800_000_000)
}

fn place() -> (TempDir, StepPath) {
    let directory = tempfile::tempdir().unwrap();
    let step_path = StepPath::new(directory.path().join("step")).unwrap();
    (directory, step_path)
}

fn names() -> Vec<String> {
    vec!["ca.example.com".into(), "10.0.0.1".into()]
}

fn authority(dns_names: &[String]) -> AuthorityOptions<'_> {
    AuthorityOptions {
        dns_names,
        address: ":9000",
        provisioner: "you@example.com",
        provisioner_password: PROVISIONER_PASSWORD,
        ca_url: None,
    }
}

fn options(authority: Option<AuthorityOptions<'_>>) -> InitOptions<'_> {
    InitOptions {
        name: "Test",
        key_password: KEY_PASSWORD,
        root: None,
        authority,
        overwrite: Overwrite::Refuse,
        now: now(),
    }
}

fn certificate(path: &Path) -> Certificate {
    Certificate::from_pem(&fs::read_to_string(path).unwrap()).unwrap()
}

fn key(path: &Path) -> PrivateKey {
    PrivateKey::from_pem(&fs::read_to_string(path).unwrap(), Some(KEY_PASSWORD)).unwrap()
}

fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().mode() & 0o7777
}

#[test]
fn a_new_ca_is_a_root_an_intermediate_their_keys_and_two_configurations() {
    let (_directory, step_path) = place();
    let names = names();
    let made = init(&step_path, &options(Some(authority(&names)))).unwrap();

    let roles: Vec<Role> = made.files.iter().map(|file| file.role).collect();
    assert_eq!(
        roles,
        [
            Role::RootCertificate,
            Role::RootKey,
            Role::IntermediateCertificate,
            Role::IntermediateKey,
            Role::Defaults,
            Role::Configuration
        ]
    );
    for file in &made.files {
        let wanted = if file.role == Role::Defaults { 0o644 } else { 0o600 };
        assert_eq!(mode(&file.path), wanted, "{:?}", file.role);
    }
    for directory in [step_path.base().to_owned(), step_path.certs(), step_path.secrets(), step_path.config()] {
        assert_eq!(mode(&directory), 0o700);
        let hidden = fs::read_dir(directory).unwrap().filter_map(Result::ok);
        assert!(hidden.into_iter().all(|entry| !entry.file_name().to_string_lossy().starts_with('.')));
    }
    assert!(step_path.is_initialized());
    check_private(&step_path.ca_json()).unwrap();

    let (root, intermediate) =
        (certificate(&step_path.root_certificate()), certificate(&step_path.intermediate_certificate()));
    assert_eq!(root.subject().common_name(), Some("Test Root CA"));
    assert_eq!(intermediate.subject().common_name(), Some("Test Intermediate CA"));
    intermediate.verify_signature(root.public_key()).unwrap();
    assert_eq!(root.public_key().spki_der(), key(&step_path.root_key()).spki_der());
    assert_eq!(intermediate.public_key().spki_der(), key(&step_path.intermediate_key()).spki_der());
    assert_eq!(made.root_fingerprint, hex::encode(root.fingerprint_sha256()));
}

#[test]
fn ca_json_is_written_member_by_member_as_upstream_does() {
    let (_directory, step_path) = place();
    let names = names();
    let made = init(&step_path, &options(Some(authority(&names)))).unwrap();
    let text = fs::read_to_string(step_path.ca_json()).unwrap();
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    let provisioner = &value["authority"]["provisioners"][0];
    let key: Jwk = serde_json::from_value(provisioner["key"].clone()).unwrap();
    assert!(!key.is_private());
    assert_eq!(key.kid(), made.provisioner_kid.as_deref());
    assert_eq!(key.kid(), Some(key.thumbprint().as_str()));

    let encrypted = provisioner["encryptedKey"].as_str().unwrap();
    let private = jwe::decrypt_jwk(encrypted, PROVISIONER_PASSWORD).unwrap();
    assert!(private.is_private() && private.is_same_key(&key));

    let base = step_path.base().to_str().unwrap();
    let expected = format!(
        r#"{{
   "root": "{base}/certs/root_ca.crt",
   "federatedRoots": [],
   "crt": "{base}/certs/intermediate_ca.crt",
   "key": "{base}/secrets/intermediate_ca_key",
   "address": ":9000",
   "dnsNames": [
      "ca.example.com",
      "10.0.0.1"
   ],
   "logger": {{
      "format": "text"
   }},
   "authority": {{
      "provisioners": [
         {{
            "name": "you@example.com",
            "type": "JWK",
            "key": {{
               "use": "sig",
               "kty": "EC",
               "kid": {kid},
               "crv": "P-256",
               "alg": "ES256",
               "x": {x},
               "y": {y}
            }},
            "encryptedKey": "{encrypted}"
         }}
      ]
   }},
   "tls": {{
      "cipherSuites": [
         "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305",
         "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"
      ],
      "minVersion": 1.2,
      "maxVersion": 1.2,
      "renegotiation": false
   }}
}}"#,
        kid = provisioner["key"]["kid"],
        x = provisioner["key"]["x"],
        y = provisioner["key"]["y"],
    );
    assert_eq!(text, expected);

    let defaults = fs::read_to_string(step_path.defaults_json()).unwrap();
    let fingerprint = &made.root_fingerprint;
    let expected = format!(
        r#"{{
   "ca-url": "https://ca.example.com:9000",
   "ca-config": "{base}/config/ca.json",
   "fingerprint": "{fingerprint}",
   "root": "{base}/certs/root_ca.crt"
}}"#
    );
    assert_eq!(defaults, expected);
}

#[test]
fn without_an_authority_there_are_certificates_and_keys_only() {
    let (_directory, step_path) = place();
    let made = init(&step_path, &options(None)).unwrap();
    assert_eq!((made.files.len(), made.provisioner_kid), (4, None));
    assert!(!step_path.is_initialized() && !step_path.defaults_json().exists());
}

#[test]
fn an_existing_root_goes_on_under_the_new_password() {
    let (_directory, step_path) = place();
    let root_key = PrivateKey::generate(KeySpec::EcP384).unwrap();
    let root = pki::create_root("Old", &root_key, now()).unwrap();
    let spki = root_key.spki_der().to_vec();
    let fingerprint = hex::encode(root.fingerprint_sha256());
    let existing = ExistingRoot { certificate: root, key: root_key };
    let made = init(&step_path, &InitOptions { root: Some(existing), ..options(None) }).unwrap();
    assert_eq!(made.root_fingerprint, fingerprint);
    assert_eq!(key(&step_path.root_key()).spki_der(), spki);
    let root = certificate(&step_path.root_certificate());
    assert_eq!(root.subject().common_name(), Some("Old Root CA"));
    certificate(&step_path.intermediate_certificate()).verify_signature(root.public_key()).unwrap();
}

#[test]
fn a_root_and_a_key_that_do_not_belong_together_make_nothing() {
    let (_directory, step_path) = place();
    let root_key = PrivateKey::generate(KeySpec::EcP256).unwrap();
    let certificate = pki::create_root("Old", &root_key, now()).unwrap();
    let existing = ExistingRoot { certificate, key: PrivateKey::generate(KeySpec::EcP256).unwrap() };
    let error = init(&step_path, &InitOptions { root: Some(existing), ..options(None) }).unwrap_err();
    assert!(matches!(error, InitError::Pki(pki::PkiError::OtherKey { .. })), "{error}");
    assert!(!step_path.base().exists());
}

#[test]
fn a_ca_that_is_there_stays_unless_it_may_be_overwritten() {
    let (_directory, step_path) = place();
    init(&step_path, &options(None)).unwrap();
    let before = fs::read(step_path.root_key()).unwrap();
    let names = names();
    let error = init(&step_path, &options(Some(authority(&names)))).unwrap_err();
    assert!(matches!(error, InitError::File(FileError::Exists { .. })), "{error}");
    assert_eq!(fs::read(step_path.root_key()).unwrap(), before);
    assert!(!step_path.ca_json().exists());
    let forced = InitOptions { overwrite: Overwrite::Allow, ..options(Some(authority(&names))) };
    init(&step_path, &forced).unwrap();
    assert_ne!(fs::read(step_path.root_key()).unwrap(), before);
}

#[test]
fn values_that_make_no_ca_are_refused_before_anything_is_written() {
    let (_directory, step_path) = place();
    let names = names();
    let blank = vec![String::from(" ")];
    let good = || authority(&names);
    for bad in [
        options(Some(AuthorityOptions { dns_names: &[], ..good() })),
        options(Some(AuthorityOptions { dns_names: &blank, ..good() })),
        options(Some(AuthorityOptions { provisioner: "", ..good() })),
        options(Some(AuthorityOptions { provisioner_password: b"", ..good() })),
        options(Some(AuthorityOptions { address: "", ..good() })),
        options(Some(AuthorityOptions { address: "localhost", ..good() })),
        options(Some(AuthorityOptions { address: ":65536", ..good() })),
        options(Some(AuthorityOptions { address: "::https", ..good() })),
        InitOptions { name: "\t", ..options(None) },
    ] {
        init(&step_path, &bad).unwrap_err();
        assert!(!step_path.base().exists());
    }
}

#[test]
fn the_url_of_clients_may_be_another() {
    let (_directory, step_path) = place();
    let names = vec![String::from("::1")];
    let own = AuthorityOptions { ca_url: Some("https://proxy.example.com/ca"), ..authority(&names) };
    init(&step_path, &options(Some(own))).unwrap();
    assert!(fs::read_to_string(step_path.defaults_json()).unwrap().contains(r#""https://proxy.example.com/ca""#));
    let forced = InitOptions { overwrite: Overwrite::Allow, ..options(Some(authority(&names))) };
    init(&step_path, &forced).unwrap();
    assert!(fs::read_to_string(step_path.defaults_json()).unwrap().contains(r#""https://[::1]:9000""#));
}

#[test]
fn openssl_accepts_what_was_made() {
    if Command::new("openssl").arg("version").output().is_err() {
        eprintln!("skipped: there is no openssl program");
        return;
    }
    let (_directory, step_path) = place();
    init(&step_path, &options(None)).unwrap();
    let run = |arguments: &[&str]| {
        let mut command = Command::new("openssl");
        command.args(arguments).env("KEY_PASSWORD", std::str::from_utf8(KEY_PASSWORD).unwrap());
        command.stdin(Stdio::null()).stdout(Stdio::null()).status().unwrap().success()
    };
    let (root, intermediate) = (step_path.root_certificate(), step_path.intermediate_certificate());
    let (root, intermediate) = (root.to_str().unwrap(), intermediate.to_str().unwrap());
    let at = now().as_unix().to_string();
    assert!(run(&["verify", "-x509_strict", "-attime", &at, "-CAfile", root, intermediate]));
    for key in [step_path.root_key(), step_path.intermediate_key()] {
        assert!(run(&["pkey", "-in", key.to_str().unwrap(), "-passin", "env:KEY_PASSWORD", "-noout"]));
    }
}
