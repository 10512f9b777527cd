//! The `step` command as a library: the whole program as one function, and the CA client it is built on.
//!
//! ```text
//!  words ──► args::command_line ──► args::settings ──► clap ──► commands/…  ──► client ──► the CA
//!            Go's flag rules        environment, file  types    one file each
//! ```
//!
//! [`run`] is the program without its process: arguments, variables and streams come in, an [`ExitStatus`] goes out, so
//! that everything a user sees can be tested in process. [`client`] is how other Rust programs talk to a CA.
//!
//! The library knows neither wasm nor a database: a policy runs in the CA, never here.

pub mod client;
pub mod prompt;

mod answer;
mod args;
mod ca_json;
mod ca_url;
mod certificates;
mod clock;
mod commands;
mod context;
mod environment;
mod error;
mod files;
mod inspect;
mod json_layout;
mod jwk_file;
mod key_file;
mod key_kind;
mod manual;
mod oauth;
mod output;
mod pem_key;
mod protection;
mod provisioning;
mod public_key_file;
mod random;
mod roots;
mod step_path;
#[cfg(test)]
mod testing;
mod trust_store;

use std::{
    ffi::OsString,
    io::{Read, Write},
};

pub use ca_url::{CaUrl, CaUrlError};
pub use environment::Environment;
pub use error::ExitStatus;

use crate::{
    args::{
        command_line::{self, CommandLine, Flag, FlagValue, Request, UsageError},
        json,
        settings::{self, Defaults},
    },
    context::Context,
    output::{Form, Output},
    prompt::Terminal,
};

/// The streams of a run, and who answers its questions.
pub struct Stdio {
    /// Standard input: read only where a command is given `-`.
    pub input: Box<dyn Read>,
    /// Whether a person types standard input.
    pub is_typed: bool,
    /// Where answers go.
    pub answers: Box<dyn Write>,
    /// Where talk goes.
    pub talk: Box<dyn Write>,
    /// Who answers questions; not asked where a flag answers.
    pub terminal: Box<dyn Terminal>,
    /// Whether talk may be coloured.
    pub colour: bool,
}

/// Runs the program: `arguments` without the program's own name.
pub fn run(arguments: impl IntoIterator<Item = OsString>, environment: Environment, stdio: Stdio) -> ExitStatus {
    let Stdio { input, is_typed, answers, talk, terminal, colour } = stdio;
    let input = context::Input { stream: input, is_typed };
    let debug = environment.variable("STEPDEBUG").is_some_and(|value| value == "1");
    let mut output = Output::new(answers, talk, colour).explaining(debug);
    let tree = args::tree();
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let wants_json = json::is_asked_for(&arguments, &environment);
    let outcome = match command_line::read(&tree, arguments) {
        Ok(Request::Help(path)) => output.answer(args::help(&tree, &path)),
        Ok(Request::Complete(path)) => output.answer(completions(&tree, &path)),
        Ok(Request::Version) => output.answer(commands::version::text()),
        Ok(Request::Manual(path, edition)) => {
            return match manual::publish(&tree, &path, &edition, &mut output) {
                Ok(()) => ExitStatus::Success,
                Err(error) => error::report(&error, &mut output),
            };
        }
        Ok(Request::Run(line)) => return run_command(&tree, line, environment, input, output, terminal),
        Err(error) if wants_json => {
            let status = error.status();
            error::report(&error.into(), &mut output.in_form(Form::Json));
            return status;
        }
        Err(error) => return misused(&tree, error, output),
    };
    match outcome {
        Ok(()) => ExitStatus::Success,
        Err(error) => error::report(&error.into(), &mut output),
    }
}

/// Reads a command line as [`run`] does, with `defaults` as the file of flag values, and does nothing: for those who
/// want to know whether words would be understood.
///
/// # Errors
/// What the user would be told.
pub fn read(
    arguments: impl IntoIterator<Item = OsString>,
    environment: &Environment,
    defaults: &[u8],
) -> Result<(), String> {
    let tree = args::tree();
    let mut line = match command_line::read(&tree, arguments) {
        Ok(Request::Run(line)) => line,
        Ok(Request::Help(_) | Request::Complete(_) | Request::Version | Request::Manual(..)) => return Ok(()),
        Err(error) => return Err(error.to_string()),
    };
    let defaults = Defaults::parse(defaults).map_err(|error| error.to_string())?;
    let descended = args::descend(&tree, &line.path);
    settings::fill(&mut line, descended, environment, &defaults);
    args::parse(&tree, line).map(drop).map_err(|error| error.to_string())
}

