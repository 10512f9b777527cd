//! `step crypto jwt inspect`

use anyhow::Context as _;
use clap::Args;
use jose::jws::Unverified;

use super::super::jose_message;
use crate::{context::Context, error::ExitStatus};

/// Print what the token on standard input says, whoever signed it
///
/// Nothing is verified: what is printed is what somebody claims.
#[derive(Args)]
#[command(after_long_help = "\
Example:
  step crypto jwt inspect --insecure < token")]
pub(crate) struct Inspect {
    #[command(flatten)]
    unverified: jose_message::Unverified,
}

impl Inspect {
    pub(crate) fn run(self, cx: &mut Context) -> anyhow::Result<ExitStatus> {
        self.unverified.is_wanted(cx)?;
        let text = jose_message::read(cx, "token")?;
        let token = Unverified::parse(&text).context("error parsing token")?;
        cx.output.answer(super::show(&token, &text))?;
        Ok(ExitStatus::Success)
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::User;

    /// RFC 7519 §3.1 under RFC 7515 §A.1: signed with a MAC, which is read and never believed.
    const TOKEN: &str = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

    #[test]
    fn the_published_token_is_shown_in_the_order_it_was_written() {
        let expected = r#"{
  "header": {
    "typ": "JWT",
    "alg": "HS256"
  },
  "payload": {
    "iss": "joe",
    "exp": 1300819380,
    "http://example.com/is_root": true
  },
  "signature": "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
}
"#;
        let user = User::new().with_input(format!("{TOKEN}\n"));
        assert_eq!(user.step("crypto jwt inspect --insecure").answer(), expected);
        assert_eq!(
            user.step("crypto jwt inspect").error(),
            "'step crypto jwt inspect' requires the '--insecure' flag\n"
        );
        let error = User::new().with_input("a.b").step("crypto jwt inspect --insecure").error();
        assert!(error.starts_with("error parsing token: "), "{error}");
    }
}
