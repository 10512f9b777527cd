//! One request and its answer, over whatever TLS it is given.

use std::time::Duration;

use reqwest::{Method, Response, StatusCode, Url, header, redirect};
use rustls::ClientConfig;
use serde::de::DeserializeOwned;

use super::error::ClientError;
use crate::{CaUrl, commands::version, random};

/// The HTTP side of a client.
#[derive(Debug)]
pub(super) struct Exchange(reqwest::Client);

const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);
const TIMEOUT: Duration = Duration::from_secs(60);
const IDLE_TIMEOUT: Duration = Duration::from_secs(90);
/// A list of 100 provisioners with RSA keys is about 200 KiB.
const MAX_ANSWER: usize = 4 << 20;

impl Exchange {
    pub(super) fn new(url: &CaUrl, tls: ClientConfig) -> Result<Self, ClientError> {
        let builder = reqwest::Client::builder();
        // Go never asks a proxy for this machine, whatever the environment says.
        let builder = if url.is_loopback() { builder.no_proxy() } else { builder };
        builder
            .tls_backend_preconfigured(tls)
            // A CA does not redirect; whoever does would have us send the token elsewhere.
            .redirect(redirect::Policy::none())
            .https_only(true)
            .user_agent(version::user_agent())
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(TIMEOUT)
            .pool_idle_timeout(IDLE_TIMEOUT)
            .build()
            .map(Self)
            .map_err(ClientError::Setup)
    }

    /// Sends a request, with a JSON body if there is one, and reads the JSON answer.
    pub(super) async fn send<Answer: DeserializeOwned>(
        &self,
        method: Method,
        url: Url,
        body: Option<Vec<u8>>,
    ) -> Result<Answer, ClientError> {
        self.send_for(method, url, body, None).await
    }

    /// The same, on the authority of a token (RFC 6750 §2.1).
    pub(super) async fn send_for<Answer: DeserializeOwned>(
        &self,
        method: Method,
        url: Url,
        body: Option<Vec<u8>>,
        token: Option<&str>,
    ) -> Result<Answer, ClientError> {
        let request_id = random::uuid();
        let mut request = self.0.request(method.clone(), url.clone()).header("X-Request-Id", &request_id);
        if let Some(body) = body {
            request = request.header(header::CONTENT_TYPE, "application/json").body(body);
        }
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let failed = |source: reqwest::Error| ClientError::Transport {
            method: method.clone(),
            url: url.to_string(),
            source: source.without_url(),
        };
        let response = request.send().await.map_err(failed)?;
        let status = response.status();
        if status.is_redirection() {
            return Err(ClientError::Redirected { url: url.to_string() });
        }
        let request_id = echoed(&response).unwrap_or(request_id);
        let body = read(response).await.map_err(failed)?.ok_or(ClientError::TooLong { limit: MAX_ANSWER })?;
        // 202 is no certificate yet, and says what it waits for (`pending`).
        if status.as_u16() < 400 && status != StatusCode::ACCEPTED {
            return serde_json::from_slice(&body)
                .map_err(|source| ClientError::Malformed { url: url.to_string(), source });
        }
        Err(match serde_json::from_slice(&body) {
            Ok(problem) => ClientError::Refused { problem, request_id },
            Err(_) => ClientError::NotAProblem { status: status.as_u16(), url: url.to_string() },
        })
    }
}

/// The request id the CA used, which is not ours when the CA has its own ideas.
fn echoed(response: &Response) -> Option<String> {
    let header = response.headers().get("X-Request-Id")?;
    Some(header.to_str().ok()?.to_owned())
}

/// The body, or nothing when it is longer than an answer can be.
async fn read(mut response: Response) -> Result<Option<Vec<u8>>, reqwest::Error> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > MAX_ANSWER {
            return Ok(None);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Some(body))
}
