//! The composition root: every part of the CA is built here, once, and connected.

use crate::{
    admission::{Knock, RekeyRequest, RenewCredential, SignRequest},
    audit::Module,
    call::Call,
    clock::Clock,
    config::Config,
    effects::World,
    issuance::{self, Issued, NotIssued},
    limits,
    metrics::{Metrics, MetricsListener, MetricsServer},
    ocsp::OcspAnswer,
    own,
    readiness::{self, Obstacle},
    records::{self, RecallOrder},
    reload::Reloader,
    replay,
    revocation::{self, RevokeRequest},
    revocation_list::{self, RevocationList},
    routes::{
        self, Answer, ClientCredential, IssuedChain, Published, ReadCall, Refused, RekeyCall, RenewCall, RevokeCall,
        Service, SignCall,
    },
    sealing,
    server::{Drained, ListenError, Listener, OwnCertificate, OwnCertificateError, Server, Tls},
    shadow::{self, Shadows},
    signing,
    snapshot::{Foundations, Snapshot, SnapshotError},
    store::{Embedded, OpenError, Store, StoreError},
    telemetry::Logging,
    timekeeping::Timekeeping,
};
use api_types::{CertificateEntry, CertificatesPage, ModuleEntry, RecallAction, RecallPage};
use arc_swap::ArcSwap;
use bytes::Bytes;
use policy_runtime::{Fault, Runtime, RuntimeConfig};
use rustls::pki_types::CertificateDer;
use std::{
    collections::HashMap,
    io,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{Arc, OnceLock, Weak},
    time::Duration,
};
use thiserror::Error;
use tokio::sync::Mutex;
use zeroize::Zeroizing;

/// The CA behind its routes: the snapshot in force, and what time it is.
pub struct App {
    snapshot: ArcSwap<Snapshot>,
    clock: Arc<dyn Clock>,
    metrics: Arc<Metrics>,
    /// What the listener shows. It is issued by this, so it comes later; weak, because what renews it holds this.
    own_certificate: OnceLock<Weak<OwnCertificate>>,
}

impl App {
    /// The snapshot in force. Taken once a request.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.snapshot.load_full()
    }

    /// Serves every request that comes from now on with another one.
    pub(crate) fn replace(&self, snapshot: Snapshot) {
        self.snapshot.store(Arc::new(snapshot));
    }

    /// A call that nobody made over the network.
    pub(crate) fn own_call(&self) -> Call {
        Call::own(self.clock.now())
    }
}

impl Service for App {
    fn published(&self) -> Arc<Published> {
        self.snapshot.load().published.clone()
    }

    fn logging(&self) -> Arc<Logging> {
        self.snapshot.load().logging.clone()
    }

