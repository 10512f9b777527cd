//! Reading a command line by the rules of Go's flag package, before clap sees it.
//!
//! `-name v`, `--name v`, `--name=v` and `--force=false` are all understood, flags may stand before, between and after
//! positional arguments, a value may begin with a hyphen, and `--` ends the flags. What comes out is sorted and
//! spelled one way, so clap has only types and counts left to check.

use std::ffi::{OsStr, OsString};

use clap::{Arg, Command};
use thiserror::Error;

use crate::{error::ExitStatus, manual::Edition};

/// What the words on the command line ask for.
#[derive(Debug)]
pub(crate) enum Request {
    /// Run a command.
    Run(CommandLine),
    /// Explain a command or a group: the words that lead to it.
    Help(Vec<String>),
    /// Publish the manual of a command or a group, and of all below it.
    Manual(Vec<String>, Edition),
    /// List what could follow these words, for a shell's completion.
    Complete(Vec<String>),
    /// Say which version this is.
    Version,
}

/// A command line, sorted: which command, which flags, which arguments.
#[derive(Debug)]
pub(crate) struct CommandLine {
    /// The words from below the root to the command, in their main spelling.
    pub path: Vec<String>,
    /// The file named by the root's `--config`.
    pub config: Option<OsString>,
    /// Flags of the command, in order.
    pub flags: Vec<Flag>,
    /// Everything that is not a flag.
    pub positionals: Vec<OsString>,
}

/// A flag in its main spelling.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Flag {
    pub long: String,
    pub value: FlagValue,
}

#[derive(Debug, Eq, PartialEq)]
pub(crate) enum FlagValue {
    /// A switch, set or explicitly not set.
    Switch(bool),
    Text(OsString),
}

/// A command line that cannot be sorted.
#[derive(Debug, Error)]
pub(crate) enum UsageError {
    #[error("No help topic for '{0}'")]
    UnknownCommand(String),
    #[error("flag provided but not defined: -{name}")]
    UnknownFlag { path: Vec<String>, name: String },
    #[error("flag needs an argument: -{name}")]
    MissingValue { path: Vec<String>, name: String },
    #[error("invalid boolean value \"{value}\" for -{name}")]
    NotABoolean { path: Vec<String>, name: String, value: String },
    #[error("flag '{0}' is not valid UTF-8")]
    NotText(String),
}

impl UsageError {
    /// What the program ends with.
    pub(crate) const fn status(&self) -> ExitStatus {
        match self {
            Self::UnknownCommand(_) => ExitStatus::UnknownCommand,
            Self::UnknownFlag { .. } | Self::MissingValue { .. } | Self::NotABoolean { .. } | Self::NotText(_) => {
                ExitStatus::Failure
            }
        }
    }
}

/// Whether the words after the command are another program's, which reads them by rules of its own.
fn is_another_program(command: &Command) -> bool {
    command.get_positionals().any(Arg::is_trailing_var_arg_set)
}

/// Sorts the words after the program's name by the commands of `tree`, which must have been built.
pub(crate) fn read(tree: &Command, words: impl IntoIterator<Item = OsString>) -> Result<Request, UsageError> {
    let mut words: Vec<OsString> = words.into_iter().collect();
    let complete = words.pop_if(|last| last == "--generate-bash-completion").is_some();
    Reader { words: words.into_iter(), command: tree, path: Vec::new(), config: None, complete }.read()
}

struct Reader<'tree, Words> {
    words: Words,
    command: &'tree Command,
    path: Vec<String>,
    config: Option<OsString>,
    complete: bool,
}

