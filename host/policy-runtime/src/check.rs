//! A check's module at work for one provisioner of `ca.json`.

use std::fmt;
use std::sync::Arc;

use wasmtime::component::ComponentExportIndex;

use crate::answer::{Answer, bounded_config_errors};
use crate::assignment::Assignment;
use crate::call::Call;
use crate::contract::check::{Descriptor, Edit, Environment, Proposal};
use crate::effects::Transcript;
use crate::error::{Fault, InitError};
use crate::grants::Grants;
use crate::limits::Limits;
use crate::module::Module;
use crate::template::Template;

/// A module, a configuration it accepts, and what it may use. All methods may be called at the same time.
pub struct Check {
    pub(crate) template: Template<Environment, Descriptor>,
    review: ComponentExportIndex,
}

impl Check {
    /// Asks the module whether it accepts the configuration, once, and keeps what it said about itself.
    ///
    /// # Errors
    ///
    /// [`InitError::Config`] with every problem the module found; [`InitError::Fault`] when it imports what was not
    /// granted, is no check, or does not work.
    pub async fn init(
        module: &Arc<Module>,
        environment: Environment,
        grants: &Grants,
        limits: Limits,
    ) -> Result<Self, InitError> {
        let pre = module.check(grants)?;
        let assignment = Assignment::new(module, &environment.provisioner_name, grants, limits);
        let mut call = Call::begin(&assignment).await?;
        let outcome = async {
            let guest = pre.instantiate_async(&mut call.store).await?;
            guest.step_policy_check().call_init(&mut call.store, &environment).await
        };
        let outcome = outcome.await;
        let (descriptor, _trace) = call.finish(outcome)?;
        let descriptor = descriptor.map_err(|errors| InitError::Config(bounded_config_errors(errors)))?;
        let review = module.function("review")?;
        let template = Template::new(assignment, pre.instance_pre().clone(), environment, descriptor).await?;
        Ok(Self { template, review })
    }

    /// When it wants to be asked, and what it wants to see.
    pub fn descriptor(&self) -> &Descriptor {
        self.template.descriptor()
    }

    /// The same policy with the answers of a transcript in place of the world's. Every call of it begins at the start of
    /// the transcript, and asks nobody.
    ///
    /// What leaves the path of the transcript ends in [`Fault::Replay`].
    pub fn replaying(&self, transcript: Arc<Transcript>) -> Self {
        Self { template: self.template.replaying(transcript), review: self.review }
    }

    /// The module it runs.
    pub fn module(&self) -> &Arc<Module> {
        self.template.module()
    }

    /// Looks at a certificate before it is signed; the answer is how to narrow it.
    ///
    /// # Errors
    ///
    /// A [`Fault`] when the module did not come to an answer.
    pub async fn review(&self, proposal: &Proposal) -> Result<Answer<Vec<Edit>>, Fault> {
        self.template.ask(&self.review, proposal).await
    }
}

/// The configuration is left out: it may hold what does not belong in a log.
impl fmt::Debug for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Check")
            .field("module", self.template.module())
            .field("provisioner", &self.template.provisioner())
            .finish_non_exhaustive()
    }
}
