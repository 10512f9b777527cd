//! ECDSA signatures: two numbers side by side in a token, a SEQUENCE in a certificate.

use der::{Encode, Sequence, asn1::UintRef};

/// `Ecdsa-Sig-Value` (RFC 3279 §2.2.3).
#[derive(Sequence)]
struct EcdsaSigValue<'a> {
    r: UintRef<'a>,
    s: UintRef<'a>,
}

/// The DER of what `CKM_ECDSA` answers: r and s, each as long as the order of the curve (PKCS #11 3.0 §2.3.1). None
/// unless both have `octets`.
pub(crate) fn to_der(signature: &[u8], octets: usize) -> Option<Vec<u8>> {
    let (r, s) = signature.split_at_checked(octets).filter(|(_, s)| s.len() == octets)?;
    EcdsaSigValue { r: UintRef::new(r).ok()?, s: UintRef::new(s).ok()? }.to_der().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leading_zeros_go_and_a_number_stays_positive() {
        assert_eq!(to_der(&[0, 1, 0x80, 2], 2).unwrap(), [0x30, 8, 2, 1, 1, 2, 3, 0, 0x80, 2]);
    }

    #[test]
    fn a_signature_of_another_length_is_none() {
        for signature in [&[1; 3][..], &[1; 5], &[1; 2], &[]] {
            assert_eq!(to_der(signature, 2), None, "{signature:?}");
        }
    }
}
