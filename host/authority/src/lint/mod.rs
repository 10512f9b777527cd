//! A last look at the octets that are about to be signed.
//!
//! Nothing here trusts how they were made: the octets are read again, and each
//! rule, one function, cites the clause it enforces. A finding is a fault of
//! ours, never of the client.

use der::{Tag, Tagged};
use thiserror::Error;

use crate::extensions::{BasicConstraints, Extension, KeyUsage, decode_ext_key_usages, decode_extensions, find};
use crate::extensions::{ProvisionerExtension, key_identifier};
use crate::issuer::Issuer;
use crate::names::general_name;
use crate::profile::Purpose;
use crate::public_key::PublicKey;
use crate::tbs::Tbs;
use crate::{oid, profile};

/// What is about to be signed breaks a rule.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[error("{problem} ({clause})")]
pub struct LintError {
    /// What is wrong.
    pub problem: &'static str,
    /// Where the rule stands.
    pub clause: &'static str,
}

/// A certificate to be, and what it is checked against.
struct Subject<'a> {
    tbs: Tbs<'a>,
    extensions: Vec<Extension>,
    approved: &'a PublicKey,
    issuer: &'a Issuer,
}

type Rule = fn(&Subject<'_>) -> Result<(), LintError>;

const RULES: [Rule; 18] = [
    version,
    serial_number,
    signature_algorithm,
    issuer_name,
    time_form,
    validity_order,
    within_issuer,
    public_key,
    basic_constraints,
    key_usage,
    ext_key_usage,
    ocsp_no_check,
    subject_alt_name,
    subject_alt_name_critical,
    authority_key_identifier,
    subject_key_identifier,
    provisioner,
    not_an_issuers_key,
];

/// Checks the DER of a TBSCertificate of a leaf, whose key was `approved`.
pub(crate) fn check(tbs: &[u8], approved: &PublicKey, issuer: &Issuer) -> Result<(), LintError> {
    let malformed = LintError { problem: "the certificate cannot be read", clause: "RFC 5280 §4.1" };
    let tbs = Tbs::decode(tbs).map_err(|_| malformed)?;
    // Refuses an empty list and extensions that are there twice.
    let list =
        LintError { problem: "the extensions are empty, malformed or repeated", clause: "RFC 5280 §4.1.2.9, §4.2" };
    let extensions =
        tbs.extensions.and_then(|extensions| decode_extensions(extensions, usize::MAX).ok()).ok_or(list)?;
    let subject = Subject { tbs, extensions, approved, issuer };
    RULES.iter().try_for_each(|rule| rule(&subject))
}

impl Subject<'_> {
    fn value(&self, oid: &der::asn1::ObjectIdentifier) -> Option<&[u8]> {
        find(&self.extensions, oid).map(|extension| extension.value.as_slice())
    }
}

fn require(holds: bool, problem: &'static str, clause: &'static str) -> Result<(), LintError> {
    if holds { Ok(()) } else { Err(LintError { problem, clause }) }
}

fn version(subject: &Subject<'_>) -> Result<(), LintError> {
    require(subject.tbs.version == 2, "the version is not 3", "RFC 5280 §4.1.2.1")
}

fn serial_number(subject: &Subject<'_>) -> Result<(), LintError> {
    let octets = subject.tbs.serial_number;
    let is_positive = octets.first().is_some_and(|first| first & 0x80 == 0) && octets.iter().any(|octet| *octet != 0);
    require(is_positive && octets.len() <= 20, "the serial number is not positive or too long", "RFC 5280 §4.1.2.2")
}

fn signature_algorithm(subject: &Subject<'_>) -> Result<(), LintError> {
    let same = subject.tbs.signature == subject.issuer.signature_algorithm();
    require(same, "the signature algorithm is not the issuer's", "RFC 5280 §4.1.2.3")
}

fn issuer_name(subject: &Subject<'_>) -> Result<(), LintError> {
    let same = subject.tbs.issuer == subject.issuer.certificate().subject().der();
    require(same, "the issuer is not the issuer's subject, octet for octet", "RFC 5280 §4.1.2.4")
}

fn time_form(subject: &Subject<'_>) -> Result<(), LintError> {
    const YEAR_2050: i64 = 2_524_608_000;
    let validity = subject.tbs.validity;
    let [not_before, not_after] = subject.tbs.times.map(|time| time.tag());
    let fits = |tag, time: crate::Timestamp| (tag == Tag::UtcTime) == (time.as_unix() < YEAR_2050);
    let fit = fits(not_before, validity.not_before) && fits(not_after, validity.not_after);
    require(fit, "a time is not UTCTime to 2049 and GeneralizedTime from 2050", "RFC 5280 §4.1.2.5")
}

fn validity_order(subject: &Subject<'_>) -> Result<(), LintError> {
    let in_order = subject.tbs.validity.duration().is_some();
    require(in_order, "the validity ends before it begins", "RFC 5280 §4.1.2.5")
}

fn within_issuer(subject: &Subject<'_>) -> Result<(), LintError> {
    let ends_in_time = subject.tbs.validity.not_after <= subject.issuer.certificate().validity().not_after;
    require(ends_in_time, "the certificate outlives its issuer", "RFC 5280 §6.1.3 (a)(2)")
}

