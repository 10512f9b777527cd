//! `step ca provisioner update`

use std::{io, path::PathBuf};

use anyhow::bail;
use clap::Args;
use jose::Jwk;
use serde::Serialize;
use serde_json::value::to_raw_value;

use super::{
    claims::ClaimsFlags,
    configuration::{Changed, Configuration, not_found},
    key::{self, Source},
};
use crate::{
    answer::Answer,
    ca_json::{CaJson, Members},
    context::Context,
    error::{CommandError, ExitStatus},
    output::Output,
};

/// Change a provisioner in the configuration of a CA: its claims, or its key
///
/// Claims that are not given stay as they are. With --create or --public-key the provisioner gets another key: from the
/// moment the CA has loaded the change, tokens of the old one are refused. Certificates it has let be issued stay good.
///
/// The configuration is a file on this machine. A CA that runs keeps its provisioners until it is told to load the file
/// again, with SIGHUP, or is started anew.
#[derive(Args)]
#[command(after_long_help = "\
Examples:
  step ca provisioner update me@example.com --x509-max-dur 8h --x509-default-dur 1h
  step ca provisioner update me@example.com --disable-renewal=false
  step ca provisioner update me@example.com --create --password-file password
  step ca provisioner update me@example.com --public-key new.pub")]
pub(crate) struct Update {
    /// Name of the provisioner
    #[arg(value_name = "NAME")]
    name: String,
    #[command(flatten)]
    configuration: Configuration,
    /// The one with this key, where several have the name
    #[arg(long, value_name = "KID")]
    kid: Option<String>,
    /// Make a new key for it
    #[arg(long)]
    create: bool,
    /// File with its new key: a JWK, a public key or a certificate in PEM; a private part is not stored
    #[arg(long, value_name = "FILE")]
    public_key: Option<PathBuf>,
    /// File with the password that encrypts the key of --create
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    #[command(flatten)]
    claims: ClaimsFlags,
}

/// Who was changed, and the key they have from now on, if it is new.
#[derive(Serialize)]
struct Updated<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    kid: Option<&'a str>,
}

impl Answer for Updated<'_> {
    fn tell(&self, output: &mut Output) -> io::Result<()> {
        self.kid.map_or(Ok(()), |kid| output.tick("Key ID", kid))
    }
}

/// A key to have from now on, with its private half encrypted when the CA is to hand that out.
struct NextKey {
    public: Jwk,
    encrypted: Option<String>,
}

impl Update {
    pub(crate) fn run(self, cx: &mut Context) -> anyhow::Result<ExitStatus> {
        self.configuration.is_named(cx)?;
        if self.create && self.public_key.is_some() {
            return Err(CommandError::MutuallyExclusive { first: "create", second: "public-key" }.into());
        }
        if !self.create && self.public_key.is_none() && !self.claims.is_given() {
            bail!("there is nothing to change: give a claim, '--create' or '--public-key'");
        }
        self.claims.check()?;
        let mut ca = self.configuration.read(cx)?;
        self.find(&ca)?;
        let next_key = self.next_key(cx, &ca)?;
        let is_it = |name: &str, kid: &str| name == self.name && self.kid.as_ref().is_none_or(|wanted| wanted == kid);
        ca.update(
            |entry| is_it(&entry.name, entry.kid()),
            |entry| {
                self.claims.apply(entry)?;
                next_key.as_ref().map_or(Ok(()), |key| key.apply(entry))
            },
        )?;
        ca.save()?;
        let kid = next_key.as_ref().map(|key| key.public.kid().unwrap_or_default());
        cx.output.give(&Changed(Updated { name: &self.name, kid }))?;
        Ok(ExitStatus::Success)
    }

    /// Says so unless exactly one provisioner is meant.
    fn find(&self, ca: &CaJson) -> anyhow::Result<()> {
        let named = ca.identities().filter(|entry| entry.name == self.name);
        let kids: Vec<_> = named.map(|entry| entry.kid().to_owned()).collect();
        match &self.kid {
            None if kids.is_empty() => Err(not_found(&self.name, None)),
            None if kids.len() > 1 => {
                bail!("several provisioners have the name {}, choose one with '--kid': {}", self.name, kids.join(", "))
            }
            Some(kid) if !kids.contains(kid) => Err(not_found(&self.name, Some(kid))),
            _ => Ok(()),
        }
    }

    fn next_key(&self, cx: &mut Context, ca: &CaJson) -> anyhow::Result<Option<NextKey>> {
        if self.create {
            let key = Jwk::generate_ec_p256()?;
            let encrypted = key::encrypt(cx, &key, Source::Made, self.password_file.as_deref())?;
            return Ok(Some(NextKey { public: key.public(), encrypted: Some(encrypted) }));
        }
        let Some(file) = &self.public_key else { return Ok(None) };
        let key = key::read(cx, file)?;
        key::is_new(ca, &self.name, &key)?;
        Ok(Some(NextKey { public: key.public(), encrypted: None }))
    }
}

