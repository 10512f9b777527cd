//! Reading an object as Go does: letter case of names does not matter, strangers are passed over, `null` is nothing. What
//! Go does not do: a member that comes twice is refused.

use std::borrow::Cow;

use serde::{
    Deserialize,
    de::{self, MapAccess},
};

/// A member name, borrowed from the text where it has no escapes.
#[derive(Deserialize)]
pub(crate) struct Name<'a>(#[serde(borrow)] pub(crate) Cow<'a, str>);

/// A member that may come once.
pub(crate) struct Once<T> {
    name: &'static str,
    seen: bool,
    pub(crate) value: Option<T>,
}

impl<T> Once<T> {
    pub(crate) fn new(name: &'static str) -> Self {
        Self { name, seen: false, value: None }
    }

    pub(crate) fn read<'de, A: MapAccess<'de>>(&mut self, members: &mut A) -> Result<(), A::Error>
    where
        T: Deserialize<'de>,
    {
        if std::mem::replace(&mut self.seen, true) {
            return Err(de::Error::duplicate_field(self.name));
        }
        let name = self.name;
        self.value = members.next_value().map_err(|error| de::Error::custom(format_args!("{name}: {error}")))?;
        Ok(())
    }
}
