//! `step ca provisioner remove`

use std::io;

use clap::Args;
use serde::Serialize;

use super::configuration::{Changed, Configuration, not_found};
use crate::{
    answer::Answer,
    context::Context,
    error::{CommandError, ExitStatus},
    output::Output,
};

/// Take a provisioner out of the configuration of a CA
///
/// The configuration is a file on this machine. A CA that runs keeps its provisioners until it is told to load the file
/// again, with SIGHUP, or is started anew.
#[derive(Args)]
#[command(after_long_help = "\
Examples:
  step ca provisioner remove me@example.com --all
  step ca provisioner remove me@example.com --kid 1hBv1cBRZnS6yfvM2jQUFhyH8z1LfE0UGNvL6P0ZDtg")]
pub(crate) struct Remove {
    /// Name of the provisioner
    #[arg(value_name = "NAME")]
    name: String,
    #[command(flatten)]
    configuration: Configuration,
    /// Take out the one with this key
    #[arg(long, value_name = "KID")]
    kid: Option<String>,
    /// Take out all of that name
    #[arg(long)]
    all: bool,
}

/// How many provisioners.
#[derive(Serialize)]
struct Removed {
    removed: usize,
    left: usize,
}

impl Answer for Removed {
    fn tell(&self, output: &mut Output) -> io::Result<()> {
        match self.left {
            0 => output.say("That was the last provisioner: the CA will not load the configuration without one."),
            _ => Ok(()),
        }
    }
}

impl Remove {
    pub(crate) fn run(self, cx: &mut Context) -> anyhow::Result<ExitStatus> {
        self.configuration.is_named(cx)?;
        match (&self.kid, self.all) {
            (Some(_), true) => return Err(CommandError::MutuallyExclusive { first: "kid", second: "all" }.into()),
            (None, false) => return Err(CommandError::OneOf { first: "all", second: "kid" }.into()),
            _ => {}
        }
        let mut ca = self.configuration.read(cx)?;
        let is_it = |kid: &str| self.kid.as_ref().is_none_or(|wanted| wanted == kid);
        let removed = ca.remove(|entry| entry.name == self.name && is_it(entry.kid()));
        if removed == 0 {
            return Err(not_found(&self.name, self.kid.as_deref()));
        }
        let left = ca.identities().count();
        ca.save()?;
        cx.output.give(&Changed(Removed { removed, left }))?;
        Ok(ExitStatus::Success)
    }
}

#[cfg(test)]
mod tests {
    use crate::{ca_json::CaJson, testing::User};

    const CONFIG: &str = r#"{"authority":{"provisioners":[{"name":"a","key":{"kid":"1"}},{"name":"a","key":{"kid":"2"}},{"name":"b","key":{"kid":"1"}}]}}"#;

    fn left(user: &User) -> Vec<(String, String)> {
        let ca = CaJson::read(&user.path("ca.json")).expect("readable");
        ca.identities().map(|one| (one.name.clone(), one.kid().to_owned())).collect()
    }

    #[test]
    fn one_or_all_of_a_name_go_and_no_other() {
        let pairs =
            |list: &[(&str, &str)]| list.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect::<Vec<_>>();
        let user = User::new();
        user.write("ca.json", CONFIG);
        let outcome = user.step("ca provisioner remove a --kid 1 --ca-config {}/ca.json");
        assert!(outcome.talk.contains("SIGHUP"), "{outcome:?}");
        assert_eq!(left(&user), pairs(&[("a", "2"), ("b", "1")]));
        user.write("ca.json", CONFIG);
        user.step("ca provisioner remove a --all --ca-config {}/ca.json").answer();
        assert_eq!(left(&user), pairs(&[("b", "1")]));
        let outcome = user.step("ca provisioner remove b --all --ca-config {}/ca.json");
        assert!(outcome.talk.starts_with("That was the last provisioner"), "{outcome:?}");
    }

    #[test]
    fn what_is_not_there_or_not_said_changes_nothing() {
        let user = User::new();
        user.write("ca.json", CONFIG);
        let cases = [
            ("c --all", "no provisioners with name c found\n"),
            ("a --kid 3", "no provisioners with name=a and kid=3 found\n"),
            ("a", "flag --all or --kid are required\n"),
            ("a --all --kid 1", "flag '--kid' and flag '--all' are mutually exclusive\n"),
        ];
        for (line, expected) in cases {
            assert_eq!(user.step(&format!("ca provisioner remove {line} --ca-config {{}}/ca.json")).error(), expected);
        }
        assert_eq!(user.read("ca.json"), CONFIG);
        let error = user.step("ca provisioner remove a --all").error();
        assert!(error.starts_with("'step ca provisioner remove' requires the '--ca-config' flag\n"), "{error}");
    }
}