fn public_key(subject: &Subject<'_>) -> Result<(), LintError> {
    // A `PublicKey` is one we certify because it exists. To find that out again costs a millisecond for RSA.
    let same = subject.tbs.subject_public_key_info == subject.approved.spki_der();
    require(same, "the public key is not the one that was approved", "RFC 5280 §4.1.2.7")
}

fn basic_constraints(subject: &Subject<'_>) -> Result<(), LintError> {
    let is_leaf = match subject.value(&oid::BASIC_CONSTRAINTS) {
        Some(value) => BasicConstraints::decode(value) == Ok(BasicConstraints::default()),
        None => true,
    };
    require(is_leaf, "the basic constraints are not those of a leaf", "RFC 5280 §4.2.1.9")
}

fn key_usage(subject: &Subject<'_>) -> Result<(), LintError> {
    let extension = find(&subject.extensions, &oid::KEY_USAGE);
    let fits =
        extension.filter(|extension| extension.critical).and_then(|extension| KeyUsage::decode(&extension.value).ok());
    let fits = fits.is_some_and(|usage| !usage.is_empty() && profile::KEY_USAGES.contains(usage));
    require(fits, "the key usage is absent, not critical or not a leaf's", "RFC 5280 §4.2.1.3")
}

fn ext_key_usage(subject: &Subject<'_>) -> Result<(), LintError> {
    let usages = subject.value(&oid::EXT_KEY_USAGE).and_then(|value| decode_ext_key_usages(value).ok());
    let serves = |usages: &[_], purpose: &Purpose| usages.iter().all(|usage| purpose.ext_key_usages().contains(usage));
    let fits = usages.is_some_and(|usages| Purpose::ALL.iter().any(|purpose| serves(&usages, purpose)));
    require(fits, "the extended key usages are absent or not those of one purpose", "RFC 5280 §4.2.1.12")
}

fn ocsp_no_check(subject: &Subject<'_>) -> Result<(), LintError> {
    let usages = subject.value(&oid::EXT_KEY_USAGE).and_then(|value| decode_ext_key_usages(value).ok());
    let is_responder = usages.is_some_and(|usages| usages.contains(&oid::OCSP_SIGNING));
    let expected = is_responder.then(profile::no_check_extension);
    let fits = find(&subject.extensions, &oid::OCSP_NO_CHECK) == expected.as_ref();
    require(fits, "nobody may ask about a certificate, or everybody about a responder's", "RFC 6960 §4.2.2.2.1")
}

fn subject_alt_name(subject: &Subject<'_>) -> Result<(), LintError> {
    let fits = match subject.value(&oid::SUBJECT_ALT_NAME) {
        Some(value) => general_name::decode(value, usize::MAX).is_ok_and(|names| !names.is_empty()),
        None => !has_empty_subject(subject),
    };
    require(fits, "the subject alternative names are absent or not issued", "RFC 5280 §4.2.1.6")
}

fn subject_alt_name_critical(subject: &Subject<'_>) -> Result<(), LintError> {
    let extension = find(&subject.extensions, &oid::SUBJECT_ALT_NAME);
    let fits = extension.is_none_or(|extension| extension.critical == has_empty_subject(subject));
    require(fits, "the subject alternative names are critical with a subject, or not without", "RFC 5280 §4.2.1.6")
}

fn has_empty_subject(subject: &Subject<'_>) -> bool {
    const EMPTY: &[u8] = &[crate::asn1::SEQUENCE, 0];
    subject.tbs.subject == EMPTY
}

fn authority_key_identifier(subject: &Subject<'_>) -> Result<(), LintError> {
    let expected = subject.issuer.key_identifier().map(key_identifier::authority_key_identifier);
    let fits = find(&subject.extensions, &oid::AUTHORITY_KEY_IDENTIFIER) == expected.as_ref();
    require(fits, "the authority key identifier is not the issuer's subject key identifier", "RFC 5280 §4.2.1.1")
}

fn subject_key_identifier(subject: &Subject<'_>) -> Result<(), LintError> {
    let extension = find(&subject.extensions, &oid::SUBJECT_KEY_IDENTIFIER);
    let fits = extension.is_none_or(|extension| {
        !extension.critical && key_identifier::decode_subject_key_identifier(&extension.value).is_some()
    });
    require(fits, "the subject key identifier is critical or malformed", "RFC 5280 §4.2.1.2")
}

fn provisioner(subject: &Subject<'_>) -> Result<(), LintError> {
    let fits = find(&subject.extensions, &oid::STEP_PROVISIONER)
        .is_none_or(|extension| !extension.critical && ProvisionerExtension::decode(&extension.value).is_ok());
    require(fits, "the provisioner extension is critical or malformed", "1.3.6.1.4.1.37476.9000.64.1")
}

fn not_an_issuers_key(subject: &Subject<'_>) -> Result<(), LintError> {
    let key = subject.tbs.subject_public_key_info;
    let is_foreign = subject.issuer.chain().iter().all(|certificate| certificate.public_key().spki_der() != key);
    require(is_foreign, "the public key is that of an issuer", "RFC 5280 §4.2.1.3")
}

#[cfg(test)]
mod tests;
