//! Strangers look at what we signed.

use step_authority::keys::{KeySpec, PrivateKey};
use step_authority::{Certificate, Edit, Grant, NameRule, Profile, ProvisionerExtension, oid, pki, verify_path};
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::harness::{DAY, NOW, TestCa, at, grant, key, names, one_day, serial, validity};
use crate::openssl::OpenSsl;

const KEYS: [KeySpec; 5] =
    [KeySpec::EcP256, KeySpec::EcP384, KeySpec::EcP521, KeySpec::Ed25519, KeySpec::Rsa { bits: 2048 }];

/// One certificate for each key × names × validity × provisioner extension.
fn issue_all(ca: &TestCa, keys: &[PrivateKey]) -> Vec<Certificate> {
    let name_sets: [&[&str]; 5] = [
        &["host.example.com"],
        &["*.example.com", "example.com"],
        &["10.0.0.1", "2001:db8::1"],
        &["user@example.com"],
        &["a", "10.0.0.1", "u@b", "spiffe://example.org/a", "xn--bcher-kva.example"],
    ];
    let pairs = [vec![], vec![("key".to_owned(), "ü".to_owned())]];
    let mut issued = Vec::new();
    for key in keys {
        for granted in name_sets {
            for not_after in [300, DAY, 8_760 * 3600, 87_600 * 3600] {
                for pairs in &pairs {
                    let request = pki::create_csr(key, granted[0], &names(granted)).unwrap();
                    let provisioner = ProvisionerExtension {
                        kind: 1,
                        name: "ops".into(),
                        credential_id: b"kid".to_vec(),
                        pairs: pairs.clone(),
                    };
                    let grant = Grant {
                        provisioner: Some(provisioner),
                        subject_alt_names: NameRule::Subset(names(granted)),
                        ..grant(granted[0], granted)
                    };
                    let mut draft = ca.draft(&request, grant);
                    draft.apply(Edit::SetValidity(validity(-60, not_after))).unwrap();
                    let signed = ca.authority.sign(draft.approve(NOW).unwrap(), serial()).unwrap();
                    assert_eq!(signed.certificate().subject_alt_names().unwrap(), &names(granted));
                    issued.push(signed.certificate().clone());
                }
            }
        }
    }
    issued
}

#[test]
fn openssl_and_webpki_accept_every_kind_of_certificate() {
    let Some(openssl) = OpenSsl::find() else { return };
    let ca = TestCa::new();
    let issued = issue_all(&ca, &KEYS.map(key));
    assert_eq!(issued.len(), 200);
    let intermediates = ca.authority.issuer().chain();
    let verdict = openssl.verify(&ca.root, intermediates, &issued.iter().collect::<Vec<_>>(), NOW).unwrap();
    assert_eq!(verdict.matches(": OK").count(), issued.len(), "{verdict}");
    for leaf in &issued {
        let roots = std::slice::from_ref(&ca.root);
        verify_path(leaf, intermediates, roots, NOW, &[oid::CLIENT_AUTH, oid::SERVER_AUTH]).unwrap();
    }
}

#[test]
fn issuers_of_every_key_are_accepted() {
    let Some(openssl) = OpenSsl::find() else { return };
    for spec in KEYS {
        let ca = TestCa::with(spec, Profile::default());
        let leaf = ca.issue("host");
        let verdict = openssl.verify(&ca.root, ca.authority.issuer().chain(), &[&leaf], NOW);
        assert!(verdict.is_ok(), "{spec:?}: {verdict:?}");
    }
}

