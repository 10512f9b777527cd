//! `step crypto change-pass`

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use jose::jwe;
use serde_json::{Map, Value};
use thiserror::Error;
use zeroize::Zeroizing;

use crate::{
    answer::Saved,
    context::Context,
    error::ExitStatus,
    files::Destination,
    json_layout, jwk_file, key_file,
    prompt::Question,
    protection::{self, ClearFlags, NewPassword, Protection},
};

/// Change the password of a private key
///
/// The key is a private key in PEM, a JWK, or an encrypted JWK; it stays the same key. EC and RSA keys in PEM are
/// written in their traditional form, whatever form they had.
#[derive(Args)]
#[command(after_long_help = "\
Examples:
  step crypto change-pass ca.key
  step crypto change-pass ca.key --out new.key --password-file old.txt --new-password-file new.txt
  step crypto change-pass ca.key --no-password --insecure")]
pub(crate) struct ChangePass {
    /// File with the private key
    #[arg(value_name = "KEY-FILE")]
    key: PathBuf,
    /// File for the key under its new password; KEY-FILE if left out
    #[arg(long, alias = "output-file", value_name = "FILE")]
    out: Option<PathBuf>,
    /// File with the password the key has now
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// File with the new password
    #[arg(long, value_name = "FILE")]
    new_password_file: Option<PathBuf>,
    #[command(flatten)]
    clear: ClearFlags,
    /// Overwrite files without asking
    #[arg(long, short)]
    force: bool,
}

/// Whose password cannot be changed.
#[derive(Debug, Error)]
#[error("the key has no private part")]
struct NotPrivate;

impl ChangePass {
    pub(crate) fn run(self, cx: &mut Context) -> anyhow::Result<ExitStatus> {
        self.clear.is_wanted()?;
        let out = self.out.as_deref().unwrap_or(&self.key);
        let destination = Destination::claim(cx, out, self.force)?;
        let bytes = crate::files::read(&self.key)?;
        let text = std::str::from_utf8(&bytes);
        let text = text.with_context(|| format!("error decoding {}: it is not text", self.key.display()))?;
        if text.trim_start().starts_with("-----BEGIN ") {
            destination.write(self.pem(cx, text, out)?.as_bytes())?;
        } else {
            destination.write(self.jwk(cx, text.trim())?.as_bytes())?;
        }
        cx.output.give(&Saved::file("key", "Your key has been saved in", out))?;
        Ok(ExitStatus::Success)
    }

    fn pem(&self, cx: &mut Context, text: &str, out: &Path) -> anyhow::Result<Zeroizing<String>> {
        let password = key_file::Password { flag: "--password-file", file: self.password_file.as_deref() };
        let key = key_file::parse(cx, &self.key, text, password)?;
        let label = format!("Please enter the password to encrypt {}", out.display());
        Ok(match self.protection(cx, &label)? {
            Protection::Password(password) => key.to_encrypted_pem(&password)?,
            Protection::None => key.to_pem()?,
        })
    }

    /// The octets of the key are carried over: members we know nothing of are the owner's.
    fn jwk(&self, cx: &mut Context, text: &str) -> anyhow::Result<Zeroizing<String>> {
        let json = if jwk_file::is_encrypted(text) {
            let label = format!("Please enter the password to decrypt {}", self.key.display());
            let question = Question { label: &label, flag: "--password-file" };
            let octets = jwk_file::decrypt(cx, text, self.password_file.as_deref(), question)?;
            Zeroizing::new(std::str::from_utf8(&octets).context("the decrypted key is not text")?.to_owned())
        } else {
            Zeroizing::new(text.to_owned())
        };
        check_private(&json).with_context(|| format!("error parsing {}", self.key.display()))?;
        match self.protection(cx, "Please enter the password to encrypt the private JWK")? {
            Protection::Password(password) => {
                let json = Zeroizing::new(json_layout::compact(&json));
                Ok(Zeroizing::new(
                    jwe::encrypt(json.as_bytes(), "jwk+json", &password, protection::PBES2_ITERATIONS)?.to_json(),
                ))
            }
            Protection::None => Ok(Zeroizing::new(json_layout::indented(&json, "  "))),
        }
    }

