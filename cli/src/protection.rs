//! How a new private key is kept: under a password, or in the clear where two flags say so.

use std::path::{Path, PathBuf};

use clap::Args;
use zeroize::Zeroizing;

use crate::{context::Context, error::CommandError, files, prompt::Question};

/// Rounds of PBKDF2 under which JWKs are encrypted: as many as upstream writes, and below what other readers refuse.
pub(crate) const PBES2_ITERATIONS: u32 = 600_000;

/// Leave to write a private key that is not encrypted: two flags, so that it is never an accident.
#[derive(Args)]
pub(crate) struct ClearFlags {
    /// Do not encrypt the private key; needs --insecure
    #[arg(long)]
    no_password: bool,
    /// Allow what --no-password asks for
    #[arg(long)]
    insecure: bool,
}

/// How a key that is made is to be kept.
#[derive(Args)]
pub(crate) struct NewKeyFlags {
    /// File with the password that encrypts the private key
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    #[command(flatten)]
    clear: ClearFlags,
}

/// Where the password of a new key comes from: its own file, or the person, who is told of the flag.
#[derive(Clone, Copy)]
pub(crate) struct NewPassword<'a> {
    pub(crate) label: &'a str,
    /// Without hyphens.
    pub(crate) flag: &'static str,
    pub(crate) file: Option<&'a Path>,
}

/// How a new private key is written.
pub(crate) enum Protection {
    Password(Zeroizing<Vec<u8>>),
    None,
}

impl NewKeyFlags {
    /// Refuses flags that do not go together, before anything is made.
    pub(crate) fn check(&self) -> Result<(), CommandError> {
        self.clear.is_wanted().map(|_| ())
    }

    /// What the flags and the person, asked with `label`, say.
    pub(crate) fn protection(&self, cx: &mut Context, label: &str) -> anyhow::Result<Protection> {
        let file = self.password_file.as_deref();
        self.clear.protection(cx, NewPassword { label, flag: "password-file", file })
    }
}

impl ClearFlags {
    /// Whether the key is to be in the clear.
    pub(crate) fn is_wanted(&self) -> Result<bool, CommandError> {
        match (self.no_password, self.insecure) {
            (true, false) => Err(CommandError::FlagRequiresFlag { flag: "no-password", required: "insecure" }),
            (no_password, _) => Ok(no_password),
        }
    }

    /// What the flags and the person say. Nobody is asked when the key is to be in the clear.
    pub(crate) fn protection(&self, cx: &mut Context, password: NewPassword<'_>) -> anyhow::Result<Protection> {
        if !self.is_wanted()? {
            return password.obtain(cx).map(Protection::Password);
        }
        if password.file.is_some() {
            return Err(CommandError::MutuallyExclusive { first: "no-password", second: password.flag }.into());
        }
        Ok(Protection::None)
    }
}

impl NewPassword<'_> {
    /// The password of the file, else the one the person chooses.
    pub(crate) fn obtain(self, cx: &mut Context) -> anyhow::Result<Zeroizing<Vec<u8>>> {
        if let Some(file) = self.file {
            return Ok(files::read_password(file)?);
        }
        let flag = format!("--{}", self.flag);
        let typed = cx.ask_password(Question { label: self.label, flag: &flag })?;
        Ok(Zeroizing::new(typed.as_bytes().to_vec()))
    }
}
