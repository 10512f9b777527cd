//! `step crypto jwk create`

use std::path::PathBuf;

use authority::keys::PrivateKey;
use clap::Args;
use jose::{SigningKey, SymmetricKey, jwe};
use zeroize::Zeroizing;

use super::{
    super::pair_files::PairFiles,
    kind::{KindFlags, PairAlgorithm},
};
use crate::{
    context::Context,
    error::{CommandError, ExitStatus},
    json_layout, key_file, pem_key,
    protection::{self, NewKeyFlags, Protection},
    random,
};

/// Make a JSON Web Key
///
/// The private key is an encrypted JWK (JWE); both are named by the key's thumbprint (RFC 7638) unless --kid is given.
/// A symmetric key (--kty oct) has no public key: only the private file is written, and its name is random.
#[derive(Args)]
#[command(after_long_help = "\
Examples:
  step crypto jwk create jwk.pub.json jwk.json
  step crypto jwk create jwk.pub.json jwk.json --kty OKP
  step crypto jwk create jwk.pub.json jwk.json --kty RSA --size 4096 --alg PS256
  step crypto jwk create jwk.pub.json jwk.json --use enc --alg ECDH-ES+A256KW
  step crypto jwk create none.json secret.json --kty oct --alg HS512")]
pub(crate) struct Create {
    /// File for the public key
    #[arg(value_name = "PUBLIC-JWK-FILE")]
    public: PathBuf,
    /// File for the private key
    #[arg(value_name = "PRIVATE-JWK-FILE")]
    private: PathBuf,
    #[command(flatten)]
    kind: KindFlags,
    /// Name of the key
    #[arg(long, value_name = "KID")]
    kid: Option<String>,
    /// Take this private key in PEM instead of a new one
    #[arg(long, value_name = "FILE")]
    from_pem: Option<PathBuf>,
    #[command(flatten)]
    protection: NewKeyFlags,
    /// Overwrite files without asking
    #[arg(long, short)]
    force: bool,
}

const ARGUMENTS: [&str; 2] = ["PUBLIC-JWK-FILE", "PRIVATE-JWK-FILE"];

impl Create {
    pub(crate) fn run(self, cx: &mut Context) -> anyhow::Result<ExitStatus> {
        self.protection.check()?;
        if self.from_pem.is_some() && self.kind.is_given() {
            return Err(CommandError::Incompatible { flag: "from-pem", with: "--kty, --curve and --size" }.into());
        }
        if self.kind.is_symmetric() { self.secret(cx) } else { self.pair(cx) }
    }

    fn pair(&self, cx: &mut Context) -> anyhow::Result<ExitStatus> {
        let spec = self.kind.spec()?;
        let files = self.files(cx)?;
        let key = match &self.from_pem {
            // The password file is the new key's: that of the PEM file is asked for.
            Some(path) => key_file::read(cx, path, key_file::Password { flag: "--from-pem", file: None })?,
            None => {
                // A wrong algorithm is said before a large key is made.
                self.kind.algorithm(spec)?;
                PrivateKey::generate(spec)?
            }
        };
        let key = self.describe(&key)?;
        let private = self.protect(cx, &key.to_private_json()?)?;
        files.write(cx, &json_layout::indented(&key.public().to_json(), "  "), &private)?;
        Ok(ExitStatus::Success)
    }

    fn secret(&self, cx: &mut Context) -> anyhow::Result<ExitStatus> {
        let secret = self.kind.secret()?;
        let files = self.files(cx)?;
        // Its thumbprint would be a hash of the secret (RFC 7638 §7).
        let kid = self.kid.clone().unwrap_or_else(|| hex::encode(random::octets::<20>()));
        let key = SymmetricKey::generate(secret.length)?;
        let key = key.with_kid(kid).with_alg(secret.alg).with_key_use(self.kind.key_use().name());
        let private = self.protect(cx, &key.to_private_json())?;
        files.write_secret(cx, &private)?;
        Ok(ExitStatus::Success)
    }

    fn files(&self, cx: &mut Context) -> anyhow::Result<PairFiles> {
        let [public, private] = ARGUMENTS;
        PairFiles::claim(cx, (&self.public, public), (&self.private, private), self.force)
    }

