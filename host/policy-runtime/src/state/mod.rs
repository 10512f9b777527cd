//! What a policy's memory is after `init`, taken once for each configuration, so that calls need not make it again.
//!
//! ```text
//!  core module ──► hooks ──► component ──► exposed ──► compiled, once for each file
//!                                                          │
//!  configuration ──► instance ──► init ──► State           │
//!                                            └──► written into a fresh instance, for every call
//! ```
//!
//! An instance keeps its memory and its globals, and nothing else that the module can change: a module that changes
//! tables, or drops segments, has no state here and is asked `init` before every call. So is one that does something
//! when it is instantiated; one whose `init` calls the host, because what a call logs and records begins with that; one
//! whose state is large; one with effects, which waits for more than its `init`; and one that came as a component, which
//! may be made of several modules.
//!
//! What it promises:
//!
//! * A call that begins with the state has the answer, the fuel and the trace of one that begins with `init`.
//! * Nothing that a call writes comes back: the state is taken before the first one, and never written to.
//! * The state is in memory only. It holds the settings, as `init` has read them, and no file does.

mod exposed;
mod hooks;
mod snapshot;

use wasmtime::Store;
use wasmtime::component::{Component, ComponentExportIndex, Instance, InstancePre};

use self::hooks::{AIM, FILL, OCTETS, PEEK, PLACES, POKE};
pub(crate) use self::snapshot::Snapshot;
use crate::call::Guest;

/// A component whose state can be read and written, and what for.
pub(crate) struct Hooked {
    pub(crate) component: Vec<u8>,
    /// Globals that can change.
    pub(crate) globals: u32,
}

/// The component that `lift` makes of a valid core module, with the functions that read and write its state.
///
/// `None` when an instance keeps more than they can reach.
pub(crate) fn hooked(module: &[u8], lift: impl FnOnce(&[u8]) -> Option<Vec<u8>>) -> Option<Hooked> {
    let hooks::Hooked { module, globals } = hooks::add(module)?;
    let component = exposed::expose(lift(&module)?)?;
    Some(Hooked { component, globals })
}

/// Where the functions are in a compiled component.
#[derive(Clone)]
pub(crate) struct Hooks {
    peek: ComponentExportIndex,
    poke: ComponentExportIndex,
    octets: ComponentExportIndex,
    aim: ComponentExportIndex,
    fill: ComponentExportIndex,
    globals: u32,
}

impl Hooks {
    pub(crate) fn of(component: &Component, globals: u32) -> Option<Self> {
        let find = |name| component.get_export_index(None, name);
        let (peek, poke, octets, aim, fill) = (find(PEEK)?, find(POKE)?, find(OCTETS)?, find(AIM)?, find(FILL)?);
        Some(Self { peek, poke, octets, aim, fill, globals })
    }

    /// All that an instance keeps. It is of no use afterwards.
    pub(crate) fn snapshot(&self, instance: &Instance, store: &mut Store<Guest>) -> wasmtime::Result<Snapshot> {
        Snapshot::of(self, instance, store)
    }
}

/// What `init` has changed in an instance, and what it took.
pub(crate) struct State {
    hooks: Hooks,
    /// Size of the memory and globals, by slot.
    values: Vec<(u32, u64)>,
    runs: [Run; PLACES],
    fuel: u64,
}

/// Octets of the memory that `init` has changed.
#[derive(Default)]
struct Run {
    at: u32,
    octets: Vec<u8>,
}

impl State {
    /// Octets of a state, at most. To write more of them takes longer than many an `init`.
    const LARGEST: usize = 256 << 10;
    /// The difference between an instance as it was made and one that was asked `init`, which has taken that much `fuel`
    /// with its instantiation. `None` when it is too large.
    pub(crate) fn between(hooks: &Hooks, made: &Snapshot, ready: &Snapshot, fuel: u64) -> Option<Self> {
        let runs = made.changed_octets(ready, Self::LARGEST)?;
        Some(Self { hooks: hooks.clone(), values: made.changed_values(ready), runs, fuel })
    }

    /// Fuel that instantiation and `init` took together.
    pub(crate) fn fuel(&self) -> u64 {
        self.fuel
    }

    /// A fresh instance, made what one is after `init`. None of the guest's code runs, so there is nothing to wait for, and
    /// no fuel to be counted.
    pub(crate) fn resume(&self, pre: &InstancePre<Guest>, store: &mut Store<Guest>) -> wasmtime::Result<Instance> {
        type Octets<'o> = (&'o [u8], &'o [u8], &'o [u8]);
        let instance = pre.instantiate(&mut *store)?;
        if !self.values.is_empty() {
            let poke = instance.get_typed_func::<(u32, u64), ()>(&mut *store, &self.hooks.poke)?;
            for &value in &self.values {
                poke.call(&mut *store, value)?;
            }
        }
        let [first, second, third] = &self.runs;
        let aim = instance.get_typed_func::<(u32, u32, u32), ()>(&mut *store, &self.hooks.aim)?;
        aim.call(&mut *store, (first.at, second.at, third.at))?;
        let fill = instance.get_typed_func::<Octets<'_>, ()>(&mut *store, &self.hooks.fill)?;
        fill.call(&mut *store, (&first.octets, &second.octets, &third.octets))?;
        Ok(instance)
    }
}
