//! A check that asks another server about every certificate.
//!
//! The server is told who asks for which names, and answers `{"allow": true}`, or `{"allow": false}` with a sentence for
//! the client. Whatever else it answers, and that it does not answer, is no permission.

use policy_sdk::{
    check::{Descriptor, Environment, Proposal},
    http::{self, HttpError},
    prelude::*,
};
use serde::Deserialize;
use serde_json::json;

/// Where to ask.
pub struct Webhook {
    url: String,
}

/// `{"url": "https://approvals.example.com/certificates"}`; the same has to be granted, with `"methods": ["POST"]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    url: String,
}

/// What the server says.
#[derive(Deserialize)]
struct Verdict {
    allow: bool,
    #[serde(default)]
    message: String,
}

impl Check for Webhook {
    fn init(environment: Environment) -> Result<(Self, Descriptor), Vec<ConfigError>> {
        let Settings { url } = settings::parse(&environment.settings, "/settings")?;
        Ok((Self { url }, Descriptor::default()))
    }

    fn review(&self, proposal: &Proposal) -> Result<Vec<Edit>, Denial> {
        let response = http::send(&self.question(proposal)).map_err(|error| no_answer(&error))?;
        let verdict: Option<Verdict> = serde_json::from_slice(&response.body).ok();
        match (response.status, verdict) {
            (200, Some(Verdict { allow: true, .. })) => Ok(vec![]),
            (200, Some(Verdict { allow: false, message })) if message.is_empty() => {
                Err(Denial::forbidden("webhook.refused", "the certificate was not approved"))
            }
            (200, Some(Verdict { allow: false, message })) => Err(Denial::forbidden("webhook.refused", message)),
            (status, _) => Err(Denial::forbidden("webhook.no-answer", "nobody could be asked for approval")
                .detail("status", status.to_string())),
        }
    }
}

impl Webhook {
    fn question(&self, proposal: &Proposal) -> http::Request {
        let names: Vec<&str> = proposal.draft.subject_alt_names.iter().collect();
        let question = json!({
            // A check may be asked twice about one request; the server can tell by this.
            "requestId": proposal.context.request_id,
            "provisionerSubject": proposal.identity.subject,
            "commonName": proposal.draft.subject.common_name,
            "names": names,
        });
        http::Request {
            method: "POST".to_owned(),
            url: self.url.clone(),
            headers: vec![("content-type".to_owned(), "application/json".to_owned())],
            body: Some(question.to_string().into_bytes()),
            timeout: None,
        }
    }
}

fn no_answer(error: &HttpError) -> Denial {
    Denial::forbidden("webhook.no-answer", "nobody could be asked for approval").detail("error", format!("{error:?}"))
}

policy_sdk::check!(Webhook);

#[cfg(test)]
mod tests;
