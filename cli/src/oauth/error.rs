//! Why there is no token.

use reqwest::Url;
use thiserror::Error;

use super::id_token::IdTokenError;

/// Why there is no token.
#[derive(Debug, Error)]
pub(crate) enum OauthError {
    /// Something that was to be the URL of a provider is not one a secret can be sent to.
    #[error("{what} is not an https URL of a server: '{text}'")]
    NotAUrl {
        /// Which URL.
        what: &'static str,
        /// What was there.
        text: String,
    },
    /// The configuration is of somebody else (OpenID Connect Discovery 1.0 §4.3).
    #[error("the configuration at {asked} is that of another provider, '{said}'")]
    AnotherIssuer {
        /// Who was asked.
        asked: Url,
        /// Who answered.
        said: String,
    },
    /// A code could be used by whoever intercepts it.
    #[error("the provider does not take PKCE challenges of method S256")]
    NoPkce,
    /// The provider has no flow for devices without a browser.
    #[error("the provider has no device authorization endpoint")]
    NoDeviceFlow,
    /// No connection, or it broke.
    #[error("{url} cannot be asked")]
    Transport {
        /// Whom.
        url: Url,
        /// What happened.
        #[source]
        source: reqwest::Error,
    },
    /// The HTTP client cannot be made.
    #[error("cannot set up HTTP")]
    Setup(#[source] reqwest::Error),
    /// More than any answer needs.
    #[error("the answer of {url} is longer than {limit} octets")]
    TooLong {
        /// Whose.
        url: Url,
        /// How many are read.
        limit: usize,
    },
    /// An answer that is not what it should be.
    #[error("the answer of {url} makes no sense")]
    Malformed {
        /// Whose.
        url: Url,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
    /// An answer without words for what is wrong.
    #[error("{url} answered with status {status}")]
    Status {
        /// Who.
        url: Url,
        /// How.
        status: u16,
    },
    /// The provider says no (RFC 6749 §4.1.2.1, §5.2).
    #[error("the provider refused: {code}{}", description.as_ref().map(|text| format!(" ({text})")).unwrap_or_default())]
    Refused {
        /// Its word for why.
        code: String,
        /// Its sentence for why.
        description: Option<String>,
    },
    /// What came back from the browser is not an answer (RFC 6749 §4.1.2).
    #[error("what came back from the browser {0}")]
    Callback(&'static str),
    /// The listener for the browser cannot be set up.
    #[error("cannot listen on {address}")]
    Listen {
        /// Where.
        address: std::net::SocketAddr,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// The person did not come back.
    #[error("nobody came back from the browser within {seconds} seconds")]
    TimedOut {
        /// For how long they were waited for.
        seconds: u64,
    },
    /// The person did not enter the code in time (RFC 8628 §3.5).
    #[error("nobody entered the code in time")]
    DeviceExpired,
    /// An answer without the token that was asked for.
    #[error("the provider sent no {0}")]
    Missing(&'static str),
    /// An identity token nobody should believe.
    #[error("the identity token is not to be believed")]
    IdToken(#[from] IdTokenError),
    /// A file that was to be an account is not one.
    #[error("the account {0}")]
    Account(&'static str),
}

impl OauthError {
    pub(crate) fn hint(&self) -> Option<String> {
        match self {
            Self::NoDeviceFlow => Some("leave `--console-flow device` out".into()),
            Self::TimedOut { .. } => Some("where there is no browser, try `--console`".into()),
            Self::Missing("id_token") => Some("ask for it with `--scope openid`".into()),
            _ => None,
        }
    }
}
