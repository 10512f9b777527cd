//! `step certificate fingerprint`

use clap::Args;

use super::source::{ServerFlags, Source};
use crate::{certificates, client, context::Context, error::ExitStatus};

/// Print the SHA-256 fingerprint of a certificate
///
/// It is the SHA-256 of the certificate's DER, in lower-case hexadecimal: what `step ca bootstrap --fingerprint` takes.
#[derive(Args)]
#[command(after_long_help = "\
Examples:
  step certificate fingerprint root_ca.crt
  step certificate fingerprint https://ca.example.com --insecure")]
pub(crate) struct Fingerprint {
    /// File in PEM or DER, `-` for standard input, or https://host[:port]; the first certificate counts
    #[arg(value_name = "CERTIFICATE")]
    certificate: String,
    /// Print one line for every certificate
    #[arg(long)]
    bundle: bool,
    #[command(flatten)]
    server: ServerFlags,
}

impl Fingerprint {
    pub(crate) fn run(self, cx: &mut Context) -> anyhow::Result<ExitStatus> {
        let bytes = Source::of(&self.certificate)?.read(cx, &self.server)?;
        let named = |error| anyhow::Error::new(error).context(format!("error reading {}", self.certificate));
        let certificates = match self.bundle {
            true => certificates::all(&bytes).map_err(named)?,
            false => vec![certificates::first(&bytes).map_err(named)?],
        };
        for certificate in certificates {
            cx.output.answer(format!("{}\n", client::Fingerprint::of(&certificate)))?;
        }
        Ok(ExitStatus::Success)
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use crate::testing::{User, root_certificate};

    #[test]
    fn openssl_finds_the_same_fingerprint() {
        let user = User::new();
        let file = user.write("root.crt", root_certificate());
        let Ok(output) =
            Command::new("openssl").args(["x509", "-noout", "-fingerprint", "-sha256", "-in", &file]).output()
        else {
            eprintln!("skipped: openssl is not installed");
            return;
        };
        let theirs = String::from_utf8_lossy(&output.stdout).to_lowercase();
        let theirs: String = theirs.split('=').next_back().unwrap_or_default().chars().filter(|c| *c != ':').collect();
        assert_eq!(user.step("certificate fingerprint {}/root.crt").answer(), theirs);
    }

    #[test]
    fn the_first_certificate_of_a_bundle_counts() {
        let user = User::new();
        let (one, two) = (root_certificate(), root_certificate());
        user.write("one.crt", &one);
        user.write("both.crt", format!("{one}{two}"));
        let first = user.step("certificate fingerprint {}/one.crt").answer();
        assert_eq!(user.step("certificate fingerprint {}/both.crt").answer(), first);
        assert_eq!(user.step("certificate fingerprint {}/both.crt --bundle").answer().lines().count(), 2);
        let user = user.with_input(one);
        assert_eq!(user.step("certificate fingerprint -").answer(), first);
    }

    #[test]
    fn what_is_no_certificate_is_named() {
        let user = User::new();
        user.write("key.pem", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n");
        let error = user.step("certificate fingerprint {}/key.pem").error();
        assert_eq!(error, "error reading {}/key.pem: no certificate found\n");
        let error = user.step("certificate fingerprint {}/missing").error();
        assert_eq!(error, "open {}/missing failed: no such file or directory\n");
    }

    #[test]
    fn a_server_that_is_not_there_is_named() {
        let error = User::new().step("certificate fingerprint https://127.0.0.1:1 --insecure").error();
        assert!(error.starts_with("connecting to 127.0.0.1:1 failed"), "{error}");
    }
}
