//! `step ca renew`

use std::path::PathBuf;

use clap::{ArgAction, Args};
use go_duration::GoDuration;

use super::{
    flags::{CERTIFICATE_OFFLINE, CaFlags, OfflineFlag},
    pair::{Pair, RenewBy},
    renewal::{RenewalFlags, Words},
};
use crate::{
    answer::Saved,
    context::Context,
    error::{CommandError, ExitStatus},
    files::{Destination, is_same_file},
};

const WORDS: Words = Words { period_flag: "renew-period", noun: "renewal", done: "renewed" };

/// Renew a certificate: same key, same names, a new period of validity
///
/// The certificate itself authorizes its renewal: as that of the TLS client, or, when it has expired or with
/// --mtls=false, in a token that its key signs. Whether an expired one is renewed is for the CA to say.
#[derive(Args)]
#[command(after_long_help = "\
Examples:
  step ca renew a.crt a.key
  step ca renew a.crt a.key --expires-in 8h --force
  step ca renew a.crt a.key --daemon --exec 'nginx -s reload'
  step ca renew a.crt a.key --daemon --renew-period 8h --pid-file /run/nginx.pid")]
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
    #[command(flatten)]
    renewal: RenewalFlags,
    /// Renew this often, with --daemon
    #[arg(long, value_name = "DURATION")]
    renew_period: Option<GoDuration>,
    /// Overwrite the file without asking
    #[arg(long, short)]
    force: bool,
}

impl Renew {
    pub(crate) fn run(self, cx: &mut Context) -> anyhow::Result<ExitStatus> {
        self.offline.refuse(CERTIFICATE_OFFLINE)?;
        let renewal = self.renewal.checked(WORDS, self.renew_period)?;
        let out = self.out.as_deref().unwrap_or(&self.certificate);
        if is_same_file(out, &self.key) {
            return Err(CommandError::EqualArguments { first: "CRT-FILE", second: "KEY-FILE" }.into());
        }
        let pair = Pair::read(cx, &self.certificate, &self.key, self.password_file.as_deref())?;
        if !renewal.is_due(cx, &pair)? {
            return Ok(ExitStatus::Success);
        }
        let is_daemon = renewal.is_daemon();
        // Its own file is what a daemon is there to replace.
        let destination = Destination::claim(cx, out, self.force || is_daemon)?;
        let by = if self.mtls { RenewBy::Handshake } else { RenewBy::Token };
        renewal.run(cx, &self.ca, pair, |cx, pair| {
            pair.renew(cx, &self.ca, by, &destination)?;
            if !is_daemon || cx.output.is_json() {
                let saved = Saved::file("certificate", "Your certificate has been saved in", destination.path());
                cx.output.give(&saved.certified(&pair.leaf()?))?;
            }
            Ok(())
        })
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
        let error = refused("--pid 1 --pid-file {}/pid");
        assert_eq!(error, "flag '--pid' and flag '--pid-file' are mutually exclusive\n");
        assert_eq!(refused("--pid 0"), "flag '--pid' must be greater than 0\n");
        assert_eq!(refused("--expires-in -1h"), "invalid value '-1h0m0s' for flag '--expires-in'\n");
    }
}
