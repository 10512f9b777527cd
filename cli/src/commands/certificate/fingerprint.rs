//! `step certificate fingerprint`

use aws_lc_rs::digest;
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD},
};
use clap::{Args, ValueEnum};

use super::source::{ServerFlags, Source};
use crate::{
    answer::Lines,
    certificates,
    context::Context,
    error::{CommandError, ExitStatus},
};

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
    /// How it is written
    #[arg(long, value_enum, default_value = "hex")]
    format: Format,
    /// Print the SHA-1, as some old tools want it; needs --insecure
    #[arg(long)]
    sha1: bool,
    #[command(flatten)]
    server: ServerFlags,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// Hexadecimal in lower case
    Hex,
    /// Base64 (RFC 4648 §4)
    Base64,
    /// The same, unpadded
    Base64Raw,
    /// Base64url (RFC 4648 §5)
    Base64Url,
    /// The same, unpadded
    Base64UrlRaw,
}

impl Format {
    fn write(self, octets: &[u8]) -> String {
        match self {
            Self::Hex => hex::encode(octets),
            Self::Base64 => STANDARD.encode(octets),
            Self::Base64Raw => STANDARD_NO_PAD.encode(octets),
            Self::Base64Url => URL_SAFE.encode(octets),
            Self::Base64UrlRaw => URL_SAFE_NO_PAD.encode(octets),
        }
    }
}

impl Fingerprint {
    pub(crate) fn run(self, cx: &mut Context) -> anyhow::Result<ExitStatus> {
        if self.sha1 && !self.server.is_insecure() {
            return Err(CommandError::FlagRequiresFlag { flag: "sha1", required: "insecure" }.into());
        }
        let hash = if self.sha1 { &digest::SHA1_FOR_LEGACY_USE_ONLY } else { &digest::SHA256 };
        let bytes = Source::of(&self.certificate)?.read(cx, &self.server)?;
        let named = |error| anyhow::Error::new(error).context(format!("error reading {}", self.certificate));
        let certificates = match self.bundle {
            true => certificates::all(&bytes).map_err(named)?,
            false => vec![certificates::first(&bytes).map_err(named)?],
        };
        let fingerprint = |certificate| self.format.write(digest::digest(hash, certificate).as_ref());
        let fingerprints = certificates.iter().map(|certificate| fingerprint(certificate)).collect();
        cx.output.give(&Lines::new("fingerprints", fingerprints))?;
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
    fn every_format_says_the_same() {
        use base64::Engine as _;

        let user = User::new();
        user.write("root.crt", root_certificate());
        let print = |flags: &str| user.step(&format!("certificate fingerprint {{}}/root.crt {flags}")).answer();
        let octets = hex::decode(print("").trim()).expect("hexadecimal");
        let standard = base64::prelude::BASE64_STANDARD.encode(&octets);
        assert_eq!(print("--format base64"), format!("{standard}\n"));
        assert_eq!(print("--format base64-raw"), format!("{}\n", standard.trim_end_matches('=')));
        let url = standard.replace('+', "-").replace('/', "_");
        assert_eq!(print("--format base64-url"), format!("{url}\n"));
        assert_eq!(print("--format base64-url-raw"), format!("{}\n", url.trim_end_matches('=')));
        assert_eq!(print("--sha1 --insecure").trim_end().len(), 40);
        let error = user.step("certificate fingerprint {}/root.crt --sha1").error();
        assert_eq!(error, "flag '--sha1' requires the '--insecure' flag\n");
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
