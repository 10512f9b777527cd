//! `--out`: where a public key goes that was found in something.

use std::path::PathBuf;

use authority::keys::public_key_to_pem;
use clap::Args;

use crate::{
    answer::{Saved, Text},
    context::Context,
    files::Destination,
};

/// Where the public key goes.
#[derive(Args)]
pub(crate) struct PublicKeyFile {
    /// File for the public key; standard output if left out
    #[arg(long, alias = "output-file", value_name = "FILE")]
    out: Option<PathBuf>,
    /// Overwrite files without asking
    #[arg(long, short)]
    force: bool,
}

/// The place, once it is known to be free.
pub(crate) struct Claimed(Option<Destination>);

impl PublicKeyFile {
    /// Asks about a file that exists before anything else is asked.
    pub(crate) fn claim(&self, cx: &mut Context) -> anyhow::Result<Claimed> {
        let out = self.out.as_deref().map(|out| Destination::claim(cx, out, self.force)).transpose()?;
        Ok(Claimed(out))
    }
}

impl Claimed {
    /// Writes a SubjectPublicKeyInfo in PEM, readable by everybody.
    pub(crate) fn write(self, cx: &mut Context, spki_der: &[u8]) -> anyhow::Result<()> {
        let pem = public_key_to_pem(spki_der);
        match self.0 {
            None => cx.output.give(&Text::pem(&pem))?,
            Some(out) => {
                out.write_public(pem.as_bytes())?;
                cx.output.give(&Saved::file("public", "Your public key has been saved in", out.path()))?;
            }
        }
        Ok(())
    }
}
