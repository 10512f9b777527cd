//! subjectKeyIdentifier and authorityKeyIdentifier (RFC 5280 §4.2.1.1,
//! §4.2.1.2).

use der::asn1::{AnyRef, OctetStringRef};
use der::{Decode, Tag, TagNumber, Tagged};

use super::Extension;
use crate::{asn1, oid};

const KEY_IDENTIFIER: u8 = 0;

pub(crate) fn subject_key_identifier(identifier: &[u8]) -> Extension {
    Extension::not_critical(oid::SUBJECT_KEY_IDENTIFIER, asn1::octet_string(identifier))
}

pub(crate) fn authority_key_identifier(identifier: &[u8]) -> Extension {
    let key_identifier = asn1::tlv(asn1::context_primitive(KEY_IDENTIFIER), &[identifier]);
    Extension::not_critical(oid::AUTHORITY_KEY_IDENTIFIER, asn1::sequence(&[&key_identifier]))
}

pub(crate) fn decode_subject_key_identifier(value: &[u8]) -> Option<Vec<u8>> {
    <&OctetStringRef>::from_der(value).ok().map(|identifier| identifier.as_bytes().to_vec())
}

/// The keyIdentifier; none if there is only an issuer and a serial number.
pub(crate) fn decode_authority_key_identifier(value: &[u8]) -> Option<Vec<u8>> {
    let tag = Tag::ContextSpecific { constructed: false, number: TagNumber(u32::from(KEY_IDENTIFIER)) };
    let fields = asn1::read_sequence(value, asn1::read_all::<AnyRef<'_>>).ok()?;
    fields.iter().find(|field| field.tag() == tag).map(|field| field.value().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_written_and_read() {
        let subject = subject_key_identifier(&[1, 2]);
        assert_eq!(hex::encode(&subject.value), "04020102");
        assert_eq!(decode_subject_key_identifier(&subject.value), Some(vec![1, 2]));
        let authority = authority_key_identifier(&[1, 2]);
        assert_eq!(hex::encode(&authority.value), "300480020102");
        assert_eq!(decode_authority_key_identifier(&authority.value), Some(vec![1, 2]));
        assert_eq!(decode_authority_key_identifier(&[0x30, 0]), None);
        assert_eq!(decode_subject_key_identifier(&[0x30, 0]), None);
    }
}
