//! One compilation at a time, and none for ever.
//!
//! What counts is the time that compiling takes of a processor: a machine that is busy with something else, as it is
//! when many services start, makes no module worse. The clock on the wall ends what gets no processor at all.
//!
//! A compiler cannot be stopped half-way: what has run out of time runs on, unheard. So there is one place to compile in,
//! and whoever comes while it is taken waits, for as long as a compilation may take. What was too much work once is not
//! tried again while the process lives.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use crate::error::Fault;
use crate::processor_time::Thread;

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

/// How long a compilation may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Allowance {
    /// Of a processor; and of anybody's time while another compilation is waited for.
    pub(crate) processor: Duration,
    /// From its begin to its end.
    pub(crate) wall: Duration,
}

impl Workshop {
    /// Digests that are remembered. Whoever can write more modules than this into the CA's directory can do worse.
    const REMEMBERED: usize = 256;

    /// Has a thread of its own do `work` on the module with that digest, and waits for the result as long as it is allowed.
    ///
    /// # Errors
    ///
    /// [`Fault::CompilerBusy`] when the place does not become free, [`Fault::CompileTooSlow`] now or for a module that was
    /// too slow before, [`Fault::CompileUnfinished`] when it was not given the processor it may use, and
    /// [`Fault::Internal`] when the work panics or there is no thread for it.
    pub(crate) fn run<T: Send + 'static>(
        &self,
        digest: [u8; 32],
        allowance: Allowance,
        work: impl FnOnce() -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        let (sender, receiver) = mpsc::sync_channel(1);
        let mut thread = None;
        let meter = move |elapsed| {
            thread = thread.take().or_else(|| receiver.try_recv().ok());
            // One that has not begun has spent nothing.
            thread.as_ref().map_or(Duration::ZERO, |thread: &Thread| thread.spent().unwrap_or(elapsed))
        };
        let known_work = move || {
            // Nobody listens any more when it took too long to begin.
            let _ = sender.send(Thread::current());
            work()
        };
        self.run_metered(digest, allowance, meter, known_work)
    }

    /// `meter` tells how much of a processor the work has had, when so much time has gone by since it began.
    fn run_metered<T: Send + 'static>(
        &self,
        digest: [u8; 32],
        allowance: Allowance,
        meter: impl FnMut(Duration) -> Duration,
        work: impl FnOnce() -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        let place = self.enter(&digest, allowance.processor)?;
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
        let result = result_within(allowance, &receiver, meter);
        if matches!(result, Err(Fault::CompileTooSlow { .. })) {
            self.remember(digest);
        }
        result
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

