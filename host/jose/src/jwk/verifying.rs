//! A public key made ready to verify: parsed once, used for every token.

use aws_lc_rs::{
    encoding::AsDer,
    rsa::PublicEncryptingKey,
    signature::{
        ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ECDSA_P521_SHA512_FIXED, ED25519, ParsedPublicKey,
        RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512, RSA_PSS_2048_8192_SHA256,
        RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512, RsaParameters, RsaPublicKeyComponents,
        VerificationAlgorithm,
    },
};

use super::{Curve, Jwk, PublicPart};
use crate::{Algorithm, JoseError, error::excerpt, limits};

/// A public key with the algorithms it may be used with: one, or six for an RSA key that does not name its own.
#[derive(Clone, Debug)]
pub struct VerifyingKey {
    keys: Vec<(Algorithm, ParsedPublicKey)>,
}

impl VerifyingKey {
    /// The key of a JWK, whether that is public or private.
    ///
    /// # Errors
    /// [`JoseError::KeyUse`] when `use` or `key_ops` reserve it for something else, and
    /// [`JoseError::AlgorithmNotAllowed`] when `alg` does not fit its type or curve.
    pub fn from_jwk(jwk: &Jwk) -> Result<Self, JoseError> {
        if jwk.key_use().is_some_and(|key_use| key_use != "sig") {
            return Err(JoseError::KeyUse("verify"));
        }
        let may_verify = |operation: &String| operation == "verify" || (jwk.is_private() && operation == "sign");
        if jwk.key_ops.as_ref().is_some_and(|operations| !operations.iter().any(may_verify)) {
            return Err(JoseError::KeyUse("verify"));
        }
        let keys = algorithms(jwk)?
            .into_iter()
            .map(|algorithm| parse(&jwk.public, algorithm).map(|key| (algorithm, key)))
            .collect::<Result<_, _>>()?;
        Ok(Self { keys })
    }

    /// The key of a SubjectPublicKeyInfo (RFC 5280 §4.1.2.7), e.g. of a certificate that signed a token.
    ///
    /// # Errors
    /// [`JoseError::InvalidKey`] for anything but an RSA key of 2048 to 8192 bits, P-256, P-384, P-521 and Ed25519.
    pub fn from_spki(der: &[u8]) -> Result<Self, JoseError> {
        const OTHER: JoseError = JoseError::InvalidKey("it is none of RSA, P-256, P-384, P-521 and Ed25519");
        // The library reads other encodings too; a key that comes out as it went in is in this one.
        let same = |key: &ParsedPublicKey| key.as_der().is_ok_and(|own| own.as_ref() == der);
        let parse = |(algorithm, library): (Algorithm, &'static dyn VerificationAlgorithm)| {
            ParsedPublicKey::new(library, der).ok().filter(same).map(|key| (algorithm, key))
        };
        let single: [(Algorithm, &'static dyn VerificationAlgorithm); 4] = [
            (Algorithm::Es256, &ECDSA_P256_SHA256_FIXED),
            (Algorithm::Es384, &ECDSA_P384_SHA384_FIXED),
            (Algorithm::Es512, &ECDSA_P521_SHA512_FIXED),
            (Algorithm::EdDsa, &ED25519),
        ];
        if let Some(key) = single.into_iter().find_map(parse) {
            return Ok(Self { keys: vec![key] });
        }
        let bits = PublicEncryptingKey::from_der(der).map_err(|_| OTHER)?.key_size_bits();
        if !limits::RSA_BITS.contains(&bits) {
            return Err(OTHER);
        }
        let rsa = |algorithm| parse((algorithm, rsa_parameters(algorithm)?));
        let keys = Algorithm::RSA.into_iter().map(rsa).collect::<Option<Vec<_>>>().ok_or(OTHER)?;
        Ok(Self { keys })
    }

    /// What it may be used with.
    pub fn algorithms(&self) -> impl Iterator<Item = Algorithm> + '_ {
        self.keys.iter().map(|(algorithm, _)| *algorithm)
    }

