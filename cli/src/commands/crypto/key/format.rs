//! `step crypto key format`

use std::path::PathBuf;

use authority::keys::{PrivateKey, public_key_to_pem};
use clap::Args;
use zeroize::Zeroizing;

use super::material::{KeyPart, Material};
use crate::{
    answer::{Octets, Saved, Text},
    context::Context,
    error::{CommandError, ExitStatus},
    files::Destination,
    protection::{ClearFlags, NewPassword, Protection},
};

/// Write a key in another form
///
/// Without --pem and --der, PEM becomes DER and DER becomes PEM. A private key in PEM is encrypted; in DER it is not.
/// Of a certificate or a request the public key is written.
#[derive(Args)]
#[command(after_long_help = "\
Examples:
  step crypto key format foo.key --out foo.der
  step crypto key format foo.key --pem --pkcs8")]
pub(crate) struct Format {
    /// File in PEM or DER, `-` for standard input
    #[arg(value_name = "KEY-FILE")]
    key: PathBuf,
    /// Write a private key as PKCS#8, whatever its kind
    #[arg(long)]
    pkcs8: bool,
    /// Write PEM
    #[arg(long)]
    pem: bool,
    /// Write DER
    #[arg(long)]
    der: bool,
    /// File for the key; standard output if left out
    #[arg(long, alias = "output-file", value_name = "FILE")]
    out: Option<PathBuf>,
    /// File with the password of the key, which it also has afterwards
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    #[command(flatten)]
    clear: ClearFlags,
    /// Overwrite files without asking
    #[arg(long, short)]
    force: bool,
}

impl Format {
    pub(crate) fn run(self, cx: &mut Context) -> anyhow::Result<ExitStatus> {
        if self.pem && self.der {
            return Err(CommandError::MutuallyExclusive { first: "pem", second: "der" }.into());
        }
        let in_clear = self.clear.is_wanted()?;
        let out = self.out.as_deref().map(|out| Destination::claim(cx, out, self.force)).transpose()?;
        let material = Material::read(cx, &self.key, self.password_file.as_deref())?;
        let to_pem = self.pem || !(self.der || material.is_pem);
        let written = match &material.key {
            KeyPart::Public(key) if to_pem => Zeroizing::new(public_key_to_pem(key.spki_der()).into_bytes()),
            KeyPart::Public(key) => Zeroizing::new(key.spki_der().to_vec()),
            KeyPart::Private(key) if to_pem => self.private_pem(cx, key, in_clear)?,
            KeyPart::Private(key) if self.pkcs8 => key.to_pkcs8_der()?,
            KeyPart::Private(key) => key.to_der()?,
        };
        match (out, std::str::from_utf8(&written)) {
            (None, Ok(pem)) if to_pem => cx.output.give(&Text::pem(pem))?,
            (None, _) => cx.output.give(&Octets::der(&written))?,
            (Some(out), _) => {
                out.write(&written)?;
                cx.output.give(&Saved::file("key", "Your key has been saved in", out.path()))?;
            }
        }
        Ok(ExitStatus::Success)
    }

    fn private_pem(&self, cx: &mut Context, key: &PrivateKey, in_clear: bool) -> anyhow::Result<Zeroizing<Vec<u8>>> {
        let protection = if in_clear {
            // The password file opened the key; it need not close it.
            Protection::None
        } else {
            let label = "Please enter the password to encrypt the private key";
            let file = self.password_file.as_deref();
            self.clear.protection(cx, NewPassword { label, flag: "password-file", file })?
        };
        let pem = match (protection, self.pkcs8) {
            (Protection::Password(password), true) => key.to_encrypted_pkcs8_pem(&password)?,
            (Protection::Password(password), false) => key.to_encrypted_pem(&password)?,
            (Protection::None, true) => key.to_pkcs8_pem()?,
            (Protection::None, false) => key.to_pem()?,
        };
        Ok(Zeroizing::new(pem.as_bytes().to_vec()))
    }
}

#[cfg(test)]
mod tests {
    use authority::keys::KeySpec;

    use super::*;
    use crate::testing::User;

    const CLEAR: &str = "--no-password --insecure";

    #[test]
    fn pem_becomes_der_and_der_becomes_pem() {
        for spec in [KeySpec::EcP256, KeySpec::Ed25519, KeySpec::Rsa { bits: 2048 }] {
            let user = User::new();
            let key = PrivateKey::generate(spec).expect("a key");
            user.write("key", key.to_pem().expect("PEM").as_bytes());
            user.step("crypto key format {}/key --out {}/der").answer();
            assert_eq!(std::fs::read(user.path("der")).expect("written"), *key.to_der().expect("DER"));
            let pem = user.step(&format!("crypto key format {{}}/der {CLEAR}")).answer();
            assert_eq!(pem, *key.to_pem().expect("PEM"));
            user.step("crypto key format {}/key --pkcs8 --out {}/pkcs8").answer();
            assert_eq!(std::fs::read(user.path("pkcs8")).expect("written"), *key.to_pkcs8_der().expect("DER"));
            let pem = user.step(&format!("crypto key format {{}}/key --pem --pkcs8 {CLEAR}")).answer();
            assert_eq!(pem, *key.to_pkcs8_pem().expect("PEM"));
        }
    }

    #[test]
    fn a_private_key_in_pem_is_encrypted_with_the_password_it_has() {
        let user = User::new();
        user.write("password", "secret");
        let key = PrivateKey::generate(KeySpec::EcP256).expect("a key");
        user.write("key", key.to_encrypted_pem(b"secret").expect("PEM").as_bytes());
        let pem = user.step("crypto key format {}/key --pem --pkcs8 --password-file {}/password").answer();
        assert!(pem.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----\n"), "{pem}");
        assert!(PrivateKey::from_pem(&pem, Some(b"secret")).is_ok());
        let error = user.step("crypto key format {}/key --pem --der").error();
        assert_eq!(error, "flag '--pem' and flag '--der' are mutually exclusive\n");
    }

    #[test]
    fn a_public_key_needs_no_password() {
        let user = User::new();
        let key = PrivateKey::generate(KeySpec::EcP521).expect("a key");
        user.write("spki", key.spki_der());
        assert_eq!(user.step("crypto key format {}/spki").answer(), public_key_to_pem(key.spki_der()));
    }
}
