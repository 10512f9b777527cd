//! The certificate authority itself: requests, keys, names, drafts and
//! signatures (RFC 5280, RFC 2986).
//!
//! This room is pure. Time, random octets and bytes arrive as arguments; it
//! opens no file and no connection, reads no clock, and knows neither HTTP nor
//! policies.

mod asn1;
pub mod keys;
pub mod names;
pub mod oid;
pub mod pem;
mod public_key;
mod serial;
mod signature;
mod time;

pub use der::asn1::ObjectIdentifier;
pub use names::SubjectAltNames;
pub use public_key::{Curve, KeyError, KeyKind, PublicKey, SubjectPublicKeyInfo};
pub use serial::{SerialNumber, SerialNumberError};
pub use signature::SignatureError;
pub use time::{Timestamp, TimestampError, Validity};