fn run_command(
    tree: &clap::Command,
    mut line: CommandLine,
    environment: Environment,
    input: context::Input,
    mut output: Output,
    terminal: Box<dyn Terminal>,
) -> ExitStatus {
    let descended = args::descend(tree, &line.path);
    // What was typed counts for the errors of reading the rest.
    output = output.in_form(form(&line));
    let prepared = || -> anyhow::Result<_> {
        let step_path = step_path::open(&environment)?;
        let file = line.config.clone().map_or_else(|| step_path.defaults_json(), Into::into);
        settings::fill(&mut line, descended, &environment, &Defaults::read(&file)?);
        let command_name = format!("step {}", line.path.join(" "));
        Ok((step_path, command_name, form(&line), args::parse(tree, line)?))
    };
    let (step_path, command_name, form, command) = match prepared() {
        Ok(prepared) => prepared,
        Err(error) => return error::report(&error, &mut output),
    };
    let output = output.in_form(form);
    let mut context = Context::new(command_name, step_path, input, output, terminal);
    match command.run(&mut context) {
        Ok(status) => status,
        Err(error) => error::report(&error, &mut context.output),
    }
}

/// In which form the command's flags want the answer.
fn form(line: &CommandLine) -> Form {
    let wants_json = |flag: &Flag| flag.long == json::FLAG && flag.value == FlagValue::Switch(true);
    if line.flags.iter().any(wants_json) { Form::Json } else { Form::Words }
}

fn completions(tree: &clap::Command, path: &[String]) -> String {
    let names = args::descend(tree, path).get_subcommands().map(|command| format!("{}\n", command.get_name()));
    names.collect()
}

