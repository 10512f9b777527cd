//! Getting to know a CA: `ca bootstrap`, `ca health`, `ca root`, `ca roots`, `ca federation`, `ca provisioner list`.

use std::os::unix::fs::PermissionsExt;

use authority::Certificate;
use serde_json::Value;
use step_tests::PROVISIONER;

use crate::visitor::Visitor;

#[test]
fn a_fingerprint_is_all_it_takes() {
    let visitor = Visitor::stranger();
    let outcome = visitor.step("ca bootstrap --ca-url {url} --fingerprint {fingerprint}");
    assert_eq!(
        outcome.talk,
        "The root certificate has been saved in {}/step/certs/root_ca.crt.\n\
         Your configuration has been saved in {}/step/config/defaults.json.\n"
    );
    outcome.answer();
    assert_eq!(visitor.user.read("step/certs/root_ca.crt"), visitor.ca.pki().root.pem());
    let defaults: Value = serde_json::from_str(&visitor.user.read("step/config/defaults.json")).unwrap();
    assert_eq!(defaults["ca-url"], visitor.ca.url());
    assert_eq!(defaults["fingerprint"], visitor.ca.pki().fingerprint());
    let root = visitor.user.path("step/certs/root_ca.crt");
    assert_eq!(defaults["root"], root.to_str().unwrap());
    assert_eq!(root.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    // From here on no command needs a flag.
    assert_eq!(visitor.step("ca health").answer(), "ok\n");
}

#[test]
fn another_fingerprint_writes_nothing() {
    let visitor = Visitor::stranger();
    let wrong = "0".repeat(64);
    let error = visitor.step(&format!("ca bootstrap --ca-url {{url}} --fingerprint {wrong}")).error();
    assert!(error.contains(&format!("root certificate with fingerprint \"{wrong}\" was not found")), "{error}");
    assert!(!visitor.user.path("step/certs/root_ca.crt").exists());
    assert!(!visitor.user.path("step/config/defaults.json").exists());
}

#[test]
fn a_ca_is_asked_for_its_health_only_when_it_is_who_it_should_be() {
    let (visitor, other) = (Visitor::new(), step_tests::Pki::new(step_tests::TestCa::build().now()));
    let foreign = visitor.user.write("foreign.crt", other.root.pem());
    let error = visitor.step(&format!("ca health --root {}", foreign.display())).error();
    assert!(error.contains("client GET") && error.contains("/health failed"), "{error}");
    let error = Visitor::stranger().step("ca health --ca-url {url}").error();
    assert!(error.starts_with("'step ca health' requires the '--root' flag\n\nhint: `step ca bootstrap"), "{error}");
    let error = Visitor::stranger().step("ca health").error();
    assert!(error.starts_with("'step ca health' requires the '--ca-url' flag\n"), "{error}");
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = visitor.step(&format!("ca health --ca-url https://{closed}")).error();
    assert!(error.contains("/health failed"), "{error}");
}

#[test]
fn roots_are_saved_one_by_one_or_all_together() {
    let visitor = Visitor::new();
    let root = visitor.ca.pki().root.clone();
    visitor.step("ca root {}/root.crt --ca-url {url} --fingerprint {fingerprint}").answer();
    visitor.step("ca roots {}/roots.crt").answer();
    visitor.step("ca federation {}/federation.crt").answer();
    for file in ["root.crt", "roots.crt", "federation.crt"] {
        assert_eq!(
            Certificate::chain_from_pem(&visitor.user.read(file)).unwrap(),
            std::slice::from_ref(&root),
            "{file}"
        );
        assert_eq!(visitor.user.path(file).metadata().unwrap().permissions().mode() & 0o777, 0o600, "{file}");
    }
    let error = visitor.step("ca roots {}/roots.crt").error();
    assert!(error.contains("roots.crt"), "nothing is overwritten unasked: {error}");
    visitor.step("ca roots {}/roots.crt --force").answer();
}

#[test]
fn provisioners_are_listed_as_the_ca_shows_them() {
    let visitor = Visitor::new();
    let text = visitor.step("ca provisioner list").answer();
    let list: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(list[0]["name"], PROVISIONER);
    assert_eq!(list[0]["key"]["kid"], visitor.ca.provisioner_key().kid().unwrap());
    assert!(text.starts_with("[\n   {\n      \"name\": "), "{text}");
}

#[test]
fn whoever_asks_for_policies_is_shown_who_decides() {
    let visitor = Visitor::new();
    let list = |command| -> Value { serde_json::from_str(&visitor.step(command).answer()).unwrap() };
    let (upstream, mut ours) = (list("ca provisioner list"), list("ca provisioner list --policies"));
    let policies = ours[0].as_object_mut().unwrap().remove("policies").unwrap();
    assert_eq!(ours, upstream, "nothing else is different");
    let names: Vec<_> = policies.as_array().unwrap().iter().map(|policy| policy["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["builtin:jwk", "builtin:claims"]);
    let digests = include_str!("../../policies/dist/SHA256SUMS");
    assert!(digests.contains(&format!("{}  jwk.wasm", policies[0]["sha256"].as_str().unwrap())));
    assert_eq!(policies[0].as_object().unwrap().len(), 2, "neither shadow nor grants: {policies}");
}
