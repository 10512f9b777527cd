//! Two files for the two halves of a key.

use std::path::PathBuf;

use clap::Args;

use crate::{
    answer::Saved,
    context::Context,
    error::{CommandError, ExitStatus},
    files::{Destination, is_same_file},
};

/// Where the halves go.
#[derive(Args)]
pub(super) struct Halves {
    /// File for the public key
    #[arg(value_name = "PUBLIC-FILE")]
    public: PathBuf,
    /// File for the private key
    #[arg(value_name = "PRIVATE-FILE")]
    private: PathBuf,
    /// Overwrite files without asking
    #[arg(long, short)]
    force: bool,
}

impl Halves {
    /// Writes what `generate` makes, the public key first.
    pub(super) fn write<P: AsRef<[u8]>, S: AsRef<[u8]>>(
        self,
        cx: &mut Context,
        generate: impl FnOnce() -> anyhow::Result<(P, S)>,
    ) -> anyhow::Result<ExitStatus> {
        if is_same_file(&self.public, &self.private) {
            return Err(CommandError::EqualArguments { first: "PUBLIC-FILE", second: "PRIVATE-FILE" }.into());
        }
        let public_file = Destination::claim(cx, &self.public, self.force)?;
        let private_file = Destination::claim(cx, &self.private, self.force)?;
        let (public, private) = generate()?;
        private_file.write(private.as_ref())?;
        public_file.write(public.as_ref())?;
        cx.output.give(&Saved::pair(self.public, self.private))?;
        Ok(ExitStatus::Success)
    }
}
