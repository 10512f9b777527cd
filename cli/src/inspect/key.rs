//! A public key, taken apart for showing.

use x509_parser::{public_key::PublicKey, x509::SubjectPublicKeyInfo};

/// A public key's parts; integers are big-endian without leading zero octets, as Go prints them.
pub(super) enum KeyParts<'a> {
    Ec { curve: Option<&'static Curve>, point: &'a [u8], x: &'a [u8], y: &'a [u8] },
    Ed25519(&'a [u8]),
    Rsa { modulus: &'a [u8], exponent: u64 },
    Unknown,
}

/// The constants of a NIST curve (FIPS 186-4 D.1.2), in hexadecimal.
pub(super) struct Curve {
    pub(super) name: &'static str,
    pub(super) bits: u32,
    pub(super) p: &'static str,
    pub(super) n: &'static str,
    pub(super) b: &'static str,
    pub(super) gx: &'static str,
    pub(super) gy: &'static str,
    oid: &'static str,
}

impl<'a> KeyParts<'a> {
    pub(super) fn of(key: &'a SubjectPublicKeyInfo<'_>) -> Self {
        if key.algorithm.algorithm.to_id_string() == "1.3.101.112" {
            return Self::Ed25519(&key.subject_public_key.data);
        }
        match key.parsed() {
            Ok(PublicKey::RSA(rsa)) => {
                let exponent = rsa.try_exponent().unwrap_or_default();
                Self::Rsa { modulus: without_leading_zeros(rsa.modulus), exponent }
            }
            Ok(PublicKey::EC(_)) => {
                let point = key.subject_public_key.data.as_ref();
                let coordinates = point.strip_prefix(&[4]).unwrap_or_default();
                let (x, y) = coordinates.split_at(coordinates.len() / 2);
                let parameters = key.algorithm.parameters.as_ref();
                let oid = parameters.and_then(|parameters| parameters.as_oid().ok()).map(|oid| oid.to_id_string());
                let curve = CURVES.iter().find(|curve| oid.as_deref() == Some(curve.oid));
                Self::Ec { curve, point, x: without_leading_zeros(x), y: without_leading_zeros(y) }
            }
            _ => Self::Unknown,
        }
    }

    /// What Go calls the algorithm.
    pub(super) fn algorithm(&self) -> &'static str {
        match self {
            Self::Ec { .. } => "ECDSA",
            Self::Ed25519(_) => "Ed25519",
            Self::Rsa { .. } => "RSA",
            Self::Unknown => "0",
        }
    }
}

/// The number of bits of a big-endian integer without leading zero octets.
pub(super) fn bits(integer: &[u8]) -> usize {
    integer.first().map_or(0, |first| integer.len() * 8 - first.leading_zeros() as usize)
}

fn without_leading_zeros(integer: &[u8]) -> &[u8] {
    let zeros = integer.iter().take_while(|octet| **octet == 0).count();
    integer.get(zeros..).unwrap_or_default()
}

static CURVES: [Curve; 3] = [
    Curve {
        name: "P-256",
        bits: 256,
        oid: "1.2.840.10045.3.1.7",
        p: "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff",
        n: "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
        b: "5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b",
        gx: "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296",
        gy: "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5",
    },
    Curve {
        name: "P-384",
        bits: 384,
        oid: "1.3.132.0.34",
        p: concat!(
            "fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe",
            "ffffffff0000000000000000ffffffff",
        ),
        n: concat!(
            "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf",
            "581a0db248b0a77aecec196accc52973",
        ),
        b: concat!(
            "b3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875a",
            "c656398d8a2ed19d2a85c8edd3ec2aef",
        ),
        gx: concat!(
            "aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a38",
            "5502f25dbf55296c3a545e3872760ab7",
        ),
        gy: concat!(
            "3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c0",
            "0a60b1ce1d7e819d7a431d7c90ea0e5f",
        ),
    },
    Curve {
        name: "P-521",
        bits: 521,
        oid: "1.3.132.0.35",
        p: concat!(
            "01ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
            "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        ),
        n: concat!(
            "01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa",
            "51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409",
        ),
        b: concat!(
            "51953eb9618e1c9a1f929a21a0b68540eea2da725b99b315f3b8b489918ef109",
            "e156193951ec7e937b1652c0bd3bb1bf073573df883d2c34f1ef451fd46b503f00",
        ),
        gx: concat!(
            "c6858e06b70404e9cd9e3ecb662395b4429c648139053fb521f828af606b4d3d",
            "baa14b5e77efe75928fe1dc127a2ffa8de3348b3c1856a429bf97e7e31c2e5bd66",
        ),
        gy: concat!(
            "011839296a789a3bc0045c8a5fb42c7d1bd998f54449579b446817afbd17273e66",
            "2c97ee72995ef42640c550b9013fad0761353c7086a272c24088be94769fd16650",
        ),
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_constants_are_as_long_as_their_curve() {
        for curve in &CURVES {
            let octets = |hex: &str| hex::decode(hex).expect(curve.name).len();
            let size = curve.bits.div_ceil(8) as usize;
            assert_eq!((octets(curve.p), octets(curve.n)), (size, size), "{}", curve.name);
            for constant in [curve.b, curve.gx, curve.gy] {
                assert!((size - 1..=size).contains(&octets(constant)), "{} {constant}", curve.name);
            }
        }
    }

    #[test]
    fn openssl_knows_the_same_curves() {
        let names = [("prime256v1", "P-256"), ("secp384r1", "P-384"), ("secp521r1", "P-521")];
        for ((openssl, name), curve) in names.into_iter().zip(&CURVES) {
            assert_eq!(curve.name, name);
            let arguments = ["ecparam", "-name", openssl, "-param_enc", "explicit", "-text", "-noout"];
            let Ok(output) = std::process::Command::new("openssl").args(arguments).output() else {
                eprintln!("skipped: openssl is not installed");
                return;
            };
            let text: String =
                String::from_utf8_lossy(&output.stdout).chars().filter(char::is_ascii_hexdigit).collect();
            for constant in [curve.p, curve.n, curve.b, curve.gx, curve.gy] {
                assert!(text.contains(constant), "{name}: {constant}");
            }
        }
    }

    #[test]
    fn bits_are_counted_from_the_first_one() {
        assert_eq!([bits(&[]), bits(&[1]), bits(&[0xff]), bits(&[1, 0])], [0, 1, 8, 9]);
    }
}
