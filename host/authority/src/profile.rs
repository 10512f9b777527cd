//! What every leaf certificate has, and what an operator may set about it.

use std::collections::HashSet;
use std::time::Duration;

use der::asn1::ObjectIdentifier;

use crate::certificate::sha256;
use crate::extensions::{AuthorityInformation, Extension, KeyUsage, encode_ext_key_usages, key_identifier};
use crate::names::{SubjectAltNames, Uri, general_name};
use crate::oid;
use crate::public_key::{KeyKind, PublicKey};
use crate::request::MAX_REQUESTED_NAMES;
use crate::subject::SubjectTemplate;

/// The usages a leaf may have, each of them at most. keyEncipherment is given
/// to RSA keys alone; certificates of 2019 have it for every key and keep it
/// when they are renewed.
pub(crate) const KEY_USAGES: KeyUsage =
    KeyUsage::from_bits(KeyUsage::DIGITAL_SIGNATURE.bits() | KeyUsage::KEY_ENCIPHERMENT.bits());

/// What a leaf is for. A certificate has one purpose: its extended usages are
/// those of that purpose at most.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Purpose {
    /// TLS, at either end.
    Tls,
    /// OCSP answers in the issuer's place (RFC 6960 §4.2.2.2).
    OcspSigning,
}

impl Purpose {
    pub(crate) const ALL: [Self; 2] = [Self::Tls, Self::OcspSigning];

    /// The extended usages such a leaf may have.
    pub(crate) const fn ext_key_usages(self) -> &'static [ObjectIdentifier] {
        match self {
            Self::Tls => &[oid::SERVER_AUTH, oid::CLIENT_AUTH],
            Self::OcspSigning => &[oid::OCSP_SIGNING],
        }
    }
}

/// What an operator may set about the certificates of an authority.
#[derive(Clone, Debug)]
pub struct Profile {
    /// Fills in what subjects leave out.
    pub template: SubjectTemplate,
    /// How long before the request a certificate may start, against clocks
    /// that are slow. One minute by default.
    pub backdate: Duration,
    /// Most names of one certificate. 100 by default.
    pub max_names: usize,
    /// Keys that are used for something else and never certified, such as
    /// those of provisioners.
    pub refused_keys: RefusedKeys,
    /// Where new certificates say the revocation list is. None by default:
    /// such certificates are checked with any list of their issuer.
    pub distribution_point: Option<Uri>,
    /// Where new certificates say that more is known about their issuer.
    pub authority_information: AuthorityInformation,
    /// Under which object identifier certificates say what they came of ([`Draft::state_provenance`]). None by default:
    /// they do not say.
    ///
    /// [`Draft::state_provenance`]: crate::Draft::state_provenance
    pub provenance: Option<ObjectIdentifier>,
}

impl Default for Profile {
    fn default() -> Self {
        Self {
            template: SubjectTemplate::default(),
            backdate: Duration::from_secs(60),
            max_names: MAX_REQUESTED_NAMES,
            refused_keys: RefusedKeys::default(),
            distribution_point: None,
            authority_information: AuthorityInformation::default(),
            provenance: None,
        }
    }
}

/// A set of public keys.
#[derive(Clone, Debug, Default)]
pub struct RefusedKeys(HashSet<[u8; 32]>);

impl RefusedKeys {
    /// From SubjectPublicKeyInfos in DER.
    pub fn new<'a>(spkis: impl IntoIterator<Item = &'a [u8]>) -> Self {
        Self(spkis.into_iter().map(sha256).collect())
    }

    pub(crate) fn contains(&self, key: &PublicKey) -> bool {
        !self.0.is_empty() && self.0.contains(&sha256(key.spki_der()))
    }
}

/// The usages of a new certificate for this kind of key.
pub(crate) fn key_usage(key: KeyKind) -> KeyUsage {
    match key {
        KeyKind::Rsa { .. } => KeyUsage::DIGITAL_SIGNATURE | KeyUsage::KEY_ENCIPHERMENT,
        KeyKind::Ec(_) | KeyKind::Ed25519 | KeyKind::Other(_) => KeyUsage::DIGITAL_SIGNATURE,
    }
}

/// keyUsage, critical (RFC 5280 §4.2.1.3).
pub(crate) fn key_usage_extension(usage: KeyUsage) -> Extension {
    Extension::critical(oid::KEY_USAGE, usage.encode())
}

/// extKeyUsage, not critical.
pub(crate) fn ext_key_usage_extension(usages: &[ObjectIdentifier]) -> Extension {
    Extension::not_critical(oid::EXT_KEY_USAGE, encode_ext_key_usages(usages))
}

/// subjectAltName, critical exactly if the subject is empty
/// (RFC 5280 §4.2.1.6).
pub(crate) fn subject_alt_name_extension(names: &SubjectAltNames, subject_is_empty: bool) -> Extension {
    Extension { oid: oid::SUBJECT_ALT_NAME, critical: subject_is_empty, value: general_name::encode(names) }
}

/// id-pkix-ocsp-nocheck, not critical: the certificate of a responder lives
/// so short that nobody need ask the responder about it (RFC 6960
/// §4.2.2.2.1).
pub(crate) fn no_check_extension() -> Extension {
    const NULL: [u8; 2] = [5, 0];
    Extension::not_critical(oid::OCSP_NO_CHECK, NULL.to_vec())
}

/// The extensions of a new leaf, in their order, the provisioner's apart.
pub(crate) fn extensions(
    purpose: Purpose,
    key: &PublicKey,
    names: &SubjectAltNames,
    subject_is_empty: bool,
    issuer_key_identifier: Option<&[u8]>,
) -> Vec<Extension> {
    let mut extensions = vec![
        key_usage_extension(key_usage(key.kind())),
        ext_key_usage_extension(purpose.ext_key_usages()),
        key_identifier::subject_key_identifier(&key.subject_key_identifier()),
    ];
    extensions.extend(issuer_key_identifier.map(key_identifier::authority_key_identifier));
    extensions.push(subject_alt_name_extension(names, subject_is_empty));
    extensions
}
