//! What the routes ask of the CA.
//!
//! The routes know HTTP and JSON and nothing else; whoever implements [`Service`] knows the authority and nothing of
//! HTTP. The implementation looks at its current configuration once in every call, so that a request is served from one
//! configuration whatever is reloaded beside it.

use std::{net::IpAddr, pin::Pin, sync::Arc, time::Duration};

use api_types::{CertificateEntry, CertificatesPage, ModuleEntry, Reason, RecallPage, RequestedTime, TlsOptions};
use authority::{RevocationReason, SerialNumber};
use bytes::Bytes;
use rustls::pki_types::CertificateDer;
use serde_json::value::RawValue;

use super::{published::Published, request_id::RequestId};
use crate::{
    ocsp::OcspAnswer, readiness::Obstacle, records::RecallOrder, revocation_list::RevocationList, telemetry::Logging,
};

/// The CA, as far as HTTP is concerned.
pub trait Service: Send + Sync + 'static {
    /// What everyone may read.
    fn published(&self) -> Arc<Published>;

    /// How requests are named and logged.
    fn logging(&self) -> Arc<Logging>;

    /// What keeps certificates from being issued; nothing when they can be.
    fn obstacles(&self) -> Future<'_, Vec<Obstacle>>;

    /// Everything that is counted, in the text format of Prometheus.
    fn metrics(&self) -> Future<'_, String>;

    /// Issues a first certificate.
    ///
    /// The future may be dropped at any await point, when the client is gone or too much time has passed.
    fn sign(&self, call: SignCall) -> Answer<'_>;

    /// Issues a certificate again. The future may be dropped as that of [`Service::sign`].
    fn renew(&self, call: RenewCall) -> Answer<'_>;

    /// Issues the certificate of the connection again, for another key. The future may be dropped as that of
    /// [`Service::sign`].
    fn rekey(&self, call: RekeyCall) -> Answer<'_>;

    /// Revokes a certificate. The future may be dropped as that of [`Service::sign`].
    fn revoke(&self, call: RevokeCall) -> Future<'_, Result<(), Refused>>;

    /// The list of revoked certificates, if one is published.
    fn revocation_list(&self) -> Future<'_, Result<Arc<RevocationList>, Refused>>;

    /// The answer to an OCSP request in DER; nothing if none are given.
    fn ocsp(&self, request: Bytes) -> Future<'_, Option<OcspAnswer>>;

    /// A page of the certificates on record, for those who may read. The parameters are as received.
    fn certificates(
        &self,
        call: ReadCall,
        parameters: Vec<(String, String)>,
    ) -> Future<'_, Result<CertificatesPage, Refused>>;

    /// The certificate with a serial number, which is as received, for those who may read.
    fn certificate(&self, call: ReadCall, serial_number: String) -> Future<'_, Result<CertificateEntry, Refused>>;

    /// A page of what may still be used because of a policy module, for those who may read. The SHA-256 of the module and
    /// the cursor are as received.
    fn recall(&self, call: ReadCall, module: String, cursor: String) -> Future<'_, Result<RecallPage, Refused>>;

    /// Does something about what there is because of a policy module, for those who may. The future may be dropped as
    /// that of [`Service::sign`]; the same order completes what was begun.
    fn order_recall(
        &self,
        call: ReadCall,
        module: String,
        order: RecallOrder,
    ) -> Future<'_, Result<RecallPage, Refused>>;
}

