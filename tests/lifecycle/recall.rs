//! Policy modules that are recalled: with `step-ca recall` on the machine, and over the network while the CA runs.

use std::time::Duration;

use authority::keys::PrivateKey;
use serde_json::{Value, json};
use step_ca::{
    audit::{Digest, Operation, Outcome},
    clock::{Clock as _, System},
    limits,
    store::{Embedded, OpenError, Recall, RecallRecord, Store as _},
};
use step_tests::{Answer, Builder, Client, Csr, Leaf, TestCa, User, fixed};

use crate::{
    grace::{renew_late, short},
    records::{READER, config, open_to_readers, step_ca, step_ca_when_free},
    revoke::{self, revoke, serial},
};

const OPERATOR: &str = "boss.example.com";

/// The module of this name that had a say in a certificate for this name.
fn module_of(ca: &TestCa, name: &str, module: &str) -> Digest {
    let records = ca.records();
    let entry = records.audit.iter().find(|entry| entry.names == [name]).unwrap();
    entry.modules.iter().find(|asked| asked.name == module).unwrap().sha256
}

fn try_renew(ca: &TestCa, leaf: &Leaf) -> Answer {
    let client = ca.client_with(leaf.identity());
    client.send(client.request(reqwest::Method::POST, "/renew"))
}

#[test]
fn what_a_module_let_be_issued_is_recalled() {
    let mut ca = TestCa::build().configure(|file| file["crl"] = json!({"enabled": true})).start();
    let leaves = [ca.issue("a.example.com"), ca.issue("b.example.com")];
    revoke(&ca, &leaves[1]);
    let digest = module_of(&ca, "a.example.com", "builtin:jwk");
    let line = format!("recall {digest} {}", config(&ca));

    let listed = step_ca(&line).unwrap();
    assert!(listed.contains(" a.example.com\n1 certificate may still be used. `--block`"), "{listed}");
    assert!(step_ca(&format!("{line} --revoke")).unwrap_err().contains("is in use by another server"));
    assert!(step_ca(&format!("recall {} {}", "00".repeat(32), config(&ca))).unwrap().starts_with("0 cert"));
    let _ = try_renew(&ca, &leaves[0]).expect(201);

    ca.stop();
    let done = step_ca_when_free(&format!("{line} --revoke --reason withdrawn")).unwrap();
    assert!(done.ends_with("\n2 certificates have been revoked.\n"), "the renewed one, too: {done}");
    assert!(
        step_ca(&line).unwrap().starts_with("0 certificates may still be used and will not be renewed: recalled at ")
    );
    ca.restart();
    let _ = try_renew(&ca, &leaves[0]).expect(401);
    let list = authority::CertificateList::from_der(&ca.client().get("/crl").body).unwrap();
    assert!(list.find(leaves[0].certificate().serial_number()).is_some());
    let message = format!("privilegeWithdrawn: recall of {digest} withdrawn");
    assert_eq!(ca.records().audit.iter().filter(|entry| entry.message.as_ref() == Some(&message)).count(), 2);
}

#[test]
fn what_was_renewed_without_the_module_is_recalled_too() {
    let allowing = fixed::check(&Ok(vec![]));
    let mut ca = TestCa::build()
        .module_with("withdrawn", &allowing, json!({"operations": ["sign"]}))
        .configure(|file| file["authority"]["provisioners"][0]["policies"] = json!(["withdrawn"]))
        .start();
    let first = ca.issue("a.example.com");
    // Each is over as soon as there is the next.
    let replaced = |leaf: Leaf| {
        let chain = try_renew(&ca, &leaf).expect(201).chain();
        let serial = serial(&leaf);
        let token = revoke::token(&ca, &serial).sign();
        let superseded = json!({"serial": serial, "ott": token, "reasonCode": 4, "passive": true});
        let _ = ca.client().post("/1.0/revoke", &superseded).expect(200);
        Leaf { chain, key: leaf.key }
    };
    let third = replaced(replaced(first));
    let line = format!("{} {}", module_of(&ca, "a.example.com", "withdrawn"), config(&ca));
    let by_record = step_ca(&format!("certs list --live --policy-digest {line}")).unwrap();
    assert!(!by_record.contains("a.example.com"), "{by_record}");
    let listed = step_ca(&format!("recall {line}")).unwrap();
    assert!(listed.contains(" a.example.com\n1 certificate may still be used."), "{listed}");

    ca.stop();
    let done = step_ca_when_free(&format!("recall {line} --revoke")).unwrap();
    assert!(done.ends_with("\n1 certificate has been revoked.\n"), "{done}");
    ca.restart();
    let _ = try_renew(&ca, &third).expect(401);
}

