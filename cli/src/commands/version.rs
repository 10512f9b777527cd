//! `step version`

use std::io;

use clap::Args;
use serde::Serialize;

use crate::{answer::Answer, context::Context, error::ExitStatus, output::Output};

/// Print the version
#[derive(Args)]
#[command(after_long_help = "\
Examples:
  step version
  step version --json")]
pub(crate) struct Version {}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Facts {
    version: &'static str,
    os: &'static str,
    architecture: &'static str,
    release_date: &'static str,
}

impl Version {
    pub(crate) fn run(self, cx: &mut Context) -> anyhow::Result<ExitStatus> {
        cx.output.give(&Facts {
            version: env!("CARGO_PKG_VERSION"),
            os: std::env::consts::OS,
            architecture: architecture(),
            release_date: RELEASE_DATE,
        })?;
        Ok(ExitStatus::Success)
    }
}

impl Answer for Facts {
    fn tell(&self, output: &mut Output) -> io::Result<()> {
        output.answer(text())
    }
}

/// What is printed: upstream's two lines, with our name.
pub(crate) fn text() -> String {
    format!("{}\nRelease Date: {RELEASE_DATE}\n", user_agent())
}

/// What the CA is told we are: `Step CLI/0.1.0 (linux/amd64)`.
pub(crate) fn user_agent() -> String {
    format!("Step CLI/{} ({}/{})", env!("CARGO_PKG_VERSION"), std::env::consts::OS, architecture())
}

/// Set by whoever builds a release.
const RELEASE_DATE: &str = match option_env!("STEP_RELEASE_DATE") {
    Some(date) => date,
    None => "unreleased",
};

/// In Go's words, which is what people compare with.
fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "aarch64" => "arm64",
        "x86" => "386",
        "x86_64" => "amd64",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::User;

    #[test]
    fn flag_and_command_say_the_same_two_lines() {
        let user = User::new();
        let answer = user.step("version").answer();
        assert_eq!(answer, text());
        assert_eq!(answer, user.step("--version").answer());
        assert!(answer.starts_with("Step CLI/0."), "{answer}");
        assert_eq!(answer.lines().count(), 2);
    }

    #[test]
    fn json_has_the_same_facts() {
        let answer = User::new().step("version --json").answer();
        let facts: serde_json::Value = serde_json::from_str(&answer).expect("JSON");
        let fact = |name: &str| facts[name].as_str().expect(name).to_owned();
        let first = format!("Step CLI/{} ({}/{})", fact("version"), fact("os"), fact("architecture"));
        assert_eq!(text(), format!("{first}\nRelease Date: {}\n", fact("releaseDate")));
    }

    #[test]
    fn the_flag_makes_no_directory() {
        let user = User::new();
        user.step("--version").answer();
        assert!(!user.path("step").exists());
    }
}
