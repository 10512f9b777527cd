//! `step ca recall`: what a policy module let be issued that should not have had a say.

use std::io;

use anyhow::Context as _;
use api_types::{CertificateEntry, RecallAction, RecallEntry, RecallPage, RecallRequest};
use certs::RecallFlags;
use clap::Args;
use serde::Serialize;

use super::certs::ReaderFlags;
use crate::{answer::Answer, client::Client, context::Context, error::ExitStatus, output::Output};

/// List the certificates that a policy module had a say in and that may still be used; bar their renewal or revoke them
/// when asked to
///
/// What replaced such a certificate counts, under whichever modules it was renewed; so does what has ended and may still be
/// renewed. Without --block, --revoke and --lift nothing is changed.
///
/// The CA lets those see the list whom `admin.readers` of its configuration names, and those change something whom
/// `admin.operators` names; the certificate that is shown is barred, and not revoked. A recall does not keep the module from
/// being asked: take it out of the configuration first. What was interrupted is completed by the same command.
#[derive(Args)]
#[command(after_long_help = "\
Examples:
  step ca recall 6d9bc61a0f6c5e05f02a0a3c7a1f5b2c0de2f4b6a8c9d1e3f5a7b9c1d3e5f7a9 --cert ops.crt --key ops.key
  step ca recall 6d9bc61a0f6c5e05f02a0a3c7a1f5b2c0de2f4b6a8c9d1e3f5a7b9c1d3e5f7a9 --cert ops.crt --key ops.key --block")]
pub(crate) struct Recall {
    /// SHA-256 of the module, as `step ca certs show` and the audit log have it
    #[arg(value_name = "SHA256", value_parser = digest)]
    digest: String,
    #[command(flatten)]
    reader: ReaderFlags,
    #[command(flatten)]
    wish: RecallFlags,
}

impl Recall {
    pub(crate) fn run(self, cx: &mut Context) -> anyhow::Result<ExitStatus> {
        let client = self.reader.client(cx)?;
        let (entries, last) = match self.wish.action() {
            Some(RecallAction::Revoke) => self.revoke(cx, &client)?,
            Some(action) => {
                cx.wait_for(client.order_recall(&self.digest, &self.request(action, String::new())))??;
                self.list(cx, &client)?
            }
            None => self.list(cx, &client)?,
        };
        let summary = self.summary(entries.len(), last.recall.is_some());
        let found = RecallPage { certificates: entries, ..last };
        cx.output.give(&Found { found, is_lifted: self.wish.action() == Some(RecallAction::Lift), summary })?;
        Ok(ExitStatus::Success)
    }

    fn request(&self, action: RecallAction, cursor: String) -> RecallRequest {
        let reason_code = (action == RecallAction::Revoke).then(|| self.wish.reason_code.code());
        RecallRequest { action, reason_code, reason: self.wish.reason.clone(), cursor }
    }

    /// What may still be used, every page, and the last of them.
    fn list(&self, cx: &mut Context, client: &Client) -> anyhow::Result<(Vec<CertificateEntry>, RecallPage)> {
        collect(|cursor| Ok(cx.wait_for(client.recall(&self.digest, cursor))??))
    }

    fn revoke(&self, cx: &mut Context, client: &Client) -> anyhow::Result<(Vec<CertificateEntry>, RecallPage)> {
        let mut pages = 0;
        let revoked = collect(|cursor| {
            pages += 1;
            let request = self.request(RecallAction::Revoke, cursor.to_owned());
            Ok(cx.wait_for(client.order_recall(&self.digest, &request))??)
        });
        revoked.with_context(|| format!("broken off at page {pages}; the same command completes it"))
    }

    fn summary(&self, count: usize, is_recalled: bool) -> String {
        let certificates = certs::certificates(count);
        match (self.wish.action() == Some(RecallAction::Revoke), is_recalled) {
            (true, true) => format!("{} been revoked.", certs::certificates_have(count)),
            (true, false) => format!(
                "{} been revoked. The module is not recalled, and what it let be issued since may be renewed; the audit log \
                 says why.",
                certs::certificates_have(count)
            ),
            (false, true) => format!(
                "{certificates} may still be used and will not be renewed. `--revoke` revokes them, and `--lift` lets them \
                 be renewed."
            ),
            (false, false) => {
                format!("{certificates} may still be used. `--block` bars their renewal, and `--revoke` revokes them.")
            }
        }
    }
}

/// All that was found, as one page.
#[derive(Serialize)]
struct Found {
    #[serde(flatten)]
    found: RecallPage,
    #[serde(skip)]
    is_lifted: bool,
    #[serde(skip)]
    summary: String,
}

