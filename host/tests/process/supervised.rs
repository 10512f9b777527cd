//! A `step-ca` in a process of its own, and a supervisor that listens to it.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    os::unix::net::UnixDatagram,
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::{Arc, mpsc},
    time::Duration,
};

use authority::Certificate;
use rustix::process::{Pid, Signal, kill_process};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned, crypto::aws_lc_rs, pki_types::ServerName};
use serde_json::Value;
use step_ca::clock::{Clock as _, System};
use steppath::{Access, AuthorityOptions, InitOptions, Overwrite, StepPath};
use tempfile::TempDir;

pub(crate) const PASSWORD: &[u8] = b"throw-away";

/// Longer than anything takes: a test that waits for nothing fails instead of hanging.
const PATIENCE: Duration = Duration::from_secs(120);

/// What a CA is made of.
pub(crate) struct Files {
    folder: TempDir,
    path: StepPath,
}

impl Files {
    pub(crate) fn make() -> Self {
        let folder = TempDir::new().unwrap();
        let path = StepPath::new(folder.path()).unwrap();
        let options = InitOptions {
            name: "Test",
            key_password: PASSWORD,
            root: None,
            overwrite: Overwrite::Refuse,
            now: System.now(),
            authority: Some(AuthorityOptions {
                dns_names: &["localhost".to_owned()],
                address: "127.0.0.1:0",
                provisioner: "you@example.com",
                provisioner_password: PASSWORD,
                ca_url: None,
            }),
        };
        steppath::init(&path, &options).unwrap();
        let files = Self { folder, path };
        steppath::write(&files.password_file(), PASSWORD, Access::Private, Overwrite::Allow).unwrap();
        files
    }

    pub(crate) fn ca_json(&self) -> PathBuf {
        self.path.ca_json()
    }

    pub(crate) fn step_path(&self) -> &StepPath {
        &self.path
    }

    pub(crate) fn password_file(&self) -> PathBuf {
        self.folder.path().join("password")
    }

    pub(crate) fn configure(&self, change: impl FnOnce(&mut Value)) {
        let mut file: Value = serde_json::from_slice(&fs::read(self.ca_json()).unwrap()).unwrap();
        change(&mut file);
        let text = file.to_string();
        steppath::write(&self.ca_json(), text.as_bytes(), Access::Private, Overwrite::Allow).unwrap();
    }

    /// Serves these files.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_step-ca"));
        command.arg(self.ca_json()).arg("--password-file").arg(self.password_file());
        command
    }

    /// A client that trusts the root.
    pub(crate) fn client(&self, address: SocketAddr) -> Client {
        let root = Certificate::from_pem(&fs::read_to_string(self.path.root_certificate()).unwrap()).unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(root.der().to_vec().into()).unwrap();
        let config = ClientConfig::builder_with_provider(aws_lc_rs::default_provider().into())
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let session = ClientConnection::new(Arc::new(config), ServerName::try_from("localhost").unwrap()).unwrap();
        let socket = TcpStream::connect(address).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        Client(StreamOwned::new(session, socket))
    }
}

/// One connection.
pub(crate) struct Client(StreamOwned<ClientConnection, TcpStream>);

impl Client {
    /// Asks once, and reads to the end.
    pub(crate) fn ask(&mut self, path: &str) -> String {
        let Self(stream) = self;
        write!(stream, "GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }
}

/// A process, what it writes to standard error, and what it says to its supervisor.
pub(crate) struct Supervised {
    child: Child,
    lines: mpsc::Receiver<String>,
    notices: UnixDatagram,
    _folder: TempDir,
}

/// What a supervisor is told at once: `NAME=value` lines.
pub(crate) struct Notice(String);

impl Notice {
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='))
    }
}

impl Supervised {
    pub(crate) fn start(mut command: Command) -> Self {
        let folder = TempDir::new().unwrap();
        let socket = folder.path().join("notify");
        let notices = UnixDatagram::bind(&socket).unwrap();
        notices.set_read_timeout(Some(PATIENCE)).unwrap();
        command.env("NOTIFY_SOCKET", &socket).stdin(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (sender, lines) = mpsc::channel();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        std::thread::spawn(move || stderr.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        Self { child, lines, notices, _folder: folder }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// What the supervisor is told next.
    pub(crate) fn notice(&mut self) -> Notice {
        let mut octets = [0; 4_096];
        let length = self.notices.recv(&mut octets).expect("the supervisor is told something");
        Notice(std::str::from_utf8(&octets[..length]).unwrap().to_owned())
    }

    /// Reads the log up to a line with this text.
    #[track_caller]
    pub(crate) fn wait_for(&mut self, text: &str) {
        let mut seen = Vec::new();
        while let Ok(line) = self.lines.recv_timeout(PATIENCE) {
            if line.contains(text) {
                return;
            }
            seen.push(line);
        }
        panic!("no line with {text:?}:\n{}", seen.join("\n"));
    }

    /// The exit code of a process that is about to end; none when a signal ended it.
    pub(crate) fn end(mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }
}

impl Drop for Supervised {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
