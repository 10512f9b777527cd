//! curl: what people type.

use std::process::Command;

use serde_json::Value;
use step_tests::{Csr, OpenSsl, TestCa, body_of_2026};

/// Runs curl in a folder that holds the root; none where the program is missing.
fn curl(folder: &OpenSsl, ca: &TestCa, path: &str, arguments: &[&str]) -> Option<(String, String)> {
    folder.write("root.crt", ca.pki().root.pem());
    let mut command = Command::new("curl");
    command.args(["--silent", "--show-error", "--cacert", "root.crt", "--write-out", "\n%{http_code}"]);
    command.args(arguments).arg(format!("{}{path}", ca.url())).current_dir(folder.folder());
    let Ok(output) = command.env("NO_PROXY", "*").output() else {
        eprintln!("skipped: there is no curl program");
        return None;
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let (body, status) = text.rsplit_once('\n').unwrap();
    Some((body.to_owned(), status.to_owned()))
}

#[test]
fn a_certificate_by_hand() {
    let Some(openssl) = OpenSsl::find() else { return };
    let mut ca = TestCa::build().system_clock().start();
    ca.let_others_in();
    for version in ["--http1.1", "--http2"] {
        let Some((body, status)) = curl(&openssl, &ca, "/health", &[version]) else { return };
        assert_eq!((body.as_str(), status.as_str()), ("{\"status\":\"ok\"}\n", "200"));
    }

    let csr = Csr::of("by-hand.example");
    let request = body_of_2026(&csr.pem, &ca.token("by-hand.example").sign(), "", "1h");
    openssl.write("request.json", request.to_string());
    let (body, status) = curl(&openssl, &ca, "/sign", &["--data", "@request.json"]).unwrap();
    assert_eq!(status, "201", "{body}");
    let answer: Value = serde_json::from_str(&body).unwrap();
    openssl.write("leaf.crt", answer["crt"].as_str().unwrap());
    openssl.write("leaf.key", csr.key.to_pem().unwrap().as_bytes());
    let identity = ["--cert", "leaf.crt", "--key", "leaf.key", "--request", "POST"];
    let (body, status) = curl(&openssl, &ca, "/renew", &identity).unwrap();
    assert_eq!(status, "201", "{body}");

    // More than is read: the answer arrives although the rest of the body was never wanted.
    openssl.write("large.json", format!("{{\"filler\":\"{}\"}}", "x".repeat(2 << 20)));
    let (body, status) = curl(&openssl, &ca, "/sign", &["--http1.1", "--data", "@large.json"]).unwrap();
    assert_eq!(status, "413", "{body}");
    let problem: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(problem["status"], 413);
}
