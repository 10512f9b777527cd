//! The clients that carry requests: one that reaches the Internet, one that reaches what is near, too.

use std::{
    error::Error,
    fs, io,
    net::SocketAddr,
    path::Path,
    pin::Pin,
    sync::{Arc, OnceLock},
    time::Duration,
};

use policy_runtime::{contract::effects::HttpError, printable};
use reqwest::{
    Client,
    dns::{Addrs, Name, Resolve, Resolving},
    redirect,
};
use rustls::{
    ClientConfig, RootCertStore,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, pem::PemObject},
};
use thiserror::Error;

use super::{OutletError, address::is_public};

/// How names become addresses.
pub(super) type Lookup = Arc<dyn Fn(String) -> Looking + Send + Sync>;
type Looking = Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send>>;

/// What the clients of all policies share.
pub(in super::super) struct Network {
    lookup: Lookup,
    /// What the system trusts, read when the first policy may send requests.
    system: OnceLock<Arc<RootCertStore>>,
}

impl Default for Network {
    fn default() -> Self {
        Self::with_lookup(Arc::new(|host| {
            Box::pin(async move { Ok(tokio::net::lookup_host((host, 0)).await?.collect()) })
        }))
    }
}

impl Network {
    pub(super) fn with_lookup(lookup: Lookup) -> Self {
        Self { lookup, system: OnceLock::new() }
    }

    /// A client that connects to public addresses, or to all; `roots` is a file with what to trust instead of what the
    /// system does.
    pub(super) fn client(&self, is_private_allowed: bool, roots: Option<&Path>) -> Result<Client, OutletError> {
        let roots = match roots {
            Some(path) => Arc::new(read_roots(path)?),
            None => self.system.get_or_init(|| Arc::new(system_roots())).clone(),
        };
        let failed = |error: &dyn Error| OutletError::Client(error.to_string());
        let tls = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| failed(&error))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Client::builder()
            .tls_backend_preconfigured(tls)
            .https_only(true)
            .no_proxy()
            .redirect(redirect::Policy::none())
            .dns_resolver(Arc::new(Resolver { lookup: self.lookup.clone(), is_private_allowed }))
            .connect_timeout(CONNECT_TIME)
            .pool_idle_timeout(IDLE_TIME)
            .pool_max_idle_per_host(4)
            .user_agent(concat!("step-ca/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| failed(&error))
    }
}

const CONNECT_TIME: Duration = Duration::from_secs(5);
const IDLE_TIME: Duration = Duration::from_secs(30);

fn read_roots(path: &Path) -> Result<RootCertStore, OutletError> {
    let pem = fs::read(path).map_err(|source| OutletError::Read { path: path.to_owned(), source })?;
    let unusable = |why: String| OutletError::Roots { path: path.to_owned(), why };
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let certificate = certificate.map_err(|error| unusable(error.to_string()))?;
        roots.add(certificate).map_err(|error| unusable(error.to_string()))?;
    }
    if roots.is_empty() { Err(unusable("the file is empty".to_owned())) } else { Ok(roots) }
}

/// Without any, every connection fails with a text that says so; the log says why there are none.
fn system_roots() -> RootCertStore {
    let found = rustls_native_certs::load_native_certs();
    for error in found.errors {
        tracing::warn!(%error, "a root certificate of the system cannot be used");
    }
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(found.certs);
    roots
}

/// Resolves a name once, and hands out what may be connected to and nothing else.
struct Resolver {
    lookup: Lookup,
    is_private_allowed: bool,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (host, is_private_allowed) = (name.as_str().to_owned(), self.is_private_allowed);
        let looking = (self.lookup)(host.clone());
        Box::pin(async move {
            let found = looking.await?;
            let may = |address: &SocketAddr| is_private_allowed || is_public(address.ip());
            let addresses: Vec<SocketAddr> = found.into_iter().filter(may).collect();
            if addresses.is_empty() {
                return Err(NotPublic { host }.into());
            }
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

/// A name that means nothing one may connect to.
#[derive(Debug, Error)]
#[error("{host} has no public address; \"allowPrivateNetworks\": true in its grant allows others")]
struct NotPublic {
    host: String,
}

/// Sorts what the client reports into the situations of the contract.
pub(super) fn failed(error: reqwest::Error) -> HttpError {
    // The URL may hold what is nobody's business.
    let error = error.without_url();
    if error.is_timeout() {
        return HttpError::Timeout;
    }
    let mut cause: Option<&(dyn Error + 'static)> = Some(&error);
    let mut last = String::new();
    while let Some(found) = cause {
        if let Some(error) = found.downcast_ref::<NotPublic>() {
            return HttpError::NotGranted(error.to_string());
        }
        if let Some(error) = found.downcast_ref::<rustls::Error>() {
            return HttpError::Tls(printable(error.to_string(), TEXT));
        }
        last = found.to_string();
        // What an error of the system wraps is not its source.
        cause = match found.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(inner) => Some(inner),
            None => found.source(),
        };
    }
    HttpError::Connect(printable(last, TEXT))
}

/// Octets of what a policy is told about a failure.
const TEXT: usize = 256;
