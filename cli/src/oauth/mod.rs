//! Tokens of somebody else's identity provider: OAuth 2.0 and OpenID Connect from the side of a command line.
//!
//! ```text
//!  Provider ──► Authorization ──► the person's ──► Callback ──► code ──► Tokens ──► id_token::verify
//!  discovery    state, nonce,     browser          127.0.0.1             token      keys of the
//!  or flags     PKCE                               one request           endpoint   provider
//! ```
//!
//! What it promises: nothing is sent but over TLS to a verified server; a code is exchanged only with the secret it was
//! asked for with (RFC 7636), and only when it came with the state it was asked for with; an identity token is handed
//! on only when the provider's published keys have signed it, for this client, this request and this hour.
//!
//! What it does not know: certificates, and what a CA makes of a token.

mod authorization;
mod callback;
mod client;
mod device;
mod discovery;
mod error;
mod exchange;
mod id_token;
mod interactive;
mod listener;
mod provider;
mod service_account;
#[cfg(test)]
mod tests;
mod tokens;

pub(crate) use authorization::Parameter;
pub(crate) use client::Client;
pub(crate) use device::authorize as authorize_device;
pub(crate) use discovery::discover;
pub(crate) use error::OauthError;
pub(crate) use exchange::Exchange;
pub(crate) use interactive::{Wish, authorize, authorize_by_hand};
pub(crate) use listener::{ListenAddress, Redirect};
pub(crate) use provider::{Provider, ProviderName, secure_url};
pub(crate) use service_account::{Account, ServiceAccount};
pub(crate) use tokens::Tokens;
