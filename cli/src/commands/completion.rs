//! `step completion`

use clap::{Args, ValueEnum};
use clap_complete::{Shell as Generator, generate};

use crate::{args, context::Context, error::ExitStatus};

/// Print a shell's completion script
#[derive(Args)]
#[command(after_long_help = "\
Examples:
  step completion bash > /etc/bash_completion.d/step
  step completion zsh > \"${fpath[1]}/_step\"
  step completion fish > ~/.config/fish/completions/step.fish")]
pub(crate) struct Completion {
    /// The shell that will read it
    #[arg(value_name = "SHELL", value_enum)]
    shell: Shell,
}

#[derive(Clone, Copy, ValueEnum)]
enum Shell {
    /// GNU Bash
    Bash,
    /// The Z shell
    Zsh,
    /// The friendly interactive shell
    Fish,
}

impl Completion {
    pub(crate) fn run(self, cx: &mut Context) -> anyhow::Result<ExitStatus> {
        let generator = match self.shell {
            Shell::Bash => Generator::Bash,
            Shell::Zsh => Generator::Zsh,
            Shell::Fish => Generator::Fish,
        };
        let mut script = Vec::new();
        generate(generator, &mut args::tree(), "step", &mut script);
        cx.output.answer(script)?;
        Ok(ExitStatus::Success)
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use crate::{error::ExitStatus, testing::User};

    #[test]
    fn every_shell_has_a_script_that_knows_the_commands() {
        for shell in ["bash", "zsh", "fish"] {
            let script = User::new().step(&format!("completion {shell}")).answer();
            for word in ["provisioner", "ca-url", "needs-renewal"] {
                assert!(script.contains(word), "{shell}: {word}");
            }
        }
        assert_eq!(User::new().step("completion csh").status, ExitStatus::Failure);
    }

    #[test]
    fn bash_completes_a_command() {
        let user = User::new();
        let script = user.write("step.bash", user.step("completion bash").answer());
        let line = format!(
            "source {script}; COMP_WORDS=(step ca prov); COMP_CWORD=2; _step step prov ca; echo \"${{COMPREPLY[@]}}\""
        );
        match Command::new("bash").args(["--norc", "-c", &line]).output() {
            Err(_) => eprintln!("skipped: bash is not installed"),
            Ok(output) => {
                let words = String::from_utf8_lossy(&output.stdout);
                assert!(words.split_whitespace().any(|word| word == "provisioner"), "{output:?}");
            }
        }
    }
}
