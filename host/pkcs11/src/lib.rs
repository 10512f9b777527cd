//! An issuing key in a PKCS#11 token: a smart card, an HSM, SoftHSM.
//!
//! ```text
//!  key, kms.uri ──► KeyUri ──► TokenKey ──► authority::keys::Signer
//!                               │
//!                               └ sessions: few, logged in, opened anew when the token was gone
//! ```
//!
//! The module of the maker is a library that is loaded when the first key in it is opened, and stays for the life of the
//! process. A [`TokenKey`] makes signatures that fit one certificate, and says of each failure whether the token was
//! asked. Its calls block, for as long as the token likes: whoever calls them from an event loop sees to that.
//!
//! It does not know `ca.json`, certificates, or what is signed. It makes no keys and no tokens.

#![warn(clippy::indexing_slicing)]

mod ecdsa;
mod error;
mod key;
mod login;
mod module;
mod pool;
mod session;
mod uri;

pub use error::OpenError;
pub use key::TokenKey;
pub use pool::{SESSION_TIME, SESSIONS};
pub use uri::{KeyUri, UriError};
