//! A disk that goes wrong under a running CA, and is well again: nothing is answered that is not on it, and nobody has to
//! help the CA to its feet.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, ChildStderr, Command, Stdio},
};

use rustix::process::{Pid, Resource, Signal, kill_process};
use step_tests::{Client, TestCa};

use crate::{
    child::{Process, read_only_mount},
    killed::{Counts, Shown, ShownToken, look_again, prepared, sign},
};

/// The kernel's answer to whoever writes to the store, given by `strace`.
struct Injection {
    strace: Child,
    /// It says which threads it finds, and would end if nobody could hear it.
    _talk: BufReader<ChildStderr>,
}

impl Injection {
    /// From now on these calls fail so on the files of the store; none when `strace` is missing or may not trace.
    fn into(process: &Process, store: &Path, calls: &str, error: &str) -> Option<Self> {
        let wal = format!("{}-wal", store.display());
        let mut command = Command::new("strace");
        command.args(["-f", "-e", &format!("trace={calls}"), "-e", &format!("inject={calls}:error={error}")]);
        command.arg("-P").arg(store).arg("-P").arg(wal).args(["-o", "/dev/null", "-p", &process.number()]);
        let mut strace = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().ok()?;
        let mut talk = BufReader::new(strace.stderr.take().unwrap());
        let mut line = String::new();
        let _ = talk.read_line(&mut line);
        let injection = Self { strace, _talk: talk };
        line.contains("attached").then_some(injection)
    }

    /// Calls do what they do again.
    fn end(mut self) {
        assert!(self.strace.try_wait().unwrap().is_none(), "the errors ended by themselves");
        self.detach();
    }

    fn detach(&mut self) {
        // Ended otherwise, it would leave the process stopped.
        let _ = kill_process(Pid::from_child(&self.strace), Signal::TERM);
        let _ = self.strace.wait();
    }
}

impl Drop for Injection {
    fn drop(&mut self) {
        if !matches!(self.strace.try_wait(), Ok(Some(_))) {
            self.detach();
        }
    }
}

/// What is shown, and noted.
struct Shows<'c> {
    ca: &'c TestCa,
    client: Client,
    run: String,
    shown: Shown,
}

impl<'c> Shows<'c> {
    fn to(ca: &'c TestCa, process: &Process, run: impl Into<String>) -> Self {
        let client = ca.client_at(process.address);
        Self { ca, client, run: run.into(), shown: Shown { tokens: Vec::new() } }
    }

    /// Shows one more token, which is answered so.
    fn one(&mut self, status: u16) {
        let name = format!("n{}.{}.example", self.shown.tokens.len(), self.run);
        let token = self.ca.token(&name).sign();
        let answer = sign(&self.client, &name, &token).unwrap();
        assert_eq!(answer.status, status, "{name}: {}", answer.text());
        self.shown.tokens.push(ShownToken { is_answered: status == 201, name, token });
    }

    /// It says that it cannot issue, if not at once, and serves what can be read.
    fn is_unwell(&self) {
        assert!((0..100_000).any(|_| self.client.get("/ready").status == 503));
        assert_eq!(self.client.get("/health").status, 200);
        assert_eq!(self.client.get("/roots").status, 201);
    }

    /// It comes back by itself.
    fn recovers(&self) {
        let mut asked = 0;
        while self.client.get("/ready").status != 200 {
            asked += 1;
            assert!(asked < 100_000, "it never recovers");
        }
    }
}

/// Which calls fail, and how: a disk that loses what it was given, one that takes nothing, and a file system that the
/// kernel has made read-only because of either.
const ERRORS: [(&str, &str); 3] = [
    ("fsync,fdatasync", "EIO"),
    ("write,pwrite64", "EIO"),
    ("write,pwrite64,ftruncate,fallocate,fsync,fdatasync", "EROFS"),
];

#[test]
fn whatever_the_disk_answers_nothing_is_lost_and_it_issues_again_when_the_disk_is_well() {
    let mut ca = prepared();
    let mut counts = Counts::default();
    for (number, (calls, error)) in ERRORS.into_iter().enumerate() {
        let process = Process::start(ca.step_path().base(), None);
        let mut shows = Shows::to(&ca, &process, format!("e{number}"));
        shows.one(201);
        let Some(injection) = Injection::into(&process, &ca.store_path(), calls, error) else {
            return eprintln!("skipped: there is no strace, or it may not trace");
        };
        for _ in 0..3 {
            shows.one(503);
            shows.is_unwell();
        }
        injection.end();
        shows.recovers();
        shows.one(201);
        let shown = shows.shown;
        process.kill();
        counts.kills += 1;
        look_again(&mut ca, &shown, &mut counts);
    }
    println!("EIO and EROFS for a while, then killed: {counts:?}");
    // What was written and could not be flushed may be there all the same: its client was told to come again.
    assert_eq!(counts.answered, 2 * ERRORS.len(), "{counts:?}");
    assert!(counts.unspent >= 2 * ERRORS.len(), "{counts:?}");
}

#[test]
fn a_store_that_cannot_be_opened_again_since_its_folder_became_read_only_waits_until_it_can() {
    let mut ca = prepared();
    let folder = ca.store_path().parent().unwrap().to_owned();
    // A write beyond the limit fails, and the signal that goes with it is ignored.
    let Some(process) = Process::start_where("trap '' XFSZ", ca.step_path().base()) else {
        return eprintln!("skipped: this user cannot mount anything");
    };
    let mut shows = Shows::to(&ca, &process, "ro");
    shows.one(201);
    let folder = format!("'{}'", folder.display());
    if !process.beside(&read_only_mount(&folder)) {
        return eprintln!("skipped: this user cannot mount anything for another process");
    }
    let answer = shows.client.get("/ready").expect(503);
    assert!(answer.text().contains("read-only"), "{}", answer.text());
    // Files that are open can be written until something goes wrong with one of them.
    process.limit(Resource::Fsize, Some(4 << 10));
    shows.one(503);
    process.limit(Resource::Fsize, None);
    for _ in 0..3 {
        shows.one(503);
        shows.is_unwell();
    }
    // It may be trying to open the store at this moment, and have a file there.
    assert!(process.beside(&format!("umount --lazy {folder}")));
    shows.recovers();
    shows.one(201);
    let shown = shows.shown;
    process.kill();
    let mut counts = Counts::default();
    look_again(&mut ca, &shown, &mut counts);
    println!("read-only for a while: {counts:?}");
    assert!(counts.answered == 2 && counts.unspent >= 3, "{counts:?}");
}
