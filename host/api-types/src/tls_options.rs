//! TLS parameters the CA recommends to the holders of its certificates.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::nullable::null_as_default;

/// `tlsOptions` of a [`SignResponse`](crate::SignResponse), in the shape of the `tls` object of `ca.json`.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TlsOptions {
    /// Suites by Go's names. ChaCha20 suites end in `POLY1305` in 2019 and in `POLY1305_SHA256` today; readers take
    /// both, and pass over names they do not know.
    #[serde(deserialize_with = "null_as_default")]
    pub cipher_suites: Vec<String>,
    /// Lowest version.
    pub min_version: TlsVersion,
    /// Highest version; clients of 2019 know none above 1.2.
    pub max_version: TlsVersion,
    /// TLS 1.2 renegotiation. Ours is always false.
    pub renegotiation: bool,
}

/// A TLS version, a number such as `1.2` in JSON.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub enum TlsVersion {
    /// The library's choice; `0`, or a number that names no version.
    #[default]
    Unspecified,
    /// RFC 2246.
    V1_0,
    /// RFC 4346.
    V1_1,
    /// RFC 5246.
    V1_2,
    /// RFC 8446.
    V1_3,
}

impl TlsVersion {
    const NUMBERS: [(Self, f64); 4] = [(Self::V1_0, 1.0), (Self::V1_1, 1.1), (Self::V1_2, 1.2), (Self::V1_3, 1.3)];
}

impl From<f64> for TlsVersion {
    fn from(number: f64) -> Self {
        Self::NUMBERS.iter().find(|(_, known)| *known == number).map_or(Self::Unspecified, |(version, _)| *version)
    }
}

impl Serialize for TlsVersion {
    /// As Go prints such a number: `1.2`, but `1` and `0` without a point.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Unspecified => serializer.serialize_u8(0),
            Self::V1_0 => serializer.serialize_u8(1),
            Self::V1_1 => serializer.serialize_f64(1.1),
            Self::V1_2 => serializer.serialize_f64(1.2),
            Self::V1_3 => serializer.serialize_f64(1.3),
        }
    }
}

impl<'de> Deserialize<'de> for TlsVersion {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        f64::deserialize(deserializer).map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_written_as_go_writes_them() {
        let options = TlsOptions {
            cipher_suites: vec!["TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305".into()],
            min_version: TlsVersion::V1_2,
            max_version: TlsVersion::V1_2,
            renegotiation: false,
        };
        let text = concat!(
            r#"{"cipherSuites":["TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305"],"#,
            r#""minVersion":1.2,"maxVersion":1.2,"renegotiation":false}"#
        );
        assert_eq!(serde_json::to_string(&options).unwrap(), text);
        assert_eq!(serde_json::from_str::<TlsOptions>(text).unwrap(), options);
    }

    #[test]
    fn every_version_survives_and_an_unknown_number_is_no_version() {
        for (version, _) in TlsVersion::NUMBERS {
            let text = serde_json::to_string(&version).unwrap();
            assert_eq!(serde_json::from_str::<TlsVersion>(&text).unwrap(), version, "{text}");
        }
        assert_eq!(serde_json::to_string(&TlsVersion::V1_0).unwrap(), "1");
        for text in ["0", "1.7", "-3", "13"] {
            assert_eq!(serde_json::from_str::<TlsVersion>(text).unwrap(), TlsVersion::Unspecified, "{text}");
        }
    }
}
