//! What anybody may read.

use super::*;

#[tokio::test]
async fn every_public_document_is_what_clients_expect_at_both_of_its_paths() {
    const ROOT_PEM: &str = r"-----BEGIN CERTIFICATE-----\nROOT\n-----END CERTIFICATE-----\n";
    const FEDERATED_PEM: &str = r"-----BEGIN CERTIFICATE-----\nFEDERATED\n-----END CERTIFICATE-----\n";
    const INTERMEDIATE_PEM: &str = r"-----BEGIN CERTIFICATE-----\nINTERMEDIATE\n-----END CERTIFICATE-----\n";
    let cases = [
        ("/health", 200, r#"{"status":"ok"}"#.to_owned()),
        ("/ready", 200, r#"{"status":"ok"}"#.to_owned()),
        ("/version", 200, format!(r#"{{"version":"{}"}}"#, env!("CARGO_PKG_VERSION"))),
        ("/roots", 201, format!(r#"{{"crts":["{ROOT_PEM}"]}}"#)),
        ("/federation", 201, format!(r#"{{"crts":["{ROOT_PEM}","{FEDERATED_PEM}"]}}"#)),
        ("/intermediates", 201, format!(r#"{{"crts":["{INTERMEDIATE_PEM}"]}}"#)),
        (
            "/provisioners?limit=1&limit=3",
            200,
            concat!(
                r#"{"provisioners":[{"name":"\u003cp1\u003e","type":"JWK","key":{"kty":"EC","kid":"k1"},"#,
                r#""encryptedKey":"jwe.1","claims":{}}],"nextCursor":"1CURSOR"}"#
            )
            .to_owned(),
        ),
        ("/provisioners/k3/encrypted-key", 200, r#"{"key":"jwe.3"}"#.to_owned()),
    ];
    for (path, status, expected) in cases {
        for path in [path.to_owned(), format!("/1.0{path}")] {
            let answer = get(&path).await;
            assert_eq!(answer.status.as_u16(), status, "{path}");
            assert_eq!(answer.header(header::CONTENT_TYPE), "application/json", "{path}");
            let expected = match expected.split_once("CURSOR") {
                // 32 digits of a hash, covered by the test vector in `listing.rs`.
                Some((before, after)) => {
                    let text = answer.text();
                    assert!(text.starts_with(before), "{path}: {text}");
                    format!("{}{after}\n", &text[..before.len() + 32])
                }
                None => format!("{expected}\n"),
            };
            assert_eq!(answer.text(), expected, "{path}");
        }
    }
}

#[tokio::test]
async fn pem_bundles_are_pem() {
    for (path, name) in [("/roots.pem", "ROOT"), ("/1.0/intermediates.pem", "INTERMEDIATE")] {
        let answer = get(path).await;
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(answer.header(header::CONTENT_TYPE), "application/x-pem-file");
        assert_eq!(answer.text(), format!("-----BEGIN CERTIFICATE-----\n{name}\n-----END CERTIFICATE-----\n"));
    }
}

#[tokio::test]
async fn a_root_is_found_by_its_fingerprint_and_only_by_it() {
    let plain = "0a".repeat(32);
    let dashed = "0A-".repeat(32);
    for fingerprint in [&plain, &dashed] {
        let answer = get(&format!("/root/{fingerprint}")).await;
        assert_eq!(answer.status, 200, "{fingerprint}");
        assert!(answer.text().starts_with(r#"{"ca":"-----BEGIN CERTIFICATE-----\nROOT\n"#));
    }
    let answer = get("/root/DEAD-beef").await;
    assert_eq!(answer.status, 404);
    assert_eq!(answer.json()["message"], r#"root certificate with fingerprint "deadbeef" was not found"#);
}

#[tokio::test]
async fn keys_that_are_not_published_are_not_found() {
    for kid in ["k2", "nobody", "%27%20OR%201=1", "%e9", "%zz"] {
        let answer = get(&format!("/provisioners/{kid}/encrypted-key")).await;
        assert_eq!(answer.status, 404, "{kid}");
        assert_eq!(answer.json()["status"], 404);
    }
}

#[tokio::test]
async fn a_page_limit_that_is_no_number_is_a_bad_request() {
    for limit in ["x", "1.5", "99999999999999999999", "%20", "1%00"] {
        let answer = get(&format!("/provisioners?limit={limit}")).await;
        assert_eq!(answer.status, 400, "{limit}");
        assert!(
            answer.json()["message"].as_str().unwrap().starts_with("The request could not be completed: error conv")
        );
    }
    for limit in ["", "%2B2", "-7", "0"] {
        assert_eq!(get(&format!("/provisioners?limit={limit}&cursor=&other=%ff")).await.status, 200, "{limit}");
    }
}

#[tokio::test]
async fn a_ca_that_cannot_issue_is_alive_but_not_ready() {
    let ca = Arc::new(FakeCa::default());
    ca.is_ready.store(false, std::sync::atomic::Ordering::Relaxed);
    let router = router(ca);
    assert_eq!(ask(&router, request(Method::GET, "/health", Body::empty())).await.status, 200);
    let answer = ask(&router, request(Method::GET, "/ready", Body::empty())).await;
    assert_eq!(answer.status, 503);
    assert_eq!(answer.header(header::RETRY_AFTER), "10");
    let reasons = &answer.json()["reasons"];
    assert_eq!((&reasons[0]["rule"], &reasons[0]["message"]), (&"store".into(), &"the disk is gone".into()));
}

#[tokio::test]
async fn head_is_get_without_a_body() {
    for path in ["/health", "/roots", "/1.0/roots.pem", "/provisioners", "/nothing", "/root/00", "/crl"] {
        let (got, head) = (get(path).await, ask(&routes(), request(Method::HEAD, path, Body::empty())).await);
        assert_eq!(head.status, got.status, "{path}");
        assert_eq!(head.header(header::CONTENT_TYPE), got.header(header::CONTENT_TYPE), "{path}");
        assert!(head.body.is_empty(), "{path}");
        if got.status.is_success() {
            assert_eq!(head.header(header::CONTENT_LENGTH), got.body.len().to_string(), "{path}");
        }
    }
}
