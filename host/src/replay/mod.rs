//! Decisions, made again.
//!
//! A decision depends on the request, the configuration, the modules, the records of that moment and what the world
//! outside answered. The store keeps the first and the last of these beside the audit log, so that the rest of the road is
//! walked once more, by the same code: [`Replay::explain`] tells the whole story of a decision as it was made,
//! [`Replay::over`] what other rules would have made of many. Nothing is signed, nobody is asked, and nothing is written;
//! the issuing key is not needed, and signatures of tokens are not kept: what verifying them came to is.
//!
//! The modules of then are kept in the store, too. What is not kept is looked for where the configuration says; when that is
//! not the module of then, the story says so.

mod bench;
mod explanation;
mod inputs;
mod past;
mod trial;
mod verdict;

use std::{
    collections::HashMap,
    io,
    ops::ControlFlow,
    path::{Path, PathBuf},
};

use authority::{SerialNumber, Timestamp};
use bytes::Bytes;
use serde::Serialize;
use thiserror::Error;

pub(crate) use self::inputs::{of_issuance, of_revocation};
use self::{bench::Bench, trial::Retrial};
pub use self::{
    explanation::{Explanation, Line, Step},
    trial::Certified,
    verdict::{Change, Verdict},
};
use crate::{
    admission::SignRequest,
    audit::{Digest, Entry, Operation},
    call::Call,
    config::{Config, ConfigErrors, DecisionRecords},
    policies::Policies,
    snapshot::{Snapshot, SnapshotError},
    store::{ConfigurationRecord, DecisionQuery, MaintenanceError, Reader, Store, StoreError, StoredDecision},
    witness::Witness,
};

/// Makes decisions of one store again.
pub struct Replay {
    reader: Reader,
    bench: Bench,
    config: Config,
}

/// A file in the place of a module.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Exchange {
    /// The policy's name in `ca.json`.
    pub policy: String,
    /// The file.
    pub path: PathBuf,
}

/// What other rules would have made of decisions. Its JSON form is described in `host/REPLAY.md`, and only gets members.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Comparison {
    /// How many decisions were made again.
    pub decisions: u64,
    /// How many would come out the same.
    pub same: u64,
    /// How many that let something be done would not.
    pub allow_to_deny: u64,
    /// How many that did not would.
    pub deny_to_allow: u64,
    /// Of how many nobody can tell.
    pub unknown: u64,
    /// Those that would not come out the same, in the order they were made.
    pub changes: Vec<Changed>,
}

/// A decision that would not come out the same.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Changed {
    /// Identifies the decision.
    pub id: String,
    /// When it was made.
    pub time: String,
    /// How it would differ.
    pub change: Change,
    /// What was asked for.
    pub operation: Operation,
    /// The provisioner, when it was known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provisioner: Option<String>,
    /// Who the client was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Names in the certificate, or asked for.
    pub names: Vec<String>,
    /// Of the certificate concerned, in decimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub serial_number: Option<String>,
    /// What the rules said.
    pub before: Verdict,
    /// What they would say.
    pub after: Verdict,
}

impl Comparison {
    /// Whether every decision would come out the same.
    pub fn is_same(&self) -> bool {
        self.same == self.decisions
    }

    fn count(&mut self, entry: Entry, before: Verdict, after: Verdict) {
        self.decisions += 1;
        let change = Change::between(&before, &after);
        match change {
            Change::Same => self.same += 1,
            Change::AllowToDeny => self.allow_to_deny += 1,
            Change::DenyToAllow => self.deny_to_allow += 1,
            Change::Unknown => self.unknown += 1,
        }
        if change != Change::Same {
            self.changes.push(Changed {
                id: entry.id,
                time: entry.time.to_string(),
                change,
                operation: entry.operation,
                provisioner: entry.provisioner,
                subject: entry.subject,
                names: entry.names,
                serial_number: entry.serial_number.as_ref().map(SerialNumber::to_string),
                before,
                after,
            });
        }
    }
}

impl Replay {
    /// Reads the decisions in `store`; whether a server has it open makes no difference. `config` is the configuration of
    /// now; compiled modules are kept in `cache`.
    ///
    /// # Errors
    /// The store cannot be read, or policies cannot be run.
    pub async fn open(store: &Path, config: Config, cache: &Path) -> Result<Self, ReplayError> {
        let bench = Bench::around(Reader::open(store)?, cache).await?;
        Ok(Self { reader: Reader::open(store)?, bench, config })
    }

    /// The story of the decision with this identifier, by the configuration and the modules of then.
    ///
    /// # Errors
    /// There is no such decision, or the configuration of then cannot be had.
    pub async fn explain(&self, id: &str, exchanges: &[Exchange]) -> Result<Explanation, ReplayError> {
        let mut found = None;
        self.reader.decisions(&DecisionQuery::Id(id.to_owned()), |stored| {
            found = Some(stored);
            ControlFlow::Break(())
        })?;
        let stored = found.ok_or_else(|| ReplayError::NoSuchDecision { id: id.to_owned() })?;
        let config = self.config_of(&stored)?;
        let shelf = self.modules_of(&stored, exchanges)?;
        let ca = self.snapshot(config, exchanges, shelf).await?;
        let issued = match &stored.entry.serial_number {
            Some(serial_number) => self.reader.certificate_before(serial_number, u64::MAX)?,
            None => None,
        };
        let issued =
            issued.filter(|_| matches!(stored.entry.operation, Operation::Sign | Operation::Renew | Operation::Rekey));
        let retrial = self.again(&ca, &stored, true).await;
        Ok(Explanation::of(stored.entry, retrial, exchanges.is_empty(), issued.as_ref()))
    }

