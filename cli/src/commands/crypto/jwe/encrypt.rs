//! `step crypto jwe encrypt`

use anyhow::{Context as _, bail};
use clap::Args;
use jose::jwe::{AesSize, ContentEncryption, Encryption, Key, KeyManagement, Message, encrypt_to};

use super::{
    super::jose_key::{JoseKey, KeyFile, Raw},
    algorithm,
};
use crate::{
    context::Context,
    error::{CommandError, ExitStatus},
    protection::{self, NewPassword},
};

/// Encrypt standard input
///
/// With --key or --jwks it is for the holder of that key: with ECDH-ES for an EC key, RSA-OAEP-256 for an RSA key, and
/// A256GCMKW for a symmetric key, unless the key or --alg says otherwise. Without a key it is under a password. Printed
/// is a JWE in the flattened JSON serialization.
#[derive(Args)]
#[command(after_long_help = "\
Examples:
  step crypto jwe encrypt --key jwk.pub.json < message > message.json
  step crypto jwe encrypt --key jwk.pub.json --alg ECDH-ES+A256KW --enc A256CBC-HS512 < message > message.json
  step crypto jwe encrypt --jwks jwks.json --kid alice < message > message.json
  step crypto jwe encrypt < message > message.json")]
pub(crate) struct Encrypt {
    /// How the content key is encrypted; by the key, and PBES2-HS256+A128KW under a password, if left out
    #[arg(long, alias = "algorithm", value_name = "ALGORITHM", value_parser = algorithm::key_management)]
    alg: Option<KeyManagement>,
    /// How the content is encrypted
    #[arg(long, alias = "encryption-algorithm", value_name = "ALGORITHM", default_value = "A256GCM",
        value_parser = algorithm::content_encryption)]
    enc: ContentEncryption,
    #[command(flatten)]
    key: KeyFile,
    /// Media type of the message
    #[arg(long, value_name = "TYPE")]
    typ: Option<String>,
    /// Media type of the content, without `application/`
    #[arg(long, value_name = "TYPE")]
    cty: Option<String>,
    /// Allow an algorithm that is not the one the key names
    #[arg(long)]
    subtle: bool,
    /// Allow RSA1_5, which an attacker who may ask often enough can break
    #[arg(long)]
    insecure: bool,
}

impl Encrypt {
    pub(crate) fn run(self, cx: &mut Context) -> anyhow::Result<ExitStatus> {
        let message = if self.key.is_given() { self.for_key(cx)? } else { self.under_password(cx)? };
        cx.output.answer(message.to_json() + "\n")?;
        Ok(ExitStatus::Success)
    }

    fn for_key(&self, cx: &mut Context) -> anyhow::Result<Message> {
        let key = self.key.read(cx, None, Raw::Refused)?;
        let (key, algorithm) = self.choose(key)?;
        let content = cx.read_input().context("read standard input failed")?;
        let parameters = self.parameters(algorithm, key.kid());
        let message = encrypt_to(&content, &parameters, super::recipient(&key, self.insecure));
        message.with_context(|| format!("cannot encrypt with {}", self.key.path().display()))
    }

    fn under_password(&self, cx: &mut Context) -> anyhow::Result<Message> {
        let algorithm = self.alg.unwrap_or(KeyManagement::Pbes2(AesSize::A128));
        if !matches!(algorithm, KeyManagement::Pbes2(_)) {
            return Err(CommandError::OneOf { first: "key", second: "jwks" }.into());
        }
        let label = "Please enter the password to encrypt the content";
        let file = self.key.password_file.as_deref();
        let password = NewPassword { label, flag: "password-file", file }.obtain(cx)?;
        let content = cx.read_input().context("read standard input failed")?;
        let key = Key::Password { password: &password, iterations: protection::PBES2_ITERATIONS };
        Ok(encrypt_to(&content, &self.parameters(algorithm, None), key)?)
    }

    /// The algorithm: that of the flag, else of the key, else of its kind.
    fn choose(&self, key: JoseKey) -> anyhow::Result<(JoseKey, KeyManagement)> {
        let own = key.alg().and_then(KeyManagement::from_name);
        // A symmetric key may name how content is encrypted with it (RFC 7520 §5.6).
        let direct = key.alg() == Some(self.enc.name());
        match self.alg {
            None if direct => Ok((key, KeyManagement::Direct)),
            None => {
                let algorithm = own.or_else(|| algorithm::default_for(&key));
                let file = self.key.path().display();
                let algorithm = algorithm.with_context(|| format!("the key on {file} is not one to encrypt with"))?;
                Ok((key, algorithm))
            }
            Some(KeyManagement::Direct) if direct => Ok((key, KeyManagement::Direct)),
            Some(alg) if !self.subtle && key.alg().is_some_and(|own| own != alg.name()) => {
                bail!("alg {alg} does not match the alg on {}", self.key.path().display())
            }
            Some(alg) => Ok((for_algorithm(key, alg), alg)),
        }
    }

