//! Everything every command prints: in words and as JSON, when it works and when it does not.
//!
//! The tree of commands is walked, so that none can be without a scene. What is different in every run is written as its
//! shape. After a change on purpose, `STEP_TESTS_UPDATE=1` writes the files beside this one anew, to be read in the diff.

mod scenes;
mod shape;
mod workshop;

use std::{fmt::Write as _, fs, path::PathBuf};

use serde_json::Value;
use step_cli::ExitStatus;
use step_tests::Outcome;

use self::{
    scenes::{SCENES, Scene},
    workshop::Workshop,
};

#[test]
fn every_command_prints_what_it_printed() {
    let workshop = Workshop::open();
    let mut changed = Vec::new();
    for command in leaves(&workshop, "") {
        let scene = SCENES.iter().find(|scene| scene.command == command);
        let scene = scene.unwrap_or_else(|| panic!("`step {command}` has no scene in tests/cli/snapshots/scenes.rs"));
        let played = play(&workshop, scene);
        if is_new(&command, &played) {
            changed.push(command);
        }
    }
    let how = "if that is meant, STEP_TESTS_UPDATE=1 writes them anew";
    assert!(changed.is_empty(), "other than in tests/cli/snapshots, {how}: {changed:?}");
}

#[test]
fn to_programs_every_command_speaks_json_and_the_manual_names_its_members() {
    let workshop = Workshop::open();
    for scene in SCENES.iter().filter(|scene| scene.is_there(&workshop) && scene.has_json) {
        for line in scene.answers {
            let outcome = workshop.run(line, Form::Json);
            assert_json(line, &outcome);
            let page = workshop.visitor.step(&format!("help {}", scene.command)).answer();
            for answer in answers(&outcome) {
                let members = answer.as_object().into_iter().flatten().map(|(name, _)| name);
                let (_, flag) = page.split_once("--json").unwrap_or_else(|| panic!("{} has no --json", scene.command));
                for name in members.filter(|_| !scene.answers_with_a_document) {
                    assert!(flag.contains(name.as_str()), "`step help {}` does not name {name}", scene.command);
                }
            }
        }
        for line in scene.errors {
            let outcome = workshop.run(line, Form::Json);
            assert_json(line, &outcome);
            assert!(outcome.status != ExitStatus::Success, "{line}: {outcome:?}");
        }
    }
}

/// Who reads the answer.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Form {
    Words,
    Json,
}

impl Form {
    /// The line with the flag for this form, which is no flag any more after `--`.
    fn asked_for_by(self, line: &str) -> String {
        match (self, line.split_once(" -- ")) {
            (Self::Words, _) => line.to_owned(),
            (Self::Json, Some((flags, words))) => format!("{flags} --json -- {words}"),
            (Self::Json, None) => format!("{line} --json"),
        }
    }
}

/// The commands below these words that do something, as a shell is told of them.
fn leaves(workshop: &Workshop, words: &str) -> Vec<String> {
    let names = workshop.visitor.step(&format!("{words} --generate-bash-completion")).answer();
    if names.is_empty() {
        return vec![words.to_owned()];
    }
    names.lines().flat_map(|name| leaves(workshop, format!("{words} {name}").trim_start())).collect()
}

/// The lines of a scene and what they print.
fn play(workshop: &Workshop, scene: &Scene) -> String {
    let mut text = String::new();
    let forms: &[Form] = if scene.has_json { &[Form::Words, Form::Json] } else { &[Form::Words] };
    for line in scene.answers.iter().chain(scene.errors) {
        for form in forms {
            let outcome = workshop.run(line, *form);
            let _ = writeln!(text, "$ step {}", form.asked_for_by(line).replace("{}/", "").replace("{n}", ""));
            text.push_str(&shape::of(&outcome.answers, workshop));
            if !text.ends_with('\n') {
                text.push('\n');
            }
            for line in shape::of(&outcome.talk, workshop).lines() {
                let _ = writeln!(text, "{}", format!("! {line}").trim_end());
            }
            if outcome.status != ExitStatus::Success {
                let _ = writeln!(text, "[{}]", outcome.status.code());
            }
            text.push('\n');
        }
    }
    text
}

/// Whether the file of a command holds anything else; it is written when that is wanted.
fn is_new(command: &str, played: &str) -> bool {
    let name = format!("cli/snapshots/{}.txt", command.replace(' ', "-"));
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(name);
    let kept = fs::read_to_string(&path).unwrap_or_default();
    if kept == played {
        return false;
    }
    if std::env::var_os("STEP_TESTS_UPDATE").is_some() {
        fs::write(path, played).unwrap();
        return false;
    }
    eprintln!("{}:\n{played}", path.display());
    true
}

/// The values on standard output.
fn answers(outcome: &Outcome) -> Vec<Value> {
    serde_json::Deserializer::from_str(&outcome.answers).into_iter::<Value>().map(Result::unwrap).collect()
}

fn assert_json(line: &str, outcome: &Outcome) {
    let values = serde_json::Deserializer::from_str(&outcome.answers).into_iter::<Value>();
    let count = values.inspect(|value| assert!(value.is_ok(), "{line}: {outcome:?}")).count();
    assert!(count > 0 || outcome.status != ExitStatus::Success, "{line} answers nothing");
    for talk in outcome.talk.lines() {
        let object: Value = serde_json::from_str(talk).unwrap_or_else(|error| panic!("{line}: {talk}: {error}"));
        assert!(object["error"].is_string() || object["note"].is_string(), "{line}: {talk}");
    }
}
