//! A client of the CA: one method a route.
//!
//! Works with a CA of this project and with upstream ones from 2019 on: any status below 400 is success, lists may be
//! `null`, times are sent as RFC 3339 or not at all, and the media type of an answer is not looked at.
//!
//! What it promises: the CA is verified against the [`Roots`] it was given, by host name and address alone; the one
//! unverified request, [`fetch_root`], carries no secret and its answer is compared with a fingerprint; redirects are
//! not followed; an answer is at most 4 MiB.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use step_cli::{CaUrl, client::{Client, Fingerprint}};
//!
//! let url: CaUrl = "ca.example.com".parse()?;
//! let fingerprint: Fingerprint = "d9d0978692f1c7cc791f5c343ce98771900721405e834cd27b9502cc719f5097".parse()?;
//! let client = Client::bootstrap(url, &fingerprint).await?;
//! assert_eq!(client.health().await?.status, "ok");
//! # Ok(())
//! # }
//! ```

mod error;
mod exchange;
mod fingerprint;
mod self_renewing;
#[cfg(test)]
mod tests;
pub(crate) mod tls;

pub use api_types;
use api_types::{
    CertificateEntry, CertificatesPage, EncryptedKeyResponse, HealthResponse, ProvisionersPage, RecallPage,
    RecallRequest, RekeyRequest, RekeyResponse, RenewResponse, RevokeRequest, RevokeResponse, RootResponse,
    RootsResponse, SignRequest, SignResponse, VersionResponse,
};
use authority::SerialNumber;
use reqwest::Method;
use rustls::pki_types::CertificateDer;
use serde::de::DeserializeOwned;

use self::exchange::Exchange;
pub use self::{
    error::ClientError,
    fingerprint::{Fingerprint, FingerprintError},
    self_renewing::{Event, SelfRenewing, SelfRenewingError, TlsListener},
    tls::{Identity, Roots, RootsError},
};
pub use crate::certificates::CertificateError;
use crate::{CaUrl, certificates};

/// A connection to one CA, verified against known roots. Cheap to use many times.
#[derive(Debug)]
pub struct Client {
    url: CaUrl,
    exchange: Exchange,
}

impl Client {
    /// A client that trusts these roots.
    ///
    /// # Errors
    ///
    /// When TLS cannot be set up.
    pub fn new(url: CaUrl, roots: &Roots) -> Result<Self, ClientError> {
        let exchange = Exchange::new(&url, tls::verifying(roots)?)?;
        Ok(Self { url, exchange })
    }

    /// A client that trusts these roots and shows a certificate of its own: what `/renew` needs.
    ///
    /// # Errors
    ///
    /// When TLS cannot be set up, or key and certificate do not belong together.
    pub fn with_identity(url: CaUrl, roots: &Roots, identity: Identity) -> Result<Self, ClientError> {
        let exchange = Exchange::new(&url, tls::identified(roots, identity)?)?;
        Ok(Self { url, exchange })
    }

    /// A client that trusts the root with this fingerprint, which it first asks the CA for.
    ///
    /// # Errors
    ///
    /// When the CA has no such root, or sends another.
    pub async fn bootstrap(url: CaUrl, fingerprint: &Fingerprint) -> Result<Self, ClientError> {
        let root = fetch_root(&url, fingerprint).await?;
        Self::new(url, &Roots::from(root))
    }

    /// Where the CA answers.
    pub fn url(&self) -> &CaUrl {
        &self.url
    }

    /// `GET /health`
    ///
    /// # Errors
    ///
    /// When the CA cannot be reached or refuses, as for every route.
    pub async fn health(&self) -> Result<HealthResponse, ClientError> {
        self.fetch(&["health"]).await
    }

    /// `GET /version`; a CA of 2019 does not have it.
    ///
    /// # Errors
    ///
    /// When the CA cannot be reached or refuses.
    pub async fn version(&self) -> Result<VersionResponse, ClientError> {
        self.fetch(&["version"]).await
    }

    /// `POST /sign`: a certificate for a request and the token that authorizes it.
    ///
    /// # Errors
    ///
    /// When the CA cannot be reached or refuses.
    pub async fn sign(&self, request: &SignRequest) -> Result<SignResponse, ClientError> {
        let body = serde_json::to_vec(request).map_err(ClientError::Encode)?;
        self.exchange.send(Method::POST, self.url.at(["sign"]), Some(body)).await
    }

