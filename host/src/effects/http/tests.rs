//! Requests to a server that counts them, and answers as badly as it can.

use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use policy_runtime::{
    Http as _,
    contract::effects::{HttpError, Request, Response},
};
use rustls::{
    ServerConfig,
    crypto::aws_lc_rs,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
    task::JoinHandle,
};
use tokio_rustls::TlsAcceptor;

use super::{
    Outlet,
    client::{Lookup, Network},
};
use crate::config::{HeaderValue, HttpGrant};

/// A server on this machine that everybody calls `idp.test`.
struct Server {
    address: SocketAddr,
    connections: Arc<AtomicUsize>,
    requests: Arc<AtomicUsize>,
    folder: TempDir,
    serving: JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Server {
    /// Answers a request line and its headers with whole responses; an empty one is followed by silence.
    async fn start(answer: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static) -> Self {
        let key = rcgen::KeyPair::generate().unwrap();
        let names = vec!["idp.test".to_owned(), "127.0.0.1".to_owned()];
        let certificate = rcgen::CertificateParams::new(names).unwrap().self_signed(&key).unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("roots.pem"), certificate.pem()).unwrap();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let tls = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (connections, requests) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (accepted, asked) = (connections.clone(), requests.clone());
        let (acceptor, answer) = (TlsAcceptor::from(Arc::new(tls)), Arc::new(answer));
        let serving = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                accepted.fetch_add(1, Ordering::SeqCst);
                let (acceptor, answer, asked) = (acceptor.clone(), answer.clone(), asked.clone());
                tokio::spawn(async move {
                    let Ok(mut stream) = acceptor.accept(stream).await else { return };
                    let mut head = Vec::new();
                    while let Ok(octet) = stream.read_u8().await {
                        head.push(octet);
                        if head.ends_with(b"\r\n\r\n") {
                            asked.fetch_add(1, Ordering::SeqCst);
                            let answer = answer(&String::from_utf8_lossy(&std::mem::take(&mut head)));
                            if stream.write_all(&answer).await.is_err() {
                                return;
                            }
                        }
                    }
                });
            }
        });
        Self { address, connections, requests, folder, serving }
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }

    fn url(&self, path: &str) -> String {
        format!("https://idp.test:{}{path}", self.address.port())
    }

    fn roots(&self) -> PathBuf {
        self.folder.path().join("roots.pem")
    }

    /// Everything below `/` of this server, on whatever network it is.
    fn grant(&self) -> HttpGrant {
        HttpGrant {
            url: self.url("/"),
            methods: vec!["GET".to_owned()],
            headers: BTreeMap::new(),
            timeout: Duration::from_secs(10),
            max_response: 1_024,
            allow_private_networks: true,
            roots: Some(self.roots()),
        }
    }
}

fn ok(body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nETag: \"1\"\r\nSet-Cookie: a=b\r\n\r\n{body}").into_bytes()
}

fn redirect(to: &str) -> Vec<u8> {
    format!("HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: {to}\r\n\r\n").into_bytes()
}

/// Every name means these addresses.
fn lookup(addresses: &[Ipv4Addr]) -> Lookup {
    let addresses: Vec<SocketAddr> = addresses.iter().map(|address| SocketAddr::from((*address, 0))).collect();
    Arc::new(move |_| {
        let addresses = addresses.clone();
        Box::pin(async move { Ok(addresses) })
    })
}

fn outlet_where(lookup: Lookup, grants: &[HttpGrant]) -> Outlet {
    Outlet::new(&Network::with_lookup(lookup), grants).unwrap()
}

fn outlet(grants: &[HttpGrant]) -> Outlet {
    outlet_where(lookup(&[Ipv4Addr::LOCALHOST]), grants)
}

fn get(url: String) -> Request {
    Request { method: "GET".into(), url, headers: Vec::new(), body: None, timeout: None }
}

async fn got(outlet: &Outlet, url: String) -> Result<Response, HttpError> {
    outlet.send(get(url)).await
}

#[tokio::test]
async fn an_answer_has_a_status_a_body_and_some_of_its_header_fields() {
    let server = Server::start(|_| ok("keys")).await;
    let response = got(&outlet(&[server.grant()]), server.url("/keys")).await.unwrap();
    assert_eq!((response.status, response.body.as_slice()), (200, &b"keys"[..]));
    assert_eq!(response.headers, [("etag".to_owned(), "\"1\"".to_owned())], "and no cookie");
}

