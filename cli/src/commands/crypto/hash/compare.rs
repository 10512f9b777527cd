//! `step crypto hash compare`

use std::path::PathBuf;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use clap::Args;

use super::{algorithm::AlgorithmFlags, tree};
use crate::{
    context::Context,
    error::{CommandError, ExitStatus},
};

/// Compare the hash of a file or directory with an expected one
///
/// Prints `ok` and succeeds, or prints `fail` and does not.
#[derive(Args)]
#[command(after_long_help = "\
Example:
  step crypto hash compare 5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03 foo.txt")]
pub(crate) struct Compare {
    /// The expected hash in hexadecimal
    #[arg(value_name = "HASH")]
    expected: String,
    /// File or directory
    #[arg(value_name = "FILE-OR-DIRECTORY")]
    path: PathBuf,
    #[command(flatten)]
    algorithm: AlgorithmFlags,
}

impl Compare {
    pub(crate) fn run(self, cx: &mut Context) -> anyhow::Result<ExitStatus> {
        let algorithm = self.algorithm.algorithm()?;
        let expected = hex::decode(&self.expected).map_err(|_| CommandError::NotHexadecimal { argument: "HASH" })?;
        Ok(cx.output.verdict(verify_slices_are_equal(&tree::hash(&self.path, algorithm)?, &expected).is_ok())?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::User;

    const ABC: &str = "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD";

    #[test]
    fn the_exit_status_is_the_answer() {
        let user = User::new();
        user.write("a", "abc");
        assert_eq!(user.step(&format!("crypto hash compare {ABC} {{}}/a")).answer(), "ok\n");
        for other in ["ba78", &ABC.replace("BA", "BB")] {
            let outcome = user.step(&format!("crypto hash compare {other} {{}}/a"));
            assert_eq!(
                (outcome.status, outcome.talk.as_str(), outcome.answers.as_str()),
                (ExitStatus::Failure, "fail\n", "")
            );
        }
        let error = user.step("crypto hash compare xyz {}/a").error();
        assert_eq!(error, "positional argument <HASH> is not hexadecimal\n");
    }
}
