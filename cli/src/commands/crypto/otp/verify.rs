//! `step crypto otp verify`

use std::path::PathBuf;

use anyhow::Context as _;
use authority::Timestamp;
use clap::Args;
use zeroize::Zeroizing;

use super::totp::{self, Parameters};
use crate::{context::Context, error::ExitStatus, prompt::Question};

/// Check a one-time password
///
/// The password is asked for, or is the first line of standard input. Prints `ok` and succeeds, or prints `fail` and
/// does not.
#[derive(Args)]
#[command(after_long_help = "\
Example:
  step crypto otp verify --secret totp.secret")]
pub(crate) struct Verify {
    /// File with the secret in base32
    #[arg(long, value_name = "FILE")]
    secret: PathBuf,
    #[command(flatten)]
    parameters: Parameters,
    /// So many periods before and after are as good as now
    #[arg(long, value_name = "PERIODS", default_value_t = 0, value_parser = clap::value_parser!(u32).range(..=10))]
    skew: u32,
    /// Check at this time instead of now (RFC 3339)
    #[arg(long, value_name = "TIME")]
    time: Option<Timestamp>,
}

impl Verify {
    pub(crate) fn run(self, cx: &mut Context) -> anyhow::Result<ExitStatus> {
        let text = crate::files::read(&self.secret)?;
        let secret = std::str::from_utf8(&text).ok().and_then(totp::decode);
        let secret = secret.with_context(|| format!("{} does not hold a secret in base32", self.secret.display()))?;
        let password = ask(cx)?;
        let at = self.time.unwrap_or_else(|| cx.now()).as_unix();
        let at = u64::try_from(at).context("there are no one-time passwords for times before 1970")?;
        Ok(cx.output.verdict(self.parameters.accepts(&secret, password.trim(), at, self.skew))?)
    }
}

fn ask(cx: &mut Context) -> anyhow::Result<Zeroizing<String>> {
    if cx.is_typed() {
        return Ok(cx.ask_password(Question { label: "Enter Passcode:", flag: "standard input" })?);
    }
    let input = cx.read_input().context("read standard input failed")?;
    let text = std::str::from_utf8(&input).context("the password is not text")?;
    Ok(Zeroizing::new(text.lines().next().unwrap_or_default().to_owned()))
}

#[cfg(test)]
mod tests {
    use crate::testing::User;

    #[test]
    fn a_password_is_good_in_its_period() {
        let user = User::new().with_input("287082\n");
        user.write("secret", "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\n");
        for (flags, is_good) in [
            ("--time 1970-01-01T00:00:59Z", true),
            ("--time 1970-01-01T00:01:00Z", false),
            ("--time 1970-01-01T00:01:00Z --skew 1", true),
            ("--time 1970-01-01T00:00:59Z --digits 8", false),
            ("--time 1970-01-01T00:00:59Z --alg SHA256", false),
            ("--time 1970-01-01T00:00:59Z --period 10", false),
        ] {
            let outcome = user.step(&format!("crypto otp verify --secret {{}}/secret {flags}"));
            match is_good {
                true => assert_eq!(outcome.answer(), "ok\n", "{flags}"),
                false => assert_eq!(outcome.error(), "fail\n", "{flags}"),
            }
        }
        user.write("other", "not base32!");
        let error = user.step("crypto otp verify --secret {}/other").error();
        assert_eq!(error, "{}/other does not hold a secret in base32\n");
    }

    #[test]
    fn somebody_at_a_terminal_is_asked() {
        let user = User::new().with_answers(&["287082"]);
        user.write("secret", "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\n");
        let line = "crypto otp verify --secret {}/secret --time 1970-01-01T00:00:59Z";
        assert_eq!(user.step(line).answer(), "ok\n");
    }
}
