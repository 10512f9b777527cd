//! Which signatures on requests and certificates are believed, and how they
//! are verified.

use aws_lc_rs::signature as aws;
use aws_lc_rs::signature::{ParsedPublicKey, UnparsedPublicKey, VerificationAlgorithm};
use der::asn1::{AnyRef, ObjectIdentifier};
use der::{Decode, Reader, TagNumber};
use thiserror::Error;

use crate::keys::SignatureAlgorithm;
use crate::public_key::{Curve, KeyKind, SubjectPublicKeyInfo};
use crate::{asn1, oid};

/// A signature was not believed.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum SignatureError {
    /// The AlgorithmIdentifier is not well formed, or has parameters the
    /// algorithm does not have.
    #[error("the signature algorithm is not well formed")]
    Malformed,
    /// An algorithm that is not accepted (SHA-1, MD5), or that does not fit
    /// the key.
    #[error("signatures of the algorithm {algorithm} are not accepted from this key")]
    Algorithm {
        /// The signature algorithm.
        algorithm: ObjectIdentifier,
    },
    /// The signature does not verify.
    #[error("the signature does not verify")]
    Invalid,
}

/// Verifies `signature`, made with the algorithm of the AlgorithmIdentifier
/// `algorithm`, over `message`.
pub(crate) fn verify(
    key: &SubjectPublicKeyInfo,
    algorithm: &[u8],
    message: &[u8],
    signature: &[u8],
) -> Result<(), SignatureError> {
    let verification = verification(key.kind(), algorithm)?;
    UnparsedPublicKey::new(verification, key.key()).verify(message, signature).map_err(|_| SignatureError::Invalid)
}

/// A key that verifies many signatures of one algorithm. Key and algorithm are
/// looked at once.
pub(crate) struct Verifier(ParsedPublicKey);

impl Verifier {
    /// `algorithm` is the AlgorithmIdentifier of the signatures.
    pub(crate) fn new(key: &SubjectPublicKeyInfo, algorithm: &[u8]) -> Result<Self, SignatureError> {
        let verification = verification(key.kind(), algorithm)?;
        ParsedPublicKey::new(verification, key.key()).map(Self).map_err(|_| SignatureError::Invalid)
    }

    pub(crate) fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), SignatureError> {
        self.0.verify_sig(message, signature).map_err(|_| SignatureError::Invalid)
    }
}

/// Whether an AlgorithmIdentifier names an algorithm that some key is believed with.
pub(crate) fn is_known(identifier: &[u8]) -> bool {
    let algorithm = asn1::read_sequence(identifier, |reader| {
        let parts: (ObjectIdentifier, Option<AnyRef<'_>>) = (reader.decode()?, reader.decode()?);
        Ok(parts.0)
    });
    algorithm.is_ok_and(|algorithm| KNOWN.contains(&algorithm))
}

const KNOWN: [ObjectIdentifier; 8] = [
    oid::ECDSA_WITH_SHA256,
    oid::ECDSA_WITH_SHA384,
    oid::ECDSA_WITH_SHA512,
    oid::SHA256_WITH_RSA,
    oid::SHA384_WITH_RSA,
    oid::SHA512_WITH_RSA,
    oid::RSASSA_PSS,
    oid::ED25519,
];

fn verification(kind: KeyKind, identifier: &[u8]) -> Result<&'static dyn VerificationAlgorithm, SignatureError> {
    let (algorithm, parameters): (ObjectIdentifier, Option<AnyRef<'_>>) =
        asn1::read_sequence(identifier, |reader| Ok((reader.decode()?, reader.decode()?)))
            .map_err(|_| SignatureError::Malformed)?;
    let without_parameters = parameters.is_none();
    // RFC 4055 §5: NULL is written, absent is understood.
    let with_null = parameters.is_none_or(AnyRef::is_null);
    let verification: &'static dyn VerificationAlgorithm = match (algorithm, kind) {
        (oid::ECDSA_WITH_SHA256, KeyKind::Ec(Curve::P256)) if without_parameters => &aws::ECDSA_P256_SHA256_ASN1,
        (oid::ECDSA_WITH_SHA384, KeyKind::Ec(Curve::P256)) if without_parameters => &aws::ECDSA_P256_SHA384_ASN1,
        (oid::ECDSA_WITH_SHA512, KeyKind::Ec(Curve::P256)) if without_parameters => &aws::ECDSA_P256_SHA512_ASN1,
        (oid::ECDSA_WITH_SHA256, KeyKind::Ec(Curve::P384)) if without_parameters => &aws::ECDSA_P384_SHA256_ASN1,
        (oid::ECDSA_WITH_SHA384, KeyKind::Ec(Curve::P384)) if without_parameters => &aws::ECDSA_P384_SHA384_ASN1,
        (oid::ECDSA_WITH_SHA512, KeyKind::Ec(Curve::P384)) if without_parameters => &aws::ECDSA_P384_SHA512_ASN1,
        (oid::ECDSA_WITH_SHA256, KeyKind::Ec(Curve::P521)) if without_parameters => &aws::ECDSA_P521_SHA256_ASN1,
        (oid::ECDSA_WITH_SHA384, KeyKind::Ec(Curve::P521)) if without_parameters => &aws::ECDSA_P521_SHA384_ASN1,
        (oid::ECDSA_WITH_SHA512, KeyKind::Ec(Curve::P521)) if without_parameters => &aws::ECDSA_P521_SHA512_ASN1,
        (oid::ED25519, KeyKind::Ed25519) if without_parameters => &aws::ED25519,
        (oid::SHA256_WITH_RSA, KeyKind::Rsa { .. }) if with_null => &aws::RSA_PKCS1_2048_8192_SHA256,
        (oid::SHA384_WITH_RSA, KeyKind::Rsa { .. }) if with_null => &aws::RSA_PKCS1_2048_8192_SHA384,
        (oid::SHA512_WITH_RSA, KeyKind::Rsa { .. }) if with_null => &aws::RSA_PKCS1_2048_8192_SHA512,
        (oid::RSASSA_PSS, KeyKind::Rsa { .. }) => pss(parameters.ok_or(SignatureError::Malformed)?)?,
        _ => return Err(SignatureError::Algorithm { algorithm }),
    };
    Ok(verification)
}

