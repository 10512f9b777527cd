//! Renewal where a proxy ends TLS: the certificate is in a token, and its key has signed that.

use std::thread;

use authority::keys::KeySpec;
use jose::Jwk;
use reqwest::Method;
use serde_json::json;
use step_ca::audit::Outcome;
use step_tests::{Answer, Client, Csr, Leaf, PROVISIONER, Second, TestCa, Token, encode_chain, twin};

use crate::revoke::revoke;

pub(crate) fn renew_with(client: &Client, token: &str) -> Answer {
    client.send(client.request(Method::POST, "/renew").bearer_auth(token))
}

pub(crate) fn renew(ca: &TestCa, token: &Token) -> Answer {
    renew_with(ca.client(), &token.sign())
}

/// Refused with one text for everybody, and nothing is issued.
#[track_caller]
pub(crate) fn refused(ca: &TestCa, what: &str, token: &str) {
    let before = ca.records().certificates.len();
    let answer = renew_with(ca.client(), token);
    assert_eq!(answer.status, 401, "{what}: {}", answer.text());
    assert_eq!(answer.message(), "The request lacked the necessary authorization; the log of the CA says why.");
    assert_eq!(ca.records().certificates.len(), before, "{what}");
}

#[test]
fn a_certificate_renews_itself_with_a_token_it_signs() {
    let ca = TestCa::start();
    let leaf = ca.issue("web.example.com");
    let answer = renew(&ca, &Token::of_certificate(&leaf, ca.now())).expect(201);
    let (old, new) = (leaf.certificate(), answer.certificate());
    assert_ne!(old.serial_number(), new.serial_number());
    assert_eq!(new.extensions(), old.extensions());
    assert_eq!(new.public_key().spki_der(), old.public_key().spki_der());
    assert_eq!(answer.chain(), [new, ca.pki().intermediate.clone()]);
    let records = ca.records();
    let last = records.certificates.last().unwrap();
    assert_eq!((last.operation.as_str(), last.provisioner.as_str(), last.renewals), ("renew", PROVISIONER, 1));
    // The audit log names the token, as it does for a first certificate.
    assert!(records.with(Outcome::Issued).last().unwrap().credential.is_some());
}

#[test]
fn every_spelling_that_clients_have_is_understood() {
    let ca = TestCa::start();
    let leaf = ca.issue("web.example.com");
    let token = || Token::of_certificate(&leaf, ca.now());
    let alone = encode_chain(&leaf.chain[..1]);
    let mut up_to_the_root = leaf.chain.clone();
    up_to_the_root.push(ca.pki().root.clone());
    for token in [
        token().claim("aud", "https://ca.example.com:8443/renew"),
        token().claim("aud", json!(["https://other/renew", "https://127.0.0.1/1.0/renew"])),
        token().claim("iss", PROVISIONER),
        token().without("nbf"),
        token().without("jti"),
        token().header("x5cInsecure", alone.clone()),
        token().header("x5cInsecure", encode_chain(&up_to_the_root)),
        token().without_header("x5cInsecure").header("x5c", encode_chain(&leaf.chain)),
    ] {
        let _ = renew(&ca, &token).expect(201);
    }
    let request = ca.client().request(Method::POST, "/1.0/renew");
    let _ = ca.client().send(request.header("authorization", format!("bearer  {}", token().sign()))).expect(201);
}

#[test]
fn every_kind_of_key_signs_for_its_own_certificate() {
    let ca = TestCa::start();
    // The command knows how to write each of them as a JWK.
    for kind in [KeySpec::EcP256, KeySpec::EcP384, KeySpec::Ed25519, KeySpec::Rsa { bits: 2048 }] {
        let key = authority::keys::PrivateKey::generate(kind).unwrap();
        let csr = Csr::with_key(key, "web.example.com", &["web.example.com"]);
        let answer = ca.sign(&csr, &ca.token("web.example.com").sign()).expect(201);
        let user = step_tests::User::new();
        user.write("a.crt", answer.chain().iter().map(|it| it.pem()).collect::<String>());
        user.write("a.key", csr.key.to_pem().unwrap().as_bytes());
        user.write("root.crt", ca.pki().root.pem());
        let url = ca.url();
        let line = format!("ca renew {{}}/a.crt {{}}/a.key --mtls=false --force --ca-url {url} --root {{}}/root.crt");
        user.step(&line).answer();
        let renewed = authority::Certificate::from_pem(&user.read("a.crt")).unwrap();
        assert_ne!(renewed.serial_number(), answer.certificate().serial_number(), "{kind:?}");
        ca.witness(renewed);
    }
}

