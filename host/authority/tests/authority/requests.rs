//! Certification requests made by OpenSSL: the ones we take, the ones we refuse.

use step_authority::{
    CertificationRequest, Curve, KeyError, KeyKind, RequestError, RequestLimits, SignatureError, SubjectAltNames,
};

use crate::harness::{key, names, request};
use crate::openssl::OpenSsl;
use step_authority::keys::KeySpec;

const P256: &[&str] = &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"];
const P384: &[&str] = &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"];
const P521: &[&str] = &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521"];
const RSA: &[&str] = &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"];
const ED25519: &[&str] = &["-algorithm", "ED25519"];

#[test]
fn requests_of_every_key_and_signature_algorithm_are_taken() {
    let Some(openssl) = OpenSsl::find() else { return };
    let pss = |salt| ["-sigopt", "rsa_padding_mode:pss", "-sigopt", salt];
    let pss_32 = [&["-sha256"][..], &pss("rsa_pss_saltlen:32")].concat();
    let pss_64 = [&["-sha512"][..], &pss("rsa_pss_saltlen:64")].concat();
    for (genpkey, req, kind) in [
        (P256, &["-sha256"][..], KeyKind::Ec(Curve::P256)),
        (P256, &["-sha384"], KeyKind::Ec(Curve::P256)),
        (P256, &["-sha512"], KeyKind::Ec(Curve::P256)),
        (P384, &["-sha256"], KeyKind::Ec(Curve::P384)),
        (P384, &["-sha384"], KeyKind::Ec(Curve::P384)),
        (P521, &["-sha512"], KeyKind::Ec(Curve::P521)),
        (ED25519, &[], KeyKind::Ed25519),
        (RSA, &["-sha256"], KeyKind::Rsa { bits: 2048 }),
        (RSA, &["-sha384"], KeyKind::Rsa { bits: 2048 }),
        (RSA, &pss_32, KeyKind::Rsa { bits: 2048 }),
        (RSA, &pss_64, KeyKind::Rsa { bits: 2048 }),
    ] {
        let pem = openssl.request(genpkey, req);
        let request =
            CertificationRequest::from_pem(&pem).unwrap_or_else(|error| panic!("{genpkey:?} {req:?}: {error}"));
        assert_eq!(request.public_key().kind(), kind);
        assert_eq!(request.common_name(), Some("host"));
        assert_eq!(request.subject_alt_names(), &names(&["host"]));
        assert_eq!(CertificationRequest::from_der(request.der()).unwrap().sha256(), request.sha256());
    }
}

type IsExpected = fn(&KeyError) -> bool;

#[test]
fn keys_nobody_should_have_are_refused() {
    let Some(openssl) = OpenSsl::find() else { return };
    let curve = |name| ["-algorithm", "EC", "-pkeyopt", name];
    let explicit = [P256, &["-pkeyopt", "ec_param_enc:explicit"]].concat();
    let cube = [RSA, &["-pkeyopt", "rsa_keygen_pubexp:3"]].concat();
    let cases: [(&[&str], IsExpected); 9] = [
        (&curve("ec_paramgen_curve:secp256k1"), |error| matches!(error, KeyError::Unsupported { .. })),
        (&curve("ec_paramgen_curve:P-224"), |error| matches!(error, KeyError::Unsupported { .. })),
        (&curve("ec_paramgen_curve:brainpoolP256r1"), |error| matches!(error, KeyError::Unsupported { .. })),
        (&explicit, |error| *error == KeyError::ExplicitCurve),
        (&["-algorithm", "ED448"], |error| matches!(error, KeyError::Unsupported { .. })),
        (&["-algorithm", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048"], |error| {
            matches!(error, KeyError::Unsupported { .. })
        }),
        (&["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"], |error| {
            *error == KeyError::RsaSize { bits: 1024 }
        }),
        (&["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2050"], |error| {
            *error == KeyError::RsaSize { bits: 2050 }
        }),
        (&cube, |error| *error == KeyError::RsaExponent),
    ];
    for (genpkey, expected) in cases {
        match CertificationRequest::from_pem(&openssl.request(genpkey, &[])) {
            Err(RequestError::Key(error)) if expected(&error) => {}
            other => panic!("{genpkey:?}: {other:?}"),
        }
    }
}

#[test]
fn a_compressed_point_is_refused() {
    let Some(openssl) = OpenSsl::find() else { return };
    openssl.run(&[&["genpkey", "-out", "key.pem"], P256].concat()).unwrap();
    openssl.run(&["ec", "-in", "key.pem", "-conv_form", "compressed", "-out", "compressed.pem"]).unwrap();
    let refused = CertificationRequest::from_pem(&openssl.request_with("compressed.pem", &[])).unwrap_err();
    assert_eq!(refused, RequestError::Key(KeyError::PointForm));
}

#[test]
fn signatures_with_broken_hashes_are_refused() {
    let Some(openssl) = OpenSsl::find() else { return };
    for (genpkey, hash) in [(P256, "-sha1"), (RSA, "-sha1"), (RSA, "-md5"), (RSA, "-sha224")] {
        let refused = CertificationRequest::from_pem(&openssl.request(genpkey, &[hash])).unwrap_err();
        let is_expected = matches!(refused, RequestError::Signature(SignatureError::Algorithm { .. }));
        assert!(is_expected, "{genpkey:?} {hash}: {refused}");
    }
}

