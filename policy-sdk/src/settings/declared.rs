//! Settings declared as a type: read member by member, with all problems at once, and a JSON Schema of their own.

use go_duration::GoDuration;
use serde_json::Value;

use super::{Members, read};
use crate::{schema::Schema, types::ConfigError};

/// A type that can be a setting, or a part of one. [`settings!`](crate::settings!) makes one of several.
pub trait Setting: Sized {
    /// What may be written.
    const SCHEMA: &'static Schema;

    /// Reads a value that lies at `pointer`, and adds every problem of it to `errors`.
    fn read(value: Value, pointer: &str, errors: &mut Vec<ConfigError>) -> Option<Self>;

    /// Reads the JSON text of `environment.settings`.
    ///
    /// # Errors
    ///
    /// Every problem, each with its JSON pointer.
    fn parse(text: &str) -> Result<Self, Vec<ConfigError>> {
        let value = serde_json::from_str(text).map_err(|error| ConfigError::at("/settings", error.to_string()))?;
        let mut errors = vec![];
        match Self::read(value, "/settings", &mut errors) {
            Some(settings) if errors.is_empty() => Ok(settings),
            _ => Err(errors),
        }
    }
}

/// Types that serde reads as they are.
macro_rules! plain {
    ($($type:ty: $schema:literal),+ $(,)?) => {
        $(impl Setting for $type {
            const SCHEMA: &'static Schema = &Schema::Text($schema);

            fn read(value: Value, pointer: &str, errors: &mut Vec<ConfigError>) -> Option<Self> {
                read(value, || pointer.to_owned()).map_err(|error| errors.push(error)).ok()
            }
        })+
    };
}

plain! {
    bool: r#"{"type":"boolean"}"#,
    u8: r#"{"type":"integer","minimum":0,"maximum":255}"#,
    u16: r#"{"type":"integer","minimum":0,"maximum":65535}"#,
    u32: r#"{"type":"integer","minimum":0,"maximum":4294967295}"#,
    u64: r#"{"type":"integer","minimum":0}"#,
    i64: r#"{"type":"integer"}"#,
    String: r#"{"type":"string"}"#,
    GoDuration: r#"{"type":"string","description":"a duration such as 24h or 1h30m"}"#,
    Value: "{}",
}

impl<T: Setting> Setting for Vec<T> {
    const SCHEMA: &'static Schema = &Schema::List(T::SCHEMA);

    fn read(value: Value, pointer: &str, errors: &mut Vec<ConfigError>) -> Option<Self> {
        let Value::Array(elements) = value else {
            errors.push(ConfigError::at(pointer, "must be a list"));
            return None;
        };
        let elements = elements.into_iter().enumerate();
        // Every element is read, whatever became of the ones before it.
        let elements: Vec<_> =
            elements.map(|(index, element)| T::read(element, &format!("{pointer}/{index}"), errors)).collect();
        elements.into_iter().collect()
    }
}

/// What is written as one text and has rules of its own, e.g. `10.0.0.0/8`.
#[macro_export]
macro_rules! text_setting {
    ($type:ty: $schema:literal) => {
        impl $crate::settings::Setting for $type {
            const SCHEMA: &'static $crate::schema::Schema = &$crate::schema::Schema::Text($schema);

            fn read(
                value: $crate::settings::Value,
                pointer: &str,
                errors: &mut Vec<$crate::types::ConfigError>,
            ) -> Option<Self> {
                let text = <String as $crate::settings::Setting>::read(value, pointer, errors)?;
                match text.parse() {
                    Ok(value) => Some(value),
                    Err(error) => {
                        let error = ::std::string::ToString::to_string(&error);
                        errors.push($crate::types::ConfigError::at(pointer, error));
                        None
                    }
                }
            }
        }
    };
}

impl Members {
    /// The value of a member, or of `default` when there is none; a member without a default must be there.
    #[doc(hidden)]
    pub fn setting<T: Setting>(&mut self, name: &'static str, default: Option<&str>) -> Option<T> {
        self.asked_for.push(name);
        let pointer = self.pointer_to(name);
        match (self.members.remove(name).filter(|value| !value.is_null()), default) {
            (Some(value), _) => T::read(value, &pointer, &mut self.errors),
            (None, Some(default)) => {
                let default = serde_json::from_str(default).expect("a default is written as JSON");
                T::read(default, &pointer, &mut self.errors)
            }
            (None, None) => {
                self.refuse(name, "must be set");
                None
            }
        }
    }

    #[doc(hidden)]
    pub fn of_setting(value: Value, pointer: &str) -> Self {
        Self::of_value(value, pointer)
    }