#[test]
fn a_token_renews_once() {
    let ca = TestCa::start();
    let leaf = ca.issue("web.example.com");
    let token = Token::of_certificate(&leaf, ca.now()).sign();
    let statuses = thread::scope(|scope| {
        let clients: Vec<_> = (0..8).map(|_| scope.spawn(|| renew_with(&ca.another_client(), &token).status)).collect();
        clients.into_iter().map(|client| client.join().unwrap()).collect::<Vec<_>>()
    });
    assert_eq!(statuses.iter().filter(|&&status| status == 201).count(), 1, "{statuses:?}");
    refused(&ca, "again", &token);
    refused(&ca, "the twin of its signature", &twin(&token));
    // Without an identifier what was signed is what is spent.
    let anonymous = Token::of_certificate(&leaf, ca.now()).without("jti").sign();
    let _ = renew_with(ca.client(), &anonymous).expect(201);
    refused(&ca, "again without jti", &twin(&anonymous));
    // Identifiers belong to whoever signs: another certificate may use the same.
    let other = ca.issue("other.example.com");
    let same = |leaf: &Leaf| Token::of_certificate(leaf, ca.now()).claim("jti", "the same");
    let _ = renew(&ca, &same(&leaf)).expect(201);
    let _ = renew(&ca, &same(&other)).expect(201);
}

#[test]
fn a_token_that_is_not_exactly_right_renews_nothing() {
    let ca = TestCa::start();
    let (leaf, other) = (ca.issue("web.example.com"), ca.issue("other.example.com"));
    let token = || Token::of_certificate(&leaf, ca.now());
    let now = ca.now().as_unix();
    let url = |path: &str| format!("https://localhost/{path}");
    let with_chain = |chain: &[_]| token().header("x5cInsecure", encode_chain(chain));
    let (certificate, intermediate) = (leaf.chain[0].clone(), leaf.chain[1].clone());
    for (what, token) in [
        ("for signing", token().claim("aud", url("1.0/sign"))),
        ("for revoking", token().claim("aud", url("revoke"))),
        ("for rekeying", token().claim("aud", url("1.0/rekey"))),
        ("for another CA", token().claim("aud", "https://other.example.com/renew")),
        ("for nobody", token().without("aud")),
        ("the old audience", token().claim("aud", "step-certificate-authority")),
        ("for another subject", token().claim("sub", "other.example.com")),
        ("without a subject", token().without("sub")),
        ("from another issuer", token().claim("iss", "somebody")),
        ("without an issuer", token().without("iss")),
        ("expired", token().claim("iat", now - 400).claim("nbf", now - 400).claim("exp", now - 61)),
        ("without an end", token().without("exp")),
        ("without a time", token().without("iat")),
        ("of tomorrow", token().claim("nbf", now + 61)),
        ("good for too long", token().claim("exp", now + 3_601)),
        ("by another key", token().signed_by(&other.jwk())),
        ("by the provisioner", token().signed_by(ca.provisioner_key())),
        ("with another certificate", token().header("x5cInsecure", encode_chain(&other.chain))),
        ("without a certificate", token().without_header("x5cInsecure")),
        ("with an empty chain", token().header("x5cInsecure", json!([]))),
        ("under both names", token().header("x5c", encode_chain(&leaf.chain))),
        ("the wrong way round", with_chain(&[intermediate.clone(), certificate.clone()])),
        ("with a stranger", with_chain(&[certificate.clone(), other.chain[0].clone()])),
        ("twice", with_chain(&[certificate.clone(), certificate.clone(), intermediate.clone()])),
        (
            "of five",
            with_chain(&[certificate, intermediate.clone(), intermediate.clone(), intermediate.clone(), intermediate]),
        ),
        ("of another kind", token().header("typ", "at+jwt")),
        ("with a key beside it", token().header("jwk", json!({"kty": "EC"}))),
        ("with an algorithm of another key", token().header("alg", "RS256")),
        ("without an algorithm", token().header("alg", "none")),
        ("with something critical", token().header("crit", json!(["exp"]))),
    ] {
        refused(&ca, what, &token.sign());
    }
    refused(&ca, "of a provisioner", &ca.token("web.example.com").claim("aud", url("1.0/renew")).sign());
    refused(&ca, "no token", "x");
    let _ = renew(&ca, &token()).expect(201);
}

