//! `step certificate needs-renewal`

use std::{io, str::FromStr, time::Duration};

use anyhow::Context as _;
use authority::{Certificate, Timestamp};
use clap::Args;
use go_duration::GoDuration;
use rustls::pki_types::CertificateDer;
use serde::Serialize;
use thiserror::Error;

use super::source::{ServerFlags, Source};
use crate::{answer::Answer, certificates, context::Context, error::ExitStatus, files::FileError, output::Output};

/// Tell whether a certificate is to be renewed
///
/// The answer is the exit status: 0 if it is time to renew, 1 if not, 2 if there is no such file, 255 if it cannot be
/// told. It is time when two thirds of the validity have passed, or what --expires-in says.
#[derive(Args)]
#[command(after_long_help = "\
Examples:
  step certificate needs-renewal a.crt && step ca renew a.crt a.key
  step certificate needs-renewal a.crt --expires-in 1h15m
  step certificate needs-renewal a.crt --json
  step certificate needs-renewal https://a.example.com --expires-in 75%")]
pub(crate) struct NeedsRenewal {
    /// File in PEM or DER, `-` for standard input, or https://host[:port]; the first certificate counts
    #[arg(value_name = "CERTIFICATE")]
    certificate: String,
    /// Time left at which to renew, or percentage of the validity after which to
    #[arg(long, value_name = "DURATION|PERCENT%", default_value = "66%")]
    expires_in: Threshold,
    /// Look at every certificate, not only the first
    #[arg(long)]
    bundle: bool,
    /// Say the answer, too
    #[arg(long)]
    verbose: bool,
    #[command(flatten)]
    server: ServerFlags,
}

/// The answer in JSON.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Standings {
    /// Whether any does.
    needs_renewal: bool,
    certificates: Vec<Standing>,
    /// Whether people are told more than the exit status.
    #[serde(skip)]
    is_told: bool,
}

impl Answer for Standings {
    fn tell(&self, output: &mut Output) -> io::Result<()> {
        match (self.is_told, self.needs_renewal) {
            (false, _) => Ok(()),
            (true, true) => output.say("certificate needs renewal"),
            (true, false) => output.say("certificate does not need renewal"),
        }
    }
}

/// How it stands with one certificate.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Standing {
    /// Its fingerprint, in hexadecimal.
    sha256: String,
    /// Its end, as RFC 3339 has it.
    not_after: String,
    needs_renewal: bool,
}

/// From when on a certificate is renewed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Threshold {
    /// So much time is left.
    Left(Duration),
    /// So many hundredths of the validity have passed.
    Passed(u32),
}

/// Neither a duration nor a percentage.
#[derive(Clone, Copy, Debug, Error)]
#[error("not a duration, such as 1h15m, or a percentage from 0% to 100%")]
struct ThresholdError;

impl FromStr for Threshold {
    type Err = ThresholdError;

    fn from_str(text: &str) -> Result<Self, ThresholdError> {
        if let Some(percent) = text.strip_suffix('%') {
            let percent = percent.parse().ok().filter(|percent| *percent <= 100);
            return percent.map(Self::Passed).ok_or(ThresholdError);
        }
        let span: GoDuration = text.parse().map_err(|_| ThresholdError)?;
        u64::try_from(span.as_secs())
            .map(|seconds| Self::Left(Duration::from_secs(seconds)))
            .map_err(|_| ThresholdError)
    }
}

impl Threshold {
    fn is_reached(self, certificate: &Certificate, now: Timestamp) -> bool {
        let validity = certificate.validity();
        let left = validity.not_after.duration_since(now).unwrap_or_default();
        match self {
            Self::Left(span) => left <= span,
            Self::Passed(percent) => {
                let whole = u128::from(validity.duration().unwrap_or_default().as_secs());
                let passed = whole.saturating_sub(u128::from(left.as_secs()));
                passed * 100 >= whole * u128::from(percent)
            }
        }
    }
}

impl NeedsRenewal {
    pub(crate) fn run(self, cx: &mut Context) -> anyhow::Result<ExitStatus> {
        let certificates = match self.look(cx) {
            Ok(certificates) => certificates,
            Err(error) => {
                crate::error::report(&error, &mut cx.output);
                return Ok(if is_missing(&error) { ExitStatus::Missing } else { ExitStatus::Undecided });
            }
        };
        let is_due = certificates.iter().any(|certificate| certificate.needs_renewal);
        cx.output.give(&Standings { needs_renewal: is_due, certificates, is_told: self.verbose })?;
        Ok(if is_due { ExitStatus::Success } else { ExitStatus::Failure })
    }

