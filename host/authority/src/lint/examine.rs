//! Any certificate, by the rules of RFC 5280 and, for servers, by those of public authorities.
//!
//! `BR` is the CA/Browser Forum's Baseline Requirements for TLS server certificates, version 2. A private authority may
//! break them; browsers and auditors will say so.

use std::time::Duration;

use super::common::{COMMON, Read, has_empty_subject, is_empty_name};
use super::{Finding, LintError, Severity};
use crate::certificate::Certificate;
use crate::extensions::{BasicConstraints, KeyUsage, find};
use crate::public_key::PublicKey;
use crate::{oid, signature};

/// A certificate, in the two forms rules look at.
struct Examined<'a> {
    certificate: &'a Certificate,
    read: Read<'a>,
}

/// Whether the certificate keeps to a rule.
type Holds = fn(&Examined<'_>) -> bool;

/// Name, severity, what is wrong, where that is written, and the rule.
type Row = (&'static str, Severity, &'static str, &'static str, Holds);

const EVERY: [Row; 6] = [
    ("signature-algorithm", Severity::Error, "the two signature algorithms differ", "RFC 5280 §4.1.1.2", |it| {
        it.certificate.signature_algorithm() == it.read.tbs.signature
    }),
    (
        "signature-known",
        Severity::Warning,
        "the signature is by a hash or an algorithm that is not safe",
        "BR §7.1.3.2",
        |it| signature::is_known(it.read.tbs.signature),
    ),
    ("issuer-name", Severity::Error, "the issuer has no name", "RFC 5280 §4.1.2.4", |it| {
        !is_empty_name(it.read.tbs.issuer)
    }),
    ("public-key", Severity::Error, "the public key is weak or of an unknown kind", "BR §6.1.5, §6.1.6", |it| {
        PublicKey::from_spki(it.read.tbs.subject_public_key_info).is_ok()
    }),
    ("serial-entropy", Severity::Warning, "the serial number is too short to hold 64 random bits", "BR §7.1", |it| {
        it.read.tbs.serial_number.len() >= 8
    }),
    ("authority-key-identifier", Severity::Error, "there is no authority key identifier", "RFC 5280 §4.2.1.1", |it| {
        it.certificate.is_self_issued() || it.certificate.authority_key_identifier().is_some()
    }),
];

const AUTHORITIES: [Row; 5] = [
    (
        "ca-basic-constraints",
        Severity::Error,
        "the basic constraints of a CA are not critical",
        "RFC 5280 §4.2.1.9",
        |it| is_critical(it, &oid::BASIC_CONSTRAINTS),
    ),
    (
        "ca-key-usage",
        Severity::Error,
        "the key usage of a CA is absent or does not let it sign certificates",
        "RFC 5280 §4.2.1.3",
        |it| it.certificate.key_usage().is_some_and(|usage| usage.contains(KeyUsage::KEY_CERT_SIGN)),
    ),
    ("ca-key-usage-critical", Severity::Warning, "the key usage of a CA is not critical", "RFC 5280 §4.2.1.3", |it| {
        is_critical(it, &oid::KEY_USAGE)
    }),
    ("ca-subject-key-identifier", Severity::Error, "a CA has no subject key identifier", "RFC 5280 §4.2.1.2", |it| {
        it.certificate.subject_key_identifier().is_some()
    }),
    ("ca-subject", Severity::Error, "a CA has no name", "RFC 5280 §4.1.2.6", |it| !has_empty_subject(&it.read)),
];

const LEAVES: [Row; 6] = [
    (
        "leaf-signs",
        Severity::Error,
        "the key usage lets a certificate sign others that is not a CA's",
        "RFC 5280 §4.2.1.9",
        |it| !it.certificate.key_usage().is_some_and(|usage| usage.contains(KeyUsage::KEY_CERT_SIGN)),
    ),
    ("leaf-key-usage", Severity::Warning, "there is no key usage, or it is not critical", "RFC 5280 §4.2.1.3", |it| {
        is_critical(it, &oid::KEY_USAGE)
    }),
    (
        "leaf-ext-key-usage",
        Severity::Warning,
        "nothing says what the certificate may be used for",
        "BR §7.1.2.7.6",
        |it| !it.certificate.ext_key_usages().is_empty(),
    ),
    ("leaf-names", Severity::Error, "there is neither a subject nor an alternative name", "RFC 5280 §4.1.2.6", |it| {
        !has_empty_subject(&it.read) || it.read.value(&oid::SUBJECT_ALT_NAME).is_some()
    }),
    (
        "leaf-names-form",
        Severity::Warning,
        "an alternative name is malformed or of an unusual kind",
        "RFC 5280 §4.2.1.6",
        |it| it.certificate.subject_alt_names().is_ok(),
    ),
    (
        "leaf-basic-constraints",
        Severity::Warning,
        "the basic constraints of a leaf are malformed or limit a path",
        "RFC 5280 §4.2.1.9",
        |it| {
            let value = it.read.value(&oid::BASIC_CONSTRAINTS);
            value.is_none_or(|value| BasicConstraints::decode(value) == Ok(BasicConstraints::default()))
        },
    ),
];

const SERVERS: [Row; 4] = [
    (
        "server-names",
        Severity::Error,
        "a server has no alternative name: a common name is looked at no more",
        "RFC 9525 §2, BR §7.1.2.7.12",
        |it| it.read.value(&oid::SUBJECT_ALT_NAME).is_some(),
    ),
    (
        "server-common-name",
        Severity::Warning,
        "the common name is not one of the alternative names",
        "BR §7.1.4.3",
        |it| {
            let Ok(names) = it.certificate.subject_alt_names() else { return true };
            if names.is_empty() {
                return true;
            }
            let common_name = it.certificate.subject().common_name();
            common_name.is_none_or(|common_name| names.iter().any(|name| name.eq_ignore_ascii_case(common_name)))
        },
    ),
    ("server-validity", Severity::Warning, "the certificate lives for more than 398 days", "BR §6.3.2", |it| {
        it.certificate.validity().duration().is_none_or(|life| life <= LONGEST)
    }),
    (
        "server-revocation",
        Severity::Notice,
        "it lives for more than 7 days and does not say who tells of its revocation",
        "BR §7.1.2.11",
        |it| {
            let is_short = it.certificate.validity().duration().is_some_and(|life| life <= SHORT);
            let places = [oid::CRL_DISTRIBUTION_POINTS, oid::AUTHORITY_INFO_ACCESS];
            is_short || places.iter().any(|place| it.read.value(place).is_some())
        },
    ),
];

const DAY: u64 = 86_400;
const LONGEST: Duration = Duration::from_secs(398 * DAY);
const SHORT: Duration = Duration::from_secs(7 * DAY);

fn is_critical(it: &Examined<'_>, oid: &crate::ObjectIdentifier) -> bool {
    find(&it.read.extensions, oid).is_some_and(|extension| extension.critical)
}

/// Every rule the certificate breaks, the rules of every certificate first.
pub fn examine(certificate: &Certificate) -> Vec<Finding> {
    let read = match Read::decode(certificate.tbs()) {
        Ok(read) => read,
        Err(error) => return vec![Finding { rule: "form", severity: Severity::Error, error }],
    };
    let common = COMMON.iter().filter_map(|(name, severity, rule)| {
        let error = rule(&read).err()?;
        Some(Finding { rule: name, severity: *severity, error })
    });
    let mut findings: Vec<_> = common.collect();
    let is_server = certificate.ext_key_usages().contains(&oid::SERVER_AUTH);
    let it = Examined { certificate, read };
    let rows: [&[Row]; 2] = match (certificate.is_ca(), is_server) {
        (true, _) => [&AUTHORITIES, &[]],
        (false, true) => [&LEAVES, &SERVERS],
        (false, false) => [&LEAVES, &[]],
    };
    for (rule, severity, problem, clause, holds) in EVERY.iter().chain(rows.into_iter().flatten()) {
        if !holds(&it) {
            let error = LintError { problem, clause };
            findings.push(Finding { rule, severity: *severity, error });
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use rcgen::{
        BasicConstraints as Constraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
        KeyUsagePurpose,
    };

    use super::*;
    use crate::keys::{KeySpec, PrivateKey};
    use crate::{Timestamp, pki};

    /// A server's certificate without a fault.
    fn server() -> CertificateParams {
        let mut leaf = CertificateParams::new(["a.example.com".to_owned()]).unwrap();
        leaf.distinguished_name = rcgen::DistinguishedName::new();
        leaf.distinguished_name.push(DnType::CommonName, "a.example.com");
        leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        leaf.use_authority_key_identifier_extension = true;
        leaf.not_before = rcgen::date_time_ymd(2026, 11, 1);
        leaf.not_after = rcgen::date_time_ymd(2026, 11, 3);
        leaf
    }

    fn rules(parameters: CertificateParams) -> Vec<(&'static str, Severity)> {
        let mut root = CertificateParams::default();
        root.distinguished_name.push(DnType::CommonName, "Root");
        let root = Issuer::new(root, KeyPair::generate().unwrap());
        let certificate = parameters.signed_by(&KeyPair::generate().unwrap(), &root).unwrap();
        let findings = examine(&Certificate::from_der(certificate.der()).unwrap());
        findings.iter().map(|finding| (finding.rule, finding.severity)).collect()
    }

    /// Spoils one thing.
    type Spoil = fn(&mut CertificateParams);

    #[test]
    fn what_our_own_authorities_are_made_of_breaks_no_rule() {
        let now = Timestamp::from_unix(1_790_000_000);
        let [root_key, key] = [0; 2].map(|_| PrivateKey::generate(KeySpec::EcP256).unwrap());
        let root = pki::create_root("Test", &root_key, now).unwrap();
        let intermediate = pki::create_intermediate("Test", &key, &root, &root_key, now).unwrap();
        assert_eq!((examine(&root), examine(&intermediate)), (vec![], vec![]));
        assert_eq!(rules(server()), []);
    }

    #[test]
    fn every_fault_of_a_leaf_is_found_alone() {
        let cases: [(Spoil, &str, Severity); 8] = [
            (|leaf| leaf.serial_number = Some(7_u64.into()), "serial-entropy", Severity::Warning),
            (|leaf| leaf.use_authority_key_identifier_extension = false, "authority-key-identifier", Severity::Error),
            (|leaf| leaf.key_usages.push(KeyUsagePurpose::KeyCertSign), "leaf-signs", Severity::Error),
            (|leaf| leaf.key_usages.clear(), "leaf-key-usage", Severity::Warning),
            (|leaf| leaf.extended_key_usages.clear(), "leaf-ext-key-usage", Severity::Warning),
            (|leaf| leaf.subject_alt_names.clear(), "server-names", Severity::Error),
            (
                |leaf| leaf.distinguished_name.push(DnType::CommonName, "b.example.com"),
                "server-common-name",
                Severity::Warning,
            ),
            (|leaf| leaf.not_after = rcgen::date_time_ymd(2026, 12, 1), "server-revocation", Severity::Notice),
        ];
        for (spoil, rule, severity) in cases {
            let mut leaf = server();
            spoil(&mut leaf);
            assert_eq!(rules(leaf), [(rule, severity)]);
        }
        let mut leaf = server();
        leaf.not_after = rcgen::date_time_ymd(2028, 1, 1);
        assert_eq!(rules(leaf), [("server-validity", Severity::Warning), ("server-revocation", Severity::Notice)]);
    }

    #[test]
    fn an_authority_has_to_be_one_in_every_extension() {
        let mut authority = server();
        authority.is_ca = IsCa::Ca(Constraints::Unconstrained);
        assert_eq!(rules(authority.clone()), [("ca-key-usage", Severity::Error)]);
        authority.key_usages.clear();
        let expected = [("ca-key-usage", Severity::Error), ("ca-key-usage-critical", Severity::Warning)];
        assert_eq!(rules(authority), expected);
    }
}
