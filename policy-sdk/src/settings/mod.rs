//! Configuration, parsed once at `init`.
//!
//! Every problem is reported with a JSON pointer (RFC 6901) to where it is, because the person who reads it has a file
//! open and no debugger.

mod declared;

use serde::de::DeserializeOwned;
use serde_json::Map;
use serde_path_to_error::{Path, Segment};

pub use declared::Setting;
pub use serde_json::Value;

use crate::types::ConfigError;

/// Reads a JSON text that lies at `pointer` in what `init` was given, e.g. `environment.settings` at `"/settings"`.
///
/// `null`, the settings of a policy that was given none, reads as an empty object. serde stops at the first problem;
/// [`settings!`](crate::settings!) declares a type that reports all of
/// its problems, and [`Members`] reads an object by hand.
pub fn parse<T: DeserializeOwned>(text: &str, pointer: &str) -> Result<T, ConfigError> {
    let value = match serde_json::from_str(text) {
        Ok(Value::Null) => Value::Object(Map::new()),
        Ok(value) => value,
        Err(error) => return Err(ConfigError::at(pointer, error.to_string())),
    };
    read(value, || pointer.to_owned())
}

/// The pointer is written only for an error: `init` runs for nearly every request.
fn read<T: DeserializeOwned>(value: Value, pointer: impl FnOnce() -> String) -> Result<T, ConfigError> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let pointer = pointer() + &below(error.path());
        ConfigError::at(pointer, error.into_inner().to_string())
    })
}

/// A path inside a value, as the rest of a JSON pointer.
fn below(path: &Path) -> String {
    path.iter()
        .map(|segment| match segment {
            Segment::Seq { index } => format!("/{index}"),
            Segment::Map { key } | Segment::Enum { variant: key } => format!("/{}", escaped(key)),
            Segment::Unknown => String::new(),
        })
        .collect()
}

fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// An object read member by member, so that all its problems are found at once.
///
/// ```
/// use policy_sdk::settings::Members;
///
/// let mut settings = Members::of(r#"{"port": "80", "hots": []}"#, "/settings");
/// let port: Option<u16> = settings.required("port");
/// let hosts: Option<Vec<String>> = settings.optional("hosts");
/// settings.refuse_others();
/// let errors = settings.finish().unwrap_err();
/// assert_eq!((port, hosts), (None, None));
/// assert_eq!(errors[0].path.as_deref(), Some("/settings/port"));
/// assert_eq!(errors[1].message, "unknown; known are port, hosts");
/// ```
#[derive(Debug)]
pub struct Members {
    pointer: String,
    members: Map<String, Value>,
    asked_for: Vec<&'static str>,
    errors: Vec<ConfigError>,
}

impl Members {
    /// The members of the object that this JSON text is, at `pointer`. `null` has none.
    pub fn of(text: &str, pointer: &str) -> Self {
        match serde_json::from_str(text) {
            Ok(value) => Self::of_value(value, pointer),
            Err(error) => Self::new(Map::new(), pointer, vec![ConfigError::at(pointer, error.to_string())]),
        }
    }

    fn of_value(value: Value, pointer: &str) -> Self {
        match value {
            Value::Object(members) => Self::new(members, pointer, vec![]),
            Value::Null => Self::new(Map::new(), pointer, vec![]),
            _ => Self::new(Map::new(), pointer, vec![ConfigError::at(pointer, "must be an object")]),
        }
    }

    fn new(members: Map<String, Value>, pointer: &str, errors: Vec<ConfigError>) -> Self {
        Self { pointer: pointer.to_owned(), members, asked_for: vec![], errors }
    }

    /// The value of a member. It is a problem when there is none, or one of another type.
    pub fn required<T: DeserializeOwned>(&mut self, name: &'static str) -> Option<T> {
        if !self.members.contains_key(name) {
            self.asked_for.push(name);
            self.refuse(name, "must be set");
            return None;
        }
        self.optional(name)
    }

    /// The value of a member, if there is one. It is a problem when it has another type; `null` is as good as absent.
    pub fn optional<T: DeserializeOwned>(&mut self, name: &'static str) -> Option<T> {
        self.asked_for.push(name);
        let value = self.members.remove(name).filter(|value| !value.is_null())?;
        read(value, || self.pointer_to(name)).map_err(|error| self.errors.push(error)).ok()
    }

