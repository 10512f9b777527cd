//! The changes a check may make to a draft.

use der::asn1::ObjectIdentifier;

use super::validity::check_form;
use super::{Draft, EditError};
use crate::extensions::{Extension, KeyUsage, find, insert, is_reserved};
use crate::time::Validity;
use crate::{asn1, profile};

/// Most octets of an extension that is added.
const MAX_ADDED_EXTENSION: usize = 16 * 1024;

/// A change that narrows a draft.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Edit {
    /// Sets the validity, or shortens it when it is set already.
    SetValidity(Validity),
    /// Takes out a name, given as it stands in the draft; the common name too,
    /// if it is the same. One name must remain.
    RemoveName(String),
    /// Keeps these usages at most; one must remain.
    RestrictKeyUsage(KeyUsage),
    /// Keeps these usages at most; one must remain.
    RestrictExtKeyUsage(Vec<ObjectIdentifier>),
    /// Adds an extension, not critical, that the draft does not have and whose
    /// meaning is not the core's own.
    AddExtension {
        /// extnID.
        oid: ObjectIdentifier,
        /// The DER inside of extnValue.
        value: Vec<u8>,
    },
}

impl Draft {
    /// Applies one edit. One that would widen the draft is an error and leaves
    /// it as it was.
    pub fn apply(&mut self, edit: Edit) -> Result<(), EditError> {
        match edit {
            Edit::SetValidity(validity) => self.set_validity(validity),
            Edit::RemoveName(name) => self.remove_name(&name),
            Edit::RestrictKeyUsage(usage) => self.restrict_key_usage(usage),
            Edit::RestrictExtKeyUsage(usages) => self.restrict_ext_key_usages(&usages),
            Edit::AddExtension { oid, value } => self.add_extension(oid, value),
        }
    }

    fn set_validity(&mut self, asked: Validity) -> Result<(), EditError> {
        check_form(asked)?;
        let (validity, notes) = self.bounds.clamp(asked);
        if check_form(validity).is_err() {
            return Err(EditError::NoTimeLeft { earliest: self.bounds.earliest, latest: self.bounds.latest });
        }
        if !self.bounds.is_granted(validity) {
            return Err(EditError::ValidityNotGranted {
                not_before: self.bounds.granted_not_before,
                not_after: self.bounds.granted_not_after,
            });
        }
        if let Some(current) = self.validity.filter(|current| !current.encloses(&validity)) {
            return Err(EditError::LongerValidity { current });
        }
        self.validity = Some(validity);
        self.notes.extend(notes);
        Ok(())
    }

    fn remove_name(&mut self, name: &str) -> Result<(), EditError> {
        let mut names = self.subject_alt_names.clone();
        if !names.remove(name) {
            return Err(EditError::UnknownName { name: name.to_owned() });
        }
        if names.is_empty() {
            return Err(EditError::LastName);
        }
        self.subject_alt_names = names;
        // A client that looks at the common name must not find it there.
        if self.subject.common_name().is_some_and(|common_name| common_name.eq_ignore_ascii_case(name)) {
            self.subject = self.subject.without_common_name();
        }
        let extension = profile::subject_alt_name_extension(&self.subject_alt_names, self.subject.is_empty());
        self.put(extension);
        Ok(())
    }

    fn restrict_key_usage(&mut self, usage: KeyUsage) -> Result<(), EditError> {
        let kept = self.key_usage.intersection(usage);
        if kept.is_empty() {
            return Err(EditError::LastKeyUsage);
        }
        if kept != self.key_usage {
            self.key_usage = kept;
            self.put(profile::key_usage_extension(kept));
        }
        Ok(())
    }

    fn restrict_ext_key_usages(&mut self, usages: &[ObjectIdentifier]) -> Result<(), EditError> {
        let kept: Vec<_> = self.ext_key_usages.iter().filter(|usage| usages.contains(usage)).copied().collect();
        if kept.is_empty() {
            return Err(EditError::LastExtKeyUsage);
        }
        if kept != self.ext_key_usages {
            self.put(profile::ext_key_usage_extension(&kept));
            self.ext_key_usages = kept;
        }
        Ok(())
    }

    fn add_extension(&mut self, oid: ObjectIdentifier, value: Vec<u8>) -> Result<(), EditError> {
        let is_provenance = self.allowed.provenance.as_ref().is_some_and(|stated| stated.oid == oid);
        if is_reserved(&oid) || is_provenance {
            return Err(EditError::ReservedExtension { oid });
        }
        if find(&self.extensions, &oid).is_some() {
            return Err(EditError::DuplicateExtension { oid });
        }
        if value.len() > MAX_ADDED_EXTENSION || !asn1::is_one_value(&value) {
            return Err(EditError::MalformedExtension { oid });
        }
        insert(&mut self.extensions, Extension::not_critical(oid, value));
        Ok(())
    }

    /// Replaces the extension with the same OID, where it stands.
    fn put(&mut self, extension: Extension) {
        if let Some(old) = self.extensions.iter_mut().find(|old| old.oid == extension.oid) {
            *old = extension;
        }
    }
}
