//! Where a flag's value comes from when the command line does not give it.
//!
//! In order: the environment variable `STEP_<NAME>`, then the configuration file, then whatever the command has as its
//! default. Values found here are added to the command line, so that they are checked exactly as if they had been typed.

use std::{
    ffi::{OsStr, OsString},
    fs, io,
    path::{Path, PathBuf},
};

use clap::{Arg, Command};
use serde_json::{Map, Value};
use thiserror::Error;

use super::command_line::{CommandLine, Flag, FlagValue, Kind, boolean, names};
use crate::environment::Environment;

/// Flags whose value is only ever typed: a stray `STEP_ROOT` must not replace the root of a new PKI.
const TYPED_ONLY: [(&[&str], &str); 2] = [(&["ca", "init"], "root"), (&["ca", "init"], "key")];

/// The flag values kept in a file, by default `$STEPPATH/config/defaults.json`.
#[derive(Debug, Default)]
pub(crate) struct Defaults(Map<String, Value>);

/// The file of flag values cannot be used.
#[derive(Debug, Error)]
pub(crate) enum DefaultsError {
    #[error("error reading {}", path.display())]
    Unreadable {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("error parsing {}", path.display())]
    Malformed {
        path: PathBuf,
        #[source]
        source: serde_json::Error,
    },
}

impl DefaultsError {
    /// What to do about it.
    pub(crate) fn hint(&self) -> String {
        match self {
            Self::Unreadable { path, .. } => {
                format!("let its user read {}, or name another with `--config`", path.display())
            }
            Self::Malformed { path, .. } => {
                format!("mend {}, or have `step ca bootstrap --force` write it anew", path.display())
            }
        }
    }
}

impl Defaults {
    /// Reads the file; one that is not there holds nothing.
    pub(crate) fn read(path: &Path) -> Result<Self, DefaultsError> {
        match fs::read(path) {
            Ok(bytes) => {
                Self::parse(&bytes).map_err(|source| DefaultsError::Malformed { path: path.to_owned(), source })
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(source) => Err(DefaultsError::Unreadable { path: path.to_owned(), source }),
        }
    }

    /// What such a file says.
    pub(crate) fn parse(octets: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(octets).map(Self)
    }

    fn values(&self, name: &str) -> Vec<String> {
        match self.0.get(name) {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::String(text)) if text.is_empty() => Vec::new(),
            Some(Value::Array(items)) => items.iter().map(plain).collect(),
            Some(value) => vec![plain(value)],
        }
    }
}

/// A JSON value as one would type it: strings without their quotes.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Adds to `line` every flag of `command` that was not typed but has a value elsewhere.
///
/// A boolean that does not parse is left out, as upstream does.
pub(crate) fn fill(line: &mut CommandLine, command: &Command, environment: &Environment, defaults: &Defaults) {
    for arg in command.get_arguments() {
        let Some(long) = arg.get_long() else { continue };
        let typed = line.flags.iter().any(|flag| flag.long == long);
        let typed_only = TYPED_ONLY.iter().any(|(path, flag)| line.path == *path && *flag == long);
        if typed || typed_only || matches!(long, "help" | "version") {
            continue;
        }
        let values = from_environment(arg, environment)
            .unwrap_or_else(|| from_file(arg, defaults).into_iter().map(OsString::from).collect());
        line.flags.extend(values.iter().filter_map(|value| flag(long, Kind::of(arg), value)));
    }
}

/// The value of `STEP_<NAME>` for the first spelling of the flag that has one; a list is separated by commas.
fn from_environment(arg: &Arg, environment: &Environment) -> Option<Vec<OsString>> {
    let value = names(arg).find_map(|name| environment.variable(&variable(&name)))?;
    match value.to_str() {
        Some(list) if matches!(arg.get_action(), clap::ArgAction::Append) => {
            Some(list.split(',').map(|item| OsString::from(item.trim())).collect())
        }
        _ => Some(vec![value.to_owned()]),
    }
}

/// The environment variable that stands in for a flag.
pub(super) fn variable(name: &str) -> String {
    format!("STEP_{}", name.to_uppercase().replace('-', "_"))
}

fn from_file(arg: &Arg, defaults: &Defaults) -> Vec<String> {
    names(arg).map(|name| defaults.values(&name)).find(|values| !values.is_empty()).unwrap_or_default()
}

