//! Go writes an empty list as `null` and leaves an empty member out; both read as the empty value.

use serde::{Deserialize, Deserializer};

/// Reads `null` as the default. Put it beside `#[serde(default)]`, which covers the member that is missing.
pub(crate) fn null_as_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}
