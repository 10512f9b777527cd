//! TLS as other implementations speak it.

use std::{
    io::Write,
    process::{Command, Stdio},
};

use serde_json::json;
use step_tests::{OpenSsl, TestCa};

/// What `openssl s_client` says about a CA.
fn s_client(openssl: &OpenSsl, ca: &TestCa, flags: &str) -> Result<String, String> {
    openssl.write("root.crt", ca.pki().root.pem());
    let connect = ca.address().to_string();
    let mut command = Command::new("openssl");
    command.args(["s_client", "-connect", &connect, "-CAfile", "root.crt", "-verify_return_error", "-brief"]);
    command.args(flags.split_whitespace()).current_dir(openssl.folder());
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("openssl runs");
    // Nothing to say: it ends the conversation.
    child.stdin.take().unwrap().flush().unwrap();
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    if output.status.success() { Ok(text.into_owned()) } else { Err(text.into_owned()) }
}

#[test]
fn openssl_shakes_hands_by_every_name_and_version_that_is_allowed() {
    let Some(openssl) = OpenSsl::find() else { return };
    let ca = TestCa::build()
        .system_clock()
        .configure(|ca_json| ca_json["tls"] = json!({"minVersion": 1.2, "maxVersion": 1.3}))
        .start();
    for (flags, expected) in [
        ("-tls1_3", "Protocol version: TLSv1.3"),
        ("-tls1_2", "Protocol version: TLSv1.2"),
        ("-verify_hostname ca.example.com", "Verification: OK"),
        ("-verify_ip 127.0.0.1", "Verification: OK"),
        ("-verify_hostname localhost -servername localhost -alpn h2", "Verification: OK"),
        ("-tls1_2 -cipher ECDHE-ECDSA-CHACHA20-POLY1305", "Ciphersuite: ECDHE-ECDSA-CHACHA20-POLY1305"),
    ] {
        let text = s_client(&openssl, &ca, flags).unwrap_or_else(|error| panic!("{flags}: {error}"));
        assert!(text.contains(expected), "{flags}: {text}");
    }
    for flags in [
        "-tls1_1 -cipher DEFAULT@SECLEVEL=0",
        "-tls1 -cipher DEFAULT@SECLEVEL=0",
        "-tls1_2 -cipher AES128-SHA",
        "-tls1_2 -cipher ECDHE-ECDSA-AES128-SHA",
        "-tls1_2 -cipher ECDHE-RSA-AES128-GCM-SHA256",
        "-verify_hostname other.example.com",
    ] {
        s_client(&openssl, &ca, flags).expect_err(flags);
    }
}

#[test]
fn what_2019_is_configured_for_has_no_tls_1_3() {
    let Some(openssl) = OpenSsl::find() else { return };
    let ca = TestCa::build().system_clock().start();
    let text = s_client(&openssl, &ca, "").unwrap();
    assert!(text.contains("Protocol version: TLSv1.2"), "{text}");
    s_client(&openssl, &ca, "-tls1_3").unwrap_err();
}
