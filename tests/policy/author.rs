//! Somebody who writes a policy: from the first command to a client who is refused.
//!
//! Where there is no compiler for WebAssembly, the module is the one that is kept of the same template, unedited.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

use policy_toolchain::Toolchain;
use serde_json::json;
use step_tests::{PROVISIONER_PASSWORD, TestCa, User};

/// What the author makes of the rule's sentence.
const OWN_SENTENCE: &str = "nobody is in the office to look at this";

#[test]
fn a_rule_that_was_just_written_refuses_a_client_in_its_own_words() {
    let mut ca = TestCa::build().system_clock().start();
    ca.let_others_in();
    let user = client_of(&ca);
    user.step(&ask("before")).answer();

    let project = user.path("office-hours");
    let made = policy(&["new", "office-hours", "--into", text(&project)]);
    assert!(made.contains("office-hours/src/lib.rs"), "{made}");
    let (module, sentence) = compiled(&project);
    let tested = policy(&["test", "--module", text(&module), text(&project)]);
    assert!(tested.starts_with("6 vectors, all as written\n"), "{tested}");

    let name_it = |hours: &str| {
        let entry = json!({"path": module, "settings": {"hours": hours}});
        ca.configure(|ca_json| {
            ca_json["policies"]["office-hours"] = entry;
            ca_json["authority"]["policies"] = json!(["office-hours"]);
        });
        ca.reload();
    };
    name_it(&format!("{} 00:00-24:00", day_after(3)));
    let error = user.step(&ask("refused")).error();
    assert!(error.contains(sentence), "{error}");
    assert!(error.contains("\n  rule  office-hours.closed\n"), "{error}");
    assert!(error.contains("\n  got   ") && error.contains("\n  want  "), "{error}");
    assert!(error.contains("hint: ask again when the window is open"), "{error}");

    name_it("Mon-Sun 00:00-24:00");
    user.step(&ask("after")).answer();
}

/// The module of the project after it was edited, and the sentence of its refusal.
fn compiled(project: &Path) -> (PathBuf, &'static str) {
    let own = project.join("office-hours.wasm");
    if let Err(error) = Toolchain::find() {
        eprintln!("the template is not compiled here, a module kept of it is used: {error}");
        let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("../policy-sdk/compatibility/0.1.0/office-hours.wasm");
        fs::copy(kept, &own).unwrap();
        return (own, "certificates are issued ");
    }
    let (source, rule) = (project.join("src/lib.rs"), "hours.require(\"office-hours.closed\", proposal.context.now)?;");
    let edited = fs::read_to_string(&source).unwrap().replace(
        rule,
        &format!("{}.map_err(|denial| denial.public_message({OWN_SENTENCE:?}))?;", rule.trim_end_matches("?;")),
    );
    assert!(edited.contains(OWN_SENTENCE), "{edited}");
    fs::write(source, edited).unwrap();
    // What the SDK is made of is compiled once for all runs.
    let shared = Path::new(env!("CARGO_TARGET_TMPDIR")).join("author");
    fs::create_dir(project.join(".cargo")).unwrap();
    fs::write(project.join(".cargo/config.toml"), format!("[build]\ntarget-dir = {:?}\n", text(&shared))).unwrap();
    let built = policy(&["build", text(project)]);
    let module = PathBuf::from(built.lines().next().unwrap());
    fs::copy(module, &own).unwrap();
    (own, OWN_SENTENCE)
}

fn client_of(ca: &TestCa) -> User {
    let user = User::new();
    user.write("password", format!("{PROVISIONER_PASSWORD}\n"));
    let (url, fingerprint) = (ca.url(), ca.pki().fingerprint());
    user.step(&format!("ca bootstrap --ca-url {url} --fingerprint {fingerprint}")).answer();
    user
}

fn ask(file: &str) -> String {
    format!("ca certificate localhost {{}}/{file}.crt {{}}/{file}.key --provisioner-password-file {{}}/password")
}

/// Runs `step policy`, which has to succeed; what it answers.
#[track_caller]
fn policy(words: &[&str]) -> String {
    let words = ["step-policy"].iter().chain(words).map(Into::into);
    let (mut answers, mut talk) = (Vec::new(), Vec::new());
    let status = step_policy_tool::run(words, &mut answers, &mut talk);
    let (answers, talk) = (String::from_utf8(answers).unwrap(), String::from_utf8(talk).unwrap());
    assert_eq!(status, 0, "{answers}{talk}");
    answers
}

/// The day of the week so many days from now, which no clock reaches while the test runs.
fn day_after(days: u64) -> &'static str {
    let today = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() / 86_400;
    // 1970-01-01 was a Thursday.
    ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"][usize::try_from((today + days) % 7).unwrap()]
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}
