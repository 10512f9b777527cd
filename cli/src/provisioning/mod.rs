//! How a person who knows a provisioner's password, or whom its identity provider knows, gets a token.
//!
//! ```text
//!  GET /provisioners ──► choice ──► GET …/encrypted-key ──► key ──► token
//!  or ca.json            one kid    or --key, or ca.json    the password
//!                           └─────► identity ─────────────────────► token
//!                                   the person's browser
//! ```

mod choice;
mod identity;
pub(crate) mod renewal;
mod token;

pub(crate) use crate::jwk_file::{from_file, unlock};
pub(crate) use choice::{ChoiceError, choose, kid};
pub(crate) use identity::{identity_token, is_openid};
pub(crate) use token::{Lifetime, Purpose, TokenRequest};
