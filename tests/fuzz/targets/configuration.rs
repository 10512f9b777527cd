//! What operators write.

use std::{ffi::OsString, path::Path, sync::LazyLock};

use clap::Parser;
use jose::Jwk;
use policy_manifest::Manifest;
use step_ca::{
    args::Args,
    clock::{Clock as _, System},
    config::Config,
};
use step_cli::Environment;
use step_tests::Pki;

use super::text;

/// A `ca.json`. Whatever is wrong with it has words.
pub(super) fn ca_json(octets: &[u8]) {
    let Some(text) = text(octets) else { return };
    match Config::parse(text, Path::new("/step/config/ca.json")) {
        Ok((config, _)) => {
            serde_json::from_str::<serde_json::Value>(text).expect("what is taken is JSON");
            assert!(!config.roots.is_empty() && !config.dns_names.is_empty());
        }
        Err(errors) => assert!(!errors.to_string().is_empty()),
    }
}

/// The command line of `step-ca`: words between line ends.
pub(super) fn server_arguments(octets: &[u8]) {
    let Some(text) = text(octets) else { return };
    if let Err(error) = Args::try_parse_from(std::iter::once("step-ca").chain(text.split('\n'))) {
        assert!(!error.to_string().is_empty());
    }
}

/// The command line of `step`: words between line ends; what follows an empty line is the file of flag values. Nothing
/// is done.
pub(super) fn step_arguments(octets: &[u8]) {
    let Some(text) = text(octets) else { return };
    let (words, defaults) = text.split_once("\n\n").unwrap_or((text, "{}"));
    let words = words.split('\n').map(OsString::from);
    if let Err(error) = step_cli::read(words, &Environment::default(), defaults.as_bytes()) {
        assert!(!error.is_empty());
    }
}

/// Signs what targets want to be signed.
static KEY: LazyLock<Jwk> = LazyLock::new(|| Pki::new(System.now()).provisioner);

/// What somebody has signed beside a module. What is believed is signed again and believed again.
pub(super) fn manifest(octets: &[u8]) {
    const MODULE: &[u8] = b"module";
    let trusted = [KEY.clone()];
    let name = policy_manifest::key_name(&KEY);
    let header = jose::jws::ProtectedHeader {
        kid: Some(&name),
        typ: Some("step-policy-manifest"),
        ..jose::jws::ProtectedHeader::default()
    };
    let signed = jose::jws::sign(&header, octets, &KEY).expect("a key that signs");
    match Manifest::verify(Some(&signed), &trusted, MODULE) {
        Ok(manifest) => {
            assert_eq!(manifest.sha256, policy_manifest::sha256(MODULE));
            let again = manifest.sign(&KEY).expect("a key that signs");
            assert_eq!(Manifest::verify(Some(&again), &trusted, MODULE).expect("it was believed"), manifest);
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
    if let Some(text) = text(octets) {
        assert!(Manifest::verify(Some(text), &trusted, MODULE).is_err(), "nobody has signed it");
    }
}
