//! What a command can reach: the streams, the person, the files and the clock.

use std::{
    cell::OnceCell,
    future::Future,
    io::{self, Read},
    path::Path,
};

use anyhow::Context as _;
use authority::Timestamp;
use steppath::StepPath;
use tokio::runtime::Runtime;
use zeroize::Zeroizing;

use crate::{
    clock,
    output::Output,
    prompt::{PromptError, Question, Rule, Terminal},
};

/// What a command can reach besides its arguments.
pub(crate) struct Context {
    /// Answers and talk.
    pub output: Output,
    /// The command as typed, e.g. `step ca health`.
    pub command: String,
    step_path: StepPath,
    input: Input,
    terminal: Box<dyn Terminal>,
    runtime: OnceCell<Runtime>,
}

/// Standard input.
pub(crate) struct Input {
    /// What is read.
    pub stream: Box<dyn Read>,
    /// Whether a person types it.
    pub is_typed: bool,
}

impl Context {
    pub(crate) fn new(
        command: String,
        step_path: StepPath,
        input: Input,
        output: Output,
        terminal: Box<dyn Terminal>,
    ) -> Self {
        Self { output, command, step_path, input, terminal, runtime: OnceCell::new() }
    }

    /// `$STEPPATH`, where this user's files are.
    pub(crate) fn step_path(&self) -> &StepPath {
        &self.step_path
    }

    /// Now, to the second.
    pub(crate) fn now(&self) -> Timestamp {
        clock::now()
    }

    /// Whether standard input is a person typing: somebody to be asked rather than read.
    pub(crate) fn is_typed(&self) -> bool {
        self.input.is_typed
    }

    /// Everything on standard input.
    pub(crate) fn read_input(&mut self) -> io::Result<Zeroizing<Vec<u8>>> {
        let mut bytes = Zeroizing::new(Vec::new());
        self.input.stream.read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// The file, or standard input when its name is `-`.
    pub(crate) fn read(&mut self, path: &Path) -> anyhow::Result<Zeroizing<Vec<u8>>> {
        if path == Path::new("-") {
            return self.read_input().context("read standard input failed");
        }
        Ok(crate::files::read(path)?)
    }

    /// Asks for one line.
    pub(crate) fn ask(&mut self, question: Question<'_>, initial: &str, rule: Rule) -> Result<String, PromptError> {
        self.terminal.text(question, initial, rule)
    }

    /// Asks for a secret.
    pub(crate) fn ask_password(&mut self, question: Question<'_>) -> Result<Zeroizing<String>, PromptError> {
        self.terminal.password(question)
    }

    /// Asks for one of several.
    pub(crate) fn choose(&mut self, question: Question<'_>, items: &[String]) -> Result<usize, PromptError> {
        self.terminal.select(question, items)
    }

    /// Waits for something from the network. The first call starts the machinery; commands without network never do.
    pub(crate) fn wait_for<F: Future>(&self, future: F) -> anyhow::Result<F::Output> {
        if self.runtime.get().is_none() {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let _ = self.runtime.set(runtime.context("starting the network runtime")?);
        }
        Ok(self.runtime.get().expect("the runtime was just set").block_on(future))
    }
}
