//! One compilation at a time, and none for ever.
//!
//! A compiler cannot be stopped half-way: what has run out of time runs on, unheard. So there is one place to compile in,
//! and whoever comes while it is taken waits, for as long as a compilation may take. What ran out of time once is not
//! tried again while the process lives.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;
use std::time::Duration;

use crate::error::Fault;

/// The place to compile in. Clones are the same place.
#[derive(Clone, Default)]
pub(crate) struct Workshop {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    left: Condvar,
}

#[derive(Default)]
struct State {
    taken: bool,
    /// Digests of modules that took too long, oldest first.
    too_slow: VecDeque<[u8; 32]>,
}

impl Workshop {
    /// Digests that are remembered. Whoever can write more modules than this into the CA's directory can do worse.
    const REMEMBERED: usize = 256;

    /// Has a thread of its own do `work` on the module with that digest, and waits up to `limit` for the result.
    ///
    /// # Errors
    ///
    /// [`Fault::CompilerBusy`] when the place does not become free within `limit`, [`Fault::CompileTooSlow`] now or for
    /// a module that was too slow before, and [`Fault::Internal`] when the work panics or there is no thread for it.
    pub(crate) fn run<T: Send + 'static>(
        &self,
        digest: [u8; 32],
        limit: Duration,
        work: impl FnOnce() -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        let place = self.enter(&digest, limit)?;
        let (sender, receiver) = mpsc::sync_channel(1);
        thread::Builder::new()
            .name("policy-load".to_owned())
            .spawn(move || {
                yield_to_requests();
                let result = work();
                // Free before the result is known: whoever has it may come with the next module.
                drop(place);
                // Nobody listens any more when it took too long.
                let _ = sender.send(result);
            })
            .map_err(|error| Fault::Internal { reason: format!("no thread to compile in: {error}") })?;
        match receiver.recv_timeout(limit) {
            Ok(result) => result,
            Err(mpsc::RecvTimeoutError::Timeout) => {
                self.remember(digest);
                Err(Fault::CompileTooSlow { limit })
            }
            // A compiler bug that a module has found must not take the CA along.
            Err(mpsc::RecvTimeoutError::Disconnected) => {
                Err(Fault::Internal { reason: "the compiler panicked".to_owned() })
            }
        }
    }

    fn enter(&self, digest: &[u8; 32], limit: Duration) -> Result<Place, Fault> {
        let waiting = |state: &mut State| state.taken && !state.too_slow.contains(digest);
        let (mut state, _) = self
            .shared
            .left
            .wait_timeout_while(self.shared.lock(), limit, waiting)
            .unwrap_or_else(PoisonError::into_inner);
        if state.too_slow.contains(digest) {
            return Err(Fault::CompileTooSlow { limit });
        }
        if state.taken {
            return Err(Fault::CompilerBusy { waited: limit });
        }
        state.taken = true;
        Ok(Place(Arc::clone(&self.shared)))
    }

    fn remember(&self, digest: [u8; 32]) {
        let mut state = self.shared.lock();
        if state.too_slow.len() == Self::REMEMBERED {
            state.too_slow.pop_front();
        }
        state.too_slow.push_back(digest);
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // The state is whole whatever happened to a thread that held the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The one who compiles. Dropping it, as a panic does too, lets the next one in.
struct Place(Arc<Shared>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.lock().taken = false;
        self.0.left.notify_all();
    }
}

/// Lowers the priority of the calling thread, where that is possible for one thread alone.
fn yield_to_requests() {
    #[cfg(target_os = "linux")]
    let _ = rustix::process::nice(10);
}

#[cfg(test)]
mod tests {
    use super::*;

    const NO_TIME: Duration = Duration::ZERO;
    const ENOUGH: Duration = Duration::from_secs(600);

    /// A workshop where module 1 was abandoned; dropping the sender ends its compilation.
    fn abandoned() -> (Workshop, mpsc::Sender<()>) {
        let workshop = Workshop::default();
        let (sender, receiver) = mpsc::channel::<()>();
        let endless = move || {
            let _ = receiver.recv();
            Ok(())
        };
        let fault = workshop.run([1; 32], NO_TIME, endless).unwrap_err();
        assert_eq!(fault, Fault::CompileTooSlow { limit: NO_TIME });
        (workshop, sender)
    }

    #[test]
    fn nothing_is_compiled_beside_an_abandoned_compilation() {
        let (workshop, _compiling) = abandoned();
        let fault = workshop.run([2; 32], NO_TIME, || -> Result<(), _> { panic!("it was begun") }).unwrap_err();
        assert_eq!(fault, Fault::CompilerBusy { waited: NO_TIME });
    }

    #[test]
    fn the_next_module_waits_for_an_abandoned_compilation_to_end() {
        let (workshop, compiling) = abandoned();
        let next = workshop.clone();
        let waiting = thread::spawn(move || next.run([2; 32], ENOUGH, || Ok(7)));
        drop(compiling);
        assert_eq!(waiting.join().unwrap(), Ok(7));
    }

    #[test]
    fn a_module_that_was_too_slow_is_refused_without_being_tried_again() {
        let (workshop, compiling) = abandoned();
        let again = || workshop.run([1; 32], ENOUGH, || -> Result<(), _> { panic!("it was begun") });
        assert_eq!(again(), Err(Fault::CompileTooSlow { limit: ENOUGH }));
        drop(compiling);
        assert_eq!(workshop.run([2; 32], ENOUGH, || Ok(7)), Ok(7));
        assert_eq!(again(), Err(Fault::CompileTooSlow { limit: ENOUGH }));
    }

    #[test]
    fn a_compiler_that_panics_leaves_the_place_to_others() {
        let workshop = Workshop::default();
        let fault = workshop.run([1; 32], ENOUGH, || -> Result<(), _> { panic!("on purpose") }).unwrap_err();
        assert_eq!(fault, Fault::Internal { reason: "the compiler panicked".to_owned() });
        assert_eq!(workshop.run([1; 32], ENOUGH, || Ok(7)), Ok(7));
    }
}
