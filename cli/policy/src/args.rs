//! The command line.

use std::{ffi::OsString, io::Write};

use clap::{Parser, Subcommand};

use crate::{
    commands::{bench, build, check, diff, new, recorded, sign, test, verify},
    outcome::Outcome,
};

/// Make, test, measure and sign the policies of a certificate authority
///
/// A policy is a program in a sandbox that decides who gets which certificate. `new` makes one that works, `build`
/// compiles it, `test` asks it what its vectors ask; no CA is needed for that. `explain`, `replay` and `shadow-report`
/// look at what a CA has decided.
#[derive(Parser)]
#[command(name = "step policy", bin_name = "step policy", version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

/// What to do.
#[derive(Subcommand)]
pub(crate) enum Command {
    New(new::New),
    Build(build::Build),
    Check(check::Check),
    Test(test::Test),
    Bench(bench::Bench),
    Diff(diff::Diff),
    Sign(sign::Sign),
    Verify(verify::Verify),
    /// Re-run a recorded decision and show how it came about
    Explain(recorded::Arguments),
    /// Ask another module or configuration what the audit log was decided by
    Replay(recorded::Arguments),
    /// Show what the policies in shadow would have refused
    ShadowReport(recorded::Arguments),
}

impl Command {
    pub(crate) fn run(self, answers: &mut dyn Write, talk: &mut dyn Write) -> anyhow::Result<Outcome> {
        match self {
            Self::New(command) => command.run(answers),
            Self::Build(command) => command.run(answers, talk),
            Self::Check(command) => command.run(answers),
            Self::Test(command) => command.run(answers, talk),
            Self::Bench(command) => command.run(answers, talk),
            Self::Diff(command) => command.run(answers),
            Self::Sign(command) => command.run(answers),
            Self::Verify(command) => command.run(answers),
            Self::Explain(arguments) => arguments.ask_ca("explain"),
            Self::Replay(arguments) => arguments.ask_ca("replay"),
            Self::ShadowReport(arguments) => arguments.ask_ca("shadow-report"),
        }
    }
}

/// The command the words ask for, or the page that answers them.
pub(crate) fn parse(words: impl IntoIterator<Item = OsString>) -> Result<Command, clap::Error> {
    Cli::try_parse_from(words).map(|cli| cli.command)
}

/// Shows a page of help, or why the words make no sense.
pub(crate) fn explain(page: &clap::Error, answers: &mut dyn Write, talk: &mut dyn Write) -> u8 {
    // Whether anybody reads it changes nothing about the outcome.
    if page.use_stderr() {
        let _ = write!(talk, "{}", page.render());
        return Outcome::NotDone.code();
    }
    let _ = write!(answers, "{}", page.render());
    Outcome::Fine.code()
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_commands_are_what_clap_accepts() {
        Cli::command().debug_assert();
    }

    #[test]
    fn words_that_make_no_sense_end_with_2_and_help_with_0() {
        for (words, code, text) in
            [("frobnicate", 2, "unrecognized"), ("--help", 0, "new"), ("test --help", 0, "vectors")]
        {
            let (mut answers, mut talk) = (Vec::new(), Vec::new());
            let words = ["step-policy"].into_iter().chain(words.split(' ')).map(OsString::from);
            assert_eq!(crate::run(words, &mut answers, &mut talk), code);
            let said = String::from_utf8([answers, talk].concat()).unwrap();
            assert!(said.contains(text), "{said}");
        }
    }
}
