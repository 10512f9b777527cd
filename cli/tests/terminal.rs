//! The program at a real terminal, and where there is none.

use std::{error::Error, fs, os::unix::process::CommandExt as _, process::Command};

use rexpect::session::spawn_command;

const TIMEOUT: Option<u64> = Some(20_000);

fn step(folder: &tempfile::TempDir) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_step"));
    command.env_clear().env("STEPPATH", folder.path().join("step")).env("TERM", "xterm").current_dir(folder.path());
    command
}

#[test]
fn init_asks_and_never_shows_the_password() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let mut command = step(&folder);
    command.args(["ca", "init", "--pki"]);
    let mut session = spawn_command(command, TIMEOUT)?;
    session.exp_string("What would you like to name your new PKI?")?;
    session.send_line("Example")?;
    session.exp_string("What do you want your password to be?")?;
    session.send("a secret\r")?;
    session.flush()?;
    let rest = session.exp_eof()?;
    assert!(!rest.contains("a secret"), "{rest}");
    let key = fs::read_to_string(folder.path().join("step/secrets/root_ca_key"))?;
    assert!(authority::keys::PrivateKey::from_pem(&key, Some(b"a secret")).is_ok());
    Ok(())
}

#[test]
fn an_existing_file_is_asked_about() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    fs::write(folder.path().join("a.key"), "precious")?;
    let mut command = step(&folder);
    command.args(["ca", "certificate", "a", "a.crt", "a.key"]);
    let mut session = spawn_command(command, TIMEOUT)?;
    session.exp_string("Would you like to overwrite a.key [y/n]")?;
    session.send_line("n")?;
    session.exp_string("file exists")?;
    session.exp_eof()?;
    assert_eq!(fs::read_to_string(folder.path().join("a.key"))?, "precious");
    Ok(())
}

/// What `step ca provisioner update` says, at a terminal, of the key it has made.
fn told_at_a_terminal(variables: &[(&str, &str)]) -> Result<String, Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    fs::write(folder.path().join("ca.json"), r#"{"authority":{"provisioners":[{"name":"me","key":{"kid":"1"}}]}}"#)?;
    fs::write(folder.path().join("password"), "secret")?;
    let mut command = step(&folder);
    command.args(["ca", "provisioner", "update", "me", "--create", "--ca-config", "ca.json"]);
    command.args(["--password-file", "password"]).envs(variables.iter().copied());
    Ok(spawn_command(command, TIMEOUT)?.exp_eof()?)
}

#[test]
fn colours_are_for_terminals_and_for_those_who_want_them() -> Result<(), Box<dyn Error>> {
    // The session reads octets as letters, so the tick itself is not looked for.
    let coloured = told_at_a_terminal(&[])?;
    assert!(coloured.starts_with("\x1b[32m") && coloured.contains("\x1b[0m \x1b[1mKey ID:\x1b[0m "), "{coloured:?}");
    // A variable that is empty is not set (no-color.org).
    assert!(told_at_a_terminal(&[("NO_COLOR", "")])?.contains("\x1b["));
    for variable in [("NO_COLOR", "1"), ("TERM", "dumb")] {
        let plain = told_at_a_terminal(&[variable])?;
        assert!(plain.contains(" Key ID: ") && !plain.contains('\x1b'), "{variable:?}: {plain:?}");
    }
    Ok(())
}

#[test]
fn a_pipe_gets_no_colours() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    fs::write(folder.path().join("ca.json"), r#"{"authority":{"provisioners":[{"name":"me","key":{"kid":"1"}}]}}"#)?;
    fs::write(folder.path().join("password"), "secret")?;
    let line = "ca provisioner update me --create --ca-config ca.json --password-file password";
    let output = step(&folder).args(line.split(' ')).output()?;
    let talk = String::from_utf8(output.stderr)?;
    assert!(talk.starts_with("✔ Key ID: ") && !talk.contains('\x1b'), "{talk:?}");
    Ok(())
}

#[test]
fn without_a_terminal_a_question_is_an_error_and_not_a_wait() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let mut command = Command::new("setsid");
    command.args(["--wait", env!("CARGO_BIN_EXE_step"), "ca", "init", "--pki", "--name", "Example"]);
    command.env("STEPPATH", folder.path().join("step")).stdin(std::process::Stdio::null()).process_group(0);
    let output = match command.output() {
        Ok(output) => output,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            eprintln!("skipped: setsid is not installed");
            return Ok(());
        }
        Err(error) => return Err(error.into()),
    };
    let talk = String::from_utf8(output.stderr)?;
    assert_eq!(output.status.code(), Some(1), "{talk}");
    assert!(talk.ends_with("there is no terminal\n\nhint: answer it with `--password-file`\n"), "{talk}");
    Ok(())
}

#[test]
fn exit_codes_reach_the_shell() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    for (arguments, code) in
        [(["version"].as_slice(), 0), (&["ca", "health"], 1), (&["version", "-x"], 1), (&["nothing"], 3)]
    {
        assert_eq!(step(&folder).args(arguments).output()?.status.code(), Some(code), "{arguments:?}");
    }
    Ok(())
}
