//! `ca init`, and the CA that comes of it.

use std::sync::Arc;

use serde_json::Value;
use step_ca::{app::Ca, clock::System, config::Config};
use step_tests::User;
use tokio::sync::oneshot;
use zeroize::Zeroizing;

#[test]
fn the_authority_that_init_makes_is_served_and_issues() {
    let user = User::new();
    user.write("password", "correct horse battery staple\n");
    let outcome = user.step(
        "ca init --name Example --dns localhost --dns 127.0.0.1 --address 127.0.0.1:0 --provisioner me@example.com \
         --password-file {}/password",
    );
    assert!(outcome.talk.contains("\u{2714} Root certificate: {}/step/certs/root_ca.crt\n"), "{}", outcome.talk);
    outcome.answer();
    // A store of somebody else must not be in the way, and nobody is asked anything.
    let (mut config, warnings) = Config::load(&user.path("step/config/ca.json")).unwrap();
    assert!(warnings.is_empty(), "{warnings:?}");
    // The request log belongs to an operator and not among the results of tests.
    config.logger = None;

    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let password = Zeroizing::new(b"correct horse battery staple".to_vec());
    let ca = runtime.block_on(Ca::start(&config, Some(password), Arc::new(System))).unwrap();
    let url = format!("https://{}", ca.address().unwrap());
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = runtime.spawn(ca.serve(async {
        let _ = stopped.await;
    }));

    assert_eq!(user.step(&format!("ca health --ca-url {url}")).answer(), "ok\n");
    let line = format!("ca certificate localhost {{}}/a.crt {{}}/a.key --ca-url {url} --password-file {{}}/password");
    user.step(&line).answer();
    let defaults: Value = serde_json::from_str(&user.read("step/config/defaults.json")).unwrap();
    let fingerprint = user.step("certificate fingerprint {}/step/certs/root_ca.crt").answer();
    assert_eq!(defaults["fingerprint"], fingerprint.trim_end());
    let roots = user.path("step/certs/root_ca.crt").display().to_string();
    let inspected = user.step(&format!("certificate inspect {url} --roots {roots}")).answer();
    assert!(inspected.contains("Issuer: CN=Example Intermediate CA"), "{inspected}");
    user.step(&format!("ca renew {{}}/a.crt {{}}/a.key --force --ca-url {url}")).answer();

    stop.send(()).unwrap();
    assert_eq!(runtime.block_on(serving).unwrap().abandoned, 0);
}

#[test]
fn what_init_made_is_not_made_again_unasked() {
    let user = User::new();
    user.write("password", "correct horse battery staple");
    let line = "ca init --name Example --pki --password-file {}/password";
    user.step(line).answer();
    let key = user.read("step/secrets/root_ca_key");
    let error = user.step(line).error();
    assert!(error.contains("root_ca"), "{error}");
    assert_eq!(user.read("step/secrets/root_ca_key"), key);
}
