//! The wasmtime engine, once a process: what guests may be made of, and the clock that interrupts them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use wasmtime::{Config, Enabled, InstanceAllocationStrategy, PoolingAllocationConfig};

use crate::error::Fault;
use crate::limits::PER_CALL;

/// How often running guests are interrupted: they yield to the executor, and their deadline is looked at.
pub(crate) const TICK: Duration = Duration::from_millis(1);

/// Sizes that are fixed when the engine is made.
pub(crate) struct Dimensions {
    /// Calls that run at the same time.
    pub(crate) calls: u32,
    /// Octets of one linear memory.
    pub(crate) memory: usize,
    /// Elements of one table.
    pub(crate) table_elements: usize,
    /// Octets of call stack a guest may use.
    pub(crate) stack: usize,
}

pub(crate) struct Engine {
    pub(crate) wasm: wasmtime::Engine,
    ticker: Ticker,
}

impl Engine {
    /// Takes memory for all instances in advance; where the address space for that cannot be had, each instance gets
    /// its own when it starts, at twice the cost of a call.
    pub(crate) fn new(dimensions: &Dimensions) -> Result<Self, Fault> {
        let pool = InstanceAllocationStrategy::Pooling(pool(dimensions));
        let wasm = match wasmtime::Engine::new(&config(dimensions, pool)) {
            Ok(engine) => engine,
            Err(error) => {
                tracing::warn!(%error, "no address space for a pool of policy instances; calls will be slower");
                let on_demand = InstanceAllocationStrategy::OnDemand;
                wasmtime::Engine::new(&config(dimensions, on_demand))
                    .map_err(|error| Fault::Internal { reason: format!("{error:#}") })?
            }
        };
        let ticker = Ticker::start(&wasm)?;
        Ok(Self { wasm, ticker })
    }

    /// Keeps the clock ticking as long as the value lives.
    pub(crate) fn run(&self) -> Running<'_> {
        self.ticker.run()
    }
}

fn config(dimensions: &Dimensions, allocation: InstanceAllocationStrategy) -> Config {
    let mut config = Config::new();
    config
        .allocation_strategy(allocation)
        // Fuel decides, the same on every machine. Epochs yield to the executor, and stop what fuel does not count.
        .consume_fuel(true)
        .epoch_interruption(true)
        // The only place where WebAssembly's arithmetic differs between machines.
        .cranelift_nan_canonicalization(true)
        // Second line of defence: `inspect::FEATURES` refuses these earlier, with the better text, and more of them.
        // Multi-memory stays on here, because wasmtime's own adapters between components need it.
        .wasm_relaxed_simd(false)
        .wasm_simd(false)
        .wasm_memory64(false)
        .wasm_tail_call(false)
        .max_wasm_stack(dimensions.stack)
        // Host functions run on the guest's stack and need room of their own.
        .async_stack_size(dimensions.stack.saturating_add(HOST_STACK))
        // Compiling keeps to one core, so that a reload leaves the others to requests.
        .parallel_compilation(false)
        .native_unwind_info(false);
    config
}

const HOST_STACK: usize = 1 << 20;

fn pool(dimensions: &Dimensions) -> PoolingAllocationConfig {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(dimensions.calls)
        .total_core_instances(dimensions.calls.saturating_mul(PER_CALL.core_instances))
        .total_memories(dimensions.calls.saturating_mul(PER_CALL.memories))
        .total_tables(dimensions.calls.saturating_mul(PER_CALL.tables))
        .total_stacks(dimensions.calls)
        .max_core_instances_per_component(PER_CALL.core_instances)
        .max_memories_per_component(PER_CALL.memories)
        .max_tables_per_component(PER_CALL.tables)
        .max_tables_per_module(PER_CALL.tables)
        .max_memory_size(dimensions.memory)
        .table_elements(dimensions.table_elements)
        // What a slot keeps between two calls is zeroed by hand; giving pages back and faulting them in costs more.
        .linear_memory_keep_resident(256 << 10)
        .table_keep_resident(64 << 10)
        .async_stack_keep_resident(64 << 10)
        // Where the kernel can tell which pages were touched (Linux 6.7), only those are reset.
        .pagemap_scan(Enabled::Auto);
    pool
}

/// A thread that advances the engine's epoch once a [`TICK`], and sleeps while no guest runs.
struct Ticker {
    state: Arc<TickerState>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct TickerState {
    running: AtomicUsize,
    stopping: AtomicBool,
}

impl Ticker {
    fn start(engine: &wasmtime::Engine) -> Result<Self, Fault> {
        let state = Arc::new(TickerState::default());
        let (engine, shared) = (engine.clone(), Arc::clone(&state));
        let thread = thread::Builder::new()
            .name("policy-ticker".into())
            .spawn(move || tick(&engine, &shared))
            .map_err(|error| Fault::Internal { reason: format!("no thread for the policy clock: {error}") })?;
        Ok(Self { state, thread: Some(thread) })
    }

    fn run(&self) -> Running<'_> {
        if self.state.running.fetch_add(1, Ordering::AcqRel) == 0 {
            self.wake();
        }
        Running { state: &self.state }
    }

    fn wake(&self) {
        if let Some(thread) = &self.thread {
            thread.thread().unpark();
        }
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.state.stopping.store(true, Ordering::Release);
        self.wake();
        if let Some(thread) = self.thread.take() {
            // The thread cannot panic; if it did, there is nothing left to stop.
            let _ = thread.join();
        }
    }
}

fn tick(engine: &wasmtime::Engine, state: &TickerState) {
    // Between two calls of a busy server the clock goes on: waking it costs more than a few idle ticks.
    const IDLE_TICKS: u32 = 100;
    let mut idle: u32 = 0;
    while !state.stopping.load(Ordering::Acquire) {
        idle = if state.running.load(Ordering::Acquire) == 0 { idle.saturating_add(1) } else { 0 };
        if idle > IDLE_TICKS {
            // `run` unparks after it has counted itself, and an unpark before the park makes it return at once.
            thread::park();
            idle = 0;
        } else {
            thread::sleep(TICK);
            engine.increment_epoch();
        }
    }
}

/// A guest runs; see [`Engine::run`].
pub(crate) struct Running<'e> {
    state: &'e TickerState,
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.state.running.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_the_address_space_for_a_pool_there_is_an_engine_all_the_same() {
        // A petabyte: more than a process can address.
        let dimensions = Dimensions { calls: 1 << 16, memory: 1 << 32, table_elements: 10, stack: 512 << 10 };
        let pooled = InstanceAllocationStrategy::Pooling(pool(&dimensions));
        assert!(wasmtime::Engine::new(&config(&dimensions, pooled)).is_err());
        assert!(Engine::new(&dimensions).is_ok());
    }

    #[test]
    fn the_clock_ticks_while_a_guest_runs_and_stops_with_the_engine() {
        let dimensions = Dimensions { calls: 1, memory: 1 << 16, table_elements: 10, stack: 512 << 10 };
        let engine = Engine::new(&dimensions).unwrap();
        let state = Arc::downgrade(&engine.ticker.state);
        let running = engine.run();
        assert_eq!(engine.ticker.state.running.load(Ordering::Acquire), 1);
        drop(running);
        drop(engine);
        assert!(state.upgrade().is_none(), "the thread has ended, and nobody is left who knows its state");
    }
}
