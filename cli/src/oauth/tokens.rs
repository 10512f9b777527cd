//! The answer of a token endpoint (RFC 6749 §5.1).

use jose::JwkSet;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize as _, ZeroizeOnDrop};

use super::{
    Client, Exchange, OauthError, Provider,
    id_token::{self, Expected, IdTokenError},
};
use crate::clock;

/// Tokens. Whoever holds them is the person: they are never shown but as the answer.
#[derive(Deserialize, Serialize, ZeroizeOnDrop)]
pub(crate) struct Tokens {
    /// For the servers of the provider and its friends.
    pub(crate) access_token: String,
    /// What the provider says of the person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id_token: Option<String>,
    /// For new ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    /// Seconds until the access token ends.
    #[serde(default)]
    expires_in: u64,
    /// `Bearer`, in any case.
    #[serde(default)]
    token_type: String,
}

impl Tokens {
    /// An access token that was made here.
    pub(super) fn bearer(access_token: String, expires_in: u64) -> Self {
        Self { access_token, id_token: None, refresh_token: None, expires_in, token_type: "Bearer".into() }
    }

    /// What the provider says of the person.
    ///
    /// # Errors
    ///
    /// When there is none.
    pub(crate) fn id_token(&self) -> Result<&str, OauthError> {
        self.id_token.as_deref().ok_or(OauthError::Missing("id_token"))
    }

    /// The same, with an identity token only if it has been verified. `nonce` is what the request said.
    pub(super) async fn verified(
        mut self,
        exchange: &Exchange,
        provider: &Provider,
        client: &Client,
        nonce: Option<&str>,
    ) -> Result<Self, OauthError> {
        let Some(issuer) = &provider.issuer else {
            self.id_token.zeroize();
            return Ok(self);
        };
        if let Some(token) = &self.id_token {
            let body = exchange.fetch(&issuer.keys).await?;
            let keys = std::str::from_utf8(&body).ok().and_then(|text| JwkSet::from_json(text).ok());
            let expected = Expected { issuer: &issuer.name, client_id: client.id(), nonce, now: clock::now() };
            id_token::verify(token, &keys.ok_or(IdTokenError::Keys)?, &expected)?;
        }
        Ok(self)
    }
}
