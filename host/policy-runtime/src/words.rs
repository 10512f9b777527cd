//! X.509 in the words of the contract: what the core parsed, as policies see it.
//!
//! Serves the `x509` import and whoever builds a question for a policy.

use authority::{
    Certificate, CertificationRequest, DistinguishedName, Extension, KeyKind, KeyUsage, SubjectAltNames,
    SubjectPublicKeyInfo, oid,
};

use crate::contract::types;

/// A distinguished name.
pub fn distinguished_name(name: &DistinguishedName) -> types::DistinguishedName {
    let attribute = |attribute: &authority::Attribute| types::Attribute {
        oid: attribute.oid.to_string(),
        value: attribute.value.clone(),
    };
    types::DistinguishedName {
        common_name: name.common_name().unwrap_or_default().to_owned(),
        attributes: name.attributes().iter().map(attribute).collect(),
    }
}

/// Names in canonical text.
pub fn subject_alt_names(names: &SubjectAltNames) -> types::SubjectAltNames {
    fn texts<T: ToString>(names: &[T]) -> Vec<String> {
        names.iter().map(ToString::to_string).collect()
    }
    types::SubjectAltNames {
        dns_names: texts(names.dns_names()),
        ip_addresses: texts(names.ip_addresses()),
        email_addresses: texts(names.email_addresses()),
        uris: texts(names.uris()),
    }
}

/// A public key.
pub fn public_key(key: &SubjectPublicKeyInfo) -> types::PublicKeyInfo {
    let kind = match key.kind() {
        KeyKind::Rsa { bits } => types::KeyType::Rsa(bits),
        KeyKind::Ec(curve) => types::KeyType::Ec(curve.to_string()),
        KeyKind::Ed25519 => types::KeyType::Ed25519,
        KeyKind::Other(algorithm) => types::KeyType::Other(algorithm.to_string()),
    };
    types::PublicKeyInfo { kind, spki: key.spki_der().to_vec() }
}

/// One extension.
pub fn extension(extension: &Extension) -> types::Extension {
    types::Extension { oid: extension.oid.to_string(), critical: extension.critical, value: extension.value.clone() }
}

/// A set of usages.
pub fn key_usage(usage: KeyUsage) -> types::KeyUsage {
    let flags = USAGES.iter().filter(|(ours, _)| usage.contains(*ours));
    flags.fold(types::KeyUsage::empty(), |flags, (_, theirs)| flags | *theirs)
}

/// A set of usages that came back.
pub fn key_usage_of(usage: types::KeyUsage) -> KeyUsage {
    let ours = USAGES.iter().filter(|(_, theirs)| usage.contains(*theirs));
    ours.fold(KeyUsage::empty(), |usage, (ours, _)| usage | *ours)
}

const USAGES: [(KeyUsage, types::KeyUsage); 9] = [
    (KeyUsage::DIGITAL_SIGNATURE, types::KeyUsage::DIGITAL_SIGNATURE),
    (KeyUsage::CONTENT_COMMITMENT, types::KeyUsage::CONTENT_COMMITMENT),
    (KeyUsage::KEY_ENCIPHERMENT, types::KeyUsage::KEY_ENCIPHERMENT),
    (KeyUsage::DATA_ENCIPHERMENT, types::KeyUsage::DATA_ENCIPHERMENT),
    (KeyUsage::KEY_AGREEMENT, types::KeyUsage::KEY_AGREEMENT),
    (KeyUsage::KEY_CERT_SIGN, types::KeyUsage::KEY_CERT_SIGN),
    (KeyUsage::CRL_SIGN, types::KeyUsage::CRL_SIGN),
    (KeyUsage::ENCIPHER_ONLY, types::KeyUsage::ENCIPHER_ONLY),
    (KeyUsage::DECIPHER_ONLY, types::KeyUsage::DECIPHER_ONLY),
];

/// A certification request.
pub fn csr(request: &CertificationRequest) -> types::CsrInfo {
    let others = request.extensions().iter().filter(|extension| extension.oid != oid::SUBJECT_ALT_NAME);
    types::CsrInfo {
        raw: request.der().to_vec(),
        subject: distinguished_name(request.subject()),
        subject_alt_names: subject_alt_names(request.subject_alt_names()),
        public_key: public_key(request.public_key().info()),
        extensions: others.map(extension).collect(),
    }
}

/// An issued certificate. Names that this CA would not issue are not shown.
pub fn certificate(certificate: &Certificate) -> types::CertificateInfo {
    let validity = certificate.validity();
    let names = certificate.subject_alt_names().cloned().unwrap_or_default();
    types::CertificateInfo {
        raw: certificate.der().to_vec(),
        serial_number: certificate.serial_number().to_string(),
        issuer: distinguished_name(certificate.issuer()),
        subject: distinguished_name(certificate.subject()),
        subject_alt_names: subject_alt_names(&names),
        public_key: public_key(certificate.public_key()),
        validity: types::Validity {
            not_before: validity.not_before.as_unix(),
            not_after: validity.not_after.as_unix(),
        },
        is_ca: certificate.is_ca(),
        key_usage: key_usage(certificate.key_usage().unwrap_or_default()),
        ext_key_usage: certificate.ext_key_usages().iter().map(ToString::to_string).collect(),
        extensions: certificate.extensions().iter().map(extension).collect(),
    }
}