#[tokio::test]
async fn nobody_is_connected_to_who_was_not_granted() {
    let server = Server::start(|_| ok("")).await;
    let grant = HttpGrant { url: server.url("/api/v1/"), ..server.grant() };
    let outlet = outlet(&[grant]);
    let other_port = format!("https://idp.test:{}/api/v1/", server.address.port() ^ 1);
    for url in [
        server.url("/api/v2/"),
        server.url("/api/v1/../v2/"),
        server.url("/api/v1/%2e%2e/v2/"),
        server.url("/api/v1"),
        server.url("/api/v1/").replace("idp.test", "idp.test.evil.test"),
        server.url("/api/v1/").replace("idp.test", "evil.test"),
        other_port,
    ] {
        let error = got(&outlet, url.clone()).await.unwrap_err();
        assert!(matches!(error, HttpError::NotGranted(_)), "{url}: {error:?}");
    }
    for url in [
        server.url("/api/v1/").replace("https", "http"),
        server.url("/api/v1/").replace("idp.test", "me@idp.test"),
        server.url("/api/v1/..%2fv2/"),
        server.url("/api/v1/..%5Cv2/"),
        server.url(&format!("/api/v1/{}", "x".repeat(5_000))),
        "file:///etc/passwd".to_owned(),
        "no URL".to_owned(),
    ] {
        let error = got(&outlet, url.clone()).await.unwrap_err();
        assert!(matches!(error, HttpError::Invalid(_)), "{url}: {error:?}");
    }
    let post = Request { method: "POST".into(), ..get(server.url("/api/v1/")) };
    assert!(matches!(outlet.send(post).await, Err(HttpError::NotGranted(_))));
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn a_name_of_a_private_address_is_not_connected_to() {
    let server = Server::start(|_| ok("")).await;
    let grant = HttpGrant { allow_private_networks: false, ..server.grant() };
    let near = outlet(std::slice::from_ref(&grant));
    let error = got(&near, server.url("/")).await.unwrap_err();
    assert!(matches!(&error, HttpError::NotGranted(why) if why.contains("allowPrivateNetworks")), "{error:?}");
    let literal = server.url("/").replace("idp.test", "127.0.0.1");
    let granted = HttpGrant { url: literal.clone(), ..grant };
    let error = got(&outlet(&[granted]), literal).await.unwrap_err();
    assert!(matches!(error, HttpError::NotGranted(_)), "{error:?}");
    assert_eq!(server.connections(), 0);
}

/// What is looked at is what is connected to: a name is not looked up again in between.
#[tokio::test]
async fn what_a_name_means_a_moment_later_changes_nothing() {
    let server = Server::start(|_| ok("first")).await;
    let lookups = Arc::new(AtomicUsize::new(0));
    let counted = lookups.clone();
    let rebinding: Lookup = Arc::new(move |_| {
        let is_first = counted.fetch_add(1, Ordering::SeqCst) == 0;
        let address = if is_first { Ipv4Addr::LOCALHOST } else { Ipv4Addr::new(127, 0, 0, 2) };
        Box::pin(async move { Ok(vec![SocketAddr::from((address, 0))]) })
    });
    let outlet = outlet_where(rebinding, &[server.grant()]);
    assert_eq!(got(&outlet, server.url("/")).await.unwrap().body, b"first");
    assert_eq!((lookups.load(Ordering::SeqCst), server.connections()), (1, 1));
}

#[tokio::test]
async fn of_several_addresses_only_what_is_allowed_is_tried() {
    let server = Server::start(|_| ok("")).await;
    let grant = HttpGrant { allow_private_networks: false, ..server.grant() };
    let mixed = lookup(&[Ipv4Addr::LOCALHOST, Ipv4Addr::new(10, 0, 0, 1), Ipv4Addr::new(169, 254, 169, 254)]);
    assert!(matches!(got(&outlet_where(mixed, &[grant]), server.url("/")).await, Err(HttpError::NotGranted(_))));
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn a_redirect_is_followed_inside_the_grants_and_no_further() {
    let elsewhere = Server::start(|_| ok("secret")).await;
    let target = elsewhere.url("/");
    let server = Server::start(move |head| match head.split(' ').nth(1).unwrap() {
        "/a/there" => ok("here"),
        "/a/relative" => redirect("there"),
        "/a/loop" => redirect("/a/loop"),
        "/a/up" => redirect("/b/"),
        "/a/plain" => redirect("http://idp.test/a/"),
        _ => redirect(&target),
    })
    .await;
    let outlet = outlet(&[HttpGrant { url: server.url("/a/"), ..server.grant() }]);
    assert_eq!(got(&outlet, server.url("/a/relative")).await.unwrap().body, b"here");
    for path in ["/a/elsewhere", "/a/up"] {
        let error = got(&outlet, server.url(path)).await.unwrap_err();
        assert!(matches!(error, HttpError::NotGranted(_)), "{path}: {error:?}");
    }
    for path in ["/a/loop", "/a/plain"] {
        let error = got(&outlet, server.url(path)).await.unwrap_err();
        assert!(matches!(error, HttpError::Invalid(_)), "{path}: {error:?}");
    }
    assert_eq!(elsewhere.connections(), 0);
}

#[tokio::test]
async fn a_body_that_is_too_long_is_not_read_to_its_end() {
    let server = Server::start(|head| match head.split(' ').nth(1).unwrap() {
        "/said" => b"HTTP/1.1 200 OK\r\nContent-Length: 1025\r\n\r\n".to_vec(),
        "/unsaid" => {
            [&b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n401\r\n"[..], &[b'x'; 0x401], b"\r\n"].concat()
        }
        _ => ok(&"x".repeat(1_024)),
    })
    .await;
    let outlet = outlet(&[server.grant()]);
    assert_eq!(got(&outlet, server.url("/fits")).await.unwrap().body.len(), 1_024);
    for path in ["/said", "/unsaid"] {
        assert_eq!(got(&outlet, server.url(path)).await, Err(HttpError::TooLarge), "{path}");
    }
}

#[tokio::test]
async fn a_server_that_stops_in_the_middle_is_given_up() {
    let server = Server::start(|_| b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nx".to_vec()).await;
    let granted = outlet(&[HttpGrant { timeout: Duration::from_millis(50), ..server.grant() }]);
    assert_eq!(got(&granted, server.url("/")).await, Err(HttpError::Timeout));
    let patient = outlet(&[server.grant()]);
    let hasty = Request { timeout: Some(50), ..get(server.url("/")) };
    assert_eq!(patient.send(hasty).await, Err(HttpError::Timeout));
}

#[tokio::test]
async fn a_server_that_nobody_vouches_for_is_not_believed() {
    let server = Server::start(|_| ok("")).await;
    let other = Server::start(|_| ok("")).await;
    let outlet = outlet(&[HttpGrant { roots: Some(other.roots()), ..server.grant() }]);
    let error = got(&outlet, server.url("/")).await.unwrap_err();
    assert!(matches!(error, HttpError::Tls(_)), "{error:?}");
    assert_eq!(server.requests(), 0);
}

#[tokio::test]
async fn what_the_host_adds_is_sent_and_what_a_policy_may_not_send_is_not() {
    let server = Server::start(|head| {
        let is_authorized = head.contains("authorization: Bearer s3cret\r\n") && head.contains("accept: a/b\r\n");
        let is_authorized = is_authorized && head.matches("authorization:").count() == 1;
        ok(if is_authorized { "both" } else { head })
    })
    .await;
    let secret = HeaderValue::Text("Bearer s3cret".to_owned().into());
    let headers = BTreeMap::from([("authorization".to_owned(), secret)]);
    let outlet = outlet(&[HttpGrant { headers, ..server.grant() }]);
    let field = |name: &str, value: &str| vec![(name.to_owned(), value.to_owned())];
    let request = Request { headers: field("Accept", "a/b"), ..get(server.url("/")) };
    assert_eq!(outlet.send(request).await.unwrap().body, b"both");
    let pretending = [field("Accept", "a/b"), field("Authorization", "Bearer mine")].concat();
    let request = Request { headers: pretending, ..get(server.url("/")) };
    assert_eq!(outlet.send(request).await.unwrap().body, b"both", "a policy does not choose whom it asks as");
    for (name, value) in
        [("Host", "evil.test"), ("Transfer-Encoding", "chunked"), ("Cookie", "a=b"), ("Accept", "a\r\nb")]
    {
        let request = Request { headers: field(name, value), ..get(server.url("/")) };
        assert!(matches!(outlet.send(request).await, Err(HttpError::Invalid(_))), "{name}");
    }
    assert_eq!(server.requests(), 2);
}

#[tokio::test]
async fn many_that_want_the_same_ask_once() {
    let server = Server::start(|_| ok("keys")).await;
    let outlet = Arc::new(outlet(&[server.grant()]));
    let asking: Vec<_> = (0..50)
        .map(|_| {
            let (outlet, url) = (outlet.clone(), server.url("/keys"));
            tokio::spawn(async move { outlet.cached(url, 3_600).await })
        })
        .collect();
    for answer in asking {
        assert_eq!(answer.await.unwrap().unwrap().body, b"keys");
    }
    assert_eq!(server.requests(), 1);
    // Whoever wants it no older than now asks again.
    outlet.cached(server.url("/keys"), 0).await.unwrap();
    assert_eq!(server.requests(), 2);
}

#[tokio::test]
async fn an_answer_that_is_no_success_is_not_kept() {
    let server = Server::start(|_| b"HTTP/1.1 503 Later\r\nContent-Length: 0\r\n\r\n".to_vec()).await;
    let outlet = outlet(&[server.grant()]);
    for _ in 0..2 {
        assert_eq!(outlet.cached(server.url("/keys"), 3_600).await.unwrap().status, 503);
    }
    assert_eq!(server.requests(), 2);
}
