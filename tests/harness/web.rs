//! A web server of somebody else's, for policies that ask one.

use std::{
    io::{self, Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    path::PathBuf,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
};

use rustls::{ServerConfig, ServerConnection, StreamOwned, crypto::aws_lc_rs};

use crate::TestCa;

/// A server on this machine, with a certificate of a CA of its own. It serves one connection after the other, each for one
/// request, and keeps what it was sent.
pub struct Web {
    address: SocketAddr,
    roots: PathBuf,
    requests: Arc<Mutex<Vec<String>>>,
    is_over: Arc<AtomicBool>,
    serving: Option<JoinHandle<()>>,
    _notary: TestCa,
}

impl Web {
    /// Serves what `answer` makes of a request: a status, and a body. With status 0 it hangs up instead.
    pub fn start(answer: impl Fn(&str) -> (u16, String) + Send + 'static) -> Self {
        let notary = TestCa::start();
        let identity = notary.issue("localhost").identity();
        let tls = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .and_then(|tls| tls.with_no_client_auth().with_single_cert(identity.chain, identity.key))
            .expect("a key and its certificate");
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let address = listener.local_addr().expect("a listener has an address");
        let (requests, is_over) = (Arc::<Mutex<Vec<String>>>::default(), Arc::<AtomicBool>::default());
        let (heard, ends, tls) = (requests.clone(), is_over.clone(), Arc::new(tls));
        let serving = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if ends.load(Ordering::Acquire) {
                    return;
                }
                // A client that goes away is not this server's business.
                let _ = stream.and_then(|stream| serve(stream, &tls, &heard, &answer));
            }
        });
        let roots = notary.step_path().root_certificate();
        Self { address, roots, requests, is_over, serving: Some(serving), _notary: notary }
    }

    /// A URL of this server.
    pub fn url(&self, path: &str) -> String {
        format!("https://localhost:{}{path}", self.address.port())
    }

    /// Whom its clients have to trust.
    pub fn roots(&self) -> &PathBuf {
        &self.roots
    }

    /// What it was sent so far: heads and bodies.
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().expect("nobody panics with it").clone()
    }
}

impl Drop for Web {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Release);
        // It waits for somebody to come.
        let _ = TcpStream::connect(self.address);
        let _ = self.serving.take().map(JoinHandle::join);
    }
}

fn serve(
    stream: TcpStream,
    tls: &Arc<ServerConfig>,
    heard: &Mutex<Vec<String>>,
    answer: &impl Fn(&str) -> (u16, String),
) -> io::Result<()> {
    let connection = ServerConnection::new(tls.clone()).map_err(io::Error::other)?;
    let mut stream = StreamOwned::new(connection, stream);
    let request = read(&mut stream)?;
    heard.lock().expect("nobody panics with it").push(request.clone());
    let (status, body) = answer(&request);
    if status == 0 {
        return Ok(());
    }
    let length = body.len();
    write!(stream, "HTTP/1.1 {status} X\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}")?;
    stream.conn.send_close_notify();
    stream.flush()
}

/// A head, and as much of a body as it announces.
fn read(stream: &mut impl Read) -> io::Result<String> {
    let mut request = Vec::new();
    let mut octet = [0];
    while !request.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut octet)?;
        request.extend_from_slice(&octet);
    }
    let head = String::from_utf8_lossy(&request).to_ascii_lowercase();
    let length = head.split("content-length: ").nth(1).and_then(|rest| rest.split("\r\n").next());
    let mut body = vec![0; length.and_then(|length| length.parse().ok()).unwrap_or(0)];
    stream.read_exact(&mut body)?;
    request.extend_from_slice(&body);
    Ok(String::from_utf8_lossy(&request).into_owned())
}