#[test]
fn what_has_ended_and_may_still_be_renewed_is_recalled_too() {
    // The command goes by the system's clock.
    let an_hour_ago = System.now().saturating_sub(Duration::from_secs(3_600));
    let within = |grace: &str| json!({"allowRenewalAfterExpiry": true, "maxRenewalAfterExpiry": grace});
    for (claims, is_recalled) in [(json!({}), false), (within("10m"), false), (within("2h"), true)] {
        let mut ca = TestCa::build()
            .clock_at(an_hour_ago)
            .configure(move |file| file["authority"]["provisioners"][0]["claims"] = claims)
            .start();
        let leaf = short(&ca);
        let digest = module_of(&ca, "web.example.com", "builtin:jwk");
        ca.stop();
        let done = step_ca_when_free(&format!("recall {digest} {} --revoke", config(&ca))).unwrap();
        assert_eq!(done.contains(" web.example.com\n1 certificate has been revoked."), is_recalled, "{done}");
        assert_eq!(done == "0 certificates have been revoked.\n", !is_recalled, "{done}");
        ca.clock().set(System.now());
        ca.restart();
        let _ = renew_late(&ca, &leaf).expect(401);
    }
}

#[test]
fn a_key_that_is_recalled_as_compromised_is_never_certified_again() {
    let mut ca = TestCa::start();
    let csr = Csr::of("web.example.com");
    let sign = |ca: &TestCa| ca.sign(&csr, &ca.token("web.example.com").sign());
    let _ = sign(&ca).expect(201);
    let line = format!("recall {} {}", module_of(&ca, "web.example.com", "builtin:jwk"), config(&ca));
    ca.stop();
    let done = step_ca_when_free(&format!("{line} --revoke --reason-code keyCompromise")).unwrap();
    assert!(done.ends_with("\n1 certificate has been revoked.\n"), "{done}");
    ca.restart();
    let message = sign(&ca).expect(403).message();
    assert!(message.contains("compromised"), "{message}");
    ca.issue("web.example.com");
}

/// A CA whose operators recall, with a module in the way of first certificates that may be withdrawn.
fn with_operators() -> Builder {
    TestCa::build().module_with("withdrawn", &fixed::check(&Ok(vec![])), json!({"operations": ["sign"]})).configure(
        |file| {
            file["admin"] = json!({"readers": [READER], "operators": [OPERATOR]});
            file["crl"] = json!({"enabled": true});
        },
    )
}

/// Who recalls, a certificate there is because of the module `withdrawn`, and the digest of that.
fn recalled(ca: &TestCa) -> (Leaf, Leaf, Digest) {
    let operator = ca.issue(OPERATOR);
    ca.configure(|file| file["authority"]["provisioners"][0]["policies"] = json!(["withdrawn"]));
    ca.reload();
    let leaf = ca.issue("a.example.com");
    let digest = module_of(ca, "a.example.com", "withdrawn");
    ca.configure(|file| file["authority"]["provisioners"][0]["policies"] = json!([]));
    ca.reload();
    (operator, leaf, digest)
}

fn show(ca: &TestCa, who: &Leaf, digest: &Digest) -> Answer {
    ca.client_with(who.identity()).get(&format!("/admin/recalls/{digest}"))
}

fn order(ca: &TestCa, who: &Leaf, digest: &Digest, body: &Value) -> Answer {
    order_as(&ca.client_with(who.identity()), digest, body)
}

fn order_as(client: &Client, digest: &Digest, body: &Value) -> Answer {
    let request = client.request(reqwest::Method::POST, &format!("/admin/recalls/{digest}"));
    client.send(request.header("Content-Type", "application/json").body(body.to_string()))
}

