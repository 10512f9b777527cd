//! What a whole budget of fuel buys of the host's time.
//!
//! Calls are counted, not timed: how long one takes at worst, on a slow machine, is written beside it.

use std::sync::Arc;

use authority::keys::{KeySpec, PrivateKey};
use authority::{Timestamp, pki};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use jose::jws::{ProtectedHeader, sign};
use jose::{Curve, Jwk, SigningKey};

use super::{NEIGHBOUR, load, runtime};
use crate::assignment::Assignment;
use crate::call::Guest;
use crate::contract::LogLevel;
use crate::contract::imports::crypto::{self, HashAlgorithm, Host as _, PublicKey, SignatureAlgorithm};
use crate::contract::imports::jose::{self as tokens, Host as _};
use crate::contract::imports::log::Host as _;
use crate::contract::imports::x509::Host as _;
use crate::{Grants, Limits};

/// Time of the host that one call of a policy may have, in microseconds.
const MOST: u32 = 100_000;

const NOW: i64 = 1_800_000_000;
/// The longest token, set of keys or certificate.
const LONGEST: usize = 64 << 10;
/// The most that is copied out of a guest at once.
const ANY: usize = 256 << 10;

struct Budget(Arc<Assignment>);

impl Budget {
    fn new() -> Self {
        Self(Assignment::new(&load(&runtime(), NEIGHBOUR).unwrap(), "machines", &Grants::default(), Limits::default()))
    }

    /// Calls until the fuel is spent, at `cost` microseconds each.
    fn spend<T>(&self, what: &str, cost: u32, mut call: impl FnMut(&mut Guest) -> wasmtime::Result<T>) {
        let mut guest = Guest::new(&self.0);
        let mut calls = 0;
        while call(&mut guest).is_ok() {
            calls += 1;
        }
        // The call that could not be paid for is stopped half-way at worst.
        assert!((calls + 1) * cost <= MOST, "{what}: {calls} calls of {cost} µs");
    }
}

