//! A lenient reader of PEM text (RFC 7468, and RFC 1421 for headers).
//!
//! Files written by people and by older tools have text around the blocks,
//! CRLF, one long line, trailing blanks, headers, several blocks. All of that
//! is read. What is strict: labels match, the base64 is canonical with its
//! padding, and a block that was begun is ended.

use std::str::Lines;

use pem_rfc7468::{Base64Decoder, LineEnding};
use thiserror::Error;
use zeroize::Zeroizing;

const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";
const DASHES: &str = "-----";

/// One block of a PEM text.
#[derive(Clone)]
pub struct PemBlock {
    /// What stands after `BEGIN`, e.g. `CERTIFICATE`.
    pub label: String,
    /// RFC 1421 headers in order, e.g. `Proc-Type` and `4,ENCRYPTED`.
    pub headers: Vec<(String, String)>,
    /// The decoded octets. Wiped when dropped: they may be a private key.
    pub contents: Zeroizing<Vec<u8>>,
}

/// Why a PEM text could not be read.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum PemError {
    /// There is no `-----BEGIN …-----` line.
    #[error("no PEM block found")]
    NoBlock,
    /// A line that begins or ends a block is cut short.
    #[error("the PEM {label:?} block is not closed by an END line of the same label")]
    Unclosed {
        /// Label of the block.
        label: String,
    },
    /// What is inside a block is not canonical base64.
    #[error("the PEM {label:?} block is not valid base64")]
    Base64 {
        /// Label of the block.
        label: String,
    },
}

/// The blocks of `text`, in order. Text outside of blocks is passed over.
pub fn blocks(text: &str) -> Result<Vec<PemBlock>, PemError> {
    let mut blocks = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some(label) = boundary(line, BEGIN) {
            blocks.push(block(label, &mut lines)?);
        }
    }
    if blocks.is_empty() { Err(PemError::NoBlock) } else { Ok(blocks) }
}

/// Writes one block, 64 characters a line, with LF.
pub fn encode(label: &str, contents: &[u8]) -> String {
    pem_rfc7468::encode_string(label, LineEnding::LF, contents).expect("our labels are valid PEM labels")
}

fn block(label: &str, lines: &mut Lines<'_>) -> Result<PemBlock, PemError> {
    let mut headers: Vec<(String, String)> = Vec::new();
    // Sized once, as the contents are; and by the block, or a text of many blocks would be wiped once for each.
    let mut base64 = Zeroizing::new(String::with_capacity(body_octets(lines)));
    for line in lines {
        if line.trim_ascii_start().starts_with(END) {
            if boundary(line, END) != Some(label) {
                break;
            }
            let contents = decode(&base64).ok_or_else(|| PemError::Base64 { label: label.to_owned() })?;
            return Ok(PemBlock { label: label.to_owned(), headers, contents });
        }
        // A colon is no base64 character, so a line with one is a header.
        if let Some((name, value)) = line.split_once(':') {
            headers.push((name.trim().to_owned(), value.trim().to_owned()));
        } else {
            base64.extend(line.split_ascii_whitespace());
        }
    }
    Err(PemError::Unclosed { label: label.to_owned() })
}

/// Octets up to the line that ends the block, at most.
fn body_octets(lines: &Lines<'_>) -> usize {
    lines.clone().take_while(|line| !line.trim_ascii_start().starts_with(END)).map(str::len).sum()
}

/// The label of a `-----BEGIN label-----` or `-----END label-----` line. Only the blanks of RFC 7468 §3 may stand beside
/// it: what an editor shows as a space is an octet too many.
fn boundary<'a>(line: &'a str, kind: &str) -> Option<&'a str> {
    line.trim_ascii().strip_prefix(kind)?.strip_suffix(DASHES)
}

fn decode(base64: &str) -> Option<Zeroizing<Vec<u8>>> {
    // Sized once, so that no half of a key is left behind by a reallocation.
    let mut contents = Zeroizing::new(Vec::with_capacity(base64.len()));
    if !base64.is_empty() {
        Base64Decoder::new(base64.as_bytes()).ok()?.decode_to_end(&mut contents).ok()?;
    }
    Some(contents)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_round_a_block_crlf_and_one_long_line_are_read() {
        let text = "subject=CN\r\n-----BEGIN DATA-----\r\nAAECAwQFBgcICQoLDA0ODw==  \r\n-----END DATA-----\r\ntrailer";
        let blocks = blocks(text).unwrap();
        assert_eq!(blocks.len(), 1);
        assert_eq!(blocks[0].label, "DATA");
        assert_eq!(*blocks[0].contents, (0..16).collect::<Vec<u8>>());
        assert!(blocks[0].headers.is_empty());
    }

    #[test]
    fn what_a_block_takes_does_not_depend_on_the_text_around_it() {
        let text = "AAEC\n-----END A-----\n".to_owned() + &"-----BEGIN A-----\n-----END A-----\n".repeat(1_000);
        assert_eq!(body_octets(&text.lines()), 4);
    }

    #[test]
    fn headers_and_several_blocks_are_kept_in_order() {
        let text = "-----BEGIN A-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nAAEC\n-----END A-----\n\
                    -----BEGIN B-----\nAwQF\n-----END B-----";
        let blocks = blocks(text).unwrap();
        assert_eq!(blocks[0].headers[0], ("Proc-Type".into(), "4,ENCRYPTED".into()));
        assert_eq!(blocks[0].headers[1], ("DEK-Info".into(), "AES-256-CBC,00".into()));
        assert_eq!(*blocks[0].contents, [0, 1, 2]);
        assert_eq!((blocks[1].label.as_str(), blocks[1].contents.as_slice()), ("B", &[3, 4, 5][..]));
    }

    #[test]
    fn what_is_not_pem_is_refused_with_its_reason() {
        let base64 = || Err(PemError::Base64 { label: "A".into() });
        let unclosed = || Err(PemError::Unclosed { label: "A".into() });
        for (text, expected) in [
            ("", Err(PemError::NoBlock)),
            ("just text", Err(PemError::NoBlock)),
            ("-----BEGIN A-----\nAAEC", unclosed()),
            ("-----BEGIN A-----\nAAEC\n-----END B-----", unclosed()),
            ("-----BEGIN A-----\nAAE\n-----END A-----", base64()),
            ("-----BEGIN A-----\nAAF=\n-----END A-----", base64()),
            ("-----BEGIN A-----\nAA*C\n-----END A-----", base64()),
            ("-----BEGIN A-----\u{a0}\nAAEC\n-----END A-----", Err(PemError::NoBlock)),
            ("-----BEGIN A-----\nAAEC\n-----END A-----\u{2003}", unclosed()),
            ("-----BEGIN A-----\nAAEC\n\u{85}-----END A-----", unclosed()),
        ] {
            assert_eq!(blocks(text).map(|blocks| blocks.len()), expected, "{text:?}");
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        let contents = [7; 100];
        let text = encode("CERTIFICATE", &contents);
        assert_eq!(*blocks(&text).unwrap()[0].contents, contents);
        assert!(text.lines().all(|line| line.len() <= 64));
    }
}
