//! Files that a CA could have written, and what was done to them.

use audit_log::{Beginning, Head, Link, SignedHead, chained};
use authority::{
    Issuer, Timestamp,
    keys::{KeySpec, PrivateKey},
    pki,
};

use crate::testing::User;

const LOG: [u8; 16] = [7; 16];

/// A user with the intermediate certificate of a CA, its log and the signed end of it.
fn user() -> User {
    let now = Timestamp::from_unix(1_800_000_000);
    let (root_key, key) =
        (PrivateKey::generate(KeySpec::EcP256).unwrap(), PrivateKey::generate(KeySpec::EcP256).unwrap());
    let root = pki::create_root("Root", &root_key, now).unwrap();
    let certificate = pki::create_intermediate("CA", &key, &root, &root_key, now).unwrap();
    let user = User::new();
    user.write("ca.crt", certificate.pem());
    let mut head = Head::genesis(&LOG);
    let mut text = format!("{}\n", Beginning { log: LOG, after: head });
    for sequence in 1..=3 {
        let line = format!(r#"{{"sequence":{sequence},"id":"d{sequence}"}}"#);
        head = head.append(&line);
        chained(&Link { sequence, line, hash: head.hash }, &mut text);
    }
    user.write("audit.log", text);
    let issuer = Issuer::new(vec![certificate], Box::new(key)).unwrap();
    user.write("audit.log.head", format!("{}\n", SignedHead::sign(LOG, head, now, &issuer).unwrap()));
    user
}

const VERIFY: &str = "ca audit verify {}/audit.log --certificate {}/ca.crt";

#[test]
fn a_whole_log_is_said_to_be_whole() {
    let answer = user().step(VERIFY).answer();
    let log = "07".repeat(16);
    assert_eq!(answer, format!("log {log}: lines 1 to 3 are as they were written, signed for up to line 3\n"));
}

#[test]
fn a_changed_line_and_a_cut_tail_are_named() {
    let user = user();
    let text = user.read("audit.log");
    user.write("audit.log", text.replacen("d2", "d9", 1));
    assert_eq!(user.step(VERIFY).error(), "{}/audit.log:3: line 2 of the audit log was changed\n");
    let cut: String = text.split_inclusive('\n').take(3).collect();
    user.write("audit.log", cut);
    let error = user.step(VERIFY).error();
    assert_eq!(error, "the log ends with line 2, but line 3 was written and signed for: its tail was cut\n");
    let answer = user.step("ca audit verify {}/audit.log --without-head").answer();
    assert!(answer.ends_with("nothing was signed for\n"), "{answer}");
}

#[test]
fn a_head_that_is_missing_or_signed_by_another_is_no_head() {
    let user = user();
    let other = self::user();
    user.write("other.crt", other.read("ca.crt"));
    let error = user.step("ca audit verify {}/audit.log --certificate {}/other.crt").error();
    assert!(error.contains("which is not that of the certificate"), "{error}");
    user.write("moved.log", user.read("audit.log"));
    let error = user.step("ca audit verify {}/moved.log --certificate {}/ca.crt").error();
    assert!(error.contains("no signed head") && error.contains("--without-head"), "{error}");
    let line = "ca audit verify {}/moved.log --certificate {}/ca.crt --head {}/audit.log.head";
    assert!(user.step(line).answer().contains("signed for up to line 3"));
}
