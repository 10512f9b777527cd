//! A new configuration in place of the one in force, without a request noticing.
//!
//! The new set (keys, modules, TLS, the listener's certificate, the socket when the address has changed) is built beside
//! the one that serves. Only when nothing can fail any more it takes its place; until then every error leaves the old set
//! as it was. A request keeps the snapshot it began with, so it never sees both.
//!
//! Store and policy engine outlive a reload.

mod source;
mod watch;

#[cfg(test)]
mod tests;

use crate::{
    app::App,
    config::Config,
    metrics::{MetricsListener, MetricsServer},
    own,
    policies::PolicyProblem,
    process::notify,
    replay,
    server::{ListenError, Listener, OwnCertificate, OwnCertificateError, Relocation, Showable, Tls, TlsError},
    snapshot::{Foundations, Snapshot, SnapshotError},
};
use std::{path::PathBuf, sync::Arc, time::Duration};
use thiserror::Error;
use tokio::{signal::unix::Signal, sync::Mutex};
use zeroize::Zeroizing;

pub use self::source::{PasswordSource, Read, Source, SourceError};
use self::watch::Watch;

/// What a reload builds on, and what it replaces.
pub struct Reloader {
    /// What serves.
    pub(crate) app: Arc<App>,
    /// What outlives it.
    pub(crate) foundations: Foundations,
    pub(crate) tls: Arc<Tls>,
    pub(crate) own_certificate: Arc<OwnCertificate>,
    pub(crate) relocation: Relocation,
    pub(crate) metrics_server: Arc<MetricsServer>,
    /// The configuration in force. Held during a reload, so that there is one at a time.
    pub(crate) in_force: Mutex<Config>,
}

impl Reloader {
    /// Serves what `source` says from now on; whoever is being served is not disturbed.
    ///
    /// # Errors
    /// Whatever keeps it from being served. The configuration in force then stays in force.
    pub async fn reload(&self, source: &Source) -> Result<(), ReloadError> {
        let outcome = self.attempt(source).await;
        self.foundations.metrics.reloaded(outcome.is_ok());
        outcome
    }

    async fn attempt(&self, source: &Source) -> Result<(), ReloadError> {
        let mut in_force = self.in_force.lock().await;
        let Read { config, warnings, password } = source.read()?;
        for warning in warnings {
            tracing::warn!("{}:{warning}", config.file.display());
        }
        if config.store != in_force.store {
            return Err(ReloadError::StoreMoved { from: in_force.store.clone(), to: config.store });
        }
        if config.store_head != in_force.store_head {
            return Err(ReloadError::HeadMoved);
        }
        if config.audit.file != in_force.audit.file {
            return Err(ReloadError::AuditFileMoved);
        }
        let old = self.app.snapshot();
        let (config, new) = build(config, password, self.foundations.clone()).await?;
        // What is served stays served: a module that broke since denies nobody who is served by the one before.
        let is_known = |failure: &PolicyProblem| old.policies.failures().contains(failure);
        let failures: Vec<_> = new.policies.failures().iter().filter(|failure| !is_known(failure)).cloned().collect();
        if !failures.is_empty() {
            return Err(SnapshotError::Policies(failures).into());
        }
        let tls = self.tls.prepare(&config.tls, &new.trusted())?;
        let is_address_new = config.address != in_force.address;
        let listener = if is_address_new { Some(Listener::bind(&config.address).await?) } else { None };
        let metrics = match &config.metrics {
            _ if config.metrics == in_force.metrics => None,
            Some(address) => Some(Some(MetricsListener::bind(address).await?)),
            None => Some(None),
        };
        let own_certificate = self.own_certificate.pause().await;
        let certificate = if new.identifies_as(&old) {
            None
        } else {
            let issued = own::issue(&new, &self.app.own_call()).await.map_err(OwnCertificateError::NotIssued)?;
            Some(Showable::try_from(issued)?)
        };
        new.remember_releases().await?;
        replay::remember(&*self.foundations.store, &config, &new.policies).await;
        // From here on nothing fails.
        self.app.replace(new);
        self.tls.install(tls);
        if let Some(certificate) = certificate {
            own_certificate.install(certificate);
        }
        if let Some(listener) = listener {
            self.relocation.to(listener).await;
        }
        if let Some(listener) = metrics {
            self.metrics_server.replace(listener);
        }
        *in_force = config;
        Ok(())
    }

