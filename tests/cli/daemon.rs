//! `ca renew --daemon` and `ca rekey --daemon`, in processes of their own: what they do is awaited, never timed.

use std::{
    env,
    io::{BufRead, BufReader, Read},
    os::unix::process::ExitStatusExt,
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, mpsc},
    thread,
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use step_tests::{PROVISIONER_PASSWORD, TestCa, User};

use crate::{terminal, visitor::Visitor};

/// Longer than anything takes: a test that waits for nothing fails instead of hanging.
const PATIENCE: Duration = Duration::from_secs(120);

const GET: &str = "ca certificate a.example {}/a.crt {}/a.key --provisioner-password-file {}/password";

/// The program in a process of its own, and what it says, line by line.
struct Daemon {
    child: Child,
    lines: mpsc::Receiver<String>,
}

impl Daemon {
    /// Starts the command with the words of a line, in which `{}` is the user's folder.
    fn start(visitor: &Visitor, line: &str) -> Self {
        let line = visitor.fill_in(line).replace("{}", &visitor.user.path("").display().to_string());
        let mut command = Command::new(env::current_exe().unwrap());
        command.args(terminal::PROGRAM).env_clear().envs(visitor.user.environment()).env(terminal::LINE, line);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (sender, lines) = mpsc::channel();
        forward(child.stdout.take().unwrap(), sender.clone());
        forward(child.stderr.take().unwrap(), sender);
        Self { child, lines }
    }

    /// Reads on to the line that has this in it.
    #[track_caller]
    fn says(&self, part: &str) -> String {
        let mut said = Vec::new();
        loop {
            match self.lines.recv_timeout(PATIENCE) {
                Ok(line) if line.contains(part) => return line,
                Ok(line) => said.push(line),
                Err(error) => panic!("it never says {part:?} ({error}), but: {said:?}"),
            }
        }
    }

    fn signal(&self, signal: Signal) {
        let id = Pid::from_raw(self.child.id().try_into().unwrap()).unwrap();
        kill_process(id, signal).unwrap();
    }

    fn end(mut self, signal: Signal) -> ExitStatus {
        self.signal(signal);
        self.child.wait().unwrap()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // It has ended where the test went well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn forward(stream: impl Read + Send + 'static, lines: mpsc::Sender<String>) {
    thread::spawn(move || {
        let mut said = BufReader::new(stream).lines().map_while(Result::ok);
        said.try_for_each(|line| lines.send(line))
    });
}

/// Somebody at a CA whose certificates live for a minute.
fn visitor_with_short_lives() -> Visitor {
    let claims = json!({"minTLSCertDuration": "10s", "defaultTLSCertDuration": "1m", "maxTLSCertDuration": "1m"});
    let mut ca = TestCa::build().system_clock().claims(claims).start();
    ca.let_others_in();
    let visitor = Visitor { ca: Arc::new(ca), user: User::new() };
    visitor.user.write("password", PROVISIONER_PASSWORD);
    visitor.step("ca bootstrap --ca-url {url} --fingerprint {fingerprint}").answer();
    visitor
}

#[test]
fn a_daemon_renews_in_its_rhythm_and_tells_everybody_until_it_is_told_to_leave() {
    let visitor = visitor_with_short_lives();
    visitor.step(GET).answer();
    let old = visitor.chain("a.crt").remove(0);
    let touch = format!("touch {}", visitor.user.path("renewed").display());
    let visitor = Visitor { user: visitor.user.with_variable("STEP_EXEC", &touch), ca: visitor.ca };
    let mut told = Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();
    let flags = format!("--daemon --renew-period 1s --pid {} --signal 15", told.id());
    let daemon = Daemon::start(&visitor, &format!("ca renew {{}}/a.crt {{}}/a.key {flags}"));

    assert!(daemon.says("INFO: ").ends_with(" first renewal in 1s"));
    assert!(daemon.says("INFO: ").ends_with(" certificate renewed, next in 1s"));
    assert_eq!(told.wait().unwrap().signal(), Some(15));
    assert!(visitor.user.path("renewed").exists());
    assert_eq!(daemon.end(Signal::TERM).code(), Some(0));
    let new = visitor.chain("a.crt").remove(0);
    assert_ne!(new.serial_number(), old.serial_number());
    assert_eq!(new.public_key(), old.public_key());
}

#[test]
fn a_hangup_is_as_good_as_the_hour() {
    let visitor = Visitor::new();
    visitor.step(GET).answer();
    let old = visitor.chain("a.crt").remove(0);
    let daemon = Daemon::start(&visitor, "ca renew {}/a.crt {}/a.key --daemon");
    // Hours away: what happens now happens because of the signal.
    assert!(daemon.says("first renewal in ").contains("h"));
    daemon.signal(Signal::HUP);
    daemon.says("certificate renewed, next in");
    assert_eq!(daemon.end(Signal::INT).code(), Some(0));
    assert_ne!(visitor.chain("a.crt").remove(0).serial_number(), old.serial_number());
}

#[test]
fn a_daemon_makes_new_keys_too_and_goes_on_with_them() {
    let visitor = Visitor::new();
    visitor.step(GET).answer();
    let old = visitor.chain("a.crt").remove(0);
    let daemon = Daemon::start(&visitor, "ca rekey {}/a.crt {}/a.key --daemon");
    daemon.says("first rekey in");
    let mut keys = vec![old.public_key().clone()];
    for _ in 0..2 {
        daemon.signal(Signal::HUP);
        daemon.says("certificate rekeyed, next in");
        let key = visitor.chain("a.crt").remove(0).public_key().clone();
        assert!(!keys.contains(&key));
        keys.push(key);
    }
    assert_eq!(daemon.end(Signal::TERM).code(), Some(0));
    // What is left behind belongs together.
    visitor.step("ca renew {}/a.crt {}/a.key --force").answer();
}

#[test]
fn what_fails_is_said_and_tried_again_when_somebody_asks() {
    let visitor = Visitor::new();
    visitor.step(GET).answer();
    let visitor = Visitor { user: visitor.user.with_variable("STEP_EXEC", "false"), ca: visitor.ca };
    let daemon = Daemon::start(&visitor, "ca renew {}/a.crt {}/a.key --daemon");
    daemon.says("first renewal in");
    for _ in 0..2 {
        daemon.signal(Signal::HUP);
        assert!(daemon.says("ERROR: ").contains("'false' failed: exit status: 1"));
    }
    assert_eq!(daemon.end(Signal::TERM).code(), Some(0));
}
