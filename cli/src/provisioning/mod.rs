//! How a person who knows a provisioner's password turns it into a token.
//!
//! ```text
//!  GET /provisioners ──► choice ──► GET …/encrypted-key ──► key ──► token
//!  or ca.json            one kid    or --key, or ca.json    the password
//! ```

mod choice;
mod key;
mod pem_key;
mod token;

pub(crate) use choice::{ChoiceError, choose, kid};
pub(crate) use key::{from_file, unlock};
pub(crate) use token::{Lifetime, TokenRequest};
