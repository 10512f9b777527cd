//! The provenance extension, under whatever object identifier an operator gives it.
//!
//! ```text
//! Provenance ::= SEQUENCE {
//!     version  INTEGER { v1(0) },
//!     decision UTF8String,
//!     modules  SEQUENCE OF OCTET STRING (SIZE (32)) }
//! ```
//!
//! Not critical: who does not know it loses nothing.

use der::asn1::ObjectIdentifier;

use super::Extension;
use crate::asn1;

/// Most modules of one certificate, so that the extension takes less than 2.3 KiB.
pub const MAX_PROVENANCE_MODULES: usize = 64;

/// Which decision a certificate came of, and who made it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Provenance {
    /// What the records call the decision.
    pub decision: String,
    /// SHA-256 of the modules that decided, in the order they were asked; at most [`MAX_PROVENANCE_MODULES`].
    pub modules: Vec<[u8; 32]>,
}

impl Provenance {
    /// The value of the extension.
    pub fn encode(&self) -> Vec<u8> {
        const V1: u8 = 0;
        let modules: Vec<u8> = self.modules.iter().flat_map(|digest| asn1::octet_string(digest)).collect();
        asn1::sequence(&[
            &asn1::encode(&V1),
            &asn1::tlv(asn1::UTF8_STRING, &[self.decision.as_bytes()]),
            &asn1::sequence(&[&modules]),
        ])
    }

    pub(crate) fn to_extension(&self, oid: ObjectIdentifier) -> Extension {
        Extension::not_critical(oid, self.encode())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_value_is_version_decision_and_digests_in_their_order() {
        let provenance = Provenance { decision: "d1".to_owned(), modules: vec![[0xbb; 32], [0xaa; 32]] };
        let expected = format!("304d0201000c02643130440420{}0420{}", "bb".repeat(32), "aa".repeat(32));
        assert_eq!(hex::encode(provenance.encode()), expected);
    }

    #[test]
    fn nobody_may_have_decided_and_the_most_that_may_have_fit() {
        let of = |modules| Provenance { decision: "0123456789abcdef0123".to_owned(), modules };
        assert!(of(Vec::new()).encode().ends_with(&[0x30, 0]));
        let longest = of(vec![[0; 32]; MAX_PROVENANCE_MODULES]).encode();
        assert!(asn1::is_one_value(&longest) && longest.len() < 2_300, "{}", longest.len());
    }
}
