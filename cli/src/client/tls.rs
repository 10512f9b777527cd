//! Whom a client trusts, and who it says it is.

use std::{fmt, sync::Arc};

use rustls::{
    ClientConfig, ConfigBuilder, RootCertStore,
    client::WantsClientCert,
    crypto::{CryptoProvider, aws_lc_rs},
    pki_types::{CertificateDer, PrivateKeyDer},
};
use thiserror::Error;

use super::error::ClientError;
use crate::certificates::{self, CertificateError};

/// Root certificates: whoever is certified below one of them is the CA. Never empty.
#[derive(Clone, Debug)]
pub struct Roots(Vec<CertificateDer<'static>>);

/// A text holds no root certificate.
#[derive(Debug, Error)]
#[error(transparent)]
pub struct RootsError(#[from] CertificateError);

impl Roots {
    /// Every certificate of a PEM text, or the one certificate of a DER file.
    ///
    /// # Errors
    ///
    /// When there is none, or one cannot be read: a trust store that is not what it was meant to be is never used.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, RootsError> {
        Ok(Self(certificates::all(bytes)?))
    }

    /// These, unless there are none.
    pub(super) fn of(roots: Vec<CertificateDer<'static>>) -> Option<Self> {
        (!roots.is_empty()).then_some(Self(roots))
    }

    /// These and those.
    pub fn join(mut self, others: Self) -> Self {
        self.0.extend(others.0);
        self
    }

    /// Every root, in order.
    pub fn iter(&self) -> impl Iterator<Item = &CertificateDer<'static>> {
        self.0.iter()
    }

    /// The first root: the one a token's `sha` names.
    pub fn first(&self) -> &CertificateDer<'static> {
        self.0.first().expect("roots are never empty")
    }
}

impl From<CertificateDer<'static>> for Roots {
    fn from(root: CertificateDer<'static>) -> Self {
        Self(vec![root])
    }
}

/// A certificate with the chain above it, and its private key.
pub struct Identity {
    /// Leaf first, then every intermediate; the root stays home.
    pub chain: Vec<CertificateDer<'static>>,
    /// The private key of the leaf.
    pub key: PrivateKeyDer<'static>,
}

impl fmt::Debug for Identity {
    /// Without the key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").field("chain", &self.chain).finish_non_exhaustive()
    }
}

/// TLS that accepts whoever these roots vouch for.
pub(crate) fn verifying(roots: &Roots) -> Result<ClientConfig, ClientError> {
    Ok(trusting(roots)?.with_no_client_auth())
}

/// TLS that accepts whoever the operating system's roots vouch for.
pub(crate) fn verifying_by_system() -> Result<ClientConfig, ClientError> {
    use rustls_platform_verifier::BuilderVerifierExt as _;

    let builder = builder()?.with_platform_verifier().map_err(ClientError::Tls)?;
    Ok(builder.with_no_client_auth())
}

/// TLS that accepts whoever the operating system's roots or these vouch for.
pub(crate) fn verifying_by_system_and(roots: &Roots) -> Result<ClientConfig, ClientError> {
    let verifier = rustls_platform_verifier::Verifier::new_with_extra_roots(roots.iter().cloned(), provider());
    let verifier = Arc::new(verifier.map_err(ClientError::Tls)?);
    // The verifier of the system with more roots: no less is verified.
    let builder = builder()?.dangerous().with_custom_certificate_verifier(verifier);
    Ok(builder.with_no_client_auth())
}

/// TLS with roots of one's own, showing a certificate when asked for one.
pub(super) fn identified(roots: &Roots, identity: Identity) -> Result<ClientConfig, ClientError> {
    trusting(roots)?.with_client_auth_cert(identity.chain, identity.key).map_err(ClientError::Tls)
}

fn trusting(roots: &Roots) -> Result<ConfigBuilder<ClientConfig, WantsClientCert>, ClientError> {
    let mut store = RootCertStore::empty();
    for root in &roots.0 {
        store.add(root.clone()).map_err(ClientError::Tls)?;
    }
    Ok(builder()?.with_root_certificates(store))
}

fn builder() -> Result<ConfigBuilder<ClientConfig, rustls::WantsVerifier>, ClientError> {
    ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions().map_err(ClientError::Tls)
}

pub(crate) fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

/// TLS that does not know whom it talks to.
pub(crate) mod danger {
    use rustls::{
        ClientConfig, DigitallySignedStruct, SignatureScheme,
        client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        crypto::CryptoProvider,
        pki_types::{CertificateDer, ServerName, UnixTime},
    };
    use std::sync::Arc;

    use super::{super::error::ClientError, builder, provider};

    /// TLS that accepts any certificate. For what is public and is checked by other means afterwards.
    pub(crate) fn unverified() -> Result<ClientConfig, ClientError> {
        let verifier = Arc::new(Anybody(provider()));
        Ok(builder()?.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth())
    }

    #[derive(Debug)]
    struct Anybody(Arc<CryptoProvider>);

    impl ServerCertVerifier for Anybody {
        fn verify_server_cert(
            &self,
            _: &CertificateDer<'_>,
            _: &[CertificateDer<'_>],
            _: &ServerName<'_>,
            _: &[u8],
            _: UnixTime,
        ) -> Result<ServerCertVerified, rustls::Error> {
            Ok(ServerCertVerified::assertion())
        }

        // A signature by a key nobody vouches for proves nothing, so it need not be checked either.
        fn verify_tls12_signature(
            &self,
            _: &[u8],
            _: &CertificateDer<'_>,
            _: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, rustls::Error> {
            Ok(HandshakeSignatureValid::assertion())
        }

        fn verify_tls13_signature(
            &self,
            _: &[u8],
            _: &CertificateDer<'_>,
            _: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, rustls::Error> {
            Ok(HandshakeSignatureValid::assertion())
        }

        fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
            self.0.signature_verification_algorithms.supported_schemes()
        }
    }
}
