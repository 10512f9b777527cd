//! The provisioner extension, 1.3.6.1.4.1.37476.9000.64.1.
//!
//! ```text
//! StepProvisioner ::= SEQUENCE {
//!     type          INTEGER,
//!     name          OCTET STRING,
//!     credentialID  OCTET STRING,
//!     keyValuePairs SEQUENCE OF UTF8String OPTIONAL }
//! ```

use der::asn1::{AnyRef, OctetStringRef};
use der::{Reader, SliceReader, Tag, Tagged};

use super::{Extension, ExtensionError};
use crate::{asn1, oid};

/// Which provisioner let a certificate be issued, and by which credential.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ProvisionerExtension {
    /// Type of the provisioner; 1 is JWK.
    pub kind: i64,
    /// Name of the provisioner.
    pub name: String,
    /// For JWK the `kid`.
    pub credential_id: Vec<u8>,
    /// Keys and values. Readers of 2019 refuse the extension when there are
    /// any.
    pub pairs: Vec<(String, String)>,
}

impl ProvisionerExtension {
    /// The value of the extension.
    pub fn encode(&self) -> Vec<u8> {
        asn1::sequence(&[
            &asn1::encode(&self.kind),
            &asn1::octet_string(self.name.as_bytes()),
            &asn1::octet_string(&self.credential_id),
            &self.encode_pairs(),
        ])
    }

    /// Reads the value of the extension.
    pub fn decode(value: &[u8]) -> Result<Self, ExtensionError> {
        let malformed = || Extension::malformed(oid::STEP_PROVISIONER);
        let (kind, name, credential_id, pairs) = asn1::read_sequence(value, |reader| {
            let kind = reader.decode()?;
            let name: &OctetStringRef = reader.decode()?;
            let credential_id: &OctetStringRef = reader.decode()?;
            let pairs = if reader.is_finished() { Vec::new() } else { reader.sequence(strings)? };
            Ok((kind, name.as_bytes(), credential_id.as_bytes(), pairs))
        })
        .map_err(|_| malformed())?;
        let name = String::from_utf8(name.to_vec()).map_err(|_| malformed())?;
        Ok(Self { kind, name, credential_id: credential_id.to_vec(), pairs: in_pairs(pairs).ok_or_else(malformed)? })
    }

    pub(crate) fn to_extension(&self) -> Extension {
        Extension::not_critical(oid::STEP_PROVISIONER, self.encode())
    }

    fn encode_pairs(&self) -> Vec<u8> {
        if self.pairs.is_empty() {
            return Vec::new();
        }
        let strings = self.pairs.iter().flat_map(|(key, value)| [key, value]);
        let strings = strings.flat_map(|string| asn1::tlv(asn1::UTF8_STRING, &[string.as_bytes()]));
        asn1::sequence(&[&strings.collect::<Vec<u8>>()])
    }
}

/// UTF8String or PrintableString: the Go encoder chooses by the text.
fn strings(reader: &mut SliceReader<'_>) -> der::Result<Vec<String>> {
    let values = asn1::read_all::<AnyRef<'_>>(reader)?;
    let string = |value: &AnyRef<'_>| match value.tag() {
        Tag::Utf8String | Tag::PrintableString | Tag::Ia5String => String::from_utf8(value.value().to_vec()).ok(),
        _ => None,
    };
    values.iter().map(|value| string(value).ok_or_else(|| value.tag().value_error().into())).collect()
}

fn in_pairs(strings: Vec<String>) -> Option<Vec<(String, String)>> {
    let mut strings = strings.into_iter();
    let mut pairs = Vec::new();
    while let Some(key) = strings.next() {
        pairs.push((key, strings.next()?));
    }
    Some(pairs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn extension(pairs: &[(&str, &str)]) -> ProvisionerExtension {
        let pairs = pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        ProvisionerExtension { kind: 1, name: "a".to_owned(), credential_id: b"b".to_vec(), pairs }
    }

    #[test]
    fn the_octets_are_those_of_upstream() {
        assert_eq!(hex::encode(extension(&[]).encode()), "3009020101040161040162");
        assert_eq!(hex::encode(extension(&[("k", "v")]).encode()), "301102010104016104016230060c016b0c0176");
    }

    #[test]
    fn a_printable_string_among_the_pairs_is_read() {
        let value = hex::decode("3011020101040161040162300613016b0c0176").unwrap();
        assert_eq!(ProvisionerExtension::decode(&value), Ok(extension(&[("k", "v")])));
    }

    #[test]
    fn other_octets_are_malformed() {
        for value in [
            "",
            "3000",
            "3006020101040161",         // no credential id
            "300902010104016104016200", // an octet too many
            "30090201010401ff040162",   // the name is not UTF-8
        ] {
            let value = hex::decode(value).unwrap();
            assert!(ProvisionerExtension::decode(&value).is_err(), "{value:02x?}");
        }
        let with_fourth = |fourth: &[u8]| asn1::sequence(&[&hex::decode("020101040161040162").unwrap(), fourth]);
        for fourth in [&[0x30, 3, 0x0c, 1, b'k'][..], &[0x30, 2, 5, 0], &[5, 0], &[0x30, 0, 5, 0]] {
            assert!(ProvisionerExtension::decode(&with_fourth(fourth)).is_err(), "{fourth:02x?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(
            kind: i64,
            name in ".{0,20}",
            credential_id in prop::collection::vec(any::<u8>(), 0..20),
            pairs in prop::collection::vec((".{0,10}", ".{0,10}"), 0..4),
        ) {
            let extension = ProvisionerExtension { kind, name, credential_id, pairs };
            prop_assert_eq!(ProvisionerExtension::decode(&extension.encode()), Ok(extension));
        }
    }
}
