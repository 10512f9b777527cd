//! What a provider publishes about itself (OpenID Connect Discovery 1.0 §3, §4).

use reqwest::Url;
use serde::Deserialize;

use super::{
    Exchange, OauthError,
    provider::{ClientAuthentication, Issuer, Provider, secure_url},
};

const WELL_KNOWN: &str = "/.well-known/openid-configuration";

/// The members that matter here. One that is there twice is an error.
#[derive(Deserialize)]
struct Configuration {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    device_authorization_endpoint: Option<String>,
    code_challenge_methods_supported: Option<Vec<String>>,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

/// Asks a provider for its configuration. `place` is its issuer or the configuration itself.
///
/// # Errors
///
/// When the configuration is that of another issuer than its place says, or names a place that is not https, or has no
/// room for PKCE with S256.
pub(crate) async fn discover(exchange: &Exchange, place: &Url) -> Result<Provider, OauthError> {
    let url = document(place);
    let body = exchange.fetch(&url).await?;
    let configuration = serde_json::from_slice(&body);
    provider(&url, configuration.map_err(|source| OauthError::Malformed { url: url.clone(), source })?)
}

/// The URL of the configuration of the issuer at `place` (§4.1).
fn document(place: &Url) -> Url {
    let mut url = place.clone();
    if !url.path().ends_with(WELL_KNOWN) {
        url.set_path(&format!("{}{WELL_KNOWN}", place.path().trim_end_matches('/')));
    }
    url
}

fn provider(url: &Url, configuration: Configuration) -> Result<Provider, OauthError> {
    // Else a provider could speak for another, and its codes be sent to itself (§4.3, RFC 9207 §1).
    let is_of = Url::parse(&configuration.issuer).is_ok_and(|issuer| document(&issuer) == *url);
    if !is_of {
        return Err(OauthError::AnotherIssuer { asked: url.clone(), said: configuration.issuer });
    }
    // A provider that does not say which methods it takes may take any.
    let takes_s256 = |methods: &Vec<String>| methods.iter().any(|method| method == "S256");
    if !configuration.code_challenge_methods_supported.as_ref().is_none_or(takes_s256) {
        return Err(OauthError::NoPkce);
    }
    let device = configuration.device_authorization_endpoint.as_deref();
    Ok(Provider {
        authorization: secure_url("authorization_endpoint", &configuration.authorization_endpoint)?,
        token: secure_url("token_endpoint", &configuration.token_endpoint)?,
        device: device.map(|url| secure_url("device_authorization_endpoint", url)).transpose()?,
        issuer: Some(Issuer { name: configuration.issuer, keys: secure_url("jwks_uri", &configuration.jwks_uri)? }),
        authentication: authentication(configuration.token_endpoint_auth_methods_supported.as_deref()),
        names_itself: configuration.authorization_response_iss_parameter_supported,
    })
}

/// In the form where the provider says so, which is how upstream does it; `client_secret_basic` is what a provider takes
/// that says nothing (§3).
fn authentication(methods: Option<&[String]>) -> ClientAuthentication {
    let takes_posts = methods.is_some_and(|methods| methods.iter().any(|method| method == "client_secret_post"));
    if takes_posts { ClientAuthentication::Post } else { ClientAuthentication::Basic }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const ISSUER: &str = "https://idp.example.com/realm";

    fn read(change: impl FnOnce(&mut Value)) -> Result<Provider, OauthError> {
        let mut configuration = json!({
            "issuer": ISSUER,
            "authorization_endpoint": "https://idp.example.com/authorize",
            "token_endpoint": "https://idp.example.com/token",
            "jwks_uri": "https://idp.example.com/keys",
        });
        change(&mut configuration);
        let url = document(&Url::parse(ISSUER).unwrap());
        provider(&url, serde_json::from_value(configuration).unwrap())
    }

    #[test]
    fn an_issuer_and_its_configuration_are_one_place() {
        let of = |place: &str| document(&Url::parse(place).unwrap()).to_string();
        for place in [ISSUER, "https://idp.example.com/realm/", &format!("{ISSUER}{WELL_KNOWN}")] {
            assert_eq!(of(place), "https://idp.example.com/realm/.well-known/openid-configuration");
        }
        assert_eq!(of("https://idp.example.com"), "https://idp.example.com/.well-known/openid-configuration");
    }

    #[test]
    fn a_configuration_that_speaks_for_another_is_refused() {
        assert!(read(|_| ()).is_ok());
        for issuer in ["https://idp.example.com", "https://other.example.com/realm", "http://idp.example.com/realm"] {
            let outcome = read(|configuration| configuration["issuer"] = json!(issuer));
            assert!(matches!(outcome, Err(OauthError::AnotherIssuer { .. })), "{issuer}");
        }
    }

    #[test]
    fn every_place_is_one_a_secret_can_be_sent_to() {
        let members = ["authorization_endpoint", "token_endpoint", "jwks_uri", "device_authorization_endpoint"];
        for member in members {
            let outcome = read(|configuration| configuration[member] = json!("http://idp.example.com/x"));
            assert!(matches!(outcome, Err(OauthError::NotAUrl { what, .. }) if what == member), "{member}");
        }
    }

    #[test]
    fn a_provider_without_s256_is_not_used() {
        let with = |methods: Value| {
            read(|configuration| configuration["code_challenge_methods_supported"] = methods).map(|_| ())
        };
        assert!(with(json!(["plain", "S256"])).is_ok());
        assert!(matches!(with(json!(["plain"])), Err(OauthError::NoPkce)));
    }

    #[test]
    fn a_secret_is_shown_as_the_provider_takes_it() {
        let methods = |methods: &[&str]| methods.iter().map(|&method| method.to_owned()).collect::<Vec<_>>();
        assert_eq!(authentication(None), ClientAuthentication::Basic);
        assert_eq!(authentication(Some(&methods(&["client_secret_basic"]))), ClientAuthentication::Basic);
        let both = methods(&["client_secret_basic", "client_secret_post"]);
        assert_eq!(authentication(Some(&both)), ClientAuthentication::Post);
    }
}
