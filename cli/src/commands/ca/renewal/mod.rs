//! What `ca renew` and `ca rekey` have in common: when it is time, how often, and who is told afterwards.

mod after;
mod daemon;
mod schedule;

use std::{io, path::PathBuf};

use clap::Args;
use go_duration::GoDuration;
use serde::Serialize;

use self::{
    after::{After, Process},
    schedule::Rhythm,
};
use super::{flags::CaFlags, pair::Pair};
use crate::{
    answer::Answer,
    context::Context,
    error::{CommandError, ExitStatus},
    output::Output,
};

/// Flags of both commands.
#[derive(Args)]
pub(super) struct RenewalFlags {
    /// Do it only if the certificate is valid for less than this, e.g. 8h
    #[arg(long, value_name = "DURATION")]
    expires_in: Option<GoDuration>,
    /// Stay, and do it again and again
    #[arg(long)]
    daemon: bool,
    /// Send a signal to the process with this id afterwards
    #[arg(long, value_name = "ID")]
    pid: Option<i32>,
    /// Send it to the process whose id is in this file, which is read each time
    #[arg(long, value_name = "FILE")]
    pid_file: Option<PathBuf>,
    /// The number of the signal
    #[arg(long, value_name = "NUMBER", default_value = "1")]
    signal: i32,
    /// Run this program afterwards; its arguments are separated by blanks
    #[arg(long, value_name = "COMMAND")]
    exec: Option<String>,
}

/// How a command speaks of what it does.
#[derive(Clone, Copy)]
pub(super) struct Words {
    /// The flag that says how often, without hyphens.
    pub(super) period_flag: &'static str,
    /// A first one of what?
    pub(super) noun: &'static str,
    /// What has been done with the certificate.
    pub(super) done: &'static str,
}

/// When a certificate is replaced, and what happens then.
pub(super) struct Renewal {
    words: Words,
    rhythm: Rhythm,
    is_daemon: bool,
    after: After,
}

impl RenewalFlags {
    /// Checks the flags against each other; `period` is the value of the flag that `words` names.
    pub(super) fn checked(&self, words: Words, period: Option<GoDuration>) -> Result<Renewal, CommandError> {
        if self.expires_in.is_some() && period.is_some() {
            return Err(CommandError::MutuallyExclusive { first: "expires-in", second: words.period_flag });
        }
        if period.is_some() && !self.daemon {
            return Err(CommandError::FlagRequiresFlag { flag: words.period_flag, required: "daemon" });
        }
        let process = match (self.pid, &self.pid_file) {
            (Some(_), Some(_)) => return Err(CommandError::MutuallyExclusive { first: "pid", second: "pid-file" }),
            (Some(pid), None) => Some(Process::numbered(pid)?),
            (None, Some(file)) => Some(Process::InFile(file.clone())),
            (None, None) => None,
        };
        let rhythm =
            Rhythm { period: span(words.period_flag, period)?, expires_in: span("expires-in", self.expires_in)? };
        let after = After::new(process, self.signal, self.exec.as_deref())?;
        Ok(Renewal { words, rhythm, is_daemon: self.daemon, after })
    }
}

/// A time that has a length.
fn span(flag: &str, value: Option<GoDuration>) -> Result<Option<std::time::Duration>, CommandError> {
    let negative = |span: GoDuration| CommandError::invalid_value(flag, span.to_string());
    value.map(|span| span.to_std().ok_or_else(|| negative(span))).transpose()
}

/// Nothing was done, since the certificate is good for so long.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NotDue {
    #[serde(skip)]
    words: Words,
    expires_in: String,
}

impl Answer for NotDue {
    fn tell(&self, output: &mut Output) -> io::Result<()> {
        output.say(format_args!("certificate not {}: expires in {}", self.words.done, self.expires_in))
    }
}

impl Renewal {
    /// Whether the command stays.
    pub(super) fn is_daemon(&self) -> bool {
        self.is_daemon
    }

    /// Whether there is anything to do for the pair; says so when there is not. What has expired is due.
    pub(super) fn is_due(&self, cx: &mut Context, pair: &Pair) -> anyhow::Result<bool> {
        self.fits(pair.leaf()?.validity())?;
        let left = pair.remaining(cx).unwrap_or_default();
        match self.rhythm.expires_in {
            Some(expires_in) if !self.is_daemon && !schedule::is_due_now(left, expires_in) => {
                let expires_in = GoDuration::try_from(left)?.to_string();
                cx.output.give(&NotDue { words: self.words, expires_in })?;
                Ok(false)
            }
            _ => Ok(true),
        }
    }

    /// Makes the next pair of this one, once or, as a daemon, again and again, and tells whoever is to be told.
    pub(super) fn run(
        self,
        cx: &mut Context,
        ca: &CaFlags,
        mut pair: Pair,
        mut next: impl FnMut(&mut Context, &mut Pair) -> anyhow::Result<()>,
    ) -> anyhow::Result<ExitStatus> {
        if self.is_daemon {
            return daemon::run(cx, ca, pair, &self, next);
        }
        next(cx, &mut pair)?;
        self.after.run()?;
        Ok(ExitStatus::Success)
    }

    /// A certificate must live longer than the time between two of its kind.
    fn fits(&self, validity: authority::Validity) -> Result<(), CommandError> {
        let length = validity.duration().unwrap_or_default();
        let flag = self.words.period_flag;
        match self.rhythm.period {
            Some(period) if period >= length => Err(CommandError::FlagOutOfBounds {
                flag,
                rule: format!(
                    "must be within (lower than) the certificate validity period; {flag}={}s, validity={}s",
                    period.as_secs(),
                    length.as_secs()
                ),
            }),
            _ => Ok(()),
        }
    }
}
