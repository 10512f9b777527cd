//! `step crypto jwt sign`

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use jose::jws::ProtectedHeader;
use serde_json::{Map, Value};

use super::super::jose_key::KeySource;
use crate::{
    answer::Text,
    context::Context,
    error::{CommandError, ExitStatus},
    random,
};

/// Make a signed token
///
/// Without --subtle it says who made it, for whom, about whom, and until when. The members of the payload, a JSON object,
/// are added to the claims of the flags and replace those of the same name.
#[derive(Args)]
#[command(after_long_help = "\
Examples:
  step crypto jwt sign --key jwk.json --iss me --aud you --sub me --exp 1900000000
  step crypto jwt sign payload.json --key jwk.json --subtle")]
pub(crate) struct Sign {
    /// File with more claims, `-` for standard input
    #[arg(value_name = "FILE")]
    payload: Option<PathBuf>,
    #[command(flatten)]
    key: KeySource,
    /// Who makes the token
    #[arg(long, alias = "issuer", value_name = "NAME")]
    iss: Option<String>,
    /// Whom it is for; can be given more than once
    #[arg(long, alias = "audience", value_name = "NAME")]
    aud: Vec<String>,
    /// Whom it is about
    #[arg(long, alias = "subject", value_name = "NAME")]
    sub: Option<String>,
    /// Until when it is good, in Unix seconds
    #[arg(long, alias = "expiration", value_name = "SECONDS")]
    exp: Option<u64>,
    /// From when on it is good, in Unix seconds; now if left out
    #[arg(long, alias = "not-before", value_name = "SECONDS")]
    nbf: Option<u64>,
    /// When it was made, in Unix seconds; now if left out
    #[arg(long, alias = "issued-at", value_name = "SECONDS")]
    iat: Option<u64>,
    /// Its identifier; a random one if empty
    #[arg(long, alias = "jwt-id", value_name = "ID")]
    jti: Option<String>,
    /// Do not name the key in the token
    #[arg(long)]
    no_kid: bool,
    /// Allow a token that leaves claims out or is expired already
    #[arg(long)]
    subtle: bool,
}

impl Sign {
    pub(crate) fn run(self, cx: &mut Context) -> anyhow::Result<ExitStatus> {
        if !self.subtle {
            self.check(u64::try_from(cx.now().as_unix())?)?;
        }
        let mut claims = self.claims(u64::try_from(cx.now().as_unix())?);
        if let Some(path) = &self.payload {
            let failed = || format!("error parsing {}", path.display());
            let more: Map<String, Value> = serde_json::from_slice(&cx.read(path)?).with_context(failed)?;
            claims.extend(more);
        }
        let key = self.key.read(cx, None, self.subtle)?;
        let kid = key.kid().filter(|_| !self.no_kid);
        let header = ProtectedHeader { kid, typ: Some("JWT"), ..ProtectedHeader::default() };
        let token = key.sign(&header, &serde_json::to_vec(&claims)?)?;
        cx.output.give(&Text::line("token", &token))?;
        Ok(ExitStatus::Success)
    }

    fn check(&self, now: u64) -> Result<(), CommandError> {
        let given = [
            ("iss", self.iss.is_some()),
            ("aud", !self.aud.is_empty()),
            ("sub", self.sub.is_some()),
            ("exp", self.exp.is_some()),
        ];
        if let Some((flag, _)) = given.into_iter().find(|(_, given)| !given) {
            return Err(CommandError::RequiredUnless { flag, alternative: "subtle" });
        }
        if self.exp.is_some_and(|exp| exp <= now) {
            let rule = "must be in the future unless the '--subtle' flag is provided".into();
            return Err(CommandError::FlagOutOfBounds { flag: "exp", rule });
        }
        Ok(())
    }

    fn claims(&self, now: u64) -> Map<String, Value> {
        let jti = self.jti.as_deref().map(|jti| match jti {
            "" => hex::encode(random::octets::<20>()),
            jti => jti.to_owned(),
        });
        let aud = match self.aud.as_slice() {
            [] => None,
            [one] => Some(Value::from(one.as_str())),
            several => Some(Value::from(several)),
        };
        let claims = [
            ("aud", aud),
            ("exp", self.exp.map(Value::from)),
            ("iat", Some(self.iat.unwrap_or(now).into())),
            ("iss", self.iss.as_deref().map(Value::from)),
            ("jti", jti.map(Value::from)),
            ("nbf", Some(self.nbf.unwrap_or(now).into())),
            ("sub", self.sub.as_deref().map(Value::from)),
        ];
        claims.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
    }
}

