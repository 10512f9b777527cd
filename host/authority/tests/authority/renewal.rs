//! Renewal and rekey keep what was certified.

use step_authority::keys::KeySpec;
use step_authority::{Authority, Certificate, DraftError, Edit, Issuer, KeyUsage, Profile, Provenance, oid, pki};

use crate::harness::{DAY, NOW, TestCa, at, grant, key, names, request, seconds, serial, validity};
use crate::openssl::OpenSsl;

fn without(certificate: &Certificate, left_out: &[step_authority::ObjectIdentifier]) -> Vec<step_authority::Extension> {
    certificate.extensions().iter().filter(|extension| !left_out.contains(&extension.oid)).cloned().collect()
}

fn renew(authority: &Authority, previous: &Certificate, rekey: bool) -> Certificate {
    let new_key = rekey.then(|| request("", &[]));
    let mut draft = authority.redraft(previous, new_key.as_ref(), NOW).unwrap();
    assert_eq!(draft.validity(), None);
    assert_eq!(seconds(draft.previous_duration()), DAY + 60);
    draft.apply(Edit::SetValidity(validity(-60, DAY))).unwrap();
    authority.sign(draft.approve(NOW).unwrap(), serial()).unwrap().certificate().clone()
}

#[test]
fn a_renewed_certificate_differs_in_serial_validity_and_signature_only() {
    let ca = TestCa::new();
    let previous = ca.issue("host");
    let renewed = renew(&ca.authority, &previous, false);
    assert_ne!(renewed.serial_number(), previous.serial_number());
    assert_eq!(renewed.subject().der(), previous.subject().der());
    assert_eq!(renewed.public_key(), previous.public_key());
    assert_eq!(renewed.extensions(), previous.extensions());
}

#[test]
fn under_another_issuer_only_the_authority_key_identifier_changes() {
    let ca = TestCa::new();
    let previous = ca.issue("host");
    let next_key = key(KeySpec::EcP384);
    let next = pki::create_intermediate("Next", &next_key, &ca.root, &ca.root_key, NOW).unwrap();
    let authority = Authority::new(Issuer::new(vec![next.clone()], Box::new(next_key)).unwrap(), Profile::default());
    let renewed = renew(&authority, &previous, false);
    assert_eq!(renewed.authority_key_identifier(), next.subject_key_identifier());
    assert_eq!(
        without(&renewed, &[oid::AUTHORITY_KEY_IDENTIFIER]),
        without(&previous, &[oid::AUTHORITY_KEY_IDENTIFIER])
    );
}

#[test]
fn a_rekeyed_certificate_has_the_new_key_and_its_identifier() {
    let ca = TestCa::new();
    let previous = ca.issue("host");
    let rekeyed = renew(&ca.authority, &previous, true);
    assert_ne!(rekeyed.public_key(), previous.public_key());
    assert_eq!(rekeyed.subject_key_identifier(), Some(rekeyed.public_key().subject_key_identifier().to_vec()));
    assert_eq!(rekeyed.subject().der(), previous.subject().der());
    assert_eq!(without(&rekeyed, &[oid::SUBJECT_KEY_IDENTIFIER]), without(&previous, &[oid::SUBJECT_KEY_IDENTIFIER]));
}

#[test]
fn extensions_a_policy_added_survive_renewal() {
    let ca = TestCa::new();
    let mut draft = ca.draft_for("host");
    let oid = step_authority::ObjectIdentifier::new_unwrap("1.3.6.1.4.1.32473.1");
    draft.apply(Edit::AddExtension { oid, value: vec![5, 0] }).unwrap();
    let previous = ca.sign(draft).certificate().clone();
    let renewed = renew(&ca.authority, &previous, false);
    assert_eq!(renewed.extensions(), previous.extensions());
}

#[test]
fn what_a_certificate_came_of_is_not_carried_over() {
    let provenance = step_authority::ObjectIdentifier::new_unwrap("1.3.6.1.4.1.32473.2");
    let ca = TestCa::with(KeySpec::EcP256, Profile { provenance: Some(provenance), ..Profile::default() });
    let mut draft = ca.draft_for("host");
    draft.state_provenance(|| Provenance { decision: "first".to_owned(), modules: vec![] });
    let previous = ca.sign(draft).certificate().clone();
    for rekey in [false, true] {
        let renewed = renew(&ca.authority, &previous, rekey);
        let left_out = [provenance, oid::SUBJECT_KEY_IDENTIFIER];
        assert_eq!(without(&renewed, &left_out[1..]), without(&previous, &left_out));
    }
}