impl<Words: Iterator<Item = OsString>> Reader<'_, Words> {
    fn read(mut self) -> Result<Request, UsageError> {
        while self.command.has_subcommands() {
            let Some(word) = self.words.next() else {
                return Ok(if self.complete { Request::Complete(self.path) } else { Request::Help(self.path) });
            };
            match Word::of(word)? {
                Word::Flag { name, value } => match name.as_str() {
                    "help" | "h" => return Ok(Request::Help(self.path)),
                    "version" | "v" if self.path.is_empty() => return Ok(Request::Version),
                    _ => {
                        let flag = self.flag(name, value)?;
                        if let FlagValue::Text(file) = flag.value {
                            self.config = Some(file);
                        }
                    }
                },
                Word::EndOfFlags => {}
                Word::Plain(word) if word == "help" || word == "h" => return self.help_topic(),
                Word::Plain(word) => self.descend(&word)?,
            }
        }
        if self.complete {
            return Ok(Request::Complete(self.path));
        }
        self.read_leaf()
    }

    fn read_leaf(mut self) -> Result<Request, UsageError> {
        let (mut flags, mut positionals) = (Vec::new(), Vec::new());
        if is_another_program(self.command) {
            positionals.extend(self.words.by_ref());
        }
        while let Some(word) = self.words.next() {
            match Word::of(word)? {
                Word::Flag { name, .. } if name == "help" || name == "h" => return Ok(Request::Help(self.path)),
                Word::Flag { name, value } => flags.push(self.flag(name, value)?),
                Word::EndOfFlags => positionals.extend(self.words.by_ref()),
                Word::Plain(word) => positionals.push(word),
            }
        }
        Ok(Request::Run(CommandLine { path: self.path, config: self.config, flags, positionals }))
    }

    fn help_topic(mut self) -> Result<Request, UsageError> {
        let mut edition = Edition::default();
        while let Some(word) = self.words.next() {
            match Word::of(word)? {
                Word::Plain(word) if is_another_program(self.command) => {
                    let positionals = std::iter::once(word).chain(self.words).chain(["--help".into()]).collect();
                    return Ok(Request::Run(CommandLine {
                        path: self.path,
                        config: self.config,
                        flags: Vec::new(),
                        positionals,
                    }));
                }
                Word::Plain(word) => self.descend(&word)?,
                Word::EndOfFlags => {}
                Word::Flag { name, value } => match name.as_str() {
                    "help" | "h" => {}
                    "report" => edition.report = self.boolean(&name, value)?,
                    "http" => edition.http = Some(self.value(name, value)?.to_string_lossy().into_owned()),
                    "html" => edition.html = Some(self.value(name, value)?.into()),
                    "markdown" => edition.markdown = Some(self.value(name, value)?.into()),
                    "man" => edition.man = Some(self.value(name, value)?.into()),
                    _ => return Err(UsageError::UnknownFlag { path: self.path, name }),
                },
            }
        }
        Ok(if edition.is_wanted() { Request::Manual(self.path, edition) } else { Request::Help(self.path) })
    }

    fn descend(&mut self, word: &OsStr) -> Result<(), UsageError> {
        self.command = self
            .command
            .find_subcommand(word)
            .ok_or_else(|| UsageError::UnknownCommand(word.to_string_lossy().into_owned()))?;
        self.path.push(self.command.get_name().to_owned());
        Ok(())
    }

    fn flag(&mut self, name: String, value: Option<String>) -> Result<Flag, UsageError> {
        let Some(arg) = self.command.get_arguments().find(|arg| names(arg).any(|known| known == name)) else {
            return Err(UsageError::UnknownFlag { path: self.path.clone(), name });
        };
        let long = arg.get_long().unwrap_or_default().to_owned();
        let value = match Kind::of(arg) {
            Kind::Switch => FlagValue::Switch(self.boolean(&name, value)?),
            Kind::Text => FlagValue::Text(self.value(name, value)?),
        };
        Ok(Flag { long, value })
    }

    /// What stands behind the equals sign, or else the next word.
    fn value(&mut self, name: String, value: Option<String>) -> Result<OsString, UsageError> {
        let value = value.map(OsString::from).or_else(|| self.words.next());
        value.ok_or_else(|| UsageError::MissingValue { path: self.path.clone(), name })
    }

    fn boolean(&self, name: &str, value: Option<String>) -> Result<bool, UsageError> {
        let Some(value) = value else { return Ok(true) };
        boolean(&value).ok_or_else(|| UsageError::NotABoolean { path: self.path.clone(), name: name.to_owned(), value })
    }
}

/// One word, told apart by its hyphens.
enum Word {
    Flag { name: String, value: Option<String> },
    EndOfFlags,
    Plain(OsString),
}

impl Word {
    fn of(word: OsString) -> Result<Self, UsageError> {
        // A lone hyphen stands for standard input.
        if !word.as_encoded_bytes().starts_with(b"-") || word == "-" {
            return Ok(Self::Plain(word));
        }
        if word == "--" {
            return Ok(Self::EndOfFlags);
        }
        let Some(text) = word.to_str() else {
            return Err(UsageError::NotText(word.to_string_lossy().into_owned()));
        };
        let body = text.strip_prefix("--").or_else(|| text.strip_prefix('-')).unwrap_or(text);
        let (name, value) = match body.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (body, None),
        };
        Ok(Self::Flag { name: name.to_owned(), value })
    }
}

/// What a flag's value is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    Switch,
    Text,
}

impl Kind {
    pub(crate) fn of(arg: &Arg) -> Self {
        let needs_value = arg.get_action().takes_values() && !is_three_state(arg);
        if needs_value { Self::Text } else { Self::Switch }
    }
}

/// Whether a flag that says yes or no can also say nothing: `--flag`, `--flag=false`, or left out.
pub(crate) fn is_three_state(arg: &Arg) -> bool {
    arg.get_action().takes_values() && arg.get_num_args().is_some_and(|count| count.min_values() == 0)
}

/// Every spelling of a flag; the first is the one environment variables and configuration files use.
pub(crate) fn names(arg: &Arg) -> impl Iterator<Item = String> {
    let short = arg.get_short().map(|letter| letter.to_string());
    let long = arg.get_long().map(str::to_owned);
    let aliases = arg.get_all_aliases().unwrap_or_default().into_iter().map(str::to_owned);
    short.into_iter().chain(long).chain(aliases)
}

