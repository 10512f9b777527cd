//! Every rule finds the one thing that is wrong with an otherwise good leaf.

use super::*;
use crate::extensions::{Extension, encode_ext_key_usages};
use crate::keys::{KeySpec, PrivateKey, Signer};
use crate::tbs::TbsCertificate;
use crate::time::{Timestamp, Validity};
use crate::{ObjectIdentifier, SerialNumber, SubjectAltNames, asn1, pki};

const NOW: Timestamp = Timestamp::from_unix(1_790_000_000);

/// A good leaf, field by field, for a test to spoil one of.
struct Leaf {
    serial_number: SerialNumber,
    signature: Vec<u8>,
    issuer: Vec<u8>,
    validity: Validity,
    subject: Vec<u8>,
    public_key: Vec<u8>,
    approved: PublicKey,
    extensions: Vec<Extension>,
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix(NOW.as_unix() + seconds)
}

fn issuer() -> Issuer {
    let [root_key, key] = [0; 2].map(|_| PrivateKey::generate(KeySpec::EcP256).unwrap());
    let root = pki::create_root("Test", &root_key, NOW).unwrap();
    let certificate = pki::create_intermediate("Test", &key, &root, &root_key, NOW).unwrap();
    Issuer::new(vec![certificate], Box::new(key)).unwrap()
}

fn leaf(issuer: &Issuer) -> Leaf {
    let key = PrivateKey::generate(KeySpec::EcP256).unwrap();
    let approved = PublicKey::from_spki(key.public_key()).unwrap();
    let names = SubjectAltNames::classify(&["host"]).unwrap();
    Leaf {
        serial_number: SerialNumber::from_random([1; 20]),
        signature: issuer.signature_algorithm().to_vec(),
        issuer: issuer.certificate().subject().der().to_vec(),
        validity: Validity { not_before: NOW, not_after: at(3600) },
        subject: crate::DistinguishedName::from_common_name("host").der().to_vec(),
        public_key: key.public_key().to_vec(),
        extensions: profile::extensions(Purpose::Tls, &approved, &names, false, issuer.key_identifier()),
        approved,
    }
}

/// Makes one thing wrong.
type Spoil = fn(&mut Leaf);

impl Leaf {
    fn lint(&self, issuer: &Issuer) -> Result<(), LintError> {
        let tbs = TbsCertificate {
            serial_number: self.serial_number,
            signature: &self.signature,
            issuer: &self.issuer,
            validity: self.validity,
            subject: &self.subject,
            subject_public_key_info: &self.public_key,
            extensions: &self.extensions,
        };
        check(&tbs.encode().unwrap(), &self.approved, issuer)
    }

    fn extension(&mut self, oid: ObjectIdentifier) -> &mut Extension {
        self.extensions.iter_mut().find(|extension| extension.oid == oid).unwrap()
    }

    fn remove(&mut self, oid: ObjectIdentifier) {
        self.extensions.retain(|extension| extension.oid != oid);
    }
}

#[test]
fn a_good_leaf_breaks_no_rule() {
    let issuer = issuer();
    assert_eq!(leaf(&issuer).lint(&issuer), Ok(()));
}

