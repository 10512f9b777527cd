//! The road as both generations of clients walk it.

use authority::Timestamp;
use serde_json::{Value, json};
use step_ca::audit::Outcome;
use step_tests::{Csr, TestCa, body_of_2019, body_of_2026};

#[test]
fn a_token_and_a_request_make_a_certificate() {
    let ca = TestCa::shared();
    let csr = Csr::of("web.example.com");
    let request = ca.client().request(reqwest::Method::POST, "/sign").header("X-Request-Id", "one-of-ours");
    let body = body_of_2026(&csr.pem, &ca.token("web.example.com").sign(), "", "");
    let answer = ca.client().send(request.body(body.to_string())).expect(201);

    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.header("x-request-id"), "one-of-ours");
    let text = answer.text();
    let order = ["{\"crt\":", ",\"ca\":", ",\"certChain\":[", ",\"tlsOptions\":{"].map(|member| text.find(member));
    assert!(order.is_sorted() && order.iter().all(Option::is_some), "{text}");
    assert!(text.ends_with("}\n"));
    assert_eq!(answer.chain(), [answer.certificate(), ca.pki().intermediate.clone()]);
    assert_eq!(answer.json()["ca"], ca.pki().intermediate.pem());
}

#[test]
fn the_client_of_2019_is_understood() {
    let ca = TestCa::shared();
    let now = ca.now();
    let csr = Csr::of("web.example.com");
    // It knows no `sans`, and speaks of its times as absolute ones, the year 1 being none.
    let token = || ca.token("web.example.com").without("sans").sign();
    let unset = ca.client().post("/sign", &body_of_2019(&csr.pem, &token(), None, None)).expect(201);
    let validity = unset.certificate().validity();
    assert_eq!((validity.not_before, validity.not_after), (after(now, -60), after(now, 86_400)));
    assert_eq!(unset.certificate().subject_alt_names().unwrap().iter().collect::<Vec<_>>(), ["web.example.com"]);

    let body = body_of_2019(&csr.pem, &token(), Some(now), Some(after(now, 3_600)));
    let validity = ca.client().post("/sign", &body).expect(201).certificate().validity();
    assert_eq!((validity.not_before, validity.not_after), (now, after(now, 3_600)));

    let tls = unset.json()["tlsOptions"].clone();
    assert_eq!(tls["maxVersion"], 1.2);
    assert_eq!(tls["cipherSuites"][0], "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305");
}

#[test]
fn the_client_of_2026_may_name_times_as_durations() {
    let ca = TestCa::shared();
    let now = ca.now();
    for (not_before, not_after, expected) in
        [("", "", (-60, 86_400)), ("", "1h0m0s", (-60, 3_600)), ("10m", "1h", (600, 4_200)), ("-30s", "5m", (-30, 270))]
    {
        let body = body_of_2026(&Csr::of("a").pem, &ca.token("a").sign(), not_before, not_after);
        let validity = ca.client().post("/sign", &body).expect(201).certificate().validity();
        let expected = (after(now, expected.0), after(now, expected.1));
        assert_eq!((validity.not_before, validity.not_after), expected, "{not_before} {not_after}");
    }
}

#[test]
fn the_older_path_is_the_same_road() {
    let ca = TestCa::shared();
    let body = body_of_2026(&Csr::of("a").pem, &ca.token("a").sign(), "", "");
    let _ = ca.client().post("/1.0/sign", &body).expect(201);
}

#[test]
fn a_body_is_read_as_upstream_reads_it() {
    let ca = TestCa::shared();
    let body = |ca: &TestCa| body_of_2026(&Csr::of("a").pem, &ca.token("a").sign(), "", "");
    let renamed = |body: Value| body.to_string().replace("\"csr\"", "\"CSR\"").replace("\"ott\"", "\"oTT\"");
    let _ = ca.client().post_bytes("/sign", renamed(body(&ca))).expect(201);
    let _ = ca.client().post_bytes("/sign", format!("{} and more", body(&ca))).expect(201);
    let mut stranger = body(&ca);
    stranger["stranger"] = json!({"deep": [1, 2, {}]});
    let _ = ca.client().post("/sign", &stranger).expect(201);
}