fn names(answer: &Answer) -> Vec<String> {
    let name = |entry: &Value| entry["names"][0].as_str().unwrap().to_owned();
    answer.json()["certificates"].as_array().unwrap().iter().map(name).collect()
}

/// What replaces a certificate, with the same key.
fn renewed(ca: &TestCa, leaf: &Leaf) -> Leaf {
    let key = PrivateKey::from_pkcs8_der(&leaf.key.to_pkcs8_der().unwrap()).unwrap();
    Leaf { chain: try_renew(ca, leaf).expect(201).chain(), key }
}

#[test]
fn what_is_blocked_is_not_renewed_and_what_renewed_it_is_not_either() {
    let mut ca = with_operators().start();
    let (operator, leaf, digest) = recalled(&ca);
    let successor = renewed(&ca, &leaf);
    let other = ca.issue("other.example.com");

    let listed = show(&ca, &operator, &digest).expect(200);
    assert_eq!(names(&listed), ["a.example.com", "a.example.com"], "the successor, too");
    assert!(listed.json()["recall"].is_null(), "nothing is changed by looking");
    let _ = try_renew(&ca, &successor).expect(201);

    let block = json!({"action": "block", "reason": "it let everybody in"});
    let done = order(&ca, &operator, &digest, &block).expect(200).json();
    assert_eq!((&done["recall"]["reason"], &done["recall"]["recalledBy"]), (&block["reason"], &json!(OPERATOR)));
    // Once more is not twice.
    let _ = order(&ca, &operator, &digest, &block).expect(200);
    let refusal = try_renew(&ca, &successor).expect(403);
    let (said, sha) = (refusal.message(), digest.to_string());
    assert!(said.contains("not renewed") && said.contains(&sha) && said.contains("recalled"), "{said}");
    assert_eq!(refusal.json()["reasons"][0]["rule"], "recall");
    let csr = Csr::of("a.example.com");
    let rekey = ca.client_with(leaf.identity()).post("/rekey", &json!({"csr": csr.pem}));
    assert_eq!(rekey.expect(403).message(), said);
    let _ = try_renew(&ca, &other).expect(201);

    ca.restart();
    let _ = try_renew(&ca, &successor).expect(403);
    let records = ca.records();
    let of = |operation| records.audit.iter().filter(move |entry| entry.operation == operation);
    let lines: Vec<_> = of(Operation::Recall).filter(|entry| entry.outcome == Outcome::Accepted).collect();
    let [line] = lines[..] else { panic!("{lines:?}") };
    assert_eq!((line.modules[0].sha256, line.subject.as_deref()), (digest, Some(OPERATOR)));
    let refused = of(Operation::Renew).find(|entry| entry.outcome == Outcome::Refused).unwrap();
    assert_eq!(refused.rule.as_deref(), Some("recall"));

    let _ = order(&ca, &operator, &digest, &json!({"action": "lift"})).expect(200);
    let _ = try_renew(&ca, &successor).expect(201);
    ca.stop();
    assert!(step_ca_when_free(&format!("db check {}", config(&ca))).unwrap().contains("is sound"));
}

#[test]
fn a_recall_over_the_network_revokes_while_the_ca_runs_and_completes_what_was_begun() {
    let ca = with_operators().start();
    let (operator, leaf, digest) = recalled(&ca);
    let successor = renewed(&ca, &leaf);
    // Somebody has done a part of it already.
    revoke(&ca, &leaf);
    let done = order(&ca, &operator, &digest, &json!({"action": "revoke", "reasonCode": 9})).expect(200);
    assert_eq!(done.json()["certificates"][0]["serial"], serial(&successor));
    assert_eq!((names(&done).len(), &done.json()["certificates"][0]["status"]), (1, &json!("revoked")));
    let list = authority::CertificateList::from_der(&ca.client().get("/crl").body).unwrap();
    assert!(list.find(successor.certificate().serial_number()).is_some(), "the list shows it at once");
    let again = order(&ca, &operator, &digest, &json!({"action": "revoke"})).expect(200);
    assert!(names(&again).is_empty());
    assert!(names(&show(&ca, &operator, &digest)).is_empty());
    let _ = try_renew(&ca, &successor).expect(401);
}