    fn protection(&self, cx: &mut Context, label: &str) -> anyhow::Result<Protection> {
        let file = self.new_password_file.as_deref();
        self.clear.protection(cx, NewPassword { label, flag: "new-password-file", file })
    }
}

fn check_private(json: &str) -> anyhow::Result<()> {
    let mut members: Map<String, Value> = serde_json::from_str(json)?;
    let is_key = members.get("kty").is_some_and(Value::is_string);
    let secrets = ["d", "k"].map(|member| match members.remove(member) {
        Some(Value::String(secret)) => !Zeroizing::new(secret).is_empty(),
        _ => false,
    });
    if is_key && secrets.contains(&true) { Ok(()) } else { Err(NotPrivate.into()) }
}

#[cfg(test)]
mod tests {
    use std::{os::unix::fs::PermissionsExt as _, process::Command};

    use authority::keys::{KeySpec, PrivateKey};
    use jose::Jwk;

    use super::*;
    use crate::testing::User;

    const FILES: &str = "--password-file {}/old --new-password-file {}/new";

    fn user() -> User {
        let user = User::new();
        user.write("old", "old password\n");
        user.write("new", "new password\n");
        user
    }

    #[test]
    fn a_pem_key_stays_the_same_key_under_another_password_in_its_traditional_form() {
        let cases = [
            (KeySpec::EcP384, "-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n"),
            (KeySpec::Rsa { bits: 2048 }, "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n"),
            (KeySpec::Ed25519, "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"),
        ];
        for (spec, start) in cases {
            let user = user();
            let key = PrivateKey::generate(spec).expect("a key");
            user.write("a.key", key.to_encrypted_pkcs8_pem(b"old password").expect("PEM").as_bytes());
            let outcome = user.step(&format!("crypto change-pass {{}}/a.key -f {FILES}"));
            assert_eq!(
                (outcome.status, outcome.talk.as_str()),
                (ExitStatus::Success, "Your key has been saved in {}/a.key.\n")
            );
            let text = user.read("a.key");
            assert!(text.starts_with(start), "{text}");
            let read = PrivateKey::from_pem(&text, Some(b"new password")).expect("the new password");
            assert_eq!(read.spki_der(), key.spki_der());
            assert!(PrivateKey::from_pem(&text, Some(b"old password")).is_err());
        }
    }

    #[test]
    fn openssl_reads_what_was_written() {
        let user = user();
        let key = PrivateKey::generate(KeySpec::EcP256).expect("a key");
        user.write("a.key", key.to_pem().expect("PEM").as_bytes());
        user.step("crypto change-pass {}/a.key --out {}/b.key --new-password-file {}/new").answer();
        let Ok(output) = Command::new("openssl")
            .args(["pkey", "-pubout", "-passin", "pass:new password", "-in"])
            .arg(user.path("b.key"))
            .output()
        else {
            eprintln!("skipped: openssl is not installed");
            return;
        };
        let theirs = String::from_utf8_lossy(&output.stdout);
        assert_eq!(theirs, authority::keys::public_key_to_pem(key.spki_der()));
    }

