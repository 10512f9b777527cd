//! The CA in a process of its own, so that its standard error can be read, or not.

use std::{
    env,
    io::{BufRead, BufReader, Write},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc,
    time::Duration,
};

use step_tests::serve_for_ever;

/// Says which folder the CA of the process is in.
const FOLDER: &str = "STEP_TESTS_OPERATIONS_FOLDER";
/// Begins the line that says where it listens.
const LISTENING: &str = "listening on ";
/// Longer than anything takes: a test that waits for nothing fails instead of hanging.
const PATIENCE: Duration = Duration::from_secs(120);

#[test]
#[ignore = "no test, but a part of others: they start it in a process of its own"]
fn the_ca_of_a_process() {
    let Some(folder) = env::var_os(FOLDER) else { return };
    let _log = step_ca::telemetry::start().unwrap();
    serve_for_ever(&PathBuf::from(folder), |address| {
        let mut output = std::io::stdout().lock();
        writeln!(output, "{LISTENING}{address}").and_then(|()| output.flush()).unwrap();
    });
}

/// A CA that runs in a process of its own, and writes its log into a pipe.
pub(crate) struct Process {
    child: Child,
    pub(crate) address: SocketAddr,
    lines: Option<mpsc::Receiver<String>>,
}

impl Process {
    /// Starts the CA of a folder, and returns when it listens. Nobody reads its log yet.
    pub(crate) fn start(folder: &Path, filter: &str) -> Self {
        let mut command = Command::new(env::current_exe().unwrap());
        command.args(["child::the_ca_of_a_process", "--exact", "--ignored", "--nocapture"]);
        command.env(FOLDER, folder).env("RUST_LOG", filter).stdin(Stdio::null());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        let address = loop {
            line.clear();
            assert_ne!(output.read_line(&mut line).unwrap(), 0, "the process ended before it listened");
            if let Some((_, address)) = line.trim_end().split_once(LISTENING) {
                break address.parse().unwrap();
            }
        };
        Self { child, address, lines: None }
    }

    /// Reads its log up to a line with this text; all of these lines.
    #[track_caller]
    pub(crate) fn read_to(&mut self, text: &str) -> Vec<String> {
        let stderr = &mut self.child.stderr;
        let lines = self.lines.get_or_insert_with(|| {
            let (sender, lines) = mpsc::channel();
            let stderr = BufReader::new(stderr.take().unwrap());
            std::thread::spawn(move || stderr.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
            lines
        });
        let mut read = Vec::new();
        while let Ok(line) = lines.recv_timeout(PATIENCE) {
            let is_last = line.contains(text);
            read.push(line);
            if is_last {
                return read;
            }
        }
        panic!("no line with {text:?}:\n{}", read.join("\n"));
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Whoever is dead already stays so.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
