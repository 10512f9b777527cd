//! `step ca revoke` and `step ca rekey`.

use authority::{Certificate, keys::PrivateKey};
use serde_json::json;
use step_ca::audit::Outcome as Decided;
use step_tests::{Outcome, TestCa, User};

/// Somebody with a certificate, and the CA it is of. The command goes by the system's clock, and so does this CA.
struct Holder {
    ca: TestCa,
    user: User,
}

impl Holder {
    fn new() -> Self {
        let mut ca = TestCa::build().system_clock().configure(|file| file["crl"] = json!({"enabled": true})).start();
        ca.let_others_in();
        let holder = Self { user: User::of(&ca), ca };
        holder.step("ca certificate a.example {}/a.crt {}/a.key --provisioner-password-file {}/password").answer();
        holder
    }

    fn step(&self, line: &str) -> Outcome {
        self.user.step(line)
    }

    fn certificate(&self, file: &str) -> Certificate {
        Certificate::from_pem(&self.user.read(file)).unwrap()
    }

    fn serial(&self) -> String {
        self.certificate("a.crt").serial_number().to_string()
    }

    /// The messages of what was revoked.
    fn revoked(&self) -> Vec<String> {
        self.ca.records().with(Decided::Revoked).filter_map(|entry| entry.message.clone()).collect()
    }
}

#[test]
fn a_provisioner_revokes_a_certificate() {
    let holder = Holder::new();
    let serial = holder.serial();
    let line = format!("ca revoke {serial} --reason gone --reasonCode keyCompromise");
    let outcome = holder.step(&format!("{line} --provisioner-password-file {{}}/password"));
    assert!(outcome.talk.ends_with(&format!("Certificate with Serial Number {serial} has been revoked.\n")));
    assert_eq!(outcome.answer(), "");
    assert_eq!(holder.revoked(), ["keyCompromise: gone"]);
    let error = holder.step(&format!("{line} --provisioner-password-file {{}}/password")).error();
    assert!(error.contains("revoked already"), "{error}");
    assert!(holder.step("ca renew {}/a.crt {}/a.key --force").error().contains("necessary authorization"));
    let list = authority::CertificateList::from_der(&holder.ca.client().get("/crl").body).unwrap();
    assert!(list.find(holder.certificate("a.crt").serial_number()).is_some());
}

#[test]
fn a_token_made_elsewhere_revokes_a_certificate() {
    let holder = Holder::new();
    let hex = format!("0x{}", holder.certificate("a.crt").serial_number().hex());
    let token = holder.step(&format!("ca token {hex} --revoke --provisioner-password-file {{}}/password")).answer();
    holder.step(&format!("ca revoke {hex} --token {}", token.trim())).answer();
    assert_eq!(holder.revoked(), ["unspecified"]);
}

#[test]
fn whoever_has_a_certificate_and_its_key_revokes_it() {
    let holder = Holder::new();
    holder.step("ca revoke --cert {}/a.crt --key {}/a.key --reasonCode 4").answer();
    assert_eq!(holder.revoked(), ["superseded"]);
}

#[test]
fn a_certificate_gets_another_key_in_its_place_or_elsewhere() {
    let holder = Holder::new();
    let old = holder.certificate("a.crt");
    let outcome = holder.step("ca rekey {}/a.crt {}/a.key --out-cert {}/b.crt --out-key {}/b.key --kty OKP");
    let said = "Your certificate has been saved in {}/b.crt.\nYour private key has been saved in {}/b.key.\n";
    assert_eq!(outcome.talk, said);
    outcome.answer();
    let is_pair = |crt: &str, key: &str| {
        let key = PrivateKey::from_pem(&holder.user.read(key), None).unwrap();
        key.spki_der() == holder.certificate(crt).public_key().spki_der()
    };
    assert!(is_pair("b.crt", "b.key") && is_pair("a.crt", "a.key"));
    assert_eq!(holder.certificate("b.crt").subject(), old.subject());
    holder.step("ca rekey {}/b.crt {}/b.key --force").answer();
    assert!(is_pair("b.crt", "b.key"));
    // A key that is there already.
    holder.step("ca rekey {}/a.crt {}/a.key --private-key {}/b.key --out-cert {}/c.crt").answer();
    assert!(is_pair("c.crt", "b.key"));
}
