//! What the CA tells everyone about its provisioners.

use go_duration::GoDuration;
use serde::{Deserialize, Serialize};

use crate::nullable::null_as_default;

/// Answer of `GET /provisioners`: one page of the list.
///
/// `Entry` is [`Provisioner`] for whoever reads a page; the server writes pages of borrowed entries.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", bound(deserialize = "Entry: Deserialize<'de>"))]
pub struct ProvisionersPage<Entry = Provisioner> {
    /// In the order of the configuration. Written as `[]` when empty; servers of 2019 write `null`.
    #[serde(default, deserialize_with = "null_as_default")]
    pub provisioners: Vec<Entry>,
    /// Where the next page begins; `""` on the last page.
    #[serde(default)]
    pub next_cursor: String,
}

/// One provisioner. Members are left out when empty.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Provisioner {
    /// What a token names as `iss`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// As the configuration spells it, `JWK` or `jwk`; compared without regard to case.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub r#type: String,
    /// The key its tokens are signed with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<PublicJwk>,
    /// The private half of `key`, password-encrypted: a compact JWE, published to everyone.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub encrypted_key: String,
    /// Client of the identity provider whose tokens it takes, for type `OIDC`.
    #[serde(rename = "clientID", skip_serializing_if = "String::is_empty")]
    pub client_id: String,
    /// The secret of a client that is a program on many machines: known to everyone (RFC 8252 §8.5).
    #[serde(skip_serializing_if = "String::is_empty")]
    pub client_secret: String,
    /// Where the identity provider says what it is (OpenID Connect Discovery 1.0 §4).
    #[serde(skip_serializing_if = "String::is_empty")]
    pub configuration_endpoint: String,
    /// Where browsers come back to, `:<port>`, when the identity provider accepts one place only.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub listen_address: String,
    /// What the identity provider is asked for, when that is not `openid` and `email`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub scopes: Vec<String>,
    /// Bounds on the certificates it may ask for. The server always writes it, `{}` when there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub claims: Option<ProvisionerClaims>,
    /// The modules that decide about its certificates, in the order they are asked; for those who ask with
    /// `policies=true`. Ours: upstream has no such member.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub policies: Vec<ProvisionerPolicy>,
}

/// A module that decides about the certificates of a provisioner.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ProvisionerPolicy {
    /// As `ca.json` calls it.
    pub name: String,
    /// SHA-256 of the module's file, in hexadecimal.
    pub sha256: String,
    /// `shadow` for one whose word does not count.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub mode: String,
    /// Of a hundred subjects, for how many its word counts, when not for all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub canary: Option<u8>,
    /// The members of `grants` in `ca.json`, without what is in them: that is nobody's business.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub grants: Vec<String>,
}

/// A public JSON Web Key (RFC 7517 §4, RFC 7518 §6) in the member order of `ca.json`.
///
/// There is no room for a private or symmetric member: one that was put into the configuration by mistake is not
/// repeated.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default)]
pub struct PublicJwk {
    /// `sig` or `enc`.
    #[serde(rename = "use", skip_serializing_if = "String::is_empty")]
    pub public_key_use: String,
    /// `EC`, `RSA` or `OKP`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub kty: String,
    /// Identifier, by which tokens name the key.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub kid: String,
    /// `P-256`, `P-384`, `P-521` or `Ed25519`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub crv: String,
    /// The algorithm the key is for.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub alg: String,
    /// EC coordinate or Edwards point, base64url.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub x: String,
    /// EC coordinate, base64url.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub y: String,
    /// RSA modulus, base64url.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub n: String,
    /// RSA exponent, base64url.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub e: String,
    /// Certificate chain, base64 DER each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub x5c: Vec<String>,
}

/// Bounds on certificates, as the configuration has them.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default)]
pub struct ProvisionerClaims {
    /// Shortest life of a certificate.
    #[serde(rename = "minTLSCertDuration", skip_serializing_if = "Option::is_none")]
    pub min_tls_cert_duration: Option<GoDuration>,
    /// Longest life of a certificate.
    #[serde(rename = "maxTLSCertDuration", skip_serializing_if = "Option::is_none")]
    pub max_tls_cert_duration: Option<GoDuration>,
    /// Life of a certificate whose request asks for none.
    #[serde(rename = "defaultTLSCertDuration", skip_serializing_if = "Option::is_none")]
    pub default_tls_cert_duration: Option<GoDuration>,
    /// Certificates end when they end.
    #[serde(rename = "disableRenewal", skip_serializing_if = "Option::is_none")]
    pub disable_renewal: Option<bool>,
}

/// Answer of `GET /provisioners/{kid}/encrypted-key`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct EncryptedKeyResponse {
    /// Compact JWE holding the private JWK (RFC 7516 §3.1, RFC 7517 §7).
    pub key: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_has_its_members_in_upstreams_order() {
        let text = concat!(
            r#"{"name":"you@example.com","type":"JWK","key":{"use":"sig","kty":"EC","kid":"k1","crv":"P-256","alg":"ES256","#,
            r#""x":"AQ","y":"Ag"},"encryptedKey":"a.b.c.d.e","claims":{"maxTLSCertDuration":"24h0m0s","disableRenewal":false}}"#
        );
        let provisioner: Provisioner = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&provisioner).unwrap(), text);
    }

    #[test]
    fn an_identity_provider_is_called_by_upstreams_names() {
        let text = concat!(
            r#"{"name":"people","type":"OIDC","clientID":"step","clientSecret":"known","#,
            r#""configurationEndpoint":"https://idp/.well-known/openid-configuration","listenAddress":":10000","#,
            r#""scopes":["openid"],"claims":{}}"#
        );
        let provisioner: Provisioner = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&provisioner).unwrap(), text);
    }

    #[test]
    fn a_private_member_is_not_repeated() {
        let jwk: PublicJwk =
            serde_json::from_str(r#"{"kty":"EC","crv":"P-256","x":"AQ","y":"Ag","d":"Aw","k":"BA"}"#).unwrap();
        assert_eq!(serde_json::to_string(&jwk).unwrap(), r#"{"kty":"EC","crv":"P-256","x":"AQ","y":"Ag"}"#);
    }

    #[test]
    fn durations_are_written_as_go_writes_them() {
        let claims: ProvisionerClaims =
            serde_json::from_str(r#"{"minTLSCertDuration":"24h","enableSSHCA":true}"#).unwrap();
        assert_eq!(serde_json::to_string(&claims).unwrap(), r#"{"minTLSCertDuration":"24h0m0s"}"#);
    }

    #[test]
    fn a_page_of_2019_may_hold_null() {
        let page: ProvisionersPage = serde_json::from_str(r#"{"provisioners":null,"nextCursor":""}"#).unwrap();
        assert_eq!(serde_json::to_string(&page).unwrap(), r#"{"provisioners":[],"nextCursor":""}"#);
    }

    #[test]
    fn entries_of_other_types_are_read_too() {
        let page: ProvisionersPage = serde_json::from_str(
            r#"{"provisioners":[{"type":"ACME","name":"acme","forceCN":true,"options":{}}],"nextCursor":"1"}"#,
        )
        .unwrap();
        assert_eq!(page.provisioners.first().map(|entry| entry.r#type.as_str()), Some("ACME"));
        assert_eq!(page.next_cursor, "1");
    }
}
