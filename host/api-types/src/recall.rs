//! Taking back what a policy module let be issued.

use serde::{Deserialize, Serialize};

use crate::{CertificateEntry, nullable};

/// Body of `POST /admin/recalls/{sha256}`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RecallRequest {
    /// What is to be done.
    pub action: RecallAction,
    /// With [`RecallAction::Revoke`]: why, as RFC 5280 §5.3.1 counts; `privilegeWithdrawn` when it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason_code: Option<u8>,
    /// Why, for people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// With [`RecallAction::Revoke`]: where to go on, as the answer before said; empty at the beginning.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub cursor: String,
}

/// What is done about a module.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RecallAction {
    /// What it had a say in is not renewed from then on.
    Block,
    /// It is again.
    Lift,
    /// The same as [`RecallAction::Block`], and a page of what it had a say in is revoked.
    Revoke,
}

/// Answer of `GET /admin/recalls/{sha256}`, a page of what may still be used, newest first; and of the `POST`, a page of
/// what has been revoked.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RecallPage {
    /// Certificates that the module had a say in, or that go back to one; may be none although there are more to come.
    #[serde(deserialize_with = "nullable::null_as_default")]
    pub certificates: Vec<CertificateEntry>,
    /// Where the next page begins; empty after the last.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub next_cursor: String,
    /// The recall in force, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recall: Option<RecallEntry>,
    /// Names of the policies of the configuration in force that still are this module.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub in_use: Vec<String>,
}

/// A recall in force.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RecallEntry {
    /// Since when, RFC 3339 in UTC.
    pub recalled_at: String,
    /// Who has done it.
    pub recalled_by: String,
    /// Why, for people.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_that_is_not_understood_is_none() {
        let order: RecallRequest = serde_json::from_str(r#"{"action":"block"}"#).unwrap();
        assert_eq!((order.action, order.reason_code), (RecallAction::Block, None));
        for wrong in ["{}", r#"{"action":"Block"}"#, r#"{"action":"block","dryRun":true}"#] {
            assert!(serde_json::from_str::<RecallRequest>(wrong).is_err(), "{wrong}");
        }
    }
}
