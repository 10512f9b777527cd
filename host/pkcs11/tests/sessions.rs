//! Sessions that were lost are opened anew, and logged in. SoftHSM reads its configuration from the environment once, so
//! each test is a process of its own.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use authority::{
    PublicKey,
    keys::{KeySpec, PrivateKey, Signer as _},
};
use cryptoki::context::Pkcs11;
use step_pkcs11::{KeyUri, TokenKey};

const MODULE: &str = "/usr/lib/softhsm/libsofthsm2.so";
const CONFIGURATION: &str = "SOFTHSM2_CONF";
const PIN: &str = "135790";

/// The URI of a key, and its public half; none in the process of a test, which starts another with a token and waits for it.
fn in_a_process_with_a_token(test: &str) -> Option<(KeyUri, PublicKey)> {
    if env::var_os("STEP_PKCS11_CHILD").is_some() {
        let folder = PathBuf::from(env::var_os(CONFIGURATION).unwrap()).parent().unwrap().to_owned();
        let key = PrivateKey::from_pem(&fs::read_to_string(folder.join("key.pem")).unwrap(), None).unwrap();
        let kms = format!("pkcs11:module-path={MODULE};token=ca;max-sessions=2?pin-value={PIN}");
        let public = PublicKey::from_spki(key.public_key()).unwrap();
        return Some((KeyUri::parse("pkcs11:object=issuer", &kms).unwrap(), public));
    }
    if !Path::new(MODULE).exists() || Command::new("softhsm2-util").arg("--version").output().is_err() {
        println!("skipped: SoftHSM is not installed (Debian: softhsm2)");
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let (tokens, configuration) = (folder.path().join("tokens"), folder.path().join("softhsm2.conf"));
    fs::create_dir(&tokens).unwrap();
    fs::write(&configuration, format!("directories.tokendir = {}\n", tokens.display())).unwrap();
    let key = PrivateKey::generate(KeySpec::EcP256).unwrap();
    let file = folder.path().join("key.pem");
    fs::write(&file, authority::pem::encode("PRIVATE KEY", &key.to_pkcs8_der().unwrap())).unwrap();
    let run = |command: &mut Command| {
        let output = command.env(CONFIGURATION, &configuration).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    let util = |words: &[&str]| run(Command::new("softhsm2-util").args(words));
    util(&["--init-token", "--free", "--label", "ca", "--pin", PIN, "--so-pin", "24680246"]);
    let import = ["--token", "ca", "--label", "issuer", "--id", "01", "--pin", PIN, "--import"];
    util(&[&import[..], &[file.to_str().unwrap()]].concat());
    run(Command::new(env::current_exe().unwrap())
        .args([test, "--exact", "--nocapture"])
        .env("STEP_PKCS11_CHILD", "yes"));
    None
}

#[test]
fn a_key_signs_again_after_its_sessions_were_logged_out() {
    let test = "a_key_signs_again_after_its_sessions_were_logged_out";
    let Some((uri, public)) = in_a_process_with_a_token(test) else { return };
    let key = TokenKey::open(&uri, public.info()).unwrap();
    key.sign(b"before").unwrap();
    // As by whoever else uses the module in this process: a logout is for all sessions with the token.
    let module = Pkcs11::new(MODULE).unwrap();
    for slot in module.get_slots_with_initialized_token().unwrap() {
        module.open_ro_session(slot).unwrap().logout().unwrap();
    }
    key.sign(b"after").unwrap();
}
