//! What the CA and its clients say to each other over HTTPS.
//!
//! Plain serde types, one for each JSON document of the API, shared by the server and the `step` command. They promise
//! three things:
//!
//! * Documents are *written* with their members in the order upstream writes them, and members that upstream leaves out
//!   when empty are left out.
//! * Documents are *read* as generously as the clients and servers of 2019 and of 2026 need: `null` for an empty list,
//!   `""` for a missing time, any spelling of a member's letter case in requests.
//! * No secret is shown by `Debug`.
//!
//! They do not know HTTP, certificates or keys: PEM and tokens are text here and become types where they are used.
//! Escaping the JSON text as Go does (`\u003c` for `<`) is the business of whoever writes it.

mod certificates;
mod member;
mod nullable;
mod problem;
mod provisioner;
mod recall;
mod rekey;
mod requested_time;
mod revoke;
mod roots;
mod sign;
mod status;
mod tls_options;

pub use certificates::{CertificateEntry, CertificatesPage, ModuleEntry, RevocationEntry};
pub use problem::{Problem, Reason};
pub use provisioner::{
    EncryptedKeyResponse, Provisioner, ProvisionerClaims, ProvisionerPolicy, ProvisionersPage, PublicJwk,
};
pub use recall::{RecallAction, RecallEntry, RecallPage, RecallRequest};
pub use rekey::RekeyRequest;
pub use requested_time::{RequestedTime, RequestedTimeError};
pub use revoke::{RevokeRequest, RevokeResponse};
pub use roots::{RootResponse, RootsResponse};
pub use sign::{RekeyResponse, RenewResponse, SignRequest, SignResponse};
pub use status::{HealthResponse, VersionResponse};
pub use tls_options::{TlsOptions, TlsVersion};
