//! How long a thread has had a processor, as another thread sees it.
//!
//! Linux alone says so. Elsewhere, and where `/proc` is hidden, nobody knows, and callers have only the clock on the wall.

use std::time::Duration;

/// A thread of this process.
pub(crate) struct Thread {
    #[cfg(target_os = "linux")]
    id: rustix::thread::Pid,
}

impl Thread {
    /// The one that asks.
    pub(crate) fn current() -> Self {
        Self {
            #[cfg(target_os = "linux")]
            id: rustix::thread::gettid(),
        }
    }

    /// Its time on a processor until now, as of the last tick of the kernel; none when nobody knows, or it has ended.
    #[cfg(target_os = "linux")]
    pub(crate) fn spent(&self) -> Option<Duration> {
        let path = format!("/proc/self/task/{}/schedstat", self.id.as_raw_nonzero());
        // Nanoseconds on a processor, nanoseconds of waiting for one, and how often.
        let text = std::fs::read_to_string(path).ok()?;
        text.split_ascii_whitespace().next()?.parse().ok().map(Duration::from_nanos)
    }

    #[cfg(not(target_os = "linux"))]
    pub(crate) fn spent(&self) -> Option<Duration> {
        None
    }
}

#[cfg(target_os = "linux")]
#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::thread;

    use rustix::time::{ClockId, clock_gettime};

    use super::*;

    fn own_time() -> Duration {
        Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap()
    }

    #[test]
    fn a_thread_that_works_has_spent_what_it_says_and_no_more() {
        const WORK: Duration = Duration::from_millis(50);
        let (sender, worked) = mpsc::channel();
        let (leave, left) = mpsc::channel::<()>();
        let worker = thread::spawn(move || {
            while own_time() < WORK {
                std::hint::spin_loop();
            }
            sender.send(Thread::current()).unwrap();
            // It waits, and is no longer working.
            let _ = left.recv();
            own_time()
        });
        let thread = worked.recv().unwrap();
        let spent = thread.spent();
        drop(leave);
        let in_the_end = worker.join().unwrap();
        let Some(spent) = spent else {
            return eprintln!("skipped: this kernel does not say how long a thread has run");
        };
        // The kernel counts at its ticks, of which there are a hundred a second at least.
        assert!(spent + Duration::from_millis(20) >= WORK && spent <= in_the_end, "{spent:?} of {in_the_end:?}");
    }
}
