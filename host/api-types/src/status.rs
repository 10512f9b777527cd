//! What a monitor asks for.

use serde::{Deserialize, Serialize};

/// Answer of `GET /health` and `GET /ready`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct HealthResponse {
    /// `ok`: the server answers. Anything else is a [`Problem`](crate::Problem).
    pub status: String,
}

impl HealthResponse {
    /// All is well.
    pub fn ok() -> Self {
        Self { status: "ok".to_owned() }
    }
}

/// Answer of `GET /version`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct VersionResponse {
    /// `<major>.<minor>.<patch>` of the CA.
    pub version: String,
    /// The CA serves nobody without a client certificate. Left out when false.
    #[serde(default, rename = "requireClientAuthentication", skip_serializing_if = "std::ops::Not::not")]
    pub require_client_authentication: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn client_authentication_is_mentioned_only_when_it_is_required() {
        let mut version = VersionResponse { version: "0.1.0".into(), require_client_authentication: false };
        assert_eq!(serde_json::to_string(&version).unwrap(), r#"{"version":"0.1.0"}"#);
        version.require_client_authentication = true;
        assert_eq!(
            serde_json::to_string(&version).unwrap(),
            r#"{"version":"0.1.0","requireClientAuthentication":true}"#
        );
    }
}
