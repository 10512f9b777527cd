//! Where the scenes are played: a CA, and a folder with everything they need.

use std::sync::Arc;

use audit_log::{Beginning, Head, Link, chained};
use serde_json::json;
use step_tests::{Outcome, PROVISIONER_PASSWORD, TestCa, User};

use super::Form;
use crate::visitor::Visitor;

/// Somebody who may read what is on record.
const READER: &str = "ops.example.com";

/// A user with files, and a CA of their own, which the tests of other files leave alone.
pub(super) struct Workshop {
    pub(super) visitor: Visitor,
}

/// How each file of the workshop is made, in order. `>` names the file that standard output goes to.
const PREPARATIONS: &[&str] = &[
    "ca bootstrap --ca-url {url} --fingerprint {fingerprint}",
    "certificate create Root {}/root.crt {}/root.key --profile root-ca --no-password --insecure",
    "certificate create CA {}/ca.crt {}/ca.key --profile intermediate-ca --ca {}/root.crt --ca-key {}/root.key --no-password --insecure",
    "certificate create a.example.com {}/leaf.crt {}/leaf.key --bundle --ca {}/ca.crt --ca-key {}/ca.key --no-password --insecure",
    "certificate create a.example.com {}/leaf.csr {}/leaf.csr.key --csr --no-password --insecure",
    "crypto jwk create {}/jwk.pub {}/jwk.json --kid alice --no-password --insecure",
    "crypto jwk create {}/enc.pub {}/enc.json --kid alice --use enc --no-password --insecure",
    "crypto nacl box keypair {}/alice.pub {}/alice.key",
    "crypto nacl box keypair {}/bob.pub {}/bob.key",
    "crypto nacl sign keypair {}/sign.pub {}/sign.key",
    "crypto jwk keyset add {}/jwks.json < {}/jwk.pub",
    "crypto jws sign {}/message.txt --key {}/jwk.json > message.jws",
    "crypto jwt sign --key {}/jwk.json --iss me --aud you --sub them --exp 4000000000 --nbf 1 --iat 1 > token.jwt",
    "crypto jwe encrypt --key {}/enc.pub < {}/message.txt > message.jwe",
    "crypto nacl box seal n {}/bob.pub {}/alice.key < {}/message.txt > box.sealed",
    "crypto nacl secretbox seal n {}/secret.key < {}/message.txt > secretbox.sealed",
    "crypto nacl sign sign {}/sign.key < {}/message.txt > message.signed",
    "ca certificate ops.example.com {}/ops.crt {}/ops.key --password-file {}/password",
    "ca certificate b.example.com {}/ended1.crt {}/ended1.key --password-file {}/password",
    "ca certificate b.example.com {}/ended2.crt {}/ended2.key --password-file {}/password",
];

impl Workshop {
    pub(super) fn open() -> Self {
        let build = TestCa::build().system_clock();
        let mut ca = build.configure(|file| file["admin"] = json!({"readers": [READER]})).start();
        ca.let_others_in();
        let workshop = Self { visitor: Visitor { ca: Arc::new(ca), user: User::new() } };
        workshop.write();
        for line in PREPARATIONS {
            let (line, file) = line.split_once(" > ").unwrap_or((line, ""));
            let answer = workshop.run(line, Form::Words).answer();
            if !file.is_empty() {
                workshop.visitor.user.write(file, answer);
            }
        }
        workshop
    }

    fn write(&self) {
        let user = &self.visitor.user;
        user.write("password", format!("{PROVISIONER_PASSWORD}\n"));
        user.write("new-password", "secret\n");
        user.write("message.txt", "a message\n");
        user.write("claims.json", r#"{"scope":"all"}"#);
        user.write("secret.key", [7; 32]);
        user.write("totp.secret", "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP\n");
        user.write("empty", "");
        let provisioner = |name: &str| json!({"type": "JWK", "name": name, "key": {"kid": name}});
        let names = ["one", "gone1", "gone2"].map(provisioner);
        user.write("ca.json", json!({"authority": {"provisioners": names}}).to_string());
        user.write("audit.log", audit_log());
    }

    /// Runs a line; `<` names the file on standard input, and `{n}` is another number for each form.
    pub(super) fn run(&self, line: &str, form: Form) -> Outcome {
        let (flag, number) = match form {
            Form::Words => ("", "1"),
            Form::Json => (" --json", "2"),
        };
        let (line, input) = line.split_once(" < {}/").unwrap_or((line, "empty"));
        let line = self.visitor.fill_in(&format!("{line}{flag}").replace("{n}", number));
        self.visitor.user.step_with_input(&line, self.visitor.user.read(input))
    }
}

/// A log of three lines that nobody has signed for.
fn audit_log() -> String {
    let log = [7; 16];
    let mut head = Head::genesis(&log);
    let mut text = format!("{}\n", Beginning { log, after: head });
    for sequence in 1..=3 {
        let line = format!(r#"{{"sequence":{sequence},"id":"d{sequence}"}}"#);
        head = head.append(&line);
        chained(&Link { sequence, line, hash: head.hash }, &mut text);
    }
    text
}
