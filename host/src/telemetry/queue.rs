//! Lines on their way to somebody who may be slow.
//!
//! A thread of its own writes them, behind a bounded queue. When the reader stalls, lines are dropped and counted, and
//! nobody is held up; when it reads again it is told how many are missing.

use std::{
    io::{self, Write},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc::{self, Receiver, SyncSender},
    },
    time::{Duration, Instant},
};

use super::format;

/// Lines that may wait for a slow reader.
pub(super) const QUEUE: usize = 4096;

/// Where lines are put down. Clones share one queue, which is written to its end when the last of them is gone.
#[derive(Clone)]
pub(super) struct LineQueue {
    messages: SyncSender<Message>,
    dropped: Arc<AtomicU64>,
}

enum Message {
    Line(Vec<u8>),
    /// Everything before this is written when the other end is dropped.
    Mark(#[expect(dead_code, reason = "its end is the message")] mpsc::Sender<()>),
}

/// Lines that were dropped since the process began, whatever the queue.
static DROPPED: AtomicU64 = AtomicU64::new(0);

/// How many lines of any log were dropped since the process began.
pub(crate) fn dropped_lines() -> u64 {
    DROPPED.load(Ordering::Relaxed)
}

impl LineQueue {
    /// Writes to `sink` from a thread with this name.
    ///
    /// # Errors
    /// No thread can be started.
    pub(super) fn to(sink: impl Write + Send + 'static, thread: &str) -> io::Result<Self> {
        let (messages, queue) = mpsc::sync_channel(QUEUE);
        let dropped = Arc::new(AtomicU64::new(0));
        let missing = Arc::clone(&dropped);
        std::thread::Builder::new().name(thread.to_owned()).spawn(move || write(sink, queue, &missing))?;
        Ok(Self { messages, dropped })
    }

    /// Puts down a line, line feed included. Never waits.
    pub(super) fn push(&self, line: Vec<u8>) {
        if self.messages.try_send(Message::Line(line)).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
            DROPPED.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Waits until what was put down is written, but not longer than `patience`.
    pub(super) fn flush(&self, patience: Duration) {
        let until = Instant::now() + patience;
        let (mark, written) = mpsc::channel();
        let mut message = Message::Mark(mark);
        while let Err(mpsc::TrySendError::Full(refused)) = self.messages.try_send(message) {
            if Instant::now() >= until {
                return;
            }
            message = refused;
            std::thread::sleep(Duration::from_millis(5));
        }
        let _ = written.recv_timeout(until.saturating_duration_since(Instant::now()));
    }

    #[cfg(test)]
    pub(super) fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }
}

/// One event of the program's own log is one write.
impl Write for LineQueue {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.push(octets.to_vec());
        Ok(octets.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn write(mut sink: impl Write, queue: Receiver<Message>, missing: &AtomicU64) {
    for message in queue {
        let Message::Line(line) = message else { continue };
        // There is nobody left to tell when the log itself cannot be written.
        let _ = sink.write_all(&line);
        match missing.swap(0, Ordering::Relaxed) {
            0 => {}
            count => {
                let stamp = format::stamp();
                let _ = writeln!(sink, "{stamp} WARNING {count} log lines were dropped: their reader is too slow");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    /// Writes when it is allowed to: once for every permit, and without end when nobody gives permits any more.
    struct Gated {
        permits: Receiver<()>,
        written: Arc<Mutex<Vec<u8>>>,
    }

    impl Write for Gated {
        fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
            let _ = self.permits.recv();
            self.written.lock().unwrap().write(octets)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_reader_that_stalls_costs_lines_and_is_told_how_many() {
        let (release, permits) = mpsc::channel();
        let written = Arc::new(Mutex::new(Vec::new()));
        let queue = LineQueue::to(Gated { permits, written: Arc::clone(&written) }, "test-log").unwrap();
        // One line may be with the thread already.
        for number in 0..QUEUE + 11 {
            queue.push(format!("line {number}\n").into_bytes());
        }
        let dropped = queue.dropped();
        assert!((10..=11).contains(&dropped), "{dropped}");
        queue.flush(Duration::ZERO);
        drop(release);
        queue.flush(Duration::from_secs(60));
        let text = String::from_utf8(written.lock().unwrap().clone()).unwrap();
        assert_eq!(text.lines().filter(|line| line.starts_with("line ")).count() as u64, QUEUE as u64 + 11 - dropped);
        assert!(text.contains(&format!(" WARNING {dropped} log lines were dropped")), "{text}");
    }
}
