//! `step crypto jwk keyset …`: sets of keys in files (RFC 7517 §5).

mod add;
mod file;
mod find;
mod list;
mod remove;

use clap::Args;

use super::super::super::commands;

/// Keep JSON Web Keys in a set
#[derive(Args)]
pub(crate) struct Keyset {
    #[command(subcommand)]
    command: Commands,
}

impl Keyset {
    pub(crate) fn run(self, cx: &mut crate::context::Context) -> anyhow::Result<crate::error::ExitStatus> {
        self.command.run(cx)
    }
}

commands!(Commands {
    Add(add::Add),
    Find(find::Find),
    List(list::List),
    Remove(remove::Remove),
});

#[cfg(test)]
mod tests {
    use jose::Jwk;

    use crate::{error::ExitStatus, testing::User};

    #[test]
    fn a_key_that_was_added_is_found_listed_and_removed() {
        let key = Jwk::generate_ec_p256().expect("a key").with_kid("first");
        let user = User::new().with_input(key.to_json());
        user.step("crypto jwk keyset add {}/set.json").answer();
        let user = user.with_input(r#"{"kty":"oct","kid":"second","k":"c2VjcmV0","x-ours":1e2}"#);
        user.step("crypto jwk keyset add {}/set.json").answer();
        assert_eq!(user.step("crypto jwk keyset list {}/set.json").answer(), "first\nsecond\n");
        let found = user.step("crypto jwk keyset find {}/set.json --kid first").answer();
        assert!(Jwk::from_json(&found).expect("a JWK").is_same_key(&key));
        let found = user.step("crypto jwk keyset find {}/set.json --kid second").answer();
        assert!(found.contains("\n  \"x-ours\": 1e2\n"), "what is not ours stays as it is: {found}");
        user.step("crypto jwk keyset remove {}/set.json --kid first").answer();
        assert_eq!(user.step("crypto jwk keyset list {}/set.json").answer(), "second\n");
        let outcome = user.step("crypto jwk keyset find {}/set.json --kid first");
        assert_eq!((outcome.status, outcome.answers.as_str()), (ExitStatus::Success, ""));
    }

    #[test]
    fn what_is_no_key_is_not_added() {
        for (input, reason) in [
            ("", "EOF"),
            ("[]", "the key is not a JSON object with a \"kty\""),
            (r#"{"kid":"a"}"#, "the key is not a JSON object with a \"kty\""),
            (r#"{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}"#, "error parsing -: "),
        ] {
            let user = User::new().with_input(input);
            let error = user.step("crypto jwk keyset add {}/set.json").error();
            assert!(error.contains(reason), "{error}");
            assert!(!user.path("set.json").exists());
        }
    }

    #[test]
    fn a_set_somebody_else_is_changing_is_left_alone() {
        let user = User::new().with_input(r#"{"kty":"oct","k":"c2VjcmV0"}"#);
        let path = user.write("set.json", r#"{"keys":[]}"#);
        let lock = std::fs::File::open(&path).expect("a file");
        rustix::fs::flock(&lock, rustix::fs::FlockOperation::NonBlockingLockExclusive).expect("nobody else has it");
        let error = user.step("crypto jwk keyset add {}/set.json").error();
        assert_eq!(error, "error reading {}/set.json: file is locked\n");
        assert_eq!(user.read("set.json"), r#"{"keys":[]}"#);
    }

    #[test]
    fn a_file_that_is_no_set_is_not_overwritten() {
        let user = User::new().with_input(r#"{"kty":"oct","k":"c2VjcmV0"}"#);
        user.write("set.json", "{}");
        let error = user.step("crypto jwk keyset add {}/set.json").error();
        assert!(error.starts_with("error parsing {}/set.json: a set of keys has a member \"keys\""), "{error}");
        assert_eq!(user.read("set.json"), "{}");
    }
}
