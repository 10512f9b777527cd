//! The CA in a process of its own, so that it can be killed.

use std::{
    env, fs,
    io::{BufRead, BufReader, Write},
    net::SocketAddr,
    panic,
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, ExitStatus, Stdio},
    sync::atomic::{AtomicUsize, Ordering},
};

use rustix::{
    process::{Pid, Resource, Rlimit, Signal, getpid, getrlimit, kill_process, prlimit},
    thread::{CapabilitySet, CapabilitySets, set_capabilities},
};
use step_tests::serve_for_ever;

/// Says which folder the CA of the process is in.
const FOLDER: &str = "STEP_TESTS_FOLDER";
/// Says where it fails, and how: `store::after_spend=kill@3`, `…=panic:1/2`, or an action of the `fail` crate; several with
/// `;` between them.
pub(crate) const FAULT: &str = "STEP_TESTS_FAULT";
/// Says that it may not write where modes forbid it, although it is root.
const POWERLESS: &str = "STEP_TESTS_POWERLESS";
/// Begins the line that says where it listens.
const LISTENING: &str = "listening on ";

#[test]
#[ignore = "no test, but a part of others: they start it in a process of its own"]
fn the_ca_of_a_process() {
    let Some(folder) = env::var_os(FOLDER) else { return };
    if env::var_os(POWERLESS).is_some() {
        // Threads inherit what the one that starts them may do.
        let nothing = CapabilitySet::empty();
        let sets = CapabilitySets { effective: nothing, permitted: nothing, inheritable: nothing };
        set_capabilities(None, sets).unwrap();
    }
    serve_for_ever(&PathBuf::from(folder), |address| {
        if let Ok(fault) = env::var(FAULT) {
            fault.split(';').for_each(arm);
        }
        let mut output = std::io::stdout().lock();
        writeln!(output, "{LISTENING}{address}").and_then(|()| output.flush()).unwrap();
    });
}

/// Makes the named place fail from now on.
pub(crate) fn arm(fault: &str) {
    let (place, action) = fault.split_once('=').unwrap();
    if let Some((some, all)) = action.strip_prefix("panic:").and_then(|share| share.split_once('/')) {
        let (some, all, hits): (usize, usize, _) = (some.parse().unwrap(), all.parse().unwrap(), AtomicUsize::new(0));
        // A thousand of them would say nothing new.
        panic::set_hook(Box::new(|_| {}));
        let panics = move || assert!(hits.fetch_add(1, Ordering::SeqCst) % all >= some, "this one panics");
        return fail::cfg_callback(place, panics).unwrap();
    }
    let Some(hit) = action.strip_prefix("kill@") else {
        return fail::cfg(place, action).unwrap();
    };
    let (hit, hits): (usize, _) = (hit.parse().unwrap(), AtomicUsize::new(0));
    fail::cfg_callback(place, move || {
        if hits.fetch_add(1, Ordering::SeqCst) + 1 == hit {
            kill_process(getpid(), Signal::KILL).unwrap();
        }
    })
    .unwrap();
}

const ARGUMENTS: [&str; 4] = ["child::the_ca_of_a_process", "--exact", "--ignored", "--nocapture"];

/// The CA as what a shell becomes when it has done this.
fn shell(program: &str, arguments: &[&str], commands: &str) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).arg("-c").arg(format!("{commands} && exec \"$0\" \"$@\""));
    command.arg(env::current_exe().unwrap()).args(ARGUMENTS);
    command
}

/// What mounts a folder over itself so that nobody can write there.
pub(crate) fn read_only_mount(folder: &str) -> String {
    format!("mount --bind {folder} {folder} && mount -o remount,bind,ro {folder}")
}

/// A CA that runs in a process of its own.
pub(crate) struct Process {
    child: Child,
    output: BufReader<ChildStdout>,
    pub(crate) address: SocketAddr,
}

impl Process {
    /// Starts the CA of a folder, and returns when it listens.
    pub(crate) fn start(folder: &Path, fault: Option<&str>) -> Self {
        let mut command = Command::new(env::current_exe().unwrap());
        command.args(ARGUMENTS).envs(fault.map(|fault| (FAULT, fault)));
        Self::spawn(command, folder)
    }

    /// Starts it with more in its environment.
    pub(crate) fn start_with(folder: &Path, fault: Option<&str>, environment: &[(&str, &Path)]) -> Self {
        let mut command = Command::new(env::current_exe().unwrap());
        command.args(ARGUMENTS).envs(fault.map(|fault| (FAULT, fault))).envs(environment.iter().copied());
        Self::spawn(command, folder)
    }