impl NextKey {
    fn apply(&self, provisioner: &mut Members) -> anyhow::Result<()> {
        provisioner.set("key", to_raw_value(&self.public)?);
        match &self.encrypted {
            Some(encrypted) => provisioner.set("encryptedKey", to_raw_value(encrypted)?),
            // The old one would unlock a key that is not this provisioner's any more.
            None => provisioner.unset("encryptedKey"),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use jose::{Jwk, jwe};
    use serde_json::{Value, json};

    use crate::testing::User;

    fn user() -> User {
        let user = User::new();
        user.write("password", "secret\n");
        let two = json!({"name": "two", "key": {"kid": "2"}, "encryptedKey": "old", "more": {"z": 1, "a": 2}});
        let provisioners = [
            json!({"name": "one", "key": {"kid": "1"}, "claims": {"disableRenewal": true, "enableSSHCA": false}}),
            two,
            json!({"name": "twin", "key": {"kid": "3"}}),
            json!({"name": "twin", "key": {"kid": "4"}}),
        ];
        user.write("ca.json", json!({"authority": {"provisioners": provisioners}}).to_string());
        user
    }

    fn provisioner(user: &User, index: usize) -> Value {
        let ca: Value = serde_json::from_str(&user.read("ca.json")).expect("JSON");
        ca["authority"]["provisioners"][index].clone()
    }

    fn update(user: &User, line: &str) -> crate::testing::Outcome {
        user.step(&format!("ca provisioner update {line} --ca-config {{}}/ca.json"))
    }

    #[test]
    fn claims_that_are_not_given_stay() {
        let user = user();
        let outcome = update(&user, "one --x509-max-dur 8h --x509-default-dur 1h");
        assert!(outcome.talk.contains("SIGHUP"), "{outcome:?}");
        let long = json!({
            "disableRenewal": true, "enableSSHCA": false,
            "maxTLSCertDuration": "8h0m0s", "defaultTLSCertDuration": "1h0m0s",
        });
        assert_eq!(provisioner(&user, 0)["claims"], long);
        update(&user, "one --disable-renewal=false --x509-max-dur 0s --x509-default-dur 0").answer();
        assert_eq!(provisioner(&user, 0)["claims"], json!({"disableRenewal": false, "enableSSHCA": false}));
        assert!(provisioner(&user, 2).get("claims").is_none());
    }

    #[test]
    fn one_of_two_of_a_name_is_changed_when_it_is_said_which() {
        let user = user();
        let error = update(&user, "twin --disable-renewal").error();
        assert_eq!(error, "several provisioners have the name twin, choose one with '--kid': 3, 4\n");
        update(&user, "--disable-renewal twin --kid 4").answer();
        assert!(provisioner(&user, 2).get("claims").is_none());
        assert_eq!(provisioner(&user, 3)["claims"], json!({"disableRenewal": true}));
    }

    #[test]
    fn a_new_key_takes_the_place_of_the_old_one() {
        let user = user();
        update(&user, "two --create --password-file {}/password").answer();
        let entry = provisioner(&user, 1);
        let private = jwe::decrypt_jwk(entry["encryptedKey"].as_str().expect("encrypted"), b"secret").expect("opened");
        assert_eq!(private.kid(), entry["key"]["kid"].as_str());
        assert!(entry["key"].get("d").is_none());
        assert_eq!(entry["more"], json!({"z": 1, "a": 2}));

        let key = Jwk::generate_ed25519().expect("a key");
        user.write("new.json", key.to_private_json().expect("private").as_bytes());
        update(&user, "two --public-key {}/new.json").answer();
        let entry = provisioner(&user, 1);
        assert_eq!(entry["key"]["x"], serde_json::to_value(key.public()).expect("JSON")["x"]);
        assert!(entry["key"].get("d").is_none() && entry.get("encryptedKey").is_none(), "{entry}");
        let error = update(&user, "two --public-key {}/new.json").error();
        assert!(error.starts_with("duplicated provisioner: "), "{error}");
    }

    #[test]
    fn what_is_not_there_or_not_said_changes_nothing() {
        let user = user();
        let before = user.read("ca.json");
        for (line, message) in [
            ("one", "there is nothing to change: give a claim, '--create' or '--public-key'\n"),
            ("none --disable-renewal", "no provisioners with name none found\n"),
            ("one --kid 2 --disable-renewal", "no provisioners with name=one and kid=2 found\n"),
            ("one --create --public-key k", "flag '--create' and flag '--public-key' are mutually exclusive\n"),
            ("one --x509-min-dur -5m", "invalid value '-5m0s' for flag '--x509-min-dur'\n"),
            ("one --x509-min-dur long", "invalid value 'long' for flag '--x509-min-dur'\n"),
        ] {
            assert_eq!(update(&user, line).error(), message, "{line}");
        }
        assert_eq!(user.read("ca.json"), before);
    }
}
