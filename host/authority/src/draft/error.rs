//! Why a certificate is not drafted, not changed or not approved.

use der::asn1::ObjectIdentifier;
use thiserror::Error;

use crate::extensions::{ExtensionError, KeyUsage};
use crate::grant::GrantError;
use crate::names::SubjectAltNameError;
use crate::public_key::KeyError;
use crate::time::{Timestamp, Validity};

/// The core refuses to draft or to approve a certificate.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum DraftError {
    /// The request is not what was granted.
    #[error(transparent)]
    Grant(#[from] GrantError),
    /// More names than a certificate may have.
    #[error("the certificate would have more than {limit} names")]
    TooManyNames {
        /// The most there may be.
        limit: usize,
    },
    /// The key is that of a CA or of a provisioner.
    #[error("the key is in use by the authority itself")]
    KeyInUse,
    /// The key of the certificate that is renewed is not certified any more.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A CA certificate is not renewed.
    #[error("a CA certificate is not renewed here")]
    PreviousIsCa,
    /// The names of the certificate that is renewed are not issued any more.
    #[error(transparent)]
    SubjectAltName(#[from] SubjectAltNameError),
    /// An extension of the certificate that is renewed cannot be read.
    #[error(transparent)]
    Extension(#[from] ExtensionError),
    /// Nobody has set a validity.
    #[error("no check has set a validity")]
    NoValidity,
    /// The validity has a form or bounds it cannot have.
    #[error(transparent)]
    Validity(EditError),
    /// The certificate would have expired already.
    #[error("NotAfter: {not_after} cannot be in the past")]
    Expired {
        /// Its last second.
        not_after: Timestamp,
    },
    /// A name that was not there to begin with, or none left.
    #[error("the names are not those that were granted")]
    Names,
    /// Usages a leaf does not have (RFC 5280 §4.2.1.3).
    #[error("the key usages ({usage}) are not those of the profile")]
    KeyUsage {
        /// The usages.
        usage: KeyUsage,
    },
    /// Extended usages a leaf does not have (RFC 5280 §4.2.1.12).
    #[error("the extended key usages are not those of the profile")]
    ExtKeyUsage,
    /// A CA certificate (RFC 5280 §4.2.1.9).
    #[error("the certificate would be a CA's")]
    Ca,
    /// A provisioner extension that is not the server's own.
    #[error("the provisioner extension is not the one of the provisioner")]
    Provisioner,
    /// An extension says that the certificate comes of another decision.
    #[error("the provenance extension is not the one of this decision")]
    Provenance,
}

/// An edit would widen a draft, or makes no sense. The draft is as it was.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum EditError {
    /// The ends are the wrong way round.
    #[error("NotAfter: {not_after} cannot be before NotBefore: {not_before}")]
    ReversedValidity {
        /// First second.
        not_before: Timestamp,
        /// Last second.
        not_after: Timestamp,
    },
    /// Before 1970 or after 9999 (RFC 5280 §4.1.2.5).
    #[error("{time} cannot be written into a certificate")]
    TimeOutOfRange {
        /// The end that cannot be written.
        time: Timestamp,
    },
    /// Nothing of the period lies between the backdate and the issuer's end.
    #[error("the validity asked for has no time between {earliest}, which is now, and the end of the issuer, {latest}")]
    NoTimeLeft {
        /// The request, less the backdate.
        earliest: Timestamp,
        /// The end of the issuer.
        latest: Timestamp,
    },
    /// Outside of the bounds the credential has.
    #[error("the validity is outside of what was granted{}", bounds(*not_before, *not_after))]
    ValidityNotGranted {
        /// The earliest start granted.
        not_before: Option<Timestamp>,
        /// The latest end granted.
        not_after: Option<Timestamp>,
    },
    /// The validity was set before, and shorter.
    #[error("the validity can only be shortened; it is {} to {}", current.not_before, current.not_after)]
    LongerValidity {
        /// What it is.
        current: Validity,
    },
    /// The draft has no such name.
    #[error("there is no name {name:?} to remove")]
    UnknownName {
        /// The name.
        name: String,
    },
    /// A certificate without names is valid for nobody, or for everybody.
    #[error("the last name cannot be removed")]
    LastName,
    /// RFC 5280 §4.2.1.3: at least one bit is set.
    #[error("no key usage would be left")]
    LastKeyUsage,
    /// RFC 5280 §4.2.1.12: at least one usage is named.
    #[error("no extended key usage would be left")]
    LastExtKeyUsage,
    /// The core answers for the meaning of this extension.
    #[error("the extension {oid} is the authority's own")]
    ReservedExtension {
        /// extnID.
        oid: ObjectIdentifier,
    },
    /// The draft has the extension already.
    #[error("the extension {oid} is there already")]
    DuplicateExtension {
        /// extnID.
        oid: ObjectIdentifier,
    },
    /// The value is not one DER value, or is huge.
    #[error("the value of the extension {oid} is not one DER value of at most 16 KiB")]
    MalformedExtension {
        /// extnID.
        oid: ObjectIdentifier,
    },
}

fn bounds(not_before: Option<Timestamp>, not_after: Option<Timestamp>) -> String {
    let from = not_before.map(|time| format!(", from {time}")).unwrap_or_default();
    let to = not_after.map(|time| format!(", until {time}")).unwrap_or_default();
    from + &to
}
