//! `step certificate key`

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;

use crate::{context::Context, error::ExitStatus, inspect::Document, public_key_file::PublicKeyFile};

/// Print the public key of a certificate or a certificate request
#[derive(Args)]
#[command(after_long_help = "\
Example:
  step certificate key a.crt --out a.pub")]
pub(crate) struct Key {
    /// File in PEM or DER, `-` for standard input
    #[arg(value_name = "CRT-FILE")]
    certificate: PathBuf,
    #[command(flatten)]
    public: PublicKeyFile,
}

impl Key {
    pub(crate) fn run(self, cx: &mut Context) -> anyhow::Result<ExitStatus> {
        let public = self.public.claim(cx)?;
        let bytes = cx.read(&self.certificate)?;
        let name = self.certificate.display().to_string();
        let document = Document::first(&bytes, &name)?;
        let spki = document.subject_public_key_info().with_context(|| format!("error parsing {name}"))?;
        public.write(cx, &spki)?;
        Ok(ExitStatus::Success)
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use crate::testing::{User, root_certificate};

    #[test]
    fn openssl_finds_the_same_key() {
        let user = User::new();
        let file = user.write("a.crt", root_certificate());
        let ours = user.step("certificate key {}/a.crt").answer();
        let Ok(output) = Command::new("openssl").args(["x509", "-noout", "-pubkey", "-in", &file]).output() else {
            eprintln!("skipped: openssl is not installed");
            return;
        };
        assert_eq!(ours, String::from_utf8_lossy(&output.stdout));
    }

    #[test]
    fn a_request_has_a_key_too_and_a_key_is_no_certificate() {
        let user = User::new();
        user.step("certificate create a {}/a.csr {}/a.key --csr --no-password --insecure").answer();
        user.step("crypto key public {}/a.key --out {}/a.pub").answer();
        assert_eq!(user.step("certificate key {}/a.csr").answer(), user.read("a.pub"));
        let error = user.step("certificate key {}/a.key").error();
        assert!(error.starts_with("Invalid PEM type in "), "{error}");
    }
}
