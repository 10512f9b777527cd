//! The commands as a person types them, over a project that `new` made.
#![allow(clippy::unwrap_used, reason = "a test says no by panicking")]

use std::{
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
};

use jose::Jwk;
use policy_manifest::Manifest;
use serde_json::Value;
use tempfile::TempDir;

/// A project called `office-hours` that was just made, and a compiled module of it.
struct Author {
    folder: TempDir,
}

/// What a command said, and how it ended.
struct Said {
    status: u8,
    answers: String,
    talk: String,
}

impl Author {
    fn new() -> Self {
        let author = Self { folder: tempfile::tempdir().unwrap() };
        let made = author.says(&format!("new office-hours --into {}", author.project().display()));
        assert_eq!(made.status, 0, "{}", made.talk);
        let built = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../policy-sdk/compatibility/0.1.0");
        fs::copy(built.join("office-hours.wasm"), author.module()).unwrap();
        author
    }

    fn project(&self) -> PathBuf {
        self.folder.path().join("office-hours")
    }

    fn module(&self) -> PathBuf {
        self.folder.path().join("office-hours.wasm")
    }

    fn says(&self, line: &str) -> Said {
        let words = ["step-policy"].into_iter().chain(line.split(' ')).map(OsString::from);
        let (mut answers, mut talk) = (Vec::new(), Vec::new());
        let status = step_policy_tool::run(words, &mut answers, &mut talk);
        let text = |octets| String::from_utf8(octets).unwrap();
        Said { status, answers: text(answers), talk: text(talk) }
    }

    /// `test` with the compiled module.
    fn tests(&self, flags: &str) -> Said {
        self.says(&format!("test {} --module {}{flags}", self.project().display(), self.module().display()))
    }

    fn hours(&self) -> PathBuf {
        self.project().join("vectors/hours.json")
    }
}

#[test]
fn what_new_makes_passes_its_vectors_and_breaks_every_rule() {
    let author = Author::new();
    let said = author.tests(" --require-coverage");
    assert_eq!((said.status, said.answers.as_str()), (0, "6 vectors, all as written\n1 rules broken by some vector\n"));
}

#[test]
fn a_vector_that_is_decided_differently_is_shown_and_can_be_updated() {
    let author = Author::new();
    let before = fs::read_to_string(author.hours()).unwrap();
    let wrong = before.replace("\"got\": \"Wed 22:30\"", "\"got\": \"Wed 22:31\"");
    fs::write(author.hours(), &wrong).unwrap();
    let said = author.tests("");
    assert_eq!(said.status, 1);
    assert!(said.answers.starts_with("differs: none is issued at night ("), "{}", said.answers);
    assert!(said.answers.contains("\n6 vectors, 1 not as written\n"), "{}", said.answers);

    let said = author.tests(" --update");
    assert_eq!((said.status, said.answers.as_str()), (0, "updated: none is issued at night\n"));
    assert_eq!(author.tests("").status, 0);
    let after = fs::read_to_string(author.hours()).unwrap();
    assert_eq!(after.lines().count(), before.lines().count(), "what was laid out stays so");
}

