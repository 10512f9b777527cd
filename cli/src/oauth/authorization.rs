//! A request for an authorization code (RFC 6749 §4.1.1) and everything the answer is held to.

use aws_lc_rs::digest;
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use reqwest::Url;
use zeroize::Zeroizing;

use super::{Client, Exchange, OauthError, Provider, Tokens, callback::Callback, interactive::Wish};
use crate::random;

/// What the request says itself, so that nobody takes its protection away.
const OWN: [&str; 12] = [
    "client_id",
    "code_challenge",
    "code_challenge_method",
    "login_hint",
    "nonce",
    "prompt",
    "redirect_uri",
    "request",
    "request_uri",
    "response_type",
    "scope",
    "state",
];

/// A parameter of the provider's own.
#[derive(Clone, Debug)]
pub(crate) struct Parameter {
    name: String,
    value: String,
}

impl Parameter {
    /// Reads `name=value`, for the command line.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            Some((name, _)) if OWN.contains(&name) => Err(format!("`{name}` is said by this program")),
            Some((name, value)) if !name.is_empty() => Ok(Self { name: name.to_owned(), value: value.to_owned() }),
            _ => Err("a parameter is written as name=value".to_owned()),
        }
    }
}

/// One request for a code. Its three secrets are 256 random bits each, and used once.
pub(super) struct Authorization {
    state: String,
    nonce: String,
    verifier: Zeroizing<String>,
    redirect_uri: String,
}

impl Authorization {
    /// A request whose answer goes to this URI.
    pub(super) fn new(redirect_uri: String) -> Self {
        let secret = || BASE64_URL_SAFE_NO_PAD.encode(random::octets::<32>());
        Self { state: secret(), nonce: secret(), verifier: Zeroizing::new(secret()), redirect_uri }
    }

    /// Where the person is sent.
    pub(super) fn url(&self, provider: &Provider, client: &Client, wish: &Wish) -> Url {
        let challenge = digest::digest(&digest::SHA256, self.verifier.as_bytes());
        let challenge = BASE64_URL_SAFE_NO_PAD.encode(challenge);
        let scope = wish.scopes.join(" ");
        let mut url = provider.authorization.clone();
        let mut query = url.query_pairs_mut();
        query.extend_pairs([
            ("client_id", client.id()),
            ("code_challenge", challenge.as_str()),
            ("code_challenge_method", "S256"),
            ("redirect_uri", self.redirect_uri.as_str()),
            ("response_type", "code"),
            ("scope", scope.as_str()),
            ("state", self.state.as_str()),
        ]);
        if provider.issuer.is_some() {
            query.append_pair("nonce", &self.nonce);
        }
        if let Some(prompt) = &wish.prompt {
            query.append_pair("prompt", prompt);
        }
        if let Some(email) = &wish.email {
            query.append_pair("login_hint", email);
        }
        for Parameter { name, value } in &wish.parameters {
            query.append_pair(name, value);
        }
        drop(query);
        url
    }

    /// Whether the state is that of this request (RFC 6749 §10.12).
    pub(super) fn is_answered_by(&self, callback: &Callback) -> bool {
        let state = callback.state.as_deref().unwrap_or_default();
        aws_lc_rs::constant_time::verify_slices_are_equal(state.as_bytes(), self.state.as_bytes()).is_ok()
    }

    /// Tokens for the code the person came back with.
    pub(super) async fn exchange(
        &self,
        exchange: &Exchange,
        provider: &Provider,
        client: &Client,
        callback: Callback,
    ) -> Result<Tokens, OauthError> {
        let code = callback.code(provider)?;
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("redirect_uri", self.redirect_uri.as_str()),
            ("code_verifier", self.verifier.as_str()),
        ];
        let tokens: Tokens = exchange.post(&provider.token, &form, Some((client, provider.authentication))).await?;
        tokens.verified(exchange, provider, client, Some(&self.nonce)).await
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn no_secret_but_the_state_and_the_nonce_leaves_with_the_person() {
        let place = |path: &str| Url::parse(&format!("https://idp.example.com{path}")).unwrap();
        let provider = Provider::at(place("/authorize?tenant=a"), place("/token"));
        let client = Client::new("step", Some(Zeroizing::new("secret".into())));
        let authorization = Authorization::new("http://127.0.0.1:4711".into());
        let wish = Wish { scopes: vec!["openid".into(), "email".into()], ..Wish::default() };
        let url = authorization.url(&provider, &client, &wish);
        assert!(!url.as_str().contains("secret") && !url.as_str().contains(&*authorization.verifier));
        let query: HashMap<_, _> = url.query_pairs().into_owned().collect();
        let value = |name: &str| query.get(name).map(String::as_str);
        assert_eq!(value("tenant"), Some("a"));
        assert_eq!(value("scope"), Some("openid email"));
        assert_eq!((value("response_type"), value("code_challenge_method")), (Some("code"), Some("S256")));
        assert_eq!(value("redirect_uri"), Some("http://127.0.0.1:4711"));
        // Without an issuer nobody would ever look at a nonce.
        assert_eq!(value("nonce"), None);
        let digest = digest::digest(&digest::SHA256, authorization.verifier.as_bytes());
        assert_eq!(value("code_challenge"), Some(BASE64_URL_SAFE_NO_PAD.encode(digest).as_str()));
    }

    #[test]
    fn parameters_of_the_provider_s_own_are_sent_and_those_of_the_request_are_not_replaced() {
        let place = |path: &str| Url::parse(&format!("https://idp.example.com{path}")).unwrap();
        let provider = Provider::at(place("/authorize"), place("/token"));
        let parameters = ["access_type=offline", "hd=a=b&c"].map(|text| Parameter::parse(text).unwrap());
        let wish = Wish { parameters: parameters.to_vec(), ..Wish::default() };
        let url = Authorization::new(String::new()).url(&provider, &Client::new("step", None), &wish);
        assert!(url.as_str().ends_with("&access_type=offline&hd=a%3Db%26c"), "{url}");
        for text in OWN.iter().map(|name| format!("{name}=a")).chain(["a".into(), "=a".into()]) {
            assert!(Parameter::parse(&text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_answer_to_another_request_is_none() {
        let [one, other] = [(); 2].map(|()| Authorization::new(String::new()));
        let callback = Callback::parse(&format!("code=a&state={}", one.state)).unwrap();
        assert!(one.is_answered_by(&callback) && !other.is_answered_by(&callback));
        assert!(!one.is_answered_by(&Callback::parse("code=a").unwrap()));
    }
}
