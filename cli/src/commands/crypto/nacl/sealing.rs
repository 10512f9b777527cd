//! Sealing and opening: the same for a key that both sides have and for two key pairs.

use anyhow::Context as _;
use clap::Args;
use crypto_secretbox::aead::{Aead, Nonce};
use zeroize::Zeroizing;

use super::encoding::{self, EncodingError, Form, NONCE};
use crate::{answer::Octets, context::Context, error::ExitStatus};

/// What makes a message the only one under its key, and how it is written.
#[derive(Args)]
pub(super) struct Sealing {
    /// A text of at most 24 octets that is used once with the key
    #[arg(value_name = "NONCE")]
    nonce: String,
    #[command(flatten)]
    form: Form,
}

impl Sealing {
    /// Encrypts standard input and prints it.
    pub(super) fn seal<C>(&self, cx: &mut Context, cipher: &C) -> anyhow::Result<ExitStatus>
    where
        C: Aead,
        Nonce<C>: From<[u8; NONCE]>,
    {
        let nonce = encoding::nonce(&self.nonce)?.into();
        let message = cx.read_input().context("read standard input failed")?;
        let sealed = cipher.encrypt(&nonce, message.as_slice()).context("the message is too long")?;
        self.form.answer(cx, &sealed)?;
        Ok(ExitStatus::Success)
    }

    /// Decrypts standard input and prints it.
    pub(super) fn open<C>(&self, cx: &mut Context, cipher: &C) -> anyhow::Result<ExitStatus>
    where
        C: Aead,
        Nonce<C>: From<[u8; NONCE]>,
    {
        let nonce = encoding::nonce(&self.nonce)?.into();
        let sealed = self.form.read(cx)?;
        let message = cipher.decrypt(&nonce, sealed.as_slice()).map_err(|_| EncodingError::NotAuthentic)?;
        cx.output.give(&Octets::content(&Zeroizing::new(message)))?;
        Ok(ExitStatus::Success)
    }
}
