//! `step crypto jose format`

use anyhow::Context as _;
use clap::Args;
use serde_json::{Map, Value};
use thiserror::Error;

use crate::{answer::Text, context::Context, error::ExitStatus};

/// Turn a compact JOSE message into JSON, and JSON into a compact one
///
/// Reads a signed or encrypted message from standard input. Nothing is verified.
#[derive(Args)]
#[command(after_long_help = "\
Example:
  step crypto jose format < token")]
pub(crate) struct Format {}

/// The parts of a signed message, in the order of its compact form (RFC 7515 §7.1).
const SIGNED: [&str; 3] = ["protected", "payload", "signature"];
/// The parts of an encrypted message, in the order of its compact form (RFC 7516 §7.1).
const ENCRYPTED: [&str; 5] = ["protected", "encrypted_key", "iv", "ciphertext", "tag"];

#[derive(Debug, Eq, Error, PartialEq)]
enum FormatError {
    #[error("the message has {0} parts; a signed one has 3, an encrypted one 5")]
    Parts(usize),
    #[error("the message has a {0:?} that is not base64url")]
    NotBase64Url(&'static str),
    #[error("the compact form has no place for {0:?}")]
    NoPlace(String),
    #[error("the compact form holds one of {0:?}, and the message has {1}")]
    Several(&'static str, usize),
    #[error("the message has no {0:?}")]
    Missing(&'static str),
}

impl Format {
    pub(crate) fn run(self, cx: &mut Context) -> anyhow::Result<ExitStatus> {
        let input = cx.read_input().context("read standard input failed")?;
        let text = std::str::from_utf8(&input).context("the message is not text")?.trim();
        if text.starts_with('{') {
            let message = to_compact(serde_json::from_str(text).context("the message is not JSON")?)?;
            cx.output.give(&Text::line("message", &message))?;
        } else {
            cx.output.answer(serde_json::to_string_pretty(&to_json(text)?)? + "\n")?;
        }
        Ok(ExitStatus::Success)
    }
}

/// The flattened JSON serialization (RFC 7515 §7.2.2, RFC 7516 §7.2.2).
fn to_json(compact: &str) -> Result<Map<String, Value>, FormatError> {
    let parts: Vec<&str> = compact.split('.').collect();
    let names: &[&'static str] = match parts.len() {
        3 => &SIGNED,
        5 => &ENCRYPTED,
        count => return Err(FormatError::Parts(count)),
    };
    let mut message = Map::new();
    for (name, part) in names.iter().zip(parts) {
        if !is_base64url(part) {
            return Err(FormatError::NotBase64Url(name));
        }
        // Direct encryption has no encrypted key, and then no member (RFC 7516 §7.2.1).
        if !part.is_empty() {
            message.insert((*name).to_owned(), part.into());
        }
    }
    Ok(message)
}

/// The compact serialization of a flattened message, or of a general one for one signer or recipient.
fn to_compact(mut message: Map<String, Value>) -> Result<String, FormatError> {
    for several in ["signatures", "recipients"] {
        match message.remove(several) {
            None => {}
            Some(Value::Array(mut list)) => match (list.pop(), list.len()) {
                (Some(Value::Object(only)), 0) => message.extend(only),
                (_, others) => return Err(FormatError::Several(several, others + 1)),
            },
            Some(_) => return Err(FormatError::Missing(several)),
        }
    }
    let names: &[&'static str] = if message.contains_key("ciphertext") { &ENCRYPTED } else { &SIGNED };
    let mut parts = Vec::new();
    for name in names {
        match message.remove(*name) {
            Some(Value::String(part)) if is_base64url(&part) => parts.push(part),
            Some(_) => return Err(FormatError::NotBase64Url(name)),
            None if *name == "encrypted_key" => parts.push(String::new()),
            None => return Err(FormatError::Missing(name)),
        }
    }
    match message.into_iter().next() {
        Some((name, _)) => Err(FormatError::NoPlace(name)),
        None => Ok(parts.join(".")),
    }
}

fn is_base64url(text: &str) -> bool {
    text.bytes().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, b'-' | b'_'))
}

#[cfg(test)]
mod tests {
    use crate::testing::User;

    fn formatted(message: &str) -> String {
        User::new().with_input(message).step("crypto jose format").answer()
    }

    #[test]
    fn a_message_comes_back_from_its_other_form() {
        for compact in ["eyJh.cGF5.c2ln", "eyJh.a2V5.aXY.Y2lw.dGFn", "eyJh..aXY.Y2lw.dGFn"] {
            assert_eq!(formatted(&formatted(compact)), format!("{compact}\n"));
        }
        let general = r#"{"payload":"cGF5","signatures":[{"protected":"eyJh","signature":"c2ln"}]}"#;
        assert_eq!(formatted(general), "eyJh.cGF5.c2ln\n");
        let general = r#"{"protected":"eyJh","recipients":[{"encrypted_key":"a2V5"}],"iv":"aXY","ciphertext":"Y2lw","tag":"dGFn"}"#;
        assert_eq!(formatted(general), "eyJh.a2V5.aXY.Y2lw.dGFn\n");
    }

    #[test]
    fn what_has_no_other_form_says_why() {
        let signature = r#"{"protected":"eyJh","signature":"c2ln"}"#;
        for (message, error) in [
            ("a.b", "the message has 2 parts; a signed one has 3, an encrypted one 5\n"),
            ("a.b=.c", "the message has a \"payload\" that is not base64url\n"),
            (r#"{"protected":"e","signature":"s"}"#, "the message has no \"payload\"\n"),
            (
                r#"{"protected":"e","payload":"p","signature":"s","header":{}}"#,
                "the compact form has no place for \"header\"\n",
            ),
            (
                &format!(r#"{{"payload":"p","signatures":[{signature},{signature}]}}"#),
                "the compact form holds one of \"signatures\", and the message has 2\n",
            ),
        ] {
            assert_eq!(User::new().with_input(message).step("crypto jose format").error(), error);
        }
    }
}
