//! `step crypto jws sign`

use std::path::PathBuf;

use clap::Args;
use jose::jws::ProtectedHeader;

use super::super::jose_key::KeySource;
use crate::{
    answer::Text,
    context::Context,
    error::{CommandError, ExitStatus},
};

/// Sign a file or standard input
///
/// Printed is a JWS in the compact serialization. The content is in it, as it is. `step crypto jose format` turns it into
/// the flattened JSON serialization.
#[derive(Args)]
#[command(after_long_help = "\
Examples:
  step crypto jws sign message.txt --key jwk.json
  step crypto jws sign - --key jwk.json --typ JOSE < message.txt
  step crypto jws sign message.txt --key secret.json --alg HS512")]
pub(crate) struct Sign {
    /// File with the content, `-` for standard input
    #[arg(value_name = "FILE", default_value = "-")]
    content: PathBuf,
    #[command(flatten)]
    key: KeySource,
    /// Media type of the message
    #[arg(long, value_name = "TYPE")]
    typ: Option<String>,
    /// Media type of the content
    #[arg(long, value_name = "TYPE")]
    cty: Option<String>,
    /// Say where a set of keys with the public key can be found
    #[arg(long, value_name = "URL")]
    jku: Option<String>,
    /// Put the public key into the message
    #[arg(long)]
    jwk: bool,
    /// Do not name the key in the message
    #[arg(long)]
    no_kid: bool,
    /// Allow an algorithm that is not the one the key names
    #[arg(long)]
    subtle: bool,
}

impl Sign {
    pub(crate) fn run(self, cx: &mut Context) -> anyhow::Result<ExitStatus> {
        let key = self.key.read(cx, None, self.subtle)?;
        let content = cx.read(&self.content)?;
        let kid = key.kid().filter(|_| !self.no_kid);
        let public = key.public().filter(|_| self.jwk);
        if self.jwk && public.is_none() {
            return Err(CommandError::Incompatible { flag: "jwk", with: "a symmetric key" }.into());
        }
        let header = ProtectedHeader {
            kid,
            typ: self.typ.as_deref(),
            cty: self.cty.as_deref(),
            jku: self.jku.as_deref(),
            jwk: public.as_ref(),
            ..ProtectedHeader::default()
        };
        let message = key.sign(&header, &content)?;
        cx.output.give(&Text::line("message", &message))?;
        Ok(ExitStatus::Success)
    }
}

#[cfg(test)]
mod tests {
    use jose::{Algorithm, Jwk};

    use crate::testing::User;

    #[test]
    fn what_was_signed_comes_out_again_under_the_same_key_only() {
        let user = User::new().with_input("any\u{1}thing\n");
        let key = Jwk::generate_ec_p256().expect("a key");
        user.write("key.json", key.to_private_json().expect("private").as_bytes());
        user.write("key.pub", key.to_json());
        user.write("other.pub", Jwk::generate_ec_p256().expect("a key").with_kid("k").to_json());
        let message = user.step("crypto jws sign --key {}/key.json --typ JOSE").answer();
        let user = user.with_input(message);
        assert_eq!(user.step("crypto jws verify --key {}/key.pub").answer(), "any\u{1}thing\n");
        let shown = user.step("crypto jws verify --key {}/key.pub --json").answer();
        assert!(shown.contains("\"typ\": \"JOSE\"") && shown.contains("\"payload\": \"YW55AXRoaW5nCg\""), "{shown}");
        assert_eq!(user.step("crypto jws inspect --insecure --json").answer(), shown);
        assert_eq!(user.step("crypto jws inspect --insecure").answer(), "any\u{1}thing\n");
        let outcome = user.step("crypto jws verify --key {}/other.pub");
        assert_eq!(
            (outcome.answers.as_str(), outcome.talk.as_str()),
            ("", "validation failed: the signature does not verify\n")
        );
        let error = user.step("crypto jws inspect").error();
        assert_eq!(error, "'step crypto jws inspect' requires the '--insecure' flag\n");
    }

