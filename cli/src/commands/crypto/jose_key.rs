//! Which key signs or verifies, for the commands of JOSE.

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::Args;
use jose::{Algorithm, Jwk, JwkSet};

use crate::{context::Context, error::CommandError, files, jwk_file};

/// The key: in a file of its own, or in a set.
#[derive(Args)]
pub(super) struct KeySource {
    /// File with the key: a JWK, an encrypted JWK, or a key in PEM
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// File with a set of keys, of which --kid names one
    #[arg(long, value_name = "FILE")]
    jwks: Option<PathBuf>,
    /// Name of the key
    #[arg(long, value_name = "KID")]
    kid: Option<String>,
    /// File with the password of the key
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// Algorithm, where the key leaves a choice
    #[arg(long, alias = "algorithm", value_name = "ALGORITHM", value_parser = algorithm)]
    alg: Option<Algorithm>,
}

fn algorithm(name: &str) -> Result<Algorithm, &'static str> {
    Algorithm::from_name(name).ok_or("not a signature algorithm")
}

impl KeySource {
    /// Reads the key. `named` is what the message calls it, for when no flag does.
    pub(super) fn read(&self, cx: &mut Context, named: Option<&str>, subtle: bool) -> anyhow::Result<Jwk> {
        let (key, file) = match (&self.key, &self.jwks) {
            (Some(_), Some(_)) => return Err(CommandError::MutuallyExclusive { first: "key", second: "jwks" }.into()),
            (None, None) => return Err(CommandError::OneOf { first: "key", second: "jwks" }.into()),
            (Some(path), None) => (jwk_file::from_file(cx, path, self.password_file.as_deref())?, path),
            (None, Some(path)) => (self.find(path, named)?, path),
        };
        let key = match &self.kid {
            Some(kid) => key.with_kid(kid),
            None => key,
        };
        match self.alg {
            None => Ok(key),
            Some(alg) if !subtle && key.alg().is_some_and(|own| own != alg.name()) => {
                bail!("alg {alg} does not match the alg on {}", file.display())
            }
            Some(alg) => Ok(key.with_alg(alg)),
        }
    }

    fn find(&self, path: &std::path::Path, named: Option<&str>) -> anyhow::Result<Jwk> {
        let kid = self.kid.as_deref().or(named);
        let kid = kid.ok_or(CommandError::FlagRequiresFlag { flag: "jwks", required: "kid" })?;
        let bytes = files::read(path)?;
        let text = std::str::from_utf8(&bytes).with_context(|| format!("error parsing {}", path.display()))?;
        let set = JwkSet::from_json(text).with_context(|| format!("error parsing {}", path.display()))?;
        let key = set.find(kid);
        Ok(key.with_context(|| format!("cannot find key with kid {kid} on {}", path.display()))?.clone())
    }
}
