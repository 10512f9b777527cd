//! Certificates the CA publishes.

use serde::{Deserialize, Serialize};

use crate::nullable::null_as_default;

/// Answer of `GET /root/{sha256}`: one root certificate.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct RootResponse {
    /// The certificate, PEM. Whoever asked compares its fingerprint: the connection was not verified.
    pub ca: String,
}

/// Answer of `GET /roots`, `/federation` and `/intermediates`.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct RootsResponse {
    /// The certificates, PEM each. Written as `[]` when there is none; `null` is read as none.
    #[serde(default, deserialize_with = "null_as_default")]
    pub crts: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_certificates_are_written_as_an_empty_list_and_read_from_null() {
        assert_eq!(serde_json::to_string(&RootsResponse::default()).unwrap(), r#"{"crts":[]}"#);
        for text in [r#"{"crts":null}"#, r#"{"crts":[]}"#, "{}"] {
            assert_eq!(serde_json::from_str::<RootsResponse>(text).unwrap(), RootsResponse::default(), "{text}");
        }
    }
}
