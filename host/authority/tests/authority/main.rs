//! The room from outside: requests of strangers, the road from draft to
//! certificate, renewal, and what OpenSSL says about it.
//!
//! Where `openssl` is missing, the tests that ask it say so and pass.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say where")]
#![allow(clippy::disallowed_methods, reason = "strangers' programs read files")]

mod harness;
mod interop;
mod issuance;
mod issuer;
mod lists;
mod mutations;
mod narrowing;
mod ocsp;
mod openssl;
mod paths;
mod pki;
mod renewal;
mod requests;
mod responder;