/// Numbers of that many bits; whether they are a key takes as long to find out.
fn rsa(bits: usize) -> String {
    let modulus = BASE64URL.encode(vec![0xff; bits / 8]);
    format!(r#"{{"kty":"RSA","n":"{modulus}","e":"_____w"}}"#)
}

/// As many of `part` as fit.
fn filled(begin: &str, part: &str, end: &str, octets: usize) -> String {
    format!("{begin}{}{end}", part.repeat((octets - begin.len() - end.len()) / part.len()))
}

fn token(header: &str, claims: &str) -> String {
    format!("{}.{}.AAAA", BASE64URL.encode(header), BASE64URL.encode(claims))
}

#[test]
fn hashes_and_macs() {
    let budget = Budget::new();
    for (octets, cost) in [(0, 2), (64, 3), (4 << 10, 20), (ANY, 1_050)] {
        budget.spend("digest", cost, |guest| guest.digest(HashAlgorithm::Sha1, vec![0; octets]));
        budget.spend("hmac", 2 * cost, |guest| {
            guest.hmac(HashAlgorithm::Sha512, vec![0; octets / 2], vec![0; octets / 2])
        });
    }
}

#[test]
fn signatures() {
    let budget = Budget::new();
    for (jwk, algorithm, cost) in [
        (Jwk::generate_ec_p256().unwrap(), SignatureAlgorithm::Es256, 400),
        (Jwk::generate_ec(Curve::P384).unwrap(), SignatureAlgorithm::Es384, 1_200),
        (Jwk::generate_ec(Curve::P521).unwrap(), SignatureAlgorithm::Es512, 1_300),
        (Jwk::generate_ed25519().unwrap(), SignatureAlgorithm::Ed25519, 200),
    ] {
        let signature = SigningKey::from_jwk(&jwk).unwrap().sign(b"message").unwrap();
        let key = PublicKey::Jwk(jwk.to_json());
        budget.spend("crypto.verify", cost, |guest| {
            crypto::Host::verify(guest, algorithm, key.clone(), b"message".to_vec(), signature.clone())
        });
    }
    for (bits, cost) in [(2_048, 250), (4_096, 500), (8_192, 1_400)] {
        let key = PublicKey::Jwk(rsa(bits));
        budget.spend("crypto.verify", cost, |guest| {
            crypto::Host::verify(guest, SignatureAlgorithm::Rs256, key.clone(), Vec::new(), vec![0x7f; bits / 8])
        });
    }
    let certificate = PublicKey::Certificate(vec![0x30; LONGEST]);
    budget.spend("crypto.verify", 10_000, |guest| {
        crypto::Host::verify(guest, SignatureAlgorithm::Es256, certificate.clone(), Vec::new(), Vec::new())
    });
}

#[test]
fn tokens() {
    let budget = Budget::new();
    let verify = |what, cost, token: &str, keys: &str| {
        budget.spend(what, cost, |guest| tokens::Host::verify(guest, token.to_owned(), keys.to_owned()));
    };
    let key = Jwk::generate_ec_p256().unwrap().with_kid("k");
    let good = sign(&ProtectedHeader::jwt("k"), "{}", &key).unwrap();
    let empty_keys = filled(r#"{"keys":["#, r#"{"":0},"#, "0]}", LONGEST);
    verify("a good token", 400, &good, &key.to_json());
    verify("no algorithm", 100, &token(r#"{"alg":"none"}"#, "{}"), &empty_keys);
    verify("an unknown algorithm", 100, &token(r#"{"alg":"x"}"#, "{}"), &empty_keys);
    verify("a set of nothing", 3_500, &good, &empty_keys);
    let same = filled(r#"{"keys":["#, &(key.to_json() + ","), "0]}", LONGEST);
    verify("a set of one key many times", 3_500, &good, &same);
    let same = filled(r#"{"keys":["#, r#"{"kty":"EC","crv":"P-521","kid":"k"},"#, "0]}", LONGEST);
    verify("a set of what is no key", 50_000, &good, &same);

    let claims = filled(r#"{"a":["#, r#"{"":0},"#, "0]}", 48_000);
    let long = token(r#"{"alg":"ES256"}"#, &claims);
    budget.spend("decode_unverified", 3_500, |guest| guest.decode_unverified(long.clone()));
    let short = token(r#"{"alg":"ES256"}"#, "{}");
    budget.spend("decode_unverified", 10, |guest| guest.decode_unverified(short.clone()));
}

#[test]
fn certificates_and_requests() {
    let budget = Budget::new();
    for (octets, cost) in [(300, 40), (2_000, 200), (LONGEST, 10_000), (ANY, 100)] {
        budget.spend("parse_certificate", cost, |guest| guest.parse_certificate(vec![0x30; octets]));
    }
    // Signed with P-521, and with RSA of 8192 bits.
    for (octets, cost) in [(300, 2_600), (2_300, 4_000), (LONGEST, 14_000)] {
        budget.spend("parse_csr", cost, |guest| guest.parse_csr(vec![0x30; octets]));
    }
    let blocks = filled("", "-----BEGIN A-----\n-----END A-----\n", "", ANY);
    budget.spend("decode_pem", 13_000, |guest| guest.decode_pem(blocks.clone()));
}

#[test]
fn paths() {
    let budget = Budget::new();
    let key = || PrivateKey::generate(KeySpec::EcP521).unwrap();
    let root = |name, key: &PrivateKey| pki::create_root(name, key, Timestamp::from_unix(NOW)).unwrap();
    let verify = |what, cost, leaf: &[u8], intermediates: &[Vec<u8>], roots: &[Vec<u8>]| {
        budget.spend(what, cost, |guest| {
            guest.verify_chain(leaf.to_vec(), intermediates.to_vec(), roots.to_vec(), NOW, Vec::new())
        });
    };
    let self_signed = root("Root", &key()).der().to_vec();
    verify("one signature", 2_500, &self_signed, &[], std::slice::from_ref(&self_signed));
    verify("no arguments", 5, b"", &[], &[]);
    // At worst a hundred signatures are looked at in one call.
    let ring: Vec<_> = (0..8).map(|_| root("Root", &key()).der().to_vec()).collect();
    verify("a ring of one name", 100_000, &self_signed, &ring, &ring);
}

#[test]
fn log_lines() {
    let budget = Budget::new();
    let write = |guest: &mut Guest, message: String, fields| guest.write(LogLevel::Info, message, fields);
    budget.spend("an empty line", 5, |guest| write(guest, String::new(), Vec::new()));
    budget.spend("a long line", 300, |guest| write(guest, "\n".repeat(ANY), Vec::new()));
    budget.spend("many empty fields", 1_000, |guest| write(guest, String::new(), vec![Default::default(); 10_000]));
    budget.spend("panicked", 300, |guest| guest.panicked("\n".repeat(ANY)));
}
