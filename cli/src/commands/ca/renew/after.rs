//! What is done after a renewal: another process is told, a program is run.

use std::process::Command;

use anyhow::{Context as _, bail};
use rustix::process::{Pid, Signal, kill_process};

use crate::error::CommandError;

/// Whom to tell about the new certificate.
pub(in crate::commands::ca) struct After {
    signal: Option<(Pid, Signal)>,
    /// Program and arguments; empty when there is none.
    exec: Vec<String>,
}

impl After {
    /// `exec` is split at single blanks; no shell looks at it.
    pub(in crate::commands::ca) fn new(
        pid: Option<i32>,
        signal: i32,
        exec: Option<&str>,
    ) -> Result<Self, CommandError> {
        let positive = |flag| CommandError::FlagOutOfBounds { flag, rule: "must be greater than 0".into() };
        let pid = match pid {
            None => None,
            Some(pid @ 1..) => Some(Pid::from_raw(pid).ok_or_else(|| positive("pid"))?),
            Some(_) => return Err(positive("pid")),
        };
        let signal = match signal {
            ..=0 => return Err(positive("signal")),
            number => Signal::from_named_raw(number)
                .ok_or_else(|| CommandError::invalid_value("signal", number.to_string()))?,
        };
        let exec = exec.map(|line| line.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect());
        Ok(Self { signal: pid.map(|pid| (pid, signal)), exec: exec.unwrap_or_default() })
    }

    pub(in crate::commands::ca) fn run(&self) -> anyhow::Result<()> {
        if let Some((pid, signal)) = self.signal {
            let pid_number = pid.as_raw_nonzero();
            kill_process(pid, signal).with_context(|| format!("kill {pid_number} with signal {signal:?} failed"))?;
        }
        if let Some((program, arguments)) = self.exec.split_first() {
            let status = Command::new(program).args(arguments).status();
            let status = status.with_context(|| format!("running '{program}' failed"))?;
            if !status.success() {
                bail!("'{program}' failed: {status}");
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_run_without_a_shell() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("$HOME;x");
        After::new(None, 1, Some(&format!("touch  {}", file.display()))).expect("allowed").run().expect("ran");
        assert!(file.exists());
        assert!(After::new(None, 1, Some("false")).expect("allowed").run().is_err());
        assert!(After::new(None, 1, Some("/does/not/exist")).expect("allowed").run().is_err());
        assert!(After::new(None, 1, None).expect("allowed").run().is_ok());
    }

    #[test]
    fn only_a_process_can_be_signalled() {
        for (pid, signal) in [(Some(0), 1), (Some(-1), 1), (None, 0), (None, -9)] {
            assert!(After::new(pid, signal, None).is_err(), "{pid:?} {signal}");
        }
        assert!(After::new(Some(1), 4_000, None).is_err());
    }
}
