//! Whether a certificate keeps to the rules: one function a rule, and each cites the clause it stands in.
//!
//! ```text
//!              rules of every certificate (common)
//!                 │                      │
//!  issuance ◄─────┴──► a leaf of ours    └──► examine: any certificate
//!  stops at the first                         finds everything, and says how bad it is
//! ```
//!
//! What it does not know: who is trusted, what time it is, and whether anybody has revoked anything.

mod common;
mod examine;
mod issuance;

use std::fmt;

use thiserror::Error;

pub use examine::examine;
pub(crate) use issuance::check;

/// What is about to be signed breaks a rule.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[error("{problem} ({clause})")]
pub struct LintError {
    /// What is wrong.
    pub problem: &'static str,
    /// Where the rule stands.
    pub clause: &'static str,
}

/// A rule that a certificate breaks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Finding {
    /// The name of the rule, in lower case with hyphens. Names stay.
    pub rule: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, and where that is written.
    pub error: LintError,
}

/// How bad it is to break a rule.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Severity {
    /// It may be on purpose.
    Notice,
    /// The rule says SHOULD, or is one of public authorities.
    Warning,
    /// The rule says MUST.
    Error,
}

impl Severity {
    /// Its name in lower case.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Notice => "notice",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}
