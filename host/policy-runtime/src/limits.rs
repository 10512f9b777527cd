//! How much of the host a policy may use.

use std::time::Duration;

use wasmtime::ResourceLimiter;

use crate::error::Stop;

/// What one call of a policy may use: instantiation, `init` and the call itself together.
///
/// Exceeding any of them is a [`Fault`](crate::Fault), except for log text, which is dropped.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Limits {
    /// Instructions, octets of bulk memory operations, and what host calls cost on the same scale. Deterministic, and
    /// the limit that decides; about a nanosecond each.
    pub fuel: u64,
    /// Time spent in guest code, in whole milliseconds: the backstop for what fuel does not count.
    pub deadline: Duration,
    /// Octets of linear memory, all memories together. At most [`RuntimeConfig::memory`](crate::RuntimeConfig::memory).
    pub memory: usize,
    /// Elements of tables, all tables together.
    pub table_elements: usize,
    /// Octets of an answer: text by its length, and 32 for every item of a list.
    pub output: usize,
    /// Calls of host functions.
    pub host_calls: u32,
    /// Octets handed to one host function, and the most that is ever copied out of a guest at once.
    pub host_call_data: usize,
    /// Octets of log text kept; lines after that are counted and dropped.
    pub log_text: usize,
    /// Time spent waiting for effects, all of them together: other servers and the store. When it is over they answer
    /// that it is, which is no fault.
    pub waiting: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            fuel: 20_000_000,
            deadline: Duration::from_millis(100),
            memory: 16 << 20,
            table_elements: 10_000,
            output: 64 << 10,
            host_calls: 1_000,
            host_call_data: 256 << 10,
            log_text: 1 << 10,
            waiting: Duration::from_secs(10),
        }
    }
}

/// What a module file may be. Fuel does not bound compiling, so these do, with fixed caps on what multiplies them.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LoadLimits {
    /// Octets of the file.
    pub file: usize,
    /// Functions, all core modules together.
    pub functions: u64,
    /// Operators of one function. What moves several values or is a loop in itself counts as several.
    pub function_operators: u64,
    /// Locals of one function, parameters apart.
    pub function_locals: u64,
    /// Functions that components inside the component pass to each other. Each becomes an adapter whose code grows with
    /// its types; modules written in Rust and C have none.
    pub adapted_functions: u64,
    /// Checking and compiling: time of a processor, and by the wall clock where that cannot be told.
    pub time: Duration,
    /// Checking and compiling, by the wall clock, on a machine that has other things to do.
    pub patience: Duration,
}

/// A compiler that is not optimised itself is given more.
const COMPILE_TIME: Duration = Duration::from_secs(if cfg!(debug_assertions) { 120 } else { 10 });
/// For a module that gets a twelfth of a processor.
const COMPILE_PATIENCE: Duration = Duration::from_secs(if cfg!(debug_assertions) { 1_440 } else { 120 });

impl Default for LoadLimits {
    fn default() -> Self {
        Self {
            file: 1 << 20,
            functions: 10_000,
            function_operators: 20_000,
            function_locals: 2_000,
            adapted_functions: 0,
            time: COMPILE_TIME,
            patience: COMPILE_PATIENCE,
        }
    }
}

/// Counts what an instance asks for while it runs, and stops it with a reason of its own at the limit.
#[derive(Debug)]
pub(crate) struct Limiter {
    memory_left: usize,
    table_elements_left: usize,
}

impl Limiter {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self { memory_left: limits.memory, table_elements_left: limits.table_elements }
    }
}

impl ResourceLimiter for Limiter {
    fn memory_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        // Our limit first: the pool's maximum, which is passed here too, would only show as an unexplained -1.
        let left = take(self.memory_left, current, desired).ok_or(Stop::Memory)?;
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        self.memory_left = left;
        Ok(true)
    }

    fn table_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        let left = take(self.table_elements_left, current, desired).ok_or(Stop::Table)?;
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        self.table_elements_left = left;
        Ok(true)
    }

    fn instances(&self) -> usize {
        PER_CALL.core_instances as usize
    }

    fn memories(&self) -> usize {
        PER_CALL.memories as usize
    }

    fn tables(&self) -> usize {
        PER_CALL.tables as usize
    }
}

fn take(left: usize, current: usize, desired: usize) -> Option<usize> {
    left.checked_sub(desired.saturating_sub(current))
}

/// What one component may be made of. A lifted core module has three instances, one memory and two tables; one composed
/// of several modules, as the JavaScript and Python toolchains make them, has more.
pub(crate) struct Parts {
    pub(crate) core_instances: u32,
    pub(crate) memories: u32,
    pub(crate) tables: u32,
}

pub(crate) const PER_CALL: Parts = Parts { core_instances: 16, memories: 4, tables: 16 };

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_may_grow_to_the_limit_and_not_past_it() {
        let mut limiter = Limiter::new(&Limits { memory: 3 << 16, ..Limits::default() });
        assert!(limiter.memory_growing(0, 1 << 16, None).unwrap());
        assert!(limiter.memory_growing(1 << 16, 3 << 16, None).unwrap());
        let stop = limiter.memory_growing(3 << 16, 4 << 16, None).unwrap_err();
        assert!(matches!(stop.downcast_ref::<Stop>(), Some(Stop::Memory)));
    }

    #[test]
    fn several_memories_share_one_limit() {
        let mut limiter = Limiter::new(&Limits { memory: 3 << 16, ..Limits::default() });
        assert!(limiter.memory_growing(0, 2 << 16, None).unwrap());
        assert!(limiter.memory_growing(0, 2 << 16, None).is_err());
    }

    #[test]
    fn growth_past_a_modules_own_maximum_fails_inside_the_module() {
        let mut limiter = Limiter::new(&Limits::default());
        assert!(!limiter.memory_growing(1 << 16, 3 << 16, Some(2 << 16)).unwrap());
        assert!(!limiter.table_growing(1, 3, Some(2)).unwrap());
    }
}
