//! Running a policy natively: sample inputs, and a fake host for what it imports.
//!
//! A policy is an ordinary crate, so its tests are ordinary tests. What it computes itself needs nothing from here but
//! inputs; what it asks of the host is answered by a [`Host`] the test puts in place. The host's real answers are
//! tested by running the compiled module over `policy-sdk/vectors`.

mod host;
mod samples;
mod tokens;

pub(crate) use host::calls;
pub use host::{Host, with_host};
pub use samples::{
    NOW, check, context, csr, names, proposal, provisioner, renew_request, revoke_request, sign_request,
};
pub use tokens::{TestTokens, token};
