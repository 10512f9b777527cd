//! The `step` program: gives this process's arguments, variables and streams to [`step_cli::run`].

use std::{
    io::{self, IsTerminal},
    process::ExitCode,
};

use step_cli::{Environment, Stdio, prompt::Tty, run};

fn main() -> ExitCode {
    let environment = Environment::of_process();
    let colour = io::stderr().is_terminal()
        && environment.variable("NO_COLOR").is_none()
        && environment.variable("TERM").is_none_or(|term| term != "dumb");
    let stdio = Stdio {
        input: Box::new(io::stdin()),
        is_typed: io::stdin().is_terminal(),
        answers: Box::new(io::stdout()),
        talk: Box::new(io::stderr()),
        terminal: Box::new(Tty),
        colour,
    };
    ExitCode::from(run(std::env::args_os().skip(1), environment, stdio).code())
}
