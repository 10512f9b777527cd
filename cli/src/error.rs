//! What went wrong, in the words of the `step` world, and the exit status that goes with it.
//!
//! Commands return [`anyhow::Error`]: a chain of what was being done, down to one of the errors of this crate. [`report`]
//! prints the chain on one line, then an empty line and the hint of whichever error in the chain has one; with `--json`
//! both are members of an object.

mod failure;
mod hint;

use std::{io, path::PathBuf};

use thiserror::Error;

use self::failure::Failure;
use crate::output::Output;

/// How the program ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ExitStatus {
    /// What was asked for was done.
    Success,
    /// It was not; standard error says why.
    Failure,
    /// What was asked about does not exist.
    Missing,
    /// The command or help topic does not exist.
    UnknownCommand,
    /// What was asked cannot be told.
    Undecided,
    /// Whoever read standard output has left.
    OutputClosed,
    /// What the program that did the work ended with.
    Of(u8),
}

impl ExitStatus {
    /// The number the operating system is given.
    pub const fn code(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Failure => 1,
            Self::Missing => 2,
            Self::UnknownCommand => 3,
            // What a shell shows for a program ended by SIGPIPE.
            Self::OutputClosed => 141,
            Self::Of(code) => code,
            Self::Undecided => 255,
        }
    }
}

/// A rule of a command that its arguments broke.
#[derive(Debug, Error)]
pub(crate) enum CommandError {
    /// More arguments than the command has names for.
    #[error("too many positional arguments were provided in '{usage}'")]
    TooManyArguments {
        /// The command's usage line.
        usage: String,
    },
    /// Fewer arguments than the command needs.
    #[error("not enough positional arguments were provided in '{usage}'")]
    TooFewArguments {
        /// The command's usage line.
        usage: String,
    },
    /// The command cannot work without a flag.
    #[error("'{command}' requires the '--{flag}' flag")]
    CommandRequiresFlag {
        /// The command as typed, e.g. `step ca health`.
        command: String,
        /// The flag's name without hyphens.
        flag: &'static str,
    },
    /// A flag makes sense only with another.
    #[error("flag '--{flag}' requires the '--{required}' flag")]
    FlagRequiresFlag {
        /// The flag that was given.
        flag: &'static str,
        /// The flag that is missing.
        required: &'static str,
    },
    /// A value of a flag makes sense only with another flag.
    #[error("'--{flag} {value}' requires the '--{required}' flag")]
    ValueRequiresFlag {
        /// The flag that was given.
        flag: &'static str,
        /// Its value.
        value: &'static str,
        /// The flag that is missing.
        required: &'static str,
    },
    /// One of two flags is needed.
    #[error("flag '--{flag}' is required unless the '--{alternative}' flag is provided")]
    RequiredUnless {
        /// The flag that is missing.
        flag: &'static str,
        /// The flag that would do instead.
        alternative: &'static str,
    },
    /// A flag is needed where an argument is left out.
    #[error("flag '--{flag}' is required unless the positional argument <{argument}> is provided")]
    RequiredUnlessArgument {
        /// The flag.
        flag: &'static str,
        /// The argument that would do instead.
        argument: &'static str,
    },
    /// One of two flags is needed, and neither is the usual one.
    #[error("flag --{first} or --{second} are required")]
    OneOf {
        /// One flag.
        first: &'static str,
        /// The other.
        second: &'static str,
    },
    /// Two flags contradict each other.
    #[error("flag '--{first}' and flag '--{second}' are mutually exclusive")]
    MutuallyExclusive {
        /// One flag.
        first: &'static str,
        /// The other.
        second: &'static str,
    },
    /// An argument is not the hexadecimal form of octets.
    #[error("positional argument <{argument}> is not hexadecimal")]
    NotHexadecimal {
        /// The argument.
        argument: &'static str,
    },
    /// An argument makes sense only with a flag.
    #[error("positional argument <{argument}> requires the '--{required}' flag")]
    ArgumentRequiresFlag {
        /// The argument that was given.
        argument: &'static str,
        /// The flag that is missing.
        required: &'static str,
    },
    /// Two arguments name the same file.
    #[error("positional arguments <{first}> and <{second}> cannot be equal")]
    EqualArguments {
        /// One argument.
        first: &'static str,
        /// The other.
        second: &'static str,
    },
    /// A flag makes no sense beside another flag or argument.
    #[error("flag '--{flag}' is incompatible with '{with}'")]
    Incompatible {
        /// The flag.
        flag: &'static str,
        /// What it cannot be given with, flags with their hyphens.
        with: &'static str,
    },
    /// A flag's value is not one the command understands.
    #[error("invalid value '{value}' for flag '--{flag}'{}", listed(.options))]
    InvalidValue {
        /// The flag's name without hyphens.
        flag: String,
        /// What was given.
        value: String,
        /// What could have been given, when that is a short list.
        options: Vec<String>,
    },
    /// An argument's value is not one the command understands.
    #[error("invalid value '{value}' for positional argument <{argument}>{}{reason}", listed(.options))]
    InvalidArgument {
        /// The argument.
        argument: String,
        /// What was given.
        value: String,
        /// What could have been given, when that is a short list.
        options: Vec<String>,
        /// Why not, after a colon; empty where the options say it.
        reason: String,
    },
    /// A flag was given with an empty value.
    #[error("missing value for flag '--{flag}'")]
    MissingValue {
        /// The flag's name without hyphens.
        flag: String,
    },
    /// A flag that has one value was given more than once.
    #[error("flag '--{flag}' was given more than once")]
    FlagGivenTwice {
        /// The flag's name without hyphens.
        flag: String,
    },
    /// A flag's value lies outside what is allowed.
    #[error("flag '--{flag}' {rule}")]
    FlagOutOfBounds {
        /// The flag's name without hyphens.
        flag: &'static str,
        /// What it must be.
        rule: String,
    },
    /// Something upstream has and this program does not.
    #[error("flag '--{flag}' is not supported: {reason}")]
    Unsupported {
        /// The flag's name without hyphens.
        flag: &'static str,
        /// Why not, or what to do instead.
        reason: &'static str,
    },
    /// `$STEPPATH` names something that cannot hold files.
    #[error("File '{}' is not a directory.", .0.display())]
    NotADirectory(PathBuf),
}

