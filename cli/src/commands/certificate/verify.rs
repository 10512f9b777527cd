//! `step certificate verify`

use std::io;

use anyhow::Context as _;
use authority::{Certificate, PathError, Timestamp, oid, verify_ca_path, verify_host, verify_path};
use clap::Args;
use serde::Serialize;

use super::{
    local,
    source::{ServerFlags, Source},
};
use crate::{answer::Answer, context::Context, error::ExitStatus, output::Output, roots};

/// Verify that a certificate leads to a root, and is for a host
///
/// The first certificate of the file is verified, over those after it, to one of the roots, as RFC 5280 asks: signatures,
/// validity, CA certificates, path lengths, name constraints, usages. It is silent when all is well. Of a server that
/// is named by its URL the host is compared too.
#[derive(Args)]
#[command(after_long_help = "\
Examples:
  step certificate verify a.crt --roots root.crt --host a.example.com
  step certificate verify a.crt --roots root.crt --json
  step certificate verify https://a.example.com --roots root.crt")]
pub(crate) struct Verify {
    /// File in PEM or DER, `-` for standard input, or https://host[:port]
    #[arg(value_name = "CERTIFICATE")]
    certificate: String,
    /// The host the certificate is to be for
    #[arg(long, value_name = "HOST")]
    host: Option<String>,
    /// Trust these roots instead of those of the system: a file, files separated by commas, or a directory
    #[arg(long, value_name = "FILE")]
    roots: Option<String>,
    /// Ask the server of a URL for this name
    #[arg(long, value_name = "NAME")]
    servername: Option<String>,
    /// Print the certificates of the path
    #[arg(long)]
    verbose: bool,
}

/// The answer in JSON.
#[derive(Serialize)]
struct Outcome {
    valid: bool,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// From the certificate to the root.
    path: Vec<Step>,
}

/// One certificate of the path.
#[derive(Serialize)]
struct Step {
    /// Its fingerprint, in hexadecimal.
    sha256: String,
    subject: String,
}

impl Verify {
    pub(crate) fn run(self, cx: &mut Context) -> anyhow::Result<ExitStatus> {
        // What the flags name is read before anything is asked of a server.
        let roots = match &self.roots {
            Some(roots) => roots::read(roots)?.iter().map(|root| Ok(Certificate::from_der(root)?)).collect(),
            None => system_roots(),
        };
        let roots: Vec<_> = roots.context("failed to verify certificate: the roots cannot be used")?;
        let source = Source::of(&self.certificate)?;
        let host = self.host.as_deref().or(match &source {
            Source::File(_) => None,
            Source::Server { host, .. } => Some(self.servername.as_deref().unwrap_or(host)),
        });
        // What the server shows is verified here and not while it is asked, so that its faults can be named.
        let bytes = source.read(cx, &ServerFlags::unverified(self.servername.clone()))?;
        let chain = local::chain(&bytes).with_context(|| format!("error reading {}", self.certificate))?;
        let outcome = verify(&chain, &roots, host, cx.now());
        cx.output.give(&Outcome::of(&outcome))?;
        let path = outcome.context("failed to verify certificate")?;
        if self.verbose {
            for certificate in path {
                let fingerprint = hex::encode(certificate.fingerprint_sha256());
                cx.output.say(format_args!("{fingerprint}  {}", certificate.subject()))?;
            }
        }
        Ok(ExitStatus::Success)
    }
}

/// Whoever asks in words is answered by silence, or by an error.
impl Answer for Outcome {
    fn tell(&self, _: &mut Output) -> io::Result<()> {
        Ok(())
    }
}

impl Outcome {
    fn of(outcome: &Result<Vec<Certificate>, PathError>) -> Self {
        let step = |certificate: &Certificate| Step {
            sha256: hex::encode(certificate.fingerprint_sha256()),
            subject: certificate.subject().to_string(),
        };
        match outcome {
            Ok(path) => Self { valid: true, reason: None, path: path.iter().map(step).collect() },
            Err(error) => Self { valid: false, reason: Some(error.to_string()), path: Vec::new() },
        }
    }
}

fn verify(
    chain: &[Certificate],
    roots: &[Certificate],
    host: Option<&str>,
    now: Timestamp,
) -> Result<Vec<Certificate>, PathError> {
    let Some((first, rest)) = chain.split_first() else { return Ok(Vec::new()) };
    // As Go does when no usage is asked for.
    let usages = &[oid::SERVER_AUTH];
    let path = match first.is_ca() {
        true => verify_ca_path(first, rest, roots, now, usages)?,
        false => verify_path(first, rest, roots, now, usages)?,
    };
    if let Some(host) = host {
        verify_host(first, host)?;
    }
    Ok(path)
}

