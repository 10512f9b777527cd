//! `ca renew`.

use crate::visitor::Visitor;

const GET: &str = "ca certificate a.example {}/a.crt {}/a.key --provisioner-password-file {}/password";

#[test]
fn a_certificate_is_renewed_in_its_place_or_elsewhere() {
    let visitor = Visitor::new();
    visitor.step(GET).answer();
    let old = visitor.chain("a.crt").remove(0);
    let outcome = visitor.step("ca renew {}/a.crt {}/a.key --force");
    assert_eq!(outcome.talk, "Your certificate has been saved in {}/a.crt.\n");
    outcome.answer();
    let new = visitor.chain("a.crt").remove(0);
    assert_ne!(new.serial_number(), old.serial_number());
    assert_eq!(
        (new.public_key(), new.subject(), new.extensions()),
        (old.public_key(), old.subject(), old.extensions())
    );

    visitor.step("ca renew {}/a.crt {}/a.key --out {}/b.crt").answer();
    let other = visitor.chain("b.crt").remove(0);
    assert_ne!(other.serial_number(), new.serial_number());
    assert_eq!(visitor.chain("a.crt").remove(0), new);
}

#[test]
fn a_certificate_with_time_left_is_left_alone() {
    let visitor = Visitor::new();
    visitor.step(GET).answer();
    let old = visitor.user.read("a.crt");
    let outcome = visitor.step("ca renew {}/a.crt {}/a.key --force --expires-in 1h");
    assert!(outcome.talk.starts_with("certificate not renewed: expires in 2"), "{}", outcome.talk);
    outcome.answer();
    assert_eq!(visitor.user.read("a.crt"), old);
    visitor.step("ca renew {}/a.crt {}/a.key --force --expires-in 100h").answer();
    assert_ne!(visitor.user.read("a.crt"), old);
}

#[test]
fn a_key_of_another_certificate_renews_nothing() {
    let visitor = Visitor::new();
    visitor.step(GET).answer();
    visitor.step(&GET.replace("a.crt", "b.crt").replace("a.key", "b.key")).answer();
    let error = visitor.step("ca renew {}/a.crt {}/b.key --force").error();
    assert!(error.contains("KeyMismatch"), "{error}");
}

#[test]
fn a_program_is_run_afterwards_and_its_failure_is_ours() {
    let visitor = Visitor::new();
    visitor.step(GET).answer();
    visitor.step("ca renew {}/a.crt {}/a.key --force --exec touch\u{a0}x").error();
    let folder = visitor.user.path("").display().to_string();
    let line = "ca renew {}/a.crt {}/a.key --force --exec";
    // The argument has blanks in it, so it cannot be a word of the line.
    let flag = format!("touch {folder}/renewed");
    let visitor = Visitor { user: visitor.user.with_variable("STEP_EXEC", &flag), ca: visitor.ca };
    visitor.step(line.strip_suffix(" --exec").unwrap()).answer();
    assert!(visitor.user.path("renewed").exists());
}
