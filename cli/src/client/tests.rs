//! The client against a server that says what real and false CAs say.

use serde_json::{Value, json};

use crate::{
    ExitStatus,
    client::Fingerprint,
    testing::{Outcome, Server, User, http, root_certificate},
};

/// Runs a command of a user who trusts the server's root.
fn step(server: &Server, line: &str) -> Outcome {
    let user = User::new();
    user.write("step/certs/root_ca.crt", &server.root);
    user.step(&format!("{line} --ca-url {}", server.url))
}

fn json_answer(status: &str, body: &Value) -> String {
    http(status, "Content-Type: application/json\r\n", &body.to_string())
}

#[test]
fn every_request_says_who_asks_and_carries_an_id() {
    let server = Server::answering(vec![json_answer("200 OK", &json!({"status": "ok"}))]);
    assert_eq!(step(&server, "ca health").answer(), "ok\n");
    let requests = server.requests();
    let request = requests.first().expect("one request").to_lowercase();
    assert!(request.starts_with("get /health http/1.1\r\n"), "{request}");
    assert!(request.contains("user-agent: step cli/"), "{request}");
    assert!(request.contains("x-request-id: "), "{request}");
}

#[test]
fn a_server_of_another_root_is_not_talked_to() {
    let server = Server::answering(vec![String::new()]);
    let user = User::new();
    user.write("step/certs/root_ca.crt", root_certificate());
    let error = user.step(&format!("ca health --ca-url {}", server.url)).error();
    assert!(error.contains("\n\nhint: the CA is not certified by the root you trust"), "{error}");
    assert!(server.requests().iter().all(String::is_empty));
}

#[test]
fn a_server_of_another_name_is_not_talked_to() {
    let server = Server::answering(vec![String::new()]);
    let user = User::new();
    user.write("step/certs/root_ca.crt", &server.root);
    let url = server.url.replace("localhost", "127.0.0.1");
    let error = user.step(&format!("ca health --ca-url {url}")).error();
    assert!(error.contains("not valid for") || error.contains("NotValidForName"), "{error}");
    assert!(server.requests().iter().all(String::is_empty));
}

#[test]
fn a_refusal_is_the_message_and_nothing_that_steers_the_terminal() {
    let problem = json!({"status": 403, "message": "no\u{1b}[2J\nhint: run rm"});
    let answer = http("403 Forbidden", "X-Request-Id: the-id\r\n", &problem.to_string());
    let error = step(&Server::answering(vec![answer]), "ca health").error();
    assert_eq!(error, "no\\u{1b}[2J\\u{a}hint: run rm\n\nhint: the CA's log has the reason under request id the-id\n");
}

#[test]
fn a_refusal_names_each_rule_and_what_it_has_seen() {
    let hours = json!({
        "rule": "hours.closed", "message": "closed", "field": "now", "got": "Wed\u{1b}[2J", "want": "Mon", "hint": "wait",
    });
    let names = json!({"rule": "names.many", "message": "too many names"});
    let problem = json!({
        "status": 403, "message": "forbidden: closed", "decisionId": "5c9a0f6d1e2b3a4c5d6e", "reasons": [hours, names],
    });
    let answer = http("403 Forbidden", "X-Request-Id: the-id\r\n", &problem.to_string());
    let error = step(&Server::answering(vec![answer]), "ca health").error();
    let facts = "  rule  hours.closed\n  field now\n  got   Wed\\u{1b}[2J\n  want  Mon\n  rule  names.many\n  why   too many names\n";
    let hint = "hint: wait; on the CA `step policy explain 5c9a0f6d1e2b3a4c5d6e` tells how it was decided; \
                the CA's log has the reason under request id the-id\n";
    assert_eq!(error, format!("forbidden: closed\n\n{facts}\n{hint}"));
}

#[test]
fn what_is_not_decided_yet_says_what_it_waits_for() {
    let problem = json!({"status": 202, "message": "a second person has to ask for this certificate"});
    let answer = http("202 Accepted", "X-Request-Id: the-id\r\n", &problem.to_string());
    let error = step(&Server::answering(vec![answer]), "ca health").error();
    let hint = "hint: the CA's log has the reason under request id the-id\n";
    assert_eq!(error, format!("a second person has to ask for this certificate\n\n{hint}"));
}

#[test]
fn a_refusal_that_is_not_a_problem_names_the_status() {
    let server = Server::answering(vec![http("502 Bad Gateway", "", "<html>")]);
    let error = step(&server, "ca health").error();
    assert_eq!(error, format!("failed decoding CA error response: {}/health answered 502\n", server.url));
}

#[test]
fn a_redirect_is_not_followed() {
    let other = Server::answering(vec![json_answer("200 OK", &json!({"status": "ok"}))]);
    let location = format!("Location: {}/health\r\n", other.url);
    let server = Server::answering(vec![http("302 Found", &location, "")]);
    let error = step(&server, "ca health").error();
    assert!(error.contains("answered with a redirect, which is not followed"), "{error}");
    assert!(other.requests().is_empty());
}

