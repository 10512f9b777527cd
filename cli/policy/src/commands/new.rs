//! `step policy new`

use std::{fs, io::Write, path::PathBuf};

use anyhow::{Context, ensure};
use clap::Args;

use crate::{outcome::Outcome, sdk, templates};

/// Make a policy that works, to be changed
///
/// The folder NAME gets a project with one rule of some twenty lines, its settings, and vectors that test it.
#[derive(Args)]
pub(crate) struct New {
    /// The policy's name: lower-case letters, digits and hyphens
    name: String,
    /// The language: rust, c or assemblyscript
    #[arg(long, default_value = "rust", value_name = "LANGUAGE")]
    lang: String,
    /// Whether it looks at certificates before they are signed, or verifies credentials
    #[arg(long, default_value = "check", value_name = "KIND", value_parser = ["check", "provisioner"])]
    kind: String,
    /// The folder policy-sdk, when it is not that of the clone this program was built from
    #[arg(long, value_name = "DIR")]
    sdk_path: Option<PathBuf>,
    /// Where the project goes, when it is not a folder of its name
    #[arg(long, value_name = "DIR")]
    into: Option<PathBuf>,
}

impl New {
    pub(crate) fn run(self, answers: &mut dyn Write) -> anyhow::Result<Outcome> {
        let Self { name, lang, kind, sdk_path, into } = self;
        ensure!(is_name(&name), "{name:?} is no name of a policy; write lower-case letters, digits and hyphens");
        let folder = into.unwrap_or_else(|| name.clone().into());
        let sdk = sdk::find(sdk_path.as_deref())?;
        let words = templates::Words { name: &name, sdk: &sdk };
        let mut files = templates::write(&lang, &kind, &words, &folder)?;
        if files.iter().any(|file| file.ends_with("Cargo.toml"))
            && let Some(lock) = sdk::lock_file(&sdk)
        {
            let copy = folder.join("Cargo.lock");
            fs::copy(&lock, &copy).with_context(|| format!("writing {}", copy.display()))?;
            files.push(copy);
        }
        for file in &files {
            writeln!(answers, "{}", file.display())?;
        }
        let folder = folder.display();
        writeln!(answers, "\nNext:\n    cd {folder}\n    step policy test\n    step policy build")?;
        Ok(Outcome::Fine)
    }
}

/// What cargo, `ca.json` and the identifiers of rules all accept.
fn is_name(name: &str) -> bool {
    let of_letters = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    name.len() <= 64
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.chars().all(of_letters)
        && !name.ends_with('-')
        && !name.contains("--")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_what_cargo_and_ca_json_accept() {
        for name in ["office-hours", "k8s", "a"] {
            assert!(is_name(name), "{name}");
        }
        for name in ["", "Office", "1st", "a_b", "a b", "-a", "a-", "a--b", "../a", "é"] {
            assert!(!is_name(name), "{name}");
        }
    }
}
