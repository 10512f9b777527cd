//! Which key a command of JOSE works with.

mod algorithm;
mod key;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Args;
use jose::{JoseError, Jwk, JwkSet, SymmetricKey};

pub(super) use algorithm::SignatureAlgorithm;
pub(super) use key::JoseKey;

use crate::{
    context::Context,
    error::CommandError,
    jwk_file::{self, Contents},
};

/// The key: in a file of its own, or in a set.
#[derive(Args)]
pub(super) struct KeyFile {
    /// File with the key: a JWK, an encrypted JWK, or a key or certificate in PEM
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// File with a set of keys, of which --kid names one
    #[arg(long, value_name = "FILE")]
    jwks: Option<PathBuf>,
    /// Name of the key
    #[arg(long, value_name = "KID")]
    kid: Option<String>,
    /// File with the password
    #[arg(long, value_name = "FILE")]
    pub(super) password_file: Option<PathBuf>,
}

/// What a file without the form of a key is.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(super) enum Raw {
    Refused,
    /// The octets of a symmetric key.
    Secret,
}

impl KeyFile {
    /// Whether a key is named at all.
    pub(super) fn is_given(&self) -> bool {
        self.key.is_some() || self.jwks.is_some()
    }

    /// The file, for messages.
    pub(super) fn path(&self) -> &Path {
        self.key.as_deref().or(self.jwks.as_deref()).unwrap_or(Path::new("-"))
    }

    /// Reads the key. `named` is what the message calls it, for when no flag does.
    pub(super) fn read(&self, cx: &mut Context, named: Option<&str>, raw: Raw) -> anyhow::Result<JoseKey> {
        let key = match (&self.key, &self.jwks) {
            (Some(_), Some(_)) => return Err(CommandError::MutuallyExclusive { first: "key", second: "jwks" }.into()),
            (None, None) => return Err(CommandError::OneOf { first: "key", second: "jwks" }.into()),
            (Some(path), None) => self.alone(cx, path, raw)?,
            (None, Some(path)) => self.of_set(cx, path, named)?,
        };
        Ok(match &self.kid {
            Some(kid) => key.with_kid(kid),
            None => key,
        })
    }

    fn alone(&self, cx: &mut Context, path: &Path, raw: Raw) -> anyhow::Result<JoseKey> {
        let failed = || format!("error parsing {}", path.display());
        let bytes = cx.read(path)?;
        if raw == Raw::Secret && !has_form(&bytes) {
            return Ok(JoseKey::Symmetric(SymmetricKey::from_octets(&bytes).with_context(failed)?));
        }
        let json = match jwk_file::contents(cx, path, &bytes, self.password_file.as_deref())? {
            Contents::Pem(key) => return Ok(JoseKey::Asymmetric(key)),
            Contents::Json(json) => json,
        };
        match Jwk::from_slice(&json) {
            Err(JoseError::SymmetricKey) => SymmetricKey::from_slice(&json).map(JoseKey::Symmetric),
            key => key.map(JoseKey::Asymmetric),
        }
        .with_context(failed)
    }

    fn of_set(&self, cx: &mut Context, path: &Path, named: Option<&str>) -> anyhow::Result<JoseKey> {
        let kid = self.kid.as_deref().or(named);
        let kid = kid.ok_or(CommandError::FlagRequiresFlag { flag: "jwks", required: "kid" })?;
        let failed = || format!("error parsing {}", path.display());
        let bytes = cx.read(path)?;
        let Contents::Json(json) = jwk_file::contents(cx, path, &bytes, self.password_file.as_deref())? else {
            bail!("error parsing {}: it is not a set of keys", path.display())
        };
        let text = std::str::from_utf8(&json).with_context(failed)?;
        if let Some(key) = JwkSet::from_json(text).with_context(failed)?.find(kid) {
            return Ok(JoseKey::Asymmetric(key.clone()));
        }
        let key = SymmetricKey::find_in_set(text, kid).with_context(failed)?.map(JoseKey::Symmetric);
        key.with_context(|| format!("cannot find key with kid {kid} on {}", path.display()))
    }
}

/// Whether a file is meant to be a key in PEM, in JSON or encrypted, whatever else is wrong with it.
fn has_form(bytes: &[u8]) -> bool {
    let start = bytes.trim_ascii_start();
    start.starts_with(b"-----BEGIN ")
        || start.starts_with(b"{")
        || std::str::from_utf8(bytes).is_ok_and(jwk_file::is_encrypted)
}

/// A key that signs or verifies, and with which algorithm.
#[derive(Args)]
pub(super) struct KeySource {
    #[command(flatten)]
    file: KeyFile,
    /// Algorithm, where the key leaves a choice; HS256, HS384 and HS512 take a file that is no JWK as the secret itself
    #[arg(long, alias = "algorithm", value_name = "ALGORITHM", value_parser = SignatureAlgorithm::parse)]
    alg: Option<SignatureAlgorithm>,
}

impl KeySource {
    /// Reads the key. `named` is what the message calls it, for when no flag does.
    pub(super) fn read(&self, cx: &mut Context, named: Option<&str>, subtle: bool) -> anyhow::Result<JoseKey> {
        let raw = match self.alg {
            Some(SignatureAlgorithm::Mac(_)) => Raw::Secret,
            _ => Raw::Refused,
        };
        let key = self.file.read(cx, named, raw)?;
        match self.alg {
            None => Ok(key),
            Some(alg) if !subtle && key.alg().is_some_and(|own| own != alg.name()) => {
                bail!("alg {alg} does not match the alg on {}", self.file.path().display())
            }
            Some(alg) => Ok(key.with_alg(alg)?),
        }
    }
}
