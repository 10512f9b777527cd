//! An OpenID Connect provider with one person, who signs in whenever their browser comes by.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::{SystemTime, UNIX_EPOCH},
};

use aws_lc_rs::digest;
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use jose::{
    Jwk,
    jws::{self, ProtectedHeader},
};
use reqwest::Url;
use rustls::{ClientConfig, RootCertStore, pki_types::CertificateDer, pki_types::pem::PemObject as _};
use serde_json::{Value, json};

use crate::Web;

/// The provider. Its clients have no secrets.
pub struct IdentityProvider {
    web: Web,
    key: Jwk,
}

/// What is wrong with a provider.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Mischief {
    /// Nothing.
    None,
    /// Its tokens answer another request.
    Nonce,
    /// Its tokens are signed by somebody else.
    Signature,
    /// Its tokens are for another client.
    Audience,
    /// It sends the person back with an answer to another request.
    State,
    /// It turns the person away.
    Refusal,
    /// It promises to say who it is when it sends the person back (RFC 9207), and does not.
    Issuer,
    /// Its access tokens bring another line of a header, and steer a terminal.
    Line,
    /// It hangs up on a device that asks for the first time.
    Connection,
}

/// Whom a code is for: what the request for it said.
type Request = HashMap<String, String>;

/// What the provider remembers.
struct Desk {
    key: Jwk,
    claims: Value,
    mischief: Mischief,
    requests: Mutex<HashMap<String, Request>>,
    polls: AtomicUsize,
}

impl IdentityProvider {
    /// A provider whose person has these claims.
    pub fn start(claims: Value) -> Self {
        Self::with(claims, Mischief::None)
    }

    /// A provider that is not what it should be.
    pub fn with(claims: Value, mischief: Mischief) -> Self {
        let key = Jwk::generate_ec_p256().expect("a key").with_kid("idp");
        let (requests, polls) = (Mutex::default(), AtomicUsize::default());
        let desk = Desk { key: key.clone(), claims, mischief, requests, polls };
        Self { web: Web::start(move |request| desk.answer(request)), key }
    }

    /// `iss` of its tokens.
    pub fn issuer(&self) -> String {
        self.web.url("")
    }

    /// Where its keys are.
    pub fn keys(&self) -> String {
        self.web.url("/keys")
    }

    /// Its public key.
    pub fn key(&self) -> Jwk {
        self.key.public()
    }

    /// The server it is.
    pub fn web(&self) -> &Web {
        &self.web
    }

    /// The person's browser: it goes where an address leads, and on to where it is sent from there. What it says is the
    /// last address.
    pub fn browser(&self) -> impl Fn(&str) -> String + Send + Sync + use<> {
        let root = CertificateDer::from_pem_file(self.web.roots()).expect("a root");
        move |address| {
            let go_on = fetch(address, &root);
            if go_on.starts_with("http://") {
                fetch(&go_on, &root);
            }
            go_on
        }
    }
}

fn fetch(address: &str, root: &CertificateDer<'static>) -> String {
    let mut roots = RootCertStore::empty();
    roots.add(root.clone()).expect("a root");
    let tls = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("protocol versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let client = reqwest::Client::builder().tls_backend_preconfigured(tls).no_proxy().build().expect("a client");
        let answer = client.get(address).send().await.expect("an answer");
        answer.text().await.expect("text")
    })
}

