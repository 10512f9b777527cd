//! `step crypto jwk keyset add`

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::Args;
use jose::Jwk;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::file::KeySetFile;
use crate::{context::Context, error::ExitStatus};

/// Add the JWK on standard input to a set
///
/// A file that is not there is made, readable by its owner only.
#[derive(Args)]
#[command(after_long_help = "\
Example:
  step crypto jwk keyset add jwks.json < jwk.pub.json")]
pub(crate) struct Add {
    /// File with the set
    #[arg(value_name = "JWKS-FILE")]
    set: PathBuf,
}

impl Add {
    pub(crate) fn run(self, cx: &mut Context) -> anyhow::Result<ExitStatus> {
        let input = cx.read_input().context("read standard input failed")?;
        let key: Box<RawValue> = serde_json::from_slice(&input).context("error parsing -")?;
        check(&key)?;
        let mut file = KeySetFile::open_or_create(&self.set)?;
        file.keys().push(key);
        cx.output.give(&file.save()?)?;
        Ok(ExitStatus::Success)
    }
}

/// A key of a kind we know must be one; of another kind it is kept as it is (RFC 7517 §5).
fn check(key: &RawValue) -> anyhow::Result<()> {
    #[derive(Deserialize)]
    struct Kind {
        kty: String,
    }
    match serde_json::from_str::<Kind>(key.get()) {
        Err(_) => bail!("the key is not a JSON object with a \"kty\""),
        Ok(Kind { kty }) if ["EC", "OKP", "RSA"].contains(&kty.as_str()) => {
            Jwk::from_json(key.get()).context("error parsing -")?;
        }
        Ok(_) => {}
    }
    Ok(())
}
