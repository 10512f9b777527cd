//! OpenSSL: requests of its own making, and its opinion of our certificates.

use authority::{
    Certificate,
    keys::{KeySpec, PrivateKey},
};
use serde_json::json;
use step_tests::{Answer, Csr, OpenSsl, TestCa, body_of_2026};

fn send(ca: &TestCa, csr: &str) -> Answer {
    ca.client().post("/sign", &body_of_2026(csr, &ca.token("host").sign(), "", ""))
}

#[test]
fn requests_of_openssl_are_signed_whatever_the_key_and_the_hash() {
    let Some(openssl) = OpenSsl::find() else { return };
    let ca = TestCa::shared();
    let ec = |curve: &str| format!("-algorithm EC -pkeyopt ec_paramgen_curve:{curve}");
    let rsa = |bits: u32| format!("-algorithm RSA -pkeyopt rsa_keygen_bits:{bits}");
    for (genpkey, req) in [
        (ec("P-256"), ""),
        (ec("P-256"), "-sha384"),
        (ec("P-256"), "-sha512"),
        (ec("P-384"), "-sha256"),
        (ec("P-384"), "-sha384"),
        (ec("P-521"), "-sha256"),
        (ec("P-521"), "-sha512"),
        ("-algorithm ED25519".to_owned(), ""),
        (rsa(2048), ""),
        (rsa(2048), "-sha384"),
        (rsa(2048), "-sha512"),
        (rsa(2048), "-sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:digest"),
        (rsa(2048), "-sha384 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:digest"),
        (rsa(3072), ""),
        (ec("P-256"), "-utf8"),
        (ec("P-256"), "-addext keyUsage=digitalSignature -addext extendedKeyUsage=serverAuth"),
    ] {
        let answer = send(&ca, &openssl.request(&genpkey, req));
        assert_eq!(answer.status, 201, "{genpkey} {req}: {}", answer.text());
        openssl.write("issued.crt", answer.certificate().pem());
        let issued = openssl.run("x509 -in issued.crt -noout -pubkey");
        assert_eq!(issued, openssl.run("pkey -in key.pem -pubout"), "{genpkey} {req}");
    }
}

#[test]
fn names_openssl_can_write_and_nobody_can_have_are_refused() {
    let Some(openssl) = OpenSsl::find() else { return };
    let ca = TestCa::shared();
    openssl.run("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out key.pem");
    for name in [
        "dirName:directory",
        "otherName:1.2.3.4;UTF8:text",
        "RID:1.2.3.4",
        "DNS:a b",
        "DNS:*",
        "DNS:a_b",
        "DNS:10.0.0.1",
        "DNS:host,dirName:directory",
    ] {
        let config = format!(
            "[req]\ndistinguished_name = name\nreq_extensions = extensions\nprompt = no\n[name]\nCN = host\n\
             [extensions]\nsubjectAltName = {name}\n[directory]\nCN = host\n"
        );
        openssl.write("request.cnf", config);
        let csr = openssl.run("req -new -key key.pem -config request.cnf");
        let answer = send(&ca, &csr);
        assert_eq!(answer.status, 400, "{name}: {}", answer.text());
    }
    let twice = "[req]\ndistinguished_name = name\nprompt = no\n[name]\n0.CN = host\n1.CN = other\n";
    openssl.write("request.cnf", twice);
    let answer = send(&ca, &openssl.run("req -new -key key.pem -config request.cnf"));
    assert_eq!(answer.status, 400, "two common names: {}", answer.text());
}

#[test]
fn openssl_reads_what_we_wrote_as_we_meant_it() {
    let Some(openssl) = OpenSsl::find() else { return };
    let ca = TestCa::shared();
    let names = ["a.example", "*.b.example", "10.0.0.1", "2001:db8::1", "me@example.com", "spiffe://example/a"];
    let csr = Csr::new("a.example", &names);
    let answer = ca.sign(&csr, &ca.token("a.example").sans(&names).sign()).expect(201);
    openssl.write("issued.crt", answer.certificate().pem());
    let text = openssl.run("x509 -in issued.crt -noout -text -nameopt RFC2253");
    for line in [
        "Version: 3 (0x2)",
        "Issuer: CN=Test Intermediate CA",
        "Subject: CN=a.example",
        "X509v3 Key Usage: critical",
        "Digital Signature",
        "TLS Web Server Authentication, TLS Web Client Authentication",
        "DNS:*.b.example, DNS:a.example, email:me@example.com, IP Address:10.0.0.1, \
         IP Address:2001:DB8:0:0:0:0:0:1, URI:spiffe://example/a",
        "1.3.6.1.4.1.37476.9000.64.1",
        "Signature Algorithm: ecdsa-with-SHA256",
    ] {
        assert!(text.contains(line), "{line}\n  is not in\n{text}");
    }
    assert!(!text.contains("Basic Constraints") && !text.contains("CA:TRUE"), "{text}");
    // openssl prints whole octets, so one serial number in sixteen begins with a zero there.
    let serial = openssl.run("x509 -in issued.crt -noout -serial").trim().replace("serial=", "0x").to_lowercase();
    assert_eq!(serial.parse().as_ref(), Ok(answer.certificate().serial_number()));
}

#[test]
fn chains_of_every_issuing_key_verify_strictly_and_not_with_another_root() {
    let Some(openssl) = OpenSsl::find() else { return };
    let foreign = TestCa::start();
    for spec in [KeySpec::EcP256, KeySpec::EcP384, KeySpec::EcP521, KeySpec::Ed25519, KeySpec::Rsa { bits: 2048 }] {
        let ca = TestCa::build()
            .issuer_key(spec)
            .configure(|ca_json| ca_json["tls"] = json!({"minVersion": 1.2, "maxVersion": 1.3}))
            .start();
        let leaves: Vec<Certificate> =
            [KeySpec::EcP256, KeySpec::EcP521, KeySpec::Ed25519, KeySpec::Rsa { bits: 2048 }]
                .into_iter()
                .map(|leaf| {
                    let csr = Csr::with_key(PrivateKey::generate(leaf).unwrap(), "host", &["host"]);
                    send(&ca, &csr.pem).expect(201).certificate()
                })
                .collect();
        let intermediate = [ca.pki().intermediate.clone()];
        openssl.verify(&ca.pki().root, &intermediate, &leaves).unwrap_or_else(|error| panic!("{spec:?}: {error}"));
        openssl.verify(&foreign.pki().root, &intermediate, &leaves).unwrap_err();
        openssl.verify(&ca.pki().root, &[], &leaves).unwrap_err();
        // A leaf is no issuer, not even of itself.
        openssl.verify(&leaves[0], &intermediate, &leaves[..1]).unwrap_err();
    }
}
