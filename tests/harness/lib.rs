//! The whole CA in process, and everything a test needs to be its client, its operator or its enemy.
//!
//! ```text
//!  TestCa ── ca.json, keys, store in a temporary folder; TLS on a free port of 127.0.0.1
//!    │ token()   Token     whatever a provisioner could sign, and what it never would
//!    │ client()  Client    requests as bytes; every certificate it is answered goes into the ledger
//!    │ records() Records   the store, read with SQL, past the code that wrote it
//!    └ drop                the invariants of issuance, checked after every test
//! ```
//!
//! Nothing here is a mock: what runs is the CA as `step-ca` starts it, with the modules it ships. Calls block, because
//! each CA has a runtime of its own; a test is a plain function.

mod answer;
mod ca;
mod client;
pub mod fixed;
mod guest;
mod identity;
mod identity_provider;
mod invariants;
mod openssl;
mod pki;
mod records;
mod request;
mod resolver;
mod token;
mod user;
mod web;

pub use answer::Answer;
pub use ca::{Builder, Second, TestCa, serve_for_ever};
pub use client::{Client, Identity};
pub use guest::{Guest, guests, module};
pub use identity::Leaf;
pub use identity_provider::{IdentityProvider, Mischief};
pub use openssl::OpenSsl;
pub use pki::{PASSWORD, PROVISIONER, PROVISIONER_PASSWORD, Pki, PkiFiles};
pub use records::{Record, Records};
pub use request::{Csr, body_of_2019, body_of_2026};
pub use resolver::Resolver;
pub use token::{Token, encode_chain, sign_raw, twin};
pub use user::{Outcome, User};
pub use web::Web;
