//! An identity that keeps itself fresh: a certificate, its key, the roots it trusts, for a program that runs for ever.
//!
//! ```text
//!  token ──► bootstrap ──► SelfRenewing ──► server_config, client_config, http_client, listener
//!                               ▲
//!                      keep_fresh: /roots, /renew, swap
//! ```
//!
//! What it promises: handshakes that begin after a renewal show the new certificate and trust the new roots, without a
//! new configuration; the key never changes; roots are only added; connections that are open are left alone. Sessions
//! are not resumed, since a resumed one would outlive the certificate that began it.
//!
//! ```no_run
//! # async fn example(token: String) -> Result<(), Box<dyn std::error::Error>> {
//! use std::sync::Arc;
//! use step_cli::client::SelfRenewing;
//!
//! let identity = Arc::new(SelfRenewing::bootstrap(&token).await?);
//! tokio::spawn(identity.clone().keep_fresh(|event| println!("{event}")));
//! let answer = identity.http_client()?.get("https://other.internal/").send().await?;
//! # Ok(())
//! # }
//! ```

mod listener;
mod rhythm;
mod shown;
mod trust;

use std::{fmt, sync::Arc, time::Duration};

use authority::{
    Certificate, CertificationRequest, SubjectAltNames, Timestamp, Validity,
    keys::{KeySpec, PrivateKey},
    pki,
};
use jose::jws::Unverified;
use rustls::{
    ClientConfig, ServerConfig,
    client::Resumption,
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer},
    server::NoServerSessionStorage,
};
use thiserror::Error;

pub use self::listener::TlsListener;
use self::{rhythm::Rhythm, shown::Shown, trust::Trust};
use super::{
    Client, ClientError, Fingerprint, Identity, Roots,
    api_types::{RequestedTime, SignRequest},
    chain, tls,
};
use crate::{CaUrl, certificates, clock, random};

/// Whatever the length of the certificate's life: a CA that refuses is not asked all the time.
const SHORTEST_PAUSE: Duration = Duration::from_secs(1);

/// A certificate that renews itself at a CA, with all that TLS wants of it.
pub struct SelfRenewing {
    ca: CaUrl,
    key: PrivateKey,
    shown: Arc<Shown>,
    trust: Arc<Trust>,
}

/// Why there is no identity, or no newer one.
#[derive(Debug, Error)]
pub enum SelfRenewingError {
    /// The token is not a JWT.
    #[error("invalid bootstrap token")]
    Token(#[source] jose::JoseError),
    /// The token does not say by which root the CA is known.
    #[error("invalid bootstrap token: sha claim is not present")]
    NoFingerprint,
    /// The token does not say where the CA is.
    #[error("invalid bootstrap token: aud claim is not a url")]
    NoUrl,
    /// The token does not say whom the certificate is for.
    #[error("invalid bootstrap token: sub claim is not present")]
    NoSubject,
    /// The names of the token cannot stand in a certificate.
    #[error("invalid bootstrap token: {0}")]
    Names(String),
    /// The CA cannot be reached, or refuses.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The certificate is one that cannot be used.
    #[error("the certificate cannot be used: {0}")]
    Certificate(String),
    /// The certificate's life is too short to be renewed in time.
    #[error("period must be greater than or equal to 1m0s, but got {0:?}")]
    TooShort(Duration),
}

/// What [`SelfRenewing::keep_fresh`] tells.
#[derive(Debug)]
pub enum Event {
    /// There is a new certificate, valid until then.
    Renewed(Timestamp),
    /// There is none; it will be tried again after this time.
    Failed(SelfRenewingError, Duration),
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Renewed(until) => write!(f, "renewed the certificate; it is valid until {until}"),
            Self::Failed(error, pause) => write!(f, "cannot renew the certificate: {error}; next try in {pause:?}"),
        }
    }
}