#[test]
fn a_leaf_cannot_issue_under_our_root() {
    let Some(openssl) = OpenSsl::find() else { return };
    let ca = TestCa::new();
    let leaf_key = key(KeySpec::EcP256);
    let request = pki::create_csr(&leaf_key, "host", &names(&["host"])).unwrap();
    let leaf = ca.sign(ca.draft(&request, grant("host", &["host"]))).certificate().clone();
    // OpenSSL lets the leaf sign; nobody may believe it.
    openssl.write("leaf.key", &leaf_key.to_pem().unwrap());
    openssl.write("leaf.crt", &leaf.pem());
    openssl.write("victim.csr", &crate::harness::request("victim", &["victim"]).pem());
    let forged = openssl
        .run(&["x509", "-req", "-in", "victim.csr", "-CA", "leaf.crt", "-CAkey", "leaf.key", "-CAcreateserial"])
        .unwrap();
    let forged = Certificate::from_pem(&forged);
    let intermediates = [&[leaf][..], ca.authority.issuer().chain()].concat();
    if let Ok(forged) = forged {
        assert!(openssl.verify(&ca.root, &intermediates, &[&forged], NOW).is_err());
        assert!(verify_path(&forged, &intermediates, &[ca.root], NOW, &[]).is_err());
    }
}

#[test]
fn openssl_reads_what_we_meant() {
    let Some(openssl) = OpenSsl::find() else { return };
    let ca = TestCa::new();
    let granted = ["host", "10.0.0.1", "u@b", "urn:x"];
    let request = pki::create_csr(&key(KeySpec::Rsa { bits: 2048 }), "host", &names(&granted)).unwrap();
    let leaf = ca.sign(ca.draft(&request, grant("host", &granted))).certificate().clone();
    openssl.write("leaf.crt", &leaf.pem());
    let text = openssl.run(&["x509", "-in", "leaf.crt", "-noout", "-text"]).unwrap();
    for expected in [
        "Version: 3 (0x2)",
        "Digital Signature, Key Encipherment",
        "X509v3 Key Usage: critical",
        "TLS Web Server Authentication, TLS Web Client Authentication",
        "DNS:host, email:u@b, IP Address:10.0.0.1, URI:urn:x",
        "Not Before: Sep 21 14:12:20 2026 GMT",
        "Not After : Sep 22 14:13:20 2026 GMT",
        "1.3.6.1.4.1.37476.9000.64.1:",
    ] {
        assert!(text.contains(expected), "{expected} is not in\n{text}");
    }
    let serial = openssl.run(&["x509", "-in", "leaf.crt", "-noout", "-serial"]).unwrap();
    let hex = serial.trim().trim_start_matches("serial=").to_lowercase();
    assert_eq!(hex.trim_start_matches('0'), leaf.serial_number().hex());
}

#[test]
fn another_parser_reads_the_same_certificate() {
    let ca = TestCa::new();
    for leaf in issue_all(&ca, &[key(KeySpec::EcP256)]) {
        let (rest, other) = X509Certificate::from_der(leaf.der()).unwrap();
        assert!(rest.is_empty());
        assert_eq!(other.tbs_certificate.serial.to_string(), leaf.serial_number().to_string());
        assert_eq!(other.subject().as_raw(), leaf.subject().der());
        assert_eq!(other.issuer().as_raw(), leaf.issuer().der());
        assert_eq!(other.public_key().raw, leaf.public_key().spki_der());
        assert_eq!(other.validity().not_before.timestamp(), leaf.validity().not_before.as_unix());
        assert_eq!(other.validity().not_after.timestamp(), leaf.validity().not_after.as_unix());
        let names = other.subject_alternative_name().unwrap().unwrap();
        assert_eq!(names.value.general_names.len(), leaf.subject_alt_names().unwrap().len());
        let theirs: Vec<_> = other.extensions().iter().map(|extension| extension.oid.to_id_string()).collect();
        let ours: Vec<_> = leaf.extensions().iter().map(|extension| extension.oid.to_string()).collect();
        assert_eq!(theirs, ours);
    }
}

#[test]
fn a_validity_over_2049_is_written_as_readers_expect() {
    let Some(openssl) = OpenSsl::find() else { return };
    let root_key = key(KeySpec::EcP256);
    let late: step_authority::Timestamp = "2045-06-01T00:00:00Z".parse().unwrap();
    let root = pki::create_root("Late", &root_key, late).unwrap();
    let verdict = openssl.verify(&root, &[], &[&root], late);
    assert!(verdict.is_ok(), "{verdict:?}");
    assert_eq!(root.validity().not_after.to_string(), "2055-05-30T00:00:00Z");
    assert!(one_day().contains(at(0)));
}
