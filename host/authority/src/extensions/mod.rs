//! Certificate extensions (RFC 5280 §4.2): the list as it is encoded, and the
//! values this room understands.

mod authority_information;
mod basic_constraints;
mod distribution_point;
mod ext_key_usage;
mod extension;
pub(crate) mod key_identifier;
mod key_usage;
mod provenance;
mod provisioner;

pub use authority_information::AuthorityInformation;
pub(crate) use basic_constraints::BasicConstraints;
pub(crate) use distribution_point::{crl_distribution_points, issuing_distribution_point};
pub(crate) use ext_key_usage::{decode_ext_key_usages, encode_ext_key_usages};
pub use extension::{Extension, ExtensionError};
pub(crate) use extension::{decode_extensions, encode_extensions, find, insert, is_reserved};
pub use key_usage::KeyUsage;
pub use provenance::{MAX_PROVENANCE_MODULES, Provenance};
pub use provisioner::ProvisionerExtension;
