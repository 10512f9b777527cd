//! What every certificate is, whatever was asked for (RFC 5280 §4).

use authority::{Certificate, KeyUsage, oid};
use rcgen::{BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose};
use serde_json::json;
use step_tests::{Csr, OpenSsl, PROVISIONER, TestCa, body_of_2026};

#[test]
fn a_leaf_has_the_profile_and_nothing_else() {
    let ca = TestCa::shared();
    let csr = Csr::of("web.example.com");
    let certificate = ca.sign(&csr, &ca.token("web.example.com").sign()).expect(201).certificate();
    let extensions: Vec<_> =
        certificate.extensions().iter().map(|extension| (extension.oid, extension.critical)).collect();
    assert_eq!(
        extensions,
        [
            (oid::KEY_USAGE, true),
            (oid::EXT_KEY_USAGE, false),
            (oid::SUBJECT_KEY_IDENTIFIER, false),
            (oid::AUTHORITY_KEY_IDENTIFIER, false),
            (oid::SUBJECT_ALT_NAME, false),
            (oid::STEP_PROVISIONER, false),
        ]
    );
    assert_eq!(certificate.key_usage(), Some(KeyUsage::DIGITAL_SIGNATURE));
    assert_eq!(certificate.ext_key_usages(), [oid::SERVER_AUTH, oid::CLIENT_AUTH]);
    assert!(!certificate.is_ca());
    assert_eq!(certificate.public_key().spki_der(), csr.request.public_key().spki_der());
    assert_eq!(certificate.issuer().der(), ca.pki().intermediate.subject().der(), "byte for byte");
    assert_eq!(certificate.authority_key_identifier(), ca.pki().intermediate.subject_key_identifier());
    assert!(certificate.authority_key_identifier().is_some());
    assert_eq!(certificate.subject().attributes().len(), 1);
    assert_eq!(certificate.subject().common_name(), Some("web.example.com"));
    // 159 random bits, so that every serial number has the same length and none is negative.
    let serial = certificate.serial_number().as_bytes();
    assert!(serial.len() == 20 && serial[0] & 0x80 == 0, "{serial:02x?}");
}

#[test]
fn the_provisioner_extension_is_upstreams_to_the_octet() {
    let ca = TestCa::shared();
    let certificate = ca.issue("web.example.com").chain.remove(0);
    let kid = ca.provisioner_key().kid().unwrap();
    let mut expected = vec![0x30, u8::try_from(3 + 2 + PROVISIONER.len() + 2 + kid.len()).unwrap(), 2, 1, 1];
    for text in [PROVISIONER, kid] {
        expected.extend([4, u8::try_from(text.len()).unwrap()]);
        expected.extend(text.as_bytes());
    }
    assert_eq!(value(&certificate, oid::STEP_PROVISIONER), expected);
}

fn value(certificate: &Certificate, oid: authority::ObjectIdentifier) -> &[u8] {
    &certificate.extensions().iter().find(|extension| extension.oid == oid).unwrap().value
}

#[test]
fn nothing_of_what_a_request_wishes_for_gets_in() {
    let ca = TestCa::shared();
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(["a.example".to_owned()]).unwrap();
    params.distinguished_name.push(DnType::CommonName, "a.example");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::Any, ExtendedKeyUsagePurpose::OcspSigning];
    // A provisioner extension, and one that nobody knows and everybody must understand.
    let provisioner = oid("1.3.6.1.4.1.37476.9000.64.1");
    params.custom_extensions.push(rcgen::CustomExtension::from_oid_content(&provisioner, vec![0x30, 0]));
    let mut unknown = rcgen::CustomExtension::from_oid_content(&oid("1.2.3.4.5"), vec![5, 0]);
    unknown.set_criticality(true);
    params.custom_extensions.push(unknown);
    let csr = params.serialize_request(&key).unwrap().pem().unwrap();

    let body = body_of_2026(&csr, &ca.token("a.example").sign(), "", "");
    let certificate = ca.client().post("/sign", &body).expect(201).certificate();
    assert!(!certificate.is_ca() && certificate.path_len().is_none());
    assert_eq!(certificate.key_usage(), Some(KeyUsage::DIGITAL_SIGNATURE));
    assert_eq!(certificate.ext_key_usages(), [oid::SERVER_AUTH, oid::CLIENT_AUTH]);
    assert_eq!(certificate.extensions().len(), 6);
    assert_eq!(certificate.provisioner_extension().unwrap().unwrap().name, PROVISIONER);
}

