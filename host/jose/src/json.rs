//! Strict JSON objects: no member twice at any level, bounded depth, nothing behind the closing brace.

use std::fmt;

use serde::de::{self, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use crate::{JoseError, limits};

/// Members of a JSON object.
pub(crate) type Members = Map<String, Value>;

/// Reads an object; `what` names it in the error.
pub(crate) fn object(what: &'static str, text: &[u8]) -> Result<Members, JoseError> {
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    members(&mut deserializer)
        .and_then(|members| deserializer.end().map(|()| members))
        .map_err(|source| JoseError::Json { what, source })
}

/// Reads an object from any deserializer.
pub(crate) fn members<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Members, D::Error> {
    match deserializer.deserialize_any(Strict { depth: 1 })? {
        Value::Object(members) => Ok(members),
        _ => Err(de::Error::custom("not an object")),
    }
}

/// A value and how deep its members would be; the outermost object is at depth 1.
#[derive(Clone, Copy)]
struct Strict {
    depth: usize,
}

impl Strict {
    fn inner<E: de::Error>(self) -> Result<Self, E> {
        if self.depth > limits::JSON_DEPTH {
            return Err(E::custom(format_args!("nested more than {} deep", limits::JSON_DEPTH)));
        }
        Ok(Self { depth: self.depth.saturating_add(1) })
    }
}

impl<'de> de::DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("a number is not finite"))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E: de::Error>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Value, A::Error> {
        let inner = self.inner()?;
        let mut values = Vec::new();
        while let Some(value) = elements.next_element_seed(inner)? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let inner = self.inner()?;
        let mut map = Members::new();
        while let Some(name) = members.next_key::<String>()? {
            if map.contains_key(&name) {
                return Err(de::Error::custom(format_args!("member {:?} appears twice", crate::error::excerpt(&name))));
            }
            let value = members.next_value_seed(inner)?;
            map.insert(name, value);
        }
        Ok(Value::Object(map))
    }
}

/// A member that has to be a string when it is there.
pub(crate) fn text<'a>(
    members: &'a Members,
    what: &'static str,
    member: &'static str,
) -> Result<Option<&'a str>, JoseError> {
    match members.get(member) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(JoseError::Member { what, member, want: "a string" }),
    }
}

/// A member that has to be a list of strings when it is there.
pub(crate) fn texts(
    members: &Members,
    what: &'static str,
    member: &'static str,
) -> Result<Option<Vec<String>>, JoseError> {
    let strings = |values: &Vec<Value>| values.iter().map(|value| value.as_str().map(str::to_owned)).collect();
    match members.get(member) {
        None => Ok(None),
        Some(value) => match value.as_array().and_then(strings) {
            Some(texts) => Ok(Some(texts)),
            None => Err(JoseError::Member { what, member, want: "an array of strings" }),
        },
    }
}

/// Refuses a text longer than its limit.
pub(crate) fn at_most(what: &'static str, text: &str, limit: usize) -> Result<(), JoseError> {
    if text.len() > limit {
        return Err(JoseError::TooLong { what, length: text.len(), limit });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nested(depth: usize) -> String {
        format!("{}{}", "{\"a\":".repeat(depth - 1) + "{", "}".repeat(depth))
    }

    #[test]
    fn a_member_twice_is_refused_at_every_level() {
        for text in [r#"{"a":1,"a":1}"#, r#"{"b":{"a":1,"a":2}}"#, r#"{"b":[{"a":1,"\u0061":2}]}"#] {
            let error = object("test", text.as_bytes()).unwrap_err();
            let source = std::error::Error::source(&error).unwrap().to_string();
            assert!(source.contains("appears twice"), "{text}: {source}");
        }
    }

    #[test]
    fn thirty_two_levels_pass_and_thirty_three_do_not() {
        assert!(object("test", nested(32).as_bytes()).is_ok());
        assert!(object("test", nested(33).as_bytes()).is_err());
        let arrays = format!("{{\"a\":{}{}}}", "[".repeat(32), "]".repeat(32));
        assert!(object("test", arrays.as_bytes()).is_err());
    }

    #[test]
    fn only_one_whole_object_is_read() {
        for text in ["", "[]", "null", "{} {}", "{}x", "{\"a\":1e999}", "{\"a\":NaN}", "{\"a\":'b'}", "{\"a\":1,}"] {
            assert!(object("test", text.as_bytes()).is_err(), "{text}");
        }
        assert!(object("test", b"\xef\xbb\xbf{}").is_err(), "byte order mark");
        assert!(object("test", b"{\"a\":\"\xff\"}").is_err(), "not UTF-8");
        assert!(object("test", b" { } ").is_ok());
    }
}
