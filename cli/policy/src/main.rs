//! The `step-policy` program, which `step policy …` runs.

use std::{env, io, process::ExitCode};

fn main() -> ExitCode {
    ExitCode::from(step_policy_tool::run(env::args_os(), &mut io::stdout().lock(), &mut io::stderr().lock()))
}
