//! `step path`

use clap::Args;

use crate::{answer::Text, context::Context, error::ExitStatus};

/// Print the directory that holds configuration, certificates and keys
///
/// It is $STEPPATH, or .step in your home directory.
#[derive(Args)]
#[command(after_long_help = "\
Example:
  step path")]
pub(crate) struct Path {}

impl Path {
    pub(crate) fn run(self, cx: &mut Context) -> anyhow::Result<ExitStatus> {
        let path = cx.step_path().base().display().to_string();
        cx.output.give(&Text::line("path", &path))?;
        Ok(ExitStatus::Success)
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::User;

    #[test]
    fn the_directory_is_printed_and_made() {
        let user = User::new();
        assert_eq!(user.step("path").answer(), format!("{}\n", user.path("step").display()));
        assert!(user.path("step").is_dir());
    }
}
