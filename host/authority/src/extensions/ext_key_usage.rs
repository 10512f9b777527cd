//! extKeyUsage (RFC 5280 §4.2.1.12).

use der::asn1::ObjectIdentifier;

use super::{Extension, ExtensionError};
use crate::{asn1, oid};

/// The value of the extension.
pub(crate) fn encode_ext_key_usages(usages: &[ObjectIdentifier]) -> Vec<u8> {
    asn1::sequence(&[&usages.iter().flat_map(asn1::object_identifier).collect::<Vec<u8>>()])
}

/// Reads the value of the extension: one usage or more.
pub(crate) fn decode_ext_key_usages(value: &[u8]) -> Result<Vec<ObjectIdentifier>, ExtensionError> {
    match asn1::read_sequence(value, asn1::read_all::<ObjectIdentifier>) {
        Ok(usages) if !usages.is_empty() => Ok(usages),
        _ => Err(Extension::malformed(oid::EXT_KEY_USAGE)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usages_are_read_back_and_none_at_all_is_malformed() {
        let usages = vec![oid::SERVER_AUTH, oid::CLIENT_AUTH];
        let encoded = encode_ext_key_usages(&usages);
        assert_eq!(hex::encode(&encoded), "301406082b0601050507030106082b06010505070302");
        assert_eq!(decode_ext_key_usages(&encoded), Ok(usages));
        for malformed in [&[][..], &[0x30, 0], &[0x30, 2, 5, 0]] {
            assert!(decode_ext_key_usages(malformed).is_err());
        }
    }
}
