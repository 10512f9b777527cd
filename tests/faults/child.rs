//! The CA in a process of its own, so that it can be killed.

use std::{
    env,
    io::{BufRead, BufReader, Write},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, ExitStatus, Stdio},
    sync::atomic::{AtomicUsize, Ordering},
};

use rustix::process::{Signal, getpid, kill_process};
use step_tests::serve_for_ever;

/// Says which folder the CA of the process is in.
const FOLDER: &str = "STEP_TESTS_FOLDER";
/// Says where it fails, and how: `store::after_spend=kill@3`, or an action of the `fail` crate.
const FAULT: &str = "STEP_TESTS_FAULT";
/// Begins the line that says where it listens.
const LISTENING: &str = "listening on ";

#[test]
#[ignore = "no test, but a part of others: they start it in a process of its own"]
fn the_ca_of_a_process() {
    let Some(folder) = env::var_os(FOLDER) else { return };
    serve_for_ever(&PathBuf::from(folder), |address| {
        if let Ok(fault) = env::var(FAULT) {
            arm(&fault);
        }
        let mut output = std::io::stdout().lock();
        writeln!(output, "{LISTENING}{address}").and_then(|()| output.flush()).unwrap();
    });
}

/// Makes the named place fail from now on.
fn arm(fault: &str) {
    let (place, action) = fault.split_once('=').unwrap();
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
        command.args(["child::the_ca_of_a_process", "--exact", "--ignored", "--nocapture"]);
        command.env(FOLDER, folder).envs(fault.map(|fault| (FAULT, fault))).stdout(Stdio::piped());
        let mut child = command.stdin(Stdio::null()).spawn().unwrap();
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