    fn parameters<'a>(&'a self, algorithm: KeyManagement, kid: Option<&'a str>) -> Encryption<'a> {
        Encryption { algorithm, encryption: self.enc, kid, typ: self.typ.as_deref(), cty: self.cty.as_deref() }
    }
}

fn for_algorithm(key: JoseKey, algorithm: KeyManagement) -> JoseKey {
    match key {
        JoseKey::Asymmetric(key) => JoseKey::Asymmetric(key.with_key_management(algorithm)),
        JoseKey::Symmetric(key) => JoseKey::Symmetric(key.with_alg(algorithm.name())),
    }
}

#[cfg(test)]
mod tests {
    use jose::jwe::Received;

    use crate::testing::User;

    const CLEAR: &str = "--no-password --insecure";

    #[test]
    fn every_kind_of_key_has_its_algorithm() {
        for (flags, algorithm, public) in [
            ("--use enc", "ECDH-ES", "pub"),
            ("--use enc --crv P-521", "ECDH-ES", "pub"),
            ("--use enc --alg ECDH-ES+A192KW", "ECDH-ES+A192KW", "pub"),
            ("--use enc --kty RSA", "RSA-OAEP-256", "pub"),
            ("--use enc --kty RSA --alg RSA-OAEP", "RSA-OAEP", "pub"),
            ("--use enc --kty oct", "A256GCMKW", "priv"),
            ("--use enc --kty oct --alg A128KW", "A128KW", "priv"),
            ("--use enc --kty oct --alg dir", "dir", "priv"),
        ] {
            let user = User::new();
            user.step(&format!("crypto jwk create {{}}/pub {{}}/priv {flags} {CLEAR}")).answer();
            let user = user.with_input("content");
            let line = format!("crypto jwe encrypt --key {{}}/{public} --typ JOSE --cty text/plain");
            let message = user.step(&line).answer();
            assert_eq!(Received::parse(&message).expect("well formed").algorithm().name(), algorithm, "{flags}");
            let user = user.with_input(message);
            assert_eq!(user.step("crypto jwe decrypt --key {}/priv").answer(), "content", "{flags}");
        }
    }

    #[test]
    fn keys_in_pem_and_in_sets_encrypt_too() {
        let user = User::new().with_input("content");
        user.step(&format!("crypto keypair {{}}/a.pub {{}}/a.key {CLEAR}")).answer();
        let message = user.step("crypto jwe encrypt --key {}/a.pub --enc A128CBC-HS256").answer();
        let user = user.with_input(message);
        assert_eq!(user.step("crypto jwe decrypt --key {}/a.key").answer(), "content");

        let user = User::new().with_input("content");
        user.step(&format!("crypto jwk create {{}}/pub {{}}/priv --use enc --kid a {CLEAR}")).answer();
        user.write("set", format!(r#"{{"keys":[{}]}}"#, user.read("priv")));
        let message = user.step("crypto jwe encrypt --jwks {}/set --kid a").answer();
        let user = user.with_input(message);
        assert_eq!(user.step("crypto jwe decrypt --jwks {}/set").answer(), "content", "the message names the key");
    }

    #[test]
    fn what_a_key_is_not_for_is_said() {
        let user = User::new().with_input("content");
        user.step(&format!("crypto jwk create {{}}/sig.pub {{}}/sig {CLEAR}")).answer();
        user.step(&format!("crypto jwk create {{}}/pub {{}}/priv --use enc --kty RSA {CLEAR}")).answer();
        let line = "crypto jwe encrypt --key {}/pub";
        let error = user.step(&format!("{line} --alg RSA-OAEP")).error();
        assert_eq!(error, "alg RSA-OAEP does not match the alg on {}/pub\n");
        user.step(&format!("{line} --alg RSA-OAEP --subtle")).answer();
        let error = user.step(&format!("{line} --alg RSA1_5 --subtle")).error();
        let refused = "cannot encrypt with {}/pub: algorithm \"RSA1_5\" is refused unless it is asked for";
        assert_eq!(error, format!("{refused}\n\nhint: `--insecure` allows it\n"));
        user.step(&format!("{line} --alg RSA1_5 --subtle --insecure")).answer();
        let error = user.step("crypto jwe encrypt --key {}/sig.pub").error();
        assert_eq!(error, "cannot encrypt with {}/sig.pub: the key may not be used to encrypt\n");
        let error = user.step("crypto jwe encrypt --alg ECDH-ES").error();
        assert_eq!(error, "flag --key or --jwks are required\n");
        let error = user.step(&format!("{line} --enc A256CBC")).error();
        assert_eq!(error, "invalid value 'A256CBC' for flag '--enc'\n");
    }
}
