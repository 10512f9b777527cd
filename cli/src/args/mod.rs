//! From words to a command: the tree of commands, and what each was given.

pub(crate) mod command_line;
pub(crate) mod json;
pub(crate) mod settings;

use std::{error::Error as _, ffi::OsString};

use clap::{
    Command, CommandFactory as _, FromArgMatches as _, Parser, error::ContextKind, error::ContextValue,
    error::ErrorKind,
};

use self::command_line::{CommandLine, FlagValue, is_three_state};
use crate::{commands::Commands, error::CommandError};

/// Work with an online certificate authority, certificates and keys
///
/// `step ca certificate` asks the authority for a certificate, `step ca init` makes a new authority,
/// `step certificate inspect` shows what a certificate says.
///
/// A flag that is not given takes its value from the environment variable STEP_<NAME>, then from
/// $STEPPATH/config/defaults.json.
///
/// With --json a command answers in JSON on standard output and nothing else; standard error then has an object a line,
/// {"note": …} for what is said along the way and {"error": …, "hint": …} for why it failed.
///
/// Other environment variables: STEPPATH is the directory of configuration, certificates and keys, .step in your home
/// directory if not set; STEPDEBUG=1 shows errors cause by cause, with the id of the request in the CA's log; NO_COLOR
/// keeps colours away, which are shown on terminals only, and never where TERM is dumb.
#[derive(Parser)]
#[command(name = "step", disable_help_subcommand = true, max_term_width = 100)]
pub(crate) struct Cli {
    /// Read flag values from this file instead of $STEPPATH/config/defaults.json
    #[arg(long, value_name = "FILE")]
    config: Option<std::path::PathBuf>,
    /// Print the version
    #[arg(long, short = 'v')]
    version: bool,
    #[command(subcommand)]
    pub(crate) command: Commands,
}

/// Every command with its flags, ready to be walked.
pub(crate) fn tree() -> Command {
    let mut tree = json::add(Cli::command());
    tree.build();
    tree
}

/// The command below `tree` that the words lead to; the words have been walked before.
pub(crate) fn descend<'tree>(tree: &'tree Command, path: &[String]) -> &'tree Command {
    path.iter().fold(tree, |command, word| command.find_subcommand(word).unwrap_or(command))
}

/// The help page of the command the words lead to.
pub(crate) fn help(tree: &Command, path: &[String]) -> String {
    descend(tree, path).clone().render_long_help().to_string()
}

/// Checks types and counts.
pub(crate) fn parse(tree: &Command, line: CommandLine) -> Result<Commands, CommandError> {
    let command = descend(tree, &line.path);
    tree.clone()
        .try_get_matches_from(words(line, command))
        .and_then(|mut matches| Cli::from_arg_matches_mut(&mut matches))
        .map(|cli| cli.command)
        .map_err(|error| explain(&error, command))
}

/// `step ca token <SUBJECT> [OPTIONS]`, one line.
fn usage(command: &Command) -> String {
    let usage = command.clone().render_usage().to_string();
    usage.lines().next().unwrap_or_default().trim_start_matches("Usage: ").to_owned()
}

/// The command line once more, in the one spelling clap is given.
fn words(line: CommandLine, command: &Command) -> Vec<OsString> {
    let says_no = |long: &str| command.get_arguments().any(|arg| arg.get_long() == Some(long) && is_three_state(arg));
    let mut words = vec![OsString::from("step")];
    words.extend(line.path.into_iter().map(OsString::from));
    for flag in line.flags {
        let mut word = OsString::from(format!("--{}", flag.long));
        match flag.value {
            FlagValue::Switch(on) if says_no(&flag.long) => word.push(format!("={on}")),
            FlagValue::Switch(false) => continue,
            FlagValue::Switch(true) => {}
            FlagValue::Text(text) => {
                word.push("=");
                word.push(text);
            }
        }
        words.push(word);
    }
    words.push("--".into());
    words.extend(line.positionals);
    words
}

fn explain(error: &clap::Error, command: &Command) -> CommandError {
    let text = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => text.clone(),
        _ => String::new(),
    };
    let argument = text(ContextKind::InvalidArg);
    let flag = argument.trim_start_matches('-').split([' ', '=']).next().unwrap_or_default().to_owned();
    let value = text(ContextKind::InvalidValue);
    match error.kind() {
        ErrorKind::InvalidValue | ErrorKind::ValueValidation if value.is_empty() => CommandError::MissingValue { flag },
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            let options = match error.get(ContextKind::ValidValue) {
                Some(ContextValue::Strings(options)) => options.clone(),
                _ => Vec::new(),
            };
            match argument.strip_prefix('<').and_then(|argument| argument.split('>').next()) {
                Some(argument) => {
                    let reason = error.source().map(|reason| format!(": {reason}")).unwrap_or_default();
                    CommandError::InvalidArgument { argument: argument.to_owned(), value, options, reason }
                }
                None => CommandError::InvalidValue { flag, value, options },
            }
        }
        ErrorKind::MissingRequiredArgument => CommandError::TooFewArguments { usage: usage(command) },
        // Flags were sorted out before, so what is too much can only be a positional argument or a flag given twice.
        ErrorKind::ArgumentConflict => CommandError::FlagGivenTwice { flag },
        _ => CommandError::TooManyArguments { usage: usage(command) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tree_is_one_clap_accepts() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_explains_itself() {
        fn visit(command: &Command, path: &str) {
            assert!(command.get_about().is_some(), "{path} has no help");
            for arg in command.get_arguments() {
                assert!(
                    arg.get_help().is_some() || arg.get_long_help().is_some(),
                    "{path} {} has no help",
                    arg.get_id()
                );
            }
            for child in command.get_subcommands() {
                visit(child, &format!("{path} {}", child.get_name()));
            }
        }
        visit(&tree(), "step");
    }
}
