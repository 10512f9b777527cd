//! Encrypted PKCS#8 keys: PBES2 with PBKDF2 (RFC 5958 §3, RFC 8018 §6.2).
//!
//! Read with our own structures: files of an upstream of before 2023 carry a
//! malformed pseudo-random function, and salts have any length.

use std::num::NonZeroU32;

use aws_lc_rs::{
    pbkdf2::{self, PBKDF2_HMAC_SHA1, PBKDF2_HMAC_SHA256, PBKDF2_HMAC_SHA384, PBKDF2_HMAC_SHA512},
    rand,
};
use der::{
    Any, Decode, Encode, Reader, Sequence, SliceReader, Tag, Tagged,
    asn1::{ObjectIdentifier, OctetString},
};
use spki::AlgorithmIdentifierOwned;
use zeroize::Zeroizing;

use super::{
    PrivateKeyError,
    cipher::{Cipher, encrypt_aes256},
};

/// Rounds of a new file.
const ITERATIONS: u32 = 600_000;

/// The most a file may ask for: about a second of work. There is no lower
/// bound: refusing a weak file would not protect what it holds.
const MAX_ITERATIONS: u32 = 2_000_000;

const PBES2: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.5.13");
const PBKDF2: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.5.12");
const HMAC_WITH_SHA1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.2.7");
const HMAC_WITH_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.2.9");
const HMAC_WITH_SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.2.10");
const HMAC_WITH_SHA512: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.2.11");
const AES_256_CBC: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.1.42");

