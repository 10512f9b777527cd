//! A token and the certificates it brings along.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use policy_sdk::{
    crypto::{self, PublicKey, SignatureAlgorithm},
    jose::{self, JoseError},
    types::{CertificateInfo, Denial, KeyUsage, Timestamp},
    x509,
};

/// clientAuth (RFC 5280 §4.2.1.12).
const CLIENT_AUTH: &str = "1.3.6.1.5.5.7.3.2";

/// The claims of a token, and the certificate that has signed it and that one of the roots stands for.
pub(crate) fn verify(token: &str, roots: &[Vec<u8>], now: Timestamp) -> Result<(String, CertificateInfo), Denial> {
    let jwt = jose::decode_unverified(token).map_err(|error| malformed(&error))?;
    let Some((leaf, intermediates)) = jwt.certificates.split_first() else {
        return Err(Denial::unauthorized("x5c.chain", "the token brings no certificate along"));
    };
    let usages = [CLIENT_AUTH.to_owned()];
    x509::verify_chain(leaf, intermediates, roots, now, &usages).map_err(|error| {
        Denial::unauthorized("x5c.chain", "no root stands for the certificate").detail("error", format!("{error:?}"))
    })?;
    let info = x509::parse_certificate(leaf)
        .map_err(|error| Denial::unauthorized("x5c.chain", "the certificate cannot be read").detail("error", error))?;
    if info.is_ca || !info.key_usage.contains(KeyUsage::DIGITAL_SIGNATURE) {
        return Err(Denial::unauthorized("x5c.usage", "the key of the certificate is not for signatures of tokens"));
    }
    let (input, signature) = token.rsplit_once('.').unwrap_or_default();
    let signature = BASE64URL.decode(signature).map_err(|_| not_signed())?;
    let algorithm = algorithm(&jwt.algorithm).ok_or_else(not_signed)?;
    crypto::verify(algorithm, &PublicKey::Certificate(leaf.clone()), input.as_bytes(), &signature)
        .map_err(|error| not_signed().detail("error", format!("{error:?}")))?;
    Ok((jwt.claims, info))
}

/// The algorithm of the header. That it is one for the certificate's key is what the host looks at.
fn algorithm(name: &str) -> Option<SignatureAlgorithm> {
    Some(match name {
        "ES256" => SignatureAlgorithm::Es256,
        "ES384" => SignatureAlgorithm::Es384,
        "ES512" => SignatureAlgorithm::Es512,
        "RS256" => SignatureAlgorithm::Rs256,
        "RS384" => SignatureAlgorithm::Rs384,
        "RS512" => SignatureAlgorithm::Rs512,
        "PS256" => SignatureAlgorithm::Ps256,
        "PS384" => SignatureAlgorithm::Ps384,
        "PS512" => SignatureAlgorithm::Ps512,
        "EdDSA" => SignatureAlgorithm::Ed25519,
        _ => return None,
    })
}

fn malformed(error: &JoseError) -> Denial {
    Denial::unauthorized("x5c.malformed", "the token cannot be read").detail("error", format!("{error:?}"))
}

fn not_signed() -> Denial {
    Denial::unauthorized("x5c.signature", "the certificate's key has not signed the token")
}