    /// The private key as it is written.
    fn protect(&self, cx: &mut Context, json: &str) -> anyhow::Result<Zeroizing<String>> {
        let label = "Please enter the password to encrypt the private JWK";
        Ok(Zeroizing::new(match self.protection.protection(cx, label)? {
            Protection::Password(password) => {
                jwe::encrypt(json.as_bytes(), "jwk+json", &password, protection::PBES2_ITERATIONS)?.to_json()
            }
            Protection::None => json_layout::indented(json, "  "),
        }))
    }

    /// The key with name, use and algorithm.
    fn describe(&self, key: &PrivateKey) -> anyhow::Result<jose::Jwk> {
        let jwk = pem_key::to_jwk(key)?.with_key_use(self.kind.key_use().name());
        let jwk = match self.kind.algorithm(key.spec())? {
            PairAlgorithm::Encryption(algorithm) => jwk.with_key_management(algorithm),
            PairAlgorithm::Signature(algorithm) => {
                let jwk = jwk.with_alg(algorithm);
                SigningKey::from_jwk(&jwk).map_err(|_| CommandError::invalid_value("alg", algorithm.name()))?;
                jwk
            }
        };
        Ok(match &self.kid {
            Some(kid) => jwk.with_kid(kid),
            None => jwk,
        })
    }
}

#[cfg(test)]
mod tests {
    use authority::keys::KeySpec;
    use jose::Jwk;

    use super::*;
    use crate::testing::User;

    const CLEAR: &str = "--no-password --insecure";

    #[test]
    fn every_kind_has_its_algorithm_and_is_named_by_its_thumbprint() {
        let cases = [
            ("", "ES256"),
            ("--crv P-384", "ES384"),
            ("--crv P-521", "ES512"),
            ("--kty OKP", "EdDSA"),
            ("--kty RSA", "RS256"),
            ("--kty RSA --alg PS384", "PS384"),
        ];
        for (flags, algorithm) in cases {
            let user = User::new();
            let outcome = user.step(&format!("crypto jwk create {{}}/pub {{}}/priv {flags} {CLEAR}"));
            assert_eq!(
                outcome.talk,
                "Your public key has been saved in {}/pub.\nYour private key has been saved in {}/priv.\n"
            );
            let public = Jwk::from_json(&user.read("pub")).expect("a JWK");
            let private = Jwk::from_json(&user.read("priv")).expect("a JWK");
            assert!(!public.is_private() && private.is_private() && public.is_same_key(&private));
            assert_eq!((public.alg(), public.key_use()), (Some(algorithm), Some("sig")), "{flags}");
            assert_eq!(public.kid(), Some(public.thumbprint().as_str()));
            assert!(user.read("pub").starts_with("{\n  \"use\": \"sig\",\n  \"kty\": "));
        }
    }

    #[test]
    fn the_private_key_is_encrypted_and_the_public_one_has_nothing_of_it() {
        let user = User::new();
        user.write("password", "secret");
        user.step("crypto jwk create {}/pub {}/priv --kid mine --password-file {}/password").answer();
        let private = jwe::decrypt_jwk(&user.read("priv"), b"secret").expect("opened");
        assert_eq!(private.kid(), Some("mine"));
        assert!(user.read("priv").starts_with("{\n  \"protected\": "));
        let error = user.step(&format!("crypto jwk create {{}}/pub {{}}/priv -f --alg RS256 {CLEAR}")).error();
        assert_eq!(error, "invalid value 'RS256' for flag '--alg'\n");
        let error = user.step("crypto jwk create {}/a {}/b --alg none").error();
        assert!(error.starts_with("invalid value 'none' for flag '--alg'"), "{error}");
    }

    #[test]
    fn a_pem_key_becomes_a_jwk() {
        let user = User::new();
        let key = PrivateKey::generate(KeySpec::EcP256).expect("a key");
        user.write("a.key", key.to_pem().expect("PEM").as_bytes());
        user.step(&format!("crypto jwk create {{}}/pub {{}}/priv --from-pem {{}}/a.key {CLEAR}")).answer();
        let jwk = Jwk::from_json(&user.read("priv")).expect("a JWK");
        assert_eq!(pem_key::from_jwk(&jwk).expect("a key").spki_der(), key.spki_der());
    }

