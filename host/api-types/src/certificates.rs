//! What is told of certificates on record.

use serde::{Deserialize, Serialize};

use crate::nullable;

/// Answer of `GET /admin/certs`: one page, newest certificates first.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CertificatesPage {
    /// May be fewer than asked for, even none, although there are more to come.
    #[serde(default, deserialize_with = "nullable::null_as_default")]
    pub certificates: Vec<CertificateEntry>,
    /// Where the next page begins; empty after the last.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub next_cursor: String,
}

/// Answer of `GET /admin/certs/{serial}`, and an element of a [`CertificatesPage`]. Times are RFC 3339 in UTC.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CertificateEntry {
    /// Serial number, decimal.
    pub serial: String,
    /// `live`, `expired` or `revoked`.
    pub status: String,
    /// Who the credential said the client is.
    pub subject: String,
    /// Subject alternative names.
    pub names: Vec<String>,
    /// Name of the provisioner that authorized it; empty for a certificate of the CA itself.
    pub provisioner: String,
    /// What identified the credential's key, such as a `kid`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub credential_id: String,
    /// Start of its validity.
    pub not_before: String,
    /// End of its validity.
    pub not_after: String,
    /// When it was decided to issue it.
    pub issued_at: String,
    /// How it came about: `sign`, `renew`, `rekey` or `finalize`.
    pub operation: String,
    /// When its names were first certified, over all renewals.
    pub first_issued: String,
    /// How many renewals lie between the first certificate and this one.
    pub renewals: u32,
    /// Serial number of the certificate it replaces, decimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous: Option<String>,
    /// Identifies the decision in the audit log.
    pub decision_id: String,
    /// Identifies the request in the request log.
    pub request_id: String,
    /// Address the request came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peer: Option<String>,
    /// The policy modules that decided.
    pub modules: Vec<ModuleEntry>,
    /// SHA-256 of the certificate, hexadecimal.
    pub fingerprint: String,
    /// How it was revoked, if it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revocation: Option<RevocationEntry>,
    /// The certificate, PEM; in a list only when it was asked for.
    #[serde(rename = "crt", skip_serializing_if = "String::is_empty")]
    pub pem: String,
}

/// A policy module that took part in a decision.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default)]
pub struct ModuleEntry {
    /// As `ca.json` names it.
    pub name: String,
    /// SHA-256 of its file, hexadecimal.
    pub sha256: String,
}

/// How a certificate was revoked.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RevocationEntry {
    /// Since when.
    pub revoked_at: String,
    /// Why, in one word (RFC 5280 §5.3.1).
    pub reason: String,
    /// Why, for people.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason_text: String,
    /// Name of the provisioner whose token it was; empty when the certificate spoke for itself.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub provisioner: String,
    /// Who the credential said the client is.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub revoked_by: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_is_left_out_and_read_as_nothing() {
        let entry = CertificateEntry { serial: "7".to_owned(), status: "live".to_owned(), ..Default::default() };
        let json = serde_json::to_string(&entry).unwrap();
        assert!(json.starts_with(r#"{"serial":"7","status":"live","subject":"""#), "{json}");
        for absent in ["revocation", "previous", "peer", "crt", "credentialId"] {
            assert!(!json.contains(absent), "{absent} is in {json}");
        }
        assert_eq!(serde_json::from_str::<CertificateEntry>(&json).unwrap(), entry);
        let page: CertificatesPage = serde_json::from_str(r#"{"certificates":null}"#).unwrap();
        assert_eq!((page.certificates.len(), page.next_cursor.as_str()), (0, ""));
    }
}
