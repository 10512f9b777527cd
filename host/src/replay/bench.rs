//! The CA of a configuration without its key: everything that decides, and nothing that signs or writes.

use std::{collections::HashMap, path::Path, sync::Arc};

use authority::{
    Certificate,
    keys::{SignatureAlgorithm, Signer, SignerError},
};
use bytes::Bytes;
use policy_runtime::{Runtime, RuntimeConfig};

use super::{ReplayError, past::Past};
use crate::{
    clock::{Clock, System},
    config::{Config, PolicyConfig},
    effects::World,
    metrics::Metrics,
    shadow::Shadows,
    snapshot::{Foundations, Snapshot},
    store::{Reader, Store},
    timekeeping::Timekeeping,
};

/// What snapshots of the past are built on.
pub(super) struct Bench {
    pub(super) past: Arc<Past>,
    foundations: Foundations,
}

impl Bench {
    /// Around the records that `reader` reads.
    pub(super) async fn around(reader: Reader, cache: &Path) -> Result<Self, ReplayError> {
        let past = Arc::new(Past::new(reader)?);
        let store: Arc<dyn Store> = past.clone();
        let clock: Arc<dyn Clock> = Arc::new(System);
        let runtime = RuntimeConfig { cache_dir: Some(cache.to_owned()), ..RuntimeConfig::default() };
        let foundations = Foundations {
            runtime: Runtime::new(runtime).map_err(ReplayError::Engine)?,
            timekeeping: Arc::new(Timekeeping::new(store.clone()).await.map_err(ReplayError::Records)?),
            metrics: Arc::new(Metrics::default()),
            audit_file: None,
            world: Arc::new(World::new(store.clone(), clock.clone())),
            shadows: Arc::new(Shadows::asleep()),
            shelf: HashMap::new(),
            store,
            clock,
        };
        Ok(Self { past, foundations })
    }

    /// What a configuration decides with, where `shelf` has modules in the place of those that it means.
    pub(super) async fn snapshot(
        &self,
        config: &Config,
        shelf: HashMap<String, Bytes>,
    ) -> Result<Snapshot, ReplayError> {
        let signer = |chain: &[Certificate]| Ok(Box::new(NoKey::of(chain)) as Box<dyn Signer>);
        let foundations = Foundations { shelf, ..self.foundations.clone() };
        Snapshot::with_signer(config, signer, &foundations).await.map_err(ReplayError::Configuration)
    }
}

/// Puts a file in the place of a module.
///
/// # Errors
/// No policy of the configuration has this name.
pub(super) fn exchange(config: &mut Config, name: &str, path: &Path) -> Result<(), ReplayError> {
    let policy: Option<&mut PolicyConfig> = config.policies.get_mut(name);
    let policy = policy.ok_or_else(|| ReplayError::NoSuchPolicy { name: name.to_owned() })?;
    let path = std::path::absolute(path).map_err(|source| ReplayError::File { path: path.to_owned(), source })?;
    (policy.path, policy.sha256) = (path, None);
    // What is only tried needs nobody's signature: it decides nothing.
    config.trusted_keys.clear();
    Ok(())
}

/// The public half of an issuing key.
struct NoKey {
    algorithm: SignatureAlgorithm,
    public: Vec<u8>,
}

impl NoKey {
    fn of(chain: &[Certificate]) -> Self {
        let key = chain.first().map(Certificate::public_key);
        let public = key.map(|key| key.spki_der().to_vec()).unwrap_or_default();
        let algorithm = key.and_then(|key| SignatureAlgorithm::of(key.kind())).unwrap_or(SignatureAlgorithm::Ed25519);
        Self { algorithm, public }
    }
}

impl Signer for NoKey {
    fn algorithm(&self) -> SignatureAlgorithm {
        self.algorithm
    }

    fn public_key(&self) -> &[u8] {
        &self.public
    }

    fn sign(&self, _: &[u8]) -> Result<Vec<u8>, SignerError> {
        Err(SignerError::Refused)
    }
}
