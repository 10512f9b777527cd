//! Prices in fuel, about a nanosecond a unit. They are part of what makes a decision repeatable: changing one changes
//! which calls exceed their fuel, and none depends on what happened before or on what a cache holds.
//!
//! A unit of fuel may buy up to five nanoseconds of a slow machine, so that a whole budget of 20 million never buys more
//! than 100 ms of the host's time; `tests/spending.rs` holds every function to that. What the prices are made from:
//!
//! | work | cost at worst | price |
//! |---|---|---|
//! | crossing the border, a small hash or MAC | 2 µs | 1,000 |
//! | hashing, or copying and escaping text | 4 ns an octet | 4 an octet |
//! | one more element of a list | 0.1 µs | 64 |
//! | JSON, of which the smallest objects are the dearest; PEM of many empty blocks | 50 ns an octet | 16 an octet |
//! | DER of certificates, of which the shortest names are the dearest | 150 ns an octet | 64 an octet |
//! | verifying with P-256 or Ed25519 | 0.3 ms | 200,000 |
//! | verifying with P-384 or P-521 | 1.2 ms | 1,000,000 |
//! | verifying with RSA, which grows with the square of the bits; an exponent of 32 bits is four times the usual one | 0.9 ms for 8192 bits | bits² ÷ 64 |
//! | finding out whether numbers are a key, and with which of six algorithms | 0.5 ms for 8192 bits | as one verification |
//! | looking for weak moduli | 1.5 ms for 8192 bits | 128 a bit |
//! | a value of the store | 50 µs | 20,000 |
//! | a change of the store | 0.3 ms | 100,000 |
//! | a question to the DNS, over TCP when the answer is long | 0.8 ms | 200,000 |
//! | a request to another server, with its handshake | 2 ms | 500,000 |

use authority::{Curve, KeyKind};

/// Crossing the border and back.
const CALL: u64 = 1_000;

/// Crossing the border with what costs `work`.
pub(super) fn call(work: u64) -> u64 {
    CALL.saturating_add(work)
}

/// What decides how dear a key is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum KeySize {
    Ed25519,
    P256,
    P384,
    P521,
    /// Bits of the modulus.
    Rsa(u64),
}

/// Keys with more bits are refused before anything is computed.
const RSA_BITS: u64 = 8_192;

impl KeySize {
    /// The size of a key in DER; nothing for one that is not used.
    pub(super) fn of(kind: KeyKind) -> Option<Self> {
        match kind {
            KeyKind::Ed25519 => Some(Self::Ed25519),
            KeyKind::Ec(Curve::P256) => Some(Self::P256),
            KeyKind::Ec(Curve::P384) => Some(Self::P384),
            KeyKind::Ec(Curve::P521) => Some(Self::P521),
            KeyKind::Rsa { bits } => Some(Self::Rsa(bits.into())),
            KeyKind::Other(_) => None,
        }
    }
}

impl From<jose::jwk::KeyKind> for KeySize {
    fn from(kind: jose::jwk::KeyKind) -> Self {
        match kind {
            jose::jwk::KeyKind::Ed25519 => Self::Ed25519,
            jose::jwk::KeyKind::Ec(jose::Curve::P256) => Self::P256,
            jose::jwk::KeyKind::Ec(jose::Curve::P384) => Self::P384,
            jose::jwk::KeyKind::Ec(jose::Curve::P521) => Self::P521,
            jose::jwk::KeyKind::Rsa { bits } => Self::Rsa(bits as u64),
        }
    }
}

/// Checking one signature.
pub(super) fn verify(size: KeySize) -> u64 {
    match size {
        KeySize::Ed25519 | KeySize::P256 => 200_000,
        KeySize::P384 | KeySize::P521 => 1_000_000,
        KeySize::Rsa(bits) => bits.min(RSA_BITS).pow(2) / 64,
    }
}

/// Finding out whether numbers are a key.
pub(super) fn key(size: KeySize) -> u64 {
    verify(size)
}

/// Finding out whether a key is one that may be certified.
pub(super) fn certifiable(size: KeySize) -> u64 {
    match size {
        KeySize::Rsa(bits) => bits.min(RSA_BITS).saturating_mul(128),
        size => key(size),
    }
}

/// Reading a request of so many octets and checking its signature. Which key is in it is not known before it is read:
/// the price is that of the dearest that fits. A modulus and a signature of `n` bits take `n ÷ 4` octets.
pub(super) fn request(octets: usize) -> u64 {
    let with = |size| verify(size).saturating_add(certifiable(size));
    let rsa = KeySize::Rsa((octets as u64).saturating_mul(4));
    with(KeySize::P521).max(with(rsa)).saturating_add(x509(octets))
}

/// Hashing or copying so many octets.
pub(super) fn octets(count: usize) -> u64 {
    (count as u64).saturating_mul(4)
}

/// Elements of a list.
pub(super) fn items(count: usize) -> u64 {
    (count as u64).saturating_mul(64)
}

/// Reading so many octets of JSON.
pub(super) fn json(octets: usize) -> u64 {
    (octets as u64).saturating_mul(16)
}

/// Reading so many octets of PEM.
pub(super) fn pem(octets: usize) -> u64 {
    json(octets)
}

/// Looking up a value of the store by a key of so many octets.
pub(super) fn look_up(key: usize) -> u64 {
    20_000_u64.saturating_add(octets(key))
}

/// A change of the store that hands over so many octets.
pub(super) fn change(handed_over: usize) -> u64 {
    100_000_u64.saturating_add(octets(handed_over))
}

/// A request of so many octets to another server. Waiting for the answer is no work.
pub(super) fn request_to_others(handed_over: usize) -> u64 {
    500_000_u64.saturating_add(octets(handed_over))
}

/// A question to the DNS about a name of so many octets. Waiting for the answer is no work.
pub(super) fn question_to_dns(name: usize) -> u64 {
    200_000_u64.saturating_add(octets(name))
}

/// Reading so many octets of DER, and telling what is in it.
pub(super) fn x509(octets: usize) -> u64 {
    (octets as u64).saturating_mul(64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_price_of_rsa_grows_with_its_bits_up_to_the_largest_key_that_is_used() {
        assert_eq!(verify(KeySize::Rsa(2_048)), 65_536);
        assert_eq!(verify(KeySize::Rsa(8_192)), 1_048_576);
        assert_eq!(verify(KeySize::Rsa(u64::MAX)), verify(KeySize::Rsa(8_192)));
    }

    #[test]
    fn a_request_costs_what_the_dearest_key_that_fits_into_it_does() {
        assert_eq!(request(300), 2_000_000 + x509(300));
        assert_eq!(request(2_100), 2 * 1_048_576 + x509(2_100));
    }
}
