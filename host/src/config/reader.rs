//! Takes a tree apart, member by member, and notes every problem on the way.
//!
//! Each function answers `None` after it has noted what is wrong, so a caller reads on and finds the rest.

use std::path::{Component, Path, PathBuf};

use go_duration::GoDuration;

use super::{
    document::{Member, Node, Value, join},
    error::Problems,
    problem::{Notice, Problem},
    suggest,
};

/// A value, and the path that leads to it.
#[derive(Clone)]
pub(super) struct Field<'t> {
    pub(super) path: String,
    pub(super) line: usize,
    pub(super) node: &'t Node<'t>,
}

impl<'t> Field<'t> {
    pub(super) fn root(node: &'t Node<'t>) -> Self {
        Self { path: String::new(), line: node.line, node }
    }

    pub(super) fn refuse<T>(&self, problem: Problem, problems: &mut Problems) -> Option<T> {
        problems.refuse(&self.path, self.line, problem);
        None
    }

    pub(super) fn warn(&self, notice: Notice, problems: &mut Problems) {
        problems.warn(&self.path, self.line, notice);
    }

    fn wrong_type<T>(&self, want: &'static str, problems: &mut Problems) -> Option<T> {
        self.refuse(Problem::WrongType { want, got: self.node.value.kind() }, problems)
    }

    pub(super) fn is_string(&self) -> bool {
        matches!(self.node.value, Value::String(_))
    }

    pub(super) fn is_bool(&self) -> bool {
        matches!(self.node.value, Value::Bool(_))
    }

    pub(super) fn string(&self, problems: &mut Problems) -> Option<&'t str> {
        match &self.node.value {
            Value::String(text) => Some(text),
            _ => self.wrong_type("a string", problems),
        }
    }

    pub(super) fn bool(&self, problems: &mut Problems) -> Option<bool> {
        match self.node.value {
            Value::Bool(flag) => Some(flag),
            _ => self.wrong_type("a boolean", problems),
        }
    }

    /// The number as it is written.
    pub(super) fn number(&self, problems: &mut Problems) -> Option<&'t str> {
        match self.node.value {
            Value::Number(text) => Some(text),
            _ => self.wrong_type("a number", problems),
        }
    }

    /// A whole number within bounds, both included.
    pub(super) fn integer(&self, least: u64, most: u64, problems: &mut Problems) -> Option<u64> {
        let text = self.number(problems)?;
        match text.parse() {
            Ok(number) if (least..=most).contains(&number) => Some(number),
            _ => self.refuse(Problem::Number { got: text.to_owned(), least, most }, problems),
        }
    }

    /// A Go duration that is not negative.
    pub(super) fn duration(&self, problems: &mut Problems) -> Option<GoDuration> {
        let text = self.string(problems)?;
        match text.parse::<GoDuration>() {
            Ok(duration) if duration < GoDuration::ZERO => self.refuse(Problem::DurationNegative(duration), problems),
            Ok(duration) => Some(duration),
            Err(_) => self.refuse(Problem::Duration(text.to_owned()), problems),
        }
    }

    /// A path without `..`; not empty.
    pub(super) fn path(&self, what: &'static str, problems: &mut Problems) -> Option<PathBuf> {
        let text = self.string(problems)?;
        let path = Path::new(text);
        if text.is_empty() {
            return self.refuse(Problem::Empty { what, right: "write the path of a file" }, problems);
        }
        if path.components().any(|component| component == Component::ParentDir) {
            return self.refuse(Problem::ParentSegment(text.to_owned()), problems);
        }
        Some(path.to_owned())
    }

    pub(super) fn array(&self, problems: &mut Problems) -> Option<Vec<Field<'t>>> {
        match &self.node.value {
            Value::Array(nodes) => Some(
                nodes
                    .iter()
                    .enumerate()
                    .map(|(n, node)| Field { path: format!("{}[{n}]", self.path), line: node.line, node })
                    .collect(),
            ),
            _ => self.wrong_type("an array", problems),
        }
    }

    pub(super) fn object(&self, problems: &mut Problems) -> Option<Object<'t>> {
        match &self.node.value {
            Value::Object(members) => {
                Some(Object { path: self.path.clone(), line: self.line, members, known: Vec::new() })
            }
            _ => self.wrong_type("an object", problems),
        }
    }
}

/// The members of an object; those that are asked for are known.
pub(super) struct Object<'t> {
    pub(super) path: String,
    pub(super) line: usize,
    members: &'t [Member<'t>],
    known: Vec<&'static str>,
}

impl<'t> Object<'t> {
    /// The member of that name; `null` counts as absent, as in Go.
    pub(super) fn take(&mut self, name: &'static str) -> Option<Field<'t>> {
        self.known.push(name);
        let member = self.members.iter().find(|member| member.name == name)?;
        (!matches!(member.node.value, Value::Null)).then(|| self.field(member))
    }

    /// Accepts a member that another version writes and this one does not use.
    pub(super) fn no_effect(&mut self, name: &'static str, why: &'static str, problems: &mut Problems) {
        if let Some(field) = self.take(name) {
            field.warn(Notice::NoEffect(why), problems);
        }
    }

    /// Every member, for an object whose names are data.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&'t str, Field<'t>)> {
        self.members.iter().map(|member| (member.name.as_str(), self.field(member)))
    }

    /// Members that were not asked for.
    pub(super) fn others(&self) -> impl Iterator<Item = (&'t str, Field<'t>)> {
        self.entries().filter(|(name, _)| !self.known.contains(name))
    }

    /// Refuses what was not asked for, and suggests what was.
    pub(super) fn finish(self, problems: &mut Problems) {
        for (name, field) in self.others() {
            let suggestion = suggest::nearest(name, self.known.iter().copied());
            field.refuse::<()>(Problem::UnknownMember { suggestion }, problems);
        }
    }

    pub(super) fn refuse<T>(&self, name: &str, problem: Problem, problems: &mut Problems) -> Option<T> {
        problems.refuse(&join(&self.path, name), self.line, problem);
        None
    }

    fn field(&self, member: &'t Member<'t>) -> Field<'t> {
        Field { path: join(&self.path, &member.name), line: member.line, node: &member.node }
    }
}
