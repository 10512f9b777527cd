//! `step crypto nacl auth …`: crypto_auth, which is HMAC-SHA-512-256.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use aws_lc_rs::{constant_time::verify_slices_are_equal, hmac};
use clap::Args;

use super::{super::super::commands, encoding};
use crate::{
    answer::Text,
    context::Context,
    error::{CommandError, ExitStatus},
};

/// Octets of a key and of a digest: the first half of the HMAC.
const LENGTH: usize = 32;

/// Authenticate standard input with a secret key
#[derive(Args)]
pub(crate) struct Auth {
    #[command(subcommand)]
    command: Commands,
}

impl Auth {
    pub(crate) fn run(self, cx: &mut Context) -> anyhow::Result<ExitStatus> {
        self.command.run(cx)
    }
}

commands!(Commands {
    Digest(Digest),
    Verify(Verify),
});

/// Print the digest of standard input under a key
#[derive(Args)]
#[command(after_long_help = "\
Example:
  step crypto nacl auth digest auth.key < message.txt")]
pub(crate) struct Digest {
    /// File with the key, 32 octets
    #[arg(value_name = "KEY-FILE")]
    key: PathBuf,
}

impl Digest {
    pub(crate) fn run(self, cx: &mut Context) -> anyhow::Result<ExitStatus> {
        let digest = digest(cx, &self.key)?;
        cx.output.give(&Text::line("digest", &hex::encode(digest)))?;
        Ok(ExitStatus::Success)
    }
}

/// Tell whether a digest is that of standard input under a key
///
/// Prints `ok` and succeeds, or prints `fail` and does not.
#[derive(Args)]
#[command(after_long_help = "\
Example:
  step crypto nacl auth verify auth.key 6f88…92bc < message.txt")]
pub(crate) struct Verify {
    /// File with the key, 32 octets
    #[arg(value_name = "KEY-FILE")]
    key: PathBuf,
    /// The digest in hexadecimal
    #[arg(value_name = "DIGEST")]
    digest: String,
}

impl Verify {
    pub(crate) fn run(self, cx: &mut Context) -> anyhow::Result<ExitStatus> {
        let expected = hex::decode(&self.digest).map_err(|_| CommandError::NotHexadecimal { argument: "DIGEST" })?;
        let digest = digest(cx, &self.key)?;
        Ok(cx.output.verdict(verify_slices_are_equal(&digest, &expected).is_ok())?)
    }
}

fn digest(cx: &mut Context, key: &Path) -> anyhow::Result<[u8; LENGTH]> {
    let key = encoding::key::<LENGTH>(key)?;
    let message = cx.read_input().context("read standard input failed")?;
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA512, key.as_slice()), &message);
    Ok(*tag.as_ref().first_chunk().expect("HMAC-SHA-512 has 64 octets"))
}

#[cfg(test)]
mod tests {
    use crate::testing::User;

    /// The vector of NaCl's `tests/auth.c`.
    #[test]
    fn the_published_digest_is_printed_and_verifies() {
        let user = User::new().with_input("what do ya want for nothing?");
        let mut key = b"Jefe".to_vec();
        key.resize(32, 0);
        user.write("auth.key", key);
        let digest = "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554";
        assert_eq!(user.step("crypto nacl auth digest {}/auth.key").answer(), format!("{digest}\n"));
        assert_eq!(user.step(&format!("crypto nacl auth verify {{}}/auth.key {digest}")).answer(), "ok\n");
        let other = digest.replace('1', "2");
        assert_eq!(user.step(&format!("crypto nacl auth verify {{}}/auth.key {other}")).error(), "fail\n");
        user.write("short.key", "Jefe");
        let error = user.step("crypto nacl auth digest {}/short.key").error();
        assert_eq!(error, "the key in {}/short.key has 4 octets, not 32\n");
    }
}
