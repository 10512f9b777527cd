//! `step certificate lint`

use std::io;

use anyhow::Context as _;
use authority::{Certificate, Finding, Severity, examine};
use clap::Args;
use serde::Serialize;

use super::source::{ServerFlags, Source};
use crate::{
    answer::Answer,
    certificates,
    context::Context,
    error::ExitStatus,
    output::{Output, printable},
};

/// Say which rules of RFC 5280 and of public authorities a certificate breaks
///
/// Every certificate of the file or the server is looked at, each by the rules for what it is: a CA, a server or another
/// leaf. Rules of public authorities (BR, the CA/Browser Forum's Baseline Requirements) are warnings: a private CA may have
/// its reasons. The status is 1 when there is an error, with --strict also when there is a warning.
#[derive(Args)]
#[command(after_long_help = "\
Examples:
  step certificate lint a.crt
  step certificate lint chain.pem --strict
  step certificate lint https://ca.example.com --roots root.crt --json")]
pub(crate) struct Lint {
    /// File in PEM or DER, `-` for standard input, or https://host[:port]
    #[arg(value_name = "CERTIFICATE")]
    certificate: String,
    /// Let warnings be errors
    #[arg(long)]
    strict: bool,
    #[command(flatten)]
    server: ServerFlags,
}

/// What was found, certificate by certificate.
#[derive(Serialize)]
struct Report {
    certificates: Vec<Linted>,
}

#[derive(Serialize)]
struct Linted {
    sha256: String,
    subject: String,
    findings: Vec<Broken>,
}

/// A rule that is broken.
#[derive(Serialize)]
struct Broken {
    rule: &'static str,
    severity: &'static str,
    problem: &'static str,
    clause: &'static str,
}

impl Lint {
    pub(crate) fn run(self, cx: &mut Context) -> anyhow::Result<ExitStatus> {
        let bytes = Source::of(&self.certificate)?.read(cx, &self.server)?;
        let reading = || format!("error reading {}", self.certificate);
        let limit = if self.strict { Severity::Warning } else { Severity::Error };
        let mut report = Report { certificates: Vec::new() };
        let mut status = ExitStatus::Success;
        for der in certificates::all(&bytes).with_context(reading)? {
            let certificate = Certificate::from_der(&der).with_context(reading)?;
            let findings = examine(&certificate);
            if findings.iter().any(|finding| finding.severity >= limit) {
                status = ExitStatus::Failure;
            }
            report.certificates.push(Linted {
                sha256: hex::encode(certificate.fingerprint_sha256()),
                subject: certificate.subject().to_string(),
                findings: findings.iter().map(Broken::from).collect(),
            });
        }
        cx.output.give(&report)?;
        Ok(status)
    }
}

impl From<&Finding> for Broken {
    fn from(finding: &Finding) -> Self {
        let Finding { rule, severity, error } = finding;
        Self { rule, severity: severity.name(), problem: error.problem, clause: error.clause }
    }
}

impl Answer for Report {
    fn tell(&self, output: &mut Output) -> io::Result<()> {
        for Linted { sha256, subject, findings } in &self.certificates {
            output.answer(format!("{sha256}  {}\n", printable(subject)))?;
            for Broken { rule, severity, problem, clause } in findings {
                output.answer(format!("  {severity:<7} {rule}: {problem} ({clause})\n"))?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use crate::{
        error::ExitStatus,
        testing::{User, leaf_certificate, root_certificate},
    };

    #[test]
    fn a_good_authority_is_named_and_nothing_is_said_of_it() {
        let user = User::new();
        user.write("root.crt", root_certificate());
        let answer = user.step("certificate lint {}/root.crt --strict").answer();
        assert!(answer.ends_with("  CN=Test Root CA\n") && answer.lines().count() == 1, "{answer}");
    }

    #[test]
    fn faults_are_told_with_rule_and_clause_and_the_worst_is_the_status() {
        let user = User::new();
        // Signed by its own key, and with neither key usage nor purpose.
        let (leaf, _) = leaf_certificate(-60, 3_600);
        user.write("leaf.crt", &leaf);
        user.write("chain.pem", root_certificate() + &leaf);
        let outcome = user.step("certificate lint {}/leaf.crt");
        assert_eq!(outcome.status, ExitStatus::Success);
        let line = "\n  warning leaf-key-usage: there is no key usage, or it is not critical (RFC 5280 §4.2.1.3)\n";
        assert!(outcome.answers.contains(line), "{}", outcome.answers);
        assert_eq!(user.step("certificate lint {}/leaf.crt --strict").status, ExitStatus::Failure);

        let answer = user.step("certificate lint {}/chain.pem --json").answer();
        let report: Value = serde_json::from_str(&answer).expect("JSON");
        let findings = |index: usize| report["certificates"][index]["findings"].as_array().expect("a list").clone();
        assert_eq!(findings(0), Vec::<Value>::new());
        let rules: Vec<_> = findings(1).iter().map(|finding| finding["rule"].clone()).collect();
        assert_eq!(rules, ["leaf-key-usage", "leaf-ext-key-usage"]);
    }

    #[test]
    fn what_is_no_certificate_is_an_error() {
        let user = User::new();
        user.write("text", "nothing");
        let error = user.step("certificate lint {}/text").error();
        assert_eq!(error, "error reading {}/text: no certificate found\n");
    }
}
