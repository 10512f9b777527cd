//! A private key in memory.

use std::fmt;

use aws_lc_rs::{
    encoding::{AsDer, EcPrivateKeyRfc5915Der, Pkcs8V1Der, PublicKeyX509Der},
    error::Unspecified,
    rand::SystemRandom,
    rsa::KeySize,
    signature::{
        ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, ECDSA_P521_SHA512_ASN1_SIGNING, EcdsaKeyPair,
        EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair,
    },
};
use der::{
    Decode,
    asn1::{AnyRef, ObjectIdentifier},
};
use pkcs8::PrivateKeyInfoRef;
use zeroize::Zeroizing;

use super::{PrivateKeyError, SignatureAlgorithm, Signer, SignerError};

/// What kind of key to make, or what kind one is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum KeySpec {
    /// ECDSA on P-256, the kind `step` makes.
    EcP256,
    /// ECDSA on P-384.
    EcP384,
    /// ECDSA on P-521.
    EcP521,
    /// RSA; 2048, 3072, 4096 or 8192 bits when one is made.
    Rsa {
        /// Size of the modulus in bits.
        bits: u32,
    },
    /// Ed25519 (RFC 8410).
    Ed25519,
}

/// A private key: it signs, and it can be written to a file.
pub struct PrivateKey {
    pair: Pair,
    spki: Vec<u8>,
}

enum Pair {
    Ec(EcCurve, EcdsaKeyPair),
    Rsa(RsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

#[derive(Clone, Copy)]
enum EcCurve {
    P256,
    P384,
    P521,
}

impl EcCurve {
    const ALL: [Self; 3] = [Self::P256, Self::P384, Self::P521];

    const fn signing(self) -> &'static EcdsaSigningAlgorithm {
        match self {
            Self::P256 => &ECDSA_P256_SHA256_ASN1_SIGNING,
            Self::P384 => &ECDSA_P384_SHA384_ASN1_SIGNING,
            Self::P521 => &ECDSA_P521_SHA512_ASN1_SIGNING,
        }
    }
}

impl PrivateKey {
    /// Makes a new key from the system's randomness.
    pub fn generate(spec: KeySpec) -> Result<Self, PrivateKeyError> {
        let pair = match spec {
            KeySpec::EcP256 => generate_ec(EcCurve::P256),
            KeySpec::EcP384 => generate_ec(EcCurve::P384),
            KeySpec::EcP521 => generate_ec(EcCurve::P521),
            KeySpec::Rsa { bits } => RsaKeyPair::generate(rsa_size(bits)?).map(Pair::Rsa),
            KeySpec::Ed25519 => Ed25519KeyPair::generate().map(Pair::Ed25519),
        };
        Self::new(pair.map_err(|_| PrivateKeyError::Library { what: "make a key" })?)
    }

    /// Reads a PrivateKeyInfo or OneAsymmetricKey in DER (RFC 5208, RFC 5958).
    pub fn from_pkcs8_der(der: &[u8]) -> Result<Self, PrivateKeyError> {
        let info = PrivateKeyInfoRef::try_from(der).map_err(|_| PrivateKeyError::Invalid { kind: "PKCS#8" })?;
        match info.algorithm.oid {
            ID_EC_PUBLIC_KEY => Self::from_ec_der(der),
            RSA_ENCRYPTION => {
                let pair = RsaKeyPair::from_pkcs8(der).map_err(|_| PrivateKeyError::Invalid { kind: "RSA" })?;
                Self::new(Pair::Rsa(pair))
            }
            ID_ED25519 => {
                // Files mostly have version 1, without the public key there would be to compare with.
                let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(der);
                Self::new(Pair::Ed25519(pair.map_err(|_| PrivateKeyError::Invalid { kind: "Ed25519" })?))
            }
            oid => Err(PrivateKeyError::UnsupportedKey { oid: oid.to_string() }),
        }
    }

    /// Reads a private key in DER: PKCS#8, or the form of its own kind, SEC 1
    /// for EC and PKCS#1 for RSA.
    pub fn from_der(der: &[u8]) -> Result<Self, PrivateKeyError> {
        if PrivateKeyInfoRef::try_from(der).is_ok() {
            return Self::from_pkcs8_der(der);
        }
        Self::from_ec_der(der)
            .or_else(|_| Self::from_rsa_der(der))
            .map_err(|_| PrivateKeyError::Invalid { kind: "EC or RSA" })
    }

    /// Reads an ECPrivateKey in DER (SEC 1 §C.4, RFC 5915), or one inside PKCS#8.
    pub(super) fn from_ec_der(der: &[u8]) -> Result<Self, PrivateKeyError> {
        const INVALID: PrivateKeyError = PrivateKeyError::Invalid { kind: "P-256, P-384 or P-521" };
        AnyRef::from_der(der).map_err(|_| INVALID)?;
        let pair = EcCurve::ALL.into_iter().find_map(|curve| {
            EcdsaKeyPair::from_private_key_der(curve.signing(), der).ok().map(|pair| Pair::Ec(curve, pair))
        });
        Self::new(pair.ok_or(INVALID)?)
    }

    /// Reads an RSAPrivateKey in DER (RFC 8017 §A.1.2).
    pub(super) fn from_rsa_der(der: &[u8]) -> Result<Self, PrivateKeyError> {
        const INVALID: PrivateKeyError = PrivateKeyError::Invalid { kind: "RSA" };
        AnyRef::from_der(der).map_err(|_| INVALID)?;
        Self::new(Pair::Rsa(RsaKeyPair::from_der(der).map_err(|_| INVALID)?))
    }

