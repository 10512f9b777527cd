//! TLS of the listener: RFC 9325, within what `ca.json` asks for.
//!
//! TLS 1.2 with ECDHE and AEAD, and TLS 1.3; no renegotiation, no compression, no early data. Session tickets are sealed
//! with keys that live in memory, rotate, and die with the configuration that made them.

use std::{fmt, sync::Arc, time::Duration};

use arc_swap::ArcSwap;
use rustls::{
    CipherSuite as Suite, RootCertStore, ServerConfig, SupportedCipherSuite, SupportedProtocolVersion,
    crypto::{CryptoProvider, aws_lc_rs},
    pki_types::{CertificateDer, UnixTime},
    server::VerifierBuilderError,
    time_provider::TimeProvider,
    version::{TLS12, TLS13},
};
use thiserror::Error;
use tokio_rustls::TlsAcceptor;

use super::{client_verifier::OptionalClientVerifier, own_certificate::OwnCertificate};
use crate::{
    clock::Clock,
    config::{CipherSuite, TlsConfig, TlsVersion},
};

/// The TLS configuration in force; a new one holds from the next handshake on.
pub struct Tls {
    own_certificate: Arc<OwnCertificate>,
    config: ArcSwap<ServerConfig>,
}

/// A configuration that is not in force yet.
pub struct TlsInWaiting(ServerConfig);

/// TLS cannot be set up as configured.
#[derive(Debug, Error)]
pub enum TlsError {
    /// Below TLS 1.3 the suite names the kind of key, and ours is EC.
    #[error("tls.cipherSuites has no suite for the CA's own EC key; add \"{example}\" or allow TLS 1.3")]
    NoSuiteForOwnKey {
        /// A suite that would do.
        example: &'static str,
    },
    /// A root or intermediate cannot anchor a path.
    #[error("certificate {number} of the roots and intermediates cannot be used to verify clients: {source}")]
    TrustAnchor {
        /// Its place in the list, from 1.
        number: usize,
        /// What the verifier says.
        source: rustls::Error,
    },
    /// There is nothing to verify clients with.
    #[error("clients cannot be verified: {0}")]
    ClientVerifier(#[from] VerifierBuilderError),
    /// The library refuses.
    #[error(transparent)]
    Library(#[from] rustls::Error),
}

impl fmt::Debug for TlsInWaiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsInWaiting").finish_non_exhaustive()
    }
}

