//! `step crypto jwk thumbprint`

use std::path::{Path, PathBuf};

use clap::Args;

use crate::{answer::Text, context::Context, error::ExitStatus, jwk_file};

/// Print the thumbprint of the JWK on standard input
///
/// It is the SHA-256 of the key's numbers (RFC 7638), the same for the public and the private key.
#[derive(Args)]
#[command(after_long_help = "\
Example:
  step crypto jwk thumbprint < jwk.pub.json")]
pub(crate) struct Thumbprint {
    /// File with the password of the key
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

impl Thumbprint {
    pub(crate) fn run(self, cx: &mut Context) -> anyhow::Result<ExitStatus> {
        let key = jwk_file::from_file(cx, Path::new("-"), self.password_file.as_deref())?;
        cx.output.give(&Text::line("thumbprint", &key.thumbprint()))?;
        Ok(ExitStatus::Success)
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::User;

    /// RFC 8037 §A.3.
    #[test]
    fn the_thumbprint_of_the_published_key_is_the_published_one() {
        let key = r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
        let user = User::new().with_input(key);
        assert_eq!(user.step("crypto jwk thumbprint").answer(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k\n");
        let error = User::new().with_input("{}").step("crypto jwk thumbprint").error();
        assert!(error.starts_with("error parsing -: "), "{error}");
    }
}
