//! `step crypto jwk public`

use std::path::{Path, PathBuf};

use clap::Args;

use crate::{context::Context, error::ExitStatus, json_layout, jwk_file};

/// Print the public key of the JWK on standard input
#[derive(Args)]
#[command(after_long_help = "\
Example:
  step crypto jwk public < jwk.json")]
pub(crate) struct Public {
    /// File with the password of the key
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

impl Public {
    pub(crate) fn run(self, cx: &mut Context) -> anyhow::Result<ExitStatus> {
        let key = jwk_file::from_file(cx, Path::new("-"), self.password_file.as_deref())?;
        cx.output.answer(json_layout::indented(&key.public().to_json(), "  ") + "\n")?;
        Ok(ExitStatus::Success)
    }
}

#[cfg(test)]
mod tests {
    use jose::{Jwk, jwe};

    use crate::testing::User;

    #[test]
    fn nothing_private_is_printed() {
        let key = Jwk::generate_ec_p256().expect("a key");
        let plain = key.to_private_json().expect("private").to_string();
        for input in [plain, jwe::encrypt_jwk(&key, b"secret", 1_000).expect("encrypted"), key.to_json()] {
            let user = User::new().with_input(input);
            user.write("password", "secret");
            let answer = user.step("crypto jwk public --password-file {}/password").answer();
            let public = Jwk::from_json(&answer).expect("a JWK");
            assert!(!public.is_private() && public.is_same_key(&key) && public.kid() == key.kid());
            assert!(answer.starts_with("{\n  \"") && answer.ends_with("}\n"), "{answer}");
        }
    }
}