    /// The members of a member that is an object, to be finished by themselves; an error when it is none.
    pub fn object(&mut self, name: &'static str) -> Result<Self, ConfigError> {
        self.asked_for.push(name);
        let pointer = self.pointer_to(name);
        match self.members.remove(name) {
            Some(Value::Object(members)) => Ok(Self::new(members, &pointer, vec![])),
            Some(Value::Null) | None => Err(ConfigError::at(pointer, "must be set")),
            Some(_) => Err(ConfigError::at(pointer, "must be an object")),
        }
    }

    /// Whether there is such a member that has not been asked for yet.
    pub fn has(&self, name: &str) -> bool {
        self.members.contains_key(name)
    }

    /// Adds a problem of this member.
    pub fn refuse(&mut self, name: &str, message: impl Into<String>) {
        let error = ConfigError::at(self.pointer_to(name), message);
        self.errors.push(error);
    }

    /// Makes every member that nobody has asked for a problem.
    pub fn refuse_others(&mut self) {
        let message = format!("unknown; known are {}", self.asked_for.join(", "));
        for name in std::mem::take(&mut self.members).keys() {
            self.refuse(name, message.clone());
        }
    }

    /// The problems found.
    pub fn finish(self) -> Result<(), Vec<ConfigError>> {
        if self.errors.is_empty() { Ok(()) } else { Err(self.errors) }
    }

    /// The members nobody has asked for yet, as a JSON object.
    pub fn text(&self) -> String {
        serde_json::to_string(&self.members).expect("names are texts")
    }

    fn pointer_to(&self, name: &str) -> String {
        format!("{}/{}", self.pointer, escaped(name))
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Settings {
        #[serde(default)]
        hosts: Vec<Host>,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    struct Host {
        port: u16,
    }

    #[test]
    fn a_problem_is_found_where_it_is() {
        let error = parse::<Settings>(r#"{"hosts": [{"port": 1}, {"port": "x"}]}"#, "/settings").unwrap_err();
        assert_eq!(error.path.as_deref(), Some("/settings/hosts/1/port"));
        assert_eq!(error.message, r#"invalid type: string "x", expected u16"#);
    }

    #[test]
    fn no_settings_read_as_an_empty_object() {
        assert_eq!(parse::<Settings>("null", "/settings").unwrap(), Settings { hosts: vec![] });
    }

    #[test]
    fn pointers_escape_what_they_must() {
        let mut members = Members::of(r#"{"a/b~c": 1}"#, "");
        members.refuse_others();
        assert_eq!(members.finish().unwrap_err()[0].path.as_deref(), Some("/a~1b~0c"));
    }

    #[test]
    fn what_is_no_object_is_a_problem_and_has_no_members() {
        let mut members = Members::of("[1]", "/settings");
        assert_eq!(members.optional::<u8>("x"), None);
        assert_eq!(members.finish().unwrap_err()[0].path.as_deref(), Some("/settings"));
    }

    #[test]
    fn an_object_in_an_object_reports_where_it_is() {
        let mut outer = Members::of(r#"{"key": {"kty": 1}, "list": []}"#, "/config");
        let mut key = outer.object("key").unwrap();
        assert_eq!(key.text(), r#"{"kty":1}"#);
        assert_eq!(key.required::<String>("kty"), None);
        assert_eq!(key.finish().unwrap_err()[0].path.as_deref(), Some("/config/key/kty"));
        assert_eq!(outer.object("list").unwrap_err(), ConfigError::at("/config/list", "must be an object"));
        assert_eq!(outer.object("other").unwrap_err(), ConfigError::at("/config/other", "must be set"));
        assert!(outer.finish().is_ok());
    }

    #[test]
    fn every_problem_of_an_object_is_reported() {
        let mut members = Members::of(r#"{"a": 1, "b": "x", "c": null}"#, "");
        let (a, b, c) = (members.required::<u8>("a"), members.required::<u8>("b"), members.required::<u8>("d"));
        assert_eq!((a, b, c), (Some(1), None, None));
        assert_eq!(members.optional::<u8>("c"), None);
        assert_eq!(members.finish().unwrap_err().len(), 2);
    }
}
