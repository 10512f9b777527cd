//! A provisioner's module at work for one provisioner of `ca.json`.

use std::fmt;
use std::sync::Arc;

use crate::answer::{Answer, answer, bounded_config_errors};
use crate::assignment::Assignment;
use crate::call::{Call, Guest};
use crate::contract::provisioner::{Descriptor, Environment, RenewRequest, RevokeRequest, SignGrant, SignRequest};
use crate::contract::types::Identity;
use crate::contract::{ProvisionerHost, ProvisionerHostPre};
use crate::effects::Transcript;
use crate::error::{Fault, InitError, Stop};
use crate::grants::Grants;
use crate::limits::Limits;
use crate::module::Module;

/// A module, a configuration it accepts, and what it may use. All methods may be called at the same time.
pub struct Provisioner {
    assignment: Arc<Assignment>,
    pre: ProvisionerHostPre<Guest>,
    environment: Environment,
    descriptor: Descriptor,
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
        Ok(Self { assignment, pre, environment, descriptor })
    }

    /// How tokens find it, and how their reuse is recognised.
    pub fn descriptor(&self) -> &Descriptor {
        &self.descriptor
    }

    /// The same policy with the answers of a transcript in place of the world's. Every call of it begins at the start of
    /// the transcript, and asks nobody.
    ///
    /// What leaves the path of the transcript ends in [`Fault::Replay`].
    pub fn replaying(&self, transcript: Arc<Transcript>) -> Self {
        Self {
            assignment: self.assignment.replaying(transcript),
            pre: self.pre.clone(),
            environment: self.environment.clone(),
            descriptor: self.descriptor.clone(),
        }
    }

    /// The module it runs.
    pub fn module(&self) -> &Arc<Module> {
        &self.assignment.module
    }

    /// Verifies a credential; the answer is what its bearer may be given.
    ///
    /// # Errors
    ///
    /// A [`Fault`] when the module did not come to an answer.
    pub async fn authorize_sign(&self, request: &SignRequest) -> Result<Answer<SignGrant>, Fault> {
        let mut call = Call::begin(&self.assignment).await?;
        let outcome = async {
            let guest = self.ready(&mut call).await?;
            guest.step_policy_provisioner().call_authorize_sign(&mut call.store, request).await
        };
        let outcome = outcome.await;
        answer(call, outcome)
    }

    /// Decides whether a certificate may be renewed.
    ///
    /// # Errors
    ///
    /// A [`Fault`] when the module did not come to an answer.
    pub async fn authorize_renew(&self, request: &RenewRequest) -> Result<Answer<Identity>, Fault> {
        let mut call = Call::begin(&self.assignment).await?;
        let outcome = async {
            let guest = self.ready(&mut call).await?;
            guest.step_policy_provisioner().call_authorize_renew(&mut call.store, request).await
        };
        let outcome = outcome.await;
        answer(call, outcome)
    }

    /// Decides whether the bearer of a token may revoke a certificate.
    ///
    /// # Errors
    ///
    /// A [`Fault`] when the module did not come to an answer.
    pub async fn authorize_revoke(&self, request: &RevokeRequest) -> Result<Answer<Identity>, Fault> {
        let mut call = Call::begin(&self.assignment).await?;
        let outcome = async {
            let guest = self.ready(&mut call).await?;
            guest.step_policy_provisioner().call_authorize_revoke(&mut call.store, request).await
        };
        let outcome = outcome.await;
        answer(call, outcome)
    }

    /// A fresh instance that has been told its configuration.
    async fn ready(&self, call: &mut Call<'_>) -> wasmtime::Result<ProvisionerHost> {
        let guest = self.pre.instantiate_async(&mut call.store).await?;
        let accepted = guest.step_policy_provisioner().call_init(&mut call.store, &self.environment).await?;
        accepted.map_err(|_errors| Stop::ConfigRefused)?;
        call.store.data_mut().recorder.open();
        Ok(guest)
    }
}

/// The configuration is left out: it may hold what does not belong in a log.
impl fmt::Debug for Provisioner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Provisioner")
            .field("module", &self.assignment.module)
            .field("provisioner", &self.assignment.provisioner)
            .finish_non_exhaustive()
    }
}
