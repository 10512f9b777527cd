//! `ca certificate` and `ca sign`.

use std::os::unix::fs::PermissionsExt;

use authority::{
    KeyKind, PublicKey,
    keys::{KeySpec, PrivateKey},
};
use step_tests::{Csr, OpenSsl, PROVISIONER_PASSWORD};

use crate::visitor::Visitor;

#[test]
fn a_certificate_and_its_key_in_one_command() {
    let visitor = Visitor::new();
    let outcome = visitor.step("ca certificate localhost {}/a.crt {}/a.key --provisioner-password-file {}/password");
    let url = visitor.ca.url();
    assert!(
        outcome.talk.ends_with(&format!(
            "\u{2714} CA: {url}\n\u{2714} Certificate: {{}}/a.crt\n\u{2714} Private Key: {{}}/a.key\n"
        )),
        "{}",
        outcome.talk
    );
    outcome.answer();
    let chain = visitor.chain("a.crt");
    let key = PrivateKey::from_pem(&visitor.user.read("a.key"), None).unwrap();
    assert_eq!(chain[0].public_key().spki_der(), key.spki_der());
    assert!(visitor.user.read("a.key").starts_with("-----BEGIN EC PRIVATE KEY-----"));
    for file in ["a.crt", "a.key"] {
        assert_eq!(visitor.user.path(file).metadata().unwrap().permissions().mode() & 0o777, 0o600, "{file}");
    }
    let Some(openssl) = OpenSsl::find() else { return };
    openssl.verify(&visitor.ca.pki().root, &chain[1..], &chain[..1]).unwrap();
}

#[test]
fn a_token_is_enough_for_somebody_who_never_heard_of_the_ca() {
    let maker = Visitor::new();
    let token = maker.step("ca token a.example --password-file {}/password").answer();
    let visitor = Visitor::stranger();
    visitor.step(&format!("ca certificate a.example {{}}/a.crt {{}}/a.key --token {}", token.trim_end())).answer();
    visitor.chain("a.crt");
    let error =
        visitor.step(&format!("ca certificate a.example {{}}/b.crt {{}}/b.key --token {}", token.trim_end())).error();
    assert!(error.contains("lacked the necessary authorization"), "{error}");
    assert!(!error.contains(token.trim_end()), "a token is a secret: {error}");
    assert!(!visitor.user.path("b.key").exists() && !visitor.user.path("b.crt").exists());

    let token = maker.step("ca token a.example --password-file {}/password").answer();
    let line = format!("ca certificate b.example {{}}/b.crt {{}}/b.key --token {}", token.trim_end());
    let error = visitor.step(&line).error();
    assert_eq!(error, "token subject 'a.example' and hostname 'b.example' do not match\n");
}

#[test]
fn names_kinds_of_key_and_times_are_asked_for_by_flag() {
    let visitor = Visitor::new();
    let password = "--provisioner-password-file {}/password --force";
    for (flags, kind) in [
        ("", KeyKind::Ec(authority::Curve::P256)),
        ("--kty EC --curve P-384", KeyKind::Ec(authority::Curve::P384)),
        ("--kty EC --crv P-521", KeyKind::Ec(authority::Curve::P521)),
        ("--kty OKP", KeyKind::Ed25519),
        ("--kty RSA", KeyKind::Rsa { bits: 2048 }),
    ] {
        visitor.step(&format!("ca certificate a.example {{}}/a.crt {{}}/a.key {flags} {password}")).answer();
        let key = PublicKey::try_from(visitor.chain("a.crt")[0].public_key().clone()).unwrap();
        assert_eq!(key.kind(), kind, "{flags}");
    }
    let sans = "--san b.example --san 10.0.0.7 --san me@example.com --san spiffe://example/x";
    visitor.step(&format!("ca certificate a.example {{}}/a.crt {{}}/a.key {sans} {password}")).answer();
    let names: Vec<_> = visitor.chain("a.crt")[0].subject_alt_names().unwrap().iter().collect();
    assert_eq!(names, ["b.example", "me@example.com", "10.0.0.7", "spiffe://example/x"]);

    visitor.step(&format!("ca certificate a.example {{}}/a.crt {{}}/a.key --not-after 1h {password}")).answer();
    let length = visitor.chain("a.crt")[0].validity().duration().unwrap().as_secs();
    assert!((3_600..=3_665).contains(&length), "{length}");
    let line = format!("ca certificate a.example {{}}/b.crt {{}}/b.key --not-after 1000h {password}");
    let error = visitor.step(&line).error();
    assert!(error.contains("is more than the authorized maximum certificate duration"), "{error}");
    let line = format!("ca certificate a_b {{}}/b.crt {{}}/b.key {password}");
    assert!(visitor.step(&line).error().contains("a_b"));
    assert!(!visitor.user.path("b.key").exists());
}

#[test]
fn unicode_becomes_a_labels_before_the_ca_is_asked() {
    let visitor = Visitor::new();
    let line = "ca certificate b\u{fc}cher.example {}/a.crt {}/a.key --provisioner-password-file {}/password";
    visitor.step(line).answer();
    let names: Vec<_> = visitor.chain("a.crt")[0].subject_alt_names().unwrap().iter().collect();
    assert_eq!(names, ["xn--bcher-kva.example"]);
}

#[test]
fn what_is_there_is_overwritten_when_somebody_says_so() {
    let visitor = Visitor::new();
    visitor.user.write("a.key", "precious");
    let line = "ca certificate a.example {}/a.crt {}/a.key";
    let error = visitor.step_and_answer(line, &["n"]).error();
    assert!(error.contains("file exists"), "{error}");
    assert_eq!(visitor.user.read("a.key"), "precious");
    visitor.step_and_answer(line, &["y", PROVISIONER_PASSWORD]).answer();
    assert_ne!(visitor.user.read("a.key"), "precious");
    visitor.chain("a.crt");
}

#[test]
fn a_request_made_elsewhere_is_signed() {
    let visitor = Visitor::new();
    let csr = Csr::with_key(PrivateKey::generate(KeySpec::EcP384).unwrap(), "a.example", &["a.example"]);
    visitor.user.write("a.csr", &csr.pem);
    visitor.step("ca sign {}/a.csr {}/a.crt --provisioner-password-file {}/password").answer();
    assert_eq!(visitor.chain("a.crt")[0].public_key().spki_der(), csr.key.spki_der());
    visitor.user.write("no.csr", visitor.ca.pki().root.pem());
    let error = visitor.step("ca sign {}/no.csr {}/b.crt --provisioner-password-file {}/password").error();
    assert!(error.contains("error parsing {}/no.csr"), "{error}");
}

#[test]
fn without_an_address_nothing_can_be_asked() {
    let visitor = Visitor::stranger();
    let error = visitor.step("ca certificate a.example {}/a.crt {}/a.key").error();
    assert_eq!(error, "flag '--ca-url' is required unless the '--token' flag is provided\n");
}
