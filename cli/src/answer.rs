//! What commands answer: a type for each kind of answer, told in words to people and as JSON to programs.
//!
//! The names of the members are part of the interface: they are added to, and never change. What each command answers
//! is listed in [`crate::args::json`], where the manual has it from.

use std::{io, path::PathBuf};

use authority::Certificate;
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::{Serialize, Serializer, ser::SerializeMap as _};

use crate::output::{Output, printable};

/// An answer; its JSON is what it serializes to.
pub(crate) trait Answer: Serialize {
    /// Tells it to people, on either stream.
    ///
    /// # Errors
    ///
    /// When the stream cannot be written.
    fn tell(&self, output: &mut Output) -> io::Result<()>;
}

/// One text, under a name: `{"token": …}`.
pub(crate) struct Text<'a> {
    name: &'static str,
    text: &'a str,
    is_line: bool,
}

impl<'a> Text<'a> {
    /// Printed with a line end after it.
    pub(crate) const fn line(name: &'static str, text: &'a str) -> Self {
        Self { name, text, is_line: true }
    }

    /// PEM, whose lines have their ends already.
    pub(crate) const fn pem(text: &'a str) -> Self {
        Self { name: "pem", text, is_line: false }
    }
}

impl Serialize for Text<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        member(serializer, self.name, self.text)
    }
}

impl Answer for Text<'_> {
    fn tell(&self, output: &mut Output) -> io::Result<()> {
        output.answer(self.text)?;
        if self.is_line { output.answer("\n") } else { Ok(()) }
    }
}

/// Octets under a name: as they are for people, in base64url without padding (RFC 4648 §5) in JSON.
pub(crate) struct Octets<'a> {
    name: &'static str,
    octets: &'a [u8],
}

impl<'a> Octets<'a> {
    /// What was in a message.
    pub(crate) const fn content(octets: &'a [u8]) -> Self {
        Self { name: "content", octets }
    }

    /// A structure in DER.
    pub(crate) const fn der(octets: &'a [u8]) -> Self {
        Self { name: "der", octets }
    }

    /// Octets under any name.
    pub(crate) const fn named(name: &'static str, octets: &'a [u8]) -> Self {
        Self { name, octets }
    }
}

impl Serialize for Octets<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let encoded = zeroize::Zeroizing::new(BASE64_URL_SAFE_NO_PAD.encode(self.octets));
        member(serializer, self.name, &encoded)
    }
}

impl Answer for Octets<'_> {
    fn tell(&self, output: &mut Output) -> io::Result<()> {
        output.answer(self.octets)
    }
}

/// A list under a name, a line each for people: `{"fingerprints": […]}`.
pub(crate) struct Lines {
    name: &'static str,
    lines: Vec<String>,
}

impl Lines {
    pub(crate) const fn new(name: &'static str, lines: Vec<String>) -> Self {
        Self { name, lines }
    }
}

impl Serialize for Lines {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry(self.name, &self.lines)?;
        map.end()
    }
}

impl Answer for Lines {
    fn tell(&self, output: &mut Output) -> io::Result<()> {
        self.lines.iter().try_for_each(|line| output.answer(format!("{}\n", printable(line))))
    }
}

/// Whether it is as somebody says.
#[derive(Serialize)]
pub(crate) struct Verdict {
    pub(crate) valid: bool,
}

impl Answer for Verdict {
    fn tell(&self, output: &mut Output) -> io::Result<()> {
        match self.valid {
            true => output.answer("ok\n"),
            false => output.say("fail"),
        }
    }
}

/// Files that were written, by what they are, and what is to be known of the certificate in them.
#[derive(Serialize)]
pub(crate) struct Saved {
    #[serde(flatten)]
    files: Files,
    #[serde(flatten)]
    facts: Option<CertificateFacts>,
}

/// Whose paths are the values of members of their names.
#[derive(Default)]
struct Files(Vec<SavedFile>);

struct SavedFile {
    name: &'static str,
    path: PathBuf,
    words: Words,
}

/// How a file is told of.
enum Words {
    /// `Your key has been saved in`, before the path.
    Sentence(String),
    /// `Certificate`, with a tick.
    Tick(&'static str),
    /// Not at all: whoever named the file knows.
    Silence,
}

impl Saved {
    /// A file, told of in a sentence that its path ends.
    pub(crate) fn file(name: &'static str, sentence: impl Into<String>, path: impl Into<PathBuf>) -> Self {
        Self { files: Files::default(), facts: None }.and(name, sentence, path)
    }

    /// The two halves of a key.
    pub(crate) fn pair(public: impl Into<PathBuf>, private: impl Into<PathBuf>) -> Self {
        Self::file("public", "Your public key has been saved in", public).and(
            "private",
            "Your private key has been saved in",
            private,
        )
    }

    /// A file, told of with a tick.
    pub(crate) fn ticked(name: &'static str, label: &'static str, path: impl Into<PathBuf>) -> Self {
        Self { files: Files::default(), facts: None }.and_ticked(name, label, path)
    }

    /// A file that only programs are told of.
    pub(crate) fn quietly(name: &'static str, path: impl Into<PathBuf>) -> Self {
        Self { files: Files(vec![SavedFile { name, path: path.into(), words: Words::Silence }]), facts: None }
    }

    /// One more file.
    pub(crate) fn and(mut self, name: &'static str, sentence: impl Into<String>, path: impl Into<PathBuf>) -> Self {
        self.files.0.push(SavedFile { name, path: path.into(), words: Words::Sentence(sentence.into()) });
        self
    }

    /// One more file, told of with a tick.
    pub(crate) fn and_ticked(mut self, name: &'static str, label: &'static str, path: impl Into<PathBuf>) -> Self {
        self.files.0.push(SavedFile { name, path: path.into(), words: Words::Tick(label) });
        self
    }

    /// With what is to be known of the certificate.
    pub(crate) fn certified(self, certificate: &Certificate) -> Self {
        Self { facts: Some(CertificateFacts::of(certificate)), ..self }
    }
}

impl Serialize for Files {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for file in &self.0 {
            map.serialize_entry(file.name, &file.path.to_string_lossy())?;
        }
        map.end()
    }
}

impl Answer for Saved {
    fn tell(&self, output: &mut Output) -> io::Result<()> {
        self.files.0.iter().try_for_each(|SavedFile { path, words, .. }| match words {
            Words::Sentence(sentence) => output.say(format_args!("{sentence} {}.", path.display())),
            Words::Tick(label) => output.tick(label, path.display()),
            Words::Silence => Ok(()),
        })
    }
}

/// What programs want to know of a certificate that was just made, without parsing it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CertificateFacts {
    /// In decimal, as the CA knows it.
    serial: String,
    /// RFC 3339.
    not_after: String,
}

impl CertificateFacts {
    pub(crate) fn of(certificate: &Certificate) -> Self {
        Self {
            serial: certificate.serial_number().to_string(),
            not_after: certificate.validity().not_after.to_string(),
        }
    }
}

fn member<S: Serializer>(serializer: S, name: &'static str, value: &str) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(1))?;
    map.serialize_entry(name, value)?;
    map.end()
}