    fn obstacles(&self) -> routes::Future<'_, Vec<Obstacle>> {
        let (ca, now) = (self.snapshot(), self.clock.now());
        Box::pin(async move { readiness::obstacles(&ca, now).await })
    }

    fn metrics(&self) -> routes::Future<'_, String> {
        let (ca, now) = (self.snapshot(), self.clock.now());
        Box::pin(async move {
            let obstacles = readiness::obstacles(&ca, now).await;
            let own_not_after =
                self.own_certificate.get().and_then(Weak::upgrade).map(|certificate| certificate.not_after());
            self.metrics.state().note(&ca, now, own_not_after, &obstacles);
            self.metrics.text()
        })
    }

    fn sign(&self, call: SignCall) -> Answer<'_> {
        let ca = self.snapshot();
        let SignCall { csr, token, not_before, not_after, template_data, request_id, peer } = call;
        let call = Call::new(request_id.to_string(), self.clock.now(), peer);
        let template_data = template_data.map(|data| data.get().to_owned());
        Box::pin(async move {
            let request = SignRequest { csr, token, not_before, not_after, template_data };
            answer(&ca, issuance::issue(&ca, &call, Knock::Sign(&request)).await)
        })
    }

    fn renew(&self, call: RenewCall) -> Answer<'_> {
        let ca = self.snapshot();
        let RenewCall { credential, request_id, peer } = call;
        let call = Call::new(request_id.to_string(), self.clock.now(), peer);
        Box::pin(async move {
            let chain = credential.chain();
            let credential = match &credential {
                ClientCredential::Token(token) => RenewCredential::Token(token),
                ClientCredential::Chain(_) => RenewCredential::Certificate(&chain),
            };
            answer(&ca, issuance::issue(&ca, &call, Knock::Renew(credential)).await)
        })
    }

    fn rekey(&self, call: RekeyCall) -> Answer<'_> {
        let ca = self.snapshot();
        let RekeyCall { csr, chain, request_id, peer } = call;
        let call = Call::new(request_id.to_string(), self.clock.now(), peer);
        Box::pin(async move {
            let chain: Vec<&[u8]> = chain.iter().map(AsRef::as_ref).collect();
            let request = RekeyRequest { csr: &csr, chain: &chain };
            answer(&ca, issuance::issue(&ca, &call, Knock::Rekey(&request)).await)
        })
    }

    fn revoke(&self, call: RevokeCall) -> routes::Future<'_, Result<(), Refused>> {
        let ca = self.snapshot();
        let RevokeCall { serial_number, reason, reason_text, credential, request_id, peer } = call;
        let call = Call::new(request_id.to_string(), self.clock.now(), peer);
        Box::pin(async move {
            let chain = credential.chain();
            let credential = match &credential {
                ClientCredential::Token(token) => revocation::Credential::Token(token),
                ClientCredential::Chain(_) => revocation::Credential::Certificate(&chain),
            };
            let request = RevokeRequest { serial_number, reason, reason_text, credential };
            revocation::revoke(&ca, &call, request).await?;
            // Whoever looks next should find it, whichever configuration is in force by then.
            revocation_list::follow_revocation(&self.snapshot(), call.now).await;
            Ok(())
        })
    }

    fn revocation_list(&self) -> routes::Future<'_, Result<Arc<RevocationList>, Refused>> {
        let (ca, now) = (self.snapshot(), self.clock.now());
        Box::pin(async move { Ok(revocation_list::current(&ca, now).await?) })
    }

    fn ocsp(&self, request: Bytes) -> routes::Future<'_, Option<OcspAnswer>> {
        let (ca, now) = (self.snapshot(), self.clock.now());
        Box::pin(async move { Some(ca.responder.as_ref()?.answer(&ca, &request, now).await) })
    }

    fn certificates(
        &self,
        call: ReadCall,
        parameters: Vec<(String, String)>,
    ) -> routes::Future<'_, Result<CertificatesPage, Refused>> {
        let ca = self.snapshot();
        let (call, chain) = read_call(self, call);
        Box::pin(async move {
            let chain: Vec<&[u8]> = chain.iter().map(AsRef::as_ref).collect();
            Ok(records::certificates(&ca, &call, &chain, &parameters).await?)
        })
    }

    fn certificate(
        &self,
        call: ReadCall,
        serial_number: String,
    ) -> routes::Future<'_, Result<CertificateEntry, Refused>> {
        let ca = self.snapshot();
        let (call, chain) = read_call(self, call);
        Box::pin(async move {
            let chain: Vec<&[u8]> = chain.iter().map(AsRef::as_ref).collect();
            Ok(records::certificate(&ca, &call, &chain, &serial_number).await?)
        })
    }

    fn recall(
        &self,
        call: ReadCall,
        module: String,
        cursor: String,
    ) -> routes::Future<'_, Result<RecallPage, Refused>> {
        let ca = self.snapshot();
        let (call, chain) = read_call(self, call);
        Box::pin(async move {
            let chain: Vec<&[u8]> = chain.iter().map(AsRef::as_ref).collect();
            Ok(records::recall(&ca, &call, &chain, &module, &cursor).await?)
        })
    }

    fn order_recall(
        &self,
        call: ReadCall,
        module: String,
        order: RecallOrder,
    ) -> routes::Future<'_, Result<RecallPage, Refused>> {
        let ca = self.snapshot();
        let (call, chain) = read_call(self, call);
        let is_list_old = order.action == RecallAction::Revoke;
        Box::pin(async move {
            let chain: Vec<&[u8]> = chain.iter().map(AsRef::as_ref).collect();
            let page = records::order_recall(&ca, &call, &chain, &module, order).await?;
            if is_list_old {
                revocation_list::follow_revocation(&self.snapshot(), call.now).await;
            }
            Ok(page)
        })
    }
}

