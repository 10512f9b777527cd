//! One extension, and a list of them.

use der::asn1::{ObjectIdentifier, OctetStringRef};
use der::{Reader, SliceReader};
use thiserror::Error;

use crate::{asn1, oid};

/// An extension (RFC 5280 §4.1.2.9).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Extension {
    /// extnID.
    pub oid: ObjectIdentifier,
    /// Whether who does not understand it must refuse the certificate.
    pub critical: bool,
    /// Contents of extnValue: the DER of what the OID says.
    pub value: Vec<u8>,
}

/// Extensions are not as RFC 5280 asks.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum ExtensionError {
    /// The list is not well formed, or empty.
    #[error("the extensions are not well formed")]
    MalformedList,
    /// The value of one extension is not well formed.
    #[error("the value of the extension {oid} is not well formed")]
    Malformed {
        /// Which extension.
        oid: ObjectIdentifier,
    },
    /// An extension is there twice (RFC 5280 §4.2).
    #[error("the extension {oid} is there twice")]
    Duplicate {
        /// Which extension.
        oid: ObjectIdentifier,
    },
    /// More extensions than anybody needs.
    #[error("there are more than {limit} extensions")]
    TooMany {
        /// The most there may be.
        limit: usize,
    },
}

impl Extension {
    pub(crate) fn critical(oid: ObjectIdentifier, value: Vec<u8>) -> Self {
        Self { oid, critical: true, value }
    }

    pub(crate) fn not_critical(oid: ObjectIdentifier, value: Vec<u8>) -> Self {
        Self { oid, critical: false, value }
    }

    pub(crate) fn malformed(oid: ObjectIdentifier) -> ExtensionError {
        ExtensionError::Malformed { oid }
    }

    fn encode(&self) -> Vec<u8> {
        // FALSE is the default, and DER leaves defaults out (X.690 §11.5).
        const TRUE: &[u8] = &[asn1::BOOLEAN, 1, 0xff];
        let critical = if self.critical { TRUE } else { &[] };
        asn1::sequence(&[&asn1::object_identifier(&self.oid), critical, &asn1::octet_string(&self.value)])
    }
}

/// The extension with this OID.
pub(crate) fn find<'a>(extensions: &'a [Extension], oid: &ObjectIdentifier) -> Option<&'a Extension> {
    extensions.iter().find(|extension| extension.oid == *oid)
}

/// Adds an extension behind the others, but for the provisioner extension, which stays last.
pub(crate) fn insert(extensions: &mut Vec<Extension>, extension: Extension) {
    let end = extensions.iter().position(|old| old.oid == oid::STEP_PROVISIONER).unwrap_or(extensions.len());
    extensions.insert(end, extension);
}

/// The SEQUENCE of all extensions, in the order given.
pub(crate) fn encode_extensions(extensions: &[Extension]) -> Vec<u8> {
    asn1::sequence(&[&extensions.iter().flat_map(Extension::encode).collect::<Vec<u8>>()])
}

/// Reads a SEQUENCE of 1 to `limit` extensions, none of them twice.
pub(crate) fn decode_extensions(der: &[u8], limit: usize) -> Result<Vec<Extension>, ExtensionError> {
    let mut reader = SliceReader::new(der).map_err(|_| ExtensionError::MalformedList)?;
    let extensions = reader.sequence(|reader| decode_list(reader, limit))?;
    if extensions.is_empty() || !reader.is_finished() {
        return Err(ExtensionError::MalformedList);
    }
    Ok(extensions)
}

fn decode_list(reader: &mut SliceReader<'_>, limit: usize) -> Result<Vec<Extension>, ExtensionError> {
    let mut extensions: Vec<Extension> = Vec::new();
    while !reader.is_finished() {
        let extension = decode(reader)?;
        if extensions.len() == limit {
            return Err(ExtensionError::TooMany { limit });
        }
        if find(&extensions, &extension.oid).is_some() {
            return Err(ExtensionError::Duplicate { oid: extension.oid });
        }
        extensions.push(extension);
    }
    Ok(extensions)
}

fn decode(reader: &mut SliceReader<'_>) -> der::Result<Extension> {
    reader.sequence(|reader| {
        let oid = reader.decode()?;
        let critical: Option<bool> = reader.decode()?;
        let value: &OctetStringRef = reader.decode()?;
        Ok(Extension { oid, critical: critical.unwrap_or(false), value: value.as_bytes().to_vec() })
    })
}

impl From<der::Error> for ExtensionError {
    fn from(_: der::Error) -> Self {
        Self::MalformedList
    }
}

/// The extensions whose meaning the core answers for: no policy adds one.
pub(crate) fn is_reserved(oid: &ObjectIdentifier) -> bool {
    const RESERVED: [ObjectIdentifier; 13] = [
        oid::SUBJECT_KEY_IDENTIFIER,
        oid::KEY_USAGE,
        oid::SUBJECT_ALT_NAME,
        oid::ISSUER_ALT_NAME,
        oid::BASIC_CONSTRAINTS,
        oid::NAME_CONSTRAINTS,
        oid::POLICY_MAPPINGS,
        oid::AUTHORITY_KEY_IDENTIFIER,
        oid::POLICY_CONSTRAINTS,
        oid::EXT_KEY_USAGE,
        oid::INHIBIT_ANY_POLICY,
        oid::STEP_PROVISIONER,
        oid::OCSP_NO_CHECK,
    ];
    RESERVED.contains(oid)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn extension(oid: &str, critical: bool) -> Extension {
        Extension { oid: ObjectIdentifier::new_unwrap(oid), critical, value: vec![5, 0] }
    }

    #[test]
    fn extensions_are_read_back_in_their_order() {
        let extensions = [extension("1.2.3", true), extension("1.2.4", false)];
        let encoded = encode_extensions(&extensions);
        assert_eq!(decode_extensions(&encoded, 2).unwrap(), extensions);
        assert_eq!(decode_extensions(&encoded, 1), Err(ExtensionError::TooMany { limit: 1 }));
        assert_eq!(encode_extensions(&extensions[1..]), hex::decode("300a300806022a0404020500").unwrap());
    }

    #[test]
    fn a_list_that_is_empty_doubled_or_cut_is_refused() {
        let twice = encode_extensions(&[extension("1.2.3", true), extension("1.2.3", false)]);
        let duplicate = ExtensionError::Duplicate { oid: ObjectIdentifier::new_unwrap("1.2.3") };
        assert_eq!(decode_extensions(&twice, 9), Err(duplicate));
        let good = encode_extensions(&[extension("1.2.3", true)]);
        for malformed in [&[][..], &[0x30, 0], &good[..good.len() - 1], &[&good[..], &[0]].concat()] {
            assert_eq!(decode_extensions(malformed, 9), Err(ExtensionError::MalformedList), "{malformed:?}");
        }
    }
}
