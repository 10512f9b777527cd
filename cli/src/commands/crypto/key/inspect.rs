//! `step crypto key inspect`

use std::{io, path::PathBuf};

use authority::SubjectPublicKeyInfo;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use clap::Args;
use serde::Serialize;

use super::material::{KeyPart, Material};
use crate::{answer::Answer, client::Fingerprint, context::Context, error::ExitStatus, output::Output};

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
        let fingerprint = Fingerprint::of(info.spki_der()).to_string();
        cx.output.give(&Facts {
            kind: info.kind().to_string(),
            part: if matches!(material.key, KeyPart::Private(_)) { "private" } else { "public" },
            encrypted: material.was_encrypted,
            form: if material.is_pem { "PEM" } else { "DER" },
            pin: format!("sha256/{}", BASE64_STANDARD.encode(hex::decode(&fingerprint)?)),
            fingerprint,
        })?;
        Ok(ExitStatus::Success)
    }
}

/// What a file with a key says.
#[derive(Serialize)]
struct Facts {
    /// E.g. `EC P-256`.
    kind: String,
    part: &'static str,
    encrypted: bool,
    form: &'static str,
    /// SHA-256 of the SubjectPublicKeyInfo, in hexadecimal.
    fingerprint: String,
    /// The same, as curl's `--pinnedpubkey` takes it.
    pin: String,
}

impl Answer for Facts {
    fn tell(&self, output: &mut Output) -> io::Result<()> {
        let part = match (self.part, self.encrypted) {
            ("private", true) => "private key, encrypted",
            ("private", false) => "private key, not encrypted",
            _ => "public key",
        };
        let Self { kind, form, fingerprint, pin, .. } = self;
        output.answer(format!("Type:        {kind} {part}\nForm:        {form}\n"))?;
        output.answer(format!("Fingerprint: {fingerprint}\nPin:         {pin}\n"))
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
