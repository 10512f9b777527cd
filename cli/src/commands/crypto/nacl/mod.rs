//! `step crypto nacl …`: the constructions of NaCl, bit for bit.
//!
//! Keys are raw octets in files. A nonce is a text, filled up with zeros: whoever uses one twice under one key has lost.

mod auth;
mod boxes;
mod encoding;
mod keypair;
mod sealing;
mod secretbox;
mod sign;

use clap::Args;

use super::super::commands;

/// Encrypt, sign and authenticate as NaCl does
#[derive(Args)]
pub(crate) struct Nacl {
    #[command(subcommand)]
    command: Commands,
}

impl Nacl {
    pub(crate) fn run(self, cx: &mut crate::context::Context) -> anyhow::Result<crate::error::ExitStatus> {
        self.command.run(cx)
    }
}

commands!(Commands {
    Auth(auth::Auth),
    Box(boxes::Boxes),
    Secretbox(secretbox::Secretbox),
    Sign(sign::Sign),
});
