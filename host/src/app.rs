//! The composition root: every part of the CA is built here, once, and connected.

use crate::{
    admission::{Knock, SignRequest},
    call::{Call, Requested},
    clock::Clock,
    config::Config,
    disclosure,
    issuance::{self, Issued, NotIssued},
    own,
    routes::{self, Answer, IssuedChain, Published, Refused, RenewCall, Service, SignCall},
    server::{Drained, ListenError, OwnCertificate, OwnCertificateError, Server, Tls},
    snapshot::{Foundations, Snapshot, SnapshotError},
    store::{Embedded, OpenError},
    telemetry::Logging,
};
use arc_swap::ArcSwap;
use authority::Timestamp;
use policy_runtime::{Fault, Runtime, RuntimeConfig};
use std::{io, net::SocketAddr, path::Path, sync::Arc, time::Duration};
use thiserror::Error;
use zeroize::Zeroizing;

/// The CA behind its routes: the snapshot in force, and what time it is.
pub struct App {
    snapshot: ArcSwap<Snapshot>,
    clock: Arc<dyn Clock>,
}

impl App {
    /// The snapshot in force. Taken once a request.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.snapshot.load_full()
    }

    /// A call that nobody made over the network.
    pub(crate) fn own_call(&self) -> Call {
        Call { request_id: routes::RequestId::fresh().to_string(), now: self.clock.now(), peer: None }
    }
}

impl Service for App {
    fn published(&self) -> Arc<Published> {
        self.snapshot.load().published.clone()
    }

    fn logging(&self) -> Arc<Logging> {
        self.snapshot.load().logging.clone()
    }

    fn is_ready(&self) -> bool {
        self.snapshot.load().store.is_ready()
    }

    fn sign(&self, call: SignCall) -> Answer<'_> {
        let ca = self.snapshot();
        let SignCall { csr, token, not_before, not_after, template_data, request_id, peer } = call;
        let call = Call { request_id: request_id.to_string(), now: self.clock.now(), peer };
        let template_data = template_data.map(|data| data.get().to_owned());
        Box::pin(async move {
            let requested = Requested::resolve(not_before, not_after, call.now).map_err(disclosure::out_of_range)?;
            let request = SignRequest { csr, token, requested, template_data };
            answer(&ca, issuance::issue(&ca, &call, Knock::Sign(&request)).await)
        })
    }

    fn renew(&self, call: RenewCall) -> Answer<'_> {
        let ca = self.snapshot();
        let RenewCall { chain, request_id, peer } = call;
        let call = Call { request_id: request_id.to_string(), now: self.clock.now(), peer };
        Box::pin(async move {
            let chain: Vec<&[u8]> = chain.iter().map(AsRef::as_ref).collect();
            answer(&ca, issuance::issue(&ca, &call, Knock::Renew(&chain)).await)
        })
    }
}

/// Encodes what is on record.
fn answer(ca: &Snapshot, outcome: Result<Issued, NotIssued>) -> Result<IssuedChain, Refused> {
    let issued = outcome?;
    Ok(IssuedChain {
        leaf: issued.signed().certificate().pem(),
        intermediates: ca.intermediates.clone(),
        tls_options: ca.tls_options.clone(),
    })
}

/// A CA that listens, and is about to answer.
pub struct Ca {
    app: Arc<App>,
    server: Server,
    tls: Arc<Tls>,
    own_certificate: Arc<OwnCertificate>,
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
        let foundations = foundations(config, clock.clone())?;
        let snapshot = Snapshot::build(config, password, &foundations).await?;
        let trusted = snapshot.trusted();
        let app = Arc::new(App { snapshot: ArcSwap::from_pointee(snapshot), clock: clock.clone() });
        let own_certificate = OwnCertificate::obtain(own::Issuer::new(app.clone()), clock).await?;
        let tls = Tls::new(&config.tls, &trusted, own_certificate.clone()).map_err(SnapshotError::Tls)?;
        let server = Server::bind(&config.address).await?;
        Ok(Self { app, server, tls: Arc::new(tls), own_certificate })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// The socket is broken.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.server.local_address()
    }

    /// What answers the routes.
    pub fn app(&self) -> &Arc<App> {
        &self.app
    }

    /// Answers until `stop` completes, and then what was accepted.
    pub async fn serve(self, stop: impl Future<Output = ()>) -> Drained {
        let Self { app, server, tls, own_certificate } = self;
        let renewal = tokio::spawn(own_certificate.keep_fresh());
        let pruning = tokio::spawn(prune(app.clone()));
        let drained = server.serve(tls, routes::router(app), stop).await;
        renewal.abort();
        pruning.abort();
        drained
    }
}

/// The parts that outlive a configuration.
///
/// # Errors
/// The engine or the store cannot be started.
pub fn foundations(config: &Config, clock: Arc<dyn Clock>) -> Result<Foundations, StartError> {
    let cache_dir = Some(base(config).join("cache").join("wasm"));
    let runtime = Runtime::new(RuntimeConfig { cache_dir, ..RuntimeConfig::default() })?;
    let store = Arc::new(Embedded::open(&config.store, clock.now())?);
    Ok(Foundations { runtime, store, clock })
}

/// The folder that holds everything of this CA: the one `config/` is in, or where `ca.json` is.
fn base(config: &Config) -> &Path {
    let folder = config.file.parent().unwrap_or(Path::new("."));
    match folder.file_name() {
        Some(name) if name == "config" => folder.parent().unwrap_or(folder),
        _ => folder,
    }
}

/// Forgets spent credentials once they are refused for their age, for ever.
async fn prune(app: Arc<App>) {
    loop {
        tokio::time::sleep(PRUNE_EVERY).await;
        let store = app.snapshot().store.clone();
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

impl Requested {
    fn resolve(
        not_before: api_types::RequestedTime,
        not_after: api_types::RequestedTime,
        now: Timestamp,
    ) -> Result<Self, OutOfRange> {
        let not_before = resolve(not_before, now, "notBefore")?;
        let not_after = resolve(not_after, not_before.unwrap_or(now), "notAfter")?;
        Ok(Self { not_before, not_after })
    }
}

fn resolve(
    time: api_types::RequestedTime,
    base: Timestamp,
    member: &'static str,
) -> Result<Option<Timestamp>, OutOfRange> {
    let time = match time {
        api_types::RequestedTime::Unset => return Ok(None),
        api_types::RequestedTime::At(seconds) => Some(Timestamp::from_unix(seconds)),
        api_types::RequestedTime::After(span) => base.as_unix().checked_add(span.as_secs()).map(Timestamp::from_unix),
    };
    time.filter(|time| time.is_encodable()).map(Some).ok_or(OutOfRange { member })
}

/// A requested time that no certificate can name.
#[derive(Debug, Error)]
#[error("{member} is not between the years 1970 and 9999")]
pub struct OutOfRange {
    member: &'static str,
}
