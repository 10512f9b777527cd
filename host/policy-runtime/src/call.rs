//! One evaluation: a fresh store with its fuel, deadline and limits; the guest runs in it; the store is gone.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::SemaphorePermit;
use wasmtime::component::{Instance, InstancePre};
use wasmtime::{PoolConcurrencyLimitError, Store, Trap, UpdateDeadline, WasmBacktrace};

use crate::assignment::Assignment;
use crate::effects::Recorder;
use crate::engine::{Running, TICK};
use crate::error::{Fault, Stop};
use crate::imports::LogBook;
use crate::limits::{Limiter, Limits};
use crate::output::Octets;
use crate::state::State;
use crate::text::printable;
use crate::trace::Trace;

/// What belongs to one call on the host's side of the sandbox.
pub(crate) struct Guest {
    pub(crate) limiter: Limiter,
    pub(crate) meter: Meter,
    pub(crate) log: LogBook,
    /// What the world answers.
    pub(crate) recorder: Recorder,
    /// What the module's panic hook said.
    pub(crate) panic: Option<String>,
    pub(crate) assignment: Arc<Assignment>,
}

impl Guest {
    pub(crate) fn new(assignment: &Arc<Assignment>) -> Self {
        let limits = &assignment.limits;
        Self {
            limiter: Limiter::new(limits),
            meter: Meter { host_calls: 0, host_call_limit: limits.host_calls, fuel: 0, fuel_limit: limits.fuel },
            log: LogBook::new(limits.log_text),
            recorder: Recorder::new(assignment.replay.as_ref(), limits.waiting),
            panic: None,
            assignment: Arc::clone(assignment),
        }
    }
}

/// A call that has begun. Dropping it at any point ends the guest and leaves nothing of it behind.
pub(crate) struct Call<'r> {
    // Fields are dropped in this order: the instance has gone back to the pool before its place is given away.
    pub(crate) store: Store<Guest>,
    limits: &'r Limits,
    started: Instant,
    _running: Running<'r>,
    _place: SemaphorePermit<'r>,
}

impl<'r> Call<'r> {
    /// Waits for a place and makes the store.
    pub(crate) async fn begin(assignment: &'r Arc<Assignment>) -> Result<Self, Fault> {
        let (runtime, limits) = (&assignment.module.runtime, &assignment.limits);
        let place = runtime.queue_of(assignment).enter().await?;
        let running = runtime.engine.run();
        let started = Instant::now();
        let mut store = Store::new(&runtime.engine.wasm, Guest::new(assignment));
        store.limiter(|guest| &mut guest.limiter);
        // One more than the limit: fuel at zero is then fuel exceeded, to the unit.
        store.set_fuel(limits.fuel.saturating_add(1)).map_err(|error| internal(&error))?;
        store.set_hostcall_fuel(limits.host_call_data);
        interrupt_after(&mut store, limits.deadline);
        Ok(Self { store, limits, started, _running: running, _place: place })
    }

    /// A fresh instance as if its `init` had just returned, and had taken the fuel it takes.
    pub(crate) fn resume(&mut self, state: &State, pre: &InstancePre<Guest>) -> wasmtime::Result<Instance> {
        let instance = self.undisturbed(|store| state.resume(pre, store))?;
        self.store.set_fuel(self.limits.fuel.saturating_add(1).saturating_sub(state.fuel()))?;
        Ok(instance)
    }

    /// Does what takes no code of the guest's, without being interrupted and for no fuel: the host's own functions in an
    /// instance are few instructions each, and nobody waits for them. The fuel is to be set afterwards.
    pub(crate) fn undisturbed<T>(
        &mut self,
        work: impl FnOnce(&mut Store<Guest>) -> wasmtime::Result<T>,
    ) -> wasmtime::Result<T> {
        const NEVER: u64 = 1 << 40;
        self.store.set_fuel(u64::MAX)?;
        self.store.set_epoch_deadline(NEVER);
        let done = work(&mut self.store)?;
        self.store.set_epoch_deadline(1);
        Ok(done)
    }

    /// Whether the guest has called a function of the host's.
    pub(crate) fn has_called_the_host(&self) -> bool {
        self.store.data().meter.host_calls > 0
    }

    /// Ends the call: an answer that may be used and what it took, or what went wrong.
    pub(crate) fn finish<T: Octets>(mut self, outcome: wasmtime::Result<T>) -> Result<(T, Trace), Fault> {
        let value = outcome.map_err(|error| self.fault(&error))?;
        let fuel = self.fuel_used()?;
        if fuel > self.limits.fuel {
            return Err(Fault::OutOfFuel { limit: self.limits.fuel });
        }
        if value.octets() > self.limits.output {
            return Err(Fault::OutputTooLarge { limit: self.limits.output });
        }
        let guest = self.store.data_mut();
        let (log, log_dropped) = guest.log.take();
        let host_calls = guest.meter.host_calls;
        let transcript = guest.recorder.take();
        Ok((value, Trace { fuel, elapsed: self.started.elapsed(), host_calls, log, log_dropped, transcript }))
    }