#[test]
fn a_rule_that_no_vector_breaks_is_named() {
    let author = Author::new();
    fs::write(author.hours(), r#"{"about": "x", "cases": [{"name": "in the morning", "allow": []}]}"#).unwrap();
    let said = author.tests("");
    assert_eq!(said.status, 0);
    assert!(said.answers.ends_with("never broken: office-hours.closed\n"), "{}", said.answers);
    assert_eq!(author.tests(" --require-coverage").status, 1);
}

#[test]
fn vectors_that_make_no_sense_end_with_2_and_say_where() {
    let author = Author::new();
    fs::write(author.hours(), r#"{"about": "x", "cases": [{"name": "a", "request": {"dns_nmaes": []}, "allow": []}]}"#)
        .unwrap();
    let said = author.tests("");
    assert_eq!(said.status, 2);
    assert!(said.talk.starts_with("\"a\": request: dns_nmaes: unknown field `dns_nmaes`"), "{}", said.talk);
    assert_eq!(author.tests(" --filter nothing").talk, "there is no vector to ask\n");
}

#[test]
fn json_is_for_programs() {
    let author = Author::new();
    let report: Value = serde_json::from_str(&author.tests(" --json").answers).unwrap();
    assert_eq!(report["vectors"].as_array().unwrap().len(), 6);
    assert!(report["vectors"].as_array().unwrap().iter().all(|vector| vector["as_written"] == true));
    assert_eq!(report["rules"]["broken"], serde_json::json!(["office-hours.closed"]));
}

#[test]
fn check_tells_what_a_module_is_and_what_is_wrong_with_settings() {
    let author = Author::new();
    let module = author.module();
    let report: Value =
        serde_json::from_str(&author.says(&format!("check {} --json", module.display())).answers).unwrap();
    assert_eq!(report["world"], "check-module");
    assert_eq!(report["rules"], serde_json::json!(["office-hours.closed"]));
    assert_eq!(report["settings_schema"]["properties"]["hours"]["default"], "Mon-Fri 08:00-18:00");
    assert_eq!(report["sample"]["answer"], serde_json::json!({"allow": []}));
    assert!(report["sample"]["fuel"].as_u64().unwrap() > 0);

    let settings = r#"{"hours":"never","allways":1}"#;
    let said = author.says(&format!("check {} --settings {settings}", module.display()));
    assert_eq!(said.status, 1);
    assert!(said.answers.contains("/settings/hours: \"never\" is no time window"), "{}", said.answers);
    assert!(said.answers.contains("/settings/allways: unknown; known are hours, always"), "{}", said.answers);
}

#[test]
fn a_module_differs_from_another_and_not_from_itself() {
    let author = Author::new();
    let vectors = author.project().join("vectors");
    let module = author.module();
    let same = author.says(&format!("diff {0} {0} --vectors {1}", module.display(), vectors.display()));
    assert_eq!((same.status, same.answers.as_str()), (0, "6 vectors, 0 decided differently\n"));
    let claims = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../policies/dist/claims.wasm");
    let other = author.says(&format!("diff {} {} --vectors {}", module.display(), claims.display(), vectors.display()));
    assert_eq!(other.status, 1);
    assert!(other.answers.contains("none is issued at night\n  before {\"deny\":"), "{}", other.answers);
}

#[test]
fn bench_gives_the_same_fuel_every_time() {
    let author = Author::new();
    let bench = || {
        let line =
            format!("bench {} --module {} --runs 2 --json", author.project().display(), author.module().display());
        let costs: Value = serde_json::from_str(&author.says(&line).answers).unwrap();
        costs.as_array().unwrap().iter().map(|cost| cost["fuel"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    let fuel = bench();
    assert_eq!(fuel.len(), 5, "a vector about settings has no call");
    assert_eq!(bench(), fuel);
}

#[test]
fn a_signature_is_good_until_something_changes() {
    let author = Author::new();
    let (module, key) = (author.module(), Jwk::generate_ec_p256().unwrap().with_kid("release"));
    let public = author.folder.path().join("public.json");
    let private = author.folder.path().join("private.json");
    fs::write(&public, key.public().to_json()).unwrap();
    write_private(&private, key.to_private_json().unwrap().as_bytes());

    let verify = |flags: &str| author.says(&format!("verify {} --key {}{flags}", module.display(), public.display()));
    assert!(verify("").answers.contains("unsigned: "), "{}", verify("").answers);

    let signed = author.says(&format!("sign {} --key {} --release 3", module.display(), private.display()));
    assert_eq!(signed.status, 0, "{}", signed.talk);
    assert_eq!(verify("").status, 0, "{}", verify("").answers);
    let older = verify(" --newest 4");
    assert_eq!(older.status, 1);
    assert!(older.answers.contains("older: version 3 of \"office-hours\""), "{}", older.answers);

    let another_name = verify(" --name quota");
    assert_eq!(another_name.status, 1);
    let refusal = "other policy: signed as \"office-hours\", not as \"quota\"";
    assert!(another_name.answers.contains(refusal), "{}", another_name.answers);

    let other = author.folder.path().join("other.json");
    fs::write(&other, Jwk::generate_ed25519().unwrap().public().to_json()).unwrap();
    let stranger = author.says(&format!("verify {} --key {}", module.display(), other.display()));
    assert!(stranger.answers.contains("wrong key: signed with release"), "{}", stranger.answers);

    fs::copy(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../policies/dist/claims.wasm"), &module).unwrap();
    assert!(verify("").answers.contains("altered: the module has SHA-256 "), "{}", verify("").answers);
}

#[test]
fn a_manifest_that_says_less_than_the_module_imports_is_untrue() {
    let author = Author::new();
    let (module, key) = (author.module(), Jwk::generate_ec_p256().unwrap().with_kid("release"));
    let quota = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../policies/dist/gallery/quota.wasm");
    fs::copy(quota, &module).unwrap();
    let public = author.folder.path().join("public.json");
    fs::write(&public, key.public().to_json()).unwrap();
    let harmless = Manifest {
        name: "office-hours".to_owned(),
        version: 1,
        sha256: policy_manifest::sha256(&fs::read(&module).unwrap()),
        world: "check-module".to_owned(),
        grants: vec![],
    };
    fs::write(Manifest::path(&module), harmless.sign(&key).unwrap()).unwrap();
    let said = author.says(&format!("verify {} --key {}", module.display(), public.display()));
    assert_eq!(said.status, 1);
    let refusal =
        "untrue: the manifest speaks of a check-module that needs nothing, the module is a check-module that needs kv";
    assert!(said.answers.contains(refusal), "{}", said.answers);
}

#[test]
fn a_public_key_signs_nothing() {
    let author = Author::new();
    let key = author.folder.path().join("public.json");
    write_private(&key, Jwk::generate_ec_p256().unwrap().public().to_json().as_bytes());
    let said = author.says(&format!("sign {} --key {} --release 1", author.module().display(), key.display()));
    assert_eq!(said.status, 2);
    assert!(said.talk.contains("is a public key"), "{}", said.talk);
}

#[test]
fn a_folder_without_a_policy_says_how_to_make_one() {
    let author = Author::new();
    let said = author.says(&format!("test {}", author.folder.path().display()));
    assert_eq!(said.status, 2);
    assert!(said.talk.contains("make one with `step policy new`"), "{}", said.talk);
}

#[test]
fn another_language_brings_its_own_build_command() {
    let author = Author::new();
    let folder = author.folder.path().join("by-hand");
    fs::create_dir(&folder).unwrap();
    let description = format!(
        r#"{{"name": "by-hand", "build": ["cp", "{}", "out.wasm"], "module": "out.wasm"}}"#,
        author.module().display()
    );
    fs::write(folder.join("step-policy.json"), description).unwrap();
    let said = author.says(&format!("build {}", folder.display()));
    assert_eq!(said.status, 0, "{}", said.talk);
    assert!(folder.join("target/policy/by-hand.wasm").is_file());
    assert!(said.answers.contains("\"policies\": {\"by-hand\": {\"path\": "), "{}", said.answers);
}

/// The templates, compiled: where there is a compiler for WebAssembly.
#[test]
fn the_templates_compile_and_pass_their_vectors() {
    if let Err(error) = policy_toolchain::Toolchain::find() {
        eprintln!("skipped: no template is compiled here: {error}");
        return;
    }
    for kind in ["check", "provisioner"] {
        let author = Author { folder: tempfile::tempdir().unwrap() };
        let project = author.project();
        author.says(&format!("new office-hours --kind {kind} --into {}", project.display()));
        share_target(&project);
        let said = author.says(&format!("test {} --require-coverage", project.display()));
        assert_eq!(said.status, 0, "{kind}: {}{}", said.answers, said.talk);
    }
}

/// Dependencies are compiled once for all runs of the tests, beside what cargo keeps of the workspace.
fn share_target(project: &Path) {
    let target = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("templates");
    fs::create_dir(project.join(".cargo")).unwrap();
    fs::write(
        project.join(".cargo/config.toml"),
        format!("[build]\ntarget-dir = {:?}\n", target.display().to_string()),
    )
    .unwrap();
}

fn write_private(path: &Path, octets: &[u8]) {
    use std::{io::Write as _, os::unix::fs::OpenOptionsExt as _};
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).unwrap();
    file.write_all(octets).unwrap();
}