#[test]
fn what_is_missing_or_broken_is_named() {
    let ca = TestCa::shared();
    let good = |csr: &str, token: &str| body_of_2026(csr, token, "", "");
    let (csr, token) = (Csr::of("a").pem, ca.token("a").sign());
    let mut bad_time = good(&csr, &token);
    bad_time["notAfter"] = "tomorrow".into();
    for (body, text) in [
        (json!({}), "missing csr"),
        (json!({"csr": null, "ott": token}), "missing csr"),
        (json!({"csr": csr}), "missing ott"),
        (json!({"csr": csr, "ott": ""}), "missing ott"),
        (json!({"csr": csr, "ott": "  \n"}), "missing ott"),
        (json!({"csr": 1, "ott": token}), "error decoding json"),
        (json!([]), "error decoding json"),
        (bad_time, "notAfter"),
        (good("no pem", &token), "invalid csr"),
        (good(&ca.pki().root.pem(), &token), "invalid csr"),
    ] {
        let answer = ca.client().post("/sign", &body).expect(400);
        assert!(answer.message().starts_with("The request could not be completed: "), "{}", answer.text());
        assert!(answer.message().contains(text), "{text}: {}", answer.text());
        assert!(!answer.text().contains(&token), "the token is a secret");
    }
}

#[test]
fn a_request_that_fails_leaves_its_token_usable() {
    let ca = TestCa::start();
    let token = ca.token("web.example.com").sign();
    let csr = Csr::of("web.example.com");

    let other = ca.sign(&Csr::of("other.example.com"), &token).expect(403);
    assert!(other.message().contains("common name claim failed - got other.example.com, want web.example.com"));
    let _ = ca.client().post("/sign", &body_of_2026("no pem", &token, "", "")).expect(400);
    let _ = ca.client().post("/sign", &body_of_2026(&csr.pem, &token, "", "1000h")).expect(403);
    let _ = ca.client().post("/sign", &body_of_2026(&csr.pem, &token, "", "1s")).expect(403);
    assert_eq!(ca.records().spent, 0);

    let _ = ca.sign(&csr, &token).expect(201);
    let _ = ca.sign(&csr, &token).expect(401);
    assert_eq!(ca.records().spent, 1);
}

#[test]
fn every_decision_is_on_record_with_its_reason_and_without_the_token() {
    let mut ca = TestCa::start();
    let token = ca.token("web.example.com").sign();
    let refused = ca.sign(&Csr::of("other.example.com"), &token).expect(403).problem();
    let stolen = ca.sign(&Csr::of("web.example.com"), "no.token.atall").expect(401).problem();
    let leaf = ca.sign(&Csr::of("web.example.com"), &token).expect(201).certificate();
    ca.stop();

    let records = ca.records();
    let refused = records.decision(&refused.decision_id.unwrap()).unwrap();
    assert_eq!(refused.outcome, Outcome::Refused);
    assert_eq!(refused.subject.as_deref(), Some("web.example.com"));
    assert_eq!(refused.names, ["other.example.com"]);
    assert_eq!(refused.peer.unwrap().to_string(), "127.0.0.1");
    assert!(refused.message.as_ref().unwrap().contains("common name"), "{refused:?}");
    let stolen = records.decision(&stolen.decision_id.unwrap()).unwrap();
    assert!(stolen.message.as_ref().unwrap().contains("token"), "{stolen:?}");

    let issued = records.audit.iter().find(|entry| entry.serial_number == Some(*leaf.serial_number())).unwrap();
    assert_eq!(issued.outcome, Outcome::Issued);
    let modules: Vec<&str> = issued.modules.iter().map(|module| module.name.as_str()).collect();
    assert_eq!(modules, ["builtin:jwk", "builtin:claims"]);
    let store = std::fs::read(ca.store_path()).unwrap();
    let signature = token.rsplit('.').next().unwrap().as_bytes();
    assert!(!store.windows(signature.len()).any(|octets| octets == signature), "tokens are not kept");
}

pub(crate) fn after(time: Timestamp, seconds: i64) -> Timestamp {
    Timestamp::from_unix(time.as_unix() + seconds)
}
