//! `step ca rekey`

use std::path::PathBuf;

use authority::keys::{KeySpec, PrivateKey};
use clap::Args;
use go_duration::GoDuration;

use super::{
    flags::{CERTIFICATE_OFFLINE, CaFlags, OfflineFlag},
    pair::Pair,
    renewal::{RenewalFlags, Words},
};
use crate::{
    answer::Saved,
    context::Context,
    error::{CommandError, ExitStatus},
    files::{Destination, is_same_file},
    key_file,
    key_kind::KeyFlags,
};

const WORDS: Words = Words { period_flag: "rekey-period", noun: "rekey", done: "rekeyed" };

/// Get a certificate once more, for another key: same names, a new period of validity
///
/// The certificate itself authorizes it, so it must not have expired yet.
#[derive(Args)]
#[command(after_long_help = "\
Examples:
  step ca rekey a.crt a.key
  step ca rekey a.crt a.key --out-cert new.crt --out-key new.key
  step ca rekey a.crt a.key --daemon --rekey-period 8h --exec 'nginx -s reload'")]
pub(crate) struct Rekey {
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
    #[arg(long, value_name = "FILE")]
    out_cert: Option<PathBuf>,
    /// File for the new private key, which is not encrypted; KEY-FILE if left out
    #[arg(long, value_name = "FILE")]
    out_key: Option<PathBuf>,
    /// File with a private key to use in place of a new one
    #[arg(long, value_name = "FILE")]
    private_key: Option<PathBuf>,
    #[command(flatten)]
    key_kind: KeyFlags,
    /// File with the password of the private key, if it has one
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    #[command(flatten)]
    renewal: RenewalFlags,
    /// Rekey this often, with --daemon
    #[arg(long, value_name = "DURATION")]
    rekey_period: Option<GoDuration>,
    /// Overwrite files without asking
    #[arg(long, short)]
    force: bool,
}

impl Rekey {
    pub(crate) fn run(self, cx: &mut Context) -> anyhow::Result<ExitStatus> {
        self.offline.refuse(CERTIFICATE_OFFLINE)?;
        let renewal = self.renewal.checked(WORDS, self.rekey_period)?;
        let is_daemon = renewal.is_daemon();
        self.check_flags(is_daemon)?;
        let certificate = self.out_cert.as_deref().unwrap_or(&self.certificate);
        let out_key = self.out_key.as_deref().unwrap_or(&self.key);
        if [Some(out_key), self.private_key.as_deref()].into_iter().flatten().any(|key| is_same_file(certificate, key))
        {
            return Err(CommandError::EqualArguments { first: "CRT-FILE", second: "KEY-FILE" }.into());
        }
        let spec = self.key_kind.spec()?;
        let pair = Pair::read(cx, &self.certificate, &self.key, self.password_file.as_deref())?;
        // What has expired is no reason to look at any file.
        pair.remaining(cx)?;
        if !renewal.is_due(cx, &pair)? {
            return Ok(ExitStatus::Success);
        }
        // Its own files are what a daemon is there to replace.
        let force = self.force || is_daemon;
        let certificate_file = Destination::claim(cx, certificate, force)?;
        let key_file = match &self.private_key {
            Some(_) => None,
            None => Some(Destination::claim(cx, out_key, force)?),
        };
        renewal.run(cx, &self.ca, pair, |cx, pair| {
            pair.remaining(cx)?;
            let key = self.next_key(cx, spec)?;
            let rekeyed = pair.rekey(cx, &self.ca, key)?;
            // The key first: a certificate without its key is of no use to anybody.
            if let Some(file) = &key_file {
                file.write(rekeyed.key().to_pem()?.as_bytes())?;
            }
            certificate_file.write(rekeyed.certificates().as_bytes())?;
            *pair = rekeyed;
            if !is_daemon || cx.output.is_json() {
                cx.output.give(&saved(&certificate_file, key_file.as_ref()).certified(&pair.leaf()?))?;
            }
            Ok(())
        })
    }

