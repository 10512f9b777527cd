//! `ca.json` as this program edits it: the list of provisioners is read, everything else is carried over.
//!
//! Members keep their order and their spelling, known or not. What the configuration means is the CA's to know, which
//! says so when it loads it.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, MapAccess, Visitor},
    ser::SerializeMap as _,
};
use serde_json::value::{RawValue, to_raw_value};

use crate::{files, json_layout};

/// A configuration file and its provisioners.
pub(crate) struct CaJson {
    path: PathBuf,
    members: Members,
    authority: Members,
    provisioners: Vec<Box<RawValue>>,
}

impl CaJson {
    pub(crate) fn read(path: &Path) -> anyhow::Result<Self> {
        let bytes = files::read(path)?;
        let failed = || format!("error parsing {}", path.display());
        let members: Members = serde_json::from_slice(&bytes).with_context(failed)?;
        let authority: Members = members.read("authority").with_context(failed)?.unwrap_or_default();
        let provisioners = authority.read("provisioners").with_context(failed)?.unwrap_or_default();
        Ok(Self { path: path.to_owned(), members, authority, provisioners })
    }

    /// The provisioners, as far as their form is known.
    pub(crate) fn identities(&self) -> impl Iterator<Item = Identity> {
        self.provisioners.iter().map(|entry| serde_json::from_str(entry.get()).unwrap_or_default())
    }

    /// Puts a provisioner at the end of the list.
    pub(crate) fn add(&mut self, provisioner: &impl Serialize) -> serde_json::Result<()> {
        self.provisioners.push(to_raw_value(provisioner)?);
        Ok(())
    }

    /// Takes out those for which `unwanted` is true, and tells how many there were.
    pub(crate) fn remove(&mut self, unwanted: impl Fn(&Identity) -> bool) -> usize {
        let before = self.provisioners.len();
        self.provisioners.retain(|entry| !unwanted(&serde_json::from_str(entry.get()).unwrap_or_default()));
        before - self.provisioners.len()
    }

    /// Changes those for which `wanted` is true, and tells how many there were.
    pub(crate) fn update(
        &mut self,
        wanted: impl Fn(&Identity) -> bool,
        mut change: impl FnMut(&mut Members) -> anyhow::Result<()>,
    ) -> anyhow::Result<usize> {
        let mut count = 0;
        for entry in &mut self.provisioners {
            if wanted(&serde_json::from_str(entry.get()).unwrap_or_default()) {
                let mut members: Members = serde_json::from_str(entry.get())?;
                change(&mut members)?;
                *entry = to_raw_value(&members)?;
                count += 1;
            }
        }
        Ok(count)
    }

    /// Replaces the file, as Go writes it with tabs.
    pub(crate) fn save(mut self) -> anyhow::Result<()> {
        self.authority.set("provisioners", to_raw_value(&self.provisioners)?);
        self.members.set("authority", to_raw_value(&self.authority)?);
        let text = json_layout::indented(&serde_json::to_string(&self.members)?, "\t");
        let text = json_layout::without_markup(&text) + "\n";
        steppath::replace(&self.path, text.as_bytes())?;
        Ok(())
    }
}

/// Which provisioner an entry is: its name, and the name of its key.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Identity {
    pub(crate) name: String,
    key: Option<KeyName>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct KeyName {
    kid: String,
}

impl Identity {
    /// The name of its key; empty when it has none.
    pub(crate) fn kid(&self) -> &str {
        self.key.as_ref().map_or("", |key| &key.kid)
    }
}

/// The members of an object in their order, each value as it was written.
#[derive(Default)]
pub(crate) struct Members(Vec<(String, Box<RawValue>)>);

impl Members {
    /// The members of something that is written as an object.
    pub(crate) fn of(value: &impl Serialize) -> serde_json::Result<Self> {
        serde_json::from_str(&serde_json::to_string(value)?)
    }

    /// A member's value; none when it is absent or `null`.
    pub(crate) fn read<'a, T: Deserialize<'a>>(&'a self, name: &str) -> serde_json::Result<Option<T>> {
        match self.0.iter().find(|(known, _)| known == name) {
            Some((_, value)) => serde_json::from_str(value.get()),
            None => Ok(None),
        }
    }

    /// Gives a member a value: in its place, or at the end.
    pub(crate) fn set(&mut self, name: &str, value: Box<RawValue>) {
        match self.0.iter_mut().find(|(known, _)| known == name) {
            Some((_, old)) => *old = value,
            None => self.0.push((name.to_owned(), value)),
        }
    }

    /// Takes a member out.
    pub(crate) fn unset(&mut self, name: &str) {
        self.0.retain(|(known, _)| known != name);
    }

    /// Whether there is no member.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;

        impl<'de> Visitor<'de> for InOrder {
            type Value = Members;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members: Vec<(String, Box<RawValue>)> = Vec::new();
                while let Some((name, value)) = map.next_entry::<String, _>()? {
                    // Which of two would count is not ours to decide.
                    if members.iter().any(|(known, _)| *known == name) {
                        return Err(de::Error::custom(format_args!("the member \"{name}\" is there twice")));
                    }
                    members.push((name, value));
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(InOrder)
    }
}

impl Serialize for Members {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_but_the_list_stays_as_it_was() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("ca.json");
        let text = r#"{"z":1.50,"unknown":{"b":"a < b","a":null},"authority":{"x":[],"provisioners":[{"name":"one","more":1e3},{"name":"two","key":{"kid":"k"}}],"claims":{}},"a":true}"#;
        std::fs::write(&path, text).expect("writable");
        let mut ca = CaJson::read(&path).expect("read");
        assert_eq!(ca.identities().map(|one| one.name).collect::<Vec<_>>(), ["one", "two"]);
        assert_eq!(ca.remove(|one| one.kid() == "k"), 1);
        ca.add(&serde_json::json!({"name": "three"})).expect("JSON");
        ca.save().expect("saved");
        let saved = std::fs::read_to_string(&path).expect("readable");
        let expected =
            text.replace(r#"{"name":"two","key":{"kid":"k"}}"#, r#"{"name":"three"}"#).replace('<', "\\u003c");
        assert_eq!(json_layout::compact(&saved), expected);
        assert!(
            saved.starts_with("{\n\t\"z\": 1.50,\n\t\"unknown\": {\n\t\t\"b\"") && saved.ends_with("}\n"),
            "{saved}"
        );
    }

    #[test]
    fn a_file_without_provisioners_gets_a_list() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("ca.json");
        for text in ["{}", r#"{"authority":null}"#, r#"{"authority":{"provisioners":null}}"#] {
            std::fs::write(&path, text).expect("writable");
            let mut ca = CaJson::read(&path).expect(text);
            ca.add(&serde_json::json!({"name": "one"})).expect("JSON");
            ca.save().expect("saved");
            let saved = std::fs::read_to_string(&path).expect("readable");
            assert_eq!(json_layout::compact(&saved), r#"{"authority":{"provisioners":[{"name":"one"}]}}"#);
        }
    }

    #[test]
    fn what_cannot_be_read_is_left_alone() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("ca.json");
        for text in ["", "[]", "{", r#"{"authority":7}"#, r#"{"authority":{},"authority":{}}"#] {
            std::fs::write(&path, text).expect("writable");
            assert!(CaJson::read(&path).is_err(), "{text}");
        }
    }
}