#[test]
fn a_renewal_token_signs_and_revokes_nothing() {
    let ca = TestCa::start();
    let leaf = ca.issue("web.example.com");
    let serial = leaf.certificate().serial_number().to_string();
    let token = |path: &str| Token::of_certificate(&leaf, ca.now()).claim("aud", format!("https://localhost/{path}"));
    let _ = ca.try_token(&token("1.0/sign"), "web.example.com").expect(401);
    let body = json!({"serial": serial, "ott": token("1.0/revoke").claim("sub", serial).sign(), "passive": true});
    let _ = ca.client().post("/revoke", &body).expect(401);
    assert_eq!(ca.records().certificates.len(), 2);
}

#[test]
fn what_a_handshake_would_not_renew_a_token_does_not_either() {
    let mut ca = TestCa::build().provisioner(Second::new("other").object()).start();
    let (leaf, revoked) = (ca.issue("web.example.com"), ca.issue("gone.example.com"));
    let stranger = TestCa::start().issue("web.example.com");
    refused(&ca, "another CA's", &Token::of_certificate(&stranger, ca.now()).sign());
    revoke(&ca, &revoked);
    refused(&ca, "revoked", &Token::of_certificate(&revoked, ca.now()).sign());
    ca.configure(|file| file["authority"]["claims"] = json!({"disableRenewal": true}));
    ca.restart();
    refused(&ca, "renewal is disabled", &Token::of_certificate(&leaf, ca.now()).sign());
    ca.configure(|file| {
        file["authority"]["claims"] = json!({});
        file["authority"]["provisioners"].as_array_mut().unwrap().remove(0);
    });
    ca.restart();
    refused(&ca, "its provisioner is gone", &Token::of_certificate(&leaf, ca.now()).sign());
}

#[test]
fn the_certificate_of_the_connection_comes_first() {
    let ca = TestCa::start();
    let (leaf, other) = (ca.issue("web.example.com"), ca.issue("other.example.com"));
    let token = Token::of_certificate(&other, ca.now()).sign();
    let answer = renew_with(&ca.client_with(leaf.identity()), &token).expect(201);
    assert_eq!(answer.certificate().subject(), leaf.certificate().subject());
    // So the token is still good.
    let _ = renew_with(ca.client(), &token).expect(201);
}

#[test]
fn a_header_that_is_no_bearer_token_is_none() {
    let ca = TestCa::shared();
    for value in ["Basic YTpi", "Bearer", "Bearer ", "token", ""] {
        let request = ca.client().request(Method::POST, "/renew").header("authorization", value);
        let message = ca.client().send(request).expect(400).message();
        assert!(message.contains("missing peer certificate"), "{value:?}: {message}");
    }
    // One of two would be a guess.
    let token = Token::new(&Jwk::generate_ec_p256().unwrap(), "a", "b", "c", ca.now()).sign();
    let request = ca.client().request(Method::POST, "/renew").bearer_auth(&token).bearer_auth(&token);
    let _ = ca.client().send(request).expect(400);
}
