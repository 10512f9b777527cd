//! Client certificates: asked for, not demanded, and verified when there is one.

use std::sync::Arc;

use authority::{Certificate, oid};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, RootCertStore, SignatureScheme,
    client::danger::HandshakeSignatureValid,
    crypto::CryptoProvider,
    pki_types::{CertificateDer, UnixTime},
    server::{
        VerifierBuilderError, WebPkiClientVerifier,
        danger::{ClientCertVerified, ClientCertVerifier},
    },
};

use crate::limits;

/// Verifies to our own roots and intermediates a certificate that says it is for clientAuth, in a chain that is not
/// longer than ours can be.
///
/// Intermediates are trusted as well as roots, so that a client that sends nothing but its own certificate can renew it.
#[derive(Debug)]
pub(super) struct OptionalClientVerifier {
    webpki: Arc<dyn ClientCertVerifier>,
}

impl OptionalClientVerifier {
    pub(super) fn new(trusted: RootCertStore, provider: Arc<CryptoProvider>) -> Result<Self, VerifierBuilderError> {
        let webpki = WebPkiClientVerifier::builder_with_provider(trusted.into(), provider);
        Ok(Self { webpki: webpki.allow_unauthenticated().build()? })
    }
}

impl ClientCertVerifier for OptionalClientVerifier {
    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        if intermediates.len() >= limits::PRESENTED_CHAIN {
            return Err(Error::General(format!("more than {} certificates presented", limits::PRESENTED_CHAIN)));
        }
        let verified = self.webpki.verify_client_cert(end_entity, intermediates, now)?;
        // webpki takes a certificate that names no purpose for one that serves every purpose.
        let certificate = Certificate::from_der(end_entity).map_err(|_| CertificateError::BadEncoding)?;
        if !certificate.ext_key_usages().contains(&oid::CLIENT_AUTH) {
            return Err(CertificateError::InvalidPurpose.into());
        }
        Ok(verified)
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.webpki.root_hint_subjects()
    }

    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.webpki.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.webpki.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.webpki.supported_verify_schemes()
    }
}
