//! `step crypto jwt verify`

use anyhow::{Context as _, bail};
use clap::Args;
use jose::{RegisteredClaims, jws::Unverified};

use super::super::{jose_key::KeySource, jose_message};
use crate::{
    context::Context,
    error::{CommandError, ExitStatus},
};

/// Verify the token on standard input, and print what it says
///
/// The signature is verified with the key, by the key's own algorithm; then the issuer, the audience and the times are
/// compared.
#[derive(Args)]
#[command(after_long_help = "\
Example:
  step crypto jwt verify --key jwk.pub.json --iss me --aud you < token")]
pub(crate) struct Verify {
    #[command(flatten)]
    key: KeySource,
    /// Who must have made the token
    #[arg(long, alias = "issuer", value_name = "NAME")]
    iss: Option<String>,
    /// Whom it must be for
    #[arg(long, alias = "audience", value_name = "NAME")]
    aud: Option<String>,
    /// Allow any issuer or audience where the flag is left out
    #[arg(long)]
    subtle: bool,
    /// Do not compare the end of its validity; needs --insecure
    #[arg(long)]
    no_exp_check: bool,
    /// Allow what --no-exp-check asks for
    #[arg(long)]
    insecure: bool,
}

impl Verify {
    pub(crate) fn run(self, cx: &mut Context) -> anyhow::Result<ExitStatus> {
        for (flag, given) in [("iss", self.iss.is_some()), ("aud", self.aud.is_some())] {
            if !given && !self.subtle {
                return Err(CommandError::RequiredUnless { flag, alternative: "subtle" }.into());
            }
        }
        if self.no_exp_check && !self.insecure {
            return Err(CommandError::FlagRequiresFlag { flag: "no-exp-check", required: "insecure" }.into());
        }
        let text = jose_message::read(cx, "token")?;
        let token = Unverified::parse(&text).context("error parsing token")?;
        let key = self.key.read(cx, token.header().kid(), self.subtle)?;
        key.verify(token.message()).context("validation failed")?;
        let faults = self.faults(token.claims(), cx.now().as_unix());
        if !faults.is_empty() {
            bail!("validation failed: {}", faults.join(", "));
        }
        cx.output.answer(super::show(&token, &text))?;
        Ok(ExitStatus::Success)
    }

    /// Every claim that is not as it should be.
    fn faults(&self, claims: &RegisteredClaims, now: i64) -> Vec<&'static str> {
        let other_issuer = self.iss.is_some() && claims.iss != self.iss;
        let other_audience = self.aud.as_ref().is_some_and(|audience| !claims.aud.contains(audience));
        let expires = claims.exp.map(|end| end.as_unix());
        let faults = [
            (other_issuer, "invalid issuer claim (iss)"),
            (other_audience, "invalid audience claim (aud)"),
            (claims.nbf.is_some_and(|start| now < start.as_unix()), "token is not valid yet (nbf)"),
            (claims.iat.is_some_and(|made| now < made.as_unix()), "token was made in the future (iat)"),
            (expires.is_none() && !self.no_exp_check, "token has no end (exp)"),
            (expires.is_some_and(|end| end <= now) && !self.no_exp_check, "token is expired (exp)"),
        ];
        faults.into_iter().filter(|(holds, _)| *holds).map(|(_, fault)| fault).collect()
    }
}

#[cfg(test)]
mod tests {
    use jose::{
        Jwk,
        jws::{self, ProtectedHeader},
    };

    use super::*;
    use crate::testing::User;

    fn user(claims: &str) -> User {
        let key = Jwk::generate_ec_p256().expect("a key");
        let header = ProtectedHeader::jwt(key.kid().expect("a name"));
        let user = User::new().with_input(jws::sign(&header, claims, &key).expect("signed"));
        user.write("key.json", key.to_json());
        user.write("set.json", format!(r#"{{"keys":[{}]}}"#, key.to_json()));
        user.write("other.json", Jwk::generate_ec_p256().expect("a key").to_json());
        user
    }

    const GOOD: &str = r#"{"iss":"me","aud":["you","us"],"exp":4000000000,"nbf":1,"iat":1}"#;

    #[test]
    fn a_good_token_is_printed() {
        let user = user(GOOD);
        let answer = user.step("crypto jwt verify --key {}/key.json --iss me --aud us").answer();
        assert!(answer.contains("\n  \"payload\": {\n    \"iss\": \"me\","), "{answer}");
        assert_eq!(user.step("crypto jwt verify --jwks {}/set.json --subtle").answer(), answer);
    }

    #[test]
    fn every_claim_that_is_wrong_is_named() {
        let user = user(r#"{"iss":"me","aud":"you","exp":2,"nbf":4000000000,"iat":4000000000}"#);
        let error = user.step("crypto jwt verify --key {}/key.json --iss x --aud y").error();
        let expected = "validation failed: invalid issuer claim (iss), invalid audience claim (aud), token is not valid yet (nbf), \
                        token was made in the future (iat), token is expired (exp)\n";
        assert_eq!(error, expected);
    }

    #[test]
    fn a_token_without_end_is_for_those_who_insist() {
        let user = user(r#"{"iss":"me"}"#);
        let line = "crypto jwt verify --key {}/key.json --subtle";
        assert_eq!(user.step(line).error(), "validation failed: token has no end (exp)\n");
        let error = user.step(&format!("{line} --no-exp-check")).error();
        assert_eq!(error, "flag '--no-exp-check' requires the '--insecure' flag\n");
        user.step(&format!("{line} --no-exp-check --insecure")).answer();
    }

    #[test]
    fn another_key_or_a_mac_proves_nothing() {
        let token = user(GOOD);
        let error = token.step("crypto jwt verify --key {}/other.json --subtle").error();
        assert_eq!(error, "validation failed: the signature does not verify\n");
        let error = token.step("crypto jwt verify --key {}/key.json").error();
        assert_eq!(error, "flag '--iss' is required unless the '--subtle' flag is provided\n");
        // {"alg":"HS256"} and {"alg":"none"} over {}
        for text in ["eyJhbGciOiJIUzI1NiJ9.e30.AAAA", "eyJhbGciOiJub25lIn0.e30.AAAA", "eyJhbGciOiJub25lIn0.e30."] {
            let forged = User::new().with_input(text);
            forged.write("key.json", token.read("key.json"));
            assert_eq!(
                forged.step("crypto jwt verify --key {}/key.json --subtle").status,
                ExitStatus::Failure,
                "{text}"
            );
        }
    }
}
