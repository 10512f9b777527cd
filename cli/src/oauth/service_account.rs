//! Accounts in files, as Google hands them out: those of programs, and those of clients.

use authority::{Timestamp, keys::PrivateKey};
use jose::{
    Jwk,
    jws::{self, ProtectedHeader},
};
use reqwest::Url;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{Client, Exchange, OauthError, Provider, Tokens, secure_url};
use crate::pem_key;

/// What is in an account file.
pub(crate) enum Account {
    /// A registered client, for persons.
    Client(Client, Provider),
    /// A program that is somebody itself.
    Service(ServiceAccount),
}

/// A program's account: it signs for itself.
pub(crate) struct ServiceAccount {
    email: String,
    key: Jwk,
    key_id: String,
    /// Where its signature becomes a token.
    pub(crate) token: Url,
}

/// Seconds for which it signs; more is refused by Google.
const LIFETIME: u64 = 3600;

#[derive(Deserialize)]
struct File {
    installed: Option<ClientFile>,
    #[serde(flatten)]
    service: Option<ServiceFile>,
}

#[derive(Deserialize)]
struct ClientFile {
    client_id: String,
    client_secret: Option<String>,
    auth_uri: String,
    token_uri: String,
}

#[derive(Deserialize)]
struct ServiceFile {
    r#type: String,
    client_email: String,
    private_key_id: String,
    private_key: String,
    token_uri: String,
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    iat: i64,
    exp: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<&'a str>,
}

impl Account {
    /// Reads a file as Google's console hands it out.
    pub(crate) fn parse(json: &[u8]) -> Result<Self, OauthError> {
        let file: File = serde_json::from_slice(json).map_err(|_| OauthError::Account("file cannot be read"))?;
        match file {
            File { installed: Some(client), .. } => {
                let provider = Provider::at(
                    secure_url("auth_uri", &client.auth_uri)?,
                    secure_url("token_uri", &client.token_uri)?,
                );
                let secret = client.client_secret.map(Zeroizing::new);
                Ok(Self::Client(Client::new(client.client_id, secret), provider))
            }
            File { service: Some(service), .. } if service.r#type == "service_account" => {
                let text = Zeroizing::new(service.private_key);
                let key = PrivateKey::from_pem(&text, None).ok().and_then(|key| pem_key::to_jwk(&key).ok());
                Ok(Self::Service(ServiceAccount {
                    email: service.client_email,
                    key: key.ok_or(OauthError::Account("has a private key that cannot be read"))?,
                    key_id: service.private_key_id,
                    token: secure_url("token_uri", &service.token_uri)?,
                }))
            }
            File { .. } => Err(OauthError::Account("is neither of an installed client nor of a service")),
        }
    }
}

impl ServiceAccount {
    /// A token of the provider for these scopes (RFC 7523 §2.1). What it says of a person is not handed on: nothing here
    /// could verify it.
    pub(crate) async fn authorize(
        &self,
        exchange: &Exchange,
        scope: &str,
        now: Timestamp,
    ) -> Result<Tokens, OauthError> {
        let assertion = self.sign(self.token.as_str(), Some(scope), now)?;
        let form = [("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"), ("assertion", assertion.as_str())];
        let tokens: Tokens = exchange.post(&self.token, &form, None).await?;
        Ok(tokens.without_identity())
    }

    /// A token of its own for whoever knows its key; nobody is asked.
    pub(crate) fn bearer(&self, audience: &str, now: Timestamp) -> Result<Tokens, OauthError> {
        Ok(Tokens::bearer(self.sign(audience, None, now)?.to_string(), LIFETIME))
    }

    fn sign(&self, aud: &str, scope: Option<&str>, now: Timestamp) -> Result<Zeroizing<String>, OauthError> {
        let iat = now.as_unix();
        let exp = iat.saturating_add(LIFETIME.cast_signed());
        let claims = Claims { iss: &self.email, sub: &self.email, aud, iat, exp, scope };
        let claims = serde_json::to_vec(&claims).expect("strings and numbers are JSON");
        let token = jws::sign(&ProtectedHeader::jwt(&self.key_id), claims, &self.key);
        token.map(Zeroizing::new).map_err(|_| OauthError::Account("has a private key that does not sign"))
    }
}

#[cfg(test)]
mod tests {
    use authority::keys::KeySpec;
    use jose::jws::Unverified;
    use serde_json::json;

    use super::*;

    const NOW: Timestamp = Timestamp::from_unix(1_700_000_000);

    #[test]
    fn a_service_signs_for_itself() {
        let key = PrivateKey::generate(KeySpec::EcP256).unwrap();
        let file = json!({
            "type": "service_account", "client_email": "ci@example.com", "private_key_id": "k1",
            "private_key": *key.to_pem().unwrap(), "token_uri": "https://idp.example.com/token",
        });
        let Account::Service(account) = Account::parse(file.to_string().as_bytes()).unwrap() else { panic!() };
        let tokens = account.bearer("https://api.example.com", NOW).unwrap();
        let token = Unverified::parse(&tokens.access_token).unwrap();
        jws::verify(&token, &account.key.public()).unwrap();
        let claims = token.claims();
        assert_eq!((claims.iss.as_deref(), claims.sub.as_deref()), (Some("ci@example.com"), Some("ci@example.com")));
        assert_eq!(claims.aud, ["https://api.example.com"]);
        assert_eq!(claims.exp.map(|end| end.as_unix() - NOW.as_unix()), Some(3_600));
        assert_eq!(token.header().kid(), Some("k1"));
    }

    #[test]
    fn an_account_that_could_lose_a_secret_is_refused() {
        let client = |uri: &str| {
            let file = json!({"installed": {
                "client_id": "c", "client_secret": "s", "auth_uri": "https://idp.example.com/a", "token_uri": uri,
            }});
            Account::parse(file.to_string().as_bytes()).map(|_| ())
        };
        client("https://idp.example.com/t").unwrap();
        assert!(matches!(client("http://idp.example.com/t"), Err(OauthError::NotAUrl { .. })));
        for text in ["", "{}", r#"{"type":"service_account"}"#, "[]"] {
            assert!(matches!(Account::parse(text.as_bytes()), Err(OauthError::Account(_))), "{text}");
        }
    }
}
