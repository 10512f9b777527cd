//! `step policy`: make a policy, test it, measure it, sign it, and ask what it would have decided.
//!
//! ```text
//!  new ──► Cargo.toml, src/lib.rs, vectors/ ──► build ──► target/policy/NAME.wasm ──► test, bench, diff, check, sign
//! ```
//!
//! A program of its own beside `step`, because it carries the engine that runs policies and `step` does not. It runs
//! modules as the CA runs them, with the same limits, and needs no CA. What was decided by one is asked of `step-ca`.
//!
//! What it does not know: how a certificate is issued, and what is in a store.

mod args;
mod commands;
mod module;
mod outcome;
mod project;
mod sdk;
mod table;
mod templates;

use std::{ffi::OsString, io::Write};

pub use outcome::Outcome;

/// Runs the program: `arguments` with the program's name. Gives the exit status: see [`Outcome`].
pub fn run(arguments: impl IntoIterator<Item = OsString>, answers: &mut dyn Write, talk: &mut dyn Write) -> u8 {
    let command = match args::parse(arguments) {
        Ok(command) => command,
        Err(page) => return args::explain(&page, answers, talk),
    };
    match command.run(answers, talk) {
        Ok(outcome) => outcome.code(),
        Err(error) => {
            // Whether anybody still reads it changes nothing about the outcome.
            let _ = writeln!(talk, "{}", outcome::words(&error));
            Outcome::NotDone.code()
        }
    }
}
