//! Who reads what is on record, and what is found there: over the network, with `step ca certs` and with `step-ca certs`.

use std::{path::Path, time::Duration};

use clap::Parser as _;
use serde_json::{Value, json};
use step_ca::{
    args::{Args, Command},
    audit::{Operation, Outcome},
    clock::{Clock as _, System},
};
use step_tests::{Answer, Builder, Csr, Leaf, PROVISIONER, Second, TestCa, User};

use crate::revoke::{revoke, serial};

pub(crate) const READER: &str = "ops.example.com";

/// A CA that lets whoever has a certificate for [`READER`] read.
pub(crate) fn open_to_readers() -> Builder {
    TestCa::build().configure(|file| file["admin"] = json!({"readers": [READER]}))
}

fn list(ca: &TestCa, reader: &Leaf, parameters: &str) -> Answer {
    ca.client_with(reader.identity()).get(&format!("/admin/certs{parameters}"))
}

fn serials(answer: &Answer) -> Vec<String> {
    let serial = |entry: &Value| entry["serial"].as_str().unwrap().to_owned();
    answer.json()["certificates"].as_array().unwrap().iter().map(serial).collect()
}

/// Runs `step-ca` with these words, here, and answers what it prints.
pub(crate) fn step_ca(line: &str) -> Result<String, String> {
    let args = Args::try_parse_from(std::iter::once("step-ca").chain(line.split_whitespace()));
    match args.map_err(|error| error.to_string())?.command {
        Some(Command::Certs(command)) => command.run(System.now()).map_err(|error| error.to_string()),
        Some(Command::Db(command)) => command.run(System.now()).map_err(|error| error.to_string()),
        Some(Command::Recall(recall)) => {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            runtime.block_on(recall.run(System.now())).map_err(|error| error.to_string())
        }
        _ => panic!("{line} is no command about records"),
    }
}

/// The same when the CA has stopped. A process that another test has just started holds the lock of the store, too, until
/// it has become another program.
pub(crate) fn step_ca_when_free(line: &str) -> Result<String, String> {
    for _ in 0..1_000 {
        match step_ca(line) {
            Err(error) if error.contains("is in use") => std::thread::sleep(Duration::from_millis(1)),
            done => return done,
        }
    }
    step_ca(line)
}

pub(crate) fn config(ca: &TestCa) -> String {
    format!("--ca-config {}", ca.step_path().ca_json().display())
}

#[test]
fn without_admin_in_the_configuration_the_path_does_not_exist() {
    let ca = TestCa::start();
    let reader = ca.issue(READER);
    let nowhere = ca.client().get("/nowhere").expect(404);
    for path in ["/admin/certs", "/1.0/admin/certs", "/admin/certs/7", "/admin/certs/seven", "/admin/certs?x=y"] {
        for client in [ca.another_client(), ca.client_with(reader.identity())] {
            assert_eq!(client.get(path).expect(404).message(), nowhere.message(), "{path}");
        }
    }
}

#[test]
fn whoever_may_not_read_hears_one_and_the_same_no() {
    let second = Second::new("second");
    let object = second.object();
    let ca = TestCa::build()
        .provisioner(object)
        .configure(|file| file["admin"] = json!({"readers": [READER], "provisioners": [PROVISIONER]}))
        .start();
    let (reader, revoked) = (ca.issue(READER), ca.issue(READER));
    let _ = list(&ca, &revoked, "").expect(200);
    revoke(&ca, &revoked);
    let other = ca.issue("web.example.com");
    let near = ca.issue("not-ops.example.com");
    // The right name, from a provisioner that is not trusted with it.
    let csr = Csr::of(READER);
    let chain = ca.sign(&csr, &ca.token_of("second", &second.key, READER).sign()).expect(201).chain();
    let foreign = Leaf { chain, key: csr.key };

    let said = ca.client().get("/admin/certs").expect(401).message();
    for path in ["", "?limit=1", "?nonsense=1", "/7", "/seven"] {
        for leaf in [&revoked, &other, &near, &foreign] {
            assert_eq!(list(&ca, leaf, path).expect(401).message(), said, "{path}");
        }
    }
    let _ = list(&ca, &reader, "").expect(200);
    // The certificate ends, and so does the right, on a connection that is older than that.
    let client = ca.client_with(reader.identity());
    let _ = client.get("/admin/certs").expect(200);
    ca.clock().advance(Duration::from_secs(2 * 24 * 60 * 60));
    assert_eq!(client.get("/admin/certs").expect(401).message(), said);
}

