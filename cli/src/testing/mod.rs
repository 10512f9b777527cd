//! The program in process, for the tests of this crate.

mod server;

use std::{
    collections::VecDeque,
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

pub(crate) use server::{Server, http};
use zeroize::Zeroizing;

use crate::{
    Environment, ExitStatus, Stdio,
    prompt::{PromptError, Question, Rule, Terminal},
};

/// A stream in memory whose text can be read after the writer is gone.
#[derive(Clone, Default)]
pub(crate) struct Pipe(Arc<Mutex<Vec<u8>>>);

impl Pipe {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().expect("no writer panicked").clone()).expect("output is UTF-8")
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("no writer panicked").write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A user: a temporary `$STEPPATH`, variables, and answers to questions.
pub(crate) struct User {
    folder: tempfile::TempDir,
    variables: Vec<(String, String)>,
    answers: Vec<&'static str>,
    input: Vec<u8>,
}

/// What a run left behind.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub status: ExitStatus,
    pub answers: String,
    pub talk: String,
}

impl User {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        Self { folder, variables: Vec::new(), answers: Vec::new(), input: Vec::new() }
    }

    /// A file in this user's folder, which is also the home of `$STEPPATH`, `step`.
    pub(crate) fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().expect("a file in a folder")).expect("writable");
        std::fs::write(&path, bytes).expect("writable");
        path.display().to_string()
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).expect(name)
    }

    pub(crate) fn with_variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.into(), value.into()));
        self
    }

    /// The person will answer the next questions so; without answers there is no terminal.
    pub(crate) fn with_answers(mut self, answers: &[&'static str]) -> Self {
        self.answers = answers.to_vec();
        self
    }

    pub(crate) fn with_input(mut self, input: impl Into<Vec<u8>>) -> Self {
        self.input = input.into();
        self
    }

    /// Runs the words of `line`, in which `{}` is this user's folder.
    pub(crate) fn step(&self, line: &str) -> Outcome {
        let (answers, talk) = (Pipe::default(), Pipe::default());
        let stdio = Stdio {
            input: Box::new(io::Cursor::new(self.input.clone())),
            is_typed: self.input.is_empty(),
            answers: Box::new(answers.clone()),
            talk: Box::new(talk.clone()),
            terminal: Box::new(Script(self.answers.iter().copied().collect())),
            colour: false,
        };
        let folder = self.folder.path().display().to_string();
        let words = line.split_whitespace().map(|word| word.replace("{}", &folder).into());
        let mut environment = vec![("STEPPATH".to_owned(), self.path("step").display().to_string())];
        environment.extend(self.variables.iter().cloned());
        let status = crate::run(words, Environment::from_iter(environment), stdio);
        Outcome { status, answers: answers.text(), talk: talk.text().replace(&folder, "{}") }
    }
}

impl Outcome {
    /// The answer of a run that did what it was asked.
    pub(crate) fn answer(self) -> String {
        assert_eq!(self.status, ExitStatus::Success, "{self:?}");
        self.answers
    }

    /// The error of a run that did not.
    pub(crate) fn error(self) -> String {
        assert_eq!(self.status, ExitStatus::Failure, "{self:?}");
        self.talk
    }
}

/// A person who answers from a list. When the list is empty there was never anybody.
struct Script(VecDeque<&'static str>);

impl Script {
    fn next(&mut self, question: Question<'_>) -> Result<&'static str, PromptError> {
        self.0.pop_front().ok_or_else(|| PromptError::NoTerminal {
            question: question.label.to_owned(),
            flag: question.flag.to_owned(),
        })
    }
}

impl Terminal for Script {
    fn text(&mut self, question: Question<'_>, initial: &str, rule: Rule) -> Result<String, PromptError> {
        loop {
            let answer = match self.next(question)? {
                "" => initial,
                answer => answer,
            };
            if rule(answer).is_none() {
                return Ok(answer.to_owned());
            }
        }
    }

    fn password(&mut self, question: Question<'_>) -> Result<Zeroizing<String>, PromptError> {
        self.next(question).map(|answer| Zeroizing::new(answer.to_owned()))
    }

    fn select(&mut self, question: Question<'_>, items: &[String]) -> Result<usize, PromptError> {
        let answer = self.next(question)?;
        Ok(items.iter().position(|item| item.contains(answer)).expect("the script chooses an item that is there"))
    }
}

/// A root certificate of a new key, in PEM.
pub(crate) fn root_certificate() -> String {
    let key = authority::keys::PrivateKey::generate(authority::keys::KeySpec::EcP256).expect("a key");
    let now = authority::Timestamp::from_unix(1_700_000_000);
    authority::pki::create_root("Test", &key, now).expect("a root").pem()
}

/// A leaf certificate valid from and to so many seconds from now, signed by its own key, and that key; both in PEM.
pub(crate) fn leaf_certificate(from: i64, to: i64) -> (String, String) {
    let key = rcgen::KeyPair::generate().expect("a key");
    let mut parameters = rcgen::CertificateParams::new(["a.example.com".to_owned()]).expect("a name");
    let now = time::OffsetDateTime::now_utc();
    parameters.not_before = now + time::Duration::seconds(from);
    parameters.not_after = now + time::Duration::seconds(to);
    let certificate = parameters.self_signed(&key).expect("signed");
    (certificate.pem(), key.serialize_pem())
}

/// The text with what is different in every run, long hexadecimal and base64, written as its shape.
pub(crate) fn filtered(text: &str) -> String {
    let is_octets =
        |word: &str| word.trim_end_matches(':').split(':').all(|octet| octet.len() == 2 && hex::decode(octet).is_ok());
    let mut filtered = String::new();
    let mut in_octets = false;
    for line in text.split_inclusive('\n') {
        let trimmed = line.trim_start_matches(' ').trim_end_matches('\n');
        let indent = line.len() - line.trim_start_matches(' ').len();
        let (label, value) = trimmed.split_once("keyid:").map_or(("", trimmed), |(_, value)| ("keyid:", value));
        if value.contains(':') && is_octets(value) {
            // Several lines of octets are one, since their number varies with the integer.
            if !in_octets || !label.is_empty() {
                filtered.push_str(&format!("{:indent$}{label}<octets>\n", ""));
            }
            in_octets = true;
            continue;
        }
        in_octets = false;
        let words = line.split_inclusive('"').map(|word| match word.strip_suffix('"') {
            Some(value) if value.len() >= 32 && !value.contains(' ') => "<octets>\"",
            _ => word,
        });
        filtered.extend(words);
    }
    filtered
}