    /// What the operator is told when it does not start.
    pub(crate) fn refusal(folder: &Path, environment: &[(&str, &Path)]) -> String {
        let mut command = Command::new(env::current_exe().unwrap());
        command.args(ARGUMENTS).envs(environment.iter().copied()).env(FOLDER, folder).stdin(Stdio::null());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut said = String::new();
        for line in BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap) {
            if line.contains(LISTENING) {
                child.kill().unwrap();
                child.wait().unwrap();
                panic!("it has started");
            }
            said += &line;
        }
        let output = child.wait_with_output().unwrap();
        assert!(!output.status.success());
        said + &String::from_utf8_lossy(&output.stderr)
    }

    /// Starts it after these commands of a shell.
    pub(crate) fn start_after(commands: &str, folder: &Path) -> Self {
        Self::spawn(shell("sh", &[], commands), folder)
    }

    /// Starts it without the powers of root: it may write where modes say so, and nowhere else.
    pub(crate) fn start_powerless(folder: &Path) -> Self {
        let mut command = Command::new(env::current_exe().unwrap());
        command.args(ARGUMENTS).env(POWERLESS, "yes");
        Self::spawn(command, folder)
    }

    /// Starts it where `folder` is mounted read-only, if this user may mount anything at all.
    pub(crate) fn start_on_read_only(folder: &Path) -> Option<Self> {
        let folder_variable = format!("\"${FOLDER}\"");
        Self::start_where(&read_only_mount(&folder_variable), folder)
    }

    /// Starts it among mounts of its own, after these commands, which are tried before; if this user may mount anything at
    /// all.
    pub(crate) fn start_where(commands: &str, folder: &Path) -> Option<Self> {
        let namespace = ["--map-root-user", "--mount", "sh"];
        let mut probe = shell("unshare", &namespace, &format!("{commands} && exit 0; exit 1"));
        let can = probe.env(FOLDER, folder).stdout(Stdio::null()).stderr(Stdio::null()).status();
        can.is_ok_and(|status| status.success()).then(|| Self::spawn(shell("unshare", &namespace, commands), folder))
    }

    /// Has a shell do something among the mounts of the process; whether it was done.
    pub(crate) fn beside(&self, commands: &str) -> bool {
        let mut command = Command::new("nsenter");
        command.arg("--target").arg(self.number());
        command.args(["--user", "--mount", "--preserve-credentials", "sh", "-c", commands]);
        command.stdin(Stdio::null()).status().is_ok_and(|status| status.success())
    }

    fn spawn(mut command: Command, folder: &Path) -> Self {
        command.env(FOLDER, folder).stdout(Stdio::piped()).stdin(Stdio::null());
        let mut child = command.spawn().unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        let address = loop {
            line.clear();
            assert_ne!(output.read_line(&mut line).unwrap(), 0, "the process ended before it listened");
            if let Some(address) = line.trim_end().split_once(LISTENING) {
                break address.1.parse().unwrap();
            }
        };
        Self { child, output, address }
    }

    /// Who it is.
    pub(crate) fn id(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// Its number, as other programs are told it.
    pub(crate) fn number(&self) -> String {
        self.child.id().to_string()
    }

    /// A number of its own in `/proc`, in KiB: `VmRSS`, what it holds in memory.
    pub(crate) fn kibibytes(&self, name: &str) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }

    /// Files it has open.
    pub(crate) fn descriptors(&self) -> u64 {
        fs::read_dir(format!("/proc/{}/fd", self.child.id())).unwrap().count().try_into().unwrap()
    }

    /// Allows it so much of something from now on.
    pub(crate) fn limit(&self, resource: Resource, most: Option<u64>) {
        let maximum = prlimit(Some(self.id()), resource, Rlimit { current: most, maximum: None });
        // Without a privilege the hard limit stays as it is.
        if maximum.is_err() {
            let hard = getrlimit(resource).maximum;
            prlimit(Some(self.id()), resource, Rlimit { current: most.or(hard), maximum: hard }).unwrap();
        }
    }

    /// Whether it lives.
    pub(crate) fn is_alive(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(self.id(), signal).unwrap();
    }

    /// Ends it without a warning, and waits for its end.
    pub(crate) fn kill(mut self) -> ExitStatus {
        self.child.kill().unwrap();
        self.wait()
    }

    /// Waits for its end.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Whoever is dead already stays so.
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = self.output.buffer();
    }
}
