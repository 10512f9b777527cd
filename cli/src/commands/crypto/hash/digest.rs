//! `step crypto hash digest`

use std::{io, path::PathBuf};

use clap::Args;
use serde::Serialize;

use super::{algorithm::AlgorithmFlags, tree};
use crate::{
    answer::Answer,
    context::Context,
    error::ExitStatus,
    output::{Output, printable},
};

/// Print the hash of files and directories
///
/// The hash of a directory covers the names, modes and contents of everything in it.
#[derive(Args)]
#[command(after_long_help = "\
Examples:
  step crypto hash digest foo.crt
  step crypto hash digest --alg sha512 config/ foo.crt")]
pub(crate) struct Digest {
    /// Files and directories
    #[arg(value_name = "FILE-OR-DIRECTORY", required = true)]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    algorithm: AlgorithmFlags,
}

/// A digest for each path.
#[derive(Serialize)]
struct Digests {
    digests: Vec<Entry>,
}

#[derive(Serialize)]
struct Entry {
    path: String,
    hash: String,
}

impl Answer for Digests {
    fn tell(&self, output: &mut Output) -> io::Result<()> {
        self.digests.iter().try_for_each(|Entry { path, hash }| output.answer(format!("{hash}  {}\n", printable(path))))
    }
}

impl Digest {
    pub(crate) fn run(self, cx: &mut Context) -> anyhow::Result<ExitStatus> {
        let algorithm = self.algorithm.algorithm()?;
        let digest = |path: &PathBuf| -> anyhow::Result<Entry> {
            Ok(Entry { path: path.to_string_lossy().into_owned(), hash: hex::encode(tree::hash(path, algorithm)?) })
        };
        let digests = self.paths.iter().map(digest).collect::<Result<_, _>>()?;
        cx.output.give(&Digests { digests })?;
        Ok(ExitStatus::Success)
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::User;

    #[test]
    fn each_argument_is_a_line() {
        let user = User::new();
        let (a, b) = (user.write("a", "abc"), user.write("b", ""));
        let answer = user.step("crypto hash digest --alg sha {}/a {}/b").answer();
        let expected =
            format!("a9993e364706816aba3e25717850c26c9cd0d89d  {a}\nda39a3ee5e6b4b0d3255bfef95601890afd80709  {b}\n");
        assert_eq!(answer, expected);
    }

    #[test]
    fn md5_is_for_those_who_insist() {
        let user = User::new();
        user.write("a", "abc");
        let error = user.step("crypto hash digest --alg md5 {}/a").error();
        assert_eq!(error, "flag '--alg md5' requires the '--insecure' flag\n");
        assert!(user.step("crypto hash digest --alg md5 --insecure {}/a").answer().starts_with("900150983cd24fb0"));
        let error = user.step("crypto hash digest").error();
        assert!(error.starts_with("not enough positional arguments"), "{error}");
    }
}
