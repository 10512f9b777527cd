//! The policy host of a process: one engine, one compiled-module cache, one queue.

use std::fmt;
use std::num::NonZero;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use aws_lc_rs::digest;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;
use wasmtime::component::Linker;

use crate::assignment::Assignment;
use crate::cache::Cache;
use crate::call::Guest;
use crate::compiling::{Allowance, Workshop};
use crate::engine::{Dimensions, Engine};
use crate::error::Fault;
use crate::imports;
use crate::inspect::Ceiling;
use crate::limits::LoadLimits;
use crate::module::{Checked, Module};

/// How the policy host of a process is set up.
#[derive(Clone, Debug)]
pub struct RuntimeConfig {
    /// Where compiled modules are kept between starts: a directory of ours alone, made when missing. `None` keeps none.
    pub cache_dir: Option<PathBuf>,
    /// Calls that run at the same time, from 1 to 65,535; twice the number of cores by default.
    pub calls_at_once: usize,
    /// Calls that run at the same time and may wait for other servers or the store, 32 by default. They have
    /// places of their own, so that nobody else waits with them.
    pub waiting_calls_at_once: usize,
    /// How long a call waits for a place among its kind.
    pub queue_wait: Duration,
    /// What a module file may be.
    pub load: LoadLimits,
    /// The most linear memory any policy can be given, in octets: 16 MiB by default.
    pub memory: usize,
    /// The most table elements any policy can be given: 10,000 by default.
    pub table_elements: usize,
    /// Call stack of a guest in octets: 512 KiB by default.
    pub stack: usize,
}

impl Default for RuntimeConfig {
    fn default() -> Self {
        let cores = thread::available_parallelism().map_or(1, NonZero::get);
        Self {
            cache_dir: None,
            calls_at_once: cores.saturating_mul(2),
            waiting_calls_at_once: 32,
            queue_wait: Duration::from_secs(1),
            load: LoadLimits::default(),
            memory: 16 << 20,
            table_elements: 10_000,
            stack: 512 << 10,
        }
    }
}

/// Loads modules. Cheap to clone; the engine lives until the last clone, module and policy made from it is gone.
#[derive(Clone)]
pub struct Runtime {
    shared: Arc<Shared>,
}

impl Runtime {
    /// Starts the engine and its clock.
    ///
    /// # Errors
    ///
    /// [`Fault::Internal`] when the machine has no memory or no thread for it. A cache directory that cannot be used
    /// safely is no error: it is reported in the log, and nothing is cached.
    pub fn new(config: RuntimeConfig) -> Result<Self, Fault> {
        let RuntimeConfig { cache_dir, calls_at_once, waiting_calls_at_once, queue_wait, .. } = config;
        let RuntimeConfig { load, memory, table_elements, stack, .. } = config;
        let places = |calls| u32::from(u16::try_from(calls).unwrap_or(u16::MAX).max(1));
        let (working, waiting) = (places(calls_at_once), places(waiting_calls_at_once));
        let calls = working.saturating_add(waiting);
        let engine = Engine::new(&Dimensions { calls, memory, table_elements, stack })?;
        let linker = imports::link(&engine.wasm).map_err(|error| Fault::Internal { reason: format!("{error:#}") })?;
        let cache = cache_dir.map_or(Cache::none(), |directory| Cache::open(directory, &engine.wasm));
        let ceiling = Ceiling { memory, table_elements };
        let queue = |places: u32| Queue { places: Semaphore::new(places as usize), wait: queue_wait };
        let (queue, waiting_queue) = (queue(working), queue(waiting));
        Ok(Self {
            shared: Arc::new(Shared {
                engine,
                linker,
                cache,
                queue,
                waiting_queue,
                load,
                ceiling,
                workshop: Workshop::default(),
            }),
        })
    }

    /// Checks and compiles a module.
    ///
    /// Blocks for as long as that takes, 0.1 s for a hundred kilobytes: call it where nobody waits for an answer. The
    /// work is done in a thread of low priority, one module after the other: a second one waits for its turn, as long as
    /// it may take to be loaded. `name` is for logs.
    ///
    /// # Errors
    ///
    /// The faults of loading, in the order of the road: size, waiting for a turn, validity, imports, exports,
    /// compiling. A module that took too long is refused at once from then on. Whether its imports are granted is looked at when it is put to work, since that depends on who uses it.
    pub fn load(&self, name: &str, bytes: &[u8]) -> Result<Arc<Module>, Fault> {
        let Shared { load, .. } = &*self.shared;
        if bytes.len() > load.file {
            return Err(Fault::TooLarge { size: bytes.len(), limit: load.file });
        }
        let (name, bytes, shared) = (name.to_owned(), bytes.to_vec(), Arc::clone(&self.shared));
        let digest = sha256(&bytes);
        let allowance = Allowance { processor: load.time, wall: load.patience };
        self.shared.workshop.run(digest, allowance, move || shared.compile(name, digest, bytes)).map(Arc::new)
    }
}

impl fmt::Debug for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runtime").finish_non_exhaustive()
    }
}

/// What every module and every call of a process use together.
pub(crate) struct Shared {
    pub(crate) engine: Engine,
    pub(crate) linker: Linker<Guest>,
    pub(crate) cache: Cache,
    queue: Queue,
    /// For calls that wait for more than the processor.
    waiting_queue: Queue,
    load: LoadLimits,
    ceiling: Ceiling,
    workshop: Workshop,
}

impl Shared {
    /// Where a call of a policy gets its place.
    pub(crate) fn queue_of(&self, assignment: &Assignment) -> &Queue {
        if assignment.may_wait() { &self.waiting_queue } else { &self.queue }
    }

    fn compile(self: Arc<Self>, name: String, digest: [u8; 32], bytes: Vec<u8>) -> Result<Module, Fault> {
        let checked = Checked::new(bytes, &self.load, &self.ceiling)?;
        Module::new(name, digest, &checked, self)
    }
}

pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut digest = [0; 32];
    digest.copy_from_slice(digest::digest(&digest::SHA256, bytes).as_ref());
    digest
}

/// Admits calls: more than the pool has places for wait, and only so long.
pub(crate) struct Queue {
    places: Semaphore,
    wait: Duration,
}

impl Queue {
    pub(crate) async fn enter(&self) -> Result<SemaphorePermit<'_>, Fault> {
        if let Ok(permit) = self.places.try_acquire() {
            return Ok(permit);
        }
        match timeout(self.wait, self.places.acquire()).await {
            Ok(Ok(permit)) => Ok(permit),
            Ok(Err(_closed)) => Err(Fault::Internal { reason: "the queue is closed".to_owned() }),
            Err(_elapsed) => Err(Fault::Busy { waited: self.wait }),
        }
    }
}
