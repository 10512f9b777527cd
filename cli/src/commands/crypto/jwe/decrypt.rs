//! `step crypto jwe decrypt`

use anyhow::Context as _;
use clap::Args;
use jose::jwe::{KeyManagement, Received};

use super::super::jose_key::{KeyFile, Raw};
use crate::{answer::Octets, context::Context, error::ExitStatus, jwk_file, prompt::Question};

/// Decrypt the message on standard input
///
/// The message is a JWE in the compact or a JSON serialization: for the key of --key or --jwks, or under a password
/// (PBES2). In a set the key is found by the name in the message unless --kid gives one.
#[derive(Args)]
#[command(after_long_help = "\
Examples:
  step crypto jwe decrypt --key jwk.json < message.json
  step crypto jwe decrypt --jwks jwks.json < message.json
  step crypto jwe decrypt < message.json")]
pub(crate) struct Decrypt {
    #[command(flatten)]
    key: KeyFile,
    /// Allow RSA1_5, which an attacker who may ask often enough can break
    #[arg(long)]
    insecure: bool,
}

impl Decrypt {
    pub(crate) fn run(self, cx: &mut Context) -> anyhow::Result<ExitStatus> {
        let bytes = cx.read_input().context("read standard input failed")?;
        let text = std::str::from_utf8(&bytes).context("error parsing message: it is not text")?.trim();
        let message = Received::parse(text).context("error parsing message")?;
        let octets = match message.algorithm() {
            KeyManagement::Pbes2(_) if !self.key.is_given() => {
                let label = "Please enter the password to decrypt the content";
                let question = Question { label, flag: "--password-file" };
                jwk_file::decrypt(cx, text, self.key.password_file.as_deref(), question)?
            }
            _ => {
                let key = self.key.read(cx, message.kid(), Raw::Refused)?;
                message.open(super::recipient(&key, self.insecure)).context("failed to decrypt the message")?
            }
        };
        cx.output.give(&Octets::content(&octets))?;
        Ok(ExitStatus::Success)
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::User;

    #[test]
    fn the_octets_come_back_and_a_wrong_password_gives_none() {
        let user = User::new().with_input("hello\n");
        user.write("password", "secret");
        user.write("other", "wrong");
        let message = user.step("crypto jwe encrypt --cty text/plain --password-file {}/password").answer();
        assert!(message.starts_with("{\n  \"protected\": \"") && message.ends_with("}\n"), "{message}");
        let user = user.with_input(message);
        assert_eq!(user.step("crypto jwe decrypt --password-file {}/password").answer(), "hello\n");
        let outcome = user.step("crypto jwe decrypt --password-file {}/other");
        assert!(outcome.answers.is_empty() && outcome.error().starts_with("failed to decrypt"));
    }
}
