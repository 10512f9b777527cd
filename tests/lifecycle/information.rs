//! What a certificate says about its issuer and its list, and whether openssl finds them there.

use authority::Certificate;
use reqwest::Method;
use serde_json::json;
use step_tests::{Leaf, OpenSsl, TestCa};

const ISSUER: &str = "http://ca.example.com/issuer.cer";
const OCSP: &str = "http://ca.example.com/ocsp";
const LIST: &str = "http://ca.example.com/crl";

fn with_information() -> TestCa {
    TestCa::build()
        .configure(|file| {
            file["authorityInfoAccess"] = json!({"caIssuers": ISSUER, "ocsp": OCSP});
            file["crl"] = json!({"enabled": true, "distributionPoint": LIST, "idpURL": LIST});
            file["ocsp"] = json!({"enabled": true});
        })
        .start()
}

#[test]
fn openssl_finds_the_places_that_the_configuration_names() {
    let Some(openssl) = OpenSsl::find() else { return };
    let ca = with_information();
    openssl.write("leaf.crt", ca.issue("web.example.com").certificate().pem());
    assert_eq!(openssl.run("x509 -in leaf.crt -noout -ocsp_uri").trim(), OCSP);
    let text = openssl.run("x509 -in leaf.crt -noout -text");
    for place in [format!("CA Issuers - URI:{ISSUER}"), format!("OCSP - URI:{OCSP}"), format!("URI:{LIST}")] {
        assert!(text.contains(&place), "{place}: {text}");
    }
}

#[test]
fn what_the_places_serve_is_enough_to_verify_a_certificate() {
    let Some(openssl) = OpenSsl::find() else { return };
    let ca = with_information();
    openssl.write("root.crt", ca.pki().root.pem());
    openssl.write("leaf.crt", ca.issue("web.example.com").certificate().pem());
    for path in ["/issuer.cer", "/1.0/issuer.cer"] {
        let answer = ca.client().get(path).expect(200);
        assert_eq!(answer.header("content-type"), "application/pkix-cert");
        assert_eq!(Certificate::from_der(&answer.body).unwrap(), ca.pki().intermediate);
        openssl.write("issuer.der", &answer.body);
    }
    openssl.write("list.der", &ca.client().get("/crl").expect(200).body);
    openssl.run("x509 -inform DER -in issuer.der -out issuer.crt");
    openssl.run("crl -inform DER -in list.der -out list.crl");
    let now = ca.now().as_unix();
    openssl.run(&format!(
        "verify -x509_strict -attime {now} -crl_check -CAfile root.crt -untrusted issuer.crt -CRLfile list.crl leaf.crt"
    ));
}

#[test]
fn a_renewal_keeps_what_the_certificate_says() {
    let mut ca = with_information();
    let leaf = ca.issue("web.example.com");
    ca.configure(|file| file["authorityInfoAccess"] = json!({"ocsp": "http://other.example.com/ocsp"}));
    ca.restart();
    let client = ca.client_with(leaf.identity());
    let renewed = client.send(client.request(Method::POST, "/renew")).expect(201).certificate();
    assert_eq!(renewed.extensions(), leaf.certificate().extensions());
    assert_ne!(ca.issue("web.example.com").certificate().extensions().len(), 0);
}

#[test]
fn nothing_is_said_unless_it_is_configured() {
    let ca = TestCa::shared();
    let leaf: Leaf = ca.issue("web.example.com");
    let said = |oid: &str| leaf.certificate().extensions().iter().any(|extension| extension.oid.to_string() == oid);
    assert!(!said("1.3.6.1.5.5.7.1.1") && !said("2.5.29.31"));
    let _ = ca.client().get("/issuer.cer").expect(200);
}
