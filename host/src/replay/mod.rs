//! Decisions, made again.

mod inputs;

pub(crate) use self::inputs::{of_issuance, of_revocation};
use crate::{
    config::{Config, DecisionRecords},
    store::{ConfigurationRecord, Store},
};

/// Keeps a configuration that decisions are about to be made with.
pub(crate) async fn remember(store: &dyn Store, config: &Config) {
    if config.audit.decisions == DecisionRecords::None || store.is_read_only() {
        return;
    }
    let (digest, text) = (config.generation.digest, config.generation.text.clone());
    if let Err(error) = store.remember_configuration(ConfigurationRecord { digest, text }).await {
        tracing::warn!(%error, "the configuration is not on record: its decisions cannot be made again without the file");
    }
}
