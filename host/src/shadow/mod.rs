//! Checks whose word does not count yet: what they would have refused.
//!
//! A check in shadow is asked about what the checks in force have approved, beside the rest of the road. Nothing waits for
//! it: at most [`SHADOW_CALLS`](limits::SHADOW_CALLS) are asked at once, [`SHADOW_QUEUE`](limits::SHADOW_QUEUE) wait, and
//! what is more than that is counted as skipped.
//!
//! What was found is in memory, for whoever counts, and in a file, for whoever reads: at most a second late.

mod report;

use std::{
    path::PathBuf,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use authority::Timestamp;
use tokio::sync::Semaphore;
use tracing::Instrument as _;

pub use self::report::{Line, Report, ReportError, Tally};
use crate::{config::Config, limits};

/// What a check in shadow makes of a draft.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Opinion {
    /// It would let it pass.
    Allow,
    /// It would narrow it.
    Change,
    /// It would refuse it.
    Deny {
        /// The first rule it names, or none.
        rule: String,
        /// Its sentence.
        message: String,
    },
    /// It comes to no answer.
    Fault(String),
}

/// What is looked at.
#[derive(Clone, Debug)]
pub struct Case {
    /// When it was asked for.
    pub time: Timestamp,
    /// The request.
    pub request_id: String,
    /// Whose certificate it is.
    pub provisioner: String,
    /// Who asks for it.
    pub subject: String,
}

/// The checks in shadow of one CA, and what they have found. Outlives a reload.
pub struct Shadows {
    waiting: Arc<Semaphore>,
    running: Semaphore,
    report: Mutex<Report>,
    /// Where the report is kept.
    file: PathBuf,
    is_writing: AtomicBool,
}

impl Shadows {
    /// Goes on with the report in `file`, or begins one.
    pub fn open(file: PathBuf) -> Self {
        let report = Report::read(&file).unwrap_or_else(|error| {
            tracing::warn!("{error}; a new one is begun");
            Report::default()
        });
        Self {
            waiting: Arc::new(Semaphore::new(limits::SHADOW_QUEUE)),
            running: Semaphore::new(limits::SHADOW_CALLS),
            report: Mutex::new(report),
            file,
            is_writing: AtomicBool::new(false),
        }
    }

    /// Of a CA that only makes decisions again: nobody in shadow is asked, and nothing is written.
    pub fn asleep() -> Self {
        Self {
            waiting: Arc::new(Semaphore::new(0)),
            running: Semaphore::new(0),
            report: Mutex::default(),
            file: PathBuf::new(),
            is_writing: AtomicBool::new(false),
        }
    }

    /// What was found so far.
    pub fn report(&self) -> Report {
        self.lock().clone()
    }

    /// Has a check asked, some time from now, and takes note of what it says.
    pub fn watch(
        self: &Arc<Self>,
        policy: Arc<str>,
        digest: [u8; 32],
        case: Case,
        asking: impl Future<Output = Opinion> + Send + 'static,
    ) {
        let Ok(place) = Arc::clone(&self.waiting).try_acquire_owned() else {
            self.lock().tally(&policy, digest, case.time).skipped += 1;
            return;
        };
        let shadows = Arc::clone(self);
        let watching = async move {
            // The semaphore is never closed.
            let Ok(turn) = shadows.running.acquire().await else { return };
            let opinion = asking.await;
            drop((turn, place));
            shadows.note(&policy, digest, case, opinion);
        };
        tokio::spawn(watching.in_current_span());
    }

    fn note(self: &Arc<Self>, policy: &str, digest: [u8; 32], case: Case, opinion: Opinion) {
        if let Opinion::Deny { rule, message } = &opinion {
            tracing::info!(policy, rule, "would be refused: {message}");
        }
        if let Opinion::Fault(fault) = &opinion {
            tracing::warn!(policy, "in shadow: {fault}");
        }
        self.lock().note(policy, digest, case, opinion);
        if !self.is_writing.swap(true, Ordering::AcqRel) {
            let shadows = Arc::clone(self);
            tokio::spawn(async move {
                tokio::time::sleep(WRITE_EVERY).await;
                // What is found from here on is for the next time.
                shadows.is_writing.store(false, Ordering::Release);
                let (report, file) = (shadows.report(), shadows.file.clone());
                let written = tokio::task::spawn_blocking(move || report.write(&file)).await;
                if let Ok(Err(error)) = written {
                    tracing::warn!("{error}");
                }
            });
        }
    }

