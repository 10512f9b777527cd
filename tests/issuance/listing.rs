//! The list of provisioners, page by page, and what it gives away.

use serde_json::{Value, json};
use step_tests::{PROVISIONER, Second, TestCa};

fn names(page: &Value) -> Vec<&str> {
    page["provisioners"].as_array().unwrap().iter().map(|entry| entry["name"].as_str().unwrap()).collect()
}

#[test]
fn following_the_cursors_shows_every_provisioner_once() {
    let ca = TestCa::build()
        .configure(|ca_json| {
            let provisioners = ca_json["authority"]["provisioners"].as_array_mut().unwrap();
            let one = provisioners[0].clone();
            for number in 1..45 {
                let mut other = one.clone();
                other["name"] = format!("p{number}").into();
                provisioners.push(other);
            }
        })
        .start();
    for (limit, first) in [("", 20), ("0", 20), ("-3", 20), ("1", 1), ("7", 7), ("45", 45), ("100", 45), ("1000", 45)] {
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let answer = ca.client().get(&format!("/provisioners?limit={limit}&cursor={cursor}")).expect(200);
            let page = answer.json();
            if seen.is_empty() {
                assert_eq!(names(&page).len(), first, "limit {limit}");
            }
            seen.extend(names(&page).into_iter().map(str::to_owned));
            cursor = page["nextCursor"].as_str().unwrap().to_owned();
            if cursor.is_empty() {
                break;
            }
        }
        let expected: Vec<String> =
            std::iter::once(PROVISIONER.to_owned()).chain((1..45).map(|number| format!("p{number}"))).collect();
        assert_eq!(seen, expected, "limit {limit}");
    }
    for limit in ["x", "1.5", "99999999999999999999"] {
        let answer = ca.client().get(&format!("/provisioners?limit={limit}")).expect(400);
        assert!(answer.message().contains(&format!("error converting {limit} to integer")), "{}", answer.message());
    }
    let end = ca.client().get(&format!("/provisioners?cursor={}", "f".repeat(40))).expect(200);
    assert_eq!(end.text(), "{\"provisioners\":[],\"nextCursor\":\"\"}\n");
}

#[test]
fn an_entry_is_what_upstream_shows() {
    let ca = TestCa::shared();
    let answer = ca.client().get("/provisioners").expect(200);
    let page = answer.json();
    let entry = &page["provisioners"][0];
    assert_eq!(entry["claims"], json!({}));
    assert_eq!(entry["type"], "JWK");
    let text = answer.text();
    let order = ["\"name\"", "\"type\"", "\"key\"", "\"encryptedKey\"", "\"claims\""].map(|member| text.find(member));
    assert!(order.is_sorted() && order.iter().all(Option::is_some), "{text}");
    let key = entry["key"].to_string();
    let order =
        ["\"use\"", "\"kty\"", "\"kid\"", "\"crv\"", "\"alg\"", "\"x\"", "\"y\""].map(|member| text.find(member));
    assert!(order.is_sorted() && order.iter().all(Option::is_some), "{key}");

    let kid = ca.provisioner_key().kid().unwrap();
    let key = ca.client().get(&format!("/provisioners/{kid}/encrypted-key")).expect(200).json();
    assert_eq!(key["key"], entry["encryptedKey"]);
    let missing = ca.client().get("/provisioners/nothing/encrypted-key").expect(404);
    assert_eq!(missing.message(), "encrypted key with kid nothing was not found");
}

#[test]
fn claims_are_shown_as_go_writes_durations() {
    let mut object = Second::new("second").object();
    object["claims"] = json!({"maxTLSCertDuration": "90m", "defaultTLSCertDuration": "1h", "disableRenewal": false});
    object["encryptedKey"] = "".into();
    let ca = TestCa::build().provisioner(object).start();
    let page = ca.client().get("/provisioners").expect(200).json();
    let entry = &page["provisioners"][1];
    assert_eq!(
        entry["claims"],
        json!({"maxTLSCertDuration": "1h30m0s", "defaultTLSCertDuration": "1h0m0s", "disableRenewal": false})
    );
    assert!(entry.get("encryptedKey").is_none());
}

#[test]
fn a_private_key_that_strayed_into_the_file_does_not_get_out() {
    let second = Second::new("second");
    let mut object = second.object();
    let private: Value = serde_json::from_str(&second.key.to_private_json().unwrap()).unwrap();
    object["key"] = private.clone();
    let secret = private["d"].as_str().unwrap();
    match TestCa::build().provisioner(object).try_start() {
        Err(error) => assert!(error.contains("authority.provisioners[1].key.d") && !error.contains(secret), "{error}"),
        Ok(ca) => assert!(!ca.client().get("/provisioners").text().contains(secret)),
    }
}
