//! `step ca health`

use clap::Args;

use super::flags::CaFlags;
use crate::{
    answer::Answer,
    client::api_types::HealthResponse,
    context::Context,
    error::ExitStatus,
    output::{Output, printable},
};

/// Ask the CA how it is
#[derive(Args)]
#[command(after_long_help = "\
Examples:
  step ca health
  step ca health --json
  step ca health --ca-url https://ca.example.com --root root_ca.crt")]
pub(crate) struct Health {
    #[command(flatten)]
    ca: CaFlags,
}

impl Health {
    pub(crate) fn run(self, cx: &mut Context) -> anyhow::Result<ExitStatus> {
        let client = self.ca.client(cx)?;
        let health = cx.wait_for(client.health())??;
        cx.output.give(&health)?;
        Ok(ExitStatus::Success)
    }
}

impl Answer for HealthResponse {
    fn tell(&self, output: &mut Output) -> std::io::Result<()> {
        output.answer(format!("{}\n", printable(&self.status)))
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Server, User, http};

    #[test]
    fn the_answer_is_a_word_or_an_object() {
        for (flags, answer) in [("", "ok\n"), ("--json", "{\"status\":\"ok\"}\n")] {
            let server = Server::answering(vec![http("200 OK", "", r#"{"status":"ok"}"#)]);
            let user = User::new();
            user.write("root.crt", &server.root);
            let line = format!("ca health {flags} --ca-url {} --root {{}}/root.crt", server.url);
            assert_eq!(user.step(&line).answer(), answer);
        }
    }

    #[test]
    fn without_an_address_the_error_says_how_to_set_one_for_good() {
        let error = User::new().step("ca health").error();
        assert_eq!(
            error,
            "'step ca health' requires the '--ca-url' flag\n\n\
             hint: `step ca bootstrap --ca-url <url> --fingerprint <fingerprint>` sets both for every command\n"
        );
    }

    #[test]
    fn without_a_root_nobody_is_asked() {
        let error = User::new().step("ca health --ca-url localhost:1").error();
        assert!(error.starts_with("'step ca health' requires the '--root' flag\n"), "{error}");
    }

    #[test]
    fn an_address_that_is_none_is_refused() {
        let error = User::new().step("ca health --ca-url http://ca").error();
        assert_eq!(error, "invalid value 'http://ca' for flag '--ca-url'\n");
        let error = User::new().step("ca health --ca-url=").error();
        assert_eq!(error, "missing value for flag '--ca-url'\n");
    }

    #[test]
    fn a_root_file_without_a_certificate_is_an_error() {
        let user = User::new();
        user.write("root.crt", "nothing here");
        let error = user.step("ca health --ca-url localhost:1 --root {}/root.crt").error();
        assert_eq!(error, "error reading {}/root.crt: no certificate found\n");
    }
}