#[test]
fn whoever_reads_does_not_recall() {
    let ca = with_operators().start();
    let (_, stranger, digest) = recalled(&ca);
    let reader = ca.issue(READER);
    assert_eq!(names(&show(&ca, &reader, &digest).expect(200)), ["a.example.com"]);
    let block = json!({"action": "block"});
    let refused = order(&ca, &reader, &digest, &block).expect(403).message();
    assert!(refused.contains("admin.operators"), "{refused}");
    let _ = order(&ca, &stranger, &digest, &block).expect(401);
    let _ = order_as(ca.client(), &digest, &block).expect(401);
    let _ = try_renew(&ca, &stranger).expect(201);
    let closed = open_to_readers().start();
    let _ = order(&closed, &closed.issue(READER), &digest, &block).expect(403);
    let nowhere = TestCa::start();
    let _ = order(&nowhere, &nowhere.issue(OPERATOR), &digest, &block).expect(404);
}

#[test]
fn whom_a_recall_bars_does_not_lift_it_and_no_other_one_either() {
    let ca = with_operators().start();
    let trusted = ca.issue(OPERATOR);
    ca.configure(|file| file["authority"]["provisioners"][0]["policies"] = json!(["withdrawn"]));
    ca.reload();
    let barred = ca.issue(OPERATOR);
    let records = ca.records();
    let asked = records.audit.iter().flat_map(|entry| &entry.modules).find(|asked| asked.name == "withdrawn");
    let digest = asked.unwrap().sha256;
    let other = Digest::of(&[b"another module"]);
    for module in [digest, other] {
        let _ = order(&ca, &barred, &module, &json!({"action": "block"})).expect(200);
    }
    for module in [digest, other] {
        let said = order(&ca, &barred, &module, &json!({"action": "lift"})).expect(403).message();
        assert!(said.contains(&digest.to_string()) && said.contains("lifts no recall"), "{said}");
        assert!(!show(&ca, &trusted, &module).expect(200).json()["recall"].is_null());
    }
    let _ = try_renew(&ca, &barred).expect(403);
    let _ = order(&ca, &trusted, &digest, &json!({"action": "lift"})).expect(200);
    let _ = order(&ca, &barred, &other, &json!({"action": "lift"})).expect(200);
    let _ = try_renew(&ca, &barred).expect(201);
}