fn listed(options: &[String]) -> String {
    if options.is_empty() { String::new() } else { format!("; options are {}", options.join(", ")) }
}

impl CommandError {
    /// A value no option of the flag equals; `options` may be empty.
    pub(crate) fn invalid_value(flag: impl Into<String>, value: impl Into<String>) -> Self {
        Self::InvalidValue { flag: flag.into(), value: value.into(), options: Vec::new() }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::CommandRequiresFlag { flag: "ca-url" | "root", .. } => Some(
                "`step ca bootstrap --ca-url <url> --fingerprint <fingerprint>` sets both for every command".into(),
            ),
            Self::CommandRequiresFlag { flag: "fingerprint", .. } => {
                Some("on the CA's own machine `step certificate fingerprint <root>` prints it".into())
            }
            Self::CommandRequiresFlag { flag: "ca-config", .. } => Some(
                "on the CA's own machine it is $STEPPATH/config/ca.json, unless the CA was started with another".into(),
            ),
            Self::NotADirectory(_) => Some("point the environment variable STEPPATH at a directory".into()),
            _ => None,
        }
    }
}

/// Prints the error as this program prints errors, and says how to exit.
pub(crate) fn report(error: &anyhow::Error, output: &mut Output) -> ExitStatus {
    if output_was_closed(error) {
        return ExitStatus::OutputClosed;
    }
    let failure = Failure::of(error, output.explains());
    // There is nobody left to tell when standard error is closed too.
    let _ = match output.is_json() {
        true => output.talk_json(&failure),
        false => output.talk(&failure.in_words()),
    };
    ExitStatus::Failure
}

fn output_was_closed(error: &anyhow::Error) -> bool {
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<io::Error>())
        .any(|cause| cause.kind() == io::ErrorKind::BrokenPipe)
}

/// An operating system error in the words Go has for it: lower case, without the number.
pub(crate) fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut letters = text.chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operating_system_error_reads_as_in_go() {
        let error = std::fs::read("/does/not/exist").expect_err("nothing is there");
        assert_eq!(reason(&error), "no such file or directory");
    }

    #[test]
    fn causes_and_request_ids_are_told_to_whoever_asks() {
        use crate::testing::{Server, User, http};

        let body = r#"{"status":403,"message":"The request was forbidden."}"#;
        let told = |variables: &[(&str, &str)]| {
            let server = Server::answering(vec![http("403 Forbidden", "X-Request-Id: abc123\r\n", body)]);
            let user = variables.iter().fold(User::new(), |user, (name, value)| user.with_variable(name, value));
            user.write("root.crt", &server.root);
            user.step(&format!("ca health --ca-url {} --root {{}}/root.crt", server.url)).error()
        };
        let error = told(&[("STEPDEBUG", "1")]);
        assert!(
            error.starts_with("The request was forbidden.\n\ncauses:\n  0: The request was forbidden.\n"),
            "{error}"
        );
        assert!(error.contains("\nrequest id: "), "{error}");
        for variables in [&[][..], &[("STEPDEBUG", "0")]] {
            assert!(!told(variables).contains("causes:"));
        }
        let error = User::new().with_variable("STEPDEBUG", "1").step("certificate inspect /does/not/exist").error();
        assert!(error.contains("\ncauses:\n  0: open /does/not/exist failed"), "{error}");
    }

    #[test]
    fn options_are_listed_after_an_invalid_value() {
        let error = CommandError::InvalidValue {
            flag: "format".into(),
            value: "xml".into(),
            options: vec!["text".into(), "json".into()],
        };
        assert_eq!(error.to_string(), "invalid value 'xml' for flag '--format'; options are text, json");
        assert_eq!(CommandError::invalid_value("kid", "x").to_string(), "invalid value 'x' for flag '--kid'");
    }

    #[test]
    fn every_status_has_the_number_scripts_know() {
        let codes = [ExitStatus::Success, ExitStatus::Failure, ExitStatus::UnknownCommand].map(ExitStatus::code);
        assert_eq!(codes, [0, 1, 3]);
    }
}
