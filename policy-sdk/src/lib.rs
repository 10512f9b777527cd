//! Write the rules of a certificate authority as WebAssembly policies.
//!
//! A policy is a library that answers one question: may this client have this certificate? A [`Provisioner`] answers it
//! by verifying a credential, a [`Check`] by looking at the certificate before it is signed. Both are pure functions of
//! what they are given: no clock, no files, no network that `ca.json` has not granted. `CONTRACT.md` beside this crate
//! tells the whole contract, in any language's terms.
//!
//! ```
//! use policy_sdk::prelude::*;
//!
//! /// Certificates for the hosts of one domain, and nobody else's.
//! pub struct OneDomain {
//!     suffix: String,
//! }
//!
//! /// `{"domain": "corp.example.com"}` in `ca.json`.
//! #[derive(serde::Deserialize)]
//! #[serde(deny_unknown_fields)]
//! struct Settings {
//!     domain: String,
//! }
//!
//! impl Check for OneDomain {
//!     fn init(environment: check::Environment) -> Result<(Self, check::Descriptor), Vec<ConfigError>> {
//!         let Settings { domain } = settings::parse(&environment.settings, "/settings")?;
//!         Ok((Self { suffix: format!(".{domain}") }, check::Descriptor::default()))
//!     }
//!
//!     fn review(&self, proposal: &check::Proposal) -> Result<Vec<Edit>, Denial> {
//!         match proposal.draft.subject_alt_names.dns_names.iter().find(|name| !name.ends_with(&self.suffix)) {
//!             None => Ok(vec![]),
//!             Some(name) => Err(Denial::forbidden("one-domain.suffix", "every DNS name must belong to the domain")
//!                 .field("subject-alt-names.dns-names")
//!                 .got(name)
//!                 .want(format!("*{}", self.suffix))),
//!         }
//!     }
//! }
//!
//! policy_sdk::check!(OneDomain);
//!
//! // The same code is tested natively, without a wasm toolchain:
//! let environment = check::Environment { settings: r#"{"domain": "corp.example.com"}"#.into(), ..testing::check() };
//! let (policy, _) = OneDomain::init(environment).unwrap();
//! assert_eq!(policy.review(&testing::proposal(&["db.corp.example.com"])), Ok(vec![]));
//! let denial = policy.review(&testing::proposal(&["db.example.org"])).unwrap_err();
//! assert_eq!(denial.reasons[0].got.as_deref(), Some("db.example.org"));
//! ```
//!
//! Compile it as a `cdylib` for `wasm32-unknown-unknown`; the file that comes out is what `ca.json` names.

#[cfg(all(target_arch = "wasm32", feature = "bump-allocator"))]
mod allocator;
#[doc(hidden)]
pub mod bindings;
mod capabilities;

pub mod audience;
pub mod check;
pub mod jwt;
pub mod names;
pub mod provisioner;
pub mod rules;
pub mod schema;
pub mod settings;
#[cfg(not(target_arch = "wasm32"))]
pub mod testing;
pub mod text;
pub mod types;

pub use capabilities::{consume_once, crypto, dns, http, jose, kv, log, x509};
pub use check::Check;
pub use go_duration::GoDuration;
pub use provisioner::Provisioner;

/// The examples of `CONTRACT.md` compile.
#[cfg(doctest)]
#[doc = include_str!("../CONTRACT.md")]
struct Contract;

/// So does the first policy of the project's README.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;

/// What nearly every policy needs.
pub mod prelude {
    #[cfg(not(target_arch = "wasm32"))]
    pub use crate::testing;
    pub use crate::{
        check::{self, Check, Edit},
        log,
        provisioner::{self, Provisioner, SignGrant, SignRequest},
        rules,
        settings::{self, Setting},
        types::{ConfigError, Context, Denial, DenialKind, Identity, Operation, SubjectAltNames, Timestamp},
    };
}
