//! Where the scenes are played: a CA, and a folder with everything they need.

use std::sync::Arc;

use audit_log::{Beginning, Head, Link, chained};
use serde_json::{Value, json};
use step_tests::{Outcome, PROVISIONER_PASSWORD, TestCa, User, fixed};

use super::Form;
use crate::visitor::Visitor;

/// Somebody who may read what is on record.
const READER: &str = "ops.example.com";

/// Whoever has the only certificate that [`WATCHER`] had a say in.
const WATCHED: &str = "e.example.com";

/// A module that is asked about renewals.
const WATCHER: &str = "watcher";

/// A user with files, and a CA of their own, which the tests of other files leave alone.
pub(super) struct Workshop {
    pub(super) visitor: Visitor,
    /// Somebody who has no CA yet: whoever makes one overwrites what they know of another.
    pub(super) beginner: User,
    /// What is made anew in every run and named in a line.
    made: Vec<(&'static str, String)>,
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
    "ca certificate e.example.com {}/e.crt {}/e.key --password-file {}/password",
    "ca renew {}/e.crt {}/e.key --out {}/watched.crt",
    "ca certificate b.example.com {}/ended1.crt {}/ended1.key --password-file {}/password",
    "ca certificate b.example.com {}/ended2.crt {}/ended2.key --password-file {}/password",
];

impl Workshop {
    pub(super) fn open() -> Self {
        let allowing = fixed::check(&Ok(vec![]));
        let build = TestCa::build().system_clock().module_with(WATCHER, &allowing, json!({"operations": ["renew"]}));
        let build = build.configure(|file| {
            file["admin"] = json!({"readers": [READER]});
            file["authority"]["provisioners"][0]["policies"] = json!([WATCHER]);
        });
        let mut ca = build.start();
        ca.let_others_in();
        let visitor = Visitor { ca: Arc::new(ca), user: User::new() };
        let mut workshop = Self { visitor, beginner: User::new(), made: Vec::new() };
        workshop.write();
        for line in PREPARATIONS {
            let (line, file) = line.split_once(" > ").unwrap_or((line, ""));
            let answer = workshop.run(line, Form::Words).answer();
            if !file.is_empty() {
                workshop.visitor.user.write(file, answer);
            }
        }
        workshop.made = workshop.made_anew();
        workshop
    }

    /// What the CA and the keys of this run have been given.
    fn made_anew(&self) -> Vec<(&'static str, String)> {
        let value = |line: &str, pointer: &str| {
            let answer: Value = serde_json::from_str(&self.run(line, Form::Json).answer()).unwrap();
            answer.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("{pointer}: {answer}")).to_owned()
        };
        let watched = format!("ca certs list --name {WATCHED} --cert {{}}/ops.crt --key {{}}/ops.key");
        let modules: Value = serde_json::from_str(&self.run(&watched, Form::Json).answer()).unwrap();
        let asked = modules.as_array().into_iter().flatten().flat_map(|entry| entry["modules"].as_array()).flatten();
        let module = asked.filter(|module| module["name"] == WATCHER).find_map(|module| module["sha256"].as_str());
        vec![
            (
                "{serial}",
                value(&format!("ca certs list --name {READER} --cert {{}}/ops.crt --key {{}}/ops.key"), "/0/serial"),
            ),
            ("{module}", module.expect("the module was asked").to_owned()),
            ("{kid}", value("ca provisioner list", "/0/key/kid")),
            ("{digest}", value("crypto nacl auth digest {}/secret.key < {}/message.txt", "/digest")),
        ]
    }

    fn write(&self) {
        let user = &self.visitor.user;
        user.write("password", format!("{PROVISIONER_PASSWORD}\n"));
        user.write("new-password", "secret\n");
        user.write("message.txt", "a message\n");
        user.write("claims.json", r#"{"scope":"all"}"#);
        user.write("secret.key", [7; 32]);
        // RFC 6238 appendix B: the secret in base32, and its password at 59 seconds.
        user.write("totp.secret", "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\n");
        user.write("totp", "287082\n");
        self.beginner.write("new-password", "secret\n");
        user.write("empty", "");
        let provisioner = |name: &str| json!({"type": "JWK", "name": name, "key": {"kid": name}});
        let names = ["one", "gone1", "gone2"].map(provisioner);
        user.write("ca.json", json!({"authority": {"provisioners": names}}).to_string());
        user.write("audit.log", audit_log());
    }

    /// Runs a line; `<` names the file on standard input, `| head` leaves ten lines of the answer, and `{n}` is another
    /// number for each form.
    pub(super) fn run(&self, line: &str, form: Form) -> Outcome {
        let number = match form {
            Form::Words => "1",
            Form::Json => "2",
        };
        if let Some(line) = line.strip_suffix(" | head") {
            let mut outcome = self.run(line, form);
            outcome.answers = outcome.answers.split_inclusive('\n').take(10).collect();
            return outcome;
        }
        let (line, input) = line.split_once(" < {}/").unwrap_or((line, "empty"));
        let line = self.visitor.fill_in(&form.asked_for_by(line).replace("{n}", number));
        let line = self.made.iter().fold(line, |line, (name, value)| line.replace(name, value));
        let user = if line.starts_with("ca init ") { &self.beginner } else { &self.visitor.user };
        user.step_with_input(&line, self.visitor.user.read(input))
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
