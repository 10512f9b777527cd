//! Where a provider is asked what, and by which name its tokens call it.

use std::str::FromStr;

use reqwest::Url;

use super::{Exchange, OauthError, discover};

/// A provider by the word or URL it is called on the command line.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum ProviderName {
    /// Google.
    Google,
    /// GitHub, which has access tokens and no identity tokens.
    GitHub,
    /// Whoever publishes a configuration there (OpenID Connect Discovery 1.0 §4).
    At(Url),
}

/// The places of a provider, every one of them https.
#[derive(Clone, Debug)]
pub(crate) struct Provider {
    /// Where the person is sent.
    pub(crate) authorization: Url,
    /// Where codes become tokens.
    pub(crate) token: Url,
    /// Where a device asks for a code, if it can (RFC 8628 §3.1).
    pub(crate) device: Option<Url>,
    /// Who signs its identity tokens, if it has such.
    pub(crate) issuer: Option<Issuer>,
    /// How a client with a secret proves that it has it.
    pub(super) authentication: ClientAuthentication,
    /// Whether it always says who it is when it sends the person back (RFC 9207 §3).
    pub(super) names_itself: bool,
}

/// Who signs identity tokens.
#[derive(Clone, Debug)]
pub(crate) struct Issuer {
    /// Their `iss`.
    pub(super) name: String,
    /// Where the keys are (RFC 7517 §5).
    pub(super) keys: Url,
}

/// How a client authenticates at the token endpoint (OpenID Connect Core 1.0 §9).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum ClientAuthentication {
    /// `client_secret_basic`
    Basic,
    /// `client_secret_post`
    Post,
}

impl ProviderName {
    /// A place that belongs to the provider.
    pub(crate) fn place(&self) -> Url {
        match self {
            Self::Google => fixed("https://accounts.google.com"),
            Self::GitHub => fixed("https://github.com"),
            Self::At(url) => url.clone(),
        }
    }

    /// Where the provider is asked what; it is asked itself, unless there is nobody to be asked.
    pub(crate) async fn look_up(&self, exchange: &Exchange) -> Result<Provider, OauthError> {
        match self {
            Self::Google | Self::At(_) => discover(exchange, &self.place()).await,
            Self::GitHub => {
                let mut provider = Provider::at(
                    fixed("https://github.com/login/oauth/authorize"),
                    fixed("https://github.com/login/oauth/access_token"),
                );
                provider.device = Some(fixed("https://github.com/login/device/code"));
                Ok(provider)
            }
        }
    }
}

impl Provider {
    /// A provider of which only the two endpoints are known: it has no identity tokens that could be verified.
    pub(crate) fn at(authorization: Url, token: Url) -> Self {
        let authentication = ClientAuthentication::Post;
        Self { authorization, token, device: None, issuer: None, authentication, names_itself: false }
    }
}

impl FromStr for ProviderName {
    type Err = OauthError;

    fn from_str(text: &str) -> Result<Self, OauthError> {
        match text {
            "google" => Ok(Self::Google),
            "github" => Ok(Self::GitHub),
            url => secure_url("the provider", url).map(Self::At),
        }
    }
}

/// A URL that a secret can be sent to: https, a host, nothing before and nothing after the path but a query.
pub(crate) fn secure_url(what: &'static str, text: &str) -> Result<Url, OauthError> {
    let is_secure = |url: &Url| {
        let is_plain = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
        url.scheme() == "https" && url.has_host() && is_plain
    };
    let not_a_url = || OauthError::NotAUrl { what, text: text.to_owned() };
    Url::parse(text).ok().filter(is_secure).ok_or_else(not_a_url)
}

fn fixed(url: &'static str) -> Url {
    Url::parse(url).expect("a URL of this file")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_is_a_known_word_or_a_url_nobody_can_listen_to() {
        assert_eq!("google".parse::<ProviderName>().ok(), Some(ProviderName::Google));
        assert!(matches!("https://idp.example.com/realm".parse(), Ok(ProviderName::At(_))));
        for text in ["", "Google", "gitlab", "http://idp.example.com", "https://me@idp.example.com", "https://a/#b"] {
            assert!(text.parse::<ProviderName>().is_err(), "{text}");
        }
    }
}
