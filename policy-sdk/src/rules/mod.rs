//! Rules that most policies are made of.
//!
//! Each is a type that is read from settings as it stands, and a method that allows or refuses with a sentence of its
//! own: the caller names the rule, `<policy>.<rule>`, and the rest of the refusal says what was found and wanted.
//!
//! ```
//! use policy_sdk::{prelude::*, rules::{Cidr, NamePattern, TimeWindow}};
//!
//! policy_sdk::settings! {
//!     /// Who gets certificates, and when.
//!     pub struct Settings {
//!         /// Names that may be certified.
//!         names: Vec<NamePattern> = ["*.example.com"],
//!         /// Networks that may ask.
//!         networks: Vec<Cidr> = ["192.0.2.0/24"],
//!         /// When.
//!         hours: TimeWindow = "Mon-Fri 08:00-18:00",
//!     }
//! }
//!
//! fn review(settings: &Settings, proposal: &check::Proposal) -> Result<(), Denial> {
//!     rules::names_match("corp.names", &settings.names, &proposal.draft.subject_alt_names)?;
//!     rules::address_within("corp.network", &settings.networks, &proposal.context)?;
//!     settings.hours.require("corp.hours", proposal.context.now)
//! }
//!
//! let settings = Settings::parse("null").unwrap();
//! let denial = review(&settings, &testing::proposal(&["db.example.org"])).unwrap_err();
//! assert_eq!((denial.reasons[0].rule.as_str(), denial.reasons[0].got.as_deref()), ("corp.names", Some("db.example.org")));
//! ```

mod address;
mod claims;
mod keys;
mod lifetime;
mod names;
mod window;

pub use address::{Cidr, CidrError, address_within};
pub use claims::{claim_is_one_of, groups, member_of_any};
pub use keys::{KeyRule, KeyRuleError, key_is_one_of};
pub use lifetime::lifetime_within;
pub use names::{NamePattern, NamePatternError, names_at_most, names_match};
pub use window::{TimeWindow, TimeWindowError};

/// What is wanted, as one text: `a`, `a or b`, `a, b or c`.
fn one_of<T: std::fmt::Display>(wanted: &[T]) -> String {
    let texts: Vec<String> = wanted.iter().map(ToString::to_string).collect();
    match texts.split_last() {
        None => "nothing".to_owned(),
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
    }
}
