//! Whom handshakes trust: who has a certificate below the roots that are known when they begin.

use std::sync::{Arc, Mutex};

use arc_swap::ArcSwap;
use rustls::{
    DigitallySignedStruct, DistinguishedName, Error, OtherError, RootCertStore, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    pki_types::{CertificateDer, ServerName, UnixTime},
    server::{
        WebPkiClientVerifier,
        danger::{ClientCertVerified, ClientCertVerifier},
    },
};

use super::super::{Roots, error::ClientError, tls};

/// Roots, which can be added to while they are in use.
#[derive(Debug)]
pub(super) struct Trust {
    current: ArcSwap<Verifiers>,
    /// Held while roots are added, so that two that are added at once both stay.
    adding: Mutex<()>,
}

#[derive(Debug)]
struct Verifiers {
    roots: Vec<CertificateDer<'static>>,
    servers: Arc<dyn ServerCertVerifier>,
    clients: Arc<dyn ClientCertVerifier>,
}

impl Verifiers {
    fn new(roots: Vec<CertificateDer<'static>>) -> Result<Self, ClientError> {
        let mut store = RootCertStore::empty();
        for root in &roots {
            store.add(root.clone()).map_err(ClientError::Tls)?;
        }
        let store = Arc::new(store);
        let failed = |error| ClientError::Tls(Error::Other(OtherError(Arc::new(error))));
        let servers = WebPkiServerVerifier::builder_with_provider(store.clone(), tls::provider()).build();
        // No hints: rustls wants them for as long as the verifier lives, and ours outlives its roots.
        let clients = WebPkiClientVerifier::builder_with_provider(store, tls::provider()).clear_root_hint_subjects();
        Ok(Self { roots, servers: servers.map_err(failed)?, clients: clients.build().map_err(failed)? })
    }
}

impl Trust {
    pub(super) fn new(roots: &Roots) -> Result<Self, ClientError> {
        let verifiers = Verifiers::new(roots.iter().cloned().collect())?;
        Ok(Self { current: ArcSwap::from_pointee(verifiers), adding: Mutex::new(()) })
    }

    /// The roots known now.
    pub(super) fn roots(&self) -> Roots {
        Roots::of(self.current.load().roots.clone()).expect("roots are only added")
    }

    /// Trusts these, too.
    pub(super) fn add(&self, more: Vec<CertificateDer<'static>>) -> Result<(), ClientError> {
        let _one_at_a_time = self.adding.lock().expect("nobody panics while roots are added");
        let mut roots = self.current.load().roots.clone();
        let known = roots.len();
        for root in more {
            if !roots.contains(&root) {
                roots.push(root);
            }
        }
        if roots.len() > known {
            self.current.store(Arc::new(Verifiers::new(roots)?));
        }
        Ok(())
    }
}

impl ServerCertVerifier for Trust {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        self.current.load().servers.verify_server_cert(end_entity, intermediates, name, ocsp, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.current.load().servers.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.current.load().servers.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.current.load().servers.supported_verify_schemes()
    }
}

impl ClientCertVerifier for Trust {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        self.current.load().clients.verify_client_cert(end_entity, intermediates, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.current.load().clients.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.current.load().clients.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.current.load().clients.supported_verify_schemes()
    }
}
