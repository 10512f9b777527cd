//! `step certificate sign`

use std::{io, path::PathBuf};

use anyhow::Context as _;
use authority::{Certificate, CertificationRequest};
use clap::Args;
use serde::Serialize;

use super::local::{IssuedProfile, LocalCa, ValidityFlags};
use crate::{
    answer::{Answer, CertificateFacts},
    certificates,
    context::Context,
    error::ExitStatus,
    key_file,
    output::Output,
};

/// Sign a certificate request with the key of a CA
///
/// The certificate gets the subject and the names of the request, and is printed. No authority is asked; for that see
/// `step ca sign`.
#[derive(Args)]
#[command(after_long_help = "\
Examples:
  step certificate sign a.csr ca.crt ca.key > a.crt
  step certificate sign ca.csr root.crt root.key --profile intermediate-ca")]
pub(crate) struct Sign {
    /// File with the request, in PEM or DER, or `-` for standard input
    #[arg(value_name = "CSR-FILE")]
    request: PathBuf,
    /// Certificate of the CA that signs
    #[arg(value_name = "CRT-FILE")]
    certificate: PathBuf,
    /// Private key of the CA that signs
    #[arg(value_name = "KEY-FILE")]
    key: PathBuf,
    /// What the certificate is for
    #[arg(long, value_enum, default_value = "leaf")]
    profile: IssuedProfile,
    #[command(flatten)]
    validity: ValidityFlags,
    /// Print the certificates of the CA after the new one
    #[arg(long)]
    bundle: bool,
    /// File with the password of the CA's key
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

/// The certificate and perhaps those above it.
#[derive(Serialize)]
struct Signed {
    pem: String,
    #[serde(flatten)]
    facts: CertificateFacts,
}

impl Answer for Signed {
    fn tell(&self, output: &mut Output) -> io::Result<()> {
        output.answer(&self.pem)
    }
}

impl Sign {
    pub(crate) fn run(self, cx: &mut Context) -> anyhow::Result<ExitStatus> {
        let bytes = cx.read(&self.request)?;
        let request = request(&bytes).with_context(|| format!("error parsing {}", self.request.display()))?;
        let password = key_file::Password { flag: "--password-file", file: self.password_file.as_deref() };
        let ca = LocalCa::read(cx, &self.certificate, &self.key, password)?;
        let validity = self.validity.validity(cx.now(), self.profile.lifetime());
        let chain = ca.sign(cx, self.profile, &request, validity)?;
        let count = if self.bundle { chain.len() } else { 1 };
        let leaf = chain.first().context("nothing was signed")?;
        let pem = chain.iter().take(count).map(Certificate::pem).collect();
        cx.output.give(&Signed { pem, facts: CertificateFacts::of(leaf) })?;
        Ok(ExitStatus::Success)
    }
}

fn request(bytes: &[u8]) -> anyhow::Result<CertificationRequest> {
    Ok(match std::str::from_utf8(bytes) {
        Ok(text) if !certificates::is_der(bytes) => CertificationRequest::from_pem(text)?,
        _ => CertificationRequest::from_der(bytes)?,
    })
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;
    use crate::testing::User;

    const CLEAR: &str = "--no-password --insecure";

    fn user() -> User {
        let user = User::new();
        user.write("password", "secret");
        user.step("certificate create Root {}/root.crt {}/root.key --profile root-ca --password-file {}/password")
            .answer();
        user
    }

    const SIGN: &str = "{}/root.crt {}/root.key --password-file {}/password";

    #[test]
    fn a_request_of_openssl_keeps_its_subject_and_names() {
        let user = user();
        let file = |name: &str| user.path(name).display().to_string();
        let line = ["req", "-new", "-newkey", "rsa:2048", "-nodes", "-subj", "/O=Example/CN=a.example.com"];
        let names = "subjectAltName=DNS:a.example.com,IP:10.0.0.1,email:me@example.com,URI:spiffe://example.com/a";
        let Ok(output) = Command::new("openssl")
            .args(line)
            .args(["-addext", names, "-keyout", &file("a.key"), "-out", &file("a.csr")])
            .output()
        else {
            eprintln!("skipped: openssl is not installed");
            return;
        };
        assert!(output.status.success(), "{output:?}");
        let pem = user.step(&format!("certificate sign {{}}/a.csr {SIGN}")).answer();
        let signed = Certificate::from_pem(&pem).expect("a certificate");
        assert_eq!(signed.subject().to_string(), "O=Example, CN=a.example.com");
        let names: Vec<_> = signed.subject_alt_names().expect("readable").iter().collect();
        assert_eq!(names, ["a.example.com", "me@example.com", "10.0.0.1", "spiffe://example.com/a"]);
        user.write("a.crt", &pem);
        let verified = Command::new("openssl")
            .args(["verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", &file("root.crt"), &file("a.crt")])
            .output()
            .expect("openssl ran before");
        assert!(verified.status.success(), "{verified:?}");
    }

    #[test]
    fn a_request_without_names_is_known_by_its_common_name() {
        let user = user();
        let key = authority::keys::PrivateKey::generate(authority::keys::KeySpec::EcP256).expect("a key");
        let request = |common_name: &str| {
            authority::pki::create_csr(&key, common_name, &authority::SubjectAltNames::default()).expect("a request")
        };
        user.write("a.csr", request("a.example.com").der());
        let pem = user.step(&format!("certificate sign {{}}/a.csr {SIGN}")).answer();
        let signed = Certificate::from_pem(&pem).expect("a certificate");
        assert_eq!(signed.subject_alt_names().expect("readable").iter().collect::<Vec<_>>(), ["a.example.com"]);
        user.write("b.csr", request("").pem());
        let error = user.step(&format!("certificate sign {{}}/b.csr {SIGN}")).error();
        assert_eq!(error, "the certificate would have no name\n");
    }

    #[test]
    fn an_intermediate_is_signed_when_it_is_asked_for() {
        let user = user();
        user.step(&format!("certificate create ca.example.com {{}}/ca.csr {{}}/ca.key --csr {CLEAR}")).answer();
        let pem = user.step(&format!("certificate sign {{}}/ca.csr {SIGN} --profile intermediate-ca")).answer();
        let ca = Certificate::from_pem(&pem).expect("a certificate");
        assert_eq!((ca.is_ca(), ca.path_len()), (true, Some(0)));
    }

    #[test]
    fn what_is_no_request_is_named() {
        let user = user();
        let error = user.step(&format!("certificate sign {{}}/root.crt {SIGN}")).error();
        assert!(error.starts_with("error parsing {}/root.crt: "), "{error}");
    }
}