    /// Verifies a signature in the form of RFC 7518 §3: ECDSA as R‖S at full width.
    ///
    /// # Errors
    /// [`JoseError::AlgorithmNotAllowed`] before anything is computed, otherwise [`JoseError::BadSignature`].
    pub fn verify(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> Result<(), JoseError> {
        let (_, key) = self
            .keys
            .iter()
            .find(|(own, _)| *own == algorithm)
            .ok_or_else(|| JoseError::AlgorithmNotAllowed(algorithm.name().to_owned()))?;
        key.verify_sig(message, signature).map_err(|_| JoseError::BadSignature)
    }

    /// The key as SubjectPublicKeyInfo, to be compared with the key of a certificate.
    pub fn spki_der(&self) -> Vec<u8> {
        let (_, key) = self.keys.first().expect("a verifying key has at least one algorithm");
        key.as_der().map(|der| der.as_ref().to_vec()).unwrap_or_default()
    }

    /// Whether the numbers are a key at all.
    pub(super) fn check(public: &PublicPart) -> Result<(), JoseError> {
        let algorithm = match public {
            PublicPart::Ec { curve, .. } => curve.algorithm(),
            PublicPart::Rsa { .. } => Algorithm::Rs256,
            PublicPart::Ed25519 { .. } => Algorithm::EdDsa,
        };
        parse(public, algorithm).map(drop)
    }
}

/// What the type of the key allows, narrowed to its `alg`.
fn algorithms(jwk: &Jwk) -> Result<Vec<Algorithm>, JoseError> {
    let by_type = match &jwk.public {
        PublicPart::Ec { curve, .. } => vec![curve.algorithm()],
        PublicPart::Rsa { .. } => Algorithm::RSA.to_vec(),
        PublicPart::Ed25519 { .. } => vec![Algorithm::EdDsa],
    };
    let Some(name) = jwk.alg() else { return Ok(by_type) };
    match Algorithm::from_name(name).filter(|algorithm| by_type.contains(algorithm)) {
        Some(algorithm) => Ok(vec![algorithm]),
        None => Err(JoseError::AlgorithmNotAllowed(excerpt(name))),
    }
}

pub(super) fn parse(public: &PublicPart, algorithm: Algorithm) -> Result<ParsedPublicKey, JoseError> {
    let parsed = match public {
        PublicPart::Ec { curve, x, y } => {
            let library = match curve {
                Curve::P256 => &ECDSA_P256_SHA256_FIXED,
                Curve::P384 => &ECDSA_P384_SHA384_FIXED,
                Curve::P521 => &ECDSA_P521_SHA512_FIXED,
            };
            ParsedPublicKey::new(library, PublicPart::point(x, y)).map_err(|_| "the point is not on the curve")
        }
        PublicPart::Rsa { n, e } => {
            let parameters =
                rsa_parameters(algorithm).ok_or_else(|| JoseError::AlgorithmNotAllowed(algorithm.name().to_owned()))?;
            RsaPublicKeyComponents { n, e }.to_parsed_public_key(parameters).map_err(|_| "it is no RSA key")
        }
        PublicPart::Ed25519 { x } => ParsedPublicKey::new(&ED25519, x).map_err(|_| "it is no Ed25519 key"),
    };
    parsed.map_err(JoseError::InvalidKey)
}

fn rsa_parameters(algorithm: Algorithm) -> Option<&'static RsaParameters> {
    match algorithm {
        Algorithm::Rs256 => Some(&RSA_PKCS1_2048_8192_SHA256),
        Algorithm::Rs384 => Some(&RSA_PKCS1_2048_8192_SHA384),
        Algorithm::Rs512 => Some(&RSA_PKCS1_2048_8192_SHA512),
        Algorithm::Ps256 => Some(&RSA_PSS_2048_8192_SHA256),
        Algorithm::Ps384 => Some(&RSA_PSS_2048_8192_SHA384),
        Algorithm::Ps512 => Some(&RSA_PSS_2048_8192_SHA512),
        Algorithm::Es256 | Algorithm::Es384 | Algorithm::Es512 | Algorithm::EdDsa => None,
    }
}
