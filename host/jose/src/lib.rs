//! JSON Web Keys, Signatures and Encryption, as a certificate authority and its clients need them.
//!
//! ```text
//!  token ──► jws::Unverified ──► verify(VerifyingKey) ──► claims may be believed
//!                  ▲                     ▲
//!           strict JSON, caps      Jwk: the algorithm comes from the key, never from the token
//! ```
//!
//! What it promises: one encoding a message (RFC 7515 §2), no duplicate member at any level, every size bounded before
//! work is spent on it, no panic on any input, and no secret in an error or a `Debug` text.
//!
//! What it does not know: the time, issuers, audiences, files and the network. It compares no `exp` with a clock and
//! opens no connection because of a token; both are its callers' business.

// What is read here comes from outside: no slip may end in a panic.
#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::unwrap_used))]

pub mod jwe;
pub mod jwk;
pub mod jws;
pub mod limits;

mod algorithm;
mod base64url;
mod claims;
mod error;
mod json;
mod symmetric;

pub use algorithm::Algorithm;
pub use claims::{NumericDate, RegisteredClaims};
pub use error::JoseError;
pub use jwk::{Curve, Jwk, JwkSet, KeyType, SigningKey, UncheckedKey, UncheckedKeys, VerifyingKey};
pub use symmetric::{MacAlgorithm, MacKey, SymmetricKey};
