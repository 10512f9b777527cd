//! `step crypto nacl box …`: crypto_box, from one key pair to another.

use std::path::PathBuf;

use clap::Args;
use crypto_box::{PublicKey, SalsaBox, SecretKey};
use zeroize::Zeroizing;

use super::{super::super::commands, encoding, keypair::Halves, sealing::Sealing};
use crate::{context::Context, error::ExitStatus, random};

/// Encrypt from one key pair to another
#[derive(Args)]
pub(crate) struct Boxes {
    #[command(subcommand)]
    command: Commands,
}

impl Boxes {
    pub(crate) fn run(self, cx: &mut Context) -> anyhow::Result<ExitStatus> {
        self.command.run(cx)
    }
}

commands!(Commands {
    Keypair(Keypair),
    Open(Open),
    Seal(Seal),
});

/// Make a key pair for boxes (Curve25519)
#[derive(Args)]
#[command(after_long_help = "\
Example:
  step crypto nacl box keypair alice.box.pub alice.box.key")]
pub(crate) struct Keypair {
    #[command(flatten)]
    halves: Halves,
}

impl Keypair {
    pub(crate) fn run(self, cx: &mut Context) -> anyhow::Result<ExitStatus> {
        self.halves.write(cx, || {
            let private = SecretKey::from(random::octets());
            Ok((private.public_key().to_bytes(), Zeroizing::new(private.to_bytes())))
        })
    }
}

/// Whose box it is.
#[derive(Args)]
struct Keys {
    #[command(flatten)]
    sealing: Sealing,
    /// File with the public key of the other side
    #[arg(value_name = "PUBLIC-FILE")]
    public: PathBuf,
    /// File with the private key of this side
    #[arg(value_name = "PRIVATE-FILE")]
    private: PathBuf,
}

impl Keys {
    fn cipher(&self) -> anyhow::Result<SalsaBox> {
        let public = PublicKey::from(*encoding::key::<32>(&self.public)?);
        let private = SecretKey::from(*encoding::key::<32>(&self.private)?);
        Ok(SalsaBox::new(&public, &private))
    }
}

/// Encrypt standard input
#[derive(Args)]
#[command(after_long_help = "\
Example:
  step crypto nacl box seal 'message 1' bob.box.pub alice.box.key < message.txt")]
pub(crate) struct Seal {
    #[command(flatten)]
    keys: Keys,
}

impl Seal {
    pub(crate) fn run(self, cx: &mut Context) -> anyhow::Result<ExitStatus> {
        self.keys.sealing.seal(cx, &self.keys.cipher()?)
    }
}

/// Decrypt standard input
#[derive(Args)]
#[command(after_long_help = "\
Example:
  step crypto nacl box open 'message 1' alice.box.pub bob.box.key < message.box")]
pub(crate) struct Open {
    #[command(flatten)]
    keys: Keys,
}

impl Open {
    pub(crate) fn run(self, cx: &mut Context) -> anyhow::Result<ExitStatus> {
        self.keys.sealing.open(cx, &self.keys.cipher()?)
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::User;

    #[test]
    fn only_the_other_side_opens_what_was_sealed() {
        let user = User::new().with_input("message");
        for name in ["alice", "bob", "eve"] {
            user.step(&format!("crypto nacl box keypair {{}}/{name}.pub {{}}/{name}.key")).answer();
            assert_eq!(std::fs::read(user.path(format!("{name}.key"))).expect("a file").len(), 32);
        }
        let sealed = user.step("crypto nacl box seal n1 {}/bob.pub {}/alice.key").answer();
        let user = user.with_input(sealed);
        assert_eq!(user.step("crypto nacl box open n1 {}/alice.pub {}/bob.key").answer(), "message");
        for wrong in ["n2 {}/alice.pub {}/bob.key", "n1 {}/alice.pub {}/eve.key", "n1 {}/eve.pub {}/bob.key"] {
            let error = user.step(&format!("crypto nacl box open {wrong}")).error();
            assert!(error.starts_with("the message cannot be opened: "), "{error}");
        }
        let error = user.step("crypto nacl box open 1234567890123456789012345 {}/alice.pub {}/bob.key").error();
        assert_eq!(error, "the nonce has 25 octets; it can have 24 at most\n");
        let error = user.step("crypto nacl box keypair {}/alice.pub {}/alice.pub").error();
        assert_eq!(error, "positional arguments <PUBLIC-FILE> and <PRIVATE-FILE> cannot be equal\n");
    }
}