    /// Reloads at every hangup and, when the configuration says `"watch": true`, at every change of a file it names, for
    /// ever.
    pub async fn keep_current(self: Arc<Self>, source: Source, baseline: Baseline, mut hangups: Signal) {
        let Baseline(mut watch) = baseline;
        watch.follow(self.watched(&source).await);
        loop {
            tokio::select! {
                Some(()) = hangups.recv() => {}
                () = changed(&mut watch) => tracing::info!("the configuration has changed"),
            }
            watch.take_stock();
            self.reload_aloud(&source).await;
            watch.follow(self.watched(&source).await);
        }
    }

    /// Reloads, and tells operator and supervisor how it went.
    async fn reload_aloud(&self, source: &Source) {
        tracing::info!("reloading ...");
        notify::reloading();
        // Whatever becomes of the configuration: somebody may have moved the file away.
        self.foundations.store.reopen_audit_file();
        match self.reload(source).await {
            Ok(()) => tracing::info!("reloaded {}", source.file.display()),
            Err(error) => tracing::error!("error reloading server: {error}"),
        }
        notify::ready(&self.in_force.lock().await.address.to_string());
    }

    /// The files to look at: none, unless the configuration in force wants it.
    async fn watched(&self, source: &Source) -> Vec<PathBuf> {
        watched(&*self.in_force.lock().await, source)
    }
}

fn watched(config: &Config, source: &Source) -> Vec<PathBuf> {
    if !config.watch {
        return Vec::new();
    }
    config.files().into_iter().chain(source.password_file().map(PathBuf::from)).collect()
}

/// The files of a start, looked at before they were read: what changes while it starts is noticed when it has.
pub struct Baseline(Watch);

impl Baseline {
    /// To be taken before the configuration is read.
    pub fn of(source: &Source) -> Self {
        let mut watch = Watch::default();
        watch.follow([source.file.clone()]);
        Self(watch)
    }

    /// To be told the configuration before the files it names are read.
    pub fn follow(&mut self, config: &Config, source: &Source) {
        self.0.follow(watched(config, source));
    }
}

/// Builds a snapshot where files may be read, keys decrypted and modules compiled without anybody waiting.
async fn build(
    config: Config,
    password: Option<Zeroizing<Vec<u8>>>,
    foundations: Foundations,
) -> Result<(Config, Snapshot), ReloadError> {
    let runtime = tokio::runtime::Handle::current();
    let building = tokio::task::spawn_blocking(move || {
        let snapshot = runtime.block_on(Snapshot::build(&config, password, &foundations));
        snapshot.map(|snapshot| (config, snapshot))
    });
    Ok(building.await.map_err(|_| ReloadError::Panicked)??)
}

/// Waits for a change of the files.
async fn changed(watch: &mut Watch) {
    loop {
        tokio::time::sleep(LOOK).await;
        if watch.has_changed() {
            return;
        }
    }
}

/// Between two looks at the files.
const LOOK: Duration = Duration::from_secs(1);

/// Why the old configuration stays in force.
#[derive(Debug, Error)]
pub enum ReloadError {
    /// The new one cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The records do not move with it.
    #[error("the store moves from {} to {}, which needs a restart", from.display(), to.display())]
    StoreMoved {
        /// The store that is open.
        from: PathBuf,
        /// What the configuration names.
        to: PathBuf,
    },
    /// The file that has the audit log does not move with it.
    #[error("`audit.file` changes, which needs a restart")]
    AuditFileMoved,
    /// What is remembered of the records does not move either.
    #[error("`db.head` changes, which needs a restart")]
    HeadMoved,
    /// It cannot be served.
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
    /// Its TLS cannot be set up.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// Its address cannot be bound.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// It does not give the CA a certificate.
    #[error(transparent)]
    OwnCertificate(#[from] OwnCertificateError),
    /// Building it ended in a panic, which says more.
    #[error("loading it failed unexpectedly")]
    Panicked,
}
