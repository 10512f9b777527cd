//! The programs of this repository in one file, for the handbook's readers: which one it is says the name it is started
//! by. What it knows besides is the reader's own part: changing `ca.json`, and comparing what was printed.

mod amend;
mod compare;

use std::{
    env, fs,
    io::{self, IsTerminal as _},
    path::Path,
    process::ExitCode,
};

use clap::Parser as _;
use step_cli::{Environment, Stdio, prompt::NoTerminal};

fn main() -> ExitCode {
    let mut words = env::args_os();
    let name = words.next().unwrap_or_default();
    match Path::new(&name).file_name().and_then(|name| name.to_str()) {
        Some("step") => step(),
        Some("step-ca") => step_ca(),
        Some("step-policy") => {
            ExitCode::from(step_policy_tool::run(env::args_os(), &mut io::stdout().lock(), &mut io::stderr().lock()))
        }
        Some("amend-ca-json") => amend_ca_json(),
        Some("compare-output") => compare_output(),
        _ => {
            eprintln!("start it as step, step-ca, step-policy, amend-ca-json or compare-output");
            ExitCode::FAILURE
        }
    }
}

fn step() -> ExitCode {
    let stdio = Stdio {
        input: Box::new(io::stdin()),
        is_typed: io::stdin().is_terminal(),
        answers: Box::new(io::stdout()),
        talk: Box::new(io::stderr()),
        terminal: Box::new(NoTerminal),
        colour: false,
    };
    ExitCode::from(step_cli::run(env::args_os().skip(1), Environment::of_process(), stdio).code())
}

fn step_ca() -> ExitCode {
    match step_ca::program::run(step_ca::args::Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(if matches!(error, step_ca::program::RunError::Different) { 3 } else { 2 })
        }
    }
}

/// `amend-ca-json FILE MEMBERS`
fn amend_ca_json() -> ExitCode {
    let files: Vec<_> = env::args_os().skip(1).collect();
    let [file, members] = files.as_slice() else { return ExitCode::FAILURE };
    match amend::amend(Path::new(file), Path::new(members)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// `compare-output EXPECTED PRINTED`
fn compare_output() -> ExitCode {
    let texts: Vec<_> = env::args_os().skip(1).map(fs::read_to_string).collect();
    let [Ok(expected), Ok(printed)] = texts.as_slice() else { return ExitCode::FAILURE };
    match compare::is_as_expected(expected, printed) {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}
