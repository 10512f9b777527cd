//! `step ca provisioner add`

use std::{io, path::PathBuf};

use clap::{Args, ValueEnum};
use jose::Jwk;
use serde::Serialize;

use super::{
    claims::ClaimsFlags,
    configuration::{Changed, Configuration},
    key::{self, Source},
};
use crate::{
    answer::Answer,
    ca_json::Members,
    context::Context,
    error::{CommandError, ExitStatus},
    output::Output,
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
  step ca provisioner add me@example.com key.json
  step ca provisioner add batch --create --x509-max-dur 1h --x509-default-dur 15m --disable-renewal")]
pub(crate) struct Add {
    /// Name of the provisioner, e.g. an e-mail address
    #[arg(value_name = "NAME")]
    name: String,
    /// Files with the keys
    #[arg(value_name = "KEY-FILE")]
    keys: Vec<PathBuf>,
    #[command(flatten)]
    configuration: Configuration,
    /// Make a new key
    #[arg(long)]
    create: bool,
    /// File with the password that encrypts the private key
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    #[command(flatten)]
    claims: ClaimsFlags,
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

/// Who was added.
#[derive(Serialize)]
struct Added {
    provisioners: Vec<Identity>,
}

#[derive(Serialize)]
struct Identity {
    name: String,
    kid: String,
}

impl Answer for Added {
    fn tell(&self, _: &mut Output) -> io::Result<()> {
        Ok(())
    }
}

impl Add {
    pub(crate) fn run(self, cx: &mut Context) -> anyhow::Result<ExitStatus> {
        let Kind::Jwk = self.kind;
        self.configuration.is_named(cx)?;
        if self.create && !self.keys.is_empty() {
            return Err(CommandError::Incompatible { flag: "create", with: "<jwk-path> positional arg" }.into());
        }
        if !self.create && self.keys.is_empty() {
            return Err(CommandError::RequiredUnlessArgument { flag: "create", argument: "KEY-FILE" }.into());
        }
        self.claims.check()?;
        let mut ca = self.configuration.read(cx)?;
        let keys = match self.create {
            true => vec![Jwk::generate_ec_p256()?],
            false => self.keys.iter().map(|key| key::read(cx, key)).collect::<anyhow::Result<_>>()?,
        };
        let source = if self.create { Source::Made } else { Source::File };
        let mut provisioners = Vec::new();
        for key in keys {
            key::is_new(&ca, &self.name, &key)?;
            let encrypted_key = match key.is_private() {
                true => Some(key::encrypt(cx, &key, source, self.password_file.as_deref())?),
                false => None,
            };
            let entry = Entry { name: &self.name, kind: "JWK", key: key.public(), encrypted_key };
            let mut entry = Members::of(&entry)?;
            self.claims.apply(&mut entry)?;
            ca.add(&entry)?;
            provisioners.push(Identity { name: self.name.clone(), kid: key.kid().unwrap_or_default().to_owned() });
        }
        ca.save()?;
        cx.output.give(&Changed(Added { provisioners }))?;
        Ok(ExitStatus::Success)
    }
}

#[cfg(test)]
mod tests {
    use jose::{Jwk, jwe};
    use serde_json::{Value, json};

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
    fn claims_are_written_as_the_ca_reads_them() {
        let user = user();
        let claims = "--x509-min-dur 1m --x509-max-dur 1h --x509-default-dur 15m --disable-renewal";
        let line = "ca provisioner add me --create --ca-config {}/ca.json --password-file {}/password";
        user.step(&format!("{line} {claims} --allow-renewal-after-expiry=false")).answer();
        let expected = json!({
            "minTLSCertDuration": "1m0s", "maxTLSCertDuration": "1h0m0s", "defaultTLSCertDuration": "15m0s",
            "disableRenewal": true, "allowRenewalAfterExpiry": false,
        });
        assert_eq!(provisioners(&user)[0]["claims"], expected);
        user.step(line).answer();
        assert!(provisioners(&user)[1].get("claims").is_none());
        let error = user.step(&format!("{line} --x509-max-dur -1h")).error();
        assert_eq!(error, "invalid value '-1h0m0s' for flag '--x509-max-dur'\n");
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
