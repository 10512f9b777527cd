//! A last look at the octets that are about to be signed.
//!
//! Nothing here trusts how they were made: the octets are read again, and each rule, one function, cites the clause it
//! enforces. A finding is a fault of ours, never of the client, and the first ends it.

use super::LintError;
use super::common::{COMMON, Read, has_empty_subject, require};
use crate::extensions::{BasicConstraints, KeyUsage, decode_ext_key_usages, find, key_identifier};
use crate::issuer::Issuer;
use crate::names::general_name;
use crate::profile::Purpose;
use crate::public_key::PublicKey;
use crate::{oid, profile};

/// A certificate to be, and what it is checked against.
struct Subject<'a> {
    read: Read<'a>,
    approved: &'a PublicKey,
    issuer: &'a Issuer,
}

type Rule = fn(&Subject<'_>) -> Result<(), LintError>;

/// The rules a leaf of ours has besides those of every certificate.
const RULES: [Rule; 11] = [
    signature_algorithm,
    issuer_name,
    within_issuer,
    public_key,
    basic_constraints,
    key_usage,
    ext_key_usage,
    ocsp_no_check,
    subject_alt_name,
    authority_key_identifier,
    not_an_issuers_key,
];

/// Checks the DER of a TBSCertificate of a leaf, whose key was `approved`.
pub(crate) fn check(tbs: &[u8], approved: &PublicKey, issuer: &Issuer) -> Result<(), LintError> {
    let subject = Subject { read: Read::decode(tbs)?, approved, issuer };
    COMMON.iter().try_for_each(|(_, _, rule)| rule(&subject.read))?;
    RULES.iter().try_for_each(|rule| rule(&subject))
}

fn signature_algorithm(subject: &Subject<'_>) -> Result<(), LintError> {
    let same = subject.read.tbs.signature == subject.issuer.signature_algorithm();
    require(same, "the signature algorithm is not the issuer's", "RFC 5280 §4.1.2.3")
}

fn issuer_name(subject: &Subject<'_>) -> Result<(), LintError> {
    let same = subject.read.tbs.issuer == subject.issuer.certificate().subject().der();
    require(same, "the issuer is not the issuer's subject, octet for octet", "RFC 5280 §4.1.2.4")
}

fn within_issuer(subject: &Subject<'_>) -> Result<(), LintError> {
    let ends_in_time = subject.read.tbs.validity.not_after <= subject.issuer.certificate().validity().not_after;
    require(ends_in_time, "the certificate outlives its issuer", "RFC 5280 §6.1.3 (a)(2)")
}

fn public_key(subject: &Subject<'_>) -> Result<(), LintError> {
    // A `PublicKey` is one we certify because it exists. To find that out again costs a millisecond for RSA.
    let same = subject.read.tbs.subject_public_key_info == subject.approved.spki_der();
    require(same, "the public key is not the one that was approved", "RFC 5280 §4.1.2.7")
}

fn basic_constraints(subject: &Subject<'_>) -> Result<(), LintError> {
    let is_leaf = match subject.read.value(&oid::BASIC_CONSTRAINTS) {
        Some(value) => BasicConstraints::decode(value) == Ok(BasicConstraints::default()),
        None => true,
    };
    require(is_leaf, "the basic constraints are not those of a leaf", "RFC 5280 §4.2.1.9")
}

fn key_usage(subject: &Subject<'_>) -> Result<(), LintError> {
    let extension = find(&subject.read.extensions, &oid::KEY_USAGE);
    let fits =
        extension.filter(|extension| extension.critical).and_then(|extension| KeyUsage::decode(&extension.value).ok());
    let fits = fits.is_some_and(|usage| !usage.is_empty() && profile::KEY_USAGES.contains(usage));
    require(fits, "the key usage is absent, not critical or not a leaf's", "RFC 5280 §4.2.1.3")
}

fn ext_key_usage(subject: &Subject<'_>) -> Result<(), LintError> {
    let usages = subject.read.value(&oid::EXT_KEY_USAGE).and_then(|value| decode_ext_key_usages(value).ok());
    let serves = |usages: &[_], purpose: &Purpose| usages.iter().all(|usage| purpose.ext_key_usages().contains(usage));
    let fits = usages.is_some_and(|usages| Purpose::ALL.iter().any(|purpose| serves(&usages, purpose)));
    require(fits, "the extended key usages are absent or not those of one purpose", "RFC 5280 §4.2.1.12")
}

fn ocsp_no_check(subject: &Subject<'_>) -> Result<(), LintError> {
    let usages = subject.read.value(&oid::EXT_KEY_USAGE).and_then(|value| decode_ext_key_usages(value).ok());
    let is_responder = usages.is_some_and(|usages| usages.contains(&oid::OCSP_SIGNING));
    let expected = is_responder.then(profile::no_check_extension);
    let fits = find(&subject.read.extensions, &oid::OCSP_NO_CHECK) == expected.as_ref();
    require(fits, "nobody may ask about a certificate, or everybody about a responder's", "RFC 6960 §4.2.2.2.1")
}

fn subject_alt_name(subject: &Subject<'_>) -> Result<(), LintError> {
    let fits = match subject.read.value(&oid::SUBJECT_ALT_NAME) {
        Some(value) => general_name::decode(value, usize::MAX).is_ok_and(|names| !names.is_empty()),
        None => !has_empty_subject(&subject.read),
    };
    require(fits, "the subject alternative names are absent or not issued", "RFC 5280 §4.2.1.6")
}

fn authority_key_identifier(subject: &Subject<'_>) -> Result<(), LintError> {
    let expected = subject.issuer.key_identifier().map(key_identifier::authority_key_identifier);
    let fits = find(&subject.read.extensions, &oid::AUTHORITY_KEY_IDENTIFIER) == expected.as_ref();
    require(fits, "the authority key identifier is not the issuer's subject key identifier", "RFC 5280 §4.2.1.1")
}

fn not_an_issuers_key(subject: &Subject<'_>) -> Result<(), LintError> {
    let key = subject.read.tbs.subject_public_key_info;
    let is_foreign = subject.issuer.chain().iter().all(|certificate| certificate.public_key().spki_der() != key);
    require(is_foreign, "the public key is that of an issuer", "RFC 5280 §4.2.1.3")
}

#[cfg(test)]
mod tests;