const CIPHERS: [(ObjectIdentifier, Cipher); 5] = [
    (ObjectIdentifier::new_unwrap("1.3.14.3.2.7"), Cipher::Des),
    (ObjectIdentifier::new_unwrap("1.2.840.113549.3.7"), Cipher::TripleDes),
    (ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.1.2"), Cipher::Aes128),
    (ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.1.22"), Cipher::Aes192),
    (AES_256_CBC, Cipher::Aes256),
];

/// RFC 5958 §3.
#[derive(Sequence)]
struct EncryptedPrivateKeyInfo {
    encryption_algorithm: AlgorithmIdentifierOwned,
    encrypted_data: OctetString,
}

/// RFC 8018 §A.4.
#[derive(Sequence)]
struct Pbes2Params {
    key_derivation: AlgorithmIdentifierOwned,
    encryption_scheme: AlgorithmIdentifierOwned,
}

/// RFC 8018 §A.2. The salt of another source does not exist in practice; the
/// pseudo-random function is left as it is, see [`Prf::parse`].
#[derive(Sequence)]
struct Pbkdf2Params {
    salt: OctetString,
    iteration_count: u64,
    #[asn1(optional = "true")]
    key_length: Option<u64>,
    #[asn1(optional = "true")]
    prf: Option<Any>,
}

/// Decrypts an EncryptedPrivateKeyInfo. The caller parses the result before
/// the password is right, see [`super::legacy::decrypt`].
pub(super) fn decrypt(der: &[u8], password: &[u8]) -> Result<Zeroizing<Vec<u8>>, PrivateKeyError> {
    let info = EncryptedPrivateKeyInfo::from_der(der).map_err(|_| PrivateKeyError::MalformedParameters)?;
    let params: Pbes2Params = parameters(&info.encryption_algorithm, PBES2, "scheme")?;
    let derivation: Pbkdf2Params = parameters(&params.key_derivation, PBKDF2, "key derivation")?;
    let prf = Prf::parse(derivation.prf.as_ref())?;

    let oid = params.encryption_scheme.oid;
    let (_, cipher) = CIPHERS
        .into_iter()
        .find(|(own, _)| *own == oid)
        .ok_or_else(|| PrivateKeyError::UnsupportedEncryption { what: "cipher", found: oid.to_string() })?;
    let iv = params.encryption_scheme.parameters.and_then(|any| any.decode_as::<OctetString>().ok());
    let iv = iv.ok_or(PrivateKeyError::MalformedParameters)?;

    let count = derivation.iteration_count;
    let iterations = u32::try_from(count)
        .ok()
        .filter(|&count| count <= MAX_ITERATIONS)
        .ok_or(PrivateKeyError::TooManyIterations { found: count, limit: MAX_ITERATIONS })?;
    let iterations = NonZeroU32::new(iterations).ok_or(PrivateKeyError::MalformedParameters)?;
    if derivation.key_length.is_some_and(|length| length != cipher.key_length() as u64) {
        return Err(PrivateKeyError::MalformedParameters);
    }

    let mut key = Zeroizing::new(vec![0; cipher.key_length()]);
    pbkdf2::derive(prf.library(), iterations, derivation.salt.as_bytes(), password, &mut key);
    cipher.decrypt(&key, iv.as_bytes(), info.encrypted_data.as_bytes()).ok_or(PrivateKeyError::WrongPassword)
}

/// Encrypts a PrivateKeyInfo with PBKDF2-HMAC-SHA-256 and AES-256-CBC: what
/// OpenSSL and upstream read.
pub(super) fn encrypt(pkcs8: &[u8], password: &[u8]) -> Result<Vec<u8>, PrivateKeyError> {
    let (mut salt, mut iv) = ([0; 16], [0; 16]);
    rand::fill(&mut salt)
        .and_then(|()| rand::fill(&mut iv))
        .map_err(|_| PrivateKeyError::Library { what: "give random octets" })?;
    let mut key = Zeroizing::new([0; 32]);
    let iterations = NonZeroU32::new(ITERATIONS).expect("the number of rounds is not zero");
    pbkdf2::derive(PBKDF2_HMAC_SHA256, iterations, &salt, password, key.as_mut_slice());
    encode(&salt, &iv, &encrypt_aes256(&key, &iv, pkcs8))
        .map_err(|_| PrivateKeyError::Library { what: "write a private key" })
}

fn encode(salt: &[u8], iv: &[u8], ciphertext: &[u8]) -> der::Result<Vec<u8>> {
    let prf = AlgorithmIdentifierOwned { oid: HMAC_WITH_SHA256, parameters: Some(Any::null()) };
    let derivation = Pbkdf2Params {
        salt: OctetString::new(salt)?,
        iteration_count: ITERATIONS.into(),
        key_length: None,
        prf: Some(Any::encode_from(&prf)?),
    };
    let params = Pbes2Params {
        key_derivation: AlgorithmIdentifierOwned { oid: PBKDF2, parameters: Some(Any::encode_from(&derivation)?) },
        encryption_scheme: AlgorithmIdentifierOwned {
            oid: AES_256_CBC,
            parameters: Some(Any::encode_from(&OctetString::new(iv)?)?),
        },
    };
    EncryptedPrivateKeyInfo {
        encryption_algorithm: AlgorithmIdentifierOwned { oid: PBES2, parameters: Some(Any::encode_from(&params)?) },
        encrypted_data: OctetString::new(ciphertext)?,
    }
    .to_der()
}

/// The parameters of an algorithm that has to be `wanted`.
fn parameters<P>(
    algorithm: &AlgorithmIdentifierOwned,
    wanted: ObjectIdentifier,
    what: &'static str,
) -> Result<P, PrivateKeyError>
where
    P: for<'a> Decode<'a, Error = der::Error>,
{
    if algorithm.oid != wanted {
        return Err(PrivateKeyError::UnsupportedEncryption { what, found: algorithm.oid.to_string() });
    }
    algorithm
        .parameters
        .as_ref()
        .and_then(|any| any.to_der().ok())
        .and_then(|der| P::from_der(&der).ok())
        .ok_or(PrivateKeyError::MalformedParameters)
}

/// The hash of PBKDF2.
#[derive(Clone, Copy)]
enum Prf {
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

impl Prf {
    /// HMAC-SHA-1 when there is none. Its parameters should be NULL; upstream
    /// wrote `00 00` until 2023, and others leave them out.
    fn parse(any: Option<&Any>) -> Result<Self, PrivateKeyError> {
        let Some(any) = any else { return Ok(Self::Sha1) };
        let (oid, rest) = split(any).map_err(|_| PrivateKeyError::MalformedParameters)?;
        if !matches!(rest, [] | [5, 0] | [0, 0]) {
            return Err(PrivateKeyError::MalformedParameters);
        }
        match oid {
            HMAC_WITH_SHA1 => Ok(Self::Sha1),
            HMAC_WITH_SHA256 => Ok(Self::Sha256),
            HMAC_WITH_SHA384 => Ok(Self::Sha384),
            HMAC_WITH_SHA512 => Ok(Self::Sha512),
            oid => {
                Err(PrivateKeyError::UnsupportedEncryption { what: "pseudo-random function", found: oid.to_string() })
            }
        }
    }

    fn library(self) -> pbkdf2::Algorithm {
        match self {
            Self::Sha1 => PBKDF2_HMAC_SHA1,
            Self::Sha256 => PBKDF2_HMAC_SHA256,
            Self::Sha384 => PBKDF2_HMAC_SHA384,
            Self::Sha512 => PBKDF2_HMAC_SHA512,
        }
    }
}

/// The identifier of an AlgorithmIdentifier, and the octets behind it.
fn split(any: &Any) -> der::Result<(ObjectIdentifier, &[u8])> {
    if any.tag() != Tag::Sequence {
        return Err(Tag::Sequence.value_error().into());
    }
    let mut reader = SliceReader::new(any.value())?;
    let oid = ObjectIdentifier::decode(&mut reader)?;
    let rest = reader.read_slice(reader.remaining_len())?;
    Ok((oid, rest))
}
