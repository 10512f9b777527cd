//! Private keys in PEM files.

use std::path::Path;

use anyhow::Context as _;
use authority::keys::{PrivateKey, is_encrypted_pem};
use zeroize::Zeroizing;

use crate::{context::Context, files, prompt::Question};

/// Where the password of a key file comes from: its own file, or the person, who is told of the flag.
#[derive(Clone, Copy)]
pub(crate) struct Password<'a> {
    pub(crate) flag: &'static str,
    pub(crate) file: Option<&'a Path>,
}

impl Password<'_> {
    /// Asked for only when the file needs one.
    pub(crate) fn obtain(self, cx: &mut Context, path: &Path) -> anyhow::Result<Zeroizing<Vec<u8>>> {
        if let Some(file) = self.file {
            return Ok(files::read_password(file)?);
        }
        let label = format!("Please enter the password to decrypt {}", path.display());
        let typed = cx.ask_password(Question { label: &label, flag: self.flag })?;
        Ok(Zeroizing::new(typed.as_bytes().to_vec()))
    }
}

/// Reads the private key in a PEM file.
pub(crate) fn read(cx: &mut Context, path: &Path, password: Password<'_>) -> anyhow::Result<PrivateKey> {
    let bytes = files::read(path)?;
    let text = std::str::from_utf8(&bytes);
    let text = text.with_context(|| format!("error decoding {}: it is not text", path.display()))?;
    parse(cx, path, text, password)
}

/// The private key of a PEM text that was read from `path`.
pub(crate) fn parse(cx: &mut Context, path: &Path, text: &str, password: Password<'_>) -> anyhow::Result<PrivateKey> {
    if is_encrypted_pem(text) {
        let password = password.obtain(cx, path)?;
        let key = PrivateKey::from_pem(text, Some(&password));
        key.with_context(|| format!("error decrypting {}", path.display()))
    } else {
        PrivateKey::from_pem(text, None).with_context(|| format!("error decoding {}", path.display()))
    }
}
