//! `step certificate bundle`

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;

use crate::{
    answer::Saved,
    certificates,
    context::Context,
    error::ExitStatus,
    files::{self, Destination},
};

/// Write a certificate and that of its issuer into one file
#[derive(Args)]
#[command(after_long_help = "\
Example:
  step certificate bundle a.crt ca.crt bundle.crt")]
pub(crate) struct Bundle {
    /// File with the certificate; the first counts
    #[arg(value_name = "CRT-FILE")]
    certificate: PathBuf,
    /// File with the issuer's certificate; the first counts
    #[arg(value_name = "CA-FILE")]
    ca: PathBuf,
    /// File for both
    #[arg(value_name = "BUNDLE-FILE")]
    bundle: PathBuf,
    /// Overwrite files without asking
    #[arg(long, short)]
    force: bool,
}

impl Bundle {
    pub(crate) fn run(self, cx: &mut Context) -> anyhow::Result<ExitStatus> {
        let both = [first(&self.certificate)?, first(&self.ca)?];
        let destination = Destination::claim(cx, &self.bundle, self.force)?;
        destination.write(certificates::to_pem(&both).as_bytes())?;
        cx.output.give(&Saved::file("certificate", "Your certificate has been saved in", &self.bundle))?;
        Ok(ExitStatus::Success)
    }
}

fn first(path: &Path) -> anyhow::Result<rustls::pki_types::CertificateDer<'static>> {
    certificates::first(&files::read(path)?).with_context(|| format!("error reading {}", path.display()))
}

#[cfg(test)]
mod tests {
    use crate::testing::{User, root_certificate};

    #[test]
    fn the_first_of_each_file_is_taken_in_order() {
        let user = User::new();
        let (a, b, other) = (root_certificate(), root_certificate(), root_certificate());
        user.write("a", format!("{a}{other}"));
        user.write("b", authority::Certificate::from_pem(&b).expect("a certificate").der());
        let outcome = user.step("certificate bundle {}/a {}/b {}/bundle");
        assert_eq!(outcome.talk, "Your certificate has been saved in {}/bundle.\n");
        assert_eq!(user.read("bundle"), format!("{a}{b}"));
        let error = user.step("certificate bundle {}/a {}/b {}/bundle").error();
        assert_eq!(error, "{}/bundle exists already\n\nhint: overwrite it with `--force`\n");
    }
}
