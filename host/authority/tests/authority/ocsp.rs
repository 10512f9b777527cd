//! Questions of `openssl ocsp`, and what it makes of the answers.

use proptest::prelude::*;
use step_authority::keys::KeySpec;
use step_authority::ocsp::{Answer, Failure, MAX_CERTIFICATES, Request, RequestError, Response, SingleAnswer, Status};
use step_authority::{Certificate, Profile, RevocationReason, Timestamp};

use crate::harness::TestCa;
use crate::openssl::OpenSsl;

/// Asks about `leaves` as `openssl ocsp` does.
fn ask(openssl: &OpenSsl, ca: &TestCa, leaves: &[&Certificate], hash: &str, options: &[&str]) -> Vec<u8> {
    openssl.write("issuer.crt", &ca.authority.issuer().certificate().pem());
    openssl.write("root.crt", &ca.root.pem());
    let mut arguments = vec!["ocsp", "-issuer", "issuer.crt", "-reqout", "request.der"];
    arguments.extend(options);
    let files: Vec<_> = (0..leaves.len()).map(|n| format!("leaf-{n}.crt")).collect();
    for (file, leaf) in files.iter().zip(leaves) {
        openssl.write(file, &leaf.pem());
        // The hash counts for the certificate named after it.
        arguments.extend([hash, "-cert", file]);
    }
    openssl.run(&arguments).unwrap();
    std::fs::read(openssl.path("request.der")).unwrap()
}

/// Answers each certificate with a status in turn.
fn answer(ca: &TestCa, request: &Request, statuses: &[Status]) -> Response {
    let certificates: Vec<_> = request
        .certificates()
        .iter()
        .zip(statuses)
        .map(|(certificate, status)| SingleAnswer { certificate, status: *status })
        .collect();
    // OpenSSL judges by its own clock.
    let now = now();
    let next_update = Timestamp::from_unix(now.as_unix() + 3600);
    let answer = Answer { request, certificates: &certificates, this_update: now, next_update };
    ca.authority.issuer().answer(&answer).unwrap()
}

#[allow(clippy::disallowed_methods, reason = "a stranger's program has a clock")]
fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    Timestamp::from_unix(since.as_secs() as i64)
}

#[test]
fn openssl_reads_every_status() {
    let Some(openssl) = OpenSsl::find() else { return };
    for key in [KeySpec::EcP256, KeySpec::EcP384, KeySpec::Ed25519] {
        let ca = TestCa::with(key, Profile::default());
        let leaves = [ca.issue("a"), ca.issue("b"), ca.issue("c")];
        for hash in ["-sha1", "-sha256"] {
            let request = ask(&openssl, &ca, &leaves.each_ref(), hash, &[]);
            let request = Request::from_der(&request).unwrap();
            assert_eq!(request.certificates().len(), 3);
            for (id, leaf) in request.certificates().iter().zip(&leaves) {
                assert_eq!(id.serial_number(), Some(*leaf.serial_number()));
                assert!(id.is_issued_by(ca.authority.issuer()), "{hash}");
                assert!(!id.is_issued_by(TestCa::new().authority.issuer()), "{hash}");
            }
            let revoked = Status::Revoked { at: now(), reason: RevocationReason::KeyCompromise };
            let response = answer(&ca, &request, &[Status::Good, revoked, Status::Unknown]);
            std::fs::write(openssl.path("response.der"), response.der()).unwrap();
            let text = openssl
                .run(&[
                    "ocsp",
                    "-respin",
                    "response.der",
                    "-issuer",
                    "issuer.crt",
                    hash,
                    "-cert",
                    "leaf-0.crt",
                    hash,
                    "-cert",
                    "leaf-1.crt",
                    hash,
                    "-cert",
                    "leaf-2.crt",
                    "-CAfile",
                    "root.crt",
                    "-verify_other",
                    "issuer.crt",
                    "-no_nonce",
                    "-partial_chain",
                ])
                .unwrap();
            for part in ["leaf-0.crt: good", "leaf-1.crt: revoked", "Reason: keyCompromise", "leaf-2.crt: unknown"] {
                assert!(text.contains(part), "{part}: {text}");
            }
        }
    }
}

#[test]
fn a_nonce_comes_back() {
    let Some(openssl) = OpenSsl::find() else { return };
    let ca = TestCa::new();
    let leaf = ca.issue("a");
    let with = Request::from_der(&ask(&openssl, &ca, &[&leaf], "-sha1", &["-nonce"])).unwrap();
    assert!(with.has_nonce());
    std::fs::write(openssl.path("response.der"), answer(&ca, &with, &[Status::Good]).der()).unwrap();
    // `-no_nonce` keeps it from putting a second one into the request; the first is compared.
    let verdict = openssl.run(&[
        "ocsp",
        "-reqin",
        "request.der",
        "-no_nonce",
        "-respin",
        "response.der",
        "-issuer",
        "issuer.crt",
        "-CAfile",
        "root.crt",
        "-verify_other",
        "issuer.crt",
        "-partial_chain",
        "-text",
    ]);
    assert!(verdict.is_ok_and(|text| text.matches("OCSP Nonce").count() == 2));
    let other = Request::from_der(&ask(&openssl, &ca, &[&leaf], "-sha1", &["-nonce"])).unwrap();
    assert_ne!(answer(&ca, &other, &[Status::Good]), answer(&ca, &with, &[Status::Good]));
    let without = Request::from_der(&ask(&openssl, &ca, &[&leaf], "-sha1", &["-no_nonce"])).unwrap();
    assert!(!without.has_nonce());
}

#[test]
fn more_certificates_than_the_limit_are_refused() {
    let Some(openssl) = OpenSsl::find() else { return };
    let ca = TestCa::new();
    let leaves: Vec<_> = (0..=MAX_CERTIFICATES).map(|n| ca.issue(&format!("host{n}"))).collect();
    let most: Vec<_> = leaves.iter().take(MAX_CERTIFICATES).collect();
    assert!(Request::from_der(&ask(&openssl, &ca, &most, "-sha1", &[])).is_ok());
    let all: Vec<_> = leaves.iter().collect();
    assert_eq!(Request::from_der(&ask(&openssl, &ca, &all, "-sha1", &[])), Err(RequestError::TooMany));
}

#[test]
fn a_request_is_cut_or_changed_without_a_panic() {
    let Some(openssl) = OpenSsl::find() else { return };
    let ca = TestCa::new();
    let request = ask(&openssl, &ca, &[&ca.issue("a")], "-sha1", &["-nonce"]);
    for position in 0..request.len() {
        assert!(Request::from_der(&request[..position]).is_err());
        for bit in 0..8 {
            let mut changed = request.clone();
            changed[position] ^= 1 << bit;
            let _ = Request::from_der(&changed);
        }
    }
}

#[test]
fn a_failure_is_a_number() {
    for (failure, der) in [
        (Failure::MalformedRequest, [0x30, 3, 0x0a, 1, 1]),
        (Failure::InternalError, [0x30, 3, 0x0a, 1, 2]),
        (Failure::TryLater, [0x30, 3, 0x0a, 1, 3]),
    ] {
        assert_eq!(Response::failure(failure).der(), der);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn no_octets_make_the_reader_panic(octets in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = Request::from_der(&octets);
    }
}
