//! Which keys are certified, and how a request proves to have one.

use authority::{
    KeyUsage,
    keys::{KeySpec, PrivateKey},
};
use step_tests::{Answer, Csr, OpenSsl, TestCa, body_of_2026};

fn send(ca: &TestCa, csr: &str) -> Answer {
    ca.client().post("/sign", &body_of_2026(csr, &ca.token("host").sign(), "", ""))
}

fn key(spec: KeySpec) -> PrivateKey {
    PrivateKey::generate(spec).unwrap()
}

#[test]
fn every_kind_of_key_is_certified_with_the_usages_it_can_have() {
    let ca = TestCa::shared();
    for (spec, usage) in [
        (KeySpec::EcP256, KeyUsage::DIGITAL_SIGNATURE),
        (KeySpec::EcP384, KeyUsage::DIGITAL_SIGNATURE),
        (KeySpec::EcP521, KeyUsage::DIGITAL_SIGNATURE),
        (KeySpec::Ed25519, KeyUsage::DIGITAL_SIGNATURE),
        (KeySpec::Rsa { bits: 2048 }, KeyUsage::DIGITAL_SIGNATURE | KeyUsage::KEY_ENCIPHERMENT),
    ] {
        let csr = Csr::with_key(key(spec), "host", &["host"]);
        let certificate = send(&ca, &csr.pem).expect(201).certificate();
        assert_eq!(certificate.key_usage(), Some(usage), "{spec:?}");
    }
}

#[test]
fn every_kind_of_issuing_key_signs() {
    for spec in [KeySpec::EcP384, KeySpec::Ed25519, KeySpec::Rsa { bits: 2048 }] {
        let ca = TestCa::build()
            .issuer_key(spec)
            // TLS 1.2 names the kind of key in its suites, and the listener's own key is EC whatever the issuer's is.
            .configure(|ca_json| ca_json["tls"] = serde_json::json!({"minVersion": 1.2, "maxVersion": 1.3}))
            .start();
        ca.issue("host");
    }
}

#[test]
fn keys_of_the_authority_itself_are_not_certified() {
    let ca = TestCa::shared();
    let own = |key: &PrivateKey| PrivateKey::from_pem(&key.to_pem().unwrap(), None).unwrap();
    let provisioner = ca.provisioner_key().to_private_json().unwrap();
    let provisioner: serde_json::Value = serde_json::from_str(&provisioner).unwrap();
    for (whose, key) in [
        ("the intermediate's", own(&ca.pki().intermediate_key)),
        ("the root's", own(&ca.pki().root_key)),
        ("the provisioner's", ec_key(&provisioner)),
    ] {
        let answer = send(&ca, &Csr::with_key(key, "host", &["host"]).pem);
        assert_eq!(answer.status, 403, "{whose}: {}", answer.text());
    }
}

/// The P-256 key of a private JWK, as RFC 5915 writes it.
fn ec_key(jwk: &serde_json::Value) -> PrivateKey {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    let octets = |member: &str| URL_SAFE_NO_PAD.decode(jwk[member].as_str().unwrap()).unwrap();
    let mut der = vec![0x30, 0x77, 2, 1, 1, 4, 32];
    der.extend(octets("d"));
    der.extend([0xa0, 10, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7, 0xa1, 0x44, 3, 0x42, 0, 4]);
    der.extend(octets("x"));
    der.extend(octets("y"));
    PrivateKey::from_pem(&authority::pem::encode("EC PRIVATE KEY", &der), None).unwrap()
}

#[test]
fn a_request_is_one_pem_block_and_nothing_else() {
    let ca = TestCa::shared();
    let csr = Csr::of("host").pem;
    for good in [csr.clone(), format!("\n \t{csr}\r\n "), csr.replace("CERTIFICATE", "NEW CERTIFICATE")] {
        assert_eq!(send(&ca, &good).status, 201, "{good}");
    }
    for (what, bad) in [
        ("text before", format!("a {csr}")),
        ("text after", format!("{csr}a")),
        ("two", format!("{csr}{csr}")),
        ("a certificate's label", csr.replace("CERTIFICATE REQUEST", "CERTIFICATE")),
        ("no end", csr.replace("-----END", "-----ENT")),
        ("DER", "\u{30}\u{0}".to_owned()),
        ("half", csr[..csr.len() / 2].to_owned()),
    ] {
        let answer = send(&ca, &bad);
        assert_eq!(answer.status, 400, "{what}: {}", answer.text());
    }
    let der = Csr::of("host").request.der().to_vec();
    let longer = authority::pem::encode("CERTIFICATE REQUEST", &[&der[..], &[0]].concat());
    assert_eq!(send(&ca, &longer).status, 400, "octets after the request");
}

#[test]
fn a_request_of_more_than_64_kib_is_not_read() {
    let ca = TestCa::shared();
    let filler = authority::pem::encode("CERTIFICATE REQUEST", &vec![0x30; 64 * 1024 + 1]);
    let answer = send(&ca, &filler).expect(400);
    assert!(answer.message().contains("larger than 65536 octets"), "{}", answer.message());
}

#[test]
fn weak_keys_and_weak_signatures_are_refused() {
    let ca = TestCa::shared();
    let Some(openssl) = OpenSsl::find() else { return };
    for (what, genpkey, req) in [
        ("RSA of 1024 bits", "-algorithm RSA -pkeyopt rsa_keygen_bits:1024", ""),
        ("RSA of 2047 bits", "-algorithm RSA -pkeyopt rsa_keygen_bits:2047", ""),
        ("an exponent of 3", "-algorithm RSA -pkeyopt rsa_keygen_bits:2048 -pkeyopt rsa_keygen_pubexp:3", ""),
        ("P-224", "-algorithm EC -pkeyopt ec_paramgen_curve:P-224", ""),
        ("secp256k1", "-algorithm EC -pkeyopt ec_paramgen_curve:secp256k1", ""),
        ("Brainpool", "-algorithm EC -pkeyopt ec_paramgen_curve:brainpoolP256r1", ""),
        ("an explicit curve", "-algorithm EC -pkeyopt ec_paramgen_curve:P-256 -pkeyopt ec_param_enc:explicit", ""),
        ("Ed448", "-algorithm ED448", ""),
        ("SHA-1", "-algorithm EC -pkeyopt ec_paramgen_curve:P-256", "-sha1"),
        ("MD5", "-algorithm RSA -pkeyopt rsa_keygen_bits:2048", "-md5"),
    ] {
        let answer = send(&ca, &openssl.request(genpkey, req));
        assert_eq!(answer.status, 400, "{what}: {}", answer.text());
    }
}

#[test]
fn a_request_that_was_changed_proves_nothing() {
    let ca = TestCa::shared();
    let der = Csr::of("host").request.der().to_vec();
    let name = der.windows(4).position(|octets| octets == b"host").unwrap();
    let mut other = der.clone();
    other[name..name + 4].copy_from_slice(b"jost");
    let mut flipped = der.clone();
    *flipped.last_mut().unwrap() ^= 1;
    for changed in [other, flipped] {
        let answer = send(&ca, &authority::pem::encode("CERTIFICATE REQUEST", &changed));
        assert_eq!(answer.status, 400, "{}", answer.text());
    }
}
