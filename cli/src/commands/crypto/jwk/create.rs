//! `step crypto jwk create`

use std::path::PathBuf;

use authority::keys::{KeySpec, PrivateKey};
use clap::{Args, ValueEnum};
use jose::{Algorithm, SigningKey, jwe};
use zeroize::Zeroizing;

use crate::{
    context::Context,
    error::{CommandError, ExitStatus},
    files::{Destination, is_same_file},
    json_layout, key_file,
    key_kind::KeyFlags,
    pem_key,
    protection::{self, ClearFlags, NewPassword, Protection},
};

/// Make a JSON Web Key
///
/// The private key is an encrypted JWK (JWE); both are named by the key's thumbprint (RFC 7638) unless --kid is given.
#[derive(Args)]
#[command(after_long_help = "\
Examples:
  step crypto jwk create jwk.pub.json jwk.json
  step crypto jwk create jwk.pub.json jwk.json --kty OKP
  step crypto jwk create jwk.pub.json jwk.json --kty RSA --size 4096 --alg PS256")]
pub(crate) struct Create {
    /// File for the public key
    #[arg(value_name = "PUBLIC-JWK-FILE")]
    public: PathBuf,
    /// File for the private key
    #[arg(value_name = "PRIVATE-JWK-FILE")]
    private: PathBuf,
    #[command(flatten)]
    kind: KeyFlags,
    /// The one algorithm the key is for; by its kind ES256, ES384, ES512, RS256 or EdDSA if left out
    #[arg(long, alias = "algorithm", value_name = "ALGORITHM")]
    alg: Option<String>,
    /// What the key is for
    #[arg(long = "use", value_enum, default_value = "sig")]
    key_use: KeyUse,
    /// Name of the key
    #[arg(long, value_name = "KID")]
    kid: Option<String>,
    /// Take this private key in PEM instead of a new one
    #[arg(long, value_name = "FILE")]
    from_pem: Option<PathBuf>,
    /// File with the password that encrypts the private key
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    #[command(flatten)]
    clear: ClearFlags,
    /// Overwrite files without asking
    #[arg(long, short)]
    force: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum KeyUse {
    /// Signatures
    Sig,
}

impl Create {
    pub(crate) fn run(self, cx: &mut Context) -> anyhow::Result<ExitStatus> {
        let KeyUse::Sig = self.key_use;
        let spec = self.kind.spec()?;
        self.clear.is_wanted()?;
        if is_same_file(&self.public, &self.private) {
            return Err(CommandError::EqualArguments { first: "PUBLIC-JWK-FILE", second: "PRIVATE-JWK-FILE" }.into());
        }
        if self.from_pem.is_some() && self.kind.is_given() {
            return Err(CommandError::Incompatible { flag: "from-pem", with: "--kty, --curve and --size" }.into());
        }
        let public_file = Destination::claim(cx, &self.public, self.force)?;
        let private_file = Destination::claim(cx, &self.private, self.force)?;
        let key = match &self.from_pem {
            // The password file is the new key's: that of the PEM file is asked for.
            Some(path) => key_file::read(cx, path, key_file::Password { flag: "--from-pem", file: None })?,
            None => PrivateKey::generate(spec)?,
        };
        let key = self.describe(&key)?;
        let label = "Please enter the password to encrypt the private JWK";
        let password = NewPassword { label, flag: "password-file", file: self.password_file.as_deref() };
        let json = key.to_private_json()?;
        let private = match self.clear.protection(cx, password)? {
            Protection::Password(password) => Zeroizing::new(
                jwe::encrypt(json.as_bytes(), "jwk+json", &password, protection::PBES2_ITERATIONS)?.to_json(),
            ),
            Protection::None => Zeroizing::new(json_layout::indented(&json, "  ")),
        };
        private_file.write(private.as_bytes())?;
        public_file.write(json_layout::indented(&key.public().to_json(), "  ").as_bytes())?;
        cx.output.say(format_args!("Your public key has been saved in {}.", self.public.display()))?;
        cx.output.say(format_args!("Your private key has been saved in {}.", self.private.display()))?;
        Ok(ExitStatus::Success)
    }

    /// The key with name, use and algorithm.
    fn describe(&self, key: &PrivateKey) -> anyhow::Result<jose::Jwk> {
        let default = match key.spec() {
            KeySpec::EcP256 => Algorithm::Es256,
            KeySpec::EcP384 => Algorithm::Es384,
            KeySpec::EcP521 => Algorithm::Es512,
            KeySpec::Ed25519 => Algorithm::EdDsa,
            KeySpec::Rsa { .. } => Algorithm::Rs256,
        };
        let invalid = |name: &str| CommandError::invalid_value("alg", name);
        let algorithm = match self.alg.as_deref() {
            None => default,
            Some(name) => Algorithm::from_name(name).ok_or_else(|| invalid(name))?,
        };
        let jwk = pem_key::to_jwk(key)?.with_alg(algorithm).with_key_use("sig");
        SigningKey::from_jwk(&jwk).map_err(|_| invalid(algorithm.name()))?;
        Ok(match &self.kid {
            Some(kid) => jwk.with_kid(kid),
            None => jwk,
        })
    }
}

#[cfg(test)]
mod tests {
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
}
