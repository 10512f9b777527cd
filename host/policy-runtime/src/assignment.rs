//! A module put to work for one provisioner: what its calls have in common.

use std::sync::Arc;

use crate::effects::Transcript;
use crate::grants::Grants;
use crate::imports::KeyCache;
use crate::limits::Limits;
use crate::module::Module;

pub(crate) struct Assignment {
    pub(crate) module: Arc<Module>,
    /// Name of the provisioner in `ca.json`, for log lines.
    pub(crate) provisioner: String,
    pub(crate) limits: Limits,
    /// Keys its calls have verified with, parsed. Public, and no state of the policy: an entry changes no answer.
    pub(crate) keys: KeyCache,
    /// What it may ask of the world.
    pub(crate) grants: Grants,
    /// What the world answers, when it is not to be asked.
    pub(crate) replay: Option<Arc<Transcript>>,
}

impl Assignment {
    pub(crate) fn new(module: &Arc<Module>, provisioner: &str, grants: &Grants, limits: Limits) -> Arc<Self> {
        let (module, provisioner, grants) = (Arc::clone(module), provisioner.to_owned(), grants.clone());
        Arc::new(Self { module, provisioner, limits, keys: KeyCache::default(), grants, replay: None })
    }

    /// The same, with the answers of a transcript.
    pub(crate) fn replaying(&self, transcript: Arc<Transcript>) -> Arc<Self> {
        Arc::new(Self {
            module: Arc::clone(&self.module),
            provisioner: self.provisioner.clone(),
            limits: self.limits.clone(),
            keys: KeyCache::default(),
            grants: Grants::default(),
            replay: Some(transcript),
        })
    }

    /// Whether its calls may have to wait for something.
    pub(crate) fn may_wait(&self) -> bool {
        self.replay.is_none() && self.module.has_effects()
    }
}