    /// `POST /renew`: the certificate of [`Client::with_identity`] once more, for the same key and a new period.
    ///
    /// # Errors
    ///
    /// When the CA cannot be reached or refuses.
    pub async fn renew(&self) -> Result<RenewResponse, ClientError> {
        self.exchange.send(Method::POST, self.url.at(["renew"]), Some(Vec::new())).await
    }

    /// `POST /renew` without a client certificate: that in the token, once more.
    ///
    /// # Errors
    ///
    /// When the CA cannot be reached or refuses.
    pub async fn renew_by_token(&self, token: &str) -> Result<RenewResponse, ClientError> {
        self.exchange.send_for(Method::POST, self.url.at(["renew"]), Some(Vec::new()), Some(token)).await
    }

    /// `POST /rekey`: the certificate of [`Client::with_identity`] once more, for the key of a request.
    ///
    /// # Errors
    ///
    /// When the CA cannot be reached or refuses.
    pub async fn rekey(&self, request: &RekeyRequest) -> Result<RekeyResponse, ClientError> {
        let body = serde_json::to_vec(request).map_err(ClientError::Encode)?;
        self.exchange.send(Method::POST, self.url.at(["rekey"]), Some(body)).await
    }

    /// `POST /revoke`: the end of a certificate, authorized by a token or by [`Client::with_identity`].
    ///
    /// # Errors
    ///
    /// When the CA cannot be reached or refuses.
    pub async fn revoke(&self, request: &RevokeRequest) -> Result<RevokeResponse, ClientError> {
        let body = serde_json::to_vec(request).map_err(ClientError::Encode)?;
        self.exchange.send(Method::POST, self.url.at(["revoke"]), Some(body)).await
    }