    fn look(&self, cx: &mut Context) -> anyhow::Result<Vec<Standing>> {
        let bytes = Source::of(&self.certificate)?.read(cx, &self.server)?;
        let found = match self.bundle {
            true => certificates::all(&bytes),
            false => certificates::first(&bytes).map(|first| vec![first]),
        };
        let found = found.with_context(|| format!("error reading {}", self.certificate))?;
        let now = cx.now();
        let standing = |der: &CertificateDer<'_>| {
            let certificate = Certificate::from_der(der)?;
            Ok(Standing {
                sha256: hex::encode(certificate.fingerprint_sha256()),
                not_after: certificate.validity().not_after.to_string(),
                needs_renewal: self.expires_in.is_reached(&certificate, now),
            })
        };
        found.iter().map(standing).collect()
    }
}

fn is_missing(error: &anyhow::Error) -> bool {
    let missing = |cause: &io::Error| cause.kind() == io::ErrorKind::NotFound;
    matches!(error.downcast_ref(), Some(FileError::System { cause, .. }) if missing(cause))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{User, leaf_certificate};

    #[test]
    fn json_says_what_the_exit_status_says() {
        let user = User::new();
        user.write("a.crt", leaf_certificate(-3_600, 3_600).0);
        for (flags, is_due) in [("--expires-in 10m", false), ("--expires-in 2h", true)] {
            let outcome = user.step(&format!("certificate needs-renewal {{}}/a.crt --json {flags}"));
            let answer: serde_json::Value = serde_json::from_str(&outcome.answers).expect("JSON");
            assert_eq!(answer["needsRenewal"], is_due);
            assert_eq!(answer["certificates"][0]["needsRenewal"], is_due);
            assert!(answer["certificates"][0]["notAfter"].as_str().is_some_and(|end| end.ends_with('Z')), "{answer}");
            assert_eq!(outcome.status, if is_due { ExitStatus::Success } else { ExitStatus::Failure });
        }
    }

    fn status(user: &User, flags: &str) -> ExitStatus {
        user.step(&format!("certificate needs-renewal {{}}/a.crt {flags}")).status
    }

    #[test]
    fn two_thirds_of_the_validity_are_the_measure_unless_another_is_given() {
        let user = User::new();
        user.write("a.crt", leaf_certificate(-5_000, 5_000).0);
        assert_eq!(status(&user, ""), ExitStatus::Failure);
        assert_eq!(status(&user, "--expires-in 49%"), ExitStatus::Success);
        assert_eq!(status(&user, "--expires-in 1h"), ExitStatus::Failure);
        assert_eq!(status(&user, "--expires-in 1h30m"), ExitStatus::Success);
        user.write("a.crt", leaf_certificate(-7_000, 3_000).0);
        assert_eq!(status(&user, ""), ExitStatus::Success);
        user.write("a.crt", leaf_certificate(-7_000, -3_000).0);
        assert_eq!(status(&user, "--expires-in 100%"), ExitStatus::Success);
        assert_eq!(user.step("certificate needs-renewal {}/a.crt --verbose").talk, "certificate needs renewal\n");
    }

    #[test]
    fn a_bundle_is_as_old_as_its_oldest_certificate() {
        let user = User::new();
        user.write("a.crt", leaf_certificate(0, 9_000).0 + &leaf_certificate(-8_000, 10).0);
        assert_eq!(status(&user, ""), ExitStatus::Failure);
        assert_eq!(status(&user, "--bundle"), ExitStatus::Success);
    }

    #[test]
    fn what_cannot_be_told_has_a_status_of_its_own() {
        let user = User::new();
        assert_eq!((status(&user, ""), ExitStatus::Missing.code()), (ExitStatus::Missing, 2));
        user.write("a.crt", "hello");
        assert_eq!((status(&user, ""), ExitStatus::Undecided.code()), (ExitStatus::Undecided, 255));
        for wrong in ["101%", "-1h", "x", "%"] {
            assert!(wrong.parse::<Threshold>().is_err(), "{wrong}");
        }
    }
}
