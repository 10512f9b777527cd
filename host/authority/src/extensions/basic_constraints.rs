//! basicConstraints (RFC 5280 §4.2.1.9).

use der::Reader;

use super::{Extension, ExtensionError};
use crate::{asn1, oid};

/// Whether a certificate is a CA's, and how many CAs may follow it.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct BasicConstraints {
    pub(crate) is_ca: bool,
    pub(crate) path_len: Option<u8>,
}

impl BasicConstraints {
    pub(crate) fn encode(self) -> Vec<u8> {
        let is_ca = if self.is_ca { asn1::encode(&true) } else { Vec::new() };
        let path_len = self.path_len.map(|length| asn1::encode(&length)).unwrap_or_default();
        asn1::sequence(&[&is_ca, &path_len])
    }

    pub(crate) fn decode(value: &[u8]) -> Result<Self, ExtensionError> {
        asn1::read_sequence(value, |reader| {
            let is_ca: Option<bool> = reader.decode()?;
            let path_len = reader.decode()?;
            Ok(Self { is_ca: is_ca.unwrap_or(false), path_len })
        })
        .map_err(|_| Extension::malformed(oid::BASIC_CONSTRAINTS))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constraints_are_written_and_read() {
        for (is_ca, path_len, encoded) in [
            (false, None, "3000"),
            (true, None, "30030101ff"),
            (true, Some(0), "30060101ff020100"),
            (true, Some(1), "30060101ff020101"),
        ] {
            let constraints = BasicConstraints { is_ca, path_len };
            assert_eq!(hex::encode(constraints.encode()), encoded);
            assert_eq!(BasicConstraints::decode(&constraints.encode()), Ok(constraints));
        }
        assert!(BasicConstraints::decode(&hex::decode("30060101ff0201ff").unwrap()).is_err());
    }
}
