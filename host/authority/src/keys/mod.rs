//! Private keys: what signs, and the files keys are kept in.
//!
//! ```text
//!  PEM text ──► read ──► (legacy | pbes2: the password) ──► PrivateKey ──► Signer
//!  PEM text ◄── write ◄── (legacy | pbes2) ◄────────────────────┘
//! ```
//!
//! Files are read leniently, since people and many programs write them, and
//! written in the one form that upstream and OpenSSL both read. Whatever a
//! file asks for in rounds of key derivation is bounded before it is done.

mod cipher;
mod error;
mod legacy;
mod pbes2;
mod private_key;
mod public_pem;
mod read;
mod signer;
mod write;

pub use error::PrivateKeyError;
pub use private_key::{KeySpec, PrivateKey};
pub use public_pem::{public_key_from_pem, public_key_to_pem};
pub use read::is_encrypted_pem;
pub use signer::{SignatureAlgorithm, Signer, SignerError};

#[cfg(test)]
mod interop;
#[cfg(test)]
mod tests;
