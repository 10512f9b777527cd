//! A person with the `step` command: a folder, variables, and answers to questions.

use std::{
    collections::VecDeque,
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread,
};

use step_cli::{
    Environment, ExitStatus, Stdio,
    prompt::{PromptError, Question, Rule, Terminal},
};
use tempfile::TempDir;
use zeroize::Zeroizing;

use crate::{PROVISIONER_PASSWORD, TestCa};

/// A person. `$STEPPATH` is the folder `step` in theirs.
pub struct User {
    folder: TempDir,
    variables: Vec<(String, String)>,
}

/// What a run of the program left behind.
#[derive(Debug)]
pub struct Outcome {
    /// How it ended.
    pub status: ExitStatus,
    /// Standard output.
    pub answers: String,
    /// Standard error, in which the folder is written `{}`.
    pub talk: String,
}

impl Default for User {
    fn default() -> Self {
        Self { folder: TempDir::new().expect("a temporary folder"), variables: Vec::new() }
    }
}

impl User {
    /// Somebody who has never used the program.
    pub fn new() -> Self {
        Self::default()
    }

    /// Somebody who trusts a CA that others reach, and has the password of its provisioner in `password`.
    #[track_caller]
    pub fn of(ca: &TestCa) -> Self {
        let user = Self::new();
        user.write("password", format!("{PROVISIONER_PASSWORD}\n"));
        let fingerprint = ca.pki().fingerprint();
        user.step(&format!("ca bootstrap --ca-url {} --fingerprint {fingerprint}", ca.url())).answer();
        user
    }

    /// A file in the folder.
    pub fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file in the folder, open to its owner alone.
    pub fn write(&self, name: &str, contents: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        crate::pki::write(&path, contents.as_ref());
        path
    }

    /// Reads a file in the folder.
    #[track_caller]
    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// With a variable in the environment.
    #[must_use]
    pub fn with_variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The variables of the environment.
    pub fn environment(&self) -> Vec<(String, String)> {
        let mut variables = vec![("STEPPATH".to_owned(), self.path("step").display().to_string())];
        variables.extend(self.variables.iter().cloned());
        variables
    }

    /// Runs the words of a line, in which `{}` is the folder. Nobody is there to answer questions.
    pub fn step(&self, line: &str) -> Outcome {
        self.step_and_answer(line, &[])
    }

    /// Runs the words of a line and answers the questions it asks.
    pub fn step_and_answer(&self, line: &str, answers: &[&str]) -> Outcome {
        let answers = answers.iter().map(|&answer| answer.to_owned()).collect();
        self.run(line, Box::new(io::empty()), Box::new(Script(answers)))
    }

    /// Runs the words of a line with this on standard input.
    pub fn step_with_input(&self, line: &str, input: impl Into<Vec<u8>>) -> Outcome {
        self.run(line, Box::new(io::Cursor::new(input.into())), Box::new(Script(VecDeque::new())))
    }

    /// Runs the words of a line and visits each address it tells its user to visit. What `visit` makes of an address is
    /// what the user types when they are asked.
    pub fn step_and_visit(&self, line: &str, visit: impl Fn(&str) -> String + Send + Sync + 'static) -> Outcome {
        let (sender, receiver) = mpsc::channel();
        let talk = Text::default();
        let visiting = Visiting { text: talk.clone(), visit: Arc::new(visit), sender };
        self.run_with(line, Box::new(io::empty()), Box::new(Typed(receiver)), &talk, Box::new(visiting))
    }

    fn run(&self, line: &str, input: Box<dyn io::Read>, terminal: Box<dyn Terminal>) -> Outcome {
        let talk = Text::default();
        self.run_with(line, input, terminal, &talk, Box::new(talk.clone()))
    }

    fn run_with(
        &self,
        line: &str,
        input: Box<dyn io::Read>,
        terminal: Box<dyn Terminal>,
        talk: &Text,
        talked: Box<dyn Write>,
    ) -> Outcome {
        let answers = Text::default();
        let stdio =
            Stdio { input, is_typed: false, answers: Box::new(answers.clone()), talk: talked, terminal, colour: false };
        let folder = self.folder.path().display().to_string();
        let words = line.split_whitespace().map(|word| word.replace("{}", &folder).into());
        let status = step_cli::run(words, Environment::from_iter(self.environment()), stdio);
        Outcome { status, answers: answers.read(), talk: talk.read().replace(&folder, "{}") }
    }
}

impl Outcome {
    /// What a run that did what it was asked wrote to standard output.
    #[track_caller]
    pub fn answer(self) -> String {
        assert_eq!(self.status, ExitStatus::Success, "{self:?}");
        self.answers
    }

    /// What a run that did not do it wrote to standard error.
    #[track_caller]
    pub fn error(self) -> String {
        assert_eq!(self.status, ExitStatus::Failure, "{self:?}");
        self.talk
    }
}

/// A stream whose text can be read after the writer is gone.
#[derive(Clone, Default)]
struct Text(Arc<Mutex<Vec<u8>>>);

impl Text {
    fn read(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }
}

impl Write for Text {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(octets)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A stream whose addresses are visited, each in a thread of its own.
struct Visiting {
    text: Text,
    visit: Arc<dyn Fn(&str) -> String + Send + Sync>,
    sender: mpsc::Sender<String>,
}

impl Write for Visiting {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        let talk = String::from_utf8_lossy(octets).into_owned();
        for address in talk.lines().filter(|line| line.starts_with("https://")) {
            let (address, visit, sender) = (address.to_owned(), Arc::clone(&self.visit), self.sender.clone());
            // Nobody has to be asked for what the visit came to.
            thread::spawn(move || sender.send(visit(&address)));
        }
        self.text.write(octets)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Somebody who types what they were shown elsewhere.
struct Typed(mpsc::Receiver<String>);

impl Terminal for Typed {
    fn text(&mut self, question: Question<'_>, _: &str, _: Rule) -> Result<String, PromptError> {
        let nobody = |_| PromptError::NoTerminal { question: question.label.into(), flag: question.flag.into() };
        self.0.recv().map_err(nobody)
    }

    fn password(&mut self, question: Question<'_>) -> Result<Zeroizing<String>, PromptError> {
        Err(PromptError::NoTerminal { question: question.label.into(), flag: question.flag.into() })
    }

    fn select(&mut self, question: Question<'_>, _: &[String]) -> Result<usize, PromptError> {
        Err(PromptError::NoTerminal { question: question.label.into(), flag: question.flag.into() })
    }
}

/// Somebody who answers from a list. When it is empty there was never anybody.
struct Script(VecDeque<String>);

impl Script {
    fn next(&mut self, question: Question<'_>) -> Result<String, PromptError> {
        let nobody = || PromptError::NoTerminal { question: question.label.into(), flag: question.flag.into() };
        self.0.pop_front().ok_or_else(nobody)
    }
}

impl Terminal for Script {
    fn text(&mut self, question: Question<'_>, initial: &str, rule: Rule) -> Result<String, PromptError> {
        loop {
            let mut answer = self.next(question)?;
            if answer.is_empty() {
                initial.clone_into(&mut answer);
            }
            if rule(&answer).is_none() {
                return Ok(answer);
            }
        }
    }

    fn password(&mut self, question: Question<'_>) -> Result<Zeroizing<String>, PromptError> {
        self.next(question).map(Zeroizing::new)
    }

    fn select(&mut self, question: Question<'_>, items: &[String]) -> Result<usize, PromptError> {
        let answer = self.next(question)?;
        Ok(items.iter().position(|item| item.contains(&answer)).expect("the list has the item that is chosen"))
    }
}