    /// `GET /admin/certs`: a page of at most `limit` certificates on record, for whoever [`Client::with_identity`] is.
    /// It begins at `cursor`, which is empty for the first page; the parameters say which certificates.
    ///
    /// # Errors
    ///
    /// When the CA cannot be reached or refuses.
    pub async fn certificates(
        &self,
        parameters: &[(&'static str, String)],
        cursor: &str,
        limit: usize,
    ) -> Result<CertificatesPage, ClientError> {
        let mut url = self.url.at(["admin", "certs"]);
        let mut pairs = url.query_pairs_mut();
        pairs.extend_pairs(parameters).append_pair("limit", &limit.to_string());
        if !cursor.is_empty() {
            pairs.append_pair("cursor", cursor);
        }
        drop(pairs);
        self.exchange.send(Method::GET, url, None).await
    }

    /// `GET /admin/certs/{serial}`: a certificate on record, for whoever [`Client::with_identity`] is.
    ///
    /// # Errors
    ///
    /// When the CA cannot be reached or refuses.
    pub async fn certificate(&self, serial_number: &SerialNumber) -> Result<CertificateEntry, ClientError> {
        self.fetch(&["admin", "certs", &serial_number.to_string()]).await
    }

    /// `GET /admin/recalls/{sha256}`: a page of what may still be used because of a policy module, for whoever
    /// [`Client::with_identity`] is. It begins at `cursor`, which is empty for the first page.
    ///
    /// # Errors
    ///
    /// When the CA cannot be reached or refuses.
    pub async fn recall(&self, module: &str, cursor: &str) -> Result<RecallPage, ClientError> {
        let mut url = self.url.at(["admin", "recalls", module]);
        if !cursor.is_empty() {
            url.query_pairs_mut().append_pair("cursor", cursor);
        }
        self.exchange.send(Method::GET, url, None).await
    }

    /// `POST /admin/recalls/{sha256}`: bars the renewal of what a policy module had a say in, lifts that, or revokes a
    /// page of it, for whoever [`Client::with_identity`] is.
    ///
    /// # Errors
    ///
    /// When the CA cannot be reached or refuses.
    pub async fn order_recall(&self, module: &str, request: &RecallRequest) -> Result<RecallPage, ClientError> {
        let body = serde_json::to_vec(request).map_err(ClientError::Encode)?;
        self.exchange.send(Method::POST, self.url.at(["admin", "recalls", module]), Some(body)).await
    }

    /// `GET /provisioners`, every page; `Entry` is usually [`api_types::Provisioner`].
    ///
    /// # Errors
    ///
    /// When the CA cannot be reached or refuses, or its pages go round in circles.
    pub async fn provisioners<Entry: DeserializeOwned>(&self) -> Result<Vec<Entry>, ClientError> {
        self.each_provisioner(&[]).await
    }

    /// [As these](Self::provisioners), with the modules that decide about their certificates; a CA that has no such modules
    /// answers as ever.
    ///
    /// # Errors
    ///
    /// As there.
    pub async fn provisioners_with_policies<Entry: DeserializeOwned>(&self) -> Result<Vec<Entry>, ClientError> {
        self.each_provisioner(&[("policies", "true")]).await
    }

    async fn each_provisioner<Entry: DeserializeOwned>(
        &self,
        parameters: &[(&str, &str)],
    ) -> Result<Vec<Entry>, ClientError> {
        let mut entries = Vec::new();
        let mut cursor = String::new();
        for _ in 0..MAX_PAGES {
            let mut url = self.url.at(["provisioners"]);
            url.query_pairs_mut().append_pair("limit", "100").extend_pairs(parameters);
            if !cursor.is_empty() {
                url.query_pairs_mut().append_pair("cursor", &cursor);
            }
            let page: ProvisionersPage<Entry> = self.exchange.send(Method::GET, url, None).await?;
            entries.extend(page.provisioners);
            if page.next_cursor.is_empty() {
                return Ok(entries);
            }
            cursor = page.next_cursor;
        }
        Err(ClientError::EndlessList)
    }

    /// `GET /provisioners/{kid}/encrypted-key`: the provisioner's private key, a compact JWE.
    ///
    /// # Errors
    ///
    /// When the CA cannot be reached or has no such key.
    pub async fn provisioner_key(&self, kid: &str) -> Result<EncryptedKeyResponse, ClientError> {
        self.fetch(&["provisioners", kid, "encrypted-key"]).await
    }

    /// `GET /roots`: the certificates the CA's own clients are to trust.
    ///
    /// # Errors
    ///
    /// When the CA cannot be reached or refuses.
    pub async fn roots(&self) -> Result<RootsResponse, ClientError> {
        self.fetch(&["roots"]).await
    }

    /// `GET /federation`: those and the roots of the CAs this one is federated with.
    ///
    /// # Errors
    ///
    /// When the CA cannot be reached or refuses.
    pub async fn federation(&self) -> Result<RootsResponse, ClientError> {
        self.fetch(&["federation"]).await
    }

    async fn fetch<Answer: DeserializeOwned>(&self, path: &[&str]) -> Result<Answer, ClientError> {
        self.exchange.send(Method::GET, self.url.at(path.iter().copied()), None).await
    }
}

/// A CA has far fewer than this many pages of 100 provisioners.
const MAX_PAGES: usize = 1_000;

/// `GET /root/{fingerprint}` without knowing whom one talks to: the root certificate with exactly this SHA-256.
///
/// # Errors
///
/// When the CA has no such root, or what it sends is another certificate.
pub async fn fetch_root(url: &CaUrl, fingerprint: &Fingerprint) -> Result<CertificateDer<'static>, ClientError> {
    let exchange = Exchange::new(url, tls::danger::unverified()?)?;
    let url = url.at(["root", &fingerprint.to_string()]);
    let answer: RootResponse = exchange.send(Method::GET, url, None).await?;
    let certificate = certificates::first(answer.ca.as_bytes()).map_err(ClientError::Certificate)?;
    if Fingerprint::of(&certificate) == *fingerprint { Ok(certificate) } else { Err(ClientError::AnotherRoot) }
}

/// The certificates of an answer to `/sign` or `/renew`, leaf first. A CA of 2019 sends only leaf and issuer.
///
/// # Errors
///
/// When one of them is not a certificate.
pub fn chain(answer: &SignResponse) -> Result<Vec<CertificateDer<'static>>, ClientError> {
    let both = [answer.crt.clone(), answer.ca.clone()];
    let blocks = if answer.cert_chain.is_empty() { both.as_slice() } else { answer.cert_chain.as_slice() };
    let chain = blocks.iter().map(|pem| certificates::first(pem.as_bytes()));
    chain.collect::<Result<_, _>>().map_err(ClientError::Certificate)
}
