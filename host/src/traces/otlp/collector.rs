//! How the exporter reaches the collector: one HTTP/1.1 request a batch, in clear, on the runtime of the CA.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::{Request, Response, client::conn::http1};
use hyper_util::rt::TokioIo;
use opentelemetry_http::{HttpClient, HttpError};
use tokio::{net::TcpStream, runtime::Handle, time::timeout};

/// A client of the collector.
#[derive(Debug)]
pub(super) struct Collector {
    runtime: Handle,
}

/// For one batch.
const PATIENCE: Duration = Duration::from_secs(5);
/// Octets of an answer.
const ANSWER: usize = 64 << 10;

impl Collector {
    /// Sends from this runtime, whoever asks for it.
    pub(super) fn new(runtime: Handle) -> Self {
        Self { runtime }
    }
}

#[async_trait::async_trait]
impl HttpClient for Collector {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        // The exporter has a thread of its own, and no runtime on it.
        self.runtime.spawn(async move { timeout(PATIENCE, send(request)).await? }).await?
    }
}

async fn send(request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
    let (mut head, body) = request.into_parts();
    let authority = head.uri.authority().ok_or("the URL of the collector names no host")?.clone();
    let socket = TcpStream::connect((authority.host(), authority.port_u16().unwrap_or(80))).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(socket)).await?;
    tokio::spawn(connection);
    head.headers.insert(hyper::header::HOST, authority.as_str().parse()?);
    head.uri = head.uri.path_and_query().map_or("/", |target| target.as_str()).parse()?;
    let response = sender.send_request(Request::from_parts(head, Full::new(body))).await?;
    let (head, body) = response.into_parts();
    let body = Limited::new(body, ANSWER).collect().await?.to_bytes();
    Ok(Response::from_parts(head, body))
}
