//! Rules of every certificate, ours or somebody else's.

use der::asn1::ObjectIdentifier;
use der::{Tag, Tagged};

use super::{LintError, Severity};
use crate::extensions::{Extension, ProvisionerExtension, decode_extensions, find, key_identifier};
use crate::oid;
use crate::tbs::Tbs;

/// What a certificate says, as it was read.
pub(super) struct Read<'a> {
    pub(super) tbs: Tbs<'a>,
    pub(super) extensions: Vec<Extension>,
}

type Rule = fn(&Read<'_>) -> Result<(), LintError>;

/// Name, severity and rule.
pub(super) const COMMON: [(&str, Severity, Rule); 7] = [
    ("version", Severity::Error, version),
    ("serial-number", Severity::Error, serial_number),
    ("time-form", Severity::Error, time_form),
    ("validity-order", Severity::Error, validity_order),
    ("san-critical", Severity::Warning, subject_alt_name_critical),
    ("ski-form", Severity::Error, subject_key_identifier),
    ("provisioner-form", Severity::Error, provisioner),
];

impl<'a> Read<'a> {
    /// Reads a TBSCertificate.
    pub(super) fn decode(tbs: &'a [u8]) -> Result<Self, LintError> {
        let malformed = LintError { problem: "the certificate cannot be read", clause: "RFC 5280 §4.1" };
        let tbs = Tbs::decode(tbs).map_err(|_| malformed)?;
        // Refuses an empty list and extensions that are there twice.
        let list = LintError {
            problem: "the extensions are empty, malformed or repeated",
            clause: "RFC 5280 §4.1.2.9, §4.2",
        };
        let extensions =
            tbs.extensions.and_then(|extensions| decode_extensions(extensions, usize::MAX).ok()).ok_or(list)?;
        Ok(Self { tbs, extensions })
    }

    pub(super) fn value(&self, oid: &ObjectIdentifier) -> Option<&[u8]> {
        find(&self.extensions, oid).map(|extension| extension.value.as_slice())
    }
}

pub(super) fn require(holds: bool, problem: &'static str, clause: &'static str) -> Result<(), LintError> {
    if holds { Ok(()) } else { Err(LintError { problem, clause }) }
}

fn version(read: &Read<'_>) -> Result<(), LintError> {
    require(read.tbs.version == 2, "the version is not 3", "RFC 5280 §4.1.2.1")
}

fn serial_number(read: &Read<'_>) -> Result<(), LintError> {
    let octets = read.tbs.serial_number;
    let is_positive = octets.first().is_some_and(|first| first & 0x80 == 0) && octets.iter().any(|octet| *octet != 0);
    require(is_positive && octets.len() <= 20, "the serial number is not positive or too long", "RFC 5280 §4.1.2.2")
}

fn time_form(read: &Read<'_>) -> Result<(), LintError> {
    const YEAR_2050: i64 = 2_524_608_000;
    let validity = read.tbs.validity;
    let [not_before, not_after] = read.tbs.times.map(|time| time.tag());
    let fits = |tag, time: crate::Timestamp| (tag == Tag::UtcTime) == (time.as_unix() < YEAR_2050);
    let fit = fits(not_before, validity.not_before) && fits(not_after, validity.not_after);
    require(fit, "a time is not UTCTime to 2049 and GeneralizedTime from 2050", "RFC 5280 §4.1.2.5")
}

fn validity_order(read: &Read<'_>) -> Result<(), LintError> {
    let in_order = read.tbs.validity.duration().is_some();
    require(in_order, "the validity ends before it begins", "RFC 5280 §4.1.2.5")
}

fn subject_alt_name_critical(read: &Read<'_>) -> Result<(), LintError> {
    let extension = find(&read.extensions, &oid::SUBJECT_ALT_NAME);
    let fits = extension.is_none_or(|extension| extension.critical == has_empty_subject(read));
    require(fits, "the subject alternative names are critical with a subject, or not without", "RFC 5280 §4.2.1.6")
}

/// Whether the subject has no attribute.
pub(super) fn has_empty_subject(read: &Read<'_>) -> bool {
    is_empty_name(read.tbs.subject)
}

/// Whether a name has no attribute.
pub(super) fn is_empty_name(name: &[u8]) -> bool {
    const EMPTY: &[u8] = &[crate::asn1::SEQUENCE, 0];
    name == EMPTY
}

fn subject_key_identifier(read: &Read<'_>) -> Result<(), LintError> {
    let extension = find(&read.extensions, &oid::SUBJECT_KEY_IDENTIFIER);
    let fits = extension.is_none_or(|extension| {
        !extension.critical && key_identifier::decode_subject_key_identifier(&extension.value).is_some()
    });
    require(fits, "the subject key identifier is critical or malformed", "RFC 5280 §4.2.1.2")
}

fn provisioner(read: &Read<'_>) -> Result<(), LintError> {
    let fits = find(&read.extensions, &oid::STEP_PROVISIONER)
        .is_none_or(|extension| !extension.critical && ProvisionerExtension::decode(&extension.value).is_ok());
    require(fits, "the provisioner extension is critical or malformed", "1.3.6.1.4.1.37476.9000.64.1")
}