impl SelfRenewing {
    /// Makes a key and has the CA that the token names certify it. The token is spent.
    ///
    /// # Errors
    /// A token without `sha`, `sub` or a URL as `aud`, a CA that refuses, a life of less than a minute.
    pub async fn bootstrap(token: &str) -> Result<Self, SelfRenewingError> {
        let parsed = Unverified::parse(token.trim()).map_err(SelfRenewingError::Token)?;
        let claims = parsed.claims();
        let sha: Option<Fingerprint> = claims.sha.as_ref().and_then(|sha| sha.parse().ok());
        let sha = sha.ok_or(SelfRenewingError::NoFingerprint)?;
        let ca: Option<CaUrl> = claims.aud.iter().filter(|audience| is_url(audience)).find_map(|url| url.parse().ok());
        let ca = ca.ok_or(SelfRenewingError::NoUrl)?;
        let subject = claims.sub.clone().ok_or(SelfRenewingError::NoSubject)?;
        let names = claims.sans.clone().filter(|names| !names.is_empty()).unwrap_or_else(|| vec![subject.clone()]);

        let root = super::fetch_root(&ca, &sha).await?;
        let roots = Roots::from(root);
        let key = PrivateKey::generate(KeySpec::EcP256).map_err(unusable)?;
        let request = request(&key, &subject, &names)?;
        let sign = SignRequest {
            csr: request.pem(),
            ott: token.trim().to_owned(),
            not_before: RequestedTime::Unset,
            not_after: RequestedTime::Unset,
            template_data: None,
        };
        let client = Client::new(ca.clone(), &roots)?;
        let chain = chain(&client.sign(&sign).await?)?;
        let identity = Self::with_key(ca, &roots, chain, key)?;
        identity.learn_roots(&client).await?;
        Ok(identity)
    }

    /// Takes over a certificate, leaf first, and its key.
    ///
    /// # Errors
    /// They do not belong together, or the certificate's life is shorter than a minute.
    pub fn new(ca: CaUrl, roots: &Roots, identity: Identity) -> Result<Self, SelfRenewingError> {
        let key = PrivateKey::from_der(identity.key.secret_der()).map_err(unusable)?;
        Self::with_key(ca, roots, identity.chain, key)
    }

    fn with_key(
        ca: CaUrl,
        roots: &Roots,
        chain: Vec<CertificateDer<'static>>,
        key: PrivateKey,
    ) -> Result<Self, SelfRenewingError> {
        let leaf = leaf(&chain, &key)?;
        Rhythm::of(leaf.validity()).checked().map_err(SelfRenewingError::TooShort)?;
        let shown = Shown::new(chain, &private(&key)?)?;
        let trust = Trust::new(roots)?;
        Ok(Self { ca, key, shown: Arc::new(shown), trust: Arc::new(trust) })
    }

