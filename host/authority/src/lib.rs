//! The certificate authority itself: requests, keys, names, drafts and
//! signatures (RFC 5280, RFC 2986).
//!
//! ```text
//!  CertificationRequest ─┐
//!                        ├─► Authority::draft ──► Draft ──► approve ──► Approved ──► Authority::sign ──► Signed
//!  Grant ────────────────┘                       │     ▲
//!                                                └Edit─┘
//! ```
//!
//! The order is in the types: each is made only from the one before, and used
//! up by the next.
//!
//! Beside that road it signs what is said about certificates afterwards: lists
//! of those that are revoked ([`CertificateList`]), and answers about single
//! ones ([`ocsp`]).
//!
//! This room is pure. Time, serial numbers and bytes arrive as arguments; it
//! opens no file and no connection, reads no clock, and knows neither HTTP nor
//! policies. What it draws from the system's random generator is what keys,
//! signatures and the certificates of [`pki`] need.

#![warn(clippy::indexing_slicing)]

mod asn1;
mod authority;
mod certificate;
mod crl;
mod distinguished_name;
mod draft;
mod extensions;
mod grant;
mod issuer;
pub mod keys;
mod lint;
pub mod names;
pub mod ocsp;
pub mod oid;
mod path;
pub mod pem;
pub mod pki;
mod profile;
mod public_key;
mod request;
mod revocation_reason;
mod serial;
mod sign;
mod signature;
mod signed_value;
mod statement;
mod subject;
mod tbs;
mod time;

pub use authority::Authority;
pub use certificate::{Certificate, CertificateError};
pub use crl::{CertificateList, ListContents, ListError, RevokedCertificate, SignListError};
pub use der::asn1::ObjectIdentifier;
pub use distinguished_name::{Attribute, DistinguishedName, DistinguishedNameError};
pub use draft::{Approved, Draft, DraftError, Edit, EditError, Note};
pub use extensions::{
    AuthorityInformation, Extension, ExtensionError, KeyUsage, MAX_PROVENANCE_MODULES, Provenance, ProvisionerExtension,
};
pub use grant::{CommonNameRule, Grant, GrantError, NameList, NameRule};
pub use issuer::{ChainError, Issuer, IssuerError, KeyProofError};
pub use lint::{Finding, LintError, Severity, examine};
pub use names::SubjectAltNames;
pub use path::{MAX_PATH_DEPTH, PathError, verify_ca_path, verify_host, verify_path};
pub use profile::{Profile, RefusedKeys};
pub use public_key::{Curve, KeyError, KeyKind, PublicKey, SubjectPublicKeyInfo};
pub use request::{
    CertificationRequest, MAX_REQUEST, MAX_REQUESTED_EXTENSIONS, MAX_REQUESTED_NAMES, RequestError, RequestLimits,
};
pub use revocation_reason::{RevocationReason, RevocationReasonError};
pub use serial::{SerialNumber, SerialNumberError};
pub use sign::{SignError, Signed};
pub use signature::SignatureError;
pub use statement::Statement;
pub use subject::{MAX_COMMON_NAME, SubjectError, SubjectTemplate, SubjectTemplateValues};
pub use time::{Timestamp, TimestampError, Validity};