#[test]
fn an_endless_answer_is_cut_off() {
    let body = format!("{{\"status\":\"{}\"}}", "x".repeat(5 << 20));
    let error = step(&Server::answering(vec![http("200 OK", "", &body)]), "ca health").error();
    assert!(error.starts_with("the CA's answer is longer than 4194304 octets"), "{error}");
}

#[test]
fn answers_of_2019_are_understood() {
    // 201 and text/plain where JSON is meant, and null for an empty list.
    let plain = "Content-Type: text/plain; charset=utf-8\r\n";
    let body = json!({"crts": [root_certificate()]}).to_string();
    let server = Server::answering(vec![http("201 Created", plain, &body)]);
    assert!(step(&server, "ca roots").answer().starts_with("-----BEGIN CERTIFICATE-----\n"));
    let server = Server::answering(vec![json_answer("200 OK", &json!({"provisioners": null, "nextCursor": ""}))]);
    assert_eq!(step(&server, "ca provisioner list").answer(), "[]\n");
}

#[test]
fn every_page_of_the_provisioners_is_read_in_order() {
    let page = |name: &str, next: &str| json!({"provisioners": [{"name": name, "other": 1}], "nextCursor": next});
    let answers = vec![json_answer("200 OK", &page("a", "c&1")), json_answer("200 OK", &page("b", ""))];
    let server = Server::answering(answers);
    let list = step(&server, "ca provisioner list").answer();
    let names: Vec<Value> = serde_json::from_str::<Vec<Value>>(&list).expect("a list");
    assert_eq!(names, [json!({"name": "a", "other": 1}), json!({"name": "b", "other": 1})]);
    let requests = server.requests();
    let lines: Vec<_> = requests.iter().filter_map(|request| request.lines().next()).collect();
    assert_eq!(lines, ["GET /provisioners?limit=100 HTTP/1.1", "GET /provisioners?limit=100&cursor=c%261 HTTP/1.1"]);
}

#[test]
fn bootstrap_writes_nothing_unless_the_fingerprint_fits() {
    let (meant, sent) = (root_certificate(), root_certificate());
    let fingerprint =
        |pem: &str| Fingerprint::of(authority::Certificate::from_pem(pem).expect("a certificate").der()).to_string();
    let line = |server: &Server, fingerprint: &str| {
        format!("ca bootstrap --ca-url {} --fingerprint {fingerprint}", server.url)
    };
    let user = User::new();
    let server = Server::answering(vec![json_answer("200 OK", &json!({"ca": sent}))]);
    let error = user.step(&line(&server, &fingerprint(&meant))).error();
    let expected = "error downloading root certificate: root certificate SHA256 fingerprint do not match\n";
    assert!(error.starts_with(expected), "{error}");
    assert!(!user.path("step/certs").exists() && !user.path("step/config").exists());

    let server = Server::answering(vec![json_answer("200 OK", &json!({"ca": sent}))]);
    let typed = fingerprint(&sent).to_uppercase();
    let outcome = user.step(&line(&server, &typed));
    let expected = "The root certificate has been saved in {}/step/certs/root_ca.crt.\n\
                    Your configuration has been saved in {}/step/config/defaults.json.\n";
    assert_eq!((outcome.status, outcome.talk.as_str()), (ExitStatus::Success, expected));
    assert_eq!(user.read("step/certs/root_ca.crt"), sent);
    let path = user.path("step/certs/root_ca.crt");
    let defaults = format!(
        "{{\n  \"ca-url\": \"{}\",\n  \"fingerprint\": \"{typed}\",\n  \"root\": \"{}\"\n}}",
        server.url,
        path.display()
    );
    assert_eq!(user.read("step/config/defaults.json"), defaults);
}

#[test]
fn a_certificate_for_another_key_is_not_kept() {
    let server = Server::answering(vec![json_answer(
        "201 Created",
        &json!({"crt": root_certificate(), "ca": root_certificate()}),
    )]);
    let user = User::new();
    user.write("step/certs/root_ca.crt", &server.root);
    let key = jose::Jwk::generate_ec_p256().expect("a key");
    let token = jose::jws::sign(&jose::jws::ProtectedHeader::jwt("k"), r#"{"sub":"a"}"#, &key).expect("signed");
    let line = format!("ca certificate a {{}}/a.crt {{}}/a.key --not-after 1h --ca-url {} --token {token}", server.url);
    assert!(user.step(&line).error().ends_with("the CA sent a certificate for another key\n"));
    assert!(!user.path("a.crt").exists() && !user.path("a.key").exists());

    let requests = server.requests();
    let (_, body) = requests.first().and_then(|request| request.split_once("\r\n\r\n")).expect("a request");
    let body: Value = serde_json::from_str(body).expect("JSON");
    // A server of 2019 wants a time or nothing.
    assert!(body.get("notBefore").is_none(), "{body}");
    assert!(body["notAfter"].as_str().is_some_and(|time| time.parse::<authority::Timestamp>().is_ok()), "{body}");
    assert_eq!(body["ott"], token.as_str());
}