/// A command line that makes no sense: the reason, and the page that explains what would.
fn misused(tree: &clap::Command, error: UsageError, mut output: Output) -> ExitStatus {
    let path = match &error {
        UsageError::UnknownCommand(_) => {
            let _ = output.say(&error);
            return error.status();
        }
        UsageError::UnknownFlag { path, .. }
        | UsageError::MissingValue { path, .. }
        | UsageError::NotABoolean { path, .. } => path.as_slice(),
        UsageError::NotText(_) => &[],
    };
    // Whether either stream still has a reader changes nothing about the outcome.
    let _ = output.answer(format!(
        "Incorrect Usage: {}\n\n{}",
        output::printable(&error.to_string()),
        args::help(tree, path)
    ));
    let _ = output.say(&error);
    error.status()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::User;

    #[test]
    fn a_command_that_does_not_exist_ends_with_3() {
        for line in ["tokn", "ca tokn", "help tokn", "ca help tokn", "ca provisioner tokn"] {
            let outcome = User::new().step(line);
            assert_eq!(
                (outcome.status, outcome.talk.as_str()),
                (ExitStatus::UnknownCommand, "No help topic for 'tokn'\n")
            );
        }
    }

    #[test]
    fn a_flag_that_does_not_exist_brings_the_help() {
        let outcome = User::new().step("ca health --isuer x");
        assert_eq!(outcome.status, ExitStatus::Failure);
        assert_eq!(outcome.talk, "flag provided but not defined: -isuer\n");
        let start = "Incorrect Usage: flag provided but not defined: -isuer\n\nAsk the CA how it is\n";
        assert!(outcome.answers.starts_with(start), "{}", outcome.answers);
        assert!(outcome.answers.contains("Usage: step ca health"), "{}", outcome.answers);
    }

    #[test]
    fn a_program_gets_errors_as_objects_and_nothing_else() {
        let outcome = User::new().step("ca health --isuer x --json");
        assert_eq!((outcome.status, outcome.answers.as_str()), (ExitStatus::Failure, ""));
        assert_eq!(outcome.talk, "{\"error\":\"flag provided but not defined: -isuer\"}\n");
        let outcome = User::new().with_variable("STEP_JSON", "T").step("ca health --isuer x");
        assert_eq!(outcome.talk, "{\"error\":\"flag provided but not defined: -isuer\"}\n");
        let outcome = User::new().step("ca tokn --json=T");
        assert_eq!(outcome.status, ExitStatus::UnknownCommand);
        assert_eq!(outcome.talk, "{\"error\":\"No help topic for 'tokn'\"}\n");
        let user = User::new().with_variable("STEP_JSON", "true");
        let error = user.step("ca health").error();
        let error: serde_json::Value = serde_json::from_str(&error).expect("JSON");
        assert_eq!(error["error"], "'step ca health' requires the '--ca-url' flag");
        assert!(error["hint"].as_str().is_some_and(|hint| hint.starts_with("`step ca bootstrap")), "{error}");
        let error = User::new().with_variable("STEPDEBUG", "1").step("certificate inspect /no --json").error();
        let error: serde_json::Value = serde_json::from_str(&error).expect("JSON");
        assert_eq!(error["causes"][0], "open /no failed: no such file or directory");
    }

    #[test]
    fn every_way_to_ask_for_help_gives_the_same_page() {
        let user = User::new();
        let page = user.step("help ca token").answer();
        assert!(page.starts_with("Make a one-time token"), "{page}");
        assert_eq!(user.step("ca help token").answer(), page);
        assert_eq!(user.step("ca token --help").answer(), page);
        assert_eq!(user.step("help ca provisioners list").answer(), user.step("ca provisioner list -h").answer());
        assert!(user.step("ca").answer().contains("certificate"));
    }

    #[test]
    fn defaults_come_from_the_file_and_the_environment() {
        let user = User::new();
        user.write("step/config/defaults.json", r#"{"ca-url": "http://file"}"#);
        assert_eq!(user.step("ca health").error(), "invalid value 'http://file' for flag '--ca-url'\n");
        let other = user.write("other.json", r#"{"ca-url": "http://other"}"#);
        let error = user.step(&format!("--config {other} ca health")).error();
        assert_eq!(error, "invalid value 'http://other' for flag '--ca-url'\n");
        let user = user.with_variable("STEP_CA_URL", "http://environment");
        assert_eq!(user.step("ca health").error(), "invalid value 'http://environment' for flag '--ca-url'\n");
        let error = user.step("ca health --ca-url http://typed").error();
        assert_eq!(error, "invalid value 'http://typed' for flag '--ca-url'\n");
    }

    #[test]
    fn a_broken_defaults_file_is_named() {
        let user = User::new();
        user.write("step/config/defaults.json", "{");
        let error = user.step("ca health").error();
        assert!(error.starts_with("error parsing {}/step/config/defaults.json: EOF"), "{error}");
    }

    #[test]
    fn a_flag_given_twice_is_not_silently_one_of_them() {
        let error = User::new().step("ca health --ca-url a --ca-url b").error();
        assert_eq!(error, "flag '--ca-url' was given more than once\n");
    }

    #[test]
    fn completion_knows_the_commands() {
        let names = User::new().step("ca provisioner --generate-bash-completion").answer();
        assert_eq!(names, "add\nget-encrypted-key\nlist\nremove\nupdate\n");
    }

    #[test]
    fn a_reader_that_leaves_ends_the_program_quietly() {
        struct Closed;
        impl Write for Closed {
            fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
                Err(std::io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> std::io::Result<()> {
                Ok(())
            }
        }
        let talk = testing::Pipe::default();
        let stdio = Stdio {
            input: Box::new(std::io::empty()),
            is_typed: false,
            answers: Box::new(Closed),
            talk: Box::new(talk.clone()),
            terminal: Box::new(prompt::NoTerminal),
            colour: false,
        };
        let status = run(["--version".into()], Environment::default(), stdio);
        assert_eq!((status, talk.text().as_str()), (ExitStatus::OutputClosed, ""));
    }
}
