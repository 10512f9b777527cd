//! What can be wrong with the claims of a token, and the refusal it leads to.

use crate::{
    GoDuration,
    text::go_time,
    types::{Denial, Timestamp},
};

/// Why a token's claims are not good.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum ClaimError {
    /// A claim that is not what RFC 7519 says it is. The name is empty when the claims are no JSON object.
    Malformed {
        /// The claim.
        claim: &'static str,
        /// What would be right.
        problem: String,
    },
    /// A claim that must be there.
    Missing {
        /// The claim.
        claim: &'static str,
    },
    /// `exp` has passed.
    Expired {
        /// The claim.
        exp: Timestamp,
        /// The time of the request.
        now: Timestamp,
    },
    /// `nbf` has not come.
    NotYetValid {
        /// The claim.
        nbf: Timestamp,
        /// The time of the request.
        now: Timestamp,
    },
    /// `iat` has not come.
    IssuedInTheFuture {
        /// The claim.
        iat: Timestamp,
        /// The time of the request.
        now: Timestamp,
    },
    /// `exp` does not lie after `iat` and `nbf`.
    Reversed {
        /// The claim.
        exp: Timestamp,
        /// The later of the others.
        after: Timestamp,
    },
    /// `exp` lies too long after `iat` or `nbf`.
    LivesTooLong {
        /// How long.
        life: GoDuration,
        /// How long it may be.
        max: GoDuration,
    },
    /// `nbf` lies too long after `iat`.
    StartsTooLate {
        /// How long.
        delay: GoDuration,
        /// How long it may be.
        max: GoDuration,
    },
}

impl ClaimError {
    pub(super) fn malformed(claim: &'static str, problem: impl Into<String>) -> Self {
        Self::Malformed { claim, problem: problem.into() }
    }

    /// A 401 because of the rule `<policy>.malformed`, `.missing`, `.expired`, `.not-yet-valid`,
    /// `.issued-in-the-future`, `.reversed`, `.lives-too-long` or `.starts-too-late`.
    pub fn denial(&self, policy: &str) -> Denial {
        let denial = |rule: &str, claim: &str| {
            let denial = Denial::unauthorized(format!("{policy}.{rule}"), format!("invalid token: {self}"));
            denial.field(if claim.is_empty() { "token".to_owned() } else { format!("token.{claim}") })
        };
        match self {
            Self::Malformed { claim, problem } => denial("malformed", claim).want(problem),
            Self::Missing { claim } => denial("missing", claim),
            Self::Expired { exp, now } => denial("expired", "exp")
                .got(go_time(*exp))
                .want(format!("later than {}", go_time(*now)))
                .hint("make a new token; if it is new, compare the clocks"),
            Self::NotYetValid { nbf, now } => denial("not-yet-valid", "nbf")
                .got(go_time(*nbf))
                .want(format!("at most {}", go_time(*now)))
                .hint("wait, or compare the clocks"),
            Self::IssuedInTheFuture { iat, now } => denial("issued-in-the-future", "iat")
                .got(go_time(*iat))
                .want(format!("at most {}", go_time(*now)))
                .hint("compare the clocks"),
            Self::Reversed { exp, after } => {
                denial("reversed", "exp").got(go_time(*exp)).want(format!("later than {}", go_time(*after)))
            }
            Self::LivesTooLong { life, max } => {
                denial("lives-too-long", "exp").got(life.to_string()).want(format!("at most {max}"))
            }
            Self::StartsTooLate { delay, max } => {
                denial("starts-too-late", "nbf").got(delay.to_string()).want(format!("at most {max}"))
            }
        }
    }
}

impl std::fmt::Display for ClaimError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Malformed { claim: "", problem } => write!(f, "the claims of the token {problem}"),
            Self::Malformed { claim, problem } => write!(f, "token claim {claim}: {problem}"),
            Self::Missing { claim } => write!(f, "token has no {claim}"),
            Self::Expired { .. } => f.write_str("token is expired (exp)"),
            Self::NotYetValid { .. } => f.write_str("token is not valid yet (nbf)"),
            Self::IssuedInTheFuture { .. } => f.write_str("token was issued in the future (iat)"),
            Self::Reversed { .. } => f.write_str("token expires before it begins (exp)"),
            Self::LivesTooLong { life, max } => write!(f, "token is valid for {life}, longer than {max} (exp)"),
            Self::StartsTooLate { delay, max } => {
                write!(f, "token begins {delay} after it was issued, later than {max} (nbf)")
            }
        }
    }
}

impl std::error::Error for ClaimError {}
