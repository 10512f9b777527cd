//! Vectors: questions to a policy in JSON, and what must be answered.
//!
//! ```text
//!  folder ──► Suite { base, cases } ──► Subject::decide(case) ──► Decision ──► Case::difference
//!  base.json, *.json                    the compiled module, in the production host
//! ```
//!
//! The format is told in `policy-sdk/vectors/README.md`. What it promises: the module runs as the CA runs it, with the same
//! limits, and a question that has a member nobody knows is an error, not a question about something else.
//!
//! What it does not know: how modules are compiled, and what a command prints.

pub mod answer;
mod check;
mod dns;
mod effects;
mod error;
mod json;
mod provisioner;
mod question;
mod subject;
mod suite;
mod tokens;
mod update;

pub use error::VectorError;
pub use subject::{Decision, Subject};
pub use suite::{Case, Difference, Suite};
pub use tokens::Keys;
pub use update::update;
