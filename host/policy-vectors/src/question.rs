//! A question as a vector puts it, and the same in the words of the contract.
//!
//! A vector names what matters for its case; the rest is an ordinary request. No key and no DER is in it: what a policy
//! reads of those are kinds and names.

use std::collections::BTreeMap;

use policy_runtime::contract::types::{
    Attribute, CertificateInfo, Context, CsrInfo, DistinguishedName, Identity, KeyType, KeyUsage, Operation,
    PublicKeyInfo, RequestedValidity, SubjectAltNames, Validity,
};
use serde::{Deserialize, Deserializer, de::Error as _};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// A second, written as a number since 1970 or as RFC 3339 has it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Time(pub(crate) i64);

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "a time such as \"2026-01-05T10:00:00Z\" or a number of seconds since 1970")]
        enum Written {
            Seconds(i64),
            Text(String),
        }
        match Written::deserialize(deserializer)? {
            Written::Seconds(seconds) => Ok(Self(seconds)),
            Written::Text(text) => match OffsetDateTime::parse(&text, &Rfc3339) {
                Ok(time) => Ok(Self(time.unix_timestamp())),
                Err(_) => Err(D::Error::custom(format!("\"{text}\" is no time such as \"2026-01-05T10:00:00Z\""))),
            },
        }
    }
}

/// `request` of a vector.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Request {
    pub(crate) operation: Asked,
    remote_address: Option<String>,
    attributes: BTreeMap<String, String>,
    identity: WrittenIdentity,
    // what is to be certified
    common_name: Option<String>,
    subject: Vec<WrittenAttribute>,
    dns_names: Vec<String>,
    ip_addresses: Vec<String>,
    email_addresses: Vec<String>,
    uris: Vec<String>,
    key: Key,
    // what was asked, and within which bounds
    not_before: Option<Time>,
    not_after: Option<Time>,
    default_seconds: Option<i64>,
    not_before_bound: Option<Time>,
    not_after_bound: Option<Time>,
    // what there is so far
    drafted: Option<Period>,
    key_usage: Option<Vec<Usage>>,
    ext_key_usage: Vec<String>,
    previous: Option<Period>,
    // a provisioner's
    pub(crate) template_data: Option<serde_json::Value>,
    serial_number: Option<String>,
    pub(crate) reason_code: u8,
    pub(crate) reason: String,
    pub(crate) renewals: u32,
    first_issued: Option<Time>,
}