impl Answer for Found {
    fn tell(&self, output: &mut Output) -> io::Result<()> {
        let RecallPage { certificates, recall, in_use, .. } = &self.found;
        output.answer(certs::table(certificates))?;
        if let Some(RecallEntry { recalled_at, recalled_by, reason }) = recall {
            let why = if reason.is_empty() { String::new() } else { format!(": {reason}") };
            output.say(format_args!("Recalled at {recalled_at} by {recalled_by}{why}"))?;
        }
        if !in_use.is_empty() && !self.is_lifted {
            output.say(format_args!("The module is still in use, as {}.", in_use.join(", ")))?;
        }
        output.say(&self.summary)
    }
}

/// Every page, and the last of them for what else it says.
fn collect(
    mut ask: impl FnMut(&str) -> anyhow::Result<RecallPage>,
) -> anyhow::Result<(Vec<CertificateEntry>, RecallPage)> {
    let (mut entries, mut cursor) = (Vec::new(), String::new());
    loop {
        let mut page = ask(&cursor)?;
        entries.append(&mut page.certificates);
        if page.next_cursor.is_empty() {
            return Ok((entries, page));
        }
        anyhow::ensure!(super::certs::is_below(&page.next_cursor, &cursor), "the CA's pages go round in circles");
        cursor.clone_from(&page.next_cursor);
    }
}

fn digest(text: &str) -> Result<String, &'static str> {
    let is_digest = text.len() == 64 && text.bytes().all(|octet| octet.is_ascii_hexdigit());
    if is_digest { Ok(text.to_ascii_lowercase()) } else { Err("not the 64 hexadecimal digits of a SHA-256 value") }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Server, User, http, leaf_certificate};

    fn user_of(server: &Server) -> User {
        let user = User::new();
        let (certificate, key) = leaf_certificate(-60, 3_600);
        user.write("a.crt", certificate);
        user.write("a.key", key);
        user.write("root.crt", &server.root);
        user
    }

    fn line(server: &Server, flags: &str) -> String {
        let me = "--cert {}/a.crt --key {}/a.key --root {}/root.crt";
        format!("ca recall {} {me} --ca-url {} {flags}", "AB".repeat(32), server.url)
    }

    #[test]
    fn every_page_is_revoked_and_the_ca_is_told_where_to_go_on() {
        let first = r#"{"certificates":[{"serial":"9","status":"revoked"}],"nextCursor":"9"}"#;
        let last =
            r#"{"certificates":[{"serial":"3","status":"revoked"}],"recall":{"recalledAt":"then","recalledBy":"ops"}}"#;
        let server = Server::answering([first, last].map(|body| http("200 OK", "", body)).into());
        let outcome = user_of(&server).step(&line(&server, "--revoke --reason no"));
        assert_eq!(outcome.talk, "Recalled at then by ops\n2 certificates have been revoked.\n");
        let requests = server.requests();
        let target = format!("POST /admin/recalls/{} ", "ab".repeat(32));
        assert!(requests.iter().all(|request| request.starts_with(&target)), "{requests:?}");
        let body = r#"{"action":"revoke","reasonCode":9,"reason":"no""#;
        assert!(requests[0].ends_with(&format!("{body}}}")), "{}", requests[0]);
        assert!(requests[1].ends_with(&format!("{body},\"cursor\":\"9\"}}")), "{}", requests[1]);
    }

    #[test]
    fn what_is_revoked_without_a_recall_is_said_to_be() {
        let page = r#"{"certificates":[{"serial":"9","status":"revoked"}]}"#;
        let server = Server::answering(vec![http("200 OK", "", page)]);
        let talk = user_of(&server).step(&line(&server, "--revoke")).talk;
        assert!(talk.starts_with("1 certificate has been revoked. The module is not recalled"), "{talk}");
    }

    #[test]
    fn one_certificate_is_one_and_nothing_is_changed_unasked() {
        let page = r#"{"certificates":[{"serial":"9","status":"live"}],"inUse":["office\u001b"]}"#;
        let server = Server::answering(vec![http("200 OK", "", page)]);
        let talk = user_of(&server).step(&line(&server, "")).talk;
        assert_eq!(
            talk,
            "The module is still in use, as office\\u{1b}.\n\
             1 certificate may still be used. `--block` bars their renewal, and `--revoke` revokes them.\n"
        );
        assert!(server.requests()[0].starts_with("GET "));
    }

    #[test]
    fn what_is_no_digest_is_not_asked_for() {
        let server = Server::answering(Vec::new());
        let outcome = user_of(&server).step("ca recall 7 --cert {}/a.crt --key {}/a.key");
        assert!(outcome.error().contains("64 hexadecimal digits"));
    }
}
