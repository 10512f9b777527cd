//! `step crypto key inspect`

use std::path::PathBuf;

use authority::SubjectPublicKeyInfo;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use clap::Args;

use super::material::{KeyPart, Material};
use crate::{client::Fingerprint, context::Context, error::ExitStatus};

/// Say what kind of key a file holds, without showing anything secret
///
/// The fingerprint is the SHA-256 of the public key (SubjectPublicKeyInfo): files with the same fingerprint belong to
/// the same key.
#[derive(Args)]
#[command(after_long_help = "\
Example:
  step crypto key inspect foo.key")]
pub(crate) struct Inspect {
    /// File in PEM or DER, `-` for standard input
    #[arg(value_name = "KEY-FILE")]
    key: PathBuf,
    /// File with the password of the key
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

impl Inspect {
    pub(crate) fn run(self, cx: &mut Context) -> anyhow::Result<ExitStatus> {
        let material = Material::read(cx, &self.key, self.password_file.as_deref())?;
        let info = SubjectPublicKeyInfo::from_der(material.key.spki_der())?;
        let part = match (&material.key, material.was_encrypted) {
            (KeyPart::Private(_), true) => "private key, encrypted",
            (KeyPart::Private(_), false) => "private key, not encrypted",
            (KeyPart::Public(_), _) => "public key",
        };
        let fingerprint = Fingerprint::of(info.spki_der());
        let pin = BASE64_STANDARD.encode(hex::decode(fingerprint.to_string())?);
        cx.output.answer(format!(
            "Type:        {} {part}\nForm:        {}\nFingerprint: {fingerprint}\nPin:         sha256/{pin}\n",
            info.kind(),
            if material.is_pem { "PEM" } else { "DER" },
        ))?;
        Ok(ExitStatus::Success)
    }
}

#[cfg(test)]
mod tests {
    use authority::keys::{KeySpec, PrivateKey};

    use crate::testing::User;

    #[test]
    fn a_key_is_described_and_stays_secret() {
        let user = User::new();
        let key = PrivateKey::generate(KeySpec::EcP384).expect("a key");
        user.write("key", key.to_encrypted_pem(b"secret").expect("PEM").as_bytes());
        user.write("der", key.to_der().expect("DER").as_slice());
        user.write("public", key.spki_der());
        user.write("password", "secret");
        let encrypted = user.step("crypto key inspect {}/key --password-file {}/password").answer();
        assert!(
            encrypted.starts_with("Type:        EC P-384 private key, encrypted\nForm:        PEM\n"),
            "{encrypted}"
        );
        let plain = user.step("crypto key inspect {}/der").answer();
        assert!(plain.starts_with("Type:        EC P-384 private key, not encrypted\nForm:        DER\n"), "{plain}");
        let public = user.step("crypto key inspect {}/public").answer();
        assert!(public.starts_with("Type:        EC P-384 public key\n"), "{public}");
        let fingerprint = |text: &str| text.lines().skip(2).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(fingerprint(&encrypted), fingerprint(&public));
        assert_eq!(fingerprint(&plain), fingerprint(&public));
    }
}