    #[test]
    fn a_jwk_is_encrypted_in_the_json_serialization_and_keeps_every_member() {
        let user = user();
        let json = Jwk::generate_ec_p256()
            .expect("a key")
            .to_private_json()
            .expect("private")
            .replace("\"use\"", "\"mine\": \"a  b\", \"use\"");
        user.write("a.json", &json);
        user.step("crypto change-pass {}/a.json --new-password-file {}/old -f").answer();
        user.step(&format!("crypto change-pass {{}}/a.json --out {{}}/b.json {FILES}")).answer();
        let text = user.read("b.json");
        assert!(text.starts_with("{\n  \"protected\": \"") && text.ends_with("\"\n}"), "{text}");
        let plain = jwe::decrypt(&text, b"new password").expect("the new password");
        assert_eq!(std::str::from_utf8(&plain).expect("text"), json_layout::compact(&json));
        let mode = std::fs::metadata(user.path("b.json")).expect("written").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_person_has_three_tries_for_a_jwk_and_one_for_pem() {
        let user = user();
        let key = Jwk::generate_ec_p256().expect("a key");
        user.write("a.json", jwe::encrypt_jwk(&key, b"right", 1_000).expect("encrypted"));
        let pem = PrivateKey::generate(KeySpec::EcP256).expect("a key");
        user.write("a.key", pem.to_encrypted_pem(b"right").expect("PEM").as_bytes());
        let user = user.with_answers(&["wrong", "wrong", "right", "new"]);
        user.step("crypto change-pass {}/a.json --out {}/b.json").answer();
        assert!(jwe::decrypt_jwk(&user.read("b.json"), b"new").expect("decrypted").is_same_key(&key));
        let error = user.step("crypto change-pass {}/a.key --out {}/b.key").error();
        assert!(error.starts_with("error decrypting {}/a.key"), "{error}");
        assert!(!user.path("b.key").exists());
    }

    #[test]
    fn an_empty_password_protects_a_pem_key_of_upstreams_kind_and_never_a_jwk() {
        let user = user();
        user.write("empty", "\n");
        let pem = PrivateKey::generate(KeySpec::EcP256).expect("a key");
        user.write("a.key", pem.to_pem().expect("PEM").as_bytes());
        user.step("crypto change-pass {}/a.key -f --new-password-file {}/empty").answer();
        assert!(PrivateKey::from_pem(&user.read("a.key"), Some(b"")).is_ok());
        let key = Jwk::generate_ec_p256().expect("a key");
        user.write("a.json", key.to_private_json().expect("private").as_bytes());
        let error = user.step("crypto change-pass {}/a.json -f --new-password-file {}/empty").error();
        assert_eq!(error, "the password is empty\n");
    }

    #[test]
    fn a_key_is_written_in_the_clear_only_when_two_flags_say_so() {
        let user = user();
        let pem = PrivateKey::generate(KeySpec::EcP256).expect("a key");
        let encrypted = pem.to_encrypted_pem(b"old password").expect("PEM");
        user.write("a.key", encrypted.as_bytes());
        let error = user.step("crypto change-pass {}/a.key -f --no-password").error();
        assert_eq!(error, "flag '--no-password' requires the '--insecure' flag\n");
        let error = user.step(&format!("crypto change-pass {{}}/a.key -f --no-password --insecure {FILES}")).error();
        assert_eq!(error, "flag '--no-password' and flag '--new-password-file' are mutually exclusive\n");
        assert_eq!(user.read("a.key"), *encrypted);
        user.step("crypto change-pass {}/a.key -f --password-file {}/old --no-password --insecure").answer();
        assert_eq!(user.read("a.key"), *pem.to_pem().expect("PEM"));
    }

    #[test]
    fn what_has_no_private_part_has_no_password() {
        let user = user();
        let key = Jwk::generate_ec_p256().expect("a key");
        user.write("a.json", key.to_json());
        let error = user.step(&format!("crypto change-pass {{}}/a.json -f {FILES}")).error();
        assert_eq!(error, "error parsing {}/a.json: the key has no private part\n");
        user.write("a.pem", authority::keys::public_key_to_pem(b"x"));
        let error = user.step(&format!("crypto change-pass {{}}/a.pem -f {FILES}")).error();
        assert!(error.starts_with("error decoding {}/a.pem"), "{error}");
    }

    #[test]
    fn the_key_is_not_overwritten_unasked() {
        let user = user();
        user.write("a.key", "precious");
        let error = user.step(&format!("crypto change-pass {{}}/a.key {FILES}")).error();
        assert_eq!(error, "{}/a.key exists already\n\nhint: overwrite it with `--force`\n");
    }
}
