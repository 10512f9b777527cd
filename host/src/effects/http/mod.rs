//! `http`: requests to other servers, made for a policy that must not reach more than it was granted.
//!
//! ```text
//!  URL ─► allowed? ─► resolved ─► public addresses only ─► connected to one of these ─► answer, capped
//!           ▲                                                                             │
//!           └──────────────────────────── redirect, GET and HEAD only ◄───────────────────┘
//! ```
//!
//! The names of a URL are resolved once, and what is connected to is what was looked at: a name that means another
//! address a moment later changes nothing. No proxy is taken from the environment, no cookie is kept.

mod address;
mod allowed;
mod cache;
mod client;
mod headers;
#[cfg(test)]
mod tests;

use std::{path::PathBuf, sync::Arc, time::Duration};

use policy_runtime::{
    Http, Reply,
    contract::effects::{HttpError, Request, Response},
};
use reqwest::{Method, StatusCode, Url, header};
use thiserror::Error;
use tokio::time::timeout;

pub(super) use self::client::Network;
use self::{
    allowed::{Allowed, Part},
    cache::Cache,
};
use crate::{config::HttpGrant, limits};

/// The part of the web that one policy may reach.
pub(super) struct Outlet(Arc<Inner>);

struct Inner {
    allowed: Allowed,
    cache: Cache,
}

impl Outlet {
    /// What the grants allow, with the files they name read.
    pub(super) fn new(network: &Network, grants: &[HttpGrant]) -> Result<Self, OutletError> {
        Ok(Self(Arc::new(Inner { allowed: Allowed::new(network, grants)?, cache: Cache::default() })))
    }
}

impl Http for Outlet {
    fn send(&self, request: Request) -> Reply<Result<Response, HttpError>> {
        let outlet = self.0.clone();
        Box::pin(async move { outlet.send(request).await })
    }

    fn cached(&self, url: String, max_age: u32) -> Reply<Result<Response, HttpError>> {
        let outlet = self.0.clone();
        Box::pin(async move {
            let age = Duration::from_secs(max_age.into());
            let ask = || outlet.send(Request { method: "GET".into(), url: url.clone(), ..nothing() });
            outlet.cache.answer(&url, age, ask).await
        })
    }
}

/// A request without headers, body and time limit.
fn nothing() -> Request {
    Request { method: String::new(), url: String::new(), headers: Vec::new(), body: None, timeout: None }
}

/// What is asked for, as far as it does not change with a redirect.
struct Question {
    method: Method,
    headers: header::HeaderMap,
    body: Option<Vec<u8>>,
}

impl Inner {
    async fn send(&self, request: Request) -> Result<Response, HttpError> {
        let method = Method::from_bytes(request.method.as_bytes())
            .map_err(|_| HttpError::Invalid("the method is none".to_owned()))?;
        let url = allowed::parse(&request.url)?;
        let part = self.allowed.part(&url, &method)?;
        let headers = headers::to_send(&request.headers)?;
        let limit = request.timeout.map_or(part.timeout, |asked| part.timeout.min(Duration::from_millis(asked.into())));
        let question = Question { method, headers, body: request.body };
        timeout(limit, self.exchange(question, url)).await.unwrap_or(Err(HttpError::Timeout))
    }

    /// One request, and those it is redirected to.
    async fn exchange(&self, mut question: Question, mut url: Url) -> Result<Response, HttpError> {
        for _ in 0..=limits::HTTP_REDIRECTS {
            let part = self.allowed.part(&url, &question.method)?;
            let answer = ask(part, &question, &url).await?;
            let Some(next) = redirected(&question.method, &answer, &url)? else { return read(answer, part).await };
            if next.origin() != url.origin() {
                // What was meant for one server is not shown to another.
                question.headers.remove(header::AUTHORIZATION);
            }
            url = next;
        }
        Err(HttpError::Invalid(format!("more than {} redirects", limits::HTTP_REDIRECTS)))
    }
}

async fn ask(part: &Part, question: &Question, url: &Url) -> Result<reqwest::Response, HttpError> {
    let mut headers = question.headers.clone();
    for (name, value) in &part.headers {
        // Whatever the module said: whom it asks as is the operator's to say.
        headers.insert(name, value.clone());
    }
    let mut request = part.client.request(question.method.clone(), url.clone()).headers(headers);
    if let Some(body) = &question.body {
        request = request.body(body.clone());
    }
    request.send().await.map_err(client::failed)
}

/// Where an answer sends the client instead, when that is something to follow.
fn redirected(method: &Method, answer: &reqwest::Response, url: &Url) -> Result<Option<Url>, HttpError> {
    let follows = method == Method::GET || method == Method::HEAD;
    let is_redirect = matches!(
        answer.status(),
        StatusCode::MOVED_PERMANENTLY
            | StatusCode::FOUND
            | StatusCode::SEE_OTHER
            | StatusCode::TEMPORARY_REDIRECT
            | StatusCode::PERMANENT_REDIRECT
    );
    let Some(location) = answer.headers().get(header::LOCATION).filter(|_| follows && is_redirect) else {
        return Ok(None);
    };
    let invalid = || HttpError::Invalid("redirected to what is no URL".to_owned());
    let location = location.to_str().map_err(|_| invalid())?;
    let next = url.join(location).map_err(|_| invalid())?;
    allowed::check(next).map(Some)
}

async fn read(mut answer: reqwest::Response, part: &Part) -> Result<Response, HttpError> {
    let room = part.max_response;
    if answer.content_length().is_some_and(|length| length > room as u64) {
        return Err(HttpError::TooLarge);
    }
    let (status, headers) = (answer.status().as_u16(), headers::to_show(answer.headers()));
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(client::failed)? {
        if chunk.len() > room.saturating_sub(body.len()) {
            return Err(HttpError::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Response { status, headers, body })
}

/// Why an `http` grant cannot be used.
#[derive(Debug, Error)]
pub enum OutletError {
    /// What is granted is no URL, to the end.
    #[error("{url} cannot be granted: {why}")]
    Url {
        /// As written.
        url: String,
        /// What is wrong with it.
        why: String,
    },
    /// A file that holds a header or roots is not there.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// What a file or `ca.json` holds cannot be the value of a header.
    #[error("the value of header {name} has characters that no header can have")]
    Header {
        /// The header.
        name: String,
    },
    /// A file holds no certificate, or something that is none.
    #[error("{} has no certificates to trust: {why}", path.display())]
    Roots {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The client cannot be set up.
    #[error("cannot set up the client: {0}")]
    Client(String),
}
