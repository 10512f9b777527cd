//! A certificate before it is signed.
//!
//! ```text
//! CertificationRequest + Grant ──► Draft ──► Approved ──► Signed
//!                                  ▲   │ approve   sign
//!                             Edit └───┘ apply, as often as the checks ask
//! ```
//!
//! A draft only ever gets narrower: an [`Edit`] that would widen it is an
//! error and changes nothing. [`Draft::approve`] is the core's last word. It
//! trusts no edit and looks at everything again.

mod edit;
mod error;
mod rules;
mod validity;

use std::time::Duration;

use der::asn1::ObjectIdentifier;

pub use edit::Edit;
pub use error::{DraftError, EditError};
pub(crate) use validity::Bounds;
pub use validity::Note;

use crate::distinguished_name::DistinguishedName;
use crate::extensions::{Extension, KeyUsage, Provenance, decode_ext_key_usages, find, insert};
use crate::names::SubjectAltNames;
use crate::oid;
use crate::profile::Purpose;
use crate::public_key::PublicKey;
use crate::time::{Timestamp, Validity};

/// A certificate as it would be signed, apart from serial number and, until it
/// is set, validity.
#[derive(Clone, Debug)]
pub struct Draft {
    subject: DistinguishedName,
    public_key: PublicKey,
    subject_alt_names: SubjectAltNames,
    validity: Option<Validity>,
    key_usage: KeyUsage,
    ext_key_usages: Vec<ObjectIdentifier>,
    /// All of them, encoded, in order: what will be signed.
    extensions: Vec<Extension>,
    bounds: Bounds,
    notes: Vec<Note>,
    previous_duration: Option<Duration>,
    allowed: Allowed,
}

/// What the draft began with, and may not exceed.
#[derive(Clone, Debug)]
struct Allowed {
    purpose: Purpose,
    subject_alt_names: SubjectAltNames,
    key_usage: KeyUsage,
    ext_key_usages: Vec<ObjectIdentifier>,
    provisioner: Option<Extension>,
    provenance: Option<Stated>,
}

/// What a certificate came of: the identifier of the extension, and the extension once it was stated.
#[derive(Clone, Debug)]
struct Stated {
    oid: ObjectIdentifier,
    extension: Option<Extension>,
}

/// What an authority makes a draft from.
pub(crate) struct DraftParts {
    pub(crate) purpose: Purpose,
    pub(crate) subject: DistinguishedName,
    pub(crate) public_key: PublicKey,
    pub(crate) subject_alt_names: SubjectAltNames,
    pub(crate) extensions: Vec<Extension>,
    pub(crate) bounds: Bounds,
    pub(crate) previous_duration: Option<Duration>,
    /// Under which identifier it is stated what the certificate came of.
    pub(crate) provenance: Option<ObjectIdentifier>,
}

/// A draft that passed every rule. Made by [`Draft::approve`] alone, spent by
/// [`crate::Authority::sign`].
#[derive(Debug)]
pub struct Approved {
    draft: Draft,
    validity: Validity,
}

impl Draft {
    pub(crate) fn new(parts: DraftParts) -> Result<Self, DraftError> {
        let DraftParts { purpose, subject, public_key, subject_alt_names, extensions, bounds, .. } = parts;
        let DraftParts { previous_duration, provenance, .. } = parts;
        let value = |oid| find(&extensions, oid).map(|extension| extension.value.as_slice());
        let key_usage = value(&oid::KEY_USAGE).map_or(Ok(KeyUsage::empty()), KeyUsage::decode)?;
        let ext_key_usages = value(&oid::EXT_KEY_USAGE).map_or(Ok(Vec::new()), decode_ext_key_usages)?;
        let allowed = Allowed {
            purpose,
            subject_alt_names: subject_alt_names.clone(),
            key_usage,
            ext_key_usages: ext_key_usages.clone(),
            provisioner: find(&extensions, &oid::STEP_PROVISIONER).cloned(),
            provenance: provenance.map(|oid| Stated { oid, extension: None }),
        };
        Ok(Self {
            subject,
            public_key,
            subject_alt_names,
            validity: None,
            key_usage,
            ext_key_usages,
            extensions,
            bounds,
            notes: Vec::new(),
            previous_duration,
            allowed,
        })
    }

    /// The subject.
    pub fn subject(&self) -> &DistinguishedName {
        &self.subject
    }

    /// The names.
    pub fn subject_alt_names(&self) -> &SubjectAltNames {
        &self.subject_alt_names
    }

    /// The key.
    pub fn public_key(&self) -> &PublicKey {
        &self.public_key
    }

    /// The validity, once an [`Edit`] has set it.
    pub fn validity(&self) -> Option<Validity> {
        self.validity
    }

    /// keyUsage.
    pub fn key_usage(&self) -> KeyUsage {
        self.key_usage
    }

    /// extKeyUsage.
    pub fn ext_key_usages(&self) -> &[ObjectIdentifier] {
        &self.ext_key_usages
    }

    /// Every other extension, in order: without keyUsage, extKeyUsage and
    /// subjectAltName.
    pub fn extensions(&self) -> impl Iterator<Item = &Extension> {
        const SHOWN_APART: [ObjectIdentifier; 3] = [oid::KEY_USAGE, oid::EXT_KEY_USAGE, oid::SUBJECT_ALT_NAME];
        self.extensions.iter().filter(|extension| !SHOWN_APART.contains(&extension.oid))
    }

    /// What the core changed about a validity it was given.
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }

    /// How long the certificate that is renewed was valid, notAfter −
    /// notBefore; none for a first certificate.
    pub fn previous_duration(&self) -> Option<Duration> {
        self.previous_duration
    }

    /// States what the certificate comes of, where the profile says under which identifier; else nobody asks
    /// `provenance`. What was stated before is replaced.
    pub fn state_provenance(&mut self, provenance: impl FnOnce() -> Provenance) {
        let Some(stated) = &mut self.allowed.provenance else { return };
        let extension = provenance().to_extension(stated.oid);
        self.extensions.retain(|old| old.oid != stated.oid);
        insert(&mut self.extensions, extension.clone());
        stated.extension = Some(extension);
    }

    /// Holds the draft to the core's own rules, whatever was granted and
    /// edited: a validity within every bound and not over at `now`, names and
    /// usages within those it began with and within the profile, not a CA, the
    /// provisioner's own extension unchanged, what it comes of as it was stated.
    pub fn approve(self, now: Timestamp) -> Result<Approved, DraftError> {
        let validity = rules::check(&self, now)?;
        Ok(Approved { draft: self, validity })
    }
}

impl Approved {
    /// What was approved.
    pub fn draft(&self) -> &Draft {
        &self.draft
    }

    /// The validity that was approved.
    pub fn validity(&self) -> Validity {
        self.validity
    }

    pub(crate) fn extensions(&self) -> &[Extension] {
        &self.draft.extensions
    }
}
