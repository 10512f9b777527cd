//! `step crypto keypair`

use std::path::PathBuf;

use anyhow::Context as _;
use authority::keys::{PrivateKey, public_key_to_pem};
use clap::Args;

use super::pair_files::PairFiles;
use crate::{
    context::Context,
    error::{CommandError, ExitStatus},
    jwk_file,
    key_kind::KeyFlags,
    pem_key,
    protection::{NewKeyFlags, Protection},
};

/// Make a key pair in PEM
#[derive(Args)]
#[command(after_long_help = "\
Examples:
  step crypto keypair foo.pub foo.key
  step crypto keypair foo.pub foo.key --kty RSA --size 4096
  step crypto keypair foo.pub foo.key --from-jwk jwk.json")]
pub(crate) struct Keypair {
    /// File for the public key
    #[arg(value_name = "PUB-FILE")]
    public: PathBuf,
    /// File for the private key
    #[arg(value_name = "PRIV-FILE")]
    private: PathBuf,
    #[command(flatten)]
    kind: KeyFlags,
    /// Write the key of this private JWK instead of a new one
    #[arg(long, value_name = "FILE")]
    from_jwk: Option<PathBuf>,
    #[command(flatten)]
    protection: NewKeyFlags,
    /// Overwrite files without asking
    #[arg(long, short)]
    force: bool,
}

impl Keypair {
    pub(crate) fn run(self, cx: &mut Context) -> anyhow::Result<ExitStatus> {
        let spec = self.kind.spec()?;
        self.protection.check()?;
        if self.from_jwk.is_some() && self.kind.is_given() {
            return Err(CommandError::Incompatible { flag: "from-jwk", with: "--kty, --curve and --size" }.into());
        }
        let (public, private) = ((self.public.as_path(), "PUB-FILE"), (self.private.as_path(), "PRIV-FILE"));
        let files = PairFiles::claim(cx, public, private, self.force)?;
        let key = match &self.from_jwk {
            // The password file is the new key's: that of the JWK is asked for.
            Some(path) => {
                let jwk = jwk_file::from_file(cx, path, None)?;
                pem_key::from_jwk(&jwk).with_context(|| format!("error parsing {}", path.display()))?
            }
            None => PrivateKey::generate(spec)?,
        };
        let pem = match self.protection.protection(cx, "Please enter the password to encrypt the private key")? {
            Protection::Password(password) => key.to_encrypted_pem(&password)?,
            Protection::None => key.to_pem()?,
        };
        files.write(cx, &public_key_to_pem(key.spki_der()), &pem)?;
        Ok(ExitStatus::Success)
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use authority::keys::KeySpec;

    use super::*;
    use crate::testing::User;

    const CLEAR: &str = "--no-password --insecure";

    #[test]
    fn the_two_files_are_one_key_of_the_kind_asked_for() {
        let cases = [
            ("", KeySpec::EcP256),
            ("--crv P-521", KeySpec::EcP521),
            ("--kty OKP", KeySpec::Ed25519),
            ("--kty RSA --size 3072", KeySpec::Rsa { bits: 3072 }),
        ];
        for (flags, spec) in cases {
            let user = User::new();
            user.write("password", "secret");
            let outcome =
                user.step(&format!("crypto keypair {{}}/a.pub {{}}/a.key --password-file {{}}/password {flags}"));
            assert_eq!(
                outcome.talk,
                "Your public key has been saved in {}/a.pub.\nYour private key has been saved in {}/a.key.\n"
            );
            let key = PrivateKey::from_pem(&user.read("a.key"), Some(b"secret")).expect("encrypted with the password");
            assert_eq!(key.spec(), spec);
            assert_eq!(user.read("a.pub"), public_key_to_pem(key.spki_der()));
        }
    }

    #[test]
    fn openssl_finds_the_same_public_key() {
        let user = User::new();
        user.step(&format!("crypto keypair {{}}/a.pub {{}}/a.key --kty OKP {CLEAR}")).answer();
        let Ok(output) = Command::new("openssl").args(["pkey", "-pubout", "-in"]).arg(user.path("a.key")).output()
        else {
            eprintln!("skipped: openssl is not installed");
            return;
        };
        assert_eq!(String::from_utf8_lossy(&output.stdout), user.read("a.pub"));
    }

    #[test]
    fn a_jwk_of_every_kind_becomes_the_same_key_in_pem() {
        for spec in [KeySpec::EcP256, KeySpec::EcP384, KeySpec::EcP521, KeySpec::Ed25519, KeySpec::Rsa { bits: 2048 }] {
            let user = User::new();
            let key = PrivateKey::generate(spec).expect("a key");
            let jwk = pem_key::to_jwk(&key).expect("a JWK");
            user.write("a.json", jwk.to_private_json().expect("private").as_bytes());
            user.step(&format!("crypto keypair {{}}/a.pub {{}}/a.key --from-jwk {{}}/a.json {CLEAR}")).answer();
            assert_eq!(user.read("a.key"), *key.to_pem().expect("PEM"), "{spec:?}");
        }
    }

    #[test]
    fn flags_that_contradict_each_other_make_no_key() {
        let user = User::new();
        let error = user.step("crypto keypair {}/a {}/a").error();
        assert_eq!(error, "positional arguments <PUB-FILE> and <PRIV-FILE> cannot be equal\n");
        let error = user.step("crypto keypair {}/a.pub {}/a.key --from-jwk x --kty EC").error();
        assert_eq!(error, "flag '--from-jwk' is incompatible with '--kty, --curve and --size'\n");
        let error = user.step("crypto keypair {}/a.pub {}/a.key").error();
        assert!(error.ends_with("hint: answer it with `--password-file`\n"), "{error}");
        assert!(!user.path("a.key").exists() && !user.path("a.pub").exists());
    }
}
