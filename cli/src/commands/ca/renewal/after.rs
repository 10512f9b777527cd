//! What is done after a renewal: another process is told, a program is run.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, bail};
use rustix::process::{Pid, Signal, kill_process};

use crate::{error::CommandError, files};

/// A process to tell.
pub(super) enum Process {
    /// The one with this id.
    Is(Pid),
    /// The one whose id is in this file when the time has come: a server that was started anew has another.
    InFile(PathBuf),
}

impl Process {
    /// The process with this id, which is positive: no id stands for a group of processes.
    pub(super) fn numbered(id: i32) -> Result<Self, CommandError> {
        let pid = if id > 0 { Pid::from_raw(id) } else { None };
        pid.map(Self::Is).ok_or_else(|| positive("pid"))
    }

    fn id(&self) -> anyhow::Result<Pid> {
        match self {
            Self::Is(pid) => Ok(*pid),
            Self::InFile(file) => read(file).with_context(|| format!("error reading {}", file.display())),
        }
    }
}

fn read(file: &Path) -> anyhow::Result<Pid> {
    let bytes = files::read(file)?;
    let id = std::str::from_utf8(&bytes).ok().and_then(|text| text.trim().parse().ok()).filter(|id| *id > 0);
    id.and_then(Pid::from_raw).context("it is not the id of a process")
}

fn positive(flag: &'static str) -> CommandError {
    CommandError::FlagOutOfBounds { flag, rule: "must be greater than 0".into() }
}

/// Whom to tell about the new certificate.
pub(super) struct After {
    signal: Option<(Process, Signal)>,
    /// Program and arguments; empty when there is none.
    exec: Vec<String>,
}

impl After {
    /// `exec` is split at single blanks; no shell looks at it.
    pub(super) fn new(process: Option<Process>, signal: i32, exec: Option<&str>) -> Result<Self, CommandError> {
        let signal = match signal {
            ..=0 => return Err(positive("signal")),
            number => Signal::from_named_raw(number)
                .ok_or_else(|| CommandError::invalid_value("signal", number.to_string()))?,
        };
        let exec = exec.map(|line| line.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect());
        Ok(Self { signal: process.map(|process| (process, signal)), exec: exec.unwrap_or_default() })
    }

    pub(super) fn run(&self) -> anyhow::Result<()> {
        if let Some((process, signal)) = &self.signal {
            let pid = process.id()?;
            let pid_number = pid.as_raw_nonzero();
            kill_process(pid, *signal).with_context(|| format!("kill {pid_number} with signal {signal:?} failed"))?;
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
        assert!(Process::numbered(0).is_err() && Process::numbered(-1).is_err());
        for signal in [0, -9, 4_000] {
            assert!(After::new(None, signal, None).is_err(), "{signal}");
        }
    }

    #[test]
    fn the_process_is_the_one_in_the_file_at_that_time() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("pid");
        let mut child = Command::new("cat").stdin(std::process::Stdio::piped()).spawn().expect("cat runs");
        let after = After::new(Some(Process::InFile(file.clone())), 15, None).expect("allowed");
        assert!(after.run().expect_err("there is no file yet").to_string().contains("error reading"));
        for nobody in ["", "0", "-1", "cat", "99999999999"] {
            std::fs::write(&file, nobody).expect("writable");
            assert!(after.run().is_err(), "{nobody:?}");
        }
        std::fs::write(&file, format!("{}\n", child.id())).expect("writable");
        after.run().expect("told");
        let status = child.wait().expect("it ends");
        assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(15));
    }
}
