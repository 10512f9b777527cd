//! Names a certificate can carry (RFC 5280 §4.2.1.6): one parser for
//! requests, tokens, policies and the command line.
//!
//! A name that exists is canonical, so two spellings of one name are equal as
//! octets. What is not understood is refused, never dropped. Whether a name
//! exists, or who owns it, is not known here.

mod dns;
mod email;
mod error;
pub(crate) mod general_name;
mod idna;
mod ip;
mod set;
pub(crate) mod text;
mod uri;

pub use dns::{DnsName, MAX_DNS_NAME, MAX_LABEL};
pub use email::{EmailAddress, MAX_EMAIL_ADDRESS};
pub use error::{NameError, NameKind, NameProblem};
pub use general_name::SubjectAltNameError;
pub use ip::parse_ip_address;
pub use set::SubjectAltNames;
pub use uri::{MAX_URI, Uri};