#[test]
fn a_reader_finds_certificates_by_what_is_known_of_them() {
    let ca = open_to_readers().start();
    let reader = ca.issue(READER);
    let leaves = ["a.example.com", "b.example.com", "c.example.net"].map(|name| ca.issue(name));
    let [a, b, c] = leaves.each_ref().map(serial);
    revoke(&ca, &leaves[1]);

    assert_eq!(serials(&list(&ca, &reader, "?limit=3").expect(200)), [c.clone(), b.clone(), a.clone()]);
    for (parameters, expected) in [
        ("?name=C.EXAMPLE", vec![&c]),
        ("?name=a.example.com&exact=true", vec![&a]),
        ("?name=example.com&status=revoked", vec![&b]),
        ("?name=.example&status=live&provisioner=nobody", vec![]),
        ("?status=expired", vec![]),
    ] {
        let answer = list(&ca, &reader, parameters).expect(200);
        assert_eq!(serials(&answer).iter().collect::<Vec<_>>(), expected, "{parameters}");
        assert!(!answer.text().contains("BEGIN CERTIFICATE"));
    }
    let one = list(&ca, &reader, &format!("/{b}")).expect(200).json();
    assert_eq!(list(&ca, &reader, &format!("?serial={b}&crt=true")).expect(200).json()["certificates"][0], one);
    assert_eq!(one["crt"], leaves[1].certificate().pem());
    assert_eq!((&one["status"], &one["revocation"]["reason"]), (&json!("revoked"), &json!("keyCompromise")));
    assert_eq!((&one["provisioner"], &one["operation"]), (&json!(PROVISIONER), &json!("sign")));
    // It leads to the audit log.
    let records = ca.records();
    let entry = records.audit.iter().find(|entry| one["decisionId"] == entry.id.as_str()).unwrap();
    assert_eq!(entry.serial_number.as_ref(), Some(leaves[1].certificate().serial_number()));
    // A module that had a say finds what it had a say in.
    let digest = one["modules"][0]["sha256"].as_str().unwrap();
    assert!(serials(&list(&ca, &reader, &format!("?policyDigest={digest}")).expect(200)).contains(&a));
    let never = "00".repeat(32);
    assert!(serials(&list(&ca, &reader, &format!("?policyDigest={never}")).expect(200)).is_empty());
    for wrong in ["?nmae=a", "?limit=0", "?limit=100000", "?status=good", "?policyDigest=ab", "/seven"] {
        let _ = list(&ca, &reader, wrong).expect(400);
    }
    let _ = list(&ca, &reader, "/7").expect(404);
}

#[test]
fn pages_lead_through_all_certificates() {
    let ca = open_to_readers().start();
    let reader = ca.issue(READER);
    let mut expected: Vec<_> = (0..5).map(|n| serial(&ca.issue(&format!("n{n}.pages.example")))).collect();
    expected.reverse();
    let (mut found, mut cursor) = (Vec::new(), String::new());
    loop {
        let answer = list(&ca, &reader, &format!("?name=.pages.example&limit=2&cursor={cursor}")).expect(200);
        found.extend(serials(&answer));
        match answer.json()["nextCursor"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => break,
        }
    }
    assert_eq!(found, expected);
}

#[test]
fn the_command_lists_shows_and_exports() {
    let mut ca = open_to_readers().system_clock().start();
    ca.let_others_in();
    let user = User::of(&ca);
    let get = "--provisioner-password-file {}/password";
    user.step(&format!("ca certificate {READER} {{}}/ops.crt {{}}/ops.key {get}")).answer();
    user.step(&format!("ca certificate web.example.com {{}}/web.crt {{}}/web.key {get}")).answer();
    let me = "--cert {}/ops.crt --key {}/ops.key";
    let web = authority::Certificate::from_pem(&user.read("web.crt")).unwrap();
    let number = web.serial_number().to_string();

    let table = user.step(&format!("ca certs list {me} --name web --live")).answer();
    let lines: Vec<_> = table.lines().collect();
    let [headings, line] = lines[..] else { panic!("{table}") };
    assert_eq!(headings.split_whitespace().next_back(), Some("NAMES"));
    assert!(line.starts_with("live ") && line.contains(&number) && line.ends_with(" web.example.com"), "{line}");
    // The store says the same without the network.
    assert_eq!(step_ca(&format!("certs list {} --name web --live", config(&ca))).unwrap(), table);

    let all: Value = serde_json::from_str(&user.step(&format!("ca certs list {me} --format json")).answer()).unwrap();
    assert_eq!(all.as_array().unwrap().len(), ca.records().certificates.len());
    let outcome = user.step(&format!("ca certs list {me} --limit 1"));
    assert_eq!(outcome.talk, "There may be more than 1; `--limit` shows them.\n");

    let shown = user.step(&format!("ca certs show {number} {me}")).answer();
    let digest = &all[0]["modules"][0]["sha256"].as_str().unwrap();
    for part in
        ["X.509v3 TLS Certificate (", "Valid from:", "Decision:", digest, PROVISIONER, "Asked from:    127.0.0.1"]
    {
        assert!(shown.contains(part), "{part} is missing in\n{shown}");
    }
    assert!(shown.ends_with(&step_ca(&format!("certs show {number} {}", config(&ca))).unwrap()));
    assert_eq!(user.step(&format!("ca certs show {number} {me} --format pem")).answer(), web.pem());

    let talk = user.step(&format!("ca certs export {{}}/all.csv {me} --name web")).talk;
    assert_eq!(talk, "1 certificate has been saved in {}/all.csv.\n");
    let csv = user.read("all.csv");
    assert_eq!(csv.lines().count(), 2, "{csv}");
    assert_eq!(step_ca(&format!("certs export {} --name web", config(&ca))).unwrap(), csv);
    assert!(user.step(&format!("ca certs export {{}}/all.csv {me}")).error().contains("exists already"));
    assert_eq!(user.step(&format!("ca certs export {me} --format pem --name web")).answer(), web.pem());

    let web = "--cert {}/web.crt --key {}/web.key";
    let error = user.step(&format!("ca certs list {web}")).error();
    assert!(error.contains("The request lacked the necessary authorization"), "{error}");
    assert!(user.step(&format!("ca certs show 7 {me}")).error().contains("could not be found"));
}

