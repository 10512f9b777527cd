//! `step ca root`

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;

use super::flags::requires;
use crate::{
    CaUrl,
    answer::{Saved, Text},
    certificates, client,
    context::Context,
    error::ExitStatus,
    files::Destination,
};

/// Download the CA's root certificate and check it by its fingerprint
#[derive(Args)]
#[command(after_long_help = "\
Examples:
  step ca root root_ca.crt
  step ca root --fingerprint d9d0978692f1c7cc791f5c343ce98771900721405e834cd27b9502cc719f5097 --ca-url https://ca.example.com")]
pub(crate) struct Root {
    /// File to write; standard output if left out
    #[arg(value_name = "ROOT-FILE")]
    file: Option<PathBuf>,
    #[command(flatten)]
    known: KnownRoot,
    /// Overwrite the file without asking
    #[arg(long, short)]
    force: bool,
}

/// A root certificate known by where it is and what its fingerprint is.
#[derive(Args)]
pub(super) struct KnownRoot {
    /// Address of the CA, https://host[:port]
    #[arg(long, value_name = "URL")]
    ca_url: Option<CaUrl>,
    /// SHA-256 fingerprint of the root certificate
    #[arg(long)]
    fingerprint: Option<String>,
}

impl KnownRoot {
    pub(super) fn url(&self, cx: &Context) -> anyhow::Result<CaUrl> {
        Ok(self.ca_url.clone().ok_or_else(|| requires(cx, "ca-url"))?)
    }

    /// As it was typed.
    pub(super) fn fingerprint(&self, cx: &Context) -> anyhow::Result<&str> {
        Ok(self.fingerprint.as_deref().ok_or_else(|| requires(cx, "fingerprint"))?)
    }

    /// The root certificate, which is the one that was meant, in PEM.
    pub(super) fn download(&self, cx: &Context) -> anyhow::Result<String> {
        let url = self.url(cx)?;
        let typed = self.fingerprint(cx)?;
        let fingerprint = typed.parse().map_err(|error: client::FingerprintError| {
            anyhow::Error::new(error).context(crate::error::CommandError::invalid_value("fingerprint", typed))
        })?;
        let root = cx.wait_for(client::fetch_root(&url, &fingerprint))?;
        let root = root.context("error downloading root certificate")?;
        Ok(certificates::to_pem(&[root]))
    }
}

impl Root {
    pub(crate) fn run(self, cx: &mut Context) -> anyhow::Result<ExitStatus> {
        let Some(file) = &self.file else {
            let root = self.known.download(cx)?;
            cx.output.give(&Text::pem(&root))?;
            return Ok(ExitStatus::Success);
        };
        let destination = Destination::claim(cx, file, self.force)?;
        destination.write(self.known.download(cx)?.as_bytes())?;
        cx.output.give(&Saved::file("file", "The root certificate has been saved in", file))?;
        Ok(ExitStatus::Success)
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::User;

    #[test]
    fn a_fingerprint_that_is_none_is_refused_before_anybody_is_asked() {
        let error = User::new().step("ca root --ca-url localhost:1 --fingerprint abc").error();
        assert_eq!(
            error,
            "invalid value 'abc' for flag '--fingerprint': a SHA-256 fingerprint has 64 hexadecimal digits\n"
        );
    }

    #[test]
    fn an_existing_file_is_not_overwritten_unasked() {
        let user = User::new();
        user.write("root.crt", "mine");
        let line = format!("ca root {{}}/root.crt --ca-url localhost:1 --fingerprint {}", "ab".repeat(32));
        let error = user.step(&line).error();
        assert_eq!(error, "{}/root.crt exists already\n\nhint: overwrite it with `--force`\n");
        let user = user.with_answers(&["n"]);
        assert_eq!(user.step(&line).error(), "file exists\n");
        assert_eq!(user.read("root.crt"), "mine");
    }
}
