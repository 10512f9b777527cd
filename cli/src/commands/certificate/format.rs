//! `step certificate format`

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;

use crate::{
    answer::{Octets, Saved, Text},
    certificates,
    context::Context,
    error::ExitStatus,
    files::Destination,
};

/// Write a certificate in DER if it is in PEM, and in PEM if it is in DER
///
/// Of several certificates in PEM the first is written.
#[derive(Args)]
#[command(after_long_help = "\
Examples:
  step certificate format a.crt > a.der
  step certificate format a.der --out a.crt")]
pub(crate) struct Format {
    /// File in PEM or DER, `-` for standard input
    #[arg(value_name = "CRT-FILE")]
    certificate: PathBuf,
    /// File for the certificate; standard output if left out
    #[arg(long, alias = "output-file", value_name = "FILE")]
    out: Option<PathBuf>,
    /// Overwrite files without asking
    #[arg(long, short)]
    force: bool,
}

impl Format {
    pub(crate) fn run(self, cx: &mut Context) -> anyhow::Result<ExitStatus> {
        let out = self.out.as_deref().map(|out| Destination::claim(cx, out, self.force)).transpose()?;
        let bytes = cx.read(&self.certificate)?;
        let certificate = certificates::first(&bytes);
        let certificate = certificate.with_context(|| format!("error reading {}", self.certificate.display()))?;
        let pem = certificates::is_der(&bytes).then(|| certificates::to_pem(std::slice::from_ref(&certificate)));
        match (out, &pem) {
            (None, Some(pem)) => cx.output.give(&Text::pem(pem))?,
            (None, None) => cx.output.give(&Octets::der(&certificate))?,
            (Some(out), pem) => {
                out.write_public(pem.as_ref().map_or(&certificate, |pem| pem.as_bytes()))?;
                cx.output.give(&Saved::file("certificate", "Your certificate has been saved in", out.path()))?;
            }
        }
        Ok(ExitStatus::Success)
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{User, root_certificate};

    #[test]
    fn pem_becomes_der_and_der_becomes_pem() {
        let user = User::new();
        let pem = root_certificate();
        user.write("a.crt", &pem);
        user.step("certificate format {}/a.crt --out {}/a.der").answer();
        let der = std::fs::read(user.path("a.der")).expect("written");
        assert_eq!(der, authority::Certificate::from_pem(&pem).expect("a certificate").der());
        assert_eq!(user.step("certificate format {}/a.der").answer(), pem);
    }
}