impl Tls {
    /// TLS as `config` asks for it. Clients are verified to `trusted`: our own roots and intermediates, never the
    /// federated ones.
    ///
    /// # Errors
    /// See [`TlsError`].
    pub fn new(
        config: &TlsConfig,
        trusted: &[CertificateDer<'static>],
        own_certificate: Arc<OwnCertificate>,
    ) -> Result<Self, TlsError> {
        let config = server_config(config, trusted, Arc::clone(&own_certificate))?;
        Ok(Self { own_certificate, config: ArcSwap::from_pointee(config) })
    }

    /// Builds what [`install`](Self::install) puts in force.
    ///
    /// # Errors
    /// See [`TlsError`].
    pub fn prepare(&self, config: &TlsConfig, trusted: &[CertificateDer<'static>]) -> Result<TlsInWaiting, TlsError> {
        server_config(config, trusted, Arc::clone(&self.own_certificate)).map(TlsInWaiting)
    }

    /// Puts a configuration in force for new connections. Tickets of the old one resume nothing any more.
    pub fn install(&self, TlsInWaiting(config): TlsInWaiting) {
        self.config.store(Arc::new(config));
    }

    pub(super) fn acceptor(&self) -> TlsAcceptor {
        self.config.load_full().into()
    }

    pub(super) fn own_certificate(&self) -> &Arc<OwnCertificate> {
        &self.own_certificate
    }
}

fn server_config(
    tls: &TlsConfig,
    trusted: &[CertificateDer<'static>],
    own_certificate: Arc<OwnCertificate>,
) -> Result<ServerConfig, TlsError> {
    let provider = Arc::new(provider(tls)?);
    let mut anchors = RootCertStore::empty();
    for (number, certificate) in (1..).zip(trusted) {
        anchors.add(certificate.clone()).map_err(|source| TlsError::TrustAnchor { number, source })?;
    }
    let clients = OptionalClientVerifier::new(anchors, Arc::clone(&provider))?;
    let time = Arc::new(Time(own_certificate.clock()));
    let mut config = ServerConfig::builder_with_details(provider, time)
        .with_protocol_versions(versions(tls))?
        .with_client_cert_verifier(Arc::new(clients))
        .with_cert_resolver(own_certificate);
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    config.ignore_client_order = true;
    config.ticketer = aws_lc_rs::Ticketer::new()?;
    config.send_tls13_tickets = 1;
    Ok(config)
}

/// The clock by which certificates of clients are valid or not: the one everything else goes by.
struct Time(Arc<dyn Clock>);

impl fmt::Debug for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Time").field(&self.0.now()).finish()
    }
}

impl TimeProvider for Time {
    fn current_time(&self) -> Option<UnixTime> {
        let seconds = u64::try_from(self.0.now().as_unix()).ok()?;
        Some(UnixTime::since_unix_epoch(Duration::from_secs(seconds)))
    }
}

fn versions(tls: &TlsConfig) -> &'static [&'static SupportedProtocolVersion] {
    static OLD: &[&SupportedProtocolVersion] = &[&TLS12];
    static NEW: &[&SupportedProtocolVersion] = &[&TLS13];
    static BOTH: &[&SupportedProtocolVersion] = &[&TLS13, &TLS12];
    match (tls.min_version, tls.max_version) {
        (TlsVersion::Tls12, TlsVersion::Tls12) => OLD,
        (TlsVersion::Tls12, TlsVersion::Tls13) => BOTH,
        (TlsVersion::Tls13, _) => NEW,
    }
}

/// The cryptography, with the suites of TLS 1.2 in the order of the configuration behind those of TLS 1.3, which no
/// configuration names.
fn provider(tls: &TlsConfig) -> Result<CryptoProvider, TlsError> {
    let all = aws_lc_rs::default_provider();
    let tls12 = tls
        .cipher_suites
        .iter()
        .filter_map(|wanted| all.cipher_suites.iter().find(|suite| suite.suite() == iana(*wanted)).copied());
    let tls13 = all.cipher_suites.iter().filter(|suite| matches!(suite, SupportedCipherSuite::Tls13(_))).copied();
    let cipher_suites: Vec<_> = tls13.chain(tls12).collect();
    let serves_ec = |suite: &CipherSuite| {
        use CipherSuite as C;
        match suite {
            C::EcdheEcdsaAes128GcmSha256 | C::EcdheEcdsaAes256GcmSha384 | C::EcdheEcdsaChacha20Poly1305 => true,
            C::EcdheRsaAes128GcmSha256 | C::EcdheRsaAes256GcmSha384 | C::EcdheRsaChacha20Poly1305 => false,
        }
    };
    if tls.max_version == TlsVersion::Tls12 && !tls.cipher_suites.iter().any(serves_ec) {
        return Err(TlsError::NoSuiteForOwnKey { example: CipherSuite::EcdheEcdsaAes128GcmSha256.name() });
    }
    Ok(CryptoProvider { cipher_suites, ..all })
}

fn iana(suite: CipherSuite) -> Suite {
    match suite {
        CipherSuite::EcdheEcdsaAes128GcmSha256 => Suite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
        CipherSuite::EcdheEcdsaAes256GcmSha384 => Suite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
        CipherSuite::EcdheEcdsaChacha20Poly1305 => Suite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
        CipherSuite::EcdheRsaAes128GcmSha256 => Suite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
        CipherSuite::EcdheRsaAes256GcmSha384 => Suite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
        CipherSuite::EcdheRsaChacha20Poly1305 => Suite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    }
}
