//! DER and PEM.

use authority::{Certificate, CertificateList, CertificationRequest, SubjectAltNames, keys::PrivateKey, ocsp, pem};
use x509_parser::prelude::FromDer;

use super::text;

/// Blocks of PEM: what is read is written and read back.
pub(super) fn pem(octets: &[u8]) {
    let Some(text) = text(octets) else { return };
    let Ok(blocks) = pem::blocks(text) else { return };
    for block in blocks {
        // Labels of others need not be ones that can be written.
        if block.label.chars().all(|letter| letter.is_ascii_uppercase()) && !block.label.is_empty() {
            let written = pem::encode(&block.label, &block.contents);
            let again = pem::blocks(&written).expect("what is written is read");
            assert_eq!(again.len(), 1);
            assert_eq!((&again[0].label, &again[0].contents), (&block.label, &block.contents));
        }
    }
    let _ = Certificate::chain_from_pem(text);
    let _ = CertificationRequest::from_pem(text);
}

/// A private key, in PEM or DER, without its password.
pub(super) fn private_key(octets: &[u8]) {
    if let Ok(key) = PrivateKey::from_der(octets) {
        let again = PrivateKey::from_der(&key.to_pkcs8_der().expect("a key is written")).expect("and read");
        assert_eq!(authority::keys::Signer::public_key(&again), authority::keys::Signer::public_key(&key));
    }
    if let Some(text) = text(octets) {
        let _ = PrivateKey::from_pem(text, None);
        let _ = authority::keys::is_encrypted_pem(text);
    }
}

/// A certificate. What we take another library takes, and it reads the same.
pub(super) fn certificate(octets: &[u8]) {
    let Ok(ours) = Certificate::from_der(octets) else { return };
    assert_eq!(ours.der(), octets);
    assert_eq!(Certificate::from_pem(&ours.pem()).expect("what is written is read").der(), octets);
    let (_, _, _) = (ours.ext_key_usages(), ours.provisioner_extension(), ours.subject_key_identifier());
    let _ = ours.verify_signature(ours.public_key());
    let Ok((rest, theirs)) = x509_parser::certificate::X509Certificate::from_der(octets) else {
        panic!("another library does not read {}", ours.pem())
    };
    assert!(rest.is_empty(), "nothing follows");
    assert_eq!(unsigned(theirs.tbs_certificate.raw_serial()), unsigned(ours.serial_number().as_bytes()));
    is_same_name(theirs.subject().as_raw(), ours.subject().der());
    is_same_name(theirs.issuer().as_raw(), ours.issuer().der());
    assert_eq!(theirs.validity().not_before.timestamp(), ours.validity().not_before.as_unix());
    assert_eq!(theirs.validity().not_after.timestamp(), ours.validity().not_after.as_unix());
    assert_eq!(theirs.public_key().raw, ours.public_key().spki_der());
    assert_eq!(theirs.is_ca(), ours.is_ca());
    assert_eq!(theirs.extensions().len(), ours.extensions().len());
}

/// The other library stops at the first attribute it does not like, and says nothing of it.
fn is_same_name(theirs: &[u8], ours: &[u8]) {
    assert!(ours.starts_with(theirs), "{theirs:02x?} is not {ours:02x?}");
}

fn unsigned(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|octet| **octet == 0).count();
    &number[zeros..]
}

/// A certification request. Whatever is taken has a good signature, and another library agrees.
pub(super) fn request(octets: &[u8]) {
    let Ok(ours) = CertificationRequest::from_der(octets) else { return };
    assert_eq!(ours.der(), octets);
    assert_eq!(CertificationRequest::from_pem(&ours.pem()).expect("what is written is read").der(), octets);
    assert!(ours.extensions().len() <= authority::MAX_REQUESTED_EXTENSIONS);
    is_canonical(ours.subject_alt_names());
    let Ok((rest, theirs)) = x509_parser::certification_request::X509CertificationRequest::from_der(octets) else {
        panic!("another library does not read {}", ours.pem())
    };
    assert!(rest.is_empty(), "nothing follows");
    let info = &theirs.certification_request_info;
    is_same_name(info.subject.as_raw(), ours.subject().der());
    assert_eq!(info.subject_pki.raw, ours.public_key().spki_der());
}

/// Names that were read are written in a form that is read as the same.
pub(super) fn is_canonical(names: &SubjectAltNames) {
    let written: Vec<String> = names.iter().collect();
    assert_eq!(&SubjectAltNames::classify(&written).expect("a name that was read is one"), names);
}

/// A list of revoked certificates.
pub(super) fn revocation_list(octets: &[u8]) {
    let Ok(list) = CertificateList::from_der(octets) else { return };
    assert_eq!(list.der(), octets);
    for entry in list.revoked() {
        assert!(list.find(&entry.serial_number).is_some());
    }
    let Ok((rest, theirs)) = x509_parser::revocation_list::CertificateRevocationList::from_der(octets) else {
        panic!("another library does not read {}", list.pem())
    };
    assert!(rest.is_empty(), "nothing follows");
    assert_eq!(theirs.iter_revoked_certificates().count(), list.revoked().len());
    assert_eq!(theirs.last_update().timestamp(), list.this_update().as_unix());
    is_same_name(theirs.issuer().as_raw(), list.issuer_der());
}

/// A request of OCSP.
pub(super) fn ocsp_request(octets: &[u8]) {
    let Ok(request) = ocsp::Request::from_der(octets) else { return };
    assert!((1..=ocsp::MAX_CERTIFICATES).contains(&request.certificates().len()));
}