    #[test]
    fn a_key_to_encrypt_with_says_so() {
        for (flags, algorithm) in
            [("", "ECDH-ES"), ("--crv P-384 --alg ECDH-ES+A128KW", "ECDH-ES+A128KW"), ("--kty RSA", "RSA-OAEP-256")]
        {
            let user = User::new();
            user.step(&format!("crypto jwk create {{}}/pub {{}}/priv --use enc {flags} {CLEAR}")).answer();
            let public = Jwk::from_json(&user.read("pub")).expect("a JWK");
            assert_eq!((public.alg(), public.key_use()), (Some(algorithm), Some("enc")), "{flags}");
        }
        let user = User::new();
        for (flags, expected) in [
            ("--kty OKP", "flag '--use enc' is incompatible with 'an Ed25519 key'\n"),
            ("--alg ES256", "invalid value 'ES256' for flag '--alg'\n"),
            ("--alg RSA-OAEP", "invalid value 'RSA-OAEP' for flag '--alg'\n"),
            ("--kty RSA --alg ECDH-ES", "invalid value 'ECDH-ES' for flag '--alg'\n"),
            ("--kty RSA --alg RSA1_5", "'--alg RSA1_5' requires the '--subtle' flag\n"),
            ("--kty oct --alg HS256", "invalid value 'HS256' for flag '--alg'\n"),
            ("--kty oct --alg A128KW --size 32", "flag '--size' requires 16 with A128KW\n"),
        ] {
            let line = format!("crypto jwk create {{}}/pub {{}}/priv --use enc {flags} {CLEAR}");
            assert_eq!(user.step(&line).error(), expected, "{flags}");
            assert!(!user.path("priv").exists(), "{flags}");
        }
    }

    #[test]
    fn a_symmetric_key_has_the_length_of_its_algorithm_and_no_public_half() {
        for (flags, algorithm, length) in [
            ("", "HS256", 32),
            ("--alg HS512", "HS512", 64),
            ("--alg HS384 --size 100", "HS384", 100),
            ("--use enc", "A256GCMKW", 32),
            ("--use enc --alg A192KW", "A192KW", 24),
            ("--use enc --alg dir --size 64", "dir", 64),
        ] {
            let user = User::new();
            let line = format!("crypto jwk create {{}}/pub {{}}/priv --kty oct {flags} {CLEAR}");
            assert!(user.step(&line).talk.contains("has no public key"), "{flags}");
            let key = SymmetricKey::from_slice(user.read("priv").as_bytes()).expect("a key");
            assert_eq!((key.alg(), key.length()), (Some(algorithm), length), "{flags}");
            assert_eq!(key.kid().map(str::len), Some(40));
            assert!(!user.path("pub").exists(), "{flags}");
        }
        let user = User::new();
        let error = user.step(&format!("crypto jwk create {{}}/pub {{}}/priv --kty oct --size 31 {CLEAR}")).error();
        assert_eq!(error, "flag '--size' requires 32 to 1024 with HS256\n");
    }

    #[test]
    fn an_encrypted_symmetric_key_signs_and_verifies_tokens_but_not_those_of_a_key_pair() {
        let user = User::new();
        user.write("password", "secret");
        user.step("crypto jwk create {}/pub {}/priv --kty oct --password-file {}/password").answer();
        let key = "--key {}/priv --password-file {}/password";
        let claims = "--iss me --aud you --sub them --exp 4000000000";
        let token = user.step(&format!("crypto jwt sign {key} {claims}")).answer();
        let user = user.with_input(token);
        let shown = user.step(&format!("crypto jwt verify {key} --iss me --aud you")).answer();
        assert!(shown.contains("\"alg\": \"HS256\""), "{shown}");
        user.write("ec", Jwk::generate_ec_p256().expect("a key").to_json());
        let error = user.step("crypto jwt verify --key {}/ec --iss me --aud you").error();
        assert_eq!(error, "validation failed: algorithm \"HS256\" is not one of this key's\n");
    }
}
