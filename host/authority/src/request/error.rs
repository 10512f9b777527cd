//! Why a request is not considered.

use thiserror::Error;

use super::MAX_REQUEST;
use crate::distinguished_name::DistinguishedNameError;
use crate::extensions::ExtensionError;
use crate::names::SubjectAltNameError;
use crate::pem::PemError;
use crate::public_key::KeyError;
use crate::signature::SignatureError;
use crate::subject::SubjectError;

/// A certification request was refused for what it is, whoever sends it.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum RequestError {
    /// More octets than a request needs.
    #[error("the certificate request is larger than {MAX_REQUEST} octets")]
    TooLarge,
    /// Not PEM.
    #[error(transparent)]
    Pem(#[from] PemError),
    /// A PEM block of another kind.
    #[error("expected a PEM block CERTIFICATE REQUEST, found {label:?}")]
    Label {
        /// What the block is called.
        label: String,
    },
    /// More than one PEM block.
    #[error("there is more than one PEM block")]
    SeveralBlocks,
    /// Something before, after or in the head of the PEM block.
    #[error("there is text around the certificate request")]
    SurroundingText,
    /// Not DER, or not the structure of RFC 2986 §4.
    #[error("the certificate request is not well formed")]
    Malformed,
    /// The key in it is not one we certify.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The key in it did not sign it.
    #[error("the certificate request does not prove possession of its key: {0}")]
    Signature(#[from] SignatureError),
    /// The subject cannot be read.
    #[error(transparent)]
    SubjectForm(#[from] DistinguishedNameError),
    /// The subject has an attribute that is not fit for a certificate.
    #[error(transparent)]
    Subject(#[from] SubjectError),
    /// The extensions asked for cannot be read.
    #[error(transparent)]
    Extension(#[from] ExtensionError),
    /// The names asked for cannot be read, or are not issued.
    #[error(transparent)]
    SubjectAltName(#[from] SubjectAltNameError),
}
