//! Keys, nonces and messages as they stand in files, in arguments and on the streams.

use std::path::Path;

use anyhow::Context as _;
use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig, general_purpose::URL_SAFE_NO_PAD},
};
use clap::Args;
use thiserror::Error;
use zeroize::Zeroizing;

use crate::{
    answer::{Octets, Text},
    context::Context,
    files,
};

/// Octets of a nonce of XSalsa20.
pub(super) const NONCE: usize = 24;

/// How a message that is not text is written.
#[derive(Args, Clone, Copy)]
pub(super) struct Form {
    /// Octets as they are instead of base64
    #[arg(long)]
    raw: bool,
}

#[derive(Debug, Error)]
pub(super) enum EncodingError {
    #[error("the key in {path} has {actual} octets, not {expected}")]
    KeyLength { path: String, expected: usize, actual: usize },
    #[error("the nonce has {0} octets; it can have 24 at most")]
    NonceLength(usize),
    #[error("standard input is not base64")]
    NotBase64,
    /// Wrong key, wrong nonce or another message: nobody can tell which.
    #[error("the message cannot be opened: it is not what was sealed, or not with this key and nonce")]
    NotAuthentic,
}

impl Form {
    /// Prints a message.
    pub(super) fn answer(self, cx: &mut Context, message: &[u8]) -> anyhow::Result<()> {
        if self.raw {
            cx.output.give(&Octets::named("message", message))?;
        } else {
            cx.output.give(&Text::line("message", &URL_SAFE_NO_PAD.encode(message)))?;
        }
        Ok(())
    }

    /// All of standard input, a message in this form. Of base64 every alphabet is read, padded or not.
    pub(super) fn read(self, cx: &mut Context) -> anyhow::Result<Zeroizing<Vec<u8>>> {
        let input = cx.read_input().context("read standard input failed")?;
        if self.raw {
            return Ok(input);
        }
        let config = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
        let text = input.trim_ascii();
        let alphabet = match text.iter().any(|letter| matches!(letter, b'+' | b'/')) {
            true => &alphabet::STANDARD,
            false => &alphabet::URL_SAFE,
        };
        let message = GeneralPurpose::new(alphabet, config).decode(text).map_err(|_| EncodingError::NotBase64)?;
        Ok(Zeroizing::new(message))
    }
}

/// The key in a file: exactly so many octets.
pub(super) fn key<const LENGTH: usize>(path: &Path) -> anyhow::Result<Zeroizing<[u8; LENGTH]>> {
    let octets = files::read(path)?;
    let key = <[u8; LENGTH]>::try_from(octets.as_slice()).map_err(|_| EncodingError::KeyLength {
        path: path.display().to_string(),
        expected: LENGTH,
        actual: octets.len(),
    })?;
    Ok(Zeroizing::new(key))
}

/// The nonce of a text: its octets, then zeros.
pub(super) fn nonce(text: &str) -> Result<[u8; NONCE], EncodingError> {
    let mut nonce = [0; NONCE];
    let start = nonce.get_mut(..text.len()).ok_or(EncodingError::NonceLength(text.len()))?;
    start.copy_from_slice(text.as_bytes());
    Ok(nonce)
}
