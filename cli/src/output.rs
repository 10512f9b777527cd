//! Two voices: answers on standard output, talk on standard error.
//!
//! Everything the program says goes through [`Output`], so that a closed pipe is an ordinary error, colour is decided
//! in one place, and words that came from a server cannot steer the terminal.

use std::{
    fmt,
    io::{self, Write},
};

use serde::Serialize;
use zeroize::Zeroizing;

use crate::{
    answer::{Answer, Verdict},
    error::ExitStatus,
};

pub(crate) use certs::{printable, printable_json};

/// Where answers and talk go.
pub(crate) struct Output {
    answers: Box<dyn Write>,
    talk: Box<dyn Write>,
    colour: bool,
    explains: bool,
    form: Form,
}

/// Who reads what is said.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Form {
    /// People.
    Words,
    /// Programs, with `--json`: the answer is a value of JSON on standard output, or one after the other where there are
    /// several, and each line on standard error is an object, `{"note": …}` or `{"error": …}`.
    Json,
}

impl Output {
    /// Answers to the first, talk to the second, with colour in the talk if asked for.
    pub(crate) fn new(answers: Box<dyn Write>, talk: Box<dyn Write>, colour: bool) -> Self {
        Self { answers, talk, colour, explains: false, form: Form::Words }
    }

    /// The same, in another form.
    pub(crate) fn in_form(self, form: Form) -> Self {
        Self { form, ..self }
    }

    /// Whether a program reads what is said.
    pub(crate) fn is_json(&self) -> bool {
        self.form == Form::Json
    }

    /// The same, where errors are told cause by cause if asked for.
    pub(crate) fn explaining(self, explains: bool) -> Self {
        Self { explains, ..self }
    }

    /// Whether errors are told cause by cause.
    pub(crate) fn explains(&self) -> bool {
        self.explains
    }

    /// Gives the answer, in words or as JSON.
    ///
    /// # Errors
    ///
    /// When a stream cannot be written; `BrokenPipe` when the reader of standard output has left.
    pub(crate) fn give(&mut self, answer: &impl Answer) -> io::Result<()> {
        match self.form {
            Form::Words => answer.tell(self),
            Form::Json => {
                let line = json_line(answer);
                self.answer(&*line)
            }
        }
    }

    /// Writes a part of the answer, exactly as it is: for what [`Answer::tell`] prints, and for answers that are JSON in
    /// either form.
    ///
    /// # Errors
    ///
    /// When standard output cannot be written; `BrokenPipe` when its reader has left.
    pub(crate) fn answer(&mut self, bytes: impl AsRef<[u8]>) -> io::Result<()> {
        self.answers.write_all(bytes.as_ref())?;
        self.answers.flush()
    }

    /// Says something, exactly as it is, whatever the form.
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
        let line = line.to_string();
        match self.form {
            Form::Words => self.talk(&format!("{}\n", printable(&line))),
            Form::Json => self.talk_json(&Note { note: &line }),
        }
    }

    /// Says an object, for programs.
    ///
    /// # Errors
    ///
    /// When standard error cannot be written.
    pub(crate) fn talk_json(&mut self, object: &impl Serialize) -> io::Result<()> {
        let line = json_line(object);
        self.talk(&line)
    }

    /// Answers `ok`, or says `fail`; and what the program ends with.
    ///
    /// # Errors
    ///
    /// When the stream cannot be written.
    pub(crate) fn verdict(&mut self, valid: bool) -> io::Result<ExitStatus> {
        self.give(&Verdict { valid })?;
        Ok(if valid { ExitStatus::Success } else { ExitStatus::Failure })
    }

    /// Says `✔ <label>: <value>`, green and bold on a terminal.
    ///
    /// # Errors
    ///
    /// When standard error cannot be written.
    pub(crate) fn tick(&mut self, label: &str, value: impl fmt::Display) -> io::Result<()> {
        let value = value.to_string();
        if self.is_json() {
            return self.say(format_args!("{label}: {value}"));
        }
        let value = printable(&value);
        if self.colour {
            self.talk(&format!("\x1b[32m✔\x1b[0m \x1b[1m{label}:\x1b[0m {value}\n"))
        } else {
            self.talk(&format!("✔ {label}: {value}\n"))
        }
    }
}

/// Something said along the way.
#[derive(Serialize)]
struct Note<'a> {
    note: &'a str,
}

/// A value as a line of JSON, in which control characters are shown, not obeyed.
fn json_line(value: &impl Serialize) -> Zeroizing<String> {
    let json = Zeroizing::new(serde_json::to_string(value).expect("answers are structures with names for members"));
    let mut line = Zeroizing::new(printable_json(&json));
    line.push('\n');
    line
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

    #[test]
    fn whatever_is_said_to_a_program_is_an_object_a_line() {
        let talk = Pipe::default();
        let output = Output::new(Box::new(io::sink()), Box::new(talk.clone()), true);
        let mut output = output.in_form(Form::Json);
        output.tick("CA", "https://ca").expect("a pipe in memory");
        output.say("two\nlines\u{9b}").expect("a pipe in memory");
        let expected = "{\"note\":\"CA: https://ca\"}\n{\"note\":\"two\\nlines\\u009b\"}\n";
        assert_eq!(talk.text(), expected);
    }

    fn tick(colour: bool) -> String {
        let talk = Pipe::default();
        let mut output = Output::new(Box::new(io::sink()), Box::new(talk.clone()), colour);
        output.tick("CA", "https://ca").expect("a pipe in memory");
        talk.text()
    }
}
