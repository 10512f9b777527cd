//! What a key may be used for (RFC 5280 §4.2.1.3, §4.2.1.12) as JSON.

use serde::Serialize;
use x509_parser::extensions::{ExtendedKeyUsage, KeyUsage};

#[derive(Serialize)]
pub(super) struct KeyUsages {
    #[serde(skip_serializing_if = "is_false")]
    digital_signature: bool,
    #[serde(skip_serializing_if = "is_false")]
    content_commitment: bool,
    #[serde(skip_serializing_if = "is_false")]
    key_encipherment: bool,
    #[serde(skip_serializing_if = "is_false")]
    data_encipherment: bool,
    #[serde(skip_serializing_if = "is_false")]
    key_agreement: bool,
    #[serde(skip_serializing_if = "is_false")]
    certificate_sign: bool,
    #[serde(skip_serializing_if = "is_false")]
    crl_sign: bool,
    #[serde(skip_serializing_if = "is_false")]
    encipher_only: bool,
    #[serde(skip_serializing_if = "is_false")]
    decipher_only: bool,
    /// Bit 0 is digitalSignature.
    value: u16,
}

impl KeyUsages {
    pub(super) fn of(usage: &KeyUsage) -> Self {
        Self {
            digital_signature: usage.digital_signature(),
            content_commitment: usage.non_repudiation(),
            key_encipherment: usage.key_encipherment(),
            data_encipherment: usage.data_encipherment(),
            key_agreement: usage.key_agreement(),
            certificate_sign: usage.key_cert_sign(),
            crl_sign: usage.crl_sign(),
            encipher_only: usage.encipher_only(),
            decipher_only: usage.decipher_only(),
            value: usage.flags,
        }
    }
}

#[derive(Serialize)]
pub(super) struct ExtendedKeyUsages {
    #[serde(skip_serializing_if = "is_false")]
    any: bool,
    #[serde(skip_serializing_if = "is_false")]
    server_auth: bool,
    #[serde(skip_serializing_if = "is_false")]
    client_auth: bool,
    #[serde(skip_serializing_if = "is_false")]
    code_signing: bool,
    #[serde(skip_serializing_if = "is_false")]
    email_protection: bool,
    #[serde(skip_serializing_if = "is_false")]
    time_stamping: bool,
    #[serde(skip_serializing_if = "is_false")]
    ocsp_signing: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unknown: Vec<String>,
}

impl ExtendedKeyUsages {
    pub(super) fn of(usage: &ExtendedKeyUsage<'_>) -> Self {
        Self {
            any: usage.any,
            server_auth: usage.server_auth,
            client_auth: usage.client_auth,
            code_signing: usage.code_signing,
            email_protection: usage.email_protection,
            time_stamping: usage.time_stamping,
            ocsp_signing: usage.ocsp_signing,
            unknown: usage.other.iter().map(|oid| oid.to_id_string()).collect(),
        }
    }
}

fn is_false(value: &bool) -> bool {
    !value
}