/// The spellings Go's `strconv.ParseBool` takes.
pub(crate) fn boolean(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use clap::ArgAction;

    use super::*;

    fn tree() -> Command {
        let mut tree = Command::new("step").arg(Arg::new("config").long("config").num_args(1)).subcommand(
            Command::new("ca").subcommand(
                Command::new("token")
                    .alias("ott")
                    .arg(Arg::new("subject").num_args(0..))
                    .arg(Arg::new("not-before").long("not-before").num_args(1))
                    .arg(Arg::new("provisioner").long("provisioner").alias("issuer").num_args(1))
                    .arg(Arg::new("force").long("force").short('f').action(ArgAction::SetTrue)),
            ),
        );
        tree.build();
        tree
    }

    fn request(line: &str) -> Result<Request, UsageError> {
        read(&tree(), line.split_whitespace().map(OsString::from))
    }

    fn run(line: &str) -> CommandLine {
        match request(line).expect(line) {
            Request::Run(line) => line,
            other => panic!("{line}: {other:?}"),
        }
    }

    fn text(long: &str, value: &str) -> Flag {
        Flag { long: long.into(), value: FlagValue::Text(value.into()) }
    }

    #[test]
    fn one_hyphen_and_an_equals_sign_spell_the_same_flag() {
        for line in ["ca token --issuer a", "ca token -issuer a", "ca token --issuer=a", "ca token -provisioner=a"] {
            assert_eq!(run(line).flags, [text("provisioner", "a")], "{line}");
        }
    }

    #[test]
    fn flags_may_stand_anywhere_and_values_may_begin_with_a_hyphen() {
        let line = run("ca token a --not-before -5m b -f c");
        assert_eq!(line.flags[0], text("not-before", "-5m"));
        assert_eq!(line.flags[1], Flag { long: "force".into(), value: FlagValue::Switch(true) });
        assert_eq!(line.positionals, ["a", "b", "c"]);
    }

    #[test]
    fn two_hyphens_end_the_flags_and_one_is_standard_input() {
        let line = run("ca token - -- --force -");
        assert!(line.flags.is_empty());
        assert_eq!(line.positionals, ["-", "--force", "-"]);
    }

    #[test]
    fn a_switch_can_be_turned_off() {
        let line = run("ca token --force=false");
        assert_eq!(line.flags, [Flag { long: "force".into(), value: FlagValue::Switch(false) }]);
        assert!(matches!(request("ca token --force=maybe"), Err(UsageError::NotABoolean { .. })));
    }

    #[test]
    fn the_configuration_file_is_named_before_the_command() {
        assert_eq!(run("--config x ca token").config, Some("x".into()));
        assert!(matches!(request("ca token --config x"), Err(UsageError::UnknownFlag { .. })));
    }

    #[test]
    fn an_alias_is_the_command_it_stands_for() {
        assert_eq!(run("ca ott x").path, ["ca", "token"]);
    }

    #[test]
    fn help_is_found_wherever_it_is_asked_for() {
        for line in ["help ca token", "ca help token", "ca token --help", "ca token x -h", "help ca ott"] {
            assert!(matches!(request(line).expect(line), Request::Help(path) if path == ["ca", "token"]), "{line}");
        }
        assert!(matches!(request("ca").expect("a group"), Request::Help(path) if path == ["ca"]));
        assert!(matches!(request("").expect("nothing"), Request::Help(path) if path.is_empty()));
        assert!(matches!(request("-v").expect("version"), Request::Version));
    }

    #[test]
    fn the_manual_is_published_where_help_is_told_to() {
        let edition = |line: &str| match request(line).expect(line) {
            Request::Manual(path, edition) => (path, edition),
            other => panic!("{line}: {other:?}"),
        };
        let (path, served) = edition("ca help token --http :8080");
        assert_eq!((path, served.http.as_deref()), (vec!["ca".to_owned(), "token".to_owned()], Some(":8080")));
        let (path, written) = edition("help --html=out --report");
        assert_eq!((path.len(), written.html, written.report), (0, Some("out".into()), true));
        assert!(matches!(request("help --http"), Err(UsageError::MissingValue { .. })));
        assert!(matches!(request("help ca --htm x"), Err(UsageError::UnknownFlag { .. })));
    }

    #[test]
    fn what_does_not_exist_is_named() {
        assert_eq!(request("ca tokn").expect_err("no such command").to_string(), "No help topic for 'tokn'");
        assert_eq!(request("help ssh").expect_err("no such topic").to_string(), "No help topic for 'ssh'");
        let unknown = request("ca token --isuer x").expect_err("no such flag");
        assert_eq!(unknown.to_string(), "flag provided but not defined: -isuer");
        let missing = request("ca token --issuer").expect_err("no value");
        assert_eq!(missing.to_string(), "flag needs an argument: -issuer");
    }

    #[test]
    fn completion_lists_from_where_the_words_lead() {
        let request = request("ca --generate-bash-completion").expect("completion");
        assert!(matches!(request, Request::Complete(path) if path == ["ca"]));
    }
}
