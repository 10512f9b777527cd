//! Ed25519 keys (RFC 8032 §5.1.5).

use super::KeyError;

const OCTETS: usize = 32;

/// The y coordinates of the eight points whose order divides the cofactor, in little-endian; a point and its negative
/// share one. A signature under such a key verifies for many messages, or for all, whoever made it.
const SMALL_ORDER: [[u8; OCTETS]; 5] = [
    // 0: two points of order 4.
    [0; OCTETS],
    // 1: the neutral element.
    little_endian(1),
    // p - 1: the point of order 2.
    below_prime(1),
    // The four points of order 8.
    [
        0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf,
        0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05,
    ],
    [
        0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20,
        0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a,
    ],
];

/// Of the right length, in its one form, and not of small order.
pub(super) fn check(key: &[u8]) -> Result<(), KeyError> {
    let mut y = <[u8; OCTETS]>::try_from(key).map_err(|_| KeyError::Malformed)?;
    // The highest bit is the sign of x.
    if let Some(last) = y.last_mut() {
        *last &= 0x7f;
    }
    if y.iter().rev().ge(below_prime(0).iter().rev()) {
        return Err(KeyError::Ed25519Form);
    }
    if SMALL_ORDER.contains(&y) {
        return Err(KeyError::Ed25519SmallOrder);
    }
    Ok(())
}

const fn little_endian(lowest: u8) -> [u8; OCTETS] {
    let mut number = [0; OCTETS];
    number[0] = lowest;
    number
}

/// 2²⁵⁵ - 19 - `less`.
const fn below_prime(less: u8) -> [u8; OCTETS] {
    let mut number = [0xff; OCTETS];
    number[0] = 0xed - less;
    number[OCTETS - 1] = 0x7f;
    number
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::{KeySpec, PrivateKey, Signer as _};
    use crate::public_key::SubjectPublicKeyInfo;

    #[test]
    fn points_of_small_order_are_refused_with_either_sign() {
        for mut point in SMALL_ORDER {
            assert_eq!(check(&point), Err(KeyError::Ed25519SmallOrder), "{point:02x?}");
            point[OCTETS - 1] |= 0x80;
            assert_eq!(check(&point), Err(KeyError::Ed25519SmallOrder), "{point:02x?}");
        }
    }

    #[test]
    fn coordinates_that_are_not_reduced_are_refused() {
        for lowest in 0xed..=0xff {
            let mut point = below_prime(0);
            point[0] = lowest;
            assert_eq!(check(&point), Err(KeyError::Ed25519Form), "{lowest:#x}");
        }
        assert_eq!(check(&below_prime(2)), Ok(()));
    }

    #[test]
    fn another_length_is_no_key() {
        for length in [0, 31, 33] {
            assert_eq!(check(&vec![9; length]), Err(KeyError::Malformed));
        }
    }

    #[test]
    fn fresh_keys_are_good() {
        for _ in 0..20 {
            let key = PrivateKey::generate(KeySpec::Ed25519).unwrap();
            let info = SubjectPublicKeyInfo::from_der(key.public_key()).unwrap();
            assert_eq!(check(info.key()), Ok(()));
        }
    }
}