/// RSASSA-PSS-params (RFC 4055 §3.1): MGF1 with the same hash, and a salt as
/// long as the hash. The defaults, all SHA-1, are refused.
fn pss(parameters: AnyRef<'_>) -> Result<&'static dyn VerificationAlgorithm, SignatureError> {
    let refused = SignatureError::Algorithm { algorithm: oid::RSASSA_PSS };
    let (hash, mask, mask_hash, salt) = parameters
        .sequence(|reader| {
            let hash = explicit(reader, 0, |reader| hash_algorithm(reader))?;
            let (mask, mask_hash) = explicit(reader, 1, |reader| {
                reader.sequence(|reader| Ok((ObjectIdentifier::decode(reader)?, hash_algorithm(reader)?)))
            })?;
            let salt = explicit(reader, 2, u32::decode)?;
            if !reader.is_finished() && explicit(reader, 3, u32::decode)? != 1 {
                return Err(der::Tag::Integer.value_error().into());
            }
            Ok::<_, der::Error>((hash, mask, mask_hash, salt))
        })
        .map_err(|_| refused)?;
    if mask != oid::MGF1 || mask_hash != hash {
        return Err(refused);
    }
    match (hash, salt) {
        (oid::SHA256, 32) => Ok(&aws::RSA_PSS_2048_8192_SHA256),
        (oid::SHA384, 48) => Ok(&aws::RSA_PSS_2048_8192_SHA384),
        (oid::SHA512, 64) => Ok(&aws::RSA_PSS_2048_8192_SHA512),
        _ => Err(refused),
    }
}

fn explicit<'a, T>(
    reader: &mut der::SliceReader<'a>,
    number: u32,
    read: impl FnOnce(&mut der::SliceReader<'a>) -> der::Result<T>,
) -> der::Result<T> {
    let header = der::Header::decode(reader)?;
    header.tag().assert_eq(der::Tag::ContextSpecific { constructed: true, number: TagNumber(number) })?;
    reader.read_nested(header.length(), read)
}

/// An AlgorithmIdentifier of a hash, its parameters NULL or absent.
fn hash_algorithm(reader: &mut der::SliceReader<'_>) -> der::Result<ObjectIdentifier> {
    reader.sequence(|reader| {
        let hash = reader.decode()?;
        let parameters: Option<AnyRef<'_>> = reader.decode()?;
        if parameters.is_none_or(AnyRef::is_null) { Ok(hash) } else { Err(der::Tag::Null.value_error().into()) }
    })
}

/// The AlgorithmIdentifier we sign with, in DER.
pub(crate) fn algorithm_identifier(algorithm: SignatureAlgorithm) -> Vec<u8> {
    const NULL: &[u8] = &[5, 0];
    let (algorithm, parameters) = match algorithm {
        SignatureAlgorithm::EcdsaSha256 => (oid::ECDSA_WITH_SHA256, &[][..]),
        SignatureAlgorithm::EcdsaSha384 => (oid::ECDSA_WITH_SHA384, &[][..]),
        SignatureAlgorithm::EcdsaSha512 => (oid::ECDSA_WITH_SHA512, &[][..]),
        SignatureAlgorithm::RsaSha256 => (oid::SHA256_WITH_RSA, NULL),
        SignatureAlgorithm::Ed25519 => (oid::ED25519, &[][..]),
    };
    asn1::sequence(&[&asn1::object_identifier(&algorithm), parameters])
}
