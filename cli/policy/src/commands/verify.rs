//! `step policy verify`

use std::{
    fs,
    io::{ErrorKind, Write},
    path::PathBuf,
};

use anyhow::Context;
use clap::Args;
use jose::Jwk;
use policy_manifest::Manifest;

use crate::{module::Loaded, outcome::Outcome, table};

/// Look at a module's manifest as a CA would
///
/// Ends with 1 and says which it is: unsigned, wrong key, altered, untrue, other policy, older.
#[derive(Args)]
pub(crate) struct Verify {
    /// The module's file
    module: PathBuf,
    /// File with a public key that is trusted; may be given more than once
    #[arg(long = "key", value_name = "FILE", required = true)]
    keys: Vec<PathBuf>,
    /// The policy it is wanted for, when its name is not that of the file
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// The newest version that has been in use
    #[arg(long, value_name = "NUMBER")]
    newest: Option<u64>,
}

impl Verify {
    pub(crate) fn run(self, answers: &mut dyn Write) -> anyhow::Result<Outcome> {
        let loaded = Loaded::open(&self.module)?;
        let path = Manifest::path(&self.module);
        let text = match fs::read_to_string(&path) {
            Ok(text) => Some(text),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(anyhow::Error::new(error).context(format!("reading {}", path.display()))),
        };
        let mut trusted = Vec::new();
        for path in &self.keys {
            let text = fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
            let key = Jwk::from_json(&text).with_context(|| format!("reading {}", path.display()))?;
            trusted.push(key.public());
        }
        let of_file = self.module.file_stem().map(|stem| stem.to_string_lossy().into_owned());
        let wanted = self.name.or(of_file).context("the file has no name; give one with --name")?;
        let verified = Manifest::verify(text.as_deref(), &trusted, &loaded.octets).and_then(|manifest| {
            manifest.is_true_of(&loaded.world(), &loaded.grants())?;
            manifest.is_of(&wanted)?;
            manifest.not_older(self.newest)?;
            Ok(manifest)
        });
        match verified {
            Ok(manifest) => {
                writeln!(answers, "{}: as it was signed", self.module.display())?;
                let grants = super::build::or_none(&manifest.grants);
                let (name, version) = (manifest.name, manifest.version.to_string());
                table::write(
                    answers,
                    &[("name", name), ("version", version), ("world", manifest.world), ("grants", grants)],
                )?;
                Ok(Outcome::Fine)
            }
            Err(error) => {
                writeln!(answers, "{}: {error}", self.module.display())?;
                Ok(Outcome::NotFine)
            }
        }
    }
}
