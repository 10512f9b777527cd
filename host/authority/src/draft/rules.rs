//! The core's own rules for a draft, checked after everybody else's.

use super::validity::check_form;
use super::{Draft, DraftError, EditError};
use crate::extensions::{BasicConstraints, find};
use crate::time::{Timestamp, Validity};
use crate::{oid, profile};

/// Checks every rule; the validity is the one that may be signed.
pub(super) fn check(draft: &Draft, now: Timestamp) -> Result<Validity, DraftError> {
    let validity = check_validity(draft, now)?;
    check_names(draft)?;
    check_key_usage(draft)?;
    check_ext_key_usages(draft)?;
    check_not_a_ca(draft)?;
    check_provisioner(draft)?;
    check_provenance(draft)?;
    Ok(validity)
}

fn check_validity(draft: &Draft, now: Timestamp) -> Result<Validity, DraftError> {
    let validity = draft.validity.ok_or(DraftError::NoValidity)?;
    let bounds = &draft.bounds;
    check_form(validity).map_err(DraftError::Validity)?;
    if !bounds.enclose(validity) {
        let (earliest, latest) = (bounds.earliest, bounds.latest);
        return Err(DraftError::Validity(EditError::NoTimeLeft { earliest, latest }));
    }
    if !bounds.is_granted(validity) {
        let (not_before, not_after) = (bounds.granted_not_before, bounds.granted_not_after);
        return Err(DraftError::Validity(EditError::ValidityNotGranted { not_before, not_after }));
    }
    if validity.not_after < now {
        return Err(DraftError::Expired { not_after: validity.not_after });
    }
    Ok(validity)
}

fn check_names(draft: &Draft) -> Result<(), DraftError> {
    let Draft { subject, subject_alt_names: names, allowed, .. } = draft;
    // A certificate that is renewed may have had a subject and no names.
    let some_name = !names.is_empty() || (allowed.subject_alt_names.is_empty() && !subject.is_empty());
    if some_name && names.is_subset_of(&allowed.subject_alt_names) { Ok(()) } else { Err(DraftError::Names) }
}

fn check_key_usage(draft: &Draft) -> Result<(), DraftError> {
    let usage = draft.key_usage;
    let fits = profile::KEY_USAGES.contains(usage) && draft.allowed.key_usage.contains(usage) && !usage.is_empty();
    if fits { Ok(()) } else { Err(DraftError::KeyUsage { usage }) }
}

fn check_ext_key_usages(draft: &Draft) -> Result<(), DraftError> {
    let usages = &draft.ext_key_usages;
    let allowed = &draft.allowed;
    let fits = usages
        .iter()
        .all(|usage| allowed.purpose.ext_key_usages().contains(usage) && allowed.ext_key_usages.contains(usage));
    if fits && !usages.is_empty() { Ok(()) } else { Err(DraftError::ExtKeyUsage) }
}

fn check_not_a_ca(draft: &Draft) -> Result<(), DraftError> {
    match find(&draft.extensions, &oid::BASIC_CONSTRAINTS) {
        Some(extension) if BasicConstraints::decode(&extension.value)?.is_ca => Err(DraftError::Ca),
        _ => Ok(()),
    }
}

fn check_provisioner(draft: &Draft) -> Result<(), DraftError> {
    let current = find(&draft.extensions, &oid::STEP_PROVISIONER);
    if current == draft.allowed.provisioner.as_ref() { Ok(()) } else { Err(DraftError::Provisioner) }
}

fn check_provenance(draft: &Draft) -> Result<(), DraftError> {
    let Some(stated) = &draft.allowed.provenance else { return Ok(()) };
    let current = find(&draft.extensions, &stated.oid);
    if current == stated.extension.as_ref() { Ok(()) } else { Err(DraftError::Provenance) }
}
