//! `step ca renew`

mod after;
mod daemon;
mod schedule;

use std::path::PathBuf;

use clap::{ArgAction, Args};
use go_duration::GoDuration;

use self::schedule::Rhythm;
pub(super) use self::{after::After, schedule::is_due_now};
use super::{
    flags::{CERTIFICATE_OFFLINE, CaFlags, OfflineFlag},
    pair::{Pair, RenewBy},
};
use crate::{
    context::Context,
    error::{CommandError, ExitStatus},
    files::{Destination, is_same_file},
};

/// Renew a certificate: same key, same names, a new period of validity
///
/// The certificate itself authorizes its renewal: as that of the TLS client, or, when it has expired or with
/// --mtls=false, in a token that its key signs. Whether an expired one is renewed is for the CA to say.
#[derive(Args)]
#[command(after_long_help = "\
Examples:
  step ca renew a.crt a.key
  step ca renew a.crt a.key --expires-in 8h --force
  step ca renew a.crt a.key --daemon --exec 'nginx -s reload'")]
pub(crate) struct Renew {
    /// File with the certificate and the chain above it
    #[arg(value_name = "CRT-FILE")]
    certificate: PathBuf,
    /// File with its private key
    #[arg(value_name = "KEY-FILE")]
    key: PathBuf,
    #[command(flatten)]
    ca: CaFlags,
    #[command(flatten)]
    offline: OfflineFlag,
    /// File for the new certificate; CRT-FILE if left out
    #[arg(long, alias = "output-file", value_name = "FILE")]
    out: Option<PathBuf>,
    /// File with the password of the private key, if it has one
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// Show the certificate as that of the TLS client; false sends it in a token, for a CA behind a proxy
    #[arg(
        long,
        value_name = "BOOL",
        default_value_t = true,
        default_missing_value = "true",
        num_args = 0..=1,
        require_equals = true,
        action = ArgAction::Set
    )]
    mtls: bool,
    /// Renew only if the certificate is valid for less than this, e.g. 8h
    #[arg(long, value_name = "DURATION")]
    expires_in: Option<GoDuration>,
    /// Stay, and renew again and again
    #[arg(long)]
    daemon: bool,
    /// Renew this often, with --daemon
    #[arg(long, value_name = "DURATION")]
    renew_period: Option<GoDuration>,
    /// Send a signal to the process with this id afterwards
    #[arg(long, value_name = "ID")]
    pid: Option<i32>,
    /// The number of the signal
    #[arg(long, value_name = "NUMBER", default_value = "1")]
    signal: i32,
    /// Run this program afterwards; its arguments are separated by blanks
    #[arg(long, value_name = "COMMAND")]
    exec: Option<String>,
    /// Overwrite the file without asking
    #[arg(long, short)]
    force: bool,
}

impl Renew {
    pub(crate) fn run(self, cx: &mut Context) -> anyhow::Result<ExitStatus> {
        self.offline.refuse(CERTIFICATE_OFFLINE)?;
        let rhythm = self.rhythm()?;
        if is_same_file(self.out.as_deref().unwrap_or(&self.certificate), &self.key) {
            return Err(CommandError::EqualArguments { first: "CRT-FILE", second: "KEY-FILE" }.into());
        }
        let after = After::new(self.pid, self.signal, self.exec.as_deref())?;
        // Its own file is what a daemon is there to replace.
        let force = self.force || self.daemon;
        let mut pair = Pair::read(cx, &self.certificate, &self.key, self.password_file.as_deref())?;
        // What is over is due.
        let left = pair.remaining(cx).unwrap_or_default();
        rhythm.fits(pair.leaf()?.validity())?;
        if let (false, Some(expires_in)) = (self.daemon, rhythm.expires_in)
            && !is_due_now(left, expires_in)
        {
            let left = GoDuration::try_from(left)?;
            cx.output.say(format_args!("certificate not renewed: expires in {left}"))?;
            return Ok(ExitStatus::Success);
        }
        let destination = Destination::claim(cx, self.out.as_deref().unwrap_or(&self.certificate), force)?;
        let by = if self.mtls { RenewBy::Handshake } else { RenewBy::Token };
        if self.daemon {
            return daemon::run(cx, &self.ca, pair, by, rhythm, &destination, &after);
        }
        pair.renew(cx, &self.ca, by, &destination)?;
        cx.output.say(format_args!("Your certificate has been saved in {}.", destination.path().display()))?;
        after.run()?;
        Ok(ExitStatus::Success)
    }

