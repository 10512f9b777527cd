//! The validity of a draft and the bounds it has.

use thiserror::Error;

use super::EditError;
use crate::time::{Timestamp, Validity};

/// Where a validity must lie.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// When the request came, less the backdate.
    pub(crate) earliest: Timestamp,
    /// When the issuer ends.
    pub(crate) latest: Timestamp,
    pub(crate) granted_not_before: Option<Timestamp>,
    pub(crate) granted_not_after: Option<Timestamp>,
}

/// Something the core changed about a validity, worth recording.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum Note {
    /// The certificate would have outlived its issuer.
    #[error("notAfter was moved from {asked} to {given}, when the issuer ends")]
    EndsWithIssuer {
        /// The end asked for.
        asked: Timestamp,
        /// The end given.
        given: Timestamp,
    },
    /// The certificate would have started long before the request.
    #[error("notBefore was moved from {asked} to {given}, the earliest that backdating allows")]
    NotBackdatedFurther {
        /// The start asked for.
        asked: Timestamp,
        /// The start given.
        given: Timestamp,
    },
}

impl Bounds {
    /// The part of `asked` between backdate and issuer, and what was cut off.
    pub(super) fn clamp(&self, asked: Validity) -> (Validity, Vec<Note>) {
        let mut notes = Vec::new();
        let not_before = asked.not_before.max(self.earliest);
        if not_before != asked.not_before {
            notes.push(Note::NotBackdatedFurther { asked: asked.not_before, given: not_before });
        }
        let not_after = asked.not_after.min(self.latest);
        if not_after != asked.not_after {
            notes.push(Note::EndsWithIssuer { asked: asked.not_after, given: not_after });
        }
        (Validity { not_before, not_after }, notes)
    }

    /// Whether the credential allows the period.
    pub(super) fn is_granted(&self, validity: Validity) -> bool {
        self.granted_not_before.is_none_or(|bound| bound <= validity.not_before)
            && self.granted_not_after.is_none_or(|bound| validity.not_after <= bound)
    }

    /// Whether the period lies between backdate and issuer.
    pub(super) fn enclose(&self, validity: Validity) -> bool {
        self.earliest <= validity.not_before && validity.not_after <= self.latest
    }
}

/// A period whose ends are in order and can be written into a certificate.
pub(super) fn check_form(validity: Validity) -> Result<(), EditError> {
    let Validity { not_before, not_after } = validity;
    if not_after < not_before {
        return Err(EditError::ReversedValidity { not_before, not_after });
    }
    match [not_before, not_after].into_iter().find(|time| !time.is_encodable()) {
        Some(time) => Err(EditError::TimeOutOfRange { time }),
        None => Ok(()),
    }
}
