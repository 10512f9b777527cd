//! A client that sends bytes and keeps what it is given.

use std::{
    fmt,
    net::SocketAddr,
    sync::{Arc, LazyLock, Mutex, PoisonError},
    time::Duration,
};

use authority::Certificate;
use reqwest::{Method, RequestBuilder};
use rustls::{
    ClientConfig, RootCertStore,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer, UnixTime},
    time_provider::TimeProvider,
};
use serde_json::Value;
use step_ca::clock::Clock;
use tokio::runtime::Runtime;

use crate::answer::Answer;

/// What all clients of a process run on. The CAs have runtimes of their own, which end with them.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("threads")
});

/// A client of one CA, verifying it against its roots by the CA's own clock.
pub struct Client {
    http: reqwest::Client,
    address: SocketAddr,
    ledger: Arc<Ledger>,
}

/// A certificate to show, with those that verify it, and its key.
pub struct Identity {
    /// The certificate first.
    pub chain: Vec<CertificateDer<'static>>,
    /// Its private key.
    pub key: PrivateKeyDer<'static>,
}

/// Every certificate that clients of one CA were answered.
#[derive(Default)]
pub(crate) struct Ledger(Mutex<Vec<Certificate>>);

impl Ledger {
    pub(crate) fn add(&self, certificate: Certificate) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(certificate);
    }

    pub(crate) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    pub(crate) fn all(&self) -> Vec<Certificate> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Client {
    pub(crate) fn new(
        address: SocketAddr,
        trusted: &[Certificate],
        clock: Arc<dyn Clock>,
        identity: Option<Identity>,
        ledger: Arc<Ledger>,
    ) -> Self {
        let mut roots = RootCertStore::empty();
        for root in trusted {
            roots.add(root.der().to_vec().into()).expect("a root");
        }
        let config = ClientConfig::builder_with_details(aws_lc_rs::default_provider().into(), Arc::new(Time(clock)))
            .with_safe_default_protocol_versions()
            .expect("versions of TLS")
            .with_root_certificates(roots);
        let mut config = match identity {
            Some(Identity { chain, key }) => config.with_client_auth_cert(chain, key).expect("key and certificate"),
            None => config.with_no_client_auth(),
        };
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let http = reqwest::Client::builder().tls_backend_preconfigured(config).timeout(Duration::from_secs(60));
        // Without a runtime reqwest cannot prepare its connections.
        let _runtime = RUNTIME.enter();
        Self { http: http.build().expect("a client"), address, ledger }
    }

    /// `GET` of a path.
    #[track_caller]
    pub fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path))
    }

    /// `POST` of a JSON document.
    #[track_caller]
    pub fn post(&self, path: &str, body: &Value) -> Answer {
        self.post_bytes(path, body.to_string())
    }

    /// `POST` of anything.
    #[track_caller]
    pub fn post_bytes(&self, path: &str, body: impl Into<Vec<u8>>) -> Answer {
        self.send(self.request(Method::POST, path).body(body.into()))
    }

    /// A request to be filled in by hand.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("https://{}{path}", self.address))
    }

    /// The same without TLS, to somebody else: the listener of the metrics.
    pub fn request_in_clear(&self, method: Method, address: SocketAddr, path: &str) -> RequestBuilder {
        self.http.request(method, format!("http://{address}{path}"))
    }

    /// Sends a request and reads its answer.
    #[track_caller]
    pub fn send(&self, request: RequestBuilder) -> Answer {
        self.try_send(request).unwrap_or_else(|error| panic!("no answer: {error}"))
    }

    /// Sends a request that may get no answer.
    ///
    /// # Errors
    /// What happened to the connection.
    pub fn try_send(&self, request: RequestBuilder) -> Result<Answer, String> {
        RUNTIME.block_on(self.exchange(request))
    }

    /// Posts every document at once; the answers are in their order.
    ///
    /// # Errors
    /// For each that got none: what happened to the connection.
    pub fn post_all(&self, path: &str, bodies: &[Value]) -> Vec<Result<Answer, String>> {
        let requests = bodies.iter().map(|body| self.request(Method::POST, path).body(body.to_string()));
        RUNTIME.block_on(async {
            let mut answers = Vec::new();
            let waiting: Vec<_> = requests.map(|request| self.spawn(request)).collect();
            for answer in waiting {
                answers.push(answer.await.unwrap_or_else(|error| Err(error.to_string())));
            }
            answers
        })
    }

    fn spawn(&self, request: RequestBuilder) -> tokio::task::JoinHandle<Result<Answer, String>> {
        let ledger = self.ledger.clone();
        tokio::spawn(async move { exchange(request, &ledger).await })
    }

    async fn exchange(&self, request: RequestBuilder) -> Result<Answer, String> {
        exchange(request, &self.ledger).await
    }
}

async fn exchange(request: RequestBuilder, ledger: &Ledger) -> Result<Answer, String> {
    let response = request.send().await.map_err(|error| format!("{error:?}"))?;
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let body = response.bytes().await.map_err(|error| format!("{error:?}"))?.to_vec();
    let answer = Answer { status, headers, body };
    let issued = serde_json::from_slice::<Value>(&answer.body).ok().filter(|body| body.get("crt").is_some());
    if answer.status == 201 && issued.is_some() {
        ledger.add(answer.certificate());
    }
    Ok(answer)
}

/// The CA's clock, as TLS asks for it.
struct Time(Arc<dyn Clock>);

impl fmt::Debug for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Time")
    }
}

impl TimeProvider for Time {
    fn current_time(&self) -> Option<UnixTime> {
        let seconds = u64::try_from(self.0.now().as_unix()).ok()?;
        Some(UnixTime::since_unix_epoch(Duration::from_secs(seconds)))
    }
}
