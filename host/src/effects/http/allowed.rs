//! Which URLs are granted: what a URL is, is decided here once, for grants, requests and redirects alike.

use std::{net::IpAddr, time::Duration};

use policy_runtime::contract::effects::HttpError;
use reqwest::{
    Client, Method, Url,
    header::{HeaderName, HeaderValue},
};

use super::{OutletError, address::is_public, client::Network, headers};
use crate::{config::HttpGrant, limits};

/// Everything one policy may reach.
pub(super) struct Allowed(Vec<Part>);

/// One grant, ready to be used.
pub(super) struct Part {
    url: Url,
    methods: Vec<Method>,
    is_private_allowed: bool,
    pub(super) client: Client,
    /// What the host adds. A policy never sees the values.
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
    pub(super) timeout: Duration,
    /// In octets.
    pub(super) max_response: usize,
}

impl Allowed {
    pub(super) fn new(network: &Network, grants: &[HttpGrant]) -> Result<Self, OutletError> {
        grants.iter().map(|grant| Part::new(network, grant)).collect::<Result<_, _>>().map(Self)
    }

    /// The grant that covers a request: the one that says most about the path.
    pub(super) fn part(&self, url: &Url, method: &Method) -> Result<&Part, HttpError> {
        let covering = self.0.iter().filter(|part| part.covers(url) && part.methods.contains(method));
        let part = covering.max_by_key(|part| part.url.path().len());
        let part = part.ok_or_else(|| HttpError::NotGranted(format!("{method} {}", without_query(url))))?;
        // Names are looked at when they are resolved; an address has no name.
        let literal = url.host_str().and_then(|host| host.trim_matches(['[', ']']).parse::<IpAddr>().ok());
        match literal {
            Some(address) if !part.is_private_allowed && !is_public(address) => {
                Err(HttpError::NotGranted(format!("{address} is not a public address")))
            }
            _ => Ok(part),
        }
    }
}

impl Part {
    fn new(network: &Network, grant: &HttpGrant) -> Result<Self, OutletError> {
        let url = parse(&grant.url).map_err(|error| OutletError::Url {
            url: grant.url.clone(),
            why: match error {
                HttpError::Invalid(why) => why,
                _ => "it is none".to_owned(),
            },
        })?;
        let methods = grant.methods.iter().filter_map(|method| Method::from_bytes(method.as_bytes()).ok()).collect();
        let is_private_allowed = grant.allow_private_networks;
        Ok(Self {
            url,
            methods,
            is_private_allowed,
            client: network.client(is_private_allowed, grant.roots.as_deref())?,
            headers: headers::to_add(&grant.headers)?,
            timeout: grant.timeout,
            max_response: usize::try_from(grant.max_response).unwrap_or(usize::MAX),
        })
    }

    /// Scheme, host and port are the same, and the path begins as granted.
    fn covers(&self, url: &Url) -> bool {
        self.url.origin() == url.origin() && url.path().starts_with(self.url.path())
    }
}

/// Reads a URL as the client will read it.
pub(super) fn parse(text: &str) -> Result<Url, HttpError> {
    if text.len() > limits::HTTP_URL {
        return Err(HttpError::Invalid(format!("a URL of more than {} octets", limits::HTTP_URL)));
    }
    check(Url::parse(text).map_err(|error| HttpError::Invalid(error.to_string()))?)
}

/// Refuses what two readers of a URL might take for two things. Dot segments are gone already.
pub(super) fn check(mut url: Url) -> Result<Url, HttpError> {
    let invalid = |why: &str| Err(HttpError::Invalid(why.to_owned()));
    if url.scheme() != "https" {
        return invalid("only https is spoken");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return invalid("a URL with a user");
    }
    let path = url.path().to_ascii_lowercase();
    if ["%2f", "%5c", "%00"].iter().any(|hidden| path.contains(hidden)) {
        return invalid("a path with an encoded slash");
    }
    url.set_fragment(None);
    Ok(url)
}

/// For messages: queries hold what is nobody's business.
fn without_query(url: &Url) -> Url {
    let mut url = url.clone();
    url.set_query(None);
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_may_be_as_long_as_the_limit_and_no_longer() {
        for (length, is_read) in [(limits::HTTP_URL - 1, true), (limits::HTTP_URL, true), (limits::HTTP_URL + 1, false)]
        {
            let start = "https://idp.test/";
            let url = format!("{start}{}", "x".repeat(length - start.len()));
            assert_eq!(parse(&url).is_ok(), is_read, "{length}");
        }
    }
}