    #[test]
    fn a_message_in_json_is_read_as_its_compact_form_is() {
        let user = User::new().with_input("content");
        let key = Jwk::generate_ec_p256().expect("a key").with_kid("a");
        user.write("key.json", key.to_private_json().expect("private").as_bytes());
        user.write("set.json", format!(r#"{{"keys":[{}]}}"#, key.to_json()));
        let message = user.step("crypto jws sign --key {}/key.json --no-kid").answer();
        let user = user.with_input(message);
        let flattened = user.step("crypto jose format").answer();
        let shown = user.step("crypto jws inspect --insecure --json").answer();
        // Whoever sends it names the key, and nothing else, in a header that is not signed.
        let named = flattened.replacen('{', r#"{"header":{"kid":"a"},"#, 1);
        let user = user.with_input(named);
        assert_eq!(user.step("crypto jws verify --jwks {}/set.json").answer(), "content");
        assert_eq!(user.step("crypto jws verify --jwks {}/set.json --json").answer(), shown);
        let user = user.with_input(flattened.replacen('{', r#"{"header":{"alg":"none"},"#, 1));
        let error = user.step("crypto jws verify --key {}/key.json").error();
        assert_eq!(error, "error parsing message: a header parameter appears more than once\n");
    }

    #[test]
    fn a_key_signs_with_its_own_algorithm() {
        let user = User::new().with_input("content");
        user.step("crypto keypair {}/a.pub {}/a.key --kty RSA --no-password --insecure").answer();
        let message = user.step("crypto jws sign --key {}/a.key --alg PS256 --no-kid").answer();
        let message = jose::jws::Compact::parse(&message).expect("well formed");
        assert_eq!((message.header().alg(), message.header().kid()), (Algorithm::Ps256.name(), None));
        let error = user.step("crypto jws sign --key {}/a.key --alg ES256").error();
        assert!(error.contains("ES256"), "{error}");
    }

    #[test]
    fn a_shared_key_verifies_what_it_signed_and_a_public_key_is_no_secret() {
        let user = User::new().with_input("content");
        user.write("secret", "an octet for every bit of four and then some more: 64 in all it is");
        user.write("short", "too short");
        let message = user.step("crypto jws sign --key {}/secret --alg HS512").answer();
        let user = user.with_input(message);
        assert_eq!(user.step("crypto jws verify --key {}/secret --alg HS512").answer(), "content");
        let error = user.step("crypto jws verify --key {}/secret --alg HS256").error();
        assert_eq!(error, "validation failed: algorithm \"HS512\" is not one of this key's\n");
        let error = user.step("crypto jws verify --key {}/short --alg HS512").error();
        assert_eq!(error, "validation failed: the key has 9 octets, the algorithm needs 64\n");
        // Neither a public key in PEM nor a public JWK is the secret of a MAC.
        user.step("crypto keypair {}/a.pub {}/a.key --no-password --insecure").answer();
        user.write("jwk.pub", Jwk::generate_ec_p256().expect("a key").to_json());
        for (file, flags) in [("a.pub", ""), ("jwk.pub", " --subtle")] {
            let error = user.step(&format!("crypto jws verify --key {{}}/{file} --alg HS256{flags}")).error();
            assert_eq!(error, "algorithm \"HS256\" is not one of this key's\n", "{file}");
        }
    }

    #[test]
    fn a_message_says_what_its_flags_say_and_holds_the_public_key_only() {
        let user = User::new().with_input("content");
        let key = Jwk::generate_ec_p256().expect("a key");
        user.write("key.json", key.to_private_json().expect("private").as_bytes());
        let line = "crypto jws sign --key {}/key.json --jwk --jku https://a/keys --cty text/plain";
        let message = user.step(line).answer();
        let message = jose::jws::Compact::parse(&message).expect("well formed");
        let member = |name| message.header().member(name).expect(name).clone();
        assert_eq!((member("cty"), member("jku")), ("text/plain".into(), "https://a/keys".into()));
        let public = Jwk::from_json(&member("jwk").to_string()).expect("a JWK");
        assert!(public.is_same_key(&key) && !public.is_private());
    }
}
