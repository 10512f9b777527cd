//! A TLS server that knows its lines: what the CA at the other end may say.

use std::{
    io::{Read, Write},
    net::TcpListener,
    sync::{Arc, Mutex},
    thread,
};

use rustls::{
    ServerConfig, ServerConnection, Stream,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
};

/// A server on this machine, certified by its own root, that answers one request after the other from a list.
pub(crate) struct Server {
    /// `https://localhost:<port>`
    pub url: String,
    /// The root above its certificate, in PEM.
    pub root: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Answers the requests that come with these, each a whole HTTP answer, one connection each.
    pub(crate) fn answering(answers: Vec<String>) -> Self {
        let (config, root) = certified();
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("bound").port();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&requests);
        thread::spawn(move || {
            for answer in answers {
                let Ok((mut socket, _)) = listener.accept() else { return };
                let mut connection = ServerConnection::new(Arc::clone(&config)).expect("a server");
                let mut stream = Stream::new(&mut connection, &mut socket);
                let request = read_request(&mut stream);
                heard.lock().expect("no reader panicked").push(request);
                // A client that hangs up early is what some tests are about.
                let _ = stream.write_all(answer.as_bytes());
                stream.conn.send_close_notify();
                let _ = stream.flush();
            }
        });
        Self { url: format!("https://localhost:{port}"), root, requests }
    }

    /// The requests so far: head and body.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().expect("no writer panicked").clone()
    }
}

/// An HTTP answer with this status line, these header lines and this body.
pub(crate) fn http(status: &str, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {}\r\n{headers}\r\n{body}", body.len())
}

fn certified() -> (Arc<ServerConfig>, String) {
    let root_key = rcgen::KeyPair::generate().expect("a key");
    let mut root = rcgen::CertificateParams::default();
    root.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    // A name of its own: else its certificates look as if they had signed themselves.
    root.distinguished_name.push(rcgen::DnType::CommonName, "Root of a test server");
    let root_pem = root.self_signed(&root_key).expect("signed").pem();
    let key = rcgen::KeyPair::generate().expect("a key");
    let leaf = rcgen::CertificateParams::new(["localhost".to_owned()]).expect("a name");
    let leaf = leaf.signed_by(&key, &rcgen::Issuer::new(root, root_key)).expect("signed");
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder_with_provider(crate::client::tls::provider())
        .with_safe_default_protocol_versions()
        .expect("protocol versions")
        .with_no_client_auth()
        .with_single_cert(vec![leaf.der().clone()], key)
        .expect("key and certificate belong together");
    (Arc::new(config), root_pem)
}

fn read_request(stream: &mut impl Read) -> String {
    let mut request = Vec::new();
    let mut buffer = [0; 4_096];
    loop {
        let text = String::from_utf8_lossy(&request).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length =
                head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
            if body.len() >= length.unwrap_or(0) {
                return text;
            }
        }
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => return text,
            Ok(count) => request.extend_from_slice(&buffer[..count]),
        }
    }
}
