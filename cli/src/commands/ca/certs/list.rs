//! `step ca certs list`

use certs::Filter;
use clap::{Args, ValueEnum};

use super::reader::{Found, ReaderFlags, collect, json};
use crate::{context::Context, error::ExitStatus};

/// List certificates, newest first
#[derive(Args)]
#[command(after_long_help = "\
Examples:
  step ca certs list --cert ops.crt --key ops.key --live --expires-before 72h
  step ca certs list --cert ops.crt --key ops.key --provisioner ci --format json")]
pub(crate) struct List {
    #[command(flatten)]
    reader: ReaderFlags,
    #[command(flatten)]
    filter: Filter,
    /// Show so many at most
    #[arg(long, value_name = "NUMBER", default_value = "100", value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
    /// How to show them
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    format: Format,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    Csv,
    Json,
    Table,
}

impl List {
    pub(crate) fn run(self, cx: &mut Context) -> anyhow::Result<ExitStatus> {
        let client = self.reader.client(cx)?;
        let parameters = self.filter.parameters(cx.now());
        let limit = usize::try_from(self.limit)?;
        let Found { entries, are_there_more } = collect(cx, &client, &parameters, limit)?;
        let text = match self.format {
            _ if cx.output.is_json() => json(&entries)?,
            Format::Csv => certs::csv(&entries),
            Format::Json => json(&entries)?,
            Format::Table => certs::table(&entries),
        };
        cx.output.answer(text)?;
        if are_there_more {
            cx.output.say(format_args!("There may be more than {limit}; `--limit` shows them."))?;
        }
        Ok(ExitStatus::Success)
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Server, User, http, leaf_certificate};

    /// Somebody who may read, and a CA that answers with these bodies.
    fn reader_of(bodies: &[&str]) -> (User, Server) {
        let server = Server::answering(bodies.iter().map(|body| http("200 OK", "", body)).collect());
        let user = User::new();
        let (certificate, key) = leaf_certificate(-60, 3_600);
        user.write("a.crt", certificate);
        user.write("a.key", key);
        user.write("root.crt", &server.root);
        (user, server)
    }

    fn line(server: &Server, flags: &str) -> String {
        let me = "--cert {}/a.crt --key {}/a.key --root {}/root.crt";
        format!("ca certs list {me} --ca-url {} {flags}", server.url)
    }

    const FIRST: &str =
        r#"{"certificates":[{"serial":"9","status":"live","names":["a\u001b.example"]}],"nextCursor":"9"}"#;
    const EMPTY: &str = r#"{"certificates":null,"nextCursor":"5"}"#;
    const LAST: &str = r#"{"certificates":[{"serial":"3","status":"revoked","subject":"=b","provisioner":"ci"}]}"#;

    #[test]
    fn pages_are_followed_to_the_last_also_over_empty_ones() {
        let (user, server) = reader_of(&[FIRST, EMPTY, LAST]);
        let table = user.step(&line(&server, "--name a&b --expired")).answer();
        let expected = "\
STATUS   ISSUED  EXPIRES  PROVISIONER  SERIAL NUMBER  NAMES
live                      -            9              a\\u{1b}.example
revoked                   ci           3              =b
";
        assert_eq!(table, expected);
        let targets: Vec<String> = server
            .requests()
            .iter()
            .filter_map(|request| Some(request.split_whitespace().nth(1)?.to_owned()))
            .collect();
        let asked = "/admin/certs?name=a%26b&status=expired&limit=";
        assert_eq!(targets, [format!("{asked}100"), format!("{asked}99&cursor=9"), format!("{asked}99&cursor=5")]);
    }

    #[test]
    fn a_list_ends_at_its_limit_and_says_that_there_may_be_more() {
        let (user, server) = reader_of(&[FIRST]);
        let outcome = user.step(&line(&server, "--limit 1 --format csv"));
        assert_eq!(outcome.talk, "There may be more than 1; `--limit` shows them.\n");
        assert_eq!(outcome.answer().lines().nth(1), Some("9,live,,a\u{1b}.example,,,,,,,,,,"));
    }

    #[test]
    fn pages_that_go_in_circles_are_left() {
        let (user, server) = reader_of(&[FIRST, FIRST]);
        assert_eq!(user.step(&line(&server, "")).error(), "the CA's pages go round in circles\n");
    }
}
