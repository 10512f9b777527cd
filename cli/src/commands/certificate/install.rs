//! `step certificate install` and `step certificate uninstall`

use std::{
    io,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};
use authority::Certificate;
use clap::Args;
use rustls::pki_types::CertificateDer;
use serde::Serialize;

use crate::{
    answer::Answer,
    certificates,
    context::Context,
    error::{CommandError, ExitStatus},
    files,
    output::Output,
    trust_store::{Anchor, TrustStore},
};

/// Have every program of this machine trust a root certificate
///
/// The certificate is copied into the trust store of the system (Debian, Ubuntu, Alpine, Red Hat, Fedora, Arch, SUSE,
/// macOS) by the system's own tool, which only root may do. Programs with a list of their own, such as some browsers and
/// Java, do not look there.
#[derive(Args)]
#[command(after_long_help = "\
Examples:
  step certificate install root_ca.crt
  step certificate install root_ca.crt --prefix example-")]
pub(crate) struct Install {
    #[command(flatten)]
    root: Root,
}

/// Undo what `step certificate install` did
///
/// The same certificate and the same --prefix name what is taken out of the trust store.
#[derive(Args)]
#[command(after_long_help = "\
Examples:
  step certificate uninstall root_ca.crt
  step certificate uninstall root_ca.crt --prefix example-")]
pub(crate) struct Uninstall {
    #[command(flatten)]
    root: Root,
}

#[derive(Args)]
struct Root {
    /// File with the root certificate, in PEM or DER
    #[arg(value_name = "CRT-FILE")]
    certificate: PathBuf,
    /// What the name of the file in the trust store begins with
    #[arg(long, value_name = "TEXT", default_value = "step-")]
    prefix: String,
}

impl Install {
    pub(crate) fn run(self, cx: &mut Context) -> anyhow::Result<ExitStatus> {
        let der = self.root.read()?;
        TrustStore::of_system()?.install(&self.root.anchor(&der))?;
        cx.output.give(&Installed { installed: &self.root.certificate })?;
        Ok(ExitStatus::Success)
    }
}

impl Uninstall {
    pub(crate) fn run(self, cx: &mut Context) -> anyhow::Result<ExitStatus> {
        let der = self.root.read()?;
        TrustStore::of_system()?.uninstall(&self.root.anchor(&der))?;
        cx.output.give(&Removed { removed: &self.root.certificate })?;
        Ok(ExitStatus::Success)
    }
}

/// What every program trusts from now on.
#[derive(Serialize)]
struct Installed<'a> {
    installed: &'a Path,
}

impl Answer for Installed<'_> {
    fn tell(&self, output: &mut Output) -> io::Result<()> {
        output.say(format_args!("Certificate {} has been installed.", self.installed.display()))
    }
}

/// What none trusts any more because of us.
#[derive(Serialize)]
struct Removed<'a> {
    removed: &'a Path,
}

impl Answer for Removed<'_> {
    fn tell(&self, output: &mut Output) -> io::Result<()> {
        output.say(format_args!("Certificate {} has been removed.", self.removed.display()))
    }
}

impl Root {
    /// The one certificate in the file, which is a CA's.
    fn read(&self) -> anyhow::Result<CertificateDer<'static>> {
        let is_plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.');
        if !self.prefix.chars().all(is_plain) || self.prefix.starts_with('.') {
            return Err(CommandError::invalid_value("prefix", &self.prefix).into());
        }
        one_root(&self.certificate).with_context(|| format!("error reading {}", self.certificate.display()))
    }

    fn anchor<'a>(&'a self, der: &'a [u8]) -> Anchor<'a> {
        Anchor { file: &self.certificate, der, prefix: &self.prefix }
    }
}

fn one_root(path: &Path) -> anyhow::Result<CertificateDer<'static>> {
    let mut found = certificates::all(&files::read(path)?)?;
    if found.len() > 1 {
        bail!("it holds several certificates");
    }
    let der = found.pop().context("it holds no certificate")?;
    if !Certificate::from_der(&der)?.is_ca() {
        bail!("the certificate is not that of a CA");
    }
    Ok(der)
}

#[cfg(test)]
mod tests {
    use crate::testing::{User, leaf_certificate, root_certificate};

    #[test]
    fn what_is_not_one_root_is_refused_before_the_store_is_looked_for() {
        let user = User::new();
        user.write("leaf.crt", leaf_certificate(-60, 3_600).0);
        user.write("two.crt", root_certificate() + &root_certificate());
        user.write("root.crt", root_certificate());
        for (line, message) in [
            ("{}/leaf.crt", "error reading {}/leaf.crt: the certificate is not that of a CA\n"),
            ("{}/two.crt", "error reading {}/two.crt: it holds several certificates\n"),
            ("{}/none.crt", "error reading {}/none.crt: open {}/none.crt failed: no such file or directory\n"),
            ("{}/root.crt --prefix ../x", "invalid value '../x' for flag '--prefix'\n"),
            ("{}/root.crt --prefix .x", "invalid value '.x' for flag '--prefix'\n"),
        ] {
            for command in ["install", "uninstall"] {
                assert_eq!(user.step(&format!("certificate {command} {line}")).error(), message, "{line}");
            }
        }
    }
}