    /// The certificate in use, leaf first.
    pub fn chain(&self) -> Vec<CertificateDer<'static>> {
        self.shown.chain()
    }

    /// TLS for a server that shows the certificate and lets in who has one below the same roots.
    ///
    /// # Errors
    /// TLS cannot be set up.
    pub fn server_config(&self) -> Result<ServerConfig, SelfRenewingError> {
        let builder = ServerConfig::builder_with_provider(tls::provider()).with_safe_default_protocol_versions();
        let builder = builder.map_err(ClientError::Tls)?;
        let mut config = builder.with_client_cert_verifier(self.trust.clone()).with_cert_resolver(self.shown.clone());
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        Ok(config)
    }

    /// TLS for a client that shows the certificate and trusts servers with one below the same roots.
    ///
    /// # Errors
    /// TLS cannot be set up.
    pub fn client_config(&self) -> Result<ClientConfig, SelfRenewingError> {
        let builder = ClientConfig::builder_with_provider(tls::provider()).with_safe_default_protocol_versions();
        let builder = builder.map_err(ClientError::Tls)?.dangerous();
        let builder = builder.with_custom_certificate_verifier(self.trust.clone());
        let mut config = builder.with_client_cert_resolver(self.shown.clone());
        config.resumption = Resumption::disabled();
        Ok(config)
    }

    /// An HTTP client with [`Self::client_config`].
    ///
    /// # Errors
    /// TLS or HTTP cannot be set up.
    pub fn http_client(&self) -> Result<reqwest::Client, SelfRenewingError> {
        let builder = reqwest::Client::builder().tls_backend_preconfigured(self.client_config()?);
        Ok(builder.build().map_err(ClientError::Setup)?)
    }

    /// A listener for `axum::serve` with [`Self::server_config`].
    ///
    /// # Errors
    /// TLS cannot be set up, or the socket is broken.
    pub fn listener(&self, socket: tokio::net::TcpListener) -> Result<TlsListener, SelfRenewingError> {
        let mut config = self.server_config()?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        TlsListener::new(socket, config).map_err(|error| SelfRenewingError::Certificate(error.to_string()))
    }

    /// Renews when two thirds of the certificate's life are over, less a random twentieth, for ever; when that fails,
    /// again a little later. The wall clock is looked at every half a minute, so a machine that slept notices.
    pub async fn keep_fresh(self: Arc<Self>, tell: impl Fn(Event) + Send) {
        loop {
            let validity = self.validity();
            let rhythm = Rhythm::of(validity);
            let due = rhythm.due(validity, random::below);
            while clock::now() < due {
                tokio::time::sleep(rhythm.look()).await;
            }
            // After a success, too: where the clock is ahead, the new certificate is due at once, and again.
            let pause = rhythm.pause(random::below).max(SHORTEST_PAUSE);
            tell(match self.renew().await {
                Ok(until) => Event::Renewed(until),
                Err(error) => Event::Failed(error, pause),
            });
            tokio::time::sleep(pause).await;
        }
    }

    /// Learns the CA's roots and renews the certificate, now. Tells until when the new one is valid.
    ///
    /// # Errors
    /// The CA cannot be reached, or refuses; the old certificate then stays in use.
    pub async fn renew(&self) -> Result<Timestamp, SelfRenewingError> {
        let identity = Identity { chain: self.chain(), key: private(&self.key)? };
        let client = Client::with_identity(self.ca.clone(), &self.trust.roots(), identity)?;
        self.learn_roots(&client).await?;
        let chain = chain(&client.renew().await?)?;
        let until = leaf(&chain, &self.key)?.validity().not_after;
        self.shown.replace(chain, &private(&self.key)?)?;
        Ok(until)
    }

    /// Adds what `/roots` lists to what is trusted.
    async fn learn_roots(&self, client: &Client) -> Result<(), SelfRenewingError> {
        let answer = client.roots().await?;
        let roots = answer.crts.iter().map(|pem| certificates::first(pem.as_bytes()));
        let roots = roots.collect::<Result<Vec<_>, _>>().map_err(ClientError::Certificate)?;
        Ok(self.trust.add(roots)?)
    }

    /// Of the certificate in use.
    fn validity(&self) -> Validity {
        let leaf = self.chain().first().and_then(|leaf| Certificate::from_der(leaf).ok());
        leaf.expect("what is shown was parsed before it was").validity()
    }
}

/// `step-certificate-authority` is an audience, too, and leads nowhere.
fn is_url(audience: &str) -> bool {
    audience.get(..8).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https://"))
}

impl fmt::Debug for SelfRenewing {
    /// Without the key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SelfRenewing").field("ca", &self.ca).finish_non_exhaustive()
    }
}

fn unusable(error: impl fmt::Display) -> SelfRenewingError {
    SelfRenewingError::Certificate(error.to_string())
}

fn private(key: &PrivateKey) -> Result<PrivateKeyDer<'static>, SelfRenewingError> {
    let der = key.to_pkcs8_der().map_err(unusable)?;
    Ok(PrivatePkcs8KeyDer::from(der.to_vec()).into())
}

fn request(key: &PrivateKey, subject: &str, names: &[String]) -> Result<CertificationRequest, SelfRenewingError> {
    let named = |error: &dyn fmt::Display| SelfRenewingError::Names(error.to_string());
    let names = SubjectAltNames::classify(names).map_err(|error| named(&error))?;
    pki::create_csr(key, subject, &names).map_err(|error| named(&error))
}

/// The first certificate, which must be that of the key.
fn leaf(chain: &[CertificateDer<'_>], key: &PrivateKey) -> Result<Certificate, SelfRenewingError> {
    let leaf = chain.first().ok_or_else(|| unusable("the CA sent none"))?;
    let leaf = Certificate::from_der(leaf).map_err(unusable)?;
    match leaf.public_key().spki_der() == key.spki_der() {
        true => Ok(leaf),
        false => Err(unusable("it is for another key")),
    }
}
