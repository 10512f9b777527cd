//! `step ca provisioner add`

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use authority::{Certificate, SubjectPublicKeyInfo, keys::public_key_from_pem};
use clap::{Args, ValueEnum};
use jose::{JoseError, Jwk, jwe};
use serde::Serialize;
use zeroize::Zeroizing;

use super::super::flags::requires;
use crate::{
    ca_json::CaJson,
    context::Context,
    error::{CommandError, ExitStatus},
    files, jwk_file, pem_key,
    prompt::{Question, not_blank},
    protection,
};

/// Add a provisioner to the configuration of a CA
///
/// With --create a key is made for it; else the keys are read from files, each a JWK, an encrypted JWK, a key or a
/// certificate in PEM, and make a provisioner each. A private key is stored encrypted, so that whoever knows its
/// password can make tokens with `step ca token`.
///
/// The configuration is a file on this machine. A CA that runs keeps its provisioners until it is told to load the file
/// again, with SIGHUP, or is started anew.
#[derive(Args)]
#[command(after_long_help = "\
Examples:
  step ca provisioner add me@example.com --create
  step ca provisioner add me@example.com key.json")]
pub(crate) struct Add {
    /// Name of the provisioner, e.g. an e-mail address
    #[arg(value_name = "NAME")]
    name: String,
    /// Files with the keys
    #[arg(value_name = "KEY-FILE")]
    keys: Vec<PathBuf>,
    /// Configuration of the CA, ca.json
    #[arg(long, value_name = "FILE")]
    ca_config: Option<PathBuf>,
    /// Make a new key
    #[arg(long)]
    create: bool,
    /// File with the password that encrypts the private key
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// Kind of provisioner
    #[arg(long = "type", value_name = "TYPE", default_value = "JWK", ignore_case = true, hide = true)]
    kind: Kind,
}

#[derive(Clone, Copy, ValueEnum)]
enum Kind {
    #[value(name = "JWK")]
    Jwk,
}

/// What is added, in upstream's order.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Entry<'a> {
    name: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    key: Jwk,
    #[serde(skip_serializing_if = "Option::is_none")]
    encrypted_key: Option<String>,
}

impl Add {
    pub(crate) fn run(self, cx: &mut Context) -> anyhow::Result<ExitStatus> {
        let Kind::Jwk = self.kind;
        let path = self.ca_config.as_deref().ok_or_else(|| requires(cx, "ca-config"))?;
        if self.create && !self.keys.is_empty() {
            return Err(CommandError::Incompatible { flag: "create", with: "<jwk-path> positional arg" }.into());
        }
        if !self.create && self.keys.is_empty() {
            return Err(CommandError::RequiredUnlessArgument { flag: "create", argument: "KEY-FILE" }.into());
        }
        let mut ca = CaJson::read(path)?;
        let keys = match self.create {
            true => vec![Jwk::generate_ec_p256()?],
            false => self.keys.iter().map(|key| read(cx, key)).collect::<anyhow::Result<_>>()?,
        };
        for key in keys {
            let kid = key.kid().unwrap_or_default();
            if ca.identities().any(|entry| entry.name == self.name && entry.kid() == kid) {
                bail!(
                    "duplicated provisioner: CA config already contains a provisioner with issuer={} and kid={kid}",
                    self.name
                );
            }
            let encrypted_key = match key.is_private() {
                true => Some(jwe::encrypt_jwk(&key, &self.password(cx)?, protection::PBES2_ITERATIONS)?),
                false => None,
            };
            ca.add(&Entry { name: &self.name, kind: "JWK", key: key.public(), encrypted_key })?;
        }
        ca.save()?;
        cx.output.say(super::RELOAD)?;
        Ok(ExitStatus::Success)
    }

    fn password(&self, cx: &mut Context) -> anyhow::Result<Zeroizing<Vec<u8>>> {
        const FLAG: &str = "--password-file";
        if let Some(file) = &self.password_file {
            return Ok(files::read_password(file)?);
        }
        let label = match self.create {
            true => {
                "Please enter a password to encrypt the provisioner private key? [leave empty and we'll generate one]"
            }
            false => "Please enter the password to encrypt the private JWK",
        };
        let mut password = cx.ask_password(Question { label, flag: FLAG })?;
        if self.create && password.is_empty() {
            let generated = steppath::random_password()?;
            let question = Question { label: "Password", flag: FLAG };
            password = Zeroizing::new(cx.ask(question, &generated, not_blank)?);
        }
        Ok(Zeroizing::new(password.as_bytes().to_vec()))
    }
}

/// The key of a file, for signing, with a name.
fn read(cx: &mut Context, path: &Path) -> anyhow::Result<Jwk> {
    let bytes = files::read(path)?;
    let key = match std::str::from_utf8(&bytes).map_or(Ok(None), public_pem) {
        Ok(Some(key)) => pem_key::public_to_jwk(&key).map_err(Into::into),
        Ok(None) => jwk_file::from_file(cx, path, None),
        Err(error) => Err(error),
    };
    let key = key.map_err(|error| match error.downcast_ref() {
        Some(JoseError::SymmetricKey) => {
            anyhow::anyhow!("invalid JWK: a symmetric key cannot be used as a provisioner")
        }
        _ => error,
    })?;
    let key = if key.kid().is_none_or(str::is_empty) {
        let thumbprint = key.thumbprint();
        key.with_kid(thumbprint)
    } else {
        key
    };
    let key = if key.key_use().is_none() { key.with_key_use("sig") } else { key };
    // A key that may not verify is no use to the CA.
    jose::VerifyingKey::from_jwk(&key).with_context(|| format!("error reading {}", path.display()))?;
    Ok(key)
}

