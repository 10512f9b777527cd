//! `step-ca`: arguments, configuration, server; and the only exit.

use clap::{Parser as _, error::ErrorKind};
use std::process::ExitCode;
use step_ca::{args::Args, program::RunError};

fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => {
            let _ = error.print();
            return match error.kind() {
                ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => ExitCode::SUCCESS,
                _ => ExitCode::from(1),
            };
        }
    };
    match step_ca::program::run(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(match error {
                RunError::TooManyArguments => 1,
                RunError::Different => 3,
                _ => 2,
            })
        }
    }
}