/// What the client is trying to do.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Asked {
    #[default]
    Sign,
    Renew,
    Rekey,
    Revoke,
    Finalize,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct WrittenIdentity {
    subject: Option<String>,
    credential_id: Option<String>,
    attributes: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenAttribute {
    oid: String,
    value: String,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Period {
    not_before: Time,
    not_after: Time,
}

/// `P-256`, `RSA-2048`, `Ed25519`, or the object identifier of an algorithm.
#[derive(Clone, Debug, Deserialize)]
#[serde(from = "String")]
struct Key(KeyType);

impl Default for Key {
    fn default() -> Self {
        Self(KeyType::Ec("P-256".to_owned()))
    }
}

impl From<String> for Key {
    fn from(name: String) -> Self {
        let bits = name.strip_prefix("RSA-").and_then(|bits| bits.parse().ok());
        Self(match (name.as_str(), bits) {
            (_, Some(bits)) => KeyType::Rsa(bits),
            ("Ed25519", _) => KeyType::Ed25519,
            ("P-256" | "P-384" | "P-521", _) => KeyType::Ec(name),
            _ => KeyType::Other(name),
        })
    }
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Usage {
    DigitalSignature,
    ContentCommitment,
    KeyEncipherment,
    DataEncipherment,
    KeyAgreement,
}

impl Usage {
    fn flag(self) -> KeyUsage {
        match self {
            Self::DigitalSignature => KeyUsage::DIGITAL_SIGNATURE,
            Self::ContentCommitment => KeyUsage::CONTENT_COMMITMENT,
            Self::KeyEncipherment => KeyUsage::KEY_ENCIPHERMENT,
            Self::DataEncipherment => KeyUsage::DATA_ENCIPHERMENT,
            Self::KeyAgreement => KeyUsage::KEY_AGREEMENT,
        }
    }
}

impl Request {
    pub(crate) fn context(&self, now: i64) -> Context {
        Context {
            request_id: "vector".to_owned(),
            now,
            operation: match self.operation {
                Asked::Sign => Operation::Sign,
                Asked::Renew => Operation::Renew,
                Asked::Rekey => Operation::Rekey,
                Asked::Revoke => Operation::Revoke,
                Asked::Finalize => Operation::Finalize,
            },
            remote_address: self.remote_address.clone(),
            client_certificate: None,
            attributes: pairs(&self.attributes),
        }
    }

    pub(crate) fn identity(&self) -> Identity {
        let WrittenIdentity { subject, credential_id, attributes } = &self.identity;
        Identity {
            subject: subject.clone().unwrap_or_else(|| self.subject().common_name),
            credential_id: credential_id.clone().unwrap_or_else(|| "kid".to_owned()),
            attributes: pairs(attributes),
        }
    }

    pub(crate) fn subject(&self) -> DistinguishedName {
        let attribute = |it: &WrittenAttribute| Attribute { oid: it.oid.clone(), value: it.value.clone() };
        DistinguishedName {
            common_name: self.common_name.clone().or_else(|| self.dns_names.first().cloned()).unwrap_or_default(),
            attributes: self.subject.iter().map(attribute).collect(),
        }
    }

    pub(crate) fn subject_alt_names(&self) -> SubjectAltNames {
        SubjectAltNames {
            dns_names: self.dns_names.clone(),
            ip_addresses: self.ip_addresses.clone(),
            email_addresses: self.email_addresses.clone(),
            uris: self.uris.clone(),
        }
    }

    pub(crate) fn public_key(&self) -> PublicKeyInfo {
        PublicKeyInfo { kind: self.key.0.clone(), spki: Vec::new() }
    }

    pub(crate) fn requested(&self) -> RequestedValidity {
        RequestedValidity { not_before: seconds(self.not_before), not_after: seconds(self.not_after) }
    }

    /// In nanoseconds.
    pub(crate) fn default_duration(&self) -> Option<i64> {
        self.default_seconds.map(|seconds| seconds.saturating_mul(1_000_000_000))
    }

    pub(crate) fn bounds(&self) -> (Option<i64>, Option<i64>) {
        (seconds(self.not_before_bound), seconds(self.not_after_bound))
    }

    pub(crate) fn drafted(&self) -> Option<Validity> {
        self.drafted.map(validity)
    }

    pub(crate) fn key_usage(&self) -> KeyUsage {
        match &self.key_usage {
            None => KeyUsage::DIGITAL_SIGNATURE,
            Some(usages) => usages.iter().fold(KeyUsage::empty(), |all, usage| all | usage.flag()),
        }
    }

    pub(crate) fn ext_key_usage(&self) -> Vec<String> {
        self.ext_key_usage.clone()
    }

    pub(crate) fn csr(&self) -> CsrInfo {
        CsrInfo {
            raw: EMPTY_SEQUENCE.to_vec(),
            subject: self.subject(),
            subject_alt_names: self.subject_alt_names(),
            public_key: self.public_key(),
            extensions: Vec::new(),
        }
    }

    /// The certificate a check is shown, when the vector has one.
    pub(crate) fn previous(&self) -> Option<CertificateInfo> {
        self.previous.map(|period| self.certificate(validity(period)))
    }

    /// The certificate a provisioner is asked about: from an hour ago to an hour from now unless said.
    pub(crate) fn renewed(&self, now: i64) -> CertificateInfo {
        let ordinary = Validity { not_before: now.saturating_sub(3_660), not_after: now.saturating_add(3_600) };
        self.certificate(self.previous.map_or(ordinary, validity))
    }

    pub(crate) fn first_issued(&self, now: i64) -> i64 {
        seconds(self.first_issued).unwrap_or(now.saturating_sub(3_600))
    }

    pub(crate) fn serial_number(&self) -> String {
        self.serial_number.clone().unwrap_or_else(|| "77".to_owned())
    }

    fn certificate(&self, validity: Validity) -> CertificateInfo {
        CertificateInfo {
            raw: EMPTY_SEQUENCE.to_vec(),
            serial_number: self.serial_number(),
            issuer: DistinguishedName { common_name: "Intermediate CA".to_owned(), attributes: Vec::new() },
            subject: self.subject(),
            subject_alt_names: self.subject_alt_names(),
            public_key: self.public_key(),
            validity,
            is_ca: false,
            key_usage: self.key_usage(),
            ext_key_usage: self.ext_key_usage(),
            extensions: Vec::new(),
        }
    }
}

/// Stands for the DER of a request or certificate that only exists in a vector.
const EMPTY_SEQUENCE: [u8; 2] = [0x30, 0];

fn pairs(members: &BTreeMap<String, String>) -> Vec<(String, String)> {
    members.iter().map(|(name, value)| (name.clone(), value.clone())).collect()
}

fn seconds(time: Option<Time>) -> Option<i64> {
    time.map(|Time(seconds)| seconds)
}

fn validity(Period { not_before, not_after }: Period) -> Validity {
    Validity { not_before: not_before.0, not_after: not_after.0 }
}
