//! Two voices: answers on standard output, talk on standard error.
//!
//! Everything the program says goes through [`Output`], so that a closed pipe is an ordinary error, colour is decided
//! in one place, and words that came from a server cannot steer the terminal.

use std::{
    borrow::Cow,
    fmt::{self, Write as _},
    io::{self, Write},
};

/// Where answers and talk go.
pub(crate) struct Output {
    answers: Box<dyn Write>,
    talk: Box<dyn Write>,
    colour: bool,
}

impl Output {
    /// Answers to the first, talk to the second, with colour in the talk if asked for.
    pub(crate) fn new(answers: Box<dyn Write>, talk: Box<dyn Write>, colour: bool) -> Self {
        Self { answers, talk, colour }
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

/// The text with everything that could steer a terminal or reorder a line written as `\u{…}`.
pub(crate) fn printable(text: &str) -> Cow<'_, str> {
    if !text.chars().any(steers) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        if steers(letter) {
            let _ = write!(safe, "\\u{{{:x}}}", u32::from(letter));
        } else {
            safe.push(letter);
        }
    }
    Cow::Owned(safe)
}

/// JSON as Go writes it, for text that already is JSON: `<`, `>`, `&`, the line separators, and whatever steers a
/// terminal, as `\uXXXX`. Such characters occur only inside strings, where both spellings mean the same.
pub(crate) fn printable_json(json: &str) -> String {
    let mut safe = String::with_capacity(json.len());
    for letter in json.chars() {
        let layout = letter == '\n' || letter == '\t';
        if matches!(letter, '<' | '>' | '&' | '\u{2028}' | '\u{2029}') || (steers(letter) && !layout) {
            let _ = write!(safe, "\\u{:04x}", u32::from(letter));
        } else {
            safe.push(letter);
        }
    }
    safe
}

/// C0 and C1 controls, DEL, and the characters that change the direction of what follows.
fn steers(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
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
    fn words_of_a_server_cannot_steer_the_terminal() {
        assert_eq!(printable("a\x1b[2Jb\u{9b}c\u{202e}d\n"), "a\\u{1b}[2Jb\\u{9b}c\\u{202e}d\\u{a}");
        assert_eq!(printable("Zoë — plain"), "Zoë — plain");
    }

    #[test]
    fn escaped_json_is_still_the_same_json() {
        let value = serde_json::json!({"name": "<a>&\u{9b}\u{2028}\u{202e}"});
        let text = printable_json(&serde_json::to_string_pretty(&value).expect("a value of strings"));
        assert!(text.is_ascii(), "{text}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).expect("JSON"), value);
    }

    fn tick(colour: bool) -> String {
        let talk = Pipe::default();
        let mut output = Output::new(Box::new(io::sink()), Box::new(talk.clone()), colour);
        output.tick("CA", "https://ca").expect("a pipe in memory");
        talk.text()
    }
}