    #[doc(hidden)]
    pub fn finish_setting(mut self, errors: &mut Vec<ConfigError>) {
        self.refuse_others();
        errors.append(&mut self.errors);
    }
}

/// Declares the settings of a policy: a struct, how it is read, and its JSON Schema.
///
/// Each member is documented, for the people who write `ca.json`; a member with `= …` has a default, written as JSON.
///
/// ```
/// use policy_sdk::settings::Setting;
///
/// policy_sdk::settings! {
///     /// Who may have which ports.
///     pub struct Settings {
///         /// The port that is served.
///         port: u16 = 443,
///         /// Hosts that may ask.
///         hosts: Vec<String>,
///     }
/// }
///
/// let settings = Settings::parse(r#"{"hosts": ["db.example.com"]}"#).unwrap();
/// assert_eq!((settings.port, settings.hosts.len()), (443, 1));
///
/// let errors = Settings::parse(r#"{"port": "x", "hosts": ["a", 1], "hots": 2}"#).unwrap_err();
/// let places: Vec<_> = errors.iter().filter_map(|error| error.path.as_deref()).collect();
/// assert_eq!(places, ["/settings/port", "/settings/hosts/1", "/settings/hots"]);
///
/// assert!(Settings::SCHEMA.to_json().contains(r#""description":"Hosts that may ask.""#));
/// ```
#[macro_export]
macro_rules! settings {
    (
        $(#[$attribute:meta])*
        $visibility:vis struct $name:ident {
            $($(#[doc = $doc:literal])* $member:ident: $type:ty $(= $default:expr)?),+ $(,)?
        }
    ) => {
        $(#[$attribute])*
        #[derive(Debug)]
        $visibility struct $name {
            $($(#[doc = $doc])* pub $member: $type,)+
        }

        impl $crate::settings::Setting for $name {
            const SCHEMA: &'static $crate::schema::Schema = &$crate::schema::Schema::Object(&[
                $($crate::schema::Member {
                    name: stringify!($member),
                    description: &[$($doc),*],
                    default: $crate::__default!($($default)?),
                    schema: <$type as $crate::settings::Setting>::SCHEMA,
                }),+
            ]);

            #[allow(non_snake_case, reason = "members are named as the JSON has them")]
            fn read(
                value: $crate::settings::Value,
                pointer: &str,
                errors: &mut Vec<$crate::types::ConfigError>,
            ) -> Option<Self> {
                let mut members = $crate::settings::Members::of_setting(value, pointer);
                $(let $member = members.setting(stringify!($member), $crate::__default!($($default)?));)+
                members.finish_setting(errors);
                Some(Self { $($member: $member?),+ })
            }
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __default {
    () => {
        None
    };
    ($default:expr) => {
        Some(stringify!($default))
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    crate::settings! {
        struct Outer {
            /// A list of "inner" ones.
            inner: Vec<Inner> = [],
            /// How long.
            life: GoDuration = "24h",
        }
    }

    crate::settings! {
        struct Inner {
            /// A number.
            number: i64,
        }
    }

    #[test]
    fn what_is_left_out_has_its_default() {
        let outer = Outer::parse("null").unwrap();
        assert_eq!((outer.inner.len(), outer.life.to_string().as_str()), (0, "24h0m0s"));
    }

    #[test]
    fn every_problem_is_found_wherever_it_lies() {
        let errors = Outer::parse(r#"{"inner": [{"number": 1}, {"number": "x"}, {}, 3], "life": "soon", "lief": 1}"#)
            .unwrap_err();
        let found: Vec<_> = errors.iter().filter_map(|error| error.path.as_deref()).collect();
        let expected = [
            "/settings/inner/1/number",
            "/settings/inner/2/number",
            "/settings/inner/3",
            "/settings/inner/3/number",
            "/settings/life",
            "/settings/lief",
        ];
        assert_eq!(found, expected);
        assert_eq!(Outer::parse(r#"{"inner": [{"number": 7}]}"#).unwrap().inner[0].number, 7);
    }

    #[test]
    fn the_schema_says_the_same() {
        let schema: Value = serde_json::from_str(&Outer::SCHEMA.to_json()).unwrap();
        assert_eq!(schema["properties"]["inner"]["description"], "A list of \"inner\" ones.");
        assert_eq!(schema["properties"]["life"]["default"], "24h");
        assert_eq!(schema["properties"]["inner"]["allOf"][0]["items"]["required"][0], "number");
        assert_eq!(schema["required"], serde_json::json!([]));
    }
}