#[test]
fn names_can_be_removed_at_renewal_but_none_added() {
    let ca = TestCa::new();
    let previous = ca.sign(ca.draft(&request("a", &[]), grant("a", &["a", "b"]))).certificate().clone();
    let mut draft = ca.authority.redraft(&previous, None, NOW).unwrap();
    draft.apply(Edit::RemoveName("b".into())).unwrap();
    assert!(draft.apply(Edit::RemoveName("c".into())).is_err());
    assert_eq!(ca.sign(draft).certificate().subject_alt_names().unwrap(), &names(&["a"]));
}

#[test]
fn a_ca_certificate_is_not_renewed() {
    let ca = TestCa::new();
    let intermediate = ca.authority.issuer().certificate();
    assert_eq!(ca.authority.redraft(intermediate, None, NOW).unwrap_err(), DraftError::PreviousIsCa);
}

#[test]
fn a_renewed_certificate_is_cut_to_the_issuer_too() {
    let ca = TestCa::new();
    let previous = ca.issue("host");
    let later = at(87_600 * 3600 - 10);
    let mut draft = ca.authority.redraft(&previous, None, later).unwrap();
    draft.apply(Edit::SetValidity(validity(87_600 * 3600 - 10, 87_600 * 3600 + DAY))).unwrap();
    assert_eq!(draft.notes().len(), 1);
    assert!(draft.approve(later).is_ok());
}

#[test]
fn usages_of_a_renewed_certificate_are_the_ones_it_had() {
    let ca = TestCa::new();
    let mut draft = ca.draft_for("host");
    draft.apply(Edit::RestrictExtKeyUsage(vec![oid::CLIENT_AUTH])).unwrap();
    let previous = ca.sign(draft).certificate().clone();
    let renewed = renew(&ca.authority, &previous, false);
    assert_eq!(renewed.ext_key_usages(), [oid::CLIENT_AUTH]);
    assert_eq!(renewed.key_usage(), Some(KeyUsage::DIGITAL_SIGNATURE));
}

#[test]
fn a_certificate_of_2019_is_renewed_with_everything_it_had() {
    let Some(openssl) = OpenSsl::find() else { return };
    let ca = TestCa::new();
    openssl.write("ca.crt", &ca.authority.issuer().certificate().pem());
    openssl.write("ca.key", &ca.issuer_key_pem);
    openssl.write("leaf.csr", &request("u@example.com", &[]).pem());
    // Key encipherment for an EC key, a mailbox among the DNS names, another
    // key identifier than ours, an extension we do not know.
    openssl.write(
        "leaf.cnf",
        "keyUsage = critical, digitalSignature, keyEncipherment\n\
         extendedKeyUsage = serverAuth, clientAuth\n\
         subjectKeyIdentifier = 90b02f5361ea12ea5380edb264b6f9c7d1f86a96\n\
         authorityKeyIdentifier = keyid\n\
         subjectAltName = DNS:u@example.com\n\
         1.3.6.1.4.1.32473.1 = critical, DER:0500\n\
         1.3.6.1.4.1.37476.9000.64.1 = DER:3009020101040161040162\n",
    );
    let sign = ["x509", "-req", "-in", "leaf.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-extfile", "leaf.cnf"];
    let previous = Certificate::from_pem(&openssl.run(&sign).unwrap()).unwrap();
    let draft = ca.authority.redraft(&previous, None, NOW).unwrap();
    let renewed = ca.sign(draft).certificate().clone();
    assert_eq!(renewed.extensions(), previous.extensions());
    assert_eq!(renewed.subject().der(), previous.subject().der());
    assert_eq!(renewed.provisioner_extension().unwrap().unwrap().name, "a");
}

#[test]
fn what_the_profile_does_not_have_is_not_renewed() {
    let Some(openssl) = OpenSsl::find() else { return };
    let ca = TestCa::new();
    openssl.write("ca.crt", &ca.authority.issuer().certificate().pem());
    openssl.write("ca.key", &ca.issuer_key_pem);
    openssl.write("leaf.csr", &request("host", &[]).pem());
    let good = ("digitalSignature", "clientAuth", "DNS:host");
    for (usage, extended, names) in [
        ("digitalSignature, keyAgreement", good.1, good.2),
        (good.0, "clientAuth, codeSigning", good.2),
        (good.0, good.1, "DNS:host, RID:1.2.3"),
    ] {
        let extensions =
            format!("keyUsage = critical, {usage}\nextendedKeyUsage = {extended}\nsubjectAltName = {names}\n");
        openssl.write("leaf.cnf", &extensions);
        let sign = ["x509", "-req", "-in", "leaf.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-extfile", "leaf.cnf"];
        let previous = Certificate::from_pem(&openssl.run(&sign).unwrap()).unwrap();
        let refused = ca.authority.redraft(&previous, None, NOW).and_then(|mut draft| {
            draft.apply(Edit::SetValidity(validity(0, DAY))).unwrap();
            draft.approve(NOW)
        });
        assert!(refused.is_err(), "{extensions}");
    }
}
