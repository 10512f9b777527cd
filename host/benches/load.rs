//! A CA under load over TLS: one server process on one core, clients on another, every record durable where
//! `STEP_BENCH_DIR` says (`/dev/shm` when it says nothing).
//!
//! `cargo bench -p step-ca --bench load -- [seconds] [clients]`

mod fixture;

use fixture::{Client, Files, Reference};
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use std::{
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::Path,
    process::{Child, Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

const SERVER: &str = "STEP_BENCH_SERVER";
const SERVER_CORE: &str = "0";
const CLIENT_CORE: &str = "1";

fn main() {
    if let Some(path) = std::env::var_os(SERVER) {
        return serve(Path::new(&path));
    }
    let numbers: Vec<u64> = std::env::args().filter_map(|argument| argument.parse().ok()).collect();
    let seconds = Duration::from_secs(numbers.first().copied().unwrap_or(5).clamp(1, 60));
    let clients = numbers.get(1).copied().unwrap_or(8).clamp(1, 64);
    let files = Files::make();
    let mut server = Server::start(&files);
    pin(std::process::id(), CLIENT_CORE);
    println!("first answer {:.0} ms after the server was started", server.ready_after.as_secs_f64() * 1e3);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let client = Arc::new(Client::new(&files.path));
    for (what, is_kept) in [("kept connections", true), ("a new connection each", false)] {
        let reference = Reference::measure();
        println!(
            "P-256 on the core of the clients: sign {:.1} µs, verify {:.1} µs",
            reference.sign_us, reference.verify_us
        );
        let before = fixture::cpu_seconds(server.process.id());
        let mut run = runtime.block_on(load(&files, &client, server.address, clients, seconds, is_kept));
        let cpu = fixture::cpu_seconds(server.process.id()) - before;
        run.report(what, clients, cpu, &reference);
    }
    println!("resident memory of the server: {:.1} MB", fixture::resident_megabytes(server.process.id()));
    server.stop();
}

/// The server process: serves until its standard input ends.
fn serve(path: &Path) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let ca = fixture::start(&Files::at(path)).await;
        println!("{}", ca.address().expect("an address"));
        let (ended, stop) = tokio::sync::oneshot::channel();
        std::thread::spawn(move || {
            let _ = std::io::stdin().read_line(&mut String::new());
            let _ = ended.send(());
        });
        ca.serve(async { drop(stop.await) }).await;
    });
}

struct Server {
    process: Child,
    address: SocketAddr,
    ready_after: Duration,
}

impl Server {
    fn start(files: &Files) -> Self {
        let program = std::env::current_exe().expect("this program");
        let begin = Instant::now();
        let mut process = Command::new("taskset")
            .args(["-c", SERVER_CORE])
            .arg(program)
            .env(SERVER, files.folder())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("taskset, from util-linux");
        let mut line = String::new();
        let mut output = BufReader::new(process.stdout.take().expect("piped"));
        output.read_line(&mut line).expect("an address");
        let address = line.trim().parse().expect("an address");
        Self { process, address, ready_after: begin.elapsed() }
    }

    fn stop(&mut self) {
        drop(self.process.stdin.take());
        self.process.wait().expect("it ends");
    }
}

fn pin(process: u32, core: &str) {
    let pinned = Command::new("taskset").args(["-cp", core, &process.to_string()]).stdout(Stdio::null()).status();
    assert!(pinned.is_ok_and(|status| status.success()), "taskset, from util-linux");
}

/// The answers of one run.
struct Run {
    latencies: Vec<Duration>,
    elapsed: Duration,
}

impl Run {
    fn report(&mut self, what: &str, clients: u64, cpu: f64, reference: &Reference) {
        self.latencies.sort_unstable();
        let count = self.latencies.len();
        let at = |share: f64| self.latencies[((count - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
        let per_thousand = cpu * 1e3 / count as f64;
        println!(
            "{what}, {clients} clients: {:.0}/s, {per_thousand:.3} CPU-s per 1,000 ({:.1} P-256 signatures each), \
             p50 {:.2} ms, p99 {:.2} ms, {count} certificates",
            count as f64 / self.elapsed.as_secs_f64(),
            per_thousand * 1e3 / reference.sign_us,
            at(0.50),
            at(0.99),
        );
    }
}

async fn load(
    files: &Files,
    client: &Arc<Client>,
    address: SocketAddr,
    clients: u64,
    seconds: Duration,
    is_kept: bool,
) -> Run {
    let connector = TlsConnector::from(Arc::new(tls(files)));
    let begin = Instant::now();
    let tasks: Vec<_> = (0..clients)
        .map(|_| {
            let (connector, client) = (connector.clone(), client.clone());
            tokio::spawn(async move {
                let mut latencies = Vec::new();
                let mut connection = None;
                while begin.elapsed() < seconds {
                    let token = client.token();
                    let start = Instant::now();
                    let mut stream = match connection.take() {
                        Some(stream) => stream,
                        None => connect(&connector, address).await,
                    };
                    sign(&mut stream, &client.csr, &token).await;
                    latencies.push(start.elapsed());
                    connection = is_kept.then_some(stream);
                }
                latencies
            })
        })
        .collect();
    let mut latencies = Vec::new();
    for task in tasks {
        latencies.extend(task.await.expect("no panic"));
    }
    Run { latencies, elapsed: begin.elapsed() }
}

fn tls(files: &Files) -> ClientConfig {
    let root = CertificateDer::from_pem_file(files.path.root_certificate()).expect("a root");
    let mut roots = RootCertStore::empty();
    roots.add(root).expect("a root");
    let mut config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.resumption = rustls::client::Resumption::disabled();
    config
}

async fn connect(connector: &TlsConnector, address: SocketAddr) -> TlsStream<TcpStream> {
    let socket = TcpStream::connect(address).await.expect("a connection");
    socket.set_nodelay(true).expect("no delay");
    connector.connect(ServerName::IpAddress(address.ip().into()), socket).await.expect("a handshake")
}

async fn sign(stream: &mut TlsStream<TcpStream>, csr: &str, token: &str) {
    let body = serde_json::json!({ "csr": csr, "ott": token }).to_string();
    let length = body.len();
    let request = format!("POST /1.0/sign HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: {length}\r\n\r\n{body}");
    stream.write_all(request.as_bytes()).await.expect("to write");
    stream.flush().await.expect("to write");
    let mut answer = Vec::with_capacity(8 << 10);
    let body_at = loop {
        assert!(stream.read_buf(&mut answer).await.expect("to read") > 0, "the server hung up");
        if let Some(end) = answer.windows(4).position(|octets| octets == b"\r\n\r\n") {
            break end + 4;
        }
    };
    let head = String::from_utf8_lossy(&answer[..body_at]).to_lowercase();
    assert!(head.starts_with("http/1.1 201"), "{}", String::from_utf8_lossy(&answer));
    let length: usize = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length:"))
        .and_then(|length| length.trim().parse().ok())
        .expect("a length");
    while answer.len() < body_at + length {
        assert!(stream.read_buf(&mut answer).await.expect("to read") > 0, "the server hung up");
    }
}
