//! `step policy sign`

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use anyhow::{Context, ensure};
use clap::Args;
use jose::{Jwk, jwe};
use policy_manifest::Manifest;

use crate::{module::Loaded, outcome::Outcome};

/// Vouch for a module: write its signed manifest beside it
///
/// A CA whose ca.json names trusted keys loads no module without one. The public half of KEY belongs there, as an
/// element of `"policies": {"trustedKeys": […]}`.
#[derive(Args)]
pub(crate) struct Sign {
    /// The module's file
    module: PathBuf,
    /// File with the private key: a JSON Web Key, as `step crypto jwk create` makes one
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// File with the password of an encrypted key
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// The version; it must grow with every release
    #[arg(long = "release", value_name = "NUMBER")]
    version: u64,
    /// The policy's name, when it is not that of the file
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
}

impl Sign {
    pub(crate) fn run(self, answers: &mut dyn Write) -> anyhow::Result<Outcome> {
        let loaded = Loaded::open(&self.module)?;
        let of_file = self.module.file_stem().map(|stem| stem.to_string_lossy().into_owned());
        let manifest = Manifest {
            name: self.name.or(of_file).context("the file has no name; give one with --name")?,
            version: self.version,
            sha256: loaded.sha256(),
            world: loaded.world(),
            grants: loaded.grants(),
        };
        let text =
            manifest.sign(&read_key(&self.key, self.password_file.as_deref())?).context("signing the manifest")?;
        let path = Manifest::path(&self.module);
        fs::write(&path, text).with_context(|| format!("writing {}", path.display()))?;
        writeln!(answers, "{}: version {} of {}", path.display(), manifest.version, manifest.name)?;
        Ok(Outcome::Fine)
    }
}

fn read_key(path: &Path, password_file: Option<&Path>) -> anyhow::Result<Jwk> {
    let place = || format!("reading {}", path.display());
    let text = steppath::read_private(path).with_context(place)?;
    let text = std::str::from_utf8(&text).with_context(place)?;
    let key = match Jwk::from_json(text) {
        Ok(key) => key,
        Err(plain) => {
            let Some(file) = password_file else {
                return Err(anyhow::Error::new(plain).context(format!(
                    "{} is no JSON Web Key; an encrypted one needs --password-file",
                    path.display()
                )));
            };
            let password = steppath::read_password(file).with_context(|| format!("reading {}", file.display()))?;
            jwe::decrypt_jwk(text.trim(), &password).with_context(place)?
        }
    };
    ensure!(key.is_private(), "{} is a public key; the private one signs", path.display());
    Ok(key)
}
