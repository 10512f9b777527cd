//! A policy between two calls: what every one of them begins with, and how it begins.

use std::sync::Arc;

use wasmtime::Store;
use wasmtime::component::{ComponentExportIndex, Instance, InstancePre, Lift, Lower};

use crate::answer::{Answer, answer};
use crate::assignment::Assignment;
use crate::call::{Call, Guest};
use crate::contract::types::{ConfigError, Denial};
use crate::effects::Transcript;
use crate::error::{Fault, Stop};
use crate::module::Module;
use crate::output::Octets;
use crate::state::State;

/// A module and a configuration it has accepted. `E` is what its `init` is told, `D` what that answers.
pub(crate) struct Template<E, D> {
    assignment: Arc<Assignment>,
    pre: InstancePre<Guest>,
    environment: E,
    descriptor: D,
    init: ComponentExportIndex,
    /// What a fresh instance is after `init`. Without it, each is asked `init` again.
    state: Option<Arc<State>>,
}

impl<E, D> Template<E, D>
where
    E: Clone + Lower + Sync,
    D: Clone + Lift + 'static,
{
    /// What `init` has accepted, and what it has said.
    ///
    /// # Errors
    ///
    /// [`Fault::MissingExport`] does not happen for a module that was loaded.
    pub(crate) async fn new(
        assignment: Arc<Assignment>,
        pre: InstancePre<Guest>,
        environment: E,
        descriptor: D,
    ) -> Result<Self, Fault> {
        let init = assignment.module.function("init")?;
        let mut template = Self { assignment, pre, environment, descriptor, init, state: None };
        template.state = template.state().await.unwrap_or_else(|error| {
            let module = template.module().name();
            tracing::warn!(module, %error, "the state after `init` was not taken; calls will be slower");
            None
        });
        Ok(template)
    }

    /// The same with the answers of a transcript in place of the world's.
    pub(crate) fn replaying(&self, transcript: Arc<Transcript>) -> Self {
        Self {
            assignment: self.assignment.replaying(transcript),
            pre: self.pre.clone(),
            environment: self.environment.clone(),
            descriptor: self.descriptor.clone(),
            init: self.init,
            state: self.state.clone(),
        }
    }

    pub(crate) fn descriptor(&self) -> &D {
        &self.descriptor
    }

    pub(crate) fn module(&self) -> &Arc<Module> {
        &self.assignment.module
    }

    pub(crate) fn provisioner(&self) -> &str {
        &self.assignment.provisioner
    }

    /// Calls one function in a fresh instance that has been told its configuration.
    pub(crate) async fn ask<P, R>(&self, function: &ComponentExportIndex, question: &P) -> Result<Answer<R>, Fault>
    where
        P: Lower + Sync,
        R: Lift + Octets + 'static,
    {
        let mut call = Call::begin(&self.assignment).await?;
        let outcome = async {
            let instance = self.ready(&mut call).await?;
            call.store.data_mut().recorder.open();
            let function = instance.get_typed_func::<(&P,), (Result<R, Denial>,)>(&mut call.store, function)?;
            Ok(function.call_async(&mut call.store, (question,)).await?.0)
        };
        let outcome = outcome.await;
        answer(call, outcome)
    }

    /// A fresh instance that has been told its configuration.
    async fn ready(&self, call: &mut Call<'_>) -> wasmtime::Result<Instance> {
        if let Some(state) = &self.state {
            return call.resume(state, &self.pre);
        }
        let instance = self.pre.instantiate_async(&mut call.store).await?;
        self.initialize(&instance, &mut call.store).await?;
        Ok(instance)
    }

    async fn initialize(&self, instance: &Instance, store: &mut Store<Guest>) -> wasmtime::Result<()> {
        let init = instance.get_typed_func::<(&E,), (Result<D, Vec<ConfigError>>,)>(&mut *store, &self.init)?;
        let (accepted,) = init.call_async(store, (&self.environment,)).await?;
        accepted.map(drop).map_err(|_errors| Stop::ConfigRefused.into())
    }

    /// What `init` makes of an instance, when that can be written into others.
    async fn state(&self) -> Result<Option<Arc<State>>, Fault> {
        let Some(hooks) = self.module().hooks() else { return Ok(None) };
        let mut call = Call::begin(&self.assignment).await?;
        let instance = self.pre.instantiate_async(&mut call.store).await;
        let made = instance.and_then(|instance| call.undisturbed(|store| hooks.snapshot(&instance, store)));
        let made = made.map_err(|error| call.fault(&error))?;
        // One place is enough for both.
        drop(call);
        let mut call = Call::begin(&self.assignment).await?;
        let instance = self.ready(&mut call).await.map_err(|error| call.fault(&error))?;
        // What it logged and recorded would have to begin every trace.
        if call.has_called_the_host() {
            return Ok(None);
        }
        let fuel = call.fuel_used()?;
        let ready = call.undisturbed(|store| hooks.snapshot(&instance, store)).map_err(|error| call.fault(&error))?;
        Ok(State::between(hooks, &made, &ready, fuel).map(Arc::new))
    }
}
#[cfg(test)]
impl<E, D> Template<E, D> {
    pub(crate) fn has_state(&self) -> bool {
        self.state.is_some()
    }

    /// From now on `init` is asked before every call.
    pub(crate) fn forget_state(&mut self) {
        self.state = None;
    }
}
