//! How a person who knows a provisioner's password turns it into a token.
//!
//! ```text
//!  GET /provisioners ──► choice ──► GET …/encrypted-key ──► key ──► token
//!  or ca.json            one kid    or --key, or ca.json    the password
//! ```

mod choice;
pub(crate) mod renewal;
mod token;

pub(crate) use crate::jwk_file::{from_file, unlock};
pub(crate) use choice::{ChoiceError, choose, kid};
pub(crate) use token::{Lifetime, Purpose, TokenRequest};
