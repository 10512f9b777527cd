//! Why a public key is not certified.

use der::asn1::ObjectIdentifier;
use thiserror::Error;

/// A public key was refused.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum KeyError {
    /// Not the DER of a SubjectPublicKeyInfo, or of the key in it.
    #[error("the public key is not well formed")]
    Malformed,
    /// An algorithm or curve that is not certified.
    #[error(
        "keys of the algorithm or curve {algorithm} are not certified; use EC P-256, P-384 or P-521, Ed25519, or RSA"
    )]
    Unsupported {
        /// The algorithm, or the curve of an EC key.
        algorithm: ObjectIdentifier,
    },
    /// An EC curve given by its parameters instead of its name
    /// (RFC 5480 §2.1.1).
    #[error("the curve of the EC key is not given by name")]
    ExplicitCurve,
    /// An EC point that is compressed, infinite or of the wrong length.
    #[error("the EC key is not an uncompressed point")]
    PointForm,
    /// An EC point that is not on its curve.
    #[error("the EC key is not a point of its curve")]
    NotOnCurve,
    /// An Ed25519 key whose y coordinate is not below the prime of the field (RFC 8032 §5.1.3).
    #[error("the Ed25519 key is not in its one form")]
    Ed25519Form,
    /// An Ed25519 point that multiples of the generator do not reach: for some messages anybody can sign.
    #[error("the Ed25519 key is weak: it is a point of small order")]
    Ed25519SmallOrder,
    /// An RSA modulus of another size.
    #[error("RSA keys have 2048 to 8192 bits, in whole octets; this one has {bits}")]
    RsaSize {
        /// Size of the modulus.
        bits: u32,
    },
    /// An RSA exponent that is even, small or huge.
    #[error("the exponent of an RSA key is odd, at least 65537 and below 2^32")]
    RsaExponent,
    /// The modulus has a tiny prime factor.
    #[error("the RSA key is weak: {prime} divides its modulus")]
    RsaSmallFactor {
        /// The factor.
        prime: u32,
    },
    /// The modulus has the fingerprint of CVE-2017-15361.
    #[error("the RSA key is weak: it was made by a generator with the ROCA flaw")]
    RsaRoca,
    /// Fermat's method factors the modulus.
    #[error("the RSA key is weak: its two primes are too close to each other")]
    RsaClosePrimes,
}
