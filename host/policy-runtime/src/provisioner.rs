//! A provisioner's module at work for one provisioner of `ca.json`.

use std::fmt;
use std::sync::Arc;

use wasmtime::component::ComponentExportIndex;

use crate::answer::{Answer, bounded_config_errors};
use crate::assignment::Assignment;
use crate::call::Call;
use crate::contract::provisioner::{Descriptor, Environment, RenewRequest, RevokeRequest, SignGrant, SignRequest};
use crate::contract::types::Identity;
use crate::effects::Transcript;
use crate::error::{Fault, InitError};
use crate::grants::Grants;
use crate::limits::Limits;
use crate::module::Module;
use crate::template::Template;

/// A module, a configuration it accepts, and what it may use. All methods may be called at the same time.
pub struct Provisioner {
    pub(crate) template: Template<Environment, Descriptor>,
    functions: Functions,
}

#[derive(Clone, Copy)]
struct Functions {
    sign: ComponentExportIndex,
    renew: ComponentExportIndex,
    revoke: ComponentExportIndex,
}

impl Provisioner {
    /// Asks the module whether it accepts the configuration, once, and keeps what it said about itself.
    ///
    /// # Errors
    ///
    /// [`InitError::Config`] with every problem the module found; [`InitError::Fault`] when it imports what was not
    /// granted, is no provisioner, or does not work.
    pub async fn init(
        module: &Arc<Module>,
        environment: Environment,
        grants: &Grants,
        limits: Limits,
    ) -> Result<Self, InitError> {
        let pre = module.provisioner(grants)?;
        let assignment = Assignment::new(module, &environment.name, grants, limits);
        let mut call = Call::begin(&assignment).await?;
        let outcome = async {
            let guest = pre.instantiate_async(&mut call.store).await?;
            guest.step_policy_provisioner().call_init(&mut call.store, &environment).await
        };
        let outcome = outcome.await;
        let (descriptor, _trace) = call.finish(outcome)?;
        let descriptor = descriptor.map_err(|errors| InitError::Config(bounded_config_errors(errors)))?;
        let functions = Functions {
            sign: module.function("authorize-sign")?,
            renew: module.function("authorize-renew")?,
            revoke: module.function("authorize-revoke")?,
        };
        let template = Template::new(assignment, pre.instance_pre().clone(), environment, descriptor).await?;
        Ok(Self { template, functions })
    }

    /// How tokens find it, and how their reuse is recognised.
    pub fn descriptor(&self) -> &Descriptor {
        self.template.descriptor()
    }

    /// The same policy with the answers of a transcript in place of the world's. Every call of it begins at the start of
    /// the transcript, and asks nobody.
    ///
    /// What leaves the path of the transcript ends in [`Fault::Replay`].
    pub fn replaying(&self, transcript: Arc<Transcript>) -> Self {
        Self { template: self.template.replaying(transcript), functions: self.functions }
    }

    /// The module it runs.
    pub fn module(&self) -> &Arc<Module> {
        self.template.module()
    }

    /// Verifies a credential; the answer is what its bearer may be given.
    ///
    /// # Errors
    ///
    /// A [`Fault`] when the module did not come to an answer.
    pub async fn authorize_sign(&self, request: &SignRequest) -> Result<Answer<SignGrant>, Fault> {
        self.template.ask(&self.functions.sign, request).await
    }

    /// Decides whether a certificate may be renewed.
    ///
    /// # Errors
    ///
    /// A [`Fault`] when the module did not come to an answer.
    pub async fn authorize_renew(&self, request: &RenewRequest) -> Result<Answer<Identity>, Fault> {
        self.template.ask(&self.functions.renew, request).await
    }

    /// Decides whether the bearer of a token may revoke a certificate.
    ///
    /// # Errors
    ///
    /// A [`Fault`] when the module did not come to an answer.
    pub async fn authorize_revoke(&self, request: &RevokeRequest) -> Result<Answer<Identity>, Fault> {
        self.template.ask(&self.functions.revoke, request).await
    }
}

/// The configuration is left out: it may hold what does not belong in a log.
impl fmt::Debug for Provisioner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Provisioner")
            .field("module", self.template.module())
            .field("provisioner", &self.template.provisioner())
            .finish_non_exhaustive()
    }
}
