//! Questions to a person at a terminal.
//!
//! A question is asked only when no flag, variable or file answered it, and each names the flag that would have:
//! without a terminal that name is the error. Passwords are never shown.

use thiserror::Error;
use zeroize::Zeroizing;

/// What the person is asked, and how to answer without being there.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The words shown.
    pub label: &'a str,
    /// The flag that answers it, with hyphens, e.g. `--password-file`.
    pub flag: &'a str,
}

/// Somebody who answers questions. The program talks to [`Tty`]; tests talk to a script.
pub trait Terminal {
    /// One line, at most edited from `initial`; `rule` says what is wrong with an answer, and the question is repeated.
    ///
    /// # Errors
    ///
    /// [`PromptError`] when nobody can be asked or the person gives up.
    fn text(&mut self, question: Question<'_>, initial: &str, rule: Rule) -> Result<String, PromptError>;

    /// A secret, not shown while typed.
    ///
    /// # Errors
    ///
    /// [`PromptError`] when nobody can be asked or the person gives up.
    fn password(&mut self, question: Question<'_>) -> Result<Zeroizing<String>, PromptError>;

    /// The position of the chosen item.
    ///
    /// # Errors
    ///
    /// [`PromptError`] when nobody can be asked or the person gives up.
    fn select(&mut self, question: Question<'_>, items: &[String]) -> Result<usize, PromptError>;
}

/// What is wrong with an answer, if anything.
pub type Rule = fn(&str) -> Option<String>;

/// Blank answers will not do.
pub fn not_blank(answer: &str) -> Option<String> {
    answer.trim().is_empty().then(|| "value is empty".to_owned())
}

/// Why there is no answer.
#[derive(Debug, Error)]
pub enum PromptError {
    /// The question was not answered because the person stopped the program.
    #[error("interrupted at '{question}'")]
    Interrupted {
        /// What was asked.
        question: String,
    },
    /// There is nobody to ask.
    #[error("cannot ask '{question}': there is no terminal")]
    NoTerminal {
        /// What would have been asked.
        question: String,
        /// The flag that answers it.
        flag: String,
    },
    /// The terminal failed.
    #[error("cannot ask '{question}'")]
    Terminal {
        /// What was asked.
        question: String,
        /// What the terminal library says.
        #[source]
        source: inquire::InquireError,
    },
}

impl PromptError {
    pub(crate) fn hint(&self) -> Option<String> {
        match self {
            Self::NoTerminal { flag, .. } => Some(format!("answer it with `{flag}`")),
            Self::Interrupted { .. } | Self::Terminal { .. } => None,
        }
    }

    fn new(question: Question<'_>, source: inquire::InquireError) -> Self {
        use inquire::InquireError::{IO, NotTTY, OperationCanceled, OperationInterrupted};

        let asked = question.label.to_owned();
        match source {
            OperationCanceled | OperationInterrupted => Self::Interrupted { question: asked },
            // ENXIO is what opening /dev/tty gives a process without a controlling terminal.
            NotTTY => Self::NoTerminal { question: asked, flag: question.flag.to_owned() },
            IO(error) if error.raw_os_error() == Some(rustix::io::Errno::NXIO.raw_os_error()) => {
                Self::NoTerminal { question: asked, flag: question.flag.to_owned() }
            }
            source => Self::Terminal { question: asked, source },
        }
    }
}

/// The terminal this process was started from; `/dev/tty` when standard input is something else.
#[derive(Debug, Default)]
pub struct Tty;

impl Terminal for Tty {
    fn text(&mut self, question: Question<'_>, initial: &str, rule: Rule) -> Result<String, PromptError> {
        let validator = move |answer: &str| {
            Ok(match rule(answer) {
                None => inquire::validator::Validation::Valid,
                Some(problem) => inquire::validator::Validation::Invalid(problem.into()),
            })
        };
        inquire::Text::new(question.label)
            .with_initial_value(initial)
            .with_validator(validator)
            .prompt()
            .map_err(|error| PromptError::new(question, error))
    }

    fn password(&mut self, question: Question<'_>) -> Result<Zeroizing<String>, PromptError> {
        inquire::Password::new(question.label)
            .without_confirmation()
            .with_display_mode(inquire::PasswordDisplayMode::Hidden)
            .prompt()
            .map(Zeroizing::new)
            .map_err(|error| PromptError::new(question, error))
    }

    fn select(&mut self, question: Question<'_>, items: &[String]) -> Result<usize, PromptError> {
        inquire::Select::new(question.label, items.to_vec())
            .raw_prompt()
            .map(|chosen| chosen.index)
            .map_err(|error| PromptError::new(question, error))
    }
}

/// Nobody: every question is an error that names the flag.
#[derive(Debug, Default)]
pub struct NoTerminal;

impl Terminal for NoTerminal {
    fn text(&mut self, question: Question<'_>, _: &str, _: Rule) -> Result<String, PromptError> {
        Err(PromptError::new(question, inquire::InquireError::NotTTY))
    }

    fn password(&mut self, question: Question<'_>) -> Result<Zeroizing<String>, PromptError> {
        Err(PromptError::new(question, inquire::InquireError::NotTTY))
    }

    fn select(&mut self, question: Question<'_>, _: &[String]) -> Result<usize, PromptError> {
        Err(PromptError::new(question, inquire::InquireError::NotTTY))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_terminal_the_hint_names_the_flag() {
        let error = NoTerminal
            .password(Question { label: "What is it?", flag: "--password-file" })
            .expect_err("nobody is there");
        assert_eq!(error.to_string(), "cannot ask 'What is it?': there is no terminal");
        assert_eq!(error.hint().as_deref(), Some("answer it with `--password-file`"));
    }
}
