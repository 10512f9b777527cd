//! `step crypto nacl secretbox …`: crypto_secretbox, under one key that both sides have.

use std::path::PathBuf;

use clap::Args;
use crypto_secretbox::{KeyInit, XSalsa20Poly1305};

use super::{super::super::commands, encoding, sealing::Sealing};
use crate::{context::Context, error::ExitStatus};

/// Encrypt under a secret key
#[derive(Args)]
pub(crate) struct Secretbox {
    #[command(subcommand)]
    command: Commands,
}

impl Secretbox {
    pub(crate) fn run(self, cx: &mut Context) -> anyhow::Result<ExitStatus> {
        self.command.run(cx)
    }
}

commands!(Commands {
    Open(Open),
    Seal(Seal),
});

/// The key, and what makes this use of it the only one.
#[derive(Args)]
struct Secret {
    #[command(flatten)]
    sealing: Sealing,
    /// File with the key, 32 octets
    #[arg(value_name = "KEY-FILE")]
    key: PathBuf,
}

impl Secret {
    fn cipher(&self) -> anyhow::Result<XSalsa20Poly1305> {
        Ok(XSalsa20Poly1305::new(encoding::key::<32>(&self.key)?.as_slice().into()))
    }
}

/// Encrypt standard input
#[derive(Args)]
#[command(after_long_help = "\
Example:
  step crypto nacl secretbox seal 'message 1' secretbox.key < message.txt")]
pub(crate) struct Seal {
    #[command(flatten)]
    secret: Secret,
}

impl Seal {
    pub(crate) fn run(self, cx: &mut Context) -> anyhow::Result<ExitStatus> {
        self.secret.sealing.seal(cx, &self.secret.cipher()?)
    }
}

/// Decrypt standard input
#[derive(Args)]
#[command(after_long_help = "\
Example:
  step crypto nacl secretbox open 'message 1' secretbox.key < message.box")]
pub(crate) struct Open {
    #[command(flatten)]
    secret: Secret,
}

impl Open {
    pub(crate) fn run(self, cx: &mut Context) -> anyhow::Result<ExitStatus> {
        self.secret.sealing.open(cx, &self.secret.cipher()?)
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::User;

    #[test]
    fn the_key_and_the_nonce_open_what_they_sealed() {
        let user = User::new().with_input("message");
        user.write("a.key", [7; 32]);
        user.write("b.key", [8; 32]);
        let sealed = user.step("crypto nacl secretbox seal n {}/a.key").answer();
        // Every alphabet of base64 is read, padded or not.
        for spelling in [sealed.clone(), sealed.trim_end().replace('-', "+").replace('_', "/") + "="] {
            let user = User::new().with_input(spelling);
            user.write("a.key", [7; 32]);
            user.write("b.key", [8; 32]);
            assert_eq!(user.step("crypto nacl secretbox open n {}/a.key").answer(), "message");
            for wrong in ["m {}/a.key", "n {}/b.key"] {
                let error = user.step(&format!("crypto nacl secretbox open {wrong}")).error();
                assert!(error.starts_with("the message cannot be opened: "), "{error}");
            }
        }
        let error = User::new().with_input("?").step("crypto nacl secretbox open n /dev/null").error();
        assert_eq!(error, "the key in /dev/null has 0 octets, not 32\n");
        let error = user.with_input("?").step("crypto nacl secretbox open n {}/a.key").error();
        assert_eq!(error, "standard input is not base64\n");
    }
}