#[test]
fn names_of_every_kind_are_read_and_others_refuse_the_request() {
    let Some(openssl) = OpenSsl::find() else { return };
    openssl.run(&[&["genpkey", "-out", "key.pem"], P256].concat()).unwrap();
    let request = |names: &str| {
        let names = format!("subjectAltName={names}");
        let pem = openssl.run(&["req", "-new", "-key", "key.pem", "-subj", "/CN=host", "-addext", &names]).unwrap();
        CertificationRequest::from_pem(&pem)
    };
    let all =
        request("DNS:Host.Example,IP:10.0.0.1,IP:2001:db8::1,email:u@example.com,URI:spiffe://a/b,DNS:u@b").unwrap();
    let expected = SubjectAltNames::from_parts(
        &["host.example"],
        &["10.0.0.1", "2001:db8::1"],
        &["u@b", "u@example.com"],
        &["spiffe://a/b"],
    );
    assert_eq!(all.subject_alt_names(), &expected.unwrap());
    for refused in ["RID:1.2.3.4", "otherName:1.2.3.4;UTF8:x", "DNS:a_b", "DNS:*", "DNS:10.0.0.1", "URI:/x", "email:x"]
    {
        assert!(matches!(request(refused), Err(RequestError::SubjectAltName(_))), "{refused}");
    }
}

#[test]
fn extensions_asked_for_are_seen_but_not_the_names_twice() {
    let Some(openssl) = OpenSsl::find() else { return };
    let pem =
        openssl.request(P256, &["-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=keyCertSign"]);
    let request = CertificationRequest::from_pem(&pem).unwrap();
    let oids: Vec<String> = request.extensions().iter().map(|extension| extension.oid.to_string()).collect();
    assert_eq!(oids, ["2.5.29.19", "2.5.29.15"]);
}

#[test]
fn subjects_that_are_not_fit_for_a_certificate_are_refused() {
    let Some(openssl) = OpenSsl::find() else { return };
    openssl.run(&[&["genpkey", "-out", "key.pem"], P256].concat()).unwrap();
    let request = |subject: &str| {
        let pem =
            openssl.run(&["req", "-new", "-utf8", "-key", "key.pem", "-nameopt", "utf8", "-subj", subject]).unwrap();
        CertificationRequest::from_pem(&pem)
    };
    assert!(request("/O=Müller/OU=a/OU=b/CN=host").is_ok());
    assert_eq!(request("/O=only").unwrap().common_name(), None);
    for subject in ["/CN=a/CN=b", "/CN=a\u{202e}b", "/O=a\u{1}b/CN=a"] {
        assert!(matches!(request(subject), Err(RequestError::Subject(_))), "{subject}");
    }
}

#[test]
fn only_one_clean_pem_block_is_a_request() {
    let pem = request("host", &["host"]).pem();
    let old = pem.replace("CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST");
    let crlf = pem.replace('\n', "\r\n");
    for text in [pem.clone(), format!("\n \t{pem}\n\n"), old, crlf, pem.trim_end().to_owned()] {
        assert!(CertificationRequest::from_pem(&text).is_ok(), "{text:?}");
    }
    let with_header = pem.replacen("REQUEST-----\n", "REQUEST-----\nA: b\n\n", 1);
    for (text, expected) in [
        (format!("x{pem}"), "surrounding"),
        (format!("x\n{pem}"), "surrounding"),
        (format!("{pem}x"), "surrounding"),
        (format!("{pem}\0"), "surrounding"),
        (with_header, "surrounding"),
        (format!("{pem}{pem}"), "several"),
        (pem.replace("CERTIFICATE REQUEST", "CERTIFICATE"), "label"),
        (String::new(), "pem"),
        ("x".repeat(64 * 1024 + 1), "large"),
    ] {
        let refused = CertificationRequest::from_pem(&text).unwrap_err();
        let is_expected = match expected {
            "surrounding" => matches!(refused, RequestError::SurroundingText | RequestError::Pem(_)),
            "several" => refused == RequestError::SeveralBlocks,
            "label" => matches!(refused, RequestError::Label { .. }),
            "pem" => matches!(refused, RequestError::Pem(_)),
            _ => refused == RequestError::TooLarge,
        };
        assert!(is_expected, "{refused:?}");
    }
}

#[test]
fn der_with_an_octet_more_or_less_is_no_request() {
    let request = request("host", &["host"]);
    let der = request.der();
    for malformed in [&[der, &[0]].concat()[..], &der[..der.len() - 1], &[], &[0x30, 0x80, 0, 0]] {
        assert_eq!(CertificationRequest::from_der(malformed).unwrap_err(), RequestError::Malformed);
    }
}

#[test]
fn a_request_of_another_library_is_taken() {
    let key = rcgen::KeyPair::generate().unwrap();
    let mut parameters = rcgen::CertificateParams::new(["host".to_owned(), "10.0.0.1".to_owned()]).unwrap();
    parameters.distinguished_name.push(rcgen::DnType::CommonName, "host");
    let der = parameters.serialize_request(&key).unwrap();
    let request = CertificationRequest::from_der(der.der()).unwrap();
    assert_eq!(request.common_name(), Some("host"));
    assert_eq!(request.subject_alt_names(), &names(&["host", "10.0.0.1"]));
}

#[test]
fn names_beyond_the_limit_are_refused_at_the_edge() {
    let names = |count: usize| -> Vec<String> { (0..count).map(|index| format!("h{index}")).collect() };
    let csr = |count| {
        let names = SubjectAltNames::classify(&names(count)).unwrap();
        step_authority::pki::create_csr(&key(KeySpec::EcP256), "h0", &names)
    };
    assert!(csr(100).is_ok());
    assert!(csr(101).is_err());
    let limits = RequestLimits { subject_alt_names: 99 };
    assert!(CertificationRequest::from_der_within(csr(99).unwrap().der(), limits).is_ok());
    let refused = CertificationRequest::from_der_within(csr(100).unwrap().der(), limits).unwrap_err();
    assert_eq!(refused.to_string(), "there are more than 99 subject alternative names");
}
