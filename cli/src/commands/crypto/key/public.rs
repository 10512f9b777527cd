//! `step crypto key public`

use std::path::PathBuf;

use clap::Args;

use super::material::Material;
use crate::{context::Context, error::ExitStatus, public_key_file::PublicKeyFile};

/// Print the public key of a key, a certificate or a certificate request
#[derive(Args)]
#[command(after_long_help = "\
Examples:
  step crypto key public foo.key
  step crypto key public foo.crt --out foo.pub")]
pub(crate) struct Public {
    /// File in PEM or DER, `-` for standard input
    #[arg(value_name = "KEY-FILE")]
    key: PathBuf,
    /// File with the password of the key
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    #[command(flatten)]
    public: PublicKeyFile,
}

impl Public {
    pub(crate) fn run(self, cx: &mut Context) -> anyhow::Result<ExitStatus> {
        let public = self.public.claim(cx)?;
        let material = Material::read(cx, &self.key, self.password_file.as_deref())?;
        public.write(cx, material.key.spki_der())?;
        Ok(ExitStatus::Success)
    }
}

#[cfg(test)]
mod tests {
    use authority::keys::{KeySpec, PrivateKey, public_key_to_pem};

    use crate::testing::{User, leaf_certificate};

    #[test]
    fn the_public_key_is_found_in_everything_that_has_one() {
        let user = User::new();
        let (certificate, key) = leaf_certificate(0, 60);
        let key = PrivateKey::from_pem(&key, None).expect("a key");
        let public = public_key_to_pem(key.spki_der());
        let names = authority::SubjectAltNames::classify(&["a"]).expect("a name");
        user.write("request", authority::pki::create_csr(&key, "a", &names).expect("a request").pem());
        user.write("certificate", &certificate);
        user.write("der", authority::Certificate::from_pem(&certificate).expect("parsed").der());
        user.write("key", key.to_pem().expect("PEM").as_bytes());
        user.write("pkcs8", key.to_pkcs8_der().expect("DER").as_slice());
        user.write("encrypted", key.to_encrypted_pem(b"secret").expect("PEM").as_bytes());
        user.write("public", &public);
        user.write("spki", key.spki_der());
        user.write("password", "secret");
        for file in ["request", "certificate", "der", "key", "pkcs8", "encrypted", "public", "spki"] {
            let line = format!("crypto key public {{}}/{file} --password-file {{}}/password");
            assert_eq!(user.step(&line).answer(), public, "{file}");
        }
    }

    #[test]
    fn what_holds_no_key_is_named() {
        let user = User::new();
        user.write("nothing", "hello");
        let error = user.step("crypto key public {}/nothing").error();
        assert_eq!(error, "error decoding {}/nothing: it holds neither a key nor a certificate\n");
    }

    #[test]
    fn a_file_is_readable_by_everybody() {
        use std::os::unix::fs::PermissionsExt as _;

        let user = User::new();
        let key = PrivateKey::generate(KeySpec::Ed25519).expect("a key");
        user.write("key", key.to_pem().expect("PEM").as_bytes());
        let outcome = user.step("crypto key public {}/key --out {}/pub");
        assert_eq!(outcome.talk, "Your public key has been saved in {}/pub.\n");
        let mode = std::fs::metadata(user.path("pub")).expect("written").permissions().mode();
        assert_eq!(mode & 0o777, 0o644);
    }
}