    /// The key in the file that was named, else a new one.
    fn next_key(&self, cx: &mut Context, spec: KeySpec) -> anyhow::Result<PrivateKey> {
        match &self.private_key {
            Some(file) => {
                let password = key_file::Password { flag: "--password-file", file: self.password_file.as_deref() };
                key_file::read(cx, file, password)
            }
            None => Ok(PrivateKey::generate(spec)?),
        }
    }

    /// A key that is there is neither made nor written, and changes only once.
    fn check_flags(&self, is_daemon: bool) -> Result<(), CommandError> {
        let first = "private-key";
        match &self.private_key {
            Some(_) if self.out_key.is_some() => Err(CommandError::MutuallyExclusive { first, second: "out-key" }),
            Some(_) if self.key_kind.is_given() => Err(CommandError::MutuallyExclusive { first, second: "kty" }),
            Some(_) if is_daemon => Err(CommandError::MutuallyExclusive { first, second: "daemon" }),
            _ => Ok(()),
        }
    }
}

fn saved(certificate: &Destination, key: Option<&Destination>) -> Saved {
    let saved = Saved::file("certificate", "Your certificate has been saved in", certificate.path());
    match key {
        Some(key) => saved.and("key", "Your private key has been saved in", key.path()),
        None => saved,
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
    fn what_is_good_for_long_enough_is_left_alone() {
        let user = user(-60, 24 * 3_600 - 1_800);
        let before = user.read("a.key");
        let outcome = user.step("ca rekey {}/a.crt {}/a.key --expires-in 8h");
        assert!(outcome.talk.starts_with("certificate not rekeyed: expires in 23h"), "{}", outcome.talk);
        assert_eq!(user.read("a.key"), before);
    }

    #[test]
    fn files_are_overwritten_only_when_allowed() {
        let user = user(-60, 3_600);
        let error = user.step("ca rekey {}/a.crt {}/a.key").error();
        assert_eq!(error, "{}/a.crt exists already\n\nhint: overwrite it with `--force`\n");
        let error = user.step("ca rekey {}/a.crt {}/a.key --out-cert {}/b.crt").error();
        assert_eq!(error, "{}/a.key exists already\n\nhint: overwrite it with `--force`\n");
    }

    #[test]
    fn a_key_that_is_there_is_neither_made_nor_written() {
        let user = user(-60, 3_600);
        let refused =
            |flags: &str| user.step(&format!("ca rekey {{}}/a.crt {{}}/a.key --private-key k {flags}")).error();
        let error = refused("--out-key b");
        assert_eq!(error, "flag '--private-key' and flag '--out-key' are mutually exclusive\n");
        let error = refused("--daemon");
        assert_eq!(error, "flag '--private-key' and flag '--daemon' are mutually exclusive\n");
        assert_eq!(refused("--kty RSA"), "flag '--private-key' and flag '--kty' are mutually exclusive\n");
    }

    #[test]
    fn a_daemon_has_the_rules_it_has_for_renewals() {
        let user = user(-60, 3_600);
        let refused = |flags: &str| user.step(&format!("ca rekey {{}}/a.crt {{}}/a.key {flags}")).error();
        assert_eq!(refused("--rekey-period 1h"), "flag '--rekey-period' requires the '--daemon' flag\n");
        let error = refused("--expires-in 1h --rekey-period 1h");
        assert_eq!(error, "flag '--expires-in' and flag '--rekey-period' are mutually exclusive\n");
        let error = refused("--rekey-period 2h --daemon");
        let expected =
            "flag '--rekey-period' must be within (lower than) the certificate validity period; rekey-period=";
        assert!(error.starts_with(expected), "{error}");
    }

    #[test]
    fn an_expired_certificate_is_not_sent() {
        let error = user(-100, -1).step("ca rekey {}/a.crt {}/a.key --ca-url localhost:1").error();
        assert_eq!(error, "cannot renew an expired certificate\n");
    }
}