/// The roots of the operating system; those that are not as RFC 5280 asks are left out.
fn system_roots() -> anyhow::Result<Vec<Certificate>> {
    let found = rustls_native_certs::load_native_certs();
    let roots: Vec<_> = found.certs.iter().filter_map(|root| Certificate::from_der(root).ok()).collect();
    match found.errors.into_iter().next() {
        Some(error) if roots.is_empty() => Err(error.into()),
        _ if roots.is_empty() => anyhow::bail!("the system has none"),
        _ => Ok(roots),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::User;

    const CLEAR: &str = "--no-password --insecure";

    fn user() -> User {
        let user = User::new();
        let create = |line: &str| user.step(&format!("certificate create {line} {CLEAR}")).answer();
        create("Root {}/root.crt {}/root.key --profile root-ca");
        create("Other {}/other.crt {}/other.key --profile root-ca");
        create("CA {}/ca.crt {}/ca.key --profile intermediate-ca --ca {}/root.crt --ca-key {}/root.key");
        let ca = "--ca {}/ca.crt --ca-key {}/ca.key";
        create(&format!("*.example.com {{}}/a.crt {{}}/a.key {ca} --bundle --san *.example.com --san 10.0.0.1"));
        create(&format!("a {{}}/late.crt {{}}/late.key {ca} --bundle --not-before 1h"));
        user
    }

    #[test]
    fn silence_means_yes() {
        let user = user();
        let lines = [
            "{}/a.crt --roots {}/root.crt",
            "{}/a.crt --roots {}/other.crt,{}/root.crt --host b.example.com",
            "{}/a.crt --roots {}/root.crt --host 10.0.0.1",
            "{}/ca.crt --roots {}/root.crt",
            "{}/root.crt --roots {}/root.crt",
        ];
        for line in lines {
            let outcome = user.step(&format!("certificate verify {line}"));
            assert_eq!(
                (outcome.status, outcome.answers.as_str(), outcome.talk.as_str()),
                (ExitStatus::Success, "", ""),
                "{line}"
            );
        }
        let outcome = user.step("certificate verify {}/a.crt --roots {}/root.crt --verbose");
        assert_eq!(outcome.talk.lines().count(), 3, "{outcome:?}");
    }

    #[test]
    fn json_has_the_path_or_the_reason() {
        let user = user();
        let answer = |outcome: &crate::testing::Outcome| -> serde_json::Value {
            serde_json::from_str(&outcome.answers).expect("JSON")
        };
        let outcome = user.step("certificate verify {}/a.crt --roots {}/root.crt --json");
        let path = answer(&outcome)["path"].as_array().expect("a path").len();
        assert_eq!((outcome.status, answer(&outcome)["valid"].clone(), path), (ExitStatus::Success, true.into(), 3));
        let outcome = user.step("certificate verify {}/a.crt --roots {}/other.crt --json");
        assert_eq!((outcome.status, answer(&outcome)["valid"].clone()), (ExitStatus::Failure, false.into()));
        let reason = answer(&outcome)["reason"].as_str().expect("a reason").to_owned();
        assert!(outcome.talk.contains(&reason), "{outcome:?}");
    }

    #[test]
    fn everything_else_says_why() {
        let user = user();
        user.write(
            "leaf.crt",
            user.read("a.crt").split_inclusive("-----END CERTIFICATE-----\n").next().unwrap_or_default(),
        );
        let unknown = "the certificate was not issued under any of the roots";
        let cases = [
            ("{}/a.crt --roots {}/other.crt", unknown),
            ("{}/leaf.crt --roots {}/root.crt", unknown),
            ("{}/ca.crt --roots {}/other.crt", unknown),
            ("{}/a.crt --roots {}/root.crt --host example.com", "the certificate is not for example.com"),
            ("{}/a.crt --roots {}/root.crt --host a.b.example.com", "the certificate is not for a.b.example.com"),
            ("{}/ca.crt --roots {}/root.crt --host CA", "the certificate is not for CA"),
            ("{}/late.crt --roots {}/root.crt", "a certificate of the path is not yet valid"),
        ];
        for (line, expected) in cases {
            let error = user.step(&format!("certificate verify {line}")).error();
            let said = error.split_once("\n\nhint: ").map_or(error.trim_end(), |(said, _)| said);
            assert_eq!(said, format!("failed to verify certificate: {expected}"), "{line}");
        }
    }

    #[test]
    fn roots_that_cannot_be_read_are_never_those_of_the_system() {
        let user = user();
        let error = user.step("certificate verify {}/a.crt --roots {}/missing").error();
        assert!(error.starts_with("open {}/missing failed"), "{error}");
        user.write("empty", "");
        assert_eq!(user.step("certificate verify {}/a.crt --roots {}/empty").status, ExitStatus::Failure);
        assert_eq!(user.step("certificate verify {}/a.crt --roots={}/step").status, ExitStatus::Failure);
    }

    #[test]
    fn a_server_is_verified_for_the_host_of_its_url() {
        let server = crate::testing::Server::answering(vec![String::new(); 4]);
        let user = user();
        user.write("server.crt", &server.root);
        let line = format!("certificate verify {} --roots", server.url);
        user.step(&format!("{line} {{}}/server.crt")).answer();
        let error = user.step(&format!("{line} {{}}/root.crt")).error();
        assert!(error.contains("the certificate was not issued under any of the roots\n\nhint: "), "{error}");
        for flag in ["--host", "--servername"] {
            let error = user.step(&format!("{line} {{}}/server.crt {flag} a.example.com")).error();
            assert!(error.contains("certificate: the certificate is not for a.example.com\n\nhint: "), "{error}");
        }
    }
}