#[test]
fn a_browser_that_is_made_to_ask_changes_nothing() {
    let ca = with_operators().start();
    let (operator, _, digest) = recalled(&ca);
    let client = ca.client_with(operator.identity());
    let request = client.request(reqwest::Method::POST, &format!("/admin/recalls/{digest}"));
    let _ = client.send(request.header("Content-Type", "text/plain").body(r#"{"action":"block"}"#)).expect(415);
    assert!(show(&ca, &operator, &digest).json()["recall"].is_null());
}

#[test]
fn the_command_recalls_over_the_network() {
    let mut ca = with_operators().system_clock().start();
    let (_, leaf, digest) = recalled(&ca);
    ca.let_others_in();
    let user = User::of(&ca);
    let get = "--provisioner-password-file {}/password";
    user.step(&format!("ca certificate {OPERATOR} {{}}/ops.crt {{}}/ops.key {get}")).answer();
    let line = format!("ca recall {digest} --cert {{}}/ops.crt --key {{}}/ops.key");
    let looked = user.step(&line);
    assert!(looked.talk.contains("1 certificate may still be used. `--block`"), "{}", looked.talk);
    assert!(looked.answer().contains(&serial(&leaf)));
    let blocked = user.step(&format!("{line} --block --reason no")).talk;
    assert!(
        blocked.contains(&format!(" by {OPERATOR}: no\n1 certificate may still be used and will not")),
        "{blocked}"
    );
    let _ = try_renew(&ca, &leaf).expect(403);
    let lifted = user.step(&format!("{line} --lift")).talk;
    assert!(lifted.ends_with("and `--revoke` revokes them.\n"), "{lifted}");
    let revoked = user.step(&format!("{line} --revoke")).talk;
    assert!(revoked.ends_with("1 certificate has been revoked.\n"), "{revoked}");
    let _ = try_renew(&ca, &leaf).expect(401);
}

#[test]
fn the_machine_blocks_and_lifts_when_the_ca_is_stopped() {
    let mut ca = with_operators().start();
    let (_, leaf, digest) = recalled(&ca);
    let line = format!("recall {digest} {}", config(&ca));
    assert!(step_ca(&format!("{line} --block")).unwrap_err().contains("is in use by another server"));
    ca.stop();
    let said = step_ca_when_free(&format!("{line} --block --reason no")).unwrap();
    assert!(said.ends_with("\n1 certificate may still be used and will not be renewed.\n"), "{said}");
    assert!(step_ca(&format!("{line} --block")).unwrap().contains("The module is recalled already: 1 certificate"));
    ca.restart();
    let _ = try_renew(&ca, &leaf).expect(403);
    ca.stop();
    assert!(step_ca_when_free(&format!("{line} --lift")).unwrap().contains("The recall is lifted: 1 certificate"));
    assert!(step_ca(&format!("{line} --lift")).unwrap().ends_with("The module is not recalled.\n"));
    ca.restart();
    let _ = try_renew(&ca, &leaf).expect(201);
}

/// Puts as many recalls on record as there may be, when the CA has stopped.
fn fill_with_recalls(ca: &TestCa) {
    let path = ca.step_path().base().join("db").join("step-ca.sqlite");
    let now = System.now();
    let store = loop {
        match Embedded::open(&path, None, now) {
            // A process that another test has just started holds the lock, until it has become another program.
            Err(OpenError::InUse { .. }) => std::thread::yield_now(),
            opened => break opened.unwrap(),
        }
    };
    let recall = |n: u64| {
        let (module, by) = (Digest::of(&[&n.to_be_bytes()]), "ops".to_owned());
        let record = RecallRecord { module, is_barred: true, time: now, reason: String::new(), recalled_by: by };
        store.recall(Recall::new(record, step_ca::recall::entry(now, n.to_string())))
    };
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        // Those that wait at once share a flush.
        let answers: Vec<_> = (0..limits::RECALLS).map(recall).collect();
        for answer in answers {
            assert!(answer.await.unwrap());
        }
    });
}

#[test]
fn what_there_is_is_revoked_although_no_more_can_be_recalled() {
    let mut ca = with_operators().start();
    let (operator, leaf, digest) = recalled(&ca);
    let line = format!("recall {digest} {}", config(&ca));
    ca.stop();
    fill_with_recalls(&ca);
    ca.restart();
    let refused = order(&ca, &operator, &digest, &json!({"action": "block"})).expect(403).message();
    assert!(refused.contains("recalls are on record already"), "{refused}");
    let done = order(&ca, &operator, &digest, &json!({"action": "revoke"})).expect(200);
    assert_eq!((names(&done), &done.json()["recall"]), (vec!["a.example.com".to_owned()], &Value::Null));
    let _ = try_renew(&ca, &leaf).expect(401);
    ca.configure(|file| file["authority"]["provisioners"][0]["policies"] = json!(["withdrawn"]));
    ca.reload();
    let another = ca.issue("b.example.com");
    ca.stop();
    let said = |entry: &step_ca::audit::Entry| {
        entry.message.as_ref().is_some_and(|message| message.contains("recalls are on record already"))
    };
    let records = ca.records();
    assert!(records.audit.iter().any(|entry| entry.outcome == Outcome::Answered && said(entry)));
    let done = step_ca_when_free(&format!("{line} --revoke")).unwrap();
    assert!(done.contains("The module is not recalled: 1000 recalls"), "{done}");
    assert!(done.ends_with("\n1 certificate has been revoked.\n"), "{done}");
    ca.restart();
    let _ = try_renew(&ca, &another).expect(401);
}

#[test]
fn whoever_revokes_is_not_locked_out_before_all_is_done() {
    let ca = with_operators().start();
    let operator = ca.issue(OPERATOR);
    let _ = ca.issue("a.example.com");
    let digest = module_of(&ca, OPERATOR, "builtin:jwk");
    let done = order(&ca, &operator, &digest, &json!({"action": "revoke"})).expect(200);
    assert_eq!(names(&done), ["a.example.com"]);
    assert_eq!(names(&show(&ca, &operator, &digest).expect(200)), [OPERATOR]);
    let _ = try_renew(&ca, &operator).expect(403);
}
