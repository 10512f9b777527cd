//! A CA while it runs, on a runtime of its own.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use step_ca::{
    app::{App, Ca},
    clock::Clock,
    config::Config,
    reload::Reloader,
    server::Drained,
};
use steppath::StepPath;
use tokio::{runtime::Runtime, sync::oneshot, task::JoinHandle};
use zeroize::Zeroizing;

use super::modules;
use crate::pki::PASSWORD;

pub(super) struct Running {
    pub(super) address: SocketAddr,
    pub(super) metrics: Option<SocketAddr>,
    pub(super) app: Arc<App>,
    pub(super) reloader: Arc<Reloader>,
    pub(super) runtime: Runtime,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<Drained>,
}

impl Running {
    pub(super) fn start(path: &StepPath, clock: Arc<dyn Clock>) -> Result<Self, String> {
        let (config, _) = Config::load(&path.ca_json()).map_err(|error| error.to_string())?;
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        let runtime = runtime.map_err(|error| error.to_string())?;
        modules::lend(path);
        let password = Zeroizing::new(PASSWORD.as_bytes().to_vec());
        let ca = runtime.block_on(Ca::start(&config, Some(password), clock));
        let ca = ca.map_err(|error| error.to_string())?;
        modules::keep(path);
        let address = ca.address().map_err(|error| error.to_string())?;
        let metrics = ca.metrics_address().map_err(|error| error.to_string())?;
        let (app, reloader) = (ca.app().clone(), ca.reloader().clone());
        let (stop, stopped) = oneshot::channel();
        let serving = runtime.spawn(ca.serve(async {
            let _ = stopped.await;
        }));
        Ok(Self { address, metrics, app, reloader, runtime, stop, serving })
    }

    /// Answers what was accepted, and closes the store.
    pub(super) fn stop(self) {
        let Self { app, reloader, runtime, stop, serving, .. } = self;
        let _ = stop.send(());
        if let Err(error) = runtime.block_on(serving) {
            eprintln!("the CA did not end well: {error}");
        }
        drop((app, reloader));
        // Tasks in the background hold the store, too.
        runtime.shutdown_timeout(Duration::from_secs(10));
    }
}
