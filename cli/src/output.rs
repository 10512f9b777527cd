//! Two voices: answers on standard output, talk on standard error.
//!
//! Everything the program says goes through [`Output`], so that a closed pipe is an ordinary error, colour is decided
//! in one place, and words that came from a server cannot steer the terminal.

use std::{
    fmt,
    io::{self, Write},
};

use crate::error::ExitStatus;

pub(crate) use certs::{printable, printable_json};

/// Where answers and talk go.
pub(crate) struct Output {
    answers: Box<dyn Write>,
    talk: Box<dyn Write>,
    colour: bool,
    explains: bool,
}

impl Output {
    /// Answers to the first, talk to the second, with colour in the talk if asked for.
    pub(crate) fn new(answers: Box<dyn Write>, talk: Box<dyn Write>, colour: bool) -> Self {
        Self { answers, talk, colour, explains: false }
    }

    /// The same, where errors are told cause by cause if asked for.
    pub(crate) fn explaining(self, explains: bool) -> Self {
        Self { explains, ..self }
    }

    /// Whether errors are told cause by cause.
    pub(crate) fn explains(&self) -> bool {
        self.explains
    }

    /// Writes a part of the answer, exactly as it is.
    ///
    /// # Errors
    ///
    /// When standard output cannot be written; `BrokenPipe` when its reader has left.
    pub(crate) fn answer(&mut self, bytes: impl AsRef<[u8]>) -> io::Result<()> {
        self.answers.write_all(bytes.as_ref())?;
        self.answers.flush()
    }

    /// Says something, exactly as it is.
    ///
    /// # Errors
    ///
    /// When standard error cannot be written.
    pub(crate) fn talk(&mut self, text: &str) -> io::Result<()> {
        self.talk.write_all(text.as_bytes())?;
        self.talk.flush()
    }

    /// Says one line; control characters in it are shown, not obeyed.
    ///
    /// # Errors
    ///
    /// When standard error cannot be written.
    pub(crate) fn say(&mut self, line: impl fmt::Display) -> io::Result<()> {
        self.talk(&format!("{}\n", printable(&line.to_string())))
    }

    /// Answers `ok`, or says `fail`; and what the program ends with.
    ///
    /// # Errors
    ///
    /// When the stream cannot be written.
    pub(crate) fn verdict(&mut self, is_ok: bool) -> io::Result<ExitStatus> {
        if is_ok {
            self.answer("ok\n")?;
            return Ok(ExitStatus::Success);
        }
        self.say("fail")?;
        Ok(ExitStatus::Failure)
    }

    /// Says `✔ <label>: <value>`, green and bold on a terminal.
    ///
    /// # Errors
    ///
    /// When standard error cannot be written.
    pub(crate) fn tick(&mut self, label: &str, value: impl fmt::Display) -> io::Result<()> {
        let value = value.to_string();
        let value = printable(&value);
        if self.colour {
            self.talk(&format!("\x1b[32m✔\x1b[0m \x1b[1m{label}:\x1b[0m {value}\n"))
        } else {
            self.talk(&format!("✔ {label}: {value}\n"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Pipe;

    #[test]
    fn a_tick_is_plain_unless_colour_is_wanted() {
        assert_eq!(tick(false), "✔ CA: https://ca\n");
        assert_eq!(tick(true), "\x1b[32m✔\x1b[0m \x1b[1mCA:\x1b[0m https://ca\n");
    }

    fn tick(colour: bool) -> String {
        let talk = Pipe::default();
        let mut output = Output::new(Box::new(io::sink()), Box::new(talk.clone()), colour);
        output.tick("CA", "https://ca").expect("a pipe in memory");
        talk.text()
    }
}
