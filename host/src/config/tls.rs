//! TLS of the listener, which is also the advice given to clients.
//!
//! TLS 1.2 with ECDHE and AEAD, and TLS 1.3, are all there is (RFC 9325), whatever the file lists.

use std::fmt;

use super::{
    error::Problems,
    problem::{Notice, Problem},
    reader::Field,
};

/// What is in force.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TlsConfig {
    /// For TLS 1.2, in the order of preference; TLS 1.3 brings its own.
    pub cipher_suites: Vec<CipherSuite>,
    /// The oldest version offered.
    pub min_version: TlsVersion,
    /// The newest version offered.
    pub max_version: TlsVersion,
    /// Told to clients; the listener never renegotiates.
    pub renegotiation: bool,
}

impl Default for TlsConfig {
    fn default() -> Self {
        Self {
            cipher_suites: CipherSuite::DEFAULT.to_vec(),
            min_version: TlsVersion::Tls12,
            max_version: TlsVersion::Tls12,
            renegotiation: false,
        }
    }
}

/// A version of TLS that is offered.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum TlsVersion {
    /// RFC 5246.
    Tls12,
    /// RFC 8446.
    Tls13,
}

impl TlsConfig {
    /// The same as advice to clients, in names and numbers of the file.
    pub fn options(&self) -> api_types::TlsOptions {
        let version = |version| match version {
            TlsVersion::Tls12 => api_types::TlsVersion::V1_2,
            TlsVersion::Tls13 => api_types::TlsVersion::V1_3,
        };
        api_types::TlsOptions {
            cipher_suites: self.cipher_suites.iter().map(|suite| suite.name().to_owned()).collect(),
            min_version: version(self.min_version),
            max_version: version(self.max_version),
            renegotiation: self.renegotiation,
        }
    }
}

/// A cipher suite of TLS 1.2 that is supported: ECDHE with AEAD.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(missing_docs, reason = "the names are IANA's")]
pub enum CipherSuite {
    EcdheEcdsaAes128GcmSha256,
    EcdheEcdsaAes256GcmSha384,
    EcdheEcdsaChacha20Poly1305,
    EcdheRsaAes128GcmSha256,
    EcdheRsaAes256GcmSha384,
    EcdheRsaChacha20Poly1305,
}

impl CipherSuite {
    const ALL: [Self; 6] = [
        Self::EcdheEcdsaAes128GcmSha256,
        Self::EcdheEcdsaAes256GcmSha384,
        Self::EcdheEcdsaChacha20Poly1305,
        Self::EcdheRsaAes128GcmSha256,
        Self::EcdheRsaAes256GcmSha384,
        Self::EcdheRsaChacha20Poly1305,
    ];

    const DEFAULT: [Self; 3] =
        [Self::EcdheEcdsaChacha20Poly1305, Self::EcdheRsaAes128GcmSha256, Self::EcdheEcdsaAes256GcmSha384];

    /// The name as files of 2019 spell it: without the hash after `POLY1305`.
    pub fn name(self) -> &'static str {
        match self {
            Self::EcdheEcdsaAes128GcmSha256 => "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
            Self::EcdheEcdsaAes256GcmSha384 => "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
            Self::EcdheEcdsaChacha20Poly1305 => "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305",
            Self::EcdheRsaAes128GcmSha256 => "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
            Self::EcdheRsaAes256GcmSha384 => "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
            Self::EcdheRsaChacha20Poly1305 => "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        let of_2019 = name.strip_suffix("_SHA256").filter(|name| name.ends_with("_POLY1305")).unwrap_or(name);
        Self::ALL.into_iter().find(|suite| suite.name() == of_2019)
    }
}

impl fmt::Display for CipherSuite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A version as a file may name it.
#[derive(Clone, Copy, Eq, Ord, PartialEq, PartialOrd)]
enum FileVersion {
    Tls10,
    Tls11,
    Tls12,
    Tls13,
}