    fn rhythm(&self) -> Result<Rhythm, CommandError> {
        if self.expires_in.is_some() && self.renew_period.is_some() {
            return Err(CommandError::MutuallyExclusive { first: "expires-in", second: "renew-period" });
        }
        if self.renew_period.is_some() && !self.daemon {
            return Err(CommandError::FlagRequiresFlag { flag: "renew-period", required: "daemon" });
        }
        let span = |flag: &str, value: Option<GoDuration>| match value.map(|span| (span, span.to_std())) {
            None => Ok(None),
            Some((_, Some(span))) => Ok(Some(span)),
            Some((negative, None)) => Err(CommandError::invalid_value(flag, negative.to_string())),
        };
        Ok(Rhythm {
            period: span("renew-period", self.renew_period)?,
            expires_in: span("expires-in", self.expires_in)?,
        })
    }
}

impl Rhythm {
    /// A certificate must live longer than the time between two renewals of it.
    fn fits(&self, validity: authority::Validity) -> Result<(), CommandError> {
        let length = validity.duration().unwrap_or_default();
        match self.period {
            Some(period) if period >= length => Err(CommandError::FlagOutOfBounds {
                flag: "renew-period",
                rule: format!(
                    "must be within (lower than) the certificate validity period; renew-period={}s, validity={}s",
                    period.as_secs(),
                    length.as_secs()
                ),
            }),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{User, leaf_certificate};

    fn user(seconds_from: i64, seconds_to: i64) -> User {
        let user = User::new();
        let (certificate, key) = leaf_certificate(seconds_from, seconds_to);
        user.write("a.crt", certificate);
        user.write("a.key", key);
        user
    }

    #[test]
    fn an_expired_certificate_is_due_whatever_the_flags_say() {
        for flags in ["", "--expires-in 1s"] {
            let user = user(-100, -1);
            let line = format!("ca renew {{}}/a.crt {{}}/a.key --out {{}}/b.crt --ca-url localhost:1 {flags}");
            let outcome = user.step(&line);
            assert!(!outcome.talk.contains("certificate not renewed"), "{}", outcome.talk);
            let _ = outcome.error();
        }
    }

    #[test]
    fn what_is_good_for_long_enough_is_left_alone() {
        let user = user(-60, 24 * 3_600 - 1_800);
        let before = user.read("a.crt");
        let outcome = user.step("ca renew {}/a.crt {}/a.key --expires-in 8h");
        assert!(outcome.talk.starts_with("certificate not renewed: expires in 23h"), "{}", outcome.talk);
        assert_eq!(outcome.answer(), "");
        assert_eq!(user.read("a.crt"), before);
    }

    #[test]
    fn its_own_file_is_overwritten_only_when_allowed() {
        let error = user(-60, 3_600).step("ca renew {}/a.crt {}/a.key").error();
        assert_eq!(error, "{}/a.crt exists already\n\nhint: overwrite it with `--force`\n");
    }

    #[test]
    fn flags_that_contradict_each_other_are_refused() {
        let user = user(-60, 3_600);
        let refused = |flags: &str| user.step(&format!("ca renew {{}}/a.crt {{}}/a.key {flags}")).error();
        let error = refused("--expires-in 1h --renew-period 1h");
        assert_eq!(error, "flag '--expires-in' and flag '--renew-period' are mutually exclusive\n");
        assert_eq!(refused("--renew-period 1h"), "flag '--renew-period' requires the '--daemon' flag\n");
        let error = refused("--renew-period 2h --daemon");
        assert!(error.starts_with("flag '--renew-period' must be within (lower than)"), "{error}");
        assert_eq!(refused("--pid 0"), "flag '--pid' must be greater than 0\n");
        assert_eq!(refused("--expires-in -1h"), "invalid value '-1h0m0s' for flag '--expires-in'\n");
    }
}