    /// The story of a request for a certificate that nobody has made, by the configuration of now. Other servers are
    /// asked, when policies may ask them.
    ///
    /// # Errors
    /// The configuration cannot be used.
    pub async fn explain_request(
        &self,
        request: &SignRequest,
        now: Timestamp,
        exchanges: &[Exchange],
    ) -> Result<Explanation, ReplayError> {
        let ca = self.snapshot(self.config.clone(), exchanges, HashMap::new()).await?;
        let call = Call { witness: Witness::of_everything(), ..Call::own(now) };
        Ok(Explanation::of_new(trial::by_hand(&ca, call, request).await))
    }

    /// What the configuration of now would have made of the decisions between `since` and `until`.
    ///
    /// # Errors
    /// The configuration cannot be used, or the store cannot be read.
    pub async fn over(
        &self,
        since: Option<Timestamp>,
        until: Option<Timestamp>,
        exchanges: &[Exchange],
    ) -> Result<Comparison, ReplayError> {
        let ca = self.snapshot(self.config.clone(), exchanges, HashMap::new()).await?;
        let mut comparison = Comparison::default();
        let mut after = 0;
        loop {
            // Some at a time: however many there are, they are not in memory together.
            let mut page = Vec::new();
            self.reader.decisions(&DecisionQuery::Between { since, until, after }, |stored| {
                after = stored.sequence;
                page.push(stored);
                if page.len() == PAGE { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            })?;
            if page.is_empty() {
                return Ok(comparison);
            }
            for stored in page {
                let Retrial { verdict, .. } = self.again(&ca, &stored, false).await;
                let before = Verdict::of_entry(&stored.entry);
                comparison.count(stored.entry, before, verdict);
            }
        }
    }

    async fn again(&self, ca: &Snapshot, stored: &StoredDecision, whole_story: bool) -> Retrial {
        self.bench.past.before(stored.sequence);
        trial::again(ca, stored, whole_story).await
    }

    async fn snapshot(
        &self,
        mut config: Config,
        exchanges: &[Exchange],
        shelf: HashMap<String, Bytes>,
    ) -> Result<Snapshot, ReplayError> {
        for Exchange { policy, path } in exchanges {
            bench::exchange(&mut config, policy, path)?;
        }
        self.bench.snapshot(&config, shelf).await
    }

    /// The modules that a decision was made with, as far as they are kept and nobody wants others, by name.
    fn modules_of(
        &self,
        stored: &StoredDecision,
        exchanges: &[Exchange],
    ) -> Result<HashMap<String, Bytes>, ReplayError> {
        // Those that were not asked as the configuration was served with them last, and of the others the very ones.
        let mut digests: HashMap<String, Digest> =
            self.reader.modules_of(&stored.record.configuration)?.into_iter().collect();
        digests.extend(stored.entry.modules.iter().map(|module| (module.name.clone(), module.sha256)));
        let mut modules = HashMap::new();
        for (name, digest) in digests {
            let is_exchanged = exchanges.iter().any(|exchange| exchange.policy == name);
            if !is_exchanged && let Some(component) = self.reader.module(&digest)? {
                modules.insert(name, component.into());
            }
        }
        Ok(modules)
    }

    /// The configuration that a decision was made with.
    fn config_of(&self, stored: &StoredDecision) -> Result<Config, ReplayError> {
        let digest = stored.record.configuration;
        if digest == self.config.generation.digest {
            return Ok(self.config.clone());
        }
        let kept = self.reader.configuration(digest)?.ok_or(ReplayError::NoConfiguration { digest })?;
        Ok(Config::parse(&kept.text, &self.config.file)?.0)
    }
}

const PAGE: usize = 500;

/// Keeps a configuration and the modules that decisions are about to be made with.
pub(crate) async fn remember(store: &dyn Store, config: &Config, policies: &Policies) {
    let modules = policies.take_loaded();
    if config.audit.decisions == DecisionRecords::None || store.is_read_only() {
        return;
    }
    let (digest, text) = (config.generation.digest, config.generation.text.clone());
    if let Err(error) = store.remember_configuration(ConfigurationRecord { digest, text }).await {
        tracing::warn!(%error, "the configuration is not on record: its decisions cannot be made again without the file");
    }
    if let Err(error) = store.remember_modules(digest, modules).await {
        tracing::warn!(%error, "the policy modules are not on record: decisions cannot be made again without their files");
    }
}

/// Why decisions are not made again.
#[derive(Debug, Error)]
pub enum ReplayError {
    /// The configuration cannot decide.
    #[error(transparent)]
    Configuration(SnapshotError),
    /// Policies cannot be run.
    #[error("cannot run policies: {0}")]
    Engine(policy_runtime::Fault),
    /// A file cannot be found.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The configuration of then is not kept.
    #[error("the configuration it was made with, SHA-256 {digest}, is not in the store")]
    NoConfiguration {
        /// Of its text.
        digest: Digest,
    },
    /// Nothing is kept of it.
    #[error(
        "nothing is kept of a decision {id:?}: a refusal is on record after a second; it is too old, was one of a flood, had a \
         credential that cannot be kept, or \"audit\": {{\"decisions\": \"none\"}} was set"
    )]
    NoSuchDecision {
        /// The identifier.
        id: String,
    },
    /// No policy has this name.
    #[error("the configuration has no policy {name:?} whose module could be exchanged")]
    NoSuchPolicy {
        /// The name.
        name: String,
    },
    /// The configuration of then is not one for this version.
    #[error(transparent)]
    Outdated(#[from] ConfigErrors),
    /// The process cannot do what every process can.
    #[error("cannot start: {0}")]
    Runtime(io::Error),
    /// The store does not answer.
    #[error("the store does not answer: {0}")]
    Records(StoreError),
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] MaintenanceError),
}
