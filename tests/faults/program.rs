//! `step-ca` as its operator runs it, in a process of its own: it hears signals, and inherits its socket.

use std::{
    env,
    io::{BufRead, BufReader},
    net::TcpListener,
    os::fd::OwnedFd,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use clap::Parser as _;
use rustix::process::{Pid, Signal, kill_process};
use step_ca::{args::Args, program};

/// Says which `ca.json` the process serves; its password is in the file beside it that [`PASSWORD_FILE`] names.
const CA_JSON: &str = "STEP_TESTS_CA_JSON";
/// Says where the password is.
const PASSWORD_FILE: &str = "STEP_TESTS_PASSWORD_FILE";
/// Longer than anything takes: a test that waits for nothing fails instead of hanging.
const PATIENCE: Duration = Duration::from_secs(120);

#[test]
#[ignore = "no test, but a part of others: they start it in a process of its own"]
fn the_program_of_a_process() {
    let (Some(file), Some(password)) = (env::var_os(CA_JSON), env::var_os(PASSWORD_FILE)) else { return };
    let arguments = [PathBuf::from("step-ca"), file.into(), "--password-file".into(), password.into()];
    program::run(Args::try_parse_from(arguments).unwrap()).unwrap();
}

/// A running `step-ca`, and what it writes to standard error.
pub(crate) struct Program {
    child: Child,
    lines: mpsc::Receiver<String>,
}

impl Program {
    /// Starts it on a socket that its supervisor keeps, and returns when it serves. Whoever connects meanwhile, and
    /// between the end of one and the start of the next, waits in the queue of that socket.
    pub(crate) fn start(ca_json: &Path, password_file: &Path, listener: &TcpListener) -> Self {
        // The socket comes as standard input, and goes where `sd_listen_fds(3)` looks for it.
        let hand_over = r#"exec 3<&0 0</dev/null && export LISTEN_FDS=1 LISTEN_PID=$$ && exec "$0" "$@""#;
        let mut command = Command::new("sh");
        command.arg("-c").arg(hand_over).arg(env::current_exe().unwrap());
        command.args(["program::the_program_of_a_process", "--exact", "--ignored", "--nocapture"]);
        command.env(CA_JSON, ca_json).env(PASSWORD_FILE, password_file).env("RUST_LOG", "info");
        command.stdin(Stdio::from(OwnedFd::from(listener.try_clone().unwrap())));
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let (sender, lines) = mpsc::channel();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        thread::spawn(move || stderr.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        let mut program = Self { child, lines };
        program.wait_for(&["Serving HTTPS on"]);
        program
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Reads its log up to a line with one of these texts; that text.
    #[track_caller]
    pub(crate) fn wait_for<'t>(&mut self, texts: &[&'t str]) -> &'t str {
        let mut read = Vec::new();
        while let Ok(line) = self.lines.recv_timeout(PATIENCE) {
            if let Some(found) = texts.iter().copied().find(|text| line.contains(text)) {
                return found;
            }
            read.push(line);
        }
        panic!("no line with any of {texts:?}:\n{}", read.join("\n"));
    }

    /// Waits for its end, which is near.
    pub(crate) fn end(mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Whoever is dead already stays so.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
