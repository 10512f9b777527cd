//! The whole conversation at a terminal: a person, a password, a certificate.

use std::{env, io, process::Command};

use rexpect::session::spawn_command;
use step_cli::{Environment, Stdio, prompt::Tty};
use step_tests::{PROVISIONER, PROVISIONER_PASSWORD};

use crate::visitor::Visitor;

/// The words the program of [`the_step_program`] is given, separated by blanks.
pub(crate) const LINE: &str = "STEP_TESTS_LINE";
/// What this test program is told to be that program.
pub(crate) const PROGRAM: [&str; 4] = ["terminal::the_step_program", "--exact", "--ignored", "--nocapture"];

#[test]
#[ignore = "no test, but the program of another: it starts it in a process of its own"]
fn the_step_program() {
    let Ok(line) = env::var(LINE) else { return };
    let stdio = Stdio {
        input: Box::new(io::stdin()),
        is_typed: true,
        answers: Box::new(io::stdout()),
        talk: Box::new(io::stderr()),
        terminal: Box::new(Tty),
        colour: false,
    };
    let words = line.split(' ').map(Into::into);
    std::process::exit(step_cli::run(words, Environment::of_process(), stdio).code().into());
}

#[test]
fn a_person_types_a_password_and_gets_a_certificate() {
    let visitor = Visitor::new();
    let folder = visitor.user.path("");
    let line = format!("ca certificate a.example {0}/a.crt {0}/a.key", folder.display());
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(PROGRAM);
    command.env_clear().envs(visitor.user.environment()).env("TERM", "xterm").env(LINE, line);
    let mut session = spawn_command(command, Some(30_000)).unwrap();
    session.exp_string(PROVISIONER).unwrap();
    session.exp_string("Please enter the password to decrypt the provisioner key").unwrap();
    session.send(&format!("{PROVISIONER_PASSWORD}\r")).unwrap();
    session.flush().unwrap();
    let rest = session.exp_eof().unwrap();
    assert!(!rest.contains(PROVISIONER_PASSWORD), "{rest}");
    assert!(rest.contains("Private Key"), "{rest}");
    visitor.chain("a.crt");
}
