//! `step crypto jwe encrypt`

use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use jose::jwe;

use crate::{
    context::Context,
    error::ExitStatus,
    protection::{self, NewPassword},
};

/// Encrypt standard input under a password
///
/// Printed is a JWE in the flattened JSON serialization.
#[derive(Args)]
#[command(after_long_help = "\
Example:
  step crypto jwe encrypt < message > message.json")]
pub(crate) struct Encrypt {
    /// How the content key is encrypted
    #[arg(long, value_enum, default_value = "PBES2-HS256+A128KW")]
    alg: KeyEncryption,
    /// How the content is encrypted
    #[arg(long, value_enum, default_value = "A256GCM")]
    enc: ContentEncryption,
    /// Media type of the content, without `application/`
    #[arg(long, value_name = "TYPE", default_value = "octet-stream")]
    cty: String,
    /// File with the password
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum KeyEncryption {
    #[value(name = "PBES2-HS256+A128KW")]
    Pbes2,
}

#[derive(Clone, Copy, ValueEnum)]
enum ContentEncryption {
    #[value(name = "A256GCM")]
    A256Gcm,
}

impl Encrypt {
    pub(crate) fn run(self, cx: &mut Context) -> anyhow::Result<ExitStatus> {
        let (KeyEncryption::Pbes2, ContentEncryption::A256Gcm) = (self.alg, self.enc);
        let label = "Please enter the password to encrypt the content";
        let password = NewPassword { label, flag: "password-file", file: self.password_file.as_deref() };
        let password = password.obtain(cx)?;
        let content = cx.read_input().context("read standard input failed")?;
        let message = jwe::encrypt(&content, &self.cty, &password, protection::PBES2_ITERATIONS)?;
        cx.output.answer(message.to_json() + "\n")?;
        Ok(ExitStatus::Success)
    }
}
