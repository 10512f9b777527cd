//! `step crypto jwe …`: JSON Web Encryption (RFC 7516).

mod algorithm;
mod decrypt;
mod encrypt;
#[cfg(test)]
mod judge;

use clap::Args;
use jose::jwe::{Key, Legacy};

use super::{super::commands, jose_key::JoseKey};

/// Encrypt and decrypt messages, for the holder of a key or under a password
#[derive(Args)]
pub(crate) struct Jwe {
    #[command(subcommand)]
    command: Commands,
}

impl Jwe {
    pub(crate) fn run(self, cx: &mut crate::context::Context) -> anyhow::Result<crate::error::ExitStatus> {
        self.command.run(cx)
    }
}

commands!(Commands {
    Decrypt(decrypt::Decrypt),
    Encrypt(encrypt::Encrypt),
});

/// The key as a recipient has it; `RSA1_5` needs somebody who insists.
fn recipient(key: &JoseKey, insecure: bool) -> Key<'_> {
    match key {
        JoseKey::Asymmetric(key) if insecure => Key::Jwk(key, Legacy::Allowed),
        JoseKey::Asymmetric(key) => Key::Jwk(key, Legacy::Refused),
        JoseKey::Symmetric(key) => Key::Symmetric(key),
    }
}
