//! The answer of a token endpoint (RFC 6749 §5.1).

use jose::JwkSet;
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use zeroize::{Zeroize as _, ZeroizeOnDrop, Zeroizing};

use super::{
    Client, Exchange, OauthError, Provider,
    id_token::{self, Expected, IdTokenError},
};
use crate::clock;

/// Tokens. Whoever holds them is the person: they are never shown but as the answer.
#[derive(Deserialize, Serialize, ZeroizeOnDrop)]
pub(crate) struct Tokens {
    /// For the servers of the provider and its friends.
    #[serde(deserialize_with = "visible")]
    pub(crate) access_token: String,
    /// What the provider says of the person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id_token: Option<String>,
    /// For new ones.
    #[serde(default, deserialize_with = "visible_if_any", skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    /// Seconds until the access token ends.
    #[serde(default)]
    expires_in: u64,
    /// `Bearer`, in any case.
    #[serde(default, deserialize_with = "visible")]
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

    /// The same without an identity token, where there is no provider to verify it by.
    pub(super) fn without_identity(mut self) -> Self {
        self.id_token.zeroize();
        self
    }

    /// The same, with an identity token only if it has been verified. `nonce` is what the request said.
    pub(super) async fn verified(
        self,
        exchange: &Exchange,
        provider: &Provider,
        client: &Client,
        nonce: Option<&str>,
    ) -> Result<Self, OauthError> {
        let Some(issuer) = &provider.issuer else {
            return Ok(self.without_identity());
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

/// Text of visible characters and spaces, as tokens are (RFC 6749 appendix A.12): one of them is printed as it is, also
/// into a header.
fn visible<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let mut text = Zeroizing::new(String::deserialize(deserializer)?);
    if text.bytes().all(|octet| matches!(octet, b' '..=b'~')) {
        return Ok(std::mem::take(&mut *text));
    }
    Err(D::Error::custom("a token has characters that no token has"))
}

/// The same, or nothing.
fn visible_if_any<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    #[derive(Deserialize)]
    struct Visible(#[serde(deserialize_with = "visible")] String);
    Ok(Option::<Visible>::deserialize(deserializer)?.map(|Visible(text)| text))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(member: &str, value: Value) -> Result<Tokens, serde_json::Error> {
        let mut answer = json!({"access_token": "a"});
        answer[member] = value;
        serde_json::from_value(answer)
    }

    #[test]
    fn a_token_that_would_end_its_line_or_steer_a_terminal_is_none() {
        for member in ["access_token", "refresh_token", "token_type"] {
            read(member, json!("a-._~+/ =")).map(drop).unwrap();
            for text in ["a\r\nX: y", "\u{1b}[2J", "\u{9b}2J", "a\u{7f}", "ä", "\0"] {
                let error = read(member, json!(text)).map(drop).unwrap_err().to_string();
                assert_eq!(error, "a token has characters that no token has", "{member}");
            }
        }
        read("refresh_token", Value::Null).map(drop).unwrap();
    }
}
