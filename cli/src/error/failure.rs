//! An error as it is shown: with what the CA said besides, the causes, and what can be done about it.

use serde::Serialize;

use super::hint;
use crate::{client::ClientError, output::printable};

/// What standard error has about an error. In JSON members that say nothing are left out.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Failure {
    /// The chain of causes, on one line.
    error: String,
    /// What the CA said about it, fact by fact.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    facts: Vec<String>,
    /// What `STEPDEBUG=1` shows besides: every cause by itself.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    causes: Vec<String>,
    /// With them: by what the CA's log can be searched.
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
    /// What the user can do.
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
}

impl Failure {
    /// `explains` adds causes and the id of the request.
    pub(super) fn of(error: &anyhow::Error, explains: bool) -> Self {
        let of_client = || error.chain().filter_map(|cause| cause.downcast_ref::<ClientError>());
        let causes = error.chain().filter(|_| explains).map(ToString::to_string).collect();
        let request_id = of_client().filter(|_| explains).find_map(|cause| match cause {
            ClientError::Refused { request_id, .. } => Some(request_id.clone()),
            _ => None,
        });
        Self {
            error: format!("{error:#}"),
            facts: of_client().next().map(ClientError::facts).into_iter().flatten().collect(),
            causes,
            request_id,
            hint: error.chain().find_map(hint::of),
        }
    }

    /// One fact a line; control characters are shown, not obeyed.
    pub(super) fn in_words(&self) -> String {
        let mut text = format!("{}\n", printable(&self.error));
        for (index, fact) in self.facts.iter().enumerate() {
            let separator = if index == 0 { "\n" } else { "" };
            text.push_str(&format!("{separator}  {}\n", printable(fact)));
        }
        if !self.causes.is_empty() {
            text.push_str("\ncauses:\n");
        }
        for (number, cause) in self.causes.iter().enumerate() {
            text.push_str(&format!("  {number}: {}\n", printable(cause)));
        }
        if let Some(request_id) = &self.request_id {
            text.push_str(&format!("request id: {}\n", printable(request_id)));
        }
        if let Some(hint) = &self.hint {
            text.push_str(&format!("\nhint: {}\n", printable(hint)));
        }
        text
    }
}
