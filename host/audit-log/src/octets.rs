//! Octets as hexadecimal digits in JSON.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, Serializer, de};

pub(crate) fn serialize<S: Serializer>(octets: &impl AsRef<[u8]>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&hex::encode(octets))
}

pub(crate) fn deserialize<'de, T: TryFrom<Vec<u8>>, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    let octets = hex::decode(&*Cow::<'de, str>::deserialize(deserializer)?).map_err(de::Error::custom)?;
    octets.try_into().map_err(|_| de::Error::custom("not that many octets"))
}
