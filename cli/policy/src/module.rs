//! A module in a file, loaded as the CA loads it.

use std::{fs, path::Path, sync::Arc};

use anyhow::Context;
use policy_manifest::capability;
use policy_runtime::{Limits, Module, Runtime, RuntimeConfig, file, printable};
use policy_vectors::Subject;

/// Octets of a rule's name that are shown.
const MAX_RULE: usize = 256;

/// What a file holds.
pub(crate) struct Loaded {
    pub(crate) octets: Vec<u8>,
    pub(crate) module: Arc<Module>,
}

impl Loaded {
    /// Reads, checks and compiles.
    pub(crate) fn open(path: &Path) -> anyhow::Result<Self> {
        let octets = fs::read(path).with_context(|| format!("reading {}", path.display()))?;
        Self::of(octets, &path.display().to_string())
    }

    /// Checks and compiles; `name` is for messages.
    pub(crate) fn of(octets: Vec<u8>, name: &str) -> anyhow::Result<Self> {
        let runtime = Runtime::new(RuntimeConfig::default()).context("starting the policy host")?;
        let module = runtime.load(name, &octets).with_context(|| name.to_owned())?;
        Ok(Self { octets, module })
    }

    /// Ready to be asked, within the limits a CA gives by default.
    pub(crate) fn subject(&self) -> Subject {
        Subject { module: Arc::clone(&self.module), limits: Limits::default() }
    }

    pub(crate) fn sha256(&self) -> String {
        policy_manifest::sha256(&self.octets)
    }

    /// The world of the contract it is made for.
    pub(crate) fn world(&self) -> String {
        format!("{}-module", self.module.kind())
    }

    /// The rules its refusals can name, when it says.
    pub(crate) fn rules(&self) -> Vec<String> {
        let rules = file::section(&self.octets, file::RULES).unwrap_or_default();
        rules.lines().map(|rule| printable(rule.to_owned(), MAX_RULE)).collect()
    }

    /// JSON Schema of its settings, when it says; a stranger's text.
    pub(crate) fn settings_schema(&self) -> Option<String> {
        file::section(&self.octets, file::SETTINGS_SCHEMA)
    }

    /// The capabilities it has to be granted, by their short names: `kv` of `step:policy/kv@0.1.0`.
    pub(crate) fn grants(&self) -> Vec<String> {
        self.module.grants_needed().map(|(import, _)| capability(import).to_owned()).collect()
    }
}

/// Runs what has to wait.
pub(crate) fn wait_for<T>(future: impl Future<Output = T>) -> anyhow::Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("starting the runtime")?;
    Ok(runtime.block_on(future))
}
