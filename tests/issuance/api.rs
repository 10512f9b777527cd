//! The other routes, and everything that is no route.

use reqwest::Method;
use serde_json::json;
use step_tests::{Pki, TestCa};

#[test]
fn whatever_is_no_route_is_refused_in_json() {
    let ca = TestCa::shared();
    let ask = |method: Method, path: &str| ca.client().send(ca.client().request(method, path));
    for path in ["/", "/signs", "/sign/", "/1.0", "/1.0/", "/2.0/sign", "/admin/admins", "/acme/directory", "/scep/x"] {
        let answer = ask(Method::GET, path);
        assert_eq!((answer.status, answer.problem().status), (404, 404), "{path}");
    }
    for path in ["//health", "/%2fhealth", "/x/../health", "/health%00", "/root/..%2f..%2fca.json"] {
        let answer = ask(Method::GET, path);
        assert!(matches!(answer.status, 404 | 200), "{path}: {}", answer.status);
    }
    for (method, path) in [
        (Method::GET, "/sign"),
        (Method::PUT, "/sign"),
        (Method::DELETE, "/renew"),
        (Method::POST, "/health"),
        (Method::PATCH, "/1.0/sign"),
        (Method::POST, "/provisioners"),
    ] {
        let answer = ask(method.clone(), path);
        assert_eq!((answer.status, answer.problem().status), (405, 405), "{method} {path}");
        assert!(!answer.header("allow").is_empty());
    }
}

#[test]
fn a_body_is_held_to_a_mebibyte() {
    let ca = TestCa::shared();
    let filled = |length: usize| {
        let frame = json!({"filler": ""}).to_string().len();
        json!({"filler": "x".repeat(length - frame)}).to_string()
    };
    for (length, status) in [((1 << 20) - 1, 400), (1 << 20, 400), ((1 << 20) + 1, 413)] {
        let body = filled(length);
        assert_eq!(body.len(), length);
        let answer = ca.client().post_bytes("/sign", body);
        assert_eq!((answer.status, answer.problem().status), (status, status), "{length}");
    }
}

#[test]
fn a_body_that_is_packed_is_not_unpacked() {
    let ca = TestCa::shared();
    for coding in ["gzip", "br", "deflate", "zstd", "identity, gzip"] {
        let request = ca.client().request(Method::POST, "/sign").header("Content-Encoding", coding).body("{}");
        let answer = ca.client().send(request);
        assert_eq!((answer.status, answer.problem().status), (415, 415), "{coding}");
    }
    let request = ca.client().request(Method::POST, "/sign").header("Content-Encoding", "identity").body("{}");
    let _ = ca.client().send(request).expect(400);
}

#[test]
fn json_is_held_to_32_levels() {
    let ca = TestCa::shared();
    for (depth, text) in [(31, "missing csr"), (32, "nested deeper"), (100_000, "nested deeper")] {
        let body = format!("{{\"x\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
        let answer = ca.client().post_bytes("/sign", body).expect(400);
        assert!(answer.message().contains(text), "{depth}: {}", answer.message());
    }
}

#[test]
fn what_everybody_may_know_is_told() {
    let ca = TestCa::shared();
    let pki = ca.pki();
    for prefix in ["", "/1.0"] {
        let get = |path: &str| ca.client().get(&format!("{prefix}{path}"));
        assert_eq!(get("/health").expect(200).text(), "{\"status\":\"ok\"}\n");
        assert_eq!(get("/ready").expect(200).text(), "{\"status\":\"ok\"}\n");
        assert!(get("/version").expect(200).json()["version"].is_string());
        assert_eq!(get("/roots").expect(201).json(), json!({"crts": [pki.root.pem()]}));
        assert_eq!(get("/roots.pem").expect(200).text(), pki.root.pem());
        assert_eq!(get("/federation").expect(201).json(), json!({"crts": [pki.root.pem()]}));
        assert_eq!(get("/intermediates").expect(201).json(), json!({"crts": [pki.intermediate.pem()]}));
    }
    let head = ca.client().send(ca.client().request(Method::HEAD, "/health")).expect(200);
    assert!(head.body.is_empty());
}

#[test]
fn a_root_is_found_by_its_fingerprint_however_it_is_typed() {
    let other = Pki::new(TestCa::build().now());
    let pem = other.root.pem();
    let ca = TestCa::build()
        .configure(move |ca_json| {
            let path = std::path::Path::new(ca_json["root"].as_str().unwrap()).with_file_name("federated.crt");
            std::fs::write(&path, pem).unwrap();
            ca_json["federatedRoots"] = json!([path]);
        })
        .start();
    let own = ca.pki().fingerprint();
    let dashed = own.as_bytes().chunks(2).map(|two| std::str::from_utf8(two).unwrap()).collect::<Vec<_>>().join("-");
    for spelling in [own.clone(), own.to_uppercase(), dashed] {
        let answer = ca.client().get(&format!("/root/{spelling}")).expect(200);
        assert_eq!(answer.json(), json!({"ca": ca.pki().root.pem()}));
    }
    let federated = ca.client().get(&format!("/root/{}", other.fingerprint())).expect(200);
    assert_eq!(federated.json(), json!({"ca": other.root.pem()}));
    let federation = ca.client().get("/federation").expect(201).json();
    assert_eq!(federation, json!({"crts": [ca.pki().root.pem(), other.root.pem()]}));
    for fingerprint in ["0".repeat(64), own[1..].to_owned(), "x".to_owned()] {
        let answer = ca.client().get(&format!("/root/{fingerprint}")).expect(404);
        assert_eq!(answer.message(), format!("root certificate with fingerprint \"{fingerprint}\" was not found"));
    }
}

#[test]
fn every_answer_has_the_name_of_its_request() {
    let ca = TestCa::shared();
    let fresh = ca.client().get("/health");
    assert_eq!(fresh.header("x-request-id").len(), 20, "as long as upstream's");
    assert_ne!(ca.client().get("/health").header("x-request-id"), fresh.header("x-request-id"));
    for (header, id) in [("X-Request-Id", "mine"), ("X-Smallstep-Id", "theirs")] {
        let request = ca.client().request(Method::GET, "/nowhere").header(header, id);
        let answer = ca.client().send(request).expect(404);
        assert_eq!(answer.header("x-request-id"), id);
        assert_eq!(answer.problem().request_id.as_deref(), Some(id));
    }
}
