//! `step crypto …`: keys, hashes, and what is made of them, without any authority.

mod change_pass;
mod hash;
mod jose;
mod jose_key;
mod jose_message;
mod jwe;
mod jwk;
mod jws;
mod jwt;
mod kdf;
mod key;
mod keypair;
mod nacl;
mod otp;
mod pair_files;
mod rand;

use clap::Args;

use super::commands;

/// Work with keys, tokens and hashes
#[derive(Args)]
pub(crate) struct Crypto {
    #[command(subcommand)]
    command: Commands,
}

impl Crypto {
    pub(crate) fn run(self, cx: &mut crate::context::Context) -> anyhow::Result<crate::error::ExitStatus> {
        self.command.run(cx)
    }
}

commands!(Commands {
    ChangePass(change_pass::ChangePass),
    Hash(hash::Hash),
    Jose(jose::Jose),
    Jwe(jwe::Jwe),
    Jwk(jwk::Jwk),
    Jws(jws::Jws),
    Jwt(jwt::Jwt),
    Kdf(kdf::Kdf),
    Key(key::Key),
    Keypair(keypair::Keypair),
    Nacl(nacl::Nacl),
    Otp(otp::Otp),
    Rand(rand::Rand),
});
