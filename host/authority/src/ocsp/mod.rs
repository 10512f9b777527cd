//! Questions and answers about single certificates: OCSP (RFC 6960).
//!
//! ```text
//!  Request::from_der ──► certificates() ──► Status for each ──► Issuer::answer ──► Response
//! ```
//!
//! Answers are signed by the key that signs certificates (RFC 6960 §4.2.2.2
//! (1)): there is no responder whose own certificate would have to be checked.

mod certificate_id;
mod delegate;
mod request;
mod response;

pub use certificate_id::CertificateId;
pub use delegate::{Delegate, DelegateError};
pub use request::{MAX_CERTIFICATES, MAX_NONCE, MAX_REQUEST, Request, RequestError};
pub use response::{Answer, AnswerError, Failure, Response, SingleAnswer, Status};