fn flag(long: &str, kind: Kind, value: &OsStr) -> Option<Flag> {
    let value = match kind {
        Kind::Switch => FlagValue::Switch(boolean(value.to_str()?)?),
        Kind::Text => FlagValue::Text(value.to_owned()),
    };
    Some(Flag { long: long.to_owned(), value })
}

#[cfg(test)]
mod tests {
    use clap::ArgAction;

    use super::*;

    #[test]
    fn what_was_typed_wins_over_the_environment_and_that_over_the_file() {
        let typed = [Flag { long: "ca-url".into(), value: FlagValue::Text("typed".into()) }];
        let environment = Environment::from_iter([("STEP_CA_URL", "environment")]);
        let file = r#"{"ca-url": "file"}"#;
        assert_eq!(ca_url(&typed, &environment, file), Some("typed".into()));
        assert_eq!(ca_url(&[], &environment, file), Some("environment".into()));
        assert_eq!(ca_url(&[], &Environment::default(), file), Some("file".into()));
        assert_eq!(ca_url(&[], &Environment::default(), "{}"), None);
    }

    #[test]
    fn the_first_spelling_names_the_variable_and_later_ones_help() {
        let set = Environment::from_iter([("STEP_F", "1")]);
        assert!(filled(&[], &set, "{}").contains(&Flag { long: "force".into(), value: FlagValue::Switch(true) }));
        let set = Environment::from_iter([("STEP_ISSUER", "me")]);
        let issuer = Flag { long: "provisioner".into(), value: FlagValue::Text("me".into()) };
        assert!(filled(&[], &set, "{}").contains(&issuer));
    }

    #[test]
    fn a_list_comes_from_an_array_or_from_commas() {
        let of = |environment: &Environment, file: &str| -> Vec<FlagValue> {
            filled(&[], environment, file)
                .into_iter()
                .filter(|flag| flag.long == "san")
                .map(|flag| flag.value)
                .collect()
        };
        let expected = [FlagValue::Text("a".into()), FlagValue::Text("b".into())];
        assert_eq!(of(&Environment::from_iter([("STEP_SAN", "a, b")]), "{}"), expected);
        assert_eq!(of(&Environment::default(), r#"{"san": ["a", "b"]}"#), expected);
    }

    #[test]
    fn other_json_values_are_read_as_typed() {
        assert_eq!(ca_url(&[], &Environment::default(), r#"{"ca-url": 7}"#), Some("7".into()));
        assert_eq!(ca_url(&[], &Environment::default(), r#"{"ca-url": null}"#), None);
    }

    #[test]
    fn a_broken_file_is_named() {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        fs::write(file.path(), "{").expect("writable");
        let error = Defaults::read(file.path()).expect_err("not JSON");
        assert_eq!(error.to_string(), format!("error parsing {}", file.path().display()));
        assert!(Defaults::read(Path::new("/does/not/exist")).is_ok());
    }

    fn ca_url(typed: &[Flag], environment: &Environment, file: &str) -> Option<OsString> {
        let flags = filled(typed, environment, file);
        assert!(flags.iter().filter(|flag| flag.long == "ca-url").count() <= 1);
        flags.into_iter().find(|flag| flag.long == "ca-url").map(|flag| match flag.value {
            FlagValue::Text(text) => text,
            other => panic!("{other:?}"),
        })
    }

    fn filled(typed: &[Flag], environment: &Environment, file: &str) -> Vec<Flag> {
        let mut command = Command::new("token")
            .arg(Arg::new("ca-url").long("ca-url").num_args(1))
            .arg(Arg::new("provisioner").long("provisioner").alias("issuer").num_args(1))
            .arg(Arg::new("san").long("san").num_args(1).action(ArgAction::Append))
            .arg(Arg::new("force").long("force").short('f').action(ArgAction::SetTrue));
        command.build();
        let flags = typed
            .iter()
            .map(|flag| Flag {
                long: flag.long.clone(),
                value: match &flag.value {
                    FlagValue::Text(text) => FlagValue::Text(text.clone()),
                    other => panic!("{other:?}"),
                },
            })
            .collect();
        let mut line = CommandLine { path: vec!["token".into()], config: None, flags, positionals: Vec::new() };
        fill(&mut line, &command, environment, &Defaults(serde_json::from_str(file).expect("JSON")));
        line.flags
    }
}
