//! `ca.json` as a tree that remembers its lines.
//!
//! Promises: a tree has no duplicate members, is at most [`limits::JSON_DEPTH`] deep, and every node knows the line it
//! stands on and its text, letter for letter. Knows JSON (RFC 8259), and nothing of what the members mean.

use std::fmt;

use serde::de::{Deserializer, Error as _, MapAccess, Visitor};
use serde_json::value::RawValue;
use zeroize::Zeroizing;

use super::{
    error::Problems,
    problem::{Notice, Problem},
};
use crate::limits;

/// A JSON value and where it stands.
pub(super) struct Node<'a> {
    /// Counted from 1.
    pub(super) line: usize,
    /// The value as it is written in the file.
    pub(super) text: &'a str,
    pub(super) value: Value<'a>,
}

/// What a node holds.
pub(super) enum Value<'a> {
    Null,
    Bool(bool),
    /// As written: `1.2` must not become 1.2000000000000002.
    Number(&'a str),
    // One of them may be the password of the issuing key.
    String(Zeroizing<String>),
    Array(Vec<Node<'a>>),
    Object(Vec<Member<'a>>),
}

/// A name and its value.
pub(super) struct Member<'a> {
    pub(super) name: String,
    pub(super) line: usize,
    pub(super) node: Node<'a>,
}

impl Value<'_> {
    /// What it is, with its article.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::String(_) => "a string",
            Self::Array(_) => "an array",
            Self::Object(_) => "an object",
        }
    }
}

/// Reads the first JSON value of `source`, as the Go `step-ca` does; what follows it is warned about.
pub(super) fn read<'a>(source: &'a str, problems: &mut Problems) -> Option<Node<'a>> {
    let mut values = serde_json::Deserializer::from_str(source).into_iter::<&'a RawValue>();
    let raw = match values.next() {
        Some(Ok(raw)) => raw,
        Some(Err(error)) => {
            problems.refuse("", error.line(), Problem::syntax(&error));
            return None;
        }
        None => {
            problems.refuse("", 1, Problem::EmptyFile);
            return None;
        }
    };
    let rest = source.get(values.byte_offset()..).unwrap_or_default();
    let tree = Tree { source, line_starts: line_starts(source) };
    if !rest.trim_start().is_empty() {
        problems.warn("", tree.line(rest.trim_start()), Notice::TrailingText);
    }
    tree.node(raw, "", 1, problems)
}

struct Tree<'a> {
    source: &'a str,
    line_starts: Vec<usize>,
}

impl<'a> Tree<'a> {
    fn node(&self, raw: &'a RawValue, path: &str, depth: usize, problems: &mut Problems) -> Option<Node<'a>> {
        let text = raw.get();
        let line = self.line(text);
        if depth > limits::JSON_DEPTH && text.starts_with(['[', '{']) {
            problems.refuse(path, line, Problem::TooDeep);
            return None;
        }
        let value = match text.as_bytes().first() {
            Some(b'{') => self.object(text, path, depth, problems)?,
            Some(b'[') => self.array(text, path, depth, problems)?,
            Some(b'"') => Value::String(Zeroizing::new(self.parse(text, path, problems)?)),
            Some(b't') => Value::Bool(true),
            Some(b'f') => Value::Bool(false),
            Some(b'n') => Value::Null,
            _ => Value::Number(text),
        };
        Some(Node { line, text, value })
    }

    fn array(&self, text: &'a str, path: &str, depth: usize, problems: &mut Problems) -> Option<Value<'a>> {
        let elements: Vec<&'a RawValue> = self.parse(text, path, problems)?;
        let nodes = elements.iter().enumerate();
        Some(Value::Array(
            nodes.filter_map(|(n, raw)| self.node(raw, &format!("{path}[{n}]"), depth + 1, problems)).collect(),
        ))
    }

    fn object(&self, text: &'a str, path: &str, depth: usize, problems: &mut Problems) -> Option<Value<'a>> {
        let RawMembers(raw_members) = self.parse(text, path, problems)?;
        let mut members: Vec<Member<'a>> = Vec::with_capacity(raw_members.len());
        for (raw_name, raw) in raw_members {
            let line = self.line(raw_name.get());
            let Some(name) = self.parse::<String>(raw_name.get(), path, problems) else { continue };
            let path = join(path, &name);
            match members.iter().find(|member| member.name == name) {
                Some(first) => problems.refuse(&path, line, Problem::Duplicate { first: first.line }),
                None => {
                    if let Some(node) = self.node(raw, &path, depth + 1, problems) {
                        members.push(Member { name, line, node });
                    }
                }
            }
        }
        Some(Value::Object(members))
    }

    fn parse<T: serde::Deserialize<'a>>(&self, text: &'a str, path: &str, problems: &mut Problems) -> Option<T> {
        match serde_json::from_str(text) {
            Ok(value) => Some(value),
            Err(error) => {
                problems.refuse(path, self.line(text) + error.line().saturating_sub(1), Problem::syntax(&error));
                None
            }
        }
    }

    /// The line of a part of the source.
    fn line(&self, part: &str) -> usize {
        // A part borrowed from the source begins this many octets after it.
        let offset = (part.as_ptr() as usize).saturating_sub(self.source.as_ptr() as usize);
        self.line_starts.partition_point(|&start| start <= offset)
    }
}

fn line_starts(source: &str) -> Vec<usize> {
    std::iter::once(0).chain(source.match_indices('\n').map(|(offset, _)| offset + 1)).collect()
}

/// `authority` and `claims` make `authority.claims`; a name that would be misread is quoted.
pub(super) fn join(path: &str, name: &str) -> String {
    let plain = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    match (path, plain) {
        ("", true) => name.to_owned(),
        (_, true) => format!("{path}.{name}"),
        (_, false) => format!("{path}[{name:?}]"),
    }
}

/// The members of an object in the order of the file, doubled ones included.
struct RawMembers<'a>(Vec<(&'a RawValue, &'a RawValue)>);

impl<'de> serde::Deserialize<'de> for RawMembers<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;

        impl<'de> Visitor<'de> for Members {
            type Value = RawMembers<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    if members.len() == MEMBERS {
                        return Err(A::Error::custom("more members than any configuration has"));
                    }
                    members.push(member);
                }
                Ok(RawMembers(members))
            }
        }

        deserializer.deserialize_map(Members)
    }
}

// Looking for a doubled member compares each with all before it.
const MEMBERS: usize = 4_096;
