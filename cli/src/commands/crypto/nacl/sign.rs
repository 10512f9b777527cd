//! `step crypto nacl sign …`: crypto_sign, an Ed25519 signature and the message behind it.

use std::path::PathBuf;

use anyhow::Context as _;
use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use clap::Args;
use zeroize::Zeroizing;

use super::{
    super::super::commands,
    encoding::{self, EncodingError, Form},
    keypair::Halves,
};
use crate::{answer::Octets, context::Context, error::ExitStatus, random};

/// Octets of the seed, and of the public key behind it in a private key.
const HALF: usize = 32;
/// Octets of a signature.
const SIGNATURE: usize = 64;

/// Sign messages
#[derive(Args)]
pub(crate) struct Sign {
    #[command(subcommand)]
    command: Commands,
}

impl Sign {
    pub(crate) fn run(self, cx: &mut Context) -> anyhow::Result<ExitStatus> {
        self.command.run(cx)
    }
}

commands!(Commands {
    Keypair(Keypair),
    Open(Open),
    Sign(SignMessage),
});

/// Make a key pair for signatures (Ed25519)
#[derive(Args)]
#[command(after_long_help = "\
Example:
  step crypto nacl sign keypair nacl.sign.pub nacl.sign.key")]
pub(crate) struct Keypair {
    #[command(flatten)]
    halves: Halves,
}

impl Keypair {
    pub(crate) fn run(self, cx: &mut Context) -> anyhow::Result<ExitStatus> {
        self.halves.write(cx, || {
            let seed = Zeroizing::new(random::octets::<HALF>());
            let pair = Ed25519KeyPair::from_seed_unchecked(seed.as_slice()).context("a seed of 32 octets")?;
            let public = pair.public_key().as_ref().to_vec();
            let private = Zeroizing::new([seed.as_slice(), &public].concat());
            Ok((public, Private(private)))
        })
    }
}

/// Seed and public key.
struct Private(Zeroizing<Vec<u8>>);

impl AsRef<[u8]> for Private {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

/// Sign standard input
///
/// Printed is the signature with the message behind it.
#[derive(Args)]
#[command(after_long_help = "\
Example:
  step crypto nacl sign sign nacl.sign.key < message.txt")]
pub(crate) struct SignMessage {
    /// File with the private key, 64 octets
    #[arg(value_name = "PRIVATE-FILE")]
    private: PathBuf,
    #[command(flatten)]
    form: Form,
}

impl SignMessage {
    pub(crate) fn run(self, cx: &mut Context) -> anyhow::Result<ExitStatus> {
        let key = encoding::key::<{ 2 * HALF }>(&self.private)?;
        let (seed, public) = key.split_at(HALF);
        let pair = Ed25519KeyPair::from_seed_and_public_key(seed, public)
            .with_context(|| format!("the halves of {} do not belong together", self.private.display()))?;
        let message = cx.read_input().context("read standard input failed")?;
        let signed = [pair.sign(&message).as_ref(), &message].concat();
        self.form.answer(cx, &signed)?;
        Ok(ExitStatus::Success)
    }
}

/// Verify a signed message, and print the message
#[derive(Args)]
#[command(after_long_help = "\
Example:
  step crypto nacl sign open nacl.sign.pub < message.signed")]
pub(crate) struct Open {
    /// File with the public key, 32 octets
    #[arg(value_name = "PUBLIC-FILE")]
    public: PathBuf,
    #[command(flatten)]
    form: Form,
}

impl Open {
    pub(crate) fn run(self, cx: &mut Context) -> anyhow::Result<ExitStatus> {
        let public = encoding::key::<HALF>(&self.public)?;
        let signed = self.form.read(cx)?;
        let (signature, message) = signed.split_at_checked(SIGNATURE).ok_or(EncodingError::NotAuthentic)?;
        UnparsedPublicKey::new(&ED25519, public.as_slice())
            .verify(message, signature)
            .map_err(|_| EncodingError::NotAuthentic)?;
        cx.output.give(&Octets::content(message))?;
        Ok(ExitStatus::Success)
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::User;

    #[test]
    fn a_signed_message_opens_with_the_public_key_only_while_nothing_is_changed() {
        let user = User::new().with_input("message");
        for name in ["a", "b"] {
            user.step(&format!("crypto nacl sign keypair {{}}/{name}.pub {{}}/{name}.key")).answer();
        }
        let signed = user.step("crypto nacl sign sign {}/a.key").answer();
        // Ed25519 (RFC 8032) is deterministic.
        assert_eq!(user.step("crypto nacl sign sign {}/a.key").answer(), signed);
        let user = user.with_input(signed.clone());
        assert_eq!(user.step("crypto nacl sign open {}/a.pub").answer(), "message");
        assert!(user.step("crypto nacl sign open {}/b.pub").error().starts_with("the message cannot be opened"));
        // The last octet of the message, an `e`, becomes a `d`.
        let changed = signed.trim_end().strip_suffix('U').expect("base64 of an e at the end").to_owned() + "Q";
        let user = user.with_input(changed);
        assert!(user.step("crypto nacl sign open {}/a.pub").error().starts_with("the message cannot be opened"));
        let user = user.with_input("AAAA");
        assert!(user.step("crypto nacl sign open {}/a.pub").error().starts_with("the message cannot be opened"));
    }

    #[test]
    fn halves_that_do_not_belong_together_sign_nothing() {
        let user = User::new().with_input("message");
        user.write("a.key", [7; 64]);
        let error = user.step("crypto nacl sign sign {}/a.key").error();
        assert!(error.starts_with("the halves of {}/a.key do not belong together"), "{error}");
    }
}