#[cfg(test)]
mod tests {
    use jose::{
        Jwk,
        jws::{self, Unverified},
    };

    use super::*;
    use crate::testing::User;

    const CLAIMS: &str = "--iss me --aud you --sub them --exp 4000000000";

    fn user() -> (User, Jwk) {
        let user = User::new();
        let key = Jwk::generate_ec_p256().expect("a key");
        user.write("key.json", key.to_private_json().expect("private").as_bytes());
        (user, key)
    }

    #[test]
    fn a_token_says_what_the_flags_say_and_the_payload_adds() {
        let (user, key) = user();
        user.write("more", r#"{"name":"a","sub":"other"}"#);
        let text =
            user.step(&format!("crypto jwt sign {{}}/more --key {{}}/key.json {CLAIMS} --aud us --jti=")).answer();
        let token = Unverified::parse(&text).expect("well formed");
        jws::verify(&token, &key.public()).expect("signed by the key");
        assert_eq!((token.header().kid(), token.header().typ()), (key.kid(), Some("JWT")));
        let claims = token.claims();
        assert_eq!((claims.iss.as_deref(), claims.sub.as_deref()), (Some("me"), Some("other")));
        assert_eq!(claims.aud, ["you", "us"]);
        assert_eq!(claims.member("name"), Some(&Value::from("a")));
        assert_eq!(claims.jti.as_ref().map(String::len), Some(40));
        assert!(claims.iat.is_some() && claims.iat == claims.nbf);
    }

    #[test]
    fn a_key_of_a_set_is_found_by_its_name() {
        let (user, key) = user();
        user.write("set.json", format!(r#"{{"keys":[{}]}}"#, *key.to_private_json().expect("private")));
        let kid = key.kid().expect("a name");
        let text = user.step(&format!("crypto jwt sign --jwks {{}}/set.json --kid {kid} --no-kid {CLAIMS}")).answer();
        assert_eq!(Unverified::parse(&text).expect("well formed").header().kid(), None);
        let error = user.step(&format!("crypto jwt sign --jwks {{}}/set.json --kid x {CLAIMS}")).error();
        assert_eq!(error, "cannot find key with kid x on {}/set.json\n");
        let error = user.step(&format!("crypto jwt sign --jwks {{}}/set.json {CLAIMS}")).error();
        assert_eq!(error, "flag '--jwks' requires the '--kid' flag\n");
    }

    #[test]
    fn what_a_careful_token_needs_is_asked_for() {
        let (user, _) = user();
        let cases = [
            ("--iss me --aud you --sub them", "flag '--exp' is required unless the '--subtle' flag is provided\n"),
            (
                "--aud you --sub them --exp 4000000000",
                "flag '--iss' is required unless the '--subtle' flag is provided\n",
            ),
            (
                "--iss me --aud you --sub them --exp 1",
                "flag '--exp' must be in the future unless the '--subtle' flag is provided\n",
            ),
            (&format!("{CLAIMS} --alg ES384"), "alg ES384 does not match the alg on {}/key.json\n"),
        ];
        for (flags, expected) in cases {
            assert_eq!(user.step(&format!("crypto jwt sign --key {{}}/key.json {flags}")).error(), expected);
        }
        user.step("crypto jwt sign --key {}/key.json --subtle").answer();
        let error = user.step(&format!("crypto jwt sign --key {{}}/key.json {CLAIMS} --alg none")).error();
        assert_eq!(error, "invalid value 'none' for flag '--alg'\n");
        let error = user.step(&format!("crypto jwt sign --key {{}}/key.json {CLAIMS} --alg HS256")).error();
        assert_eq!(error, "alg HS256 does not match the alg on {}/key.json\n");
        let error = user.step(&format!("crypto jwt sign {CLAIMS}")).error();
        assert_eq!(error, "flag --key or --jwks are required\n");
    }
}
