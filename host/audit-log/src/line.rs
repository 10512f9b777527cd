//! The lines of a file, letter for letter.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Digest, Head, Link};

/// Octets of a line, its end included: far more than any decision takes.
pub const MAX_LINE: usize = 1 << 20;

/// The first line of a file: which log it belongs to, and the line it continues.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(from = "Words", into = "Words")]
pub struct Beginning {
    /// Identifies the log.
    pub log: [u8; 16],
    /// The last line before this file.
    pub after: Head,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Words {
    #[serde(with = "crate::octets")]
    log: [u8; 16],
    after: u64,
    hash: Digest,
}

impl From<Words> for Beginning {
    fn from(Words { log, after, hash }: Words) -> Self {
        Self { log, after: Head { sequence: after, hash } }
    }
}

impl From<Beginning> for Words {
    fn from(Beginning { log, after: Head { sequence, hash } }: Beginning) -> Self {
        Self { log, after: sequence, hash }
    }
}

impl Beginning {
    /// Reads a first line.
    ///
    /// # Errors
    /// It is none.
    pub fn parse(line: &str) -> Result<Self, LineError> {
        let beginning: Self = serde_json::from_str(line).map_err(|_| LineError::NotABeginning)?;
        // There is one way to write it, so that no octet of it can be changed unnoticed.
        if beginning.to_string() == line { Ok(beginning) } else { Err(LineError::NotABeginning) }
    }
}

impl fmt::Display for Beginning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { log, after: Head { sequence, hash } } = self;
        write!(f, r#"{{"log":"{}","after":{sequence},"hash":"{hash}"}}"#, hex::encode(log))
    }
}

/// Appends a line and its hash to `text`, with the end of the line: a JSON object like the line itself.
pub fn chained(link: &Link, text: &mut String) {
    let members = link.line.strip_suffix('}').unwrap_or(&link.line);
    text.push_str(members);
    text.push_str(HASH);
    text.push_str(&link.hash.to_string());
    text.push_str(END);
    text.push('\n');
}

const HASH: &str = r#","hash":""#;
const END: &str = r#""}"#;

/// Takes a line of a file, without its end, apart.
///
/// # Errors
/// It is not what [`chained`] writes.
pub fn parse(text: &str) -> Result<Link, LineError> {
    let digits = text.strip_suffix(END).and_then(|text| text.get(text.len().checked_sub(64)?..));
    let digits = digits.ok_or(LineError::NotALine)?;
    let hash: Digest = digits.parse().map_err(|_| LineError::NotALine)?;
    // Hexadecimal digits can be written in two ways; we write them in one.
    let is_ours = hash.to_string() == digits;
    let members = text.len().checked_sub(END.len() + 64).and_then(|end| text.get(..end));
    let members = members.and_then(|text| text.strip_suffix(HASH)).filter(|_| is_ours).ok_or(LineError::NotALine)?;
    let line = format!("{members}}}");
    #[derive(Deserialize)]
    struct Numbered {
        sequence: u64,
    }
    let Numbered { sequence } = serde_json::from_str(&line).map_err(|_| LineError::NotALine)?;
    Ok(Link { sequence, line, hash })
}

/// A line that cannot be of the log.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum LineError {
    /// The first line is not one, or not of such a file.
    #[error("it does not begin as an audit log does")]
    NotABeginning,
    /// It was changed, or written only in part.
    #[error("it is no line of an audit log")]
    NotALine,
    /// It has more octets than any line.
    #[error("it is longer than any line of an audit log")]
    TooLong,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_json_and_reads_back() {
        let line = r#"{"sequence":7,"id":"d"}"#.to_owned();
        let link = Link { sequence: 7, hash: Digest::of(&[line.as_bytes()]), line };
        let mut text = String::new();
        chained(&link, &mut text);
        assert_eq!(parse(text.trim_end()), Ok(link));
        assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok());
    }

    #[test]
    fn what_is_not_written_like_that_is_no_line() {
        let hash = Digest::of(&[]).to_string();
        for text in [
            String::new(),
            "{}".to_owned(),
            format!(r#","hash":"{hash}"}}"#),
            format!(r#"{{"id":"d","hash":"{hash}"}}"#),
            format!(r#"{{"sequence":1,"hash":"{}"}}"#, hash.to_uppercase()),
            format!(r#"{{"sequence":1,"hash":"é{}"}}"#, hash.get(1..).unwrap_or_default()),
        ] {
            assert_eq!(parse(&text), Err(LineError::NotALine), "{text}");
        }
    }

    #[test]
    fn a_beginning_is_written_in_one_way() {
        let beginning = Beginning { log: [0xab; 16], after: Head { sequence: 3, hash: Digest::of(&[]) } };
        let text = beginning.to_string();
        assert_eq!(Beginning::parse(&text), Ok(beginning));
        assert_eq!(serde_json::to_string(&beginning).unwrap(), text);
        for other in [text.replacen("abab", "ABab", 1), text.replacen(':', ": ", 1), text.replacen('3', "3.0", 1)] {
            assert_eq!(Beginning::parse(&other), Err(LineError::NotABeginning), "{other}");
        }
    }
}
