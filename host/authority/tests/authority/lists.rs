//! Revocation lists: what they say, and what OpenSSL and webpki say to them.

use proptest::prelude::*;
use step_authority::keys::KeySpec;
use step_authority::names::Uri;
use step_authority::{
    CertificateList, ListContents, ListError, Profile, RevocationReason, RevokedCertificate, SignListError,
};

use crate::harness::{NOW, TestCa, at, serial};
use crate::openssl::OpenSsl;

fn contents(revoked: &[RevokedCertificate]) -> ListContents<'_> {
    ListContents { number: 7, this_update: NOW, next_update: at(3600), revoked, distribution_point: None }
}

fn revoked(reason: RevocationReason) -> RevokedCertificate {
    RevokedCertificate { serial_number: serial(), revoked_at: at(-10), reason }
}

#[test]
fn a_list_says_what_it_was_meant_to_say() {
    let ca = TestCa::new();
    let issuer = ca.authority.issuer();
    let uri: Uri = "http://crl.example.com/crl".parse().unwrap();
    for count in [0, 1, 300] {
        let reasons = [RevocationReason::Unspecified, RevocationReason::KeyCompromise, RevocationReason::AaCompromise];
        let entries: Vec<_> = (0..count).map(|n| revoked(reasons[n % 3])).collect();
        for distribution_point in [None, Some(&uri)] {
            for number in [0, 127, 128, u64::MAX] {
                let contents = ListContents { number, distribution_point, ..contents(&entries) };
                let list = issuer.sign_list(&contents).unwrap();
                assert_eq!(list.revoked(), entries);
                assert_eq!(list.number(), number);
                assert_eq!(CertificateList::from_der(list.der()), Ok(list.clone()));
                assert_eq!(list.issuer_der(), issuer.certificate().subject().der());
                assert_eq!(list.verify_signature(issuer.certificate().public_key()), Ok(()));
                assert!(list.verify_signature(ca.root.public_key()).is_err());
            }
        }
    }
}

#[test]
fn a_list_that_would_never_be_followed_is_not_signed() {
    let ca = TestCa::new();
    let issuer = ca.authority.issuer();
    for (this_update, next_update) in [(NOW, NOW), (NOW, at(-1)), (at(-2 * NOW.as_unix()), NOW)] {
        let result = issuer.sign_list(&ListContents { this_update, next_update, ..contents(&[]) });
        assert_eq!(result, Err(SignListError::Time));
    }
}

#[test]
fn openssl_verifies_a_list_and_finds_who_is_in_it() {
    let Some(openssl) = OpenSsl::find() else { return };
    for key in [KeySpec::EcP256, KeySpec::EcP384, KeySpec::Ed25519] {
        let ca = TestCa::with(key, Profile::default());
        let issuer = ca.authority.issuer();
        let (good, bad) = (ca.issue("good"), ca.issue("bad"));
        let entry = RevokedCertificate { serial_number: *bad.serial_number(), ..revoked(RevocationReason::Superseded) };
        let list = issuer.sign_list(&contents(&[entry])).unwrap();
        openssl.write("list.pem", &list.pem());
        openssl.write("issuer.crt", &issuer.certificate().pem());
        openssl.write("root.crt", &ca.root.pem());
        let text = openssl.run(&["crl", "-in", "list.pem", "-noout", "-text", "-CAfile", "issuer.crt"]).unwrap();
        for part in ["Version 2", "X509v3 CRL Number: \n                7", "Superseded", &bad.serial_number().hex()] {
            assert!(text.to_lowercase().contains(&part.to_lowercase()), "{part}: {text}");
        }
        for (leaf, outcome) in [(&good, Ok(())), (&bad, Err("certificate revoked"))] {
            openssl.write("leaf.crt", &leaf.pem());
            let attime = NOW.as_unix().to_string();
            let verdict = openssl.run(&[
                "verify",
                "-x509_strict",
                "-crl_check",
                "-attime",
                &attime,
                "-CAfile",
                "root.crt",
                "-untrusted",
                "issuer.crt",
                "-CRLfile",
                "list.pem",
                "leaf.crt",
            ]);
            match outcome {
                Ok(()) => assert_eq!(verdict, Ok("leaf.crt: OK\n".to_owned())),
                Err(reason) => assert!(verdict.unwrap_err().contains(reason)),
            }
        }
    }
}

#[test]
fn openssl_uses_a_list_only_for_certificates_that_name_its_place() {
    let Some(openssl) = OpenSsl::find() else { return };
    let uri: Uri = "http://crl.example.com/crl".parse().unwrap();
    let ca = TestCa::with(KeySpec::EcP256, Profile { distribution_point: Some(uri.clone()), ..Profile::default() });
    let issuer = ca.authority.issuer();
    openssl.write("leaf.crt", &ca.issue("host").pem());
    openssl.write("issuer.crt", &issuer.certificate().pem());
    openssl.write("root.crt", &ca.root.pem());
    let text = openssl.run(&["x509", "-in", "leaf.crt", "-noout", "-ext", "crlDistributionPoints"]).unwrap();
    assert!(text.contains("URI:http://crl.example.com/crl"), "{text}");
    let elsewhere: Uri = "http://crl.example.com/other".parse().unwrap();
    for (place, is_used) in [(None, true), (Some(&uri), true), (Some(&elsewhere), false)] {
        let list = issuer.sign_list(&ListContents { distribution_point: place, ..contents(&[]) }).unwrap();
        openssl.write("list.pem", &list.pem());
        let attime = NOW.as_unix().to_string();
        let verdict = openssl.run(&[
            "verify",
            "-x509_strict",
            "-extended_crl",
            "-crl_check",
            "-attime",
            &attime,
            "-CAfile",
            "root.crt",
            "-untrusted",
            "issuer.crt",
            "-CRLfile",
            "list.pem",
            "leaf.crt",
        ]);
        assert_eq!(verdict.is_ok(), is_used, "{place:?}: {verdict:?}");
    }
}

#[test]
fn a_changed_octet_is_found() {
    let ca = TestCa::new();
    let issuer = ca.authority.issuer();
    let der = issuer.sign_list(&contents(&[revoked(RevocationReason::KeyCompromise)])).unwrap().der().to_vec();
    for position in 0..der.len() {
        let mut changed = der.clone();
        changed[position] ^= 1;
        let verdict = CertificateList::from_der(&changed)
            .map(|list| list.verify_signature(issuer.certificate().public_key()).is_ok());
        assert!(!matches!(verdict, Ok(true)), "octet {position}");
        let cut = CertificateList::from_der(&der[..position]);
        assert_eq!(cut, Err(ListError::Malformed));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn no_octets_make_the_reader_panic(octets in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = CertificateList::from_der(&octets);
    }
}
