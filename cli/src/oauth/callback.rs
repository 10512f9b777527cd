//! What the person comes back with (RFC 6749 §4.1.2).

use reqwest::Url;
use zeroize::Zeroizing;

use super::{OauthError, Provider};

/// The query of the address the provider sent the browser to.
#[derive(Default)]
pub(super) struct Callback {
    code: Option<Zeroizing<String>>,
    /// To which request it is the answer.
    pub(super) state: Option<String>,
    issuer: Option<String>,
    error: Option<String>,
    description: Option<String>,
    /// Whether a person has typed the code: no page shows an issuer with it.
    is_typed: bool,
}

impl Callback {
    /// Reads the query. Members with other names are not looked at; one that is there twice is an error
    /// (RFC 6749 §3.1).
    pub(super) fn parse(query: &str) -> Result<Self, OauthError> {
        let mut url = Url::parse("callback:").expect("a scheme and nothing else is a URL");
        url.set_query(Some(query));
        let mut callback = Self::default();
        for (name, value) in url.query_pairs() {
            let value = value.into_owned();
            let is_doubled = match &*name {
                "code" => callback.code.replace(Zeroizing::new(value)).is_some(),
                "state" => callback.state.replace(value).is_some(),
                "iss" => callback.issuer.replace(value).is_some(),
                "error" => callback.error.replace(value).is_some(),
                "error_description" => callback.description.replace(value).is_some(),
                _ => false,
            };
            if is_doubled {
                return Err(OauthError::Callback("says something twice"));
            }
        }
        Ok(callback)
    }

    /// A code alone, as a person reads it off a page and types it.
    pub(super) fn of_code(code: &str) -> Self {
        Self { code: Some(Zeroizing::new(code.to_owned())), is_typed: true, ..Self::default() }
    }

    /// The code, if it is this provider's.
    pub(super) fn code(self, provider: &Provider) -> Result<Zeroizing<String>, OauthError> {
        let expected = provider.issuer.as_ref().map(|issuer| issuer.name.as_str());
        match (self.issuer.as_deref(), expected) {
            // RFC 9207 is about addresses that browsers are sent to.
            (None, _) if provider.names_itself && !self.is_typed => {
                return Err(OauthError::Callback("does not say from whom it is"));
            }
            (Some(said), Some(expected)) if said != expected => {
                return Err(OauthError::Callback("is from another provider"));
            }
            _ => {}
        }
        if let Some(code) = self.error {
            return Err(OauthError::Refused { code, description: self.description });
        }
        self.code.filter(|code| !code.is_empty()).ok_or(OauthError::Callback("has no code"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oauth::provider::Issuer;

    fn provider() -> Provider {
        let place = |path: &str| Url::parse(&format!("https://idp.example.com{path}")).unwrap();
        let issuer = Issuer { name: "https://idp.example.com".into(), keys: place("/keys") };
        Provider { issuer: Some(issuer), ..Provider::at(place("/authorize"), place("/token")) }
    }

    fn code(query: &str, provider: &Provider) -> Result<String, OauthError> {
        Callback::parse(query)?.code(provider).map(|code| code.to_string())
    }

    #[test]
    fn a_code_is_taken_from_the_provider_that_was_asked() {
        let provider = provider();
        assert_eq!(code("code=a%20b&session_state=x", &provider).unwrap(), "a b");
        assert_eq!(code("code=a&iss=https%3A%2F%2Fidp.example.com", &provider).unwrap(), "a");
        for query in ["code=a&iss=https%3A%2F%2Fother.example.com", "", "code=", "code=a&code=b"] {
            assert!(matches!(code(query, &provider), Err(OauthError::Callback(_))), "{query}");
        }
        let names_itself = Provider { names_itself: true, ..provider };
        assert!(matches!(code("code=a", &names_itself), Err(OauthError::Callback(_))));
        assert_eq!(*Callback::of_code("a").code(&names_itself).unwrap(), "a");
    }

    #[test]
    fn a_refusal_is_told_in_the_providers_words() {
        let error = code("error=access_denied&error_description=not+you&code=a", &provider()).unwrap_err();
        assert_eq!(error.to_string(), "the provider refused: access_denied (not you)");
    }
}