    pub(crate) fn fuel_used(&self) -> Result<u64, Fault> {
        let left = self.store.get_fuel().map_err(|error| internal(&error))?;
        let guest = self.limits.fuel.saturating_add(1).saturating_sub(left);
        Ok(guest.saturating_add(self.store.data().meter.fuel))
    }

    /// Sorts what wasmtime reports into situations.
    pub(crate) fn fault(&mut self, error: &wasmtime::Error) -> Fault {
        if let Some(stop) = error.downcast_ref::<Stop>() {
            return self.stopped(*stop);
        }
        let panic = self.store.data_mut().panic.take();
        match error.downcast_ref::<Trap>() {
            Some(Trap::OutOfFuel) => Fault::OutOfFuel { limit: self.limits.fuel },
            Some(Trap::Interrupt) => Fault::Deadline { limit: self.limits.deadline },
            Some(Trap::StackOverflow) => Fault::StackOverflow,
            Some(trap) => {
                let trap = trap.to_string();
                Fault::Trapped { trap: trap.strip_prefix("wasm trap: ").unwrap_or(&trap).to_owned(), panic }
            }
            None if is_copy_limit(error) && error.downcast_ref::<WasmBacktrace>().is_some() => {
                Fault::HostCallTooLarge { limit: self.limits.host_call_data }
            }
            None if error.is::<PoolConcurrencyLimitError>() => internal(error),
            // Not on the way out of guest code, so on the way out of its last return: the answer.
            None if is_copy_limit(error) => Fault::OutputTooLarge { limit: self.limits.output },
            None => Fault::Malformed { reason: printable(error.root_cause().to_string(), 512) },
        }
    }

    fn stopped(&self, stop: Stop) -> Fault {
        match stop {
            Stop::ConfigRefused => Fault::ConfigRefusedLater,
            Stop::Deadline => Fault::Deadline { limit: self.limits.deadline },
            Stop::Fuel => Fault::OutOfFuel { limit: self.limits.fuel },
            Stop::HostCalls => Fault::TooManyHostCalls { limit: self.limits.host_calls },
            Stop::Memory => Fault::OutOfMemory { limit: self.limits.memory },
            Stop::Replay(mismatch) => Fault::Replay(mismatch),
            Stop::Table => Fault::TableTooLarge { limit: self.limits.table_elements },
        }
    }
}

/// At each tick the guest lets others run; after `deadline` worth of ticks it has had its time.
///
/// Only ticks that find the guest running count, so that a busy machine does not turn good policies into faults.
fn interrupt_after(store: &mut Store<Guest>, deadline: Duration) {
    let mut ticks_left = deadline.as_millis().checked_div(TICK.as_millis()).unwrap_or_default().max(1);
    store.set_epoch_deadline(1);
    store.epoch_deadline_callback(move |_| {
        ticks_left = ticks_left.checked_sub(1).ok_or(Stop::Deadline)?;
        Ok(UpdateDeadline::Yield(1))
    });
}

/// Whether a value was too large to copy out of the guest. wasmtime has no type for it; a test holds it to these words.
fn is_copy_limit(error: &wasmtime::Error) -> bool {
    error.root_cause().to_string().contains("fuel allocated for hostcalls has been exhausted")
}

fn internal(error: &wasmtime::Error) -> Fault {
    Fault::Internal { reason: format!("{error:#}") }
}

/// Counts what the host does for a guest.
pub(crate) struct Meter {
    host_calls: u32,
    host_call_limit: u32,
    fuel: u64,
    fuel_limit: u64,
}

impl Meter {
    /// Counts for a test of one import, within the default limits.
    #[cfg(test)]
    pub(crate) fn full() -> Self {
        let Limits { host_calls, fuel, .. } = Limits::default();
        Self { host_calls: 0, host_call_limit: host_calls, fuel: 0, fuel_limit: fuel }
    }

    /// Fuel that host calls have used.
    pub(crate) fn used(&self) -> u64 {
        self.fuel
    }

    /// Counts one host call and its price in fuel, before the work is done.
    pub(crate) fn host_call(&mut self, price: u64) -> wasmtime::Result<()> {
        if self.host_calls == self.host_call_limit {
            return Err(Stop::HostCalls.into());
        }
        self.host_calls = self.host_calls.saturating_add(1);
        self.charge(price)
    }

    /// Takes the price of work that is about to be done.
    pub(crate) fn charge(&mut self, price: u64) -> wasmtime::Result<()> {
        self.fuel = self.fuel.saturating_add(price);
        if self.fuel > self.fuel_limit { Err(Stop::Fuel.into()) } else { Ok(()) }
    }
}
