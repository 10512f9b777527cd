//! JSON Web Signatures in compact form (RFC 7515 §3.1), and the tokens made of them (RFC 7519).
//!
//! [`Compact`] is any signed message, [`Unverified`] is one whose payload is a set of claims. Both are parsed before they
//! are verified: who signed is found by looking inside. Nothing in them may be believed until `verify` said so.
//! [`Serialized`] turns the JSON serializations into the compact one.

mod compact;
mod header;
mod serialized;
mod sign;
mod token;

pub use compact::Compact;
pub use header::Header;
pub use serialized::Serialized;
pub use sign::{ProtectedHeader, sign, sign_with, sign_with_mac};
pub use token::{ReplayId, Unverified};

use crate::{JoseError, Jwk, VerifyingKey};

/// Verifies a token with the key of a JWK. For many tokens of one key, make the [`VerifyingKey`] once.
///
/// # Errors
/// As [`VerifyingKey::from_jwk`] and [`Compact::verify`].
pub fn verify(token: &Unverified<'_>, key: &Jwk) -> Result<(), JoseError> {
    token.verify(&VerifyingKey::from_jwk(key)?)
}