#[test]
fn one_wrong_thing_is_found_by_the_rule_that_forbids_it() {
    let issuer = issuer();
    let wrong: [(&str, Spoil); 30] = [
        ("§4.1.2.2", |leaf| leaf.serial_number = SerialNumber::from_bytes(&[0]).unwrap()),
        ("§4.1.2.3", |leaf| leaf.signature = hex::decode("300a06082a8648ce3d040303").unwrap()),
        ("§4.1.2.4", |leaf| leaf.issuer = leaf.subject.clone()),
        ("§4.1.2.5", |leaf| leaf.validity.not_before = at(3601)),
        ("§6.1.3", |leaf| leaf.validity.not_after = at(87_600 * 3600 + 1)),
        ("§4.1.2.7", |leaf| *leaf.public_key.last_mut().unwrap() ^= 1),
        ("§4.1", |leaf| leaf.public_key = Vec::new()),
        ("§4.1.2.9", |leaf| leaf.extensions.clear()),
        ("§4.2", |leaf| leaf.extensions.push(leaf.extensions[0].clone())),
        ("§4.2.1.9", |leaf| {
            let constraints = BasicConstraints { is_ca: true, path_len: None };
            leaf.extensions.push(Extension::critical(oid::BASIC_CONSTRAINTS, constraints.encode()));
        }),
        ("§4.2.1.9", |leaf| leaf.extensions.push(Extension::critical(oid::BASIC_CONSTRAINTS, vec![5, 0]))),
        ("§4.2.1.3", |leaf| leaf.remove(oid::KEY_USAGE)),
        ("§4.2.1.3", |leaf| leaf.extension(oid::KEY_USAGE).critical = false),
        ("§4.2.1.3", |leaf| leaf.extension(oid::KEY_USAGE).value = KeyUsage::empty().encode()),
        ("§4.2.1.3", |leaf| leaf.extension(oid::KEY_USAGE).value = KeyUsage::KEY_CERT_SIGN.encode()),
        ("§4.2.1.12", |leaf| leaf.remove(oid::EXT_KEY_USAGE)),
        ("§4.2.1.12", |leaf| {
            leaf.extension(oid::EXT_KEY_USAGE).value = encode_ext_key_usages(&[oid::CLIENT_AUTH, oid::OCSP_SIGNING]);
        }),
        ("RFC 6960 §4.2.2.2.1", |leaf| leaf.extensions.push(profile::no_check_extension())),
        ("RFC 6960 §4.2.2.2.1", |leaf| {
            leaf.extension(oid::EXT_KEY_USAGE).value = encode_ext_key_usages(&[oid::OCSP_SIGNING]);
        }),
        ("§4.2.1.12", |leaf| leaf.extension(oid::EXT_KEY_USAGE).value = asn1::sequence(&[])),
        ("§4.2.1.12", |leaf| {
            let code_signing = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.3");
            leaf.extension(oid::EXT_KEY_USAGE).value = encode_ext_key_usages(&[oid::CLIENT_AUTH, code_signing]);
        }),
        ("§4.2.1.6", |leaf| leaf.extension(oid::SUBJECT_ALT_NAME).value = asn1::sequence(&[])),
        ("§4.2.1.6", |leaf| leaf.extension(oid::SUBJECT_ALT_NAME).value = hex::decode("30048202612e").unwrap()),
        ("§4.2.1.6", |leaf| leaf.extension(oid::SUBJECT_ALT_NAME).critical = true),
        ("§4.2.1.6", |leaf| leaf.subject = asn1::sequence(&[])),
        ("§4.2.1.1", |leaf| leaf.remove(oid::AUTHORITY_KEY_IDENTIFIER)),
        ("§4.2.1.1", |leaf| {
            *leaf.extension(oid::AUTHORITY_KEY_IDENTIFIER) = key_identifier::authority_key_identifier(&[1; 20]);
        }),
        ("§4.2.1.2", |leaf| leaf.extension(oid::SUBJECT_KEY_IDENTIFIER).critical = true),
        ("37476.9000", |leaf| leaf.extensions.push(Extension::not_critical(oid::STEP_PROVISIONER, vec![5, 0]))),
        ("37476.9000", |leaf| {
            let value = hex::decode("3009020101040161040162").unwrap();
            leaf.extensions.push(Extension::critical(oid::STEP_PROVISIONER, value));
        }),
    ];
    for (index, (clause, spoil)) in wrong.into_iter().enumerate() {
        let mut leaf = leaf(&issuer);
        spoil(&mut leaf);
        let found = leaf.lint(&issuer).expect_err(clause);
        assert!(found.clause.contains(clause), "case {index}: {found}, expected {clause}");
    }
}

#[test]
fn the_issuers_own_key_is_not_certified() {
    let issuer = issuer();
    let mut leaf = leaf(&issuer);
    leaf.approved = PublicKey::try_from(issuer.certificate().public_key().clone()).unwrap();
    leaf.public_key = leaf.approved.spki_der().to_vec();
    assert_eq!(leaf.lint(&issuer).map_err(|found| found.clause), Err("RFC 5280 §4.2.1.3"));
}

#[test]
fn a_time_in_the_wrong_form_is_found() {
    let issuer = issuer();
    let leaf = leaf(&issuer);
    let tbs = TbsCertificate {
        serial_number: leaf.serial_number,
        signature: &leaf.signature,
        issuer: &leaf.issuer,
        validity: leaf.validity,
        subject: &leaf.subject,
        subject_public_key_info: &leaf.public_key,
        extensions: &leaf.extensions,
    };
    let good = tbs.encode().unwrap();
    let elements = asn1::read_sequence(&good, |reader| {
        let mut elements = Vec::new();
        while !der::Reader::is_finished(reader) {
            elements.push(der::Reader::tlv_bytes(reader)?.to_vec());
        }
        Ok(elements)
    });
    let mut elements = elements.unwrap();
    elements[4] = [&[0x30, 34][..], b"\x18\x0f20260921132640Z\x18\x0f20260921142640Z"].concat();
    let parts: Vec<&[u8]> = elements.iter().map(Vec::as_slice).collect();
    let found = check(&asn1::sequence(&parts), &leaf.approved, &issuer).expect_err("GeneralizedTime before 2050");
    assert_eq!(found.clause, "RFC 5280 §4.1.2.5");
}