    fn lock(&self) -> MutexGuard<'_, Report> {
        // Every change of it is whole before the next begins, or counts one too few.
        self.report.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where the report of a CA is kept: beside its store.
pub fn file(config: &Config) -> PathBuf {
    config.store.with_file_name("shadow.json")
}

const WRITE_EVERY: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;

    fn case() -> Case {
        Case {
            time: Timestamp::from_unix(1_800_000_000),
            request_id: "r".into(),
            provisioner: "ci".into(),
            subject: "web".into(),
        }
    }

    fn shadows() -> (tempfile::TempDir, Arc<Shadows>) {
        let folder = tempfile::tempdir().unwrap();
        let shadows = Arc::new(Shadows::open(folder.path().join("shadow.json")));
        (folder, shadows)
    }

    async fn until(shadows: &Shadows, done: impl Fn(&Tally) -> bool) -> Tally {
        loop {
            if let Some(tally) = shadows.report().policies.get("corp").filter(|tally| done(tally)) {
                return tally.clone();
            }
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn every_opinion_is_counted_under_its_rule() {
        let (_folder, shadows) = shadows();
        let deny = |rule: &str| Opinion::Deny { rule: rule.into(), message: "no".into() };
        let opinions = [Opinion::Allow, Opinion::Change, deny("hours"), deny("hours"), Opinion::Fault("trap".into())];
        for opinion in opinions {
            shadows.watch("corp".into(), [1; 32], case(), async { opinion });
        }
        let tally = until(&shadows, |tally| tally.asked == 5).await;
        assert_eq!((tally.allowed, tally.changed, tally.denied, tally.failed, tally.skipped), (1, 1, 2, 1, 0));
        assert_eq!(tally.rules.into_iter().collect::<Vec<_>>(), [("hours".to_owned(), 2)]);
        assert_eq!(shadows.report().lines.len(), 2);
    }

    #[tokio::test]
    async fn more_than_can_wait_are_skipped_and_nobody_waits_for_them() {
        let (_folder, shadows) = shadows();
        for _ in 0..limits::SHADOW_QUEUE + 3 {
            shadows.watch("corp".into(), [1; 32], case(), std::future::pending());
        }
        assert_eq!(until(&shadows, |tally| tally.skipped == 3).await.asked, 0);
    }

    #[tokio::test]
    async fn as_many_are_asked_at_once_as_the_limit_and_the_next_when_one_has_answered() {
        let (_folder, shadows) = shadows();
        let (begun, gate) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
        for _ in 0..=limits::SHADOW_CALLS {
            let (begun, gate) = (begun.clone(), gate.clone());
            shadows.watch("corp".into(), [1; 32], case(), async move {
                begun.add_permits(1);
                gate.acquire().await.unwrap().forget();
                Opinion::Allow
            });
        }
        let as_many = u32::try_from(limits::SHADOW_CALLS).unwrap();
        begun.acquire_many(as_many).await.unwrap().forget();
        // However long everybody waits.
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        assert_eq!(begun.available_permits(), 0);
        gate.add_permits(1);
        begun.acquire().await.unwrap().forget();
        gate.add_permits(limits::SHADOW_CALLS);
        until(&shadows, |tally| tally.asked == u64::from(as_many) + 1).await;
    }

    #[tokio::test]
    async fn another_start_goes_on_and_another_module_does_not() {
        let (folder, first) = shadows();
        first.watch("corp".into(), [1; 32], case(), async { Opinion::Allow });
        until(&first, |tally| tally.asked == 1).await;
        let file = folder.path().join("shadow.json");
        first.report().write(&file).unwrap();
        let second = Arc::new(Shadows::open(file));
        second.watch("corp".into(), [1; 32], case(), async { Opinion::Allow });
        until(&second, |tally| tally.asked == 2).await;
        second.watch("corp".into(), [2; 32], case(), async { Opinion::Allow });
        until(&second, |tally| tally.asked == 1).await;
    }
}