impl Desk {
    fn answer(&self, request: &str) -> (u16, String) {
        let (head, body) = request.split_once("\r\n\r\n").expect("a head and a body");
        let target = head.split(' ').nth(1).expect("a request line");
        let host = head.lines().find_map(|line| line.strip_prefix("host: ")).expect("a host");
        let issuer = format!("https://{host}");
        let url = Url::parse(&format!("{issuer}{target}")).expect("a URL");
        match url.path() {
            "/.well-known/openid-configuration" => (200, self.configuration(&issuer)),
            "/keys" => (200, format!(r#"{{"keys":[{}]}}"#, self.key.public().to_json())),
            "/authorize" => (200, self.authorize(&url)),
            "/device" => (200, device(&issuer)),
            "/token" => self.token(&issuer, &form(body)),
            _ => (404, String::new()),
        }
    }

    fn configuration(&self, issuer: &str) -> String {
        let at = |path: &str| format!("{issuer}{path}");
        json!({
            "issuer": issuer,
            "authorization_endpoint": at("/authorize"),
            "token_endpoint": at("/token"),
            "device_authorization_endpoint": at("/device"),
            "jwks_uri": at("/keys"),
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": self.mischief == Mischief::Issuer,
        })
        .to_string()
    }

    /// The person is known at once: where they are sent back to.
    fn authorize(&self, url: &Url) -> String {
        let request: Request = url.query_pairs().into_owned().collect();
        if request.get("redirect_uri").is_some_and(|place| place.starts_with("urn:")) {
            self.requests().insert("shown".into(), request);
            return "shown".into();
        }
        let mut back = Url::parse(&request["redirect_uri"]).expect("a place to go back to");
        let state = if self.mischief == Mischief::State { "another" } else { &request["state"] };
        let outcome = if self.mischief == Mischief::Refusal { ("error", "access_denied") } else { ("code", "sent") };
        back.query_pairs_mut().extend_pairs([outcome, ("state", state)]);
        self.requests().insert("sent".into(), request);
        back.into()
    }

    fn token(&self, issuer: &str, form: &Request) -> (u16, String) {
        let refused = |error: &str| (400, json!({"error": error}).to_string());
        if form.get("grant_type").is_some_and(|grant| grant.ends_with("device_code")) {
            // The person takes their time once.
            return match self.polls.fetch_add(1, Ordering::Relaxed) {
                0 if self.mischief == Mischief::Connection => (0, String::new()),
                0 => refused("authorization_pending"),
                _ => (200, self.tokens(issuer, &form["client_id"], None)),
            };
        }
        if form.get("grant_type").is_some_and(|grant| grant.ends_with("jwt-bearer")) {
            return (200, self.tokens(issuer, "somebody", None));
        }
        let Some(request) = form.get("code").and_then(|code| self.requests().remove(code)) else {
            return refused("invalid_grant");
        };
        let challenge = digest::digest(&digest::SHA256, form["code_verifier"].as_bytes());
        let proves = request["code_challenge"] == BASE64_URL_SAFE_NO_PAD.encode(challenge);
        let is_same = |name: &str| request.get(name) == form.get(name);
        if !proves || !is_same("redirect_uri") || !is_same("client_id") {
            return refused("invalid_grant");
        }
        (200, self.tokens(issuer, &request["client_id"], request.get("nonce").map(String::as_str)))
    }

    fn tokens(&self, issuer: &str, client: &str, nonce: Option<&str>) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock").as_secs();
        let audience = if self.mischief == Mischief::Audience { "another" } else { client };
        let mut claims = json!({"iss": issuer, "aud": audience, "sub": "42", "iat": now, "exp": now + 300});
        if let Some(nonce) = nonce {
            claims["nonce"] = json!(if self.mischief == Mischief::Nonce { "another" } else { nonce });
        }
        for (name, value) in self.claims.as_object().into_iter().flatten() {
            claims[name] = value.clone();
        }
        let stranger = Jwk::generate_ec_p256().expect("a key");
        let key = if self.mischief == Mischief::Signature { &stranger } else { &self.key };
        let token = jws::sign(&ProtectedHeader::jwt("idp"), claims.to_string(), key).expect("signed");
        let opaque = if self.mischief == Mischief::Line { "opaque\r\nX-Forwarded-For: \u{1b}[2J" } else { "opaque" };
        json!({"access_token": opaque, "id_token": token, "expires_in": 300, "token_type": "Bearer"}).to_string()
    }

    fn requests(&self) -> std::sync::MutexGuard<'_, HashMap<String, Request>> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn device(issuer: &str) -> String {
    let place = format!("{issuer}/enter");
    json!({"device_code": "d", "user_code": "WDJB-MJHT", "verification_uri": place, "expires_in": 600, "interval": 1})
        .to_string()
}

fn form(body: &str) -> Request {
    let mut url = Url::parse("form:").expect("a URL");
    url.set_query(Some(body));
    url.query_pairs().into_owned().collect()
}