/// A request for what is on record.
pub struct ReadCall {
    /// What the client presented, as in a [`RenewCall`]; empty when nothing.
    pub chain: Arc<[CertificateDer<'static>]>,
    /// Correlates log lines and the answer.
    pub request_id: RequestId,
    /// Where the request came from, when it came over the network.
    pub peer: Option<IpAddr>,
}

/// What a method that takes its time promises.
pub type Future<'a, T> = Pin<Box<dyn std::future::Future<Output = T> + Send + 'a>>;

/// A certificate that is on record, or the reason why there is none.
pub type Answer<'a> = Future<'a, Result<IssuedChain, Refused>>;

/// A request for a first certificate. It has no `Debug`: the token is a secret until it is spent.
pub struct SignCall {
    /// PKCS #10, PEM, as received; not empty.
    pub csr: String,
    /// The credential, without the white space around it; not empty.
    pub token: String,
    /// Start of the validity asked for.
    pub not_before: RequestedTime,
    /// End of the validity asked for; a span counts from the start.
    pub not_after: RequestedTime,
    /// `templateData`, as received.
    pub template_data: Option<Box<RawValue>>,
    /// Correlates log lines, audit records and the answer.
    pub request_id: RequestId,
    /// Where the request came from, when it came over the network.
    pub peer: Option<IpAddr>,
}

/// A request for the same certificate again. It has no `Debug`: a token is a secret until it is spent.
pub struct RenewCall {
    /// The certificate, or a token that carries it.
    pub credential: ClientCredential,
    /// Correlates log lines, audit records and the answer.
    pub request_id: RequestId,
    /// Where the request came from, when it came over the network.
    pub peer: Option<IpAddr>,
}

/// A request for the same certificate with another key.
pub struct RekeyCall {
    /// PKCS #10, PEM, as received; not empty.
    pub csr: String,
    /// As in [`ClientCredential::Chain`].
    pub chain: Arc<[CertificateDer<'static>]>,
    /// Correlates log lines, audit records and the answer.
    pub request_id: RequestId,
    /// Where the request came from, when it came over the network.
    pub peer: Option<IpAddr>,
}

/// A request for the end of a certificate. It has no `Debug`: the token is a secret until it is spent.
pub struct RevokeCall {
    /// Which certificate.
    pub serial_number: SerialNumber,
    /// Why, in one word.
    pub reason: RevocationReason,
    /// Why, for people.
    pub reason_text: String,
    /// What lets the client in.
    pub credential: ClientCredential,
    /// Correlates log lines, audit records and the answer.
    pub request_id: RequestId,
    /// Where the request came from, when it came over the network.
    pub peer: Option<IpAddr>,
}

/// What lets a client do something about a certificate that exists.
pub enum ClientCredential {
    /// A token, without the white space around it; not empty.
    Token(String),
    /// What the client presented in the handshake, its own certificate first; not empty.
    ///
    /// The first was verified against our roots and intermediates *when the connection began*; whatever follows it is
    /// what the client chose to send along. Whether it is expired or revoked by now is for the service to find out.
    Chain(Arc<[CertificateDer<'static>]>),
}

impl ClientCredential {
    /// The certificates of the handshake in DER; none when there is a token.
    pub(crate) fn chain(&self) -> Vec<&[u8]> {
        match self {
            Self::Token(_) => Vec::new(),
            Self::Chain(chain) => chain.iter().map(AsRef::as_ref).collect(),
        }
    }
}

/// An issued certificate and what goes with it.
#[derive(Clone, Debug)]
pub struct IssuedChain {
    /// The certificate, PEM.
    pub leaf: String,
    /// The intermediates above it, its issuer first, PEM each.
    pub intermediates: Arc<[String]>,
    /// The TLS parameters in force.
    pub tls_options: Arc<TlsOptions>,
    /// The policy modules that decided.
    pub policies: Vec<ModuleEntry>,
}

/// A request the CA did not grant.
#[derive(Clone, Debug)]
pub struct Refused {
    /// What kind of no it is.
    pub kind: RefusalKind,
    /// The whole reason, with its causes, for the log.
    pub message: String,
    /// What the client is told in place of the text of the kind.
    pub public_message: Option<String>,
    /// The rules that were broken.
    pub reasons: Vec<Reason>,
    /// The entry of the audit log, when there is one.
    pub decision_id: Option<String>,
}

/// The ways of saying no.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RefusalKind {
    /// The request cannot be right, whoever sends it.
    BadRequest,
    /// The credential is not good. The client is not told why.
    Unauthorized,
    /// The credential is good; what it is used for is not allowed.
    Forbidden,
    /// What the request refers to does not exist.
    NotFound,
    /// Allowed, but not so often.
    TooManyRequests,
    /// Not decided yet; the same request may be sent again later.
    Pending,
    /// The operation is not offered.
    NotImplemented,
    /// We failed. The client is told nothing else.
    Fault,
    /// We cannot be trusted to issue right now: store, audit log or clock.
    Unavailable {
        /// When it is worth trying again.
        retry_after: Duration,
    },
}