impl FileVersion {
    /// Reads a number; zero counts as absent.
    fn read(field: &Field<'_>, problems: &mut Problems) -> Option<Option<Self>> {
        let text = field.number(problems)?;
        match text.parse::<f64>() {
            Ok(0.0) => Some(None),
            Ok(1.0) => Some(Some(Self::Tls10)),
            Ok(1.1) => Some(Some(Self::Tls11)),
            Ok(1.2) => Some(Some(Self::Tls12)),
            Ok(1.3) => Some(Some(Self::Tls13)),
            _ => field.refuse(Problem::TlsVersion(text.to_owned()), problems),
        }
    }

    fn text(self) -> &'static str {
        match self {
            Self::Tls10 => "1.0",
            Self::Tls11 => "1.1",
            Self::Tls12 => "1.2",
            Self::Tls13 => "1.3",
        }
    }

    fn supported(self) -> Option<TlsVersion> {
        match self {
            Self::Tls10 | Self::Tls11 => None,
            Self::Tls12 => Some(TlsVersion::Tls12),
            Self::Tls13 => Some(TlsVersion::Tls13),
        }
    }
}

/// Reads the `tls` object.
pub(super) fn read(field: &Field<'_>, problems: &mut Problems) -> Option<TlsConfig> {
    let mut object = field.object(problems)?;
    let suites = match object.take("cipherSuites") {
        Some(field) => cipher_suites(&field, problems),
        None => Some(CipherSuite::DEFAULT.to_vec()),
    };
    let min = object.take("minVersion");
    let max = object.take("maxVersion");
    let versions = versions(field, min.as_ref(), max.as_ref(), problems);
    let renegotiation = match object.take("renegotiation") {
        Some(field) => field.bool(problems),
        None => Some(false),
    };
    object.finish(problems);
    let (min_version, max_version) = versions?;
    Some(TlsConfig { cipher_suites: suites?, min_version, max_version, renegotiation: renegotiation? })
}

fn cipher_suites(field: &Field<'_>, problems: &mut Problems) -> Option<Vec<CipherSuite>> {
    let names = field.array(problems)?;
    let mut suites = Vec::new();
    for name in &names {
        let text = name.string(problems)?;
        match CipherSuite::from_name(text) {
            Some(suite) if suites.contains(&suite) => {}
            Some(suite) => suites.push(suite),
            None => name.warn(Notice::CipherSuite(text.to_owned()), problems),
        }
    }
    match (names.is_empty(), suites.is_empty()) {
        (true, _) => Some(CipherSuite::DEFAULT.to_vec()),
        (false, true) => {
            let example = CipherSuite::EcdheEcdsaAes128GcmSha256.name();
            field.refuse(Problem::NoCipherSuite { example }, problems)
        }
        (false, false) => Some(suites),
    }
}

fn versions(
    tls: &Field<'_>,
    min: Option<&Field<'_>>,
    max: Option<&Field<'_>>,
    problems: &mut Problems,
) -> Option<(TlsVersion, TlsVersion)> {
    let in_file = |field: Option<&Field<'_>>, problems: &mut Problems| match field {
        Some(field) => FileVersion::read(field, problems),
        None => Some(None),
    };
    let min_in_file = in_file(min, problems);
    let newest = in_file(max, problems)?.unwrap_or(FileVersion::Tls12);
    let oldest = min_in_file?.unwrap_or(newest);
    let (min, max) = (min.unwrap_or(tls), max.unwrap_or(tls));
    if oldest > newest {
        let (min_text, max_text) = (oldest.text().to_owned(), newest.text().to_owned());
        return min.refuse(Problem::TlsReversed { min: min_text, max: max_text }, problems);
    }
    let Some(max_version) = newest.supported() else {
        return max.refuse(Problem::TlsTooOld(newest.text().to_owned()), problems);
    };
    let min_version = oldest.supported().unwrap_or_else(|| {
        min.warn(Notice::TlsRaised(oldest.text().to_owned()), problems);
        TlsVersion::Tls12
    });
    Some((min_version, max_version))
}