    fn new(pair: Pair) -> Result<Self, PrivateKeyError> {
        let spki: Result<PublicKeyX509Der<'_>, Unspecified> = match &pair {
            Pair::Ec(_, pair) => pair.public_key().as_der(),
            Pair::Rsa(pair) => pair.public_key().as_der(),
            Pair::Ed25519(pair) => pair.public_key().as_der(),
        };
        let spki = spki.map_err(|_| PrivateKeyError::Library { what: "write a public key" })?.as_ref().to_vec();
        Ok(Self { pair, spki })
    }

    /// What kind it is.
    pub fn spec(&self) -> KeySpec {
        match &self.pair {
            Pair::Ec(EcCurve::P256, _) => KeySpec::EcP256,
            Pair::Ec(EcCurve::P384, _) => KeySpec::EcP384,
            Pair::Ec(EcCurve::P521, _) => KeySpec::EcP521,
            Pair::Rsa(pair) => KeySpec::Rsa { bits: u32::try_from(pair.public_modulus_len() * 8).unwrap_or(u32::MAX) },
            Pair::Ed25519(_) => KeySpec::Ed25519,
        }
    }

    /// The public half: a SubjectPublicKeyInfo in DER (RFC 5280 §4.1.2.7).
    pub fn spki_der(&self) -> &[u8] {
        &self.spki
    }

    /// The key as PrivateKeyInfo, version 1: what TLS stacks and OpenSSL read.
    pub fn to_pkcs8_der(&self) -> Result<Zeroizing<Vec<u8>>, PrivateKeyError> {
        let octets = match &self.pair {
            Pair::Ec(_, pair) => pair.to_pkcs8v1().map(|document| document.as_ref().to_vec()),
            Pair::Ed25519(pair) => pair.to_pkcs8v1().map(|document| document.as_ref().to_vec()),
            Pair::Rsa(pair) => AsDer::<Pkcs8V1Der<'_>>::as_der(pair).map(|der| der.as_ref().to_vec()),
        };
        octets.map(Zeroizing::new).map_err(|_| PrivateKeyError::Library { what: "write a private key" })
    }

    /// The key in the form of its own kind: SEC 1 for EC, PKCS#1 for RSA,
    /// PKCS#8 for Ed25519, which has no other.
    pub fn to_der(&self) -> Result<Zeroizing<Vec<u8>>, PrivateKeyError> {
        self.to_traditional_der().map(|(_, der)| der)
    }

    /// The key in the form of its own kind, with its label: SEC 1 for EC,
    /// PKCS#1 for RSA, PKCS#8 for Ed25519, which has no other.
    pub(super) fn to_traditional_der(&self) -> Result<(&'static str, Zeroizing<Vec<u8>>), PrivateKeyError> {
        const FAILED: PrivateKeyError = PrivateKeyError::Library { what: "write a private key" };
        match &self.pair {
            Pair::Ec(_, pair) => {
                let der: EcPrivateKeyRfc5915Der<'_> = pair.private_key().as_der().map_err(|_| FAILED)?;
                Ok(("EC PRIVATE KEY", Zeroizing::new(der.as_ref().to_vec())))
            }
            Pair::Rsa(_) => {
                let pkcs8 = self.to_pkcs8_der()?;
                let info = PrivateKeyInfoRef::try_from(pkcs8.as_slice()).map_err(|_| FAILED)?;
                Ok(("RSA PRIVATE KEY", Zeroizing::new(info.private_key.as_bytes().to_vec())))
            }
            Pair::Ed25519(_) => Ok(("PRIVATE KEY", self.to_pkcs8_der()?)),
        }
    }
}

impl Signer for PrivateKey {
    fn algorithm(&self) -> SignatureAlgorithm {
        match &self.pair {
            Pair::Ec(EcCurve::P256, _) => SignatureAlgorithm::EcdsaSha256,
            Pair::Ec(EcCurve::P384, _) => SignatureAlgorithm::EcdsaSha384,
            Pair::Ec(EcCurve::P521, _) => SignatureAlgorithm::EcdsaSha512,
            Pair::Rsa(_) => SignatureAlgorithm::RsaSha256,
            Pair::Ed25519(_) => SignatureAlgorithm::Ed25519,
        }
    }

    fn public_key(&self) -> &[u8] {
        &self.spki
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignerError> {
        let random = SystemRandom::new();
        let signature = match &self.pair {
            Pair::Ec(_, pair) => pair.sign(&random, message).map(|signature| signature.as_ref().to_vec()),
            Pair::Ed25519(pair) => pair.try_sign(message).map(|signature| signature.as_ref().to_vec()),
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).map(|()| signature)
            }
        };
        signature.map_err(|_| SignerError::Refused)
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "PrivateKey({:?})", self.spec())
    }
}

const ID_EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const ID_ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");

fn generate_ec(curve: EcCurve) -> Result<Pair, Unspecified> {
    EcdsaKeyPair::generate(curve.signing()).map(|pair| Pair::Ec(curve, pair))
}

fn rsa_size(bits: u32) -> Result<KeySize, PrivateKeyError> {
    match bits {
        2048 => Ok(KeySize::Rsa2048),
        3072 => Ok(KeySize::Rsa3072),
        4096 => Ok(KeySize::Rsa4096),
        8192 => Ok(KeySize::Rsa8192),
        bits => Err(PrivateKeyError::RsaSize { bits }),
    }
}
