//! `step crypto jwe decrypt`

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;

use crate::{context::Context, error::ExitStatus, jwk_file, prompt::Question};

/// Decrypt the message on standard input
///
/// The message is a JWE under a password (PBES2), in the compact or a JSON serialization.
#[derive(Args)]
#[command(after_long_help = "\
Example:
  step crypto jwe decrypt < message.json")]
pub(crate) struct Decrypt {
    /// File with the password
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

impl Decrypt {
    pub(crate) fn run(self, cx: &mut Context) -> anyhow::Result<ExitStatus> {
        let bytes = cx.read_input().context("read standard input failed")?;
        let text = std::str::from_utf8(&bytes).context("error parsing message: it is not text")?;
        let question = Question { label: "Please enter the password to decrypt the content", flag: "--password-file" };
        let octets = jwk_file::decrypt(cx, text.trim(), self.password_file.as_deref(), question)?;
        cx.output.answer(&octets)?;
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
