//! `step crypto kdf compare`

use anyhow::Context as _;
use clap::Args;

use super::{Input, algorithm, phc::Derived};
use crate::{context::Context, error::ExitStatus};

/// Tell whether a password is the one of a hash
///
/// Prints `ok` and succeeds, or prints `fail` and does not.
#[derive(Args)]
#[command(after_long_help = "\
Example:
  step crypto kdf compare '$scrypt$ln=15,r=8,p=1$…' < password.txt")]
pub(crate) struct Compare {
    /// The hash, as `step crypto kdf hash` printed it
    #[arg(value_name = "PHC-HASH")]
    hash: String,
    #[command(flatten)]
    input: Input,
}

impl Compare {
    pub(crate) fn run(self, cx: &mut Context) -> anyhow::Result<ExitStatus> {
        let hash: Derived = self.hash.parse().context("positional argument <PHC-HASH> is not a hash of a password")?;
        let password = self.input.read(cx, "Enter password to compare")?;
        Ok(cx.output.verdict(algorithm::again(&hash, &password)?)?)
    }
}

#[cfg(test)]
mod tests {
    use super::{super::phc::ScryptCost, *};
    use crate::testing::User;

    #[test]
    fn a_hash_knows_its_password_and_no_other() {
        for (algorithm, start) in [
            ("scrypt", "$scrypt$ln=15,r=8,p=1$"),
            ("bcrypt", "$2a$10$"),
            ("argon2i", "$argon2i$v=19$m=32768,t=3,p=4$"),
            ("argon2id", "$argon2id$v=19$m=65536,t=1,p=4$"),
        ] {
            let hash = User::new().with_input("correct horse").step(&format!("crypto kdf hash --alg {algorithm}"));
            let hash = hash.answer();
            assert!(hash.starts_with(start), "{hash}");
            let compare = format!("crypto kdf compare {}", hash.trim_end());
            assert_eq!(User::new().with_input("correct horse").step(&compare).answer(), "ok\n");
            assert_eq!(User::new().with_answers(&["correct horse"]).step(&compare).answer(), "ok\n");
            assert_eq!(User::new().with_input("correct horsf").step(&compare).error(), "fail\n");
        }
    }

    /// RFC 7914 §12, and a vector published with jBCrypt.
    #[test]
    fn published_hashes_are_recognised() {
        let scrypt = "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2\
                      d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887";
        let scrypt = Derived::Scrypt {
            cost: ScryptCost { log_n: 14, r: 8, p: 1 },
            salt: b"SodiumChloride".to_vec(),
            hash: hex::decode(scrypt).expect("hexadecimal"),
        };
        let answer = User::new().with_input("pleaseletmein").step(&format!("crypto kdf compare {scrypt}")).answer();
        assert_eq!(answer, "ok\n");
        let bcrypt = "$2a$06$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfxe";
        assert_eq!(User::new().with_input("a").step(&format!("crypto kdf compare {bcrypt}")).answer(), "ok\n");
    }

    #[test]
    fn an_argument_is_for_those_who_insist() {
        let error = User::new().step("crypto kdf hash secret").error();
        assert_eq!(error, "positional argument <INPUT> requires the '--insecure' flag\n");
        let hash = User::new().step("crypto kdf hash secret --insecure").answer();
        let compare = format!("crypto kdf compare {} secret --insecure", hash.trim_end());
        assert_eq!(User::new().step(&compare).answer(), "ok\n");
        let error = User::new().with_input("x").step("crypto kdf compare secret").error();
        assert!(error.starts_with("positional argument <PHC-HASH> is not a hash of a password: "), "{error}");
    }
}