#[test]
fn the_store_is_checked_and_copied_while_the_ca_runs_and_put_back_when_it_does_not() {
    let mut ca = TestCa::start();
    let kept = ca.issue("kept.example.com");
    let folder = tempfile::tempdir().unwrap();
    let (backup, flag) = (folder.path().join("backup.sqlite"), config(&ca));
    let backup = backup.display();
    let counts = step_ca(&format!("db check {flag}")).unwrap();
    assert!(counts.contains("is sound.\n2 certificates, 0 of them revoked; 1 used credential\n"), "{counts}");
    assert!(step_ca(&format!("db backup {backup} {flag}")).unwrap().contains("was written and is sound.\n2 cert"));
    assert!(step_ca(&format!("db backup {backup} {flag}")).unwrap_err().contains("exists already"));
    ca.issue("lost.example.com");
    for line in [format!("db restore {backup} {flag}"), format!("db compact {flag}")] {
        assert!(step_ca(&line).unwrap_err().contains("is in use by another server"), "{line}");
    }
    ca.stop();
    assert!(step_ca_when_free(&format!("db compact {flag}")).unwrap().contains("3 certificates"));
    // A start notes the end of the log, and so does everything after it.
    let early = ca.token("early.example.com").sign();
    ca.forget_answered();
    let said = step_ca_when_free(&format!("db restore {backup} {flag}")).unwrap();
    assert!(said.contains("2 certificates") && said.contains("refuse every token from before"), "{said}");
    let aside = said.lines().find_map(|line| line.strip_prefix("What was there before is in ")).unwrap();
    assert!(Path::new(aside.trim_end_matches('.')).is_file());

    ca.clock().advance(Duration::from_secs(5));
    ca.restart();
    let _ = ca.sign(&Csr::of("early.example.com"), &early).expect(401);
    ca.issue("new.example.com");
    let client = ca.client_with(kept.identity());
    let _ = client.send(client.request(reqwest::Method::POST, "/renew")).expect(201);
}

#[test]
fn whoever_reads_and_whoever_may_not_is_in_the_audit_log() {
    let mut ca = open_to_readers().start();
    let (reader, stranger) = (ca.issue(READER), ca.issue("web.example.com"));
    let _ = list(&ca, &reader, "?name=web&limit=3").expect(200);
    let _ = list(&ca, &reader, "/7").expect(404);
    let denied = list(&ca, &stranger, "?name=web").expect(401).json();
    let _ = ca.client().get("/admin/certs").expect(401);
    ca.stop();
    let reads: Vec<_> = ca.records().audit.into_iter().filter(|entry| entry.operation == Operation::Read).collect();
    let [answered, missed, refused, anonymous] = &reads[..] else { panic!("{reads:?}") };
    assert_eq!(
        (answered.outcome, answered.message.as_deref()),
        (Outcome::Answered, Some("certificates name=web limit=3"))
    );
    assert_eq!((answered.subject.as_deref(), answered.provisioner.as_deref()), (Some(READER), Some(PROVISIONER)));
    assert_eq!(answered.serial_number.as_ref(), Some(reader.certificate().serial_number()));
    assert!(missed.message.as_ref().unwrap().starts_with("certificate 7: no certificate with serial number 7"));
    assert_eq!((refused.outcome, refused.subject.as_deref()), (Outcome::Refused, Some("web.example.com")));
    assert_eq!(denied["decisionId"], refused.id.as_str());
    assert_eq!((anonymous.outcome, &anonymous.subject), (Outcome::Refused, &None));
    // The store is none the worse for it.
    assert!(step_ca_when_free(&format!("db check {}", config(&ca))).unwrap().contains("is sound"));
}
