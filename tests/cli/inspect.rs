//! `certificate inspect` and `certificate fingerprint` of what the CA issued, and of the CA itself.

use serde_json::Value;
use step_tests::{Leaf, PROVISIONER};

use crate::visitor::Visitor;

#[test]
fn a_certificate_is_shown_with_its_provisioner() {
    let visitor = Visitor::new();
    let Leaf { chain, .. } = visitor.ca.issue("web.example.com");
    visitor.user.write("a.crt", chain[0].pem());
    let text = visitor.step("certificate inspect {}/a.crt").answer();
    for line in [
        "Certificate:\n    Data:\n        Version: 3 (0x2)\n",
        &format!("        Serial Number: {} (0x", chain[0].serial_number()),
        "        Issuer: CN=Test Intermediate CA\n",
        "        Subject: CN=web.example.com\n",
        "                Digital Signature\n",
        "            X509v3 Step Provisioner:\n                Type: JWK\n",
        &format!("                Name: {PROVISIONER}\n"),
        &format!("                CredentialID: {}\n", visitor.ca.provisioner_key().kid().unwrap()),
    ] {
        assert!(text.contains(line), "{line}\n  is not in\n{text}");
    }
    let json: Value =
        serde_json::from_str(&visitor.step("certificate inspect {}/a.crt --format json").answer()).unwrap();
    assert_eq!(json["serial_number"], chain[0].serial_number().to_string());
    assert_eq!(json["validity"]["end"], chain[0].validity().not_after.to_string());
    assert_eq!(json["extensions"]["step_provisioner"]["name"], PROVISIONER);
    let fingerprint = step_ca::audit::Digest::from_bytes(chain[0].fingerprint_sha256());
    assert_eq!(json["fingerprint_sha256"], fingerprint.to_string());
    assert_eq!(visitor.step("certificate fingerprint {}/a.crt").answer(), format!("{fingerprint}\n"));
}

#[test]
fn a_server_is_looked_at_over_the_network() {
    let visitor = Visitor::new();
    let root = visitor.user.path("step/certs/root_ca.crt").display().to_string();
    let text = visitor.step(&format!("certificate inspect {{url}} --roots {root}")).answer();
    assert!(text.contains("Subject: CN=Step Online CA"), "{text}");
    assert!(text.contains("DNS:ca.example.com, DNS:localhost") && text.contains("IP Address:127.0.0.1"), "{text}");
    let fingerprint = visitor.step(&format!("certificate fingerprint {{url}} --roots {root}")).answer();
    let records = visitor.ca.records();
    let own = records.certificates.iter().filter(|record| record.subject == "Step Online CA");
    let own = own.map(|record| step_ca::audit::Digest::from_bytes(record.certificate.fingerprint_sha256()).to_string());
    assert!(own.into_iter().any(|own| own == fingerprint.trim_end()));
}

#[test]
fn what_the_command_is_and_where_its_files_are() {
    let visitor = Visitor::new();
    assert_eq!(visitor.step("path").answer().trim_end(), visitor.user.path("step").to_str().unwrap());
    assert!(visitor.step("version").answer().starts_with("Step CLI/"));
}
