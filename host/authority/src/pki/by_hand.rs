//! Certificates a person makes one at a time, with a subject and a validity of
//! their own choice.
//!
//! What a leaf under a local issuer needs is an [`crate::Authority`]; here is
//! what an authority does not sign: CA certificates, and leaves that vouch for
//! themselves.

use super::{Parts, PkiError, ca_extensions, check_issuer};
use crate::certificate::Certificate;
use crate::distinguished_name::DistinguishedName;
use crate::extensions::key_identifier;
use crate::keys::Signer;
use crate::public_key::PublicKey;
use crate::request::CertificationRequest;
use crate::time::Validity;
use crate::{profile, subject};

/// Makes a self-signed root of that common name, under which there is one more
/// CA at most.
pub fn self_sign_root(common_name: &str, key: &dyn Signer, validity: Validity) -> Result<Certificate, PkiError> {
    let name = DistinguishedName::from_common_name(common_name);
    subject::check(&name)?;
    if common_name.is_empty() {
        return Err(PkiError::Nameless { what: "subject" });
    }
    let public_key = PublicKey::from_spki(key.public_key())?;
    let extensions = ca_extensions(1, &public_key);
    let root = Parts { subject: &name, issuer: &name, public_key: &public_key, validity, extensions }.sign(key)?;
    root.verify_signature(public_key.info())?;
    Ok(root)
}

/// Makes an intermediate of the subject and the key of `request`, under which
/// there is no further CA. It ends with its issuer at the latest.
pub fn sign_intermediate(
    request: &CertificationRequest,
    issuer: &Certificate,
    issuer_key: &dyn Signer,
    validity: Validity,
) -> Result<Certificate, PkiError> {
    check_issuer(issuer, issuer_key)?;
    if request.subject().is_empty() {
        return Err(PkiError::Nameless { what: "subject" });
    }
    let public_key = request.public_key();
    let mut extensions = ca_extensions(0, public_key);
    extensions.extend(issuer.subject_key_identifier().as_deref().map(key_identifier::authority_key_identifier));
    let validity = Validity { not_after: validity.not_after.min(issuer.validity().not_after), ..validity };
    let parts = Parts { subject: request.subject(), issuer: issuer.subject(), public_key, validity, extensions };
    let intermediate = parts.sign(issuer_key)?;
    intermediate.verify_signature(issuer.public_key())?;
    Ok(intermediate)
}

/// Makes a leaf of the subject and the names of `request` that is its own
/// issuer. `key` is the key the request was made with.
pub fn self_sign_leaf(
    request: &CertificationRequest,
    key: &dyn Signer,
    validity: Validity,
) -> Result<Certificate, PkiError> {
    let (subject, public_key, names) = (request.subject(), request.public_key(), request.subject_alt_names());
    if public_key.spki_der() != key.public_key() {
        return Err(PkiError::OtherRequest);
    }
    // An issuer has a name (RFC 5280 §4.1.2.4), and hosts are found in names (RFC 9525 §6.1).
    if subject.is_empty() || names.is_empty() {
        return Err(PkiError::Nameless { what: if names.is_empty() { "name" } else { "subject" } });
    }
    let extensions = profile::extensions(profile::Purpose::Tls, public_key, names, false, None);
    let leaf = Parts { subject, issuer: subject, public_key, validity, extensions }.sign(key)?;
    leaf.verify_signature(public_key.info())?;
    Ok(leaf)
}
