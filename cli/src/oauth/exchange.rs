//! HTTP with a provider: one request and its answer, to a verified server.

use std::time::Duration;

use reqwest::{RequestBuilder, StatusCode, Url, header, redirect};
use rustls::ClientConfig;
use serde::{Deserialize, de::DeserializeOwned};
use zeroize::Zeroizing;

use super::{Client, OauthError, provider::ClientAuthentication};
use crate::{ca_url::is_loopback, commands::version};

/// The HTTP side of a provider.
pub(crate) struct Exchange(reqwest::Client);

const TIMEOUT: Duration = Duration::from_secs(30);
/// Key sets are the longest answers; [`jose::JwkSet`] reads as much.
const MAX_ANSWER: usize = 64 << 10;

/// What a provider says when it says no (RFC 6749 §5.2). Some say it with status 200.
#[derive(Deserialize)]
struct Refusal {
    error: String,
    #[serde(default)]
    error_description: Option<String>,
}

impl Exchange {
    /// HTTP with the server at `place`, and others if it names them, over this TLS.
    pub(crate) fn new(tls: ClientConfig, place: &Url) -> Result<Self, OauthError> {
        let builder = reqwest::Client::builder();
        let builder = if is_loopback(place) { builder.no_proxy() } else { builder };
        builder
            .tls_backend_preconfigured(tls)
            // Whoever redirects would have us send the code and the secret elsewhere.
            .redirect(redirect::Policy::none())
            .https_only(true)
            .user_agent(version::user_agent())
            .connect_timeout(TIMEOUT)
            .timeout(TIMEOUT)
            .build()
            .map(Self)
            .map_err(OauthError::Setup)
    }

    /// A public document.
    pub(super) async fn fetch(&self, url: &Url) -> Result<Zeroizing<Vec<u8>>, OauthError> {
        match answer(url, self.0.get(url.clone())).await? {
            (StatusCode::OK, body) => Ok(body),
            (status, _) => Err(OauthError::Status { url: url.clone(), status: status.as_u16() }),
        }
    }

    /// Posts a form (RFC 6749 appendix B) as the client, and reads the answer.
    pub(super) async fn post<Answer: DeserializeOwned>(
        &self,
        url: &Url,
        form: &[(&str, &str)],
        client: Option<(&Client, ClientAuthentication)>,
    ) -> Result<Answer, OauthError> {
        let mut request = self.0.post(url.clone());
        let mut form = form.to_vec();
        if let Some((client, authentication)) = client {
            match (client.secret(), authentication) {
                (Some(secret), ClientAuthentication::Basic) => {
                    // Both are encoded as in a form first (RFC 6749 §2.3.1).
                    request = request.basic_auth(&*encoded(client.id()), Some(&*encoded(secret)));
                }
                (Some(secret), ClientAuthentication::Post) => {
                    form.extend([("client_id", client.id()), ("client_secret", secret)]);
                }
                (None, _) => form.push(("client_id", client.id())),
            }
        }
        let request = request
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::ACCEPT, "application/json")
            .body(encode(&form).to_string());
        let (status, body) = answer(url, request).await?;
        if let Ok(Refusal { error, error_description }) = serde_json::from_slice(&body) {
            return Err(OauthError::Refused { code: error, description: error_description });
        }
        if !status.is_success() {
            return Err(OauthError::Status { url: url.clone(), status: status.as_u16() });
        }
        serde_json::from_slice(&body).map_err(|source| OauthError::Malformed { url: url.clone(), source })
    }
}

async fn answer(url: &Url, request: RequestBuilder) -> Result<(StatusCode, Zeroizing<Vec<u8>>), OauthError> {
    let failed = |source: reqwest::Error| OauthError::Transport { url: url.clone(), source: source.without_url() };
    let mut response = request.send().await.map_err(failed)?;
    let mut body = Zeroizing::new(Vec::new());
    while let Some(chunk) = response.chunk().await.map_err(failed)? {
        if body.len() + chunk.len() > MAX_ANSWER {
            return Err(OauthError::TooLong { url: url.clone(), limit: MAX_ANSWER });
        }
        body.extend_from_slice(&chunk);
    }
    Ok((response.status(), body))
}

/// `name=value&…`, escaped.
fn encode(pairs: &[(&str, &str)]) -> Zeroizing<String> {
    let mut url = Url::parse("form:").expect("a scheme and nothing else is a URL");
    url.query_pairs_mut().extend_pairs(pairs);
    Zeroizing::new(url.query().unwrap_or_default().to_owned())
}

/// One value, escaped.
fn encoded(value: &str) -> Zeroizing<String> {
    let pair = encode(&[("", value)]);
    Zeroizing::new(pair.trim_start_matches('=').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_escaped_and_so_are_its_parts() {
        assert_eq!(*encode(&[("a", "b c"), ("d", "&=")]), "a=b+c&d=%26%3D");
        assert_eq!((&*encoded("a:b="), &*encoded("=a")), (&"a%3Ab%3D".to_owned(), &"%3Da".to_owned()));
    }
}