fn oid(text: &str) -> Vec<u64> {
    text.split('.').map(|arc| arc.parse().unwrap()).collect()
}

#[test]
fn a_leaf_issues_nothing() {
    let ca = TestCa::shared();
    let Some(openssl) = OpenSsl::find() else { return };
    let leaf = ca.issue("web.example.com");
    let issuer = KeyPair::from_pem(&leaf.key.to_pkcs8_pem().unwrap()).unwrap();
    let issuer = rcgen::Issuer::from_ca_cert_der(&leaf.certificate().der().into(), issuer);
    let Ok(issuer) = issuer else { return };
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(["below.example".to_owned()]).unwrap();
    let below = Certificate::from_der(params.signed_by(&key, &issuer).unwrap().der()).unwrap();
    let error = openssl.verify(&ca.pki().root, &leaf.chain, &[below]).unwrap_err();
    assert!(error.contains("invalid CA certificate") || error.contains("not authorized"), "{error}");
}

#[test]
fn the_template_fills_in_what_a_request_leaves_out() {
    let ca = TestCa::build()
        .configure(|ca_json| {
            ca_json["authority"]["template"] = json!({
                "country": "NL", "organization": "Example", "organizationalUnit": "Ops", "locality": "Delft",
                "province": "ZH", "streetAddress": "Markt 1", "commonName": "never used",
            });
        })
        .start();
    let plain = ca.issue("a.example").chain.remove(0);
    let expected = "C=NL,O=Example,OU=Ops,L=Delft,ST=ZH,STREET=Markt 1,CN=a.example";
    assert_eq!(attributes(&plain), expected);

    let mut params = CertificateParams::new(["a.example".to_owned()]).unwrap();
    params.distinguished_name.push(DnType::CommonName, "a.example");
    params.distinguished_name.push(DnType::OrganizationName, "Theirs");
    let csr = params.serialize_request(&KeyPair::generate().unwrap()).unwrap().pem().unwrap();
    let body = body_of_2026(&csr, &ca.token("a.example").sign(), "", "");
    let theirs = ca.client().post("/sign", &body).expect(201).certificate();
    assert_eq!(attributes(&theirs), expected.replace("O=Example", "O=Theirs"));
}

fn attributes(certificate: &Certificate) -> String {
    let name = |oid: &str| match oid {
        "2.5.4.3" => "CN",
        "2.5.4.6" => "C",
        "2.5.4.7" => "L",
        "2.5.4.8" => "ST",
        "2.5.4.9" => "STREET",
        "2.5.4.10" => "O",
        "2.5.4.11" => "OU",
        other => panic!("{other}"),
    };
    let attributes = certificate.subject().attributes().iter();
    let text = attributes.map(|attribute| format!("{}={}", name(&attribute.oid.to_string()), attribute.value));
    text.collect::<Vec<_>>().join(",")
}

#[test]
fn a_template_that_no_subject_can_have_stops_the_start() {
    let template =
        |template| TestCa::build().configure(|ca_json| ca_json["authority"]["template"] = template).try_start();
    let error = template(json!({"country": "Netherlands"})).err().unwrap();
    assert!(error.contains("authority.template"), "{error}");
    let error = template(json!({"organization": "a\nb"})).err().unwrap();
    assert!(error.contains("authority.template.organization"), "{error}");
}

#[test]
fn a_certificate_without_a_subject_has_critical_names() {
    let ca = TestCa::shared();
    let csr = Csr::new("", &["a.example"]);
    let long = "x".repeat(65);
    // The subject of the token does not fit into a common name, so there is none.
    let token = ca.token(&long).sans(&["a.example"]).sign();
    let certificate = ca.sign(&csr, &token).expect(201).certificate();
    assert!(certificate.subject().is_empty());
    let names = certificate.extensions().iter().find(|extension| extension.oid == oid::SUBJECT_ALT_NAME).unwrap();
    assert!(names.critical);
}
