//! Asking for the same certificate with another key.

use std::fmt;

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{IgnoredAny, MapAccess, Visitor},
};

use crate::member::{Name, Once};

/// Body of `POST /rekey`. Read as a [`SignRequest`](crate::SignRequest) is.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
pub struct RekeyRequest {
    /// PKCS #10 certification request (RFC 2986), PEM, of which only the key is used; empty when missing.
    pub csr: String,
}

impl<'de> Deserialize<'de> for RekeyRequest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(RekeyRequestVisitor)
    }
}

struct RekeyRequestVisitor;

impl<'de> Visitor<'de> for RekeyRequestVisitor {
    type Value = RekeyRequest;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a rekey request")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<RekeyRequest, A::Error> {
        let mut csr = Once::new("csr");
        while let Some(Name(name)) = members.next_key()? {
            if name.eq_ignore_ascii_case("csr") {
                csr.read(&mut members)?;
            } else {
                members.next_value::<IgnoredAny>()?;
            }
        }
        Ok(RekeyRequest { csr: csr.value.unwrap_or_default() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_read_as_go_reads_it() {
        for (json, csr) in [(r#"{"csr":"PEM"}"#, "PEM"), (r#"{"CSR":"PEM","x":1}"#, "PEM"), (r#"{"csr":null}"#, "")] {
            assert_eq!(serde_json::from_str::<RekeyRequest>(json).unwrap().csr, csr, "{json}");
        }
        for json in [r#"{"csr":"a","csr":"a"}"#, r#"{"csr":1}"#, "[]", "null", r#""csr""#] {
            assert!(serde_json::from_str::<RekeyRequest>(json).is_err(), "{json}");
        }
    }
}