/// What the work comes to, unless it takes more than it may.
fn result_within<T>(
    allowance: Allowance,
    receiver: &mpsc::Receiver<Result<T, Fault>>,
    mut meter: impl FnMut(Duration) -> Duration,
) -> Result<T, Fault> {
    /// Between two looks at work that gets little of the processor.
    const LOOK: Duration = Duration::from_millis(10);
    let Allowance { processor, wall } = allowance;
    let begun = Instant::now();
    let mut wait = processor.min(wall);
    loop {
        match receiver.recv_timeout(wait) {
            Ok(result) => return result,
            // A compiler bug that a module has found must not take the CA along.
            Err(mpsc::RecvTimeoutError::Disconnected) => {
                return Err(Fault::Internal { reason: "the compiler panicked".to_owned() });
            }
            Err(mpsc::RecvTimeoutError::Timeout) => {}
        }
        let elapsed = begun.elapsed();
        let spent = meter(elapsed);
        if spent >= processor || elapsed >= wall {
            let too_much = if spent >= processor {
                Fault::CompileTooSlow { limit: processor }
            } else {
                Fault::CompileUnfinished { waited: wall, spent }
            };
            // A thread that ended meanwhile cannot be asked how long it took, and has left its result.
            return receiver.try_recv().unwrap_or(Err(too_much));
        }
        // It cannot have spent the rest before the rest has gone by.
        wait = processor.saturating_sub(spent).min(wall.saturating_sub(elapsed)).max(LOOK);
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

    const NO_TIME: Allowance = Allowance { processor: Duration::ZERO, wall: Duration::ZERO };
    const ENOUGH: Allowance = Allowance { processor: Duration::from_secs(600), wall: Duration::from_secs(600) };
    /// Little work, in as much time as it likes.
    const LIGHT: Allowance = Allowance { processor: Duration::from_millis(1), ..ENOUGH };

    /// A workshop where module 1 was abandoned; dropping the sender ends its compilation.
    fn abandoned() -> (Workshop, mpsc::Sender<()>) {
        let workshop = Workshop::default();
        let (sender, receiver) = mpsc::channel::<()>();
        let endless = move || {
            let _ = receiver.recv();
            Ok(())
        };
        let fault = workshop.run([1; 32], NO_TIME, endless).unwrap_err();
        assert_eq!(fault, Fault::CompileTooSlow { limit: NO_TIME.processor });
        (workshop, sender)
    }

    #[test]
    fn nothing_is_compiled_beside_an_abandoned_compilation() {
        let (workshop, _compiling) = abandoned();
        let fault = workshop.run([2; 32], NO_TIME, || -> Result<(), _> { panic!("it was begun") }).unwrap_err();
        assert_eq!(fault, Fault::CompilerBusy { waited: NO_TIME.processor });
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
        assert_eq!(again(), Err(Fault::CompileTooSlow { limit: ENOUGH.processor }));
        drop(compiling);
        assert_eq!(workshop.run([2; 32], ENOUGH, || Ok(7)), Ok(7));
        assert_eq!(again(), Err(Fault::CompileTooSlow { limit: ENOUGH.processor }));
    }

    #[test]
    fn a_compiler_that_panics_leaves_the_place_to_others() {
        let workshop = Workshop::default();
        let fault = workshop.run([1; 32], ENOUGH, || -> Result<(), _> { panic!("on purpose") }).unwrap_err();
        assert_eq!(fault, Fault::Internal { reason: "the compiler panicked".to_owned() });
        assert_eq!(workshop.run([1; 32], ENOUGH, || Ok(7)), Ok(7));
    }

    #[test]
    fn work_that_is_kept_from_the_processor_has_time() {
        let (sender, receiver) = mpsc::channel::<()>();
        let mut looks = 0;
        // Each look is after more time than the work may have of a processor; it gets none, and in the end it does.
        let starved = |elapsed: Duration| {
            assert!(elapsed >= LIGHT.processor);
            looks += 1;
            if looks == 5 {
                sender.send(()).unwrap();
            }
            Duration::ZERO
        };
        let work = move || {
            receiver.recv().unwrap();
            Ok(7)
        };
        assert_eq!(Workshop::default().run_metered([1; 32], LIGHT, starved, work), Ok(7));
        assert!(looks >= 5);
    }

    #[test]
    fn what_was_kept_from_the_processor_for_too_long_may_try_again() {
        let workshop = Workshop::default();
        let (sender, receiver) = mpsc::channel::<()>();
        let hangs = move || {
            let _ = receiver.recv();
            Ok(())
        };
        let short = Allowance { wall: Duration::ZERO, ..ENOUGH };
        let fault = workshop.run_metered([1; 32], short, |_| Duration::ZERO, hangs).unwrap_err();
        assert_eq!(fault, Fault::CompileUnfinished { waited: Duration::ZERO, spent: Duration::ZERO });
        drop(sender);
        assert_eq!(workshop.run([1; 32], ENOUGH, || Ok(7)), Ok(7));
    }

    #[test]
    fn what_has_had_its_part_of_the_processor_is_refused_however_little_time_has_gone_by() {
        let workshop = Workshop::default();
        let (_compiling, receiver) = mpsc::channel::<()>();
        let heavy = move || {
            let _ = receiver.recv();
            Ok(())
        };
        let fault = workshop.run_metered([1; 32], LIGHT, |_| LIGHT.processor, heavy).unwrap_err();
        assert_eq!(fault, Fault::CompileTooSlow { limit: LIGHT.processor });
    }

    #[test]
    fn a_result_is_taken_although_its_thread_can_no_longer_be_asked() {
        let (sender, receiver) = mpsc::sync_channel(1);
        // It ends between the wait and the look.
        let ends = |_| {
            sender.send(Ok(7)).unwrap();
            LIGHT.processor
        };
        assert_eq!(result_within(LIGHT, &receiver, ends), Ok(7));
    }
}
