//! X.509 values as the contract shows them to policies.
//!
//! The one place where the authority's words become the contract's. A view holds what was parsed, so that a policy
//! decides about the same names that will be signed.

use authority::names::SubjectAltNameError;
use authority::{Certificate, CertificationRequest, KeyKind};

use crate::contract::types::{
    Attribute, CertificateInfo, CsrInfo, DistinguishedName, Extension, KeyType, KeyUsage, PublicKeyInfo,
    SubjectAltNames, Validity,
};

impl From<&authority::DistinguishedName> for DistinguishedName {
    fn from(name: &authority::DistinguishedName) -> Self {
        let attributes = name.attributes().iter();
        Self {
            common_name: name.common_name().unwrap_or_default().to_owned(),
            attributes: attributes
                .map(|attribute| Attribute { oid: attribute.oid.to_string(), value: attribute.value.clone() })
                .collect(),
        }
    }
}

impl From<&authority::SubjectAltNames> for SubjectAltNames {
    fn from(names: &authority::SubjectAltNames) -> Self {
        fn texts<T: ToString>(names: &[T]) -> Vec<String> {
            names.iter().map(T::to_string).collect()
        }
        Self {
            dns_names: texts(names.dns_names()),
            ip_addresses: texts(names.ip_addresses()),
            email_addresses: texts(names.email_addresses()),
            uris: texts(names.uris()),
        }
    }
}

impl From<&authority::SubjectPublicKeyInfo> for PublicKeyInfo {
    fn from(key: &authority::SubjectPublicKeyInfo) -> Self {
        let kind = match key.kind() {
            KeyKind::Rsa { bits } => KeyType::Rsa(bits),
            KeyKind::Ec(curve) => KeyType::Ec(curve.to_string()),
            KeyKind::Ed25519 => KeyType::Ed25519,
            KeyKind::Other(algorithm) => KeyType::Other(algorithm.to_string()),
        };
        Self { kind, spki: key.spki_der().to_vec() }
    }
}

impl From<&authority::Extension> for Extension {
    fn from(extension: &authority::Extension) -> Self {
        Self { oid: extension.oid.to_string(), critical: extension.critical, value: extension.value.clone() }
    }
}

impl From<authority::Validity> for Validity {
    fn from(validity: authority::Validity) -> Self {
        Self { not_before: validity.not_before.as_unix(), not_after: validity.not_after.as_unix() }
    }
}

impl From<authority::KeyUsage> for KeyUsage {
    fn from(usage: authority::KeyUsage) -> Self {
        type Theirs = authority::KeyUsage;
        let usages = [
            (Theirs::DIGITAL_SIGNATURE, Self::DIGITAL_SIGNATURE),
            (Theirs::CONTENT_COMMITMENT, Self::CONTENT_COMMITMENT),
            (Theirs::KEY_ENCIPHERMENT, Self::KEY_ENCIPHERMENT),
            (Theirs::DATA_ENCIPHERMENT, Self::DATA_ENCIPHERMENT),
            (Theirs::KEY_AGREEMENT, Self::KEY_AGREEMENT),
            (Theirs::KEY_CERT_SIGN, Self::KEY_CERT_SIGN),
            (Theirs::CRL_SIGN, Self::CRL_SIGN),
            (Theirs::ENCIPHER_ONLY, Self::ENCIPHER_ONLY),
            (Theirs::DECIPHER_ONLY, Self::DECIPHER_ONLY),
        ];
        let shown = usages.into_iter().filter(|(theirs, _)| usage.contains(*theirs));
        shown.fold(Self::empty(), |shown, (_, ours)| shown | ours)
    }
}

impl From<&CertificationRequest> for CsrInfo {
    fn from(request: &CertificationRequest) -> Self {
        Self {
            raw: request.der().to_vec(),
            subject: request.subject().into(),
            subject_alt_names: request.subject_alt_names().into(),
            public_key: request.public_key().info().into(),
            extensions: request.extensions().iter().map(Extension::from).collect(),
        }
    }
}

/// Fails for a certificate with names of a kind that policies never see.
impl TryFrom<&Certificate> for CertificateInfo {
    type Error = SubjectAltNameError;

    fn try_from(certificate: &Certificate) -> Result<Self, Self::Error> {
        Ok(Self {
            raw: certificate.der().to_vec(),
            serial_number: certificate.serial_number().to_string(),
            issuer: certificate.issuer().into(),
            subject: certificate.subject().into(),
            subject_alt_names: certificate.subject_alt_names()?.into(),
            public_key: certificate.public_key().into(),
            validity: certificate.validity().into(),
            is_ca: certificate.is_ca(),
            // An absent extension restricts nothing, and there is nothing to show of it.
            key_usage: certificate.key_usage().unwrap_or_default().into(),
            ext_key_usage: certificate.ext_key_usages().iter().map(ToString::to_string).collect(),
            extensions: certificate.extensions().iter().map(Extension::from).collect(),
        })
    }
}