/// A request for what is on record, and what it came with.
fn read_call(app: &App, ReadCall { chain, request_id, peer }: ReadCall) -> (Call, Arc<[CertificateDer<'static>]>) {
    (Call::new(request_id.to_string(), app.clock.now(), peer), chain)
}

/// Encodes what is on record.
fn answer(ca: &Snapshot, outcome: Result<Issued, NotIssued>) -> Result<IssuedChain, Refused> {
    let issued = outcome?;
    Ok(IssuedChain {
        leaf: issued.signed().certificate().pem(),
        intermediates: ca.intermediates.clone(),
        tls_options: ca.tls_options.clone(),
        policies: issued.modules().iter().map(entry).collect(),
    })
}

fn entry(module: &Module) -> ModuleEntry {
    ModuleEntry { name: module.name.clone(), sha256: module.sha256.to_string() }
}

/// A CA that listens, and is about to answer.
pub struct Ca {
    server: Server,
    reloader: Arc<Reloader>,
}

/// What is said about a start beside the configuration.
#[derive(Default)]
pub struct StartOptions {
    /// A socket that somebody else has bound, in place of the address of the configuration.
    pub listener: Option<Listener>,
    /// An operator takes the clock for right even when records are newer.
    pub accept_clock: bool,
}

impl Ca {
    /// Builds the CA of a configuration and binds its address. From then on the kernel queues connections.
    ///
    /// # Errors
    /// The first part that cannot be built.
    pub async fn start(
        config: &Config,
        password: Option<Zeroizing<Vec<u8>>>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, StartError> {
        Self::start_with(config, password, clock, StartOptions::default()).await
    }

    /// [Starts](Self::start), with options.
    ///
    /// # Errors
    /// The first part that cannot be built.
    pub async fn start_with(
        config: &Config,
        password: Option<Zeroizing<Vec<u8>>>,
        clock: Arc<dyn Clock>,
        options: StartOptions,
    ) -> Result<Self, StartError> {
        let foundations = foundations(config, clock.clone()).await?;
        signing::report_unclaimed(&*foundations.store).await?;
        let snapshot = Snapshot::build(config, password, &foundations).await?;
        for failure in snapshot.policies.failures() {
            tracing::error!("{failure}; whoever needs this module gets nothing");
        }
        snapshot.remember_releases().await?;
        replay::remember(&*foundations.store, config, &snapshot.policies).await;
        let trusted = snapshot.trusted();
        let app = Arc::new(App {
            snapshot: ArcSwap::from_pointee(snapshot),
            clock: clock.clone(),
            metrics: foundations.metrics.clone(),
            own_certificate: OnceLock::new(),
        });
        match options.accept_clock {
            true => foundations.timekeeping.accept(&app.own_call()).await?,
            // Whoever starts the CA should not have to wait for a request to learn of it.
            false => drop(foundations.timekeeping.check(clock.now())),
        }
        let own_certificate = OwnCertificate::obtain(own::Issuer::new(app.clone()), clock).await?;
        let _ = app.own_certificate.set(Arc::downgrade(&own_certificate));
        let tls = Tls::new(&config.tls, &trusted, own_certificate.clone()).map_err(SnapshotError::Tls)?;
        let server = Server::new(match options.listener {
            Some(listener) => listener,
            None => Listener::bind(&config.address).await?,
        });
        server.meters().register(&foundations.metrics);
        let metrics_listener = match &config.metrics {
            Some(address) => Some(MetricsListener::bind(address).await?),
            None => None,
        };
        let reloader = Reloader {
            app,
            foundations,
            tls: Arc::new(tls),
            own_certificate,
            relocation: server.relocation(),
            metrics_server: Arc::new(MetricsServer::new(metrics_listener)),
            in_force: Mutex::new(config.clone()),
        };
        Ok(Self { server, reloader: Arc::new(reloader) })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// The socket is broken.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.server.local_address()
    }

    /// Where metrics are served, if they are.
    ///
    /// # Errors
    /// The socket is broken.
    pub fn metrics_address(&self) -> io::Result<Option<SocketAddr>> {
        self.reloader.metrics_server.address()
    }

    /// What answers the routes.
    pub fn app(&self) -> &Arc<App> {
        &self.reloader.app
    }

    /// What puts another configuration in force while it serves.
    pub fn reloader(&self) -> &Arc<Reloader> {
        &self.reloader
    }

    /// Answers until `stop` completes, and then what was accepted.
    pub async fn serve(self, stop: impl Future<Output = ()>) -> Drained {
        let Self { server, reloader } = self;
        let app = reloader.app.clone();
        let renewal = tokio::spawn(reloader.own_certificate.clone().keep_fresh());
        let pruning = tokio::spawn(prune(app.clone()));
        let publishing = tokio::spawn(keep_list_fresh(app.clone()));
        let showing = tokio::spawn(reloader.metrics_server.clone().serve(routes::metrics_router(app.clone())));
        let audit_file = reloader.foundations.audit_file.clone();
        let sealing = audit_file.clone().map(|file| tokio::spawn(keep_sealed(app.clone(), file)));
        let drained = server.serve(reloader.tls.clone(), routes::router(app.clone()), stop).await;
        renewal.abort();
        pruning.abort();
        publishing.abort();
        showing.abort();
        if let Some((file, sealing)) = audit_file.zip(sealing) {
            sealing.abort();
            sealing::seal(&file, app.snapshot(), app.clock.now(), &mut None).await;
        }
        drained
    }
}

/// The parts that outlive a configuration.
///
/// # Errors
/// The engine or the store cannot be started.
pub async fn foundations(config: &Config, clock: Arc<dyn Clock>) -> Result<Foundations, StartError> {
    let cache_dir = Some(cache_of(config));
    let runtime = Runtime::new(RuntimeConfig {
        cache_dir,
        waiting_calls_at_once: limits::POLICY_WAITING_CALLS,
        ..RuntimeConfig::default()
    })?;
    let (head, audit_file) = (config.store_head.as_deref(), config.audit.file.clone());
    let store: Arc<dyn Store> = Arc::new(Embedded::open_with(&config.store, head, audit_file.as_deref(), clock.now())?);
    let timekeeping = Arc::new(Timekeeping::new(store.clone()).await?);
    let metrics = Arc::new(Metrics::default());
    store.meters().register(&metrics);
    let world = Arc::new(World::new(store.clone(), clock.clone()));
    let shadows = Arc::new(Shadows::open(shadow::file(config)));
    let shelf = HashMap::new();
    Ok(Foundations { runtime, store, clock, timekeeping, metrics, audit_file, world, shadows, shelf })
}

/// Where compiled modules are kept.
pub(crate) fn cache_of(config: &Config) -> PathBuf {
    base(config).join("cache").join("wasm")
}

/// The folder that holds everything of this CA: the one `config/` is in, or where `ca.json` is.
fn base(config: &Config) -> &Path {
    let folder = config.file.parent().unwrap_or(Path::new("."));
    match folder.file_name() {
        Some(name) if name == "config" => folder.parent().unwrap_or(folder),
        _ => folder,
    }
}

/// Has the next list of revoked certificates made in time, whether or not anybody asks.
async fn keep_list_fresh(app: Arc<App>) {
    revocation_list::keep_fresh(|| (app.snapshot(), app.clock.now())).await;
}

/// Has the end of the audit file signed.
async fn keep_sealed(app: Arc<App>, file: PathBuf) {
    sealing::keep_sealed(file, || (app.snapshot(), app.clock.now())).await;
}

/// Forgets spent credentials once they are refused for their age, for ever.
async fn prune(app: Arc<App>) {
    loop {
        tokio::time::sleep(PRUNE_EVERY).await;
        let store = app.snapshot().store.clone();
        if !store.is_ready() {
            continue;
        }
        match store.prune(app.clock.now()).await {
            Ok(0) => {}
            Ok(count) => tracing::debug!(count, "forgot expired credentials"),
            Err(error) => tracing::warn!(%error, "cannot forget expired credentials"),
        }
    }
}

const PRUNE_EVERY: Duration = Duration::from_secs(60);

/// Why the CA does not start.
#[derive(Debug, Error)]
pub enum StartError {
    /// The engine cannot run policies.
    #[error("cannot run policies: {0}")]
    Engine(#[from] Fault),
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] OpenError),
    /// The store does not answer.
    #[error("the store does not answer: {0}")]
    Records(#[from] StoreError),
    /// The configuration cannot be served.
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
    /// The CA does not give itself a certificate.
    #[error(transparent)]
    OwnCertificate(#[from] OwnCertificateError),
    /// Nobody can connect.
    #[error(transparent)]
    Listen(#[from] ListenError),
}
