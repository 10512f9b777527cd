//! Where the two halves of a new key go.

use std::path::Path;

use crate::{
    answer::Saved,
    context::Context,
    error::CommandError,
    files::{Destination, is_same_file},
};

/// Two files that are there for the taking.
pub(super) struct PairFiles {
    public: Destination,
    private: Destination,
}

/// A positional argument and what the usage calls it.
pub(super) type Named<'a> = (&'a Path, &'static str);

impl PairFiles {
    /// Asks about files that exist before anything is spent on a key.
    pub(super) fn claim(cx: &mut Context, public: Named<'_>, private: Named<'_>, force: bool) -> anyhow::Result<Self> {
        if is_same_file(public.0, private.0) {
            return Err(CommandError::EqualArguments { first: public.1, second: private.1 }.into());
        }
        let public = Destination::claim(cx, public.0, force)?;
        Ok(Self { public, private: Destination::claim(cx, private.0, force)? })
    }

    /// Writes both, the private half first, and says where they are.
    pub(super) fn write(&self, cx: &mut Context, public: &str, private: &str) -> anyhow::Result<()> {
        self.private.write(private.as_bytes())?;
        self.public.write(public.as_bytes())?;
        cx.output.give(&Saved::pair(self.public.path(), self.private.path()))?;
        Ok(())
    }

    /// Writes a key that has no public half.
    pub(super) fn write_secret(&self, cx: &mut Context, secret: &str) -> anyhow::Result<()> {
        self.private.write(secret.as_bytes())?;
        cx.output.give(&Saved::file("private", "Your private key has been saved in", self.private.path()))?;
        cx.output.say(format_args!("A symmetric key has no public key: nothing was written to the other file."))?;
        Ok(())
    }
}
