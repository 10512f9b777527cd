//! Refusals of a token.

use policy_sdk::{
    jwt::ClaimError,
    types::{Denial, Reason},
};

/// A 401 for one broken rule. The message is for the log alone: a stranger learns nothing about why a token failed.
pub(crate) fn refusal(message: impl Into<String>, reason: Reason) -> Denial {
    Denial::unauthorized(message).because(reason)
}

/// A 401 for claims that are not good.
pub(crate) fn bad_claim(error: ClaimError) -> Denial {
    refusal(format!("invalid token: {error}"), error.reason("jwk"))
}