/// The public key of a PEM text that is one, or a certificate.
fn public_pem(text: &str) -> anyhow::Result<Option<SubjectPublicKeyInfo>> {
    if text.contains("-----BEGIN PUBLIC KEY-----") {
        return Ok(Some(SubjectPublicKeyInfo::from_der(&public_key_from_pem(text)?)?));
    }
    if text.contains("-----BEGIN CERTIFICATE-----") {
        return Ok(Some(Certificate::from_pem(text)?.public_key().clone()));
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::testing::{User, leaf_certificate};

    fn user() -> User {
        let user = User::new();
        user.write("password", "secret\n");
        user.write("ca.json", r#"{"address":":443","authority":{"provisioners":[]}}"#);
        user
    }

    fn provisioners(user: &User) -> Vec<Value> {
        let ca: Value = serde_json::from_str(&user.read("ca.json")).expect("JSON");
        assert_eq!(ca["address"], ":443");
        ca["authority"]["provisioners"].as_array().cloned().unwrap_or_default()
    }

    #[test]
    fn a_created_key_is_stored_under_the_password_and_signs_tokens() {
        let user = user();
        let outcome = user.step("ca provisioner add me --create --ca-config {}/ca.json --password-file {}/password");
        assert!(outcome.answers.is_empty() && outcome.talk.contains("SIGHUP"), "{outcome:?}");
        let [entry] = provisioners(&user).try_into().expect("one provisioner");
        assert_eq!((entry["name"].as_str(), entry["type"].as_str()), (Some("me"), Some("JWK")));
        assert_eq!((entry["key"]["use"].as_str(), entry["key"]["alg"].as_str()), (Some("sig"), Some("ES256")));
        assert!(entry["key"].get("d").is_none());
        let private = jwe::decrypt_jwk(entry["encryptedKey"].as_str().expect("encrypted"), b"secret").expect("opened");
        assert_eq!(private.kid(), entry["key"]["kid"].as_str());
        assert_eq!(private.thumbprint(), entry["key"]["kid"].as_str().expect("a kid"));
        let order: Vec<_> = ["name", "type", "key", "encryptedKey"]
            .map(|one| user.read("ca.json").find(&format!("\"{one}\"")))
            .to_vec();
        assert!(order.is_sorted(), "{order:?}");
    }

    #[test]
    fn a_person_may_leave_the_password_to_us() {
        let user = user().with_answers(&["", "chosen"]);
        user.step("ca provisioner add me --create --ca-config {}/ca.json").answer();
        let entry = provisioners(&user).remove(0);
        assert!(jwe::decrypt_jwk(entry["encryptedKey"].as_str().expect("encrypted"), b"chosen").is_ok());
    }

    #[test]
    fn keys_of_every_form_are_added_and_only_private_ones_are_encrypted() {
        let user = user();
        let jwk = Jwk::generate_ed25519().expect("a key");
        user.write("private.json", jwk.to_private_json().expect("private").as_bytes());
        user.write("public.json", Jwk::generate_ec_p256().expect("a key").to_json());
        let (certificate, key) = leaf_certificate(0, 60);
        user.write("a.crt", certificate);
        user.write("a.key", key);
        user.step("crypto keypair {}/b.pub {}/b.key --kty RSA --no-password --insecure").answer();
        let files = "{}/private.json {}/public.json {}/a.crt {}/b.pub";
        let line = format!("ca provisioner add me {files} --ca-config {{}}/ca.json --password-file {{}}/password");
        user.step(&line).answer();
        let entries = provisioners(&user);
        let encrypted: Vec<_> = entries.iter().map(|entry| entry.get("encryptedKey").is_some()).collect();
        assert_eq!(encrypted, [true, false, false, false]);
        let kinds: Vec<_> = entries.iter().filter_map(|entry| entry["key"]["kty"].as_str()).collect();
        assert_eq!(kinds, ["OKP", "EC", "EC", "RSA"]);
        assert!(entries.iter().all(|entry| entry["key"]["kid"].as_str().is_some_and(|kid| !kid.is_empty())));
        let error = user.step("ca provisioner add me {}/a.key --ca-config {}/ca.json").error();
        assert!(
            error.starts_with("duplicated provisioner: CA config already contains a provisioner with issuer=me"),
            "{error}"
        );
        assert_eq!(provisioners(&user).len(), 4);
    }

    #[test]
    fn what_cannot_be_a_provisioner_changes_nothing() {
        let user = user();
        let before = user.read("ca.json");
        user.write("oct.json", r#"{"kty":"oct","k":"AAAA"}"#);
        let encryption = Jwk::generate_ec_p256().expect("a key").with_key_use("enc");
        user.write("enc.json", encryption.to_json());
        let cases = [
            ("{}/oct.json", "invalid JWK: a symmetric key cannot be used as a provisioner\n"),
            ("{}/enc.json", "error reading {}/enc.json: the key may not be used to verify\n"),
            ("{}/enc.json --create", "flag '--create' is incompatible with '<jwk-path> positional arg'\n"),
            ("", "flag '--create' is required unless the positional argument <KEY-FILE> is provided\n"),
        ];
        for (line, expected) in cases {
            let line = format!("ca provisioner add me {line} --ca-config {{}}/ca.json --password-file {{}}/password");
            assert_eq!(user.step(&line).error(), expected);
        }
        assert_eq!(user.read("ca.json"), before);
    }
}
