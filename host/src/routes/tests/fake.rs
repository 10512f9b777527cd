//! A CA that keeps the promises of [`Service`] without keys, policies or a store.

use std::{
    collections::HashSet,
    io::Write,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use api_types::{
    CertificateEntry, CertificatesPage, Provisioner, ProvisionerClaims, PublicJwk, Reason, RecallPage, TlsOptions,
    TlsVersion,
};
use authority::Timestamp;
use bytes::Bytes;
use tokio::sync::Semaphore;

use crate::{
    clock::Held,
    config::LogFormat,
    ocsp::OcspAnswer,
    readiness::Obstacle,
    records::RecallOrder,
    revocation_list::RevocationList,
    routes::{
        Answer, ClientCredential, Future, IssuedChain, Published, PublishedCertificate, ReadCall, RefusalKind, Refused,
        RekeyCall, RenewCall, RequestId, RevokeCall, Service, SignCall,
    },
    telemetry::{Logging, RequestLog},
};

/// Issues to whoever shows a token that begins with `good`, once. Other tokens name the refusal they get.
pub(crate) struct FakeCa {
    published: Arc<Published>,
    logging: Arc<Logging>,
    pub(crate) is_ready: AtomicBool,
    spent: Mutex<HashSet<String>>,
    /// Every call the CA got, in words.
    pub(crate) calls: Mutex<Vec<String>>,
    /// A token that begins with `good-slow` waits here for a permit.
    pub(crate) gate: Semaphore,
    /// One permit for every request that waits at the gate.
    pub(crate) waiting: Semaphore,
}

pub(crate) const ROOT: [u8; 32] = [0x0a; 32];

impl Default for FakeCa {
    fn default() -> Self {
        let certificate = |name: &str, fingerprint| PublishedCertificate {
            pem: format!("-----BEGIN CERTIFICATE-----\n{name}\n-----END CERTIFICATE-----\n"),
            der: Bytes::copy_from_slice(name.as_bytes()),
            fingerprint,
        };
        let provisioner = |number: u8| Provisioner {
            name: format!("<p{number}>"),
            r#type: "JWK".into(),
            key: Some(PublicJwk { kty: "EC".into(), kid: format!("k{number}"), ..PublicJwk::default() }),
            encrypted_key: if number == 2 { String::new() } else { format!("jwe.{number}") },
            claims: Some(ProvisionerClaims::default()),
            ..Provisioner::default()
        };
        let published = Published::new(
            &[certificate("ROOT", ROOT)],
            &[certificate("FEDERATED", [0x0b; 32])],
            &[certificate("INTERMEDIATE", [0x0c; 32])],
            vec![provisioner(1), provisioner(2), provisioner(3)],
        );
        Self {
            published: Arc::new(published),
            logging: Arc::new(Logging::off()),
            is_ready: AtomicBool::new(true),
            spent: Mutex::default(),
            calls: Mutex::default(),
            gate: Semaphore::new(0),
            waiting: Semaphore::new(0),
        }
    }
}

impl FakeCa {
    pub(crate) fn logging_to(sink: impl Write + Send + 'static, format: LogFormat) -> Self {
        let clock = Arc::new(Held::at(Timestamp::from_unix(1_548_410_400)));
        let requests = RequestLog::to(sink, format, clock).unwrap();
        Self { logging: Arc::new(Logging { requests: Some(requests), ..Logging::off() }), ..Self::default() }
    }

    fn note(&self, call: String) {
        self.calls.lock().unwrap().push(call);
    }
}

impl Service for FakeCa {
    fn recall(&self, call: ReadCall, module: String, cursor: String) -> Future<'_, Result<RecallPage, Refused>> {
        self.note(format!("recall {} {module} {cursor:?}", call.chain.len()));
        Box::pin(std::future::ready(Ok(RecallPage { next_cursor: "6".to_owned(), ..RecallPage::default() })))
    }

    fn order_recall(
        &self,
        call: ReadCall,
        module: String,
        order: RecallOrder,
    ) -> Future<'_, Result<RecallPage, Refused>> {
        let RecallOrder { action, reason, reason_text, cursor } = order;
        self.note(format!("{action:?} {} {module} {reason} {reason_text:?} {cursor:?}", call.chain.len()));
        Box::pin(std::future::ready(Ok(RecallPage::default())))
    }

    fn published(&self) -> Arc<Published> {
        Arc::clone(&self.published)
    }

    fn logging(&self) -> Arc<Logging> {
        Arc::clone(&self.logging)
    }

    fn obstacles(&self) -> Future<'_, Vec<Obstacle>> {
        let obstacle = Obstacle { what: "store", why: "the disk is gone".to_owned() };
        let is_ready = self.is_ready.load(Ordering::Relaxed);
        Box::pin(std::future::ready(if is_ready { Vec::new() } else { vec![obstacle] }))
    }

    fn metrics(&self) -> Future<'_, String> {
        Box::pin(std::future::ready("step_ca_ready 1\n".to_owned()))
    }

    fn sign(&self, call: SignCall) -> Answer<'_> {
        let SignCall { csr, token, not_before, not_after, template_data, request_id, peer } = call;
        let data = template_data.map_or_else(String::new, |data| data.to_string());
        self.note(format!("sign {csr} {token} {not_before:?} {not_after:?} {data} {peer:?}"));
        Box::pin(async move {
            if token == "panic" {
                panic!("boom");
            }
            if !token.starts_with("good") {
                return Err(refuse(&token, &request_id));
            }
            if token.starts_with("good-slow") {
                self.waiting.add_permits(1);
                self.gate.acquire().await.expect("never closed").forget();
            }
            if !self.spent.lock().unwrap().insert(token) {
                return Err(refuse("unauthorized", &request_id));
            }
            Ok(issued("LEAF"))
        })
    }

    fn renew(&self, call: RenewCall) -> Answer<'_> {
        let credential = match call.credential {
            ClientCredential::Token(token) => token,
            ClientCredential::Chain(chain) => {
                format!("{:?}", chain.iter().map(|certificate| certificate.len()).collect::<Vec<_>>())
            }
        };
        self.note(format!("renew {credential} {:?}", call.peer));
        Box::pin(async { Ok(issued("AGAIN")) })
    }

    fn rekey(&self, call: RekeyCall) -> Answer<'_> {
        let lengths: Vec<_> = call.chain.iter().map(|certificate| certificate.len()).collect();
        self.note(format!("rekey {} {lengths:?} {:?}", call.csr, call.peer));
        Box::pin(async { Ok(issued("REKEYED")) })
    }

    fn revoke(&self, call: RevokeCall) -> Future<'_, Result<(), Refused>> {
        let RevokeCall { serial_number, reason, reason_text, credential, request_id, peer } = call;
        let credential = match credential {
            ClientCredential::Token(token) => token,
            ClientCredential::Chain(chain) => format!("{} certificates", chain.len()),
        };
        self.note(format!("revoke {serial_number} {reason} {reason_text:?} {credential} {peer:?}"));
        Box::pin(async move { if credential == "forbidden" { Err(refuse("forbidden", &request_id)) } else { Ok(()) } })
    }

    fn revocation_list(&self) -> Future<'_, Result<Arc<RevocationList>, Refused>> {
        let list = RevocationList::of("DER", "PEM\n", Timestamp::from_unix(1_548_410_400));
        Box::pin(async move { Ok(Arc::new(list)) })
    }

    fn ocsp(&self, request: Bytes) -> Future<'_, Option<OcspAnswer>> {
        let made = Timestamp::from_unix(1_548_410_400);
        let until = Timestamp::from_unix(made.as_unix() + 600);
        let answer = OcspAnswer { der: request, kept: Some((made, until)) };
        Box::pin(async move { (!answer.der.is_empty()).then_some(answer) })
    }

    fn certificates(
        &self,
        call: ReadCall,
        parameters: Vec<(String, String)>,
    ) -> Future<'_, Result<CertificatesPage, Refused>> {
        self.note(format!("certificates {} {parameters:?}", call.chain.len()));
        let entry = CertificateEntry { serial: "7".into(), ..CertificateEntry::default() };
        Box::pin(async move { Ok(CertificatesPage { certificates: vec![entry], next_cursor: "6".into() }) })
    }

    fn certificate(&self, call: ReadCall, serial_number: String) -> Future<'_, Result<CertificateEntry, Refused>> {
        self.note(format!("certificate {} {serial_number}", call.chain.len()));
        let (entry, id) = (CertificateEntry { serial: serial_number, ..CertificateEntry::default() }, call.request_id);
        Box::pin(async move { if entry.serial == "7" { Ok(entry) } else { Err(refuse("unauthorized", &id)) } })
    }
}

fn issued(leaf: &str) -> IssuedChain {
    let tls_options = TlsOptions {
        cipher_suites: vec!["TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256".into()],
        min_version: TlsVersion::V1_2,
        max_version: TlsVersion::V1_2,
        renegotiation: false,
    };
    IssuedChain {
        leaf: format!("{leaf}\n"),
        intermediates: ["INTERMEDIATE\n".to_owned(), "UPPER\n".to_owned()].into(),
        tls_options: Arc::new(tls_options),
        policies: Vec::new(),
    }
}

fn refuse(kind: &str, request_id: &RequestId) -> Refused {
    let kind = match kind {
        "bad-request" => RefusalKind::BadRequest,
        "forbidden" => RefusalKind::Forbidden,
        "not-found" => RefusalKind::NotFound,
        "too-many" => RefusalKind::TooManyRequests,
        "pending" => RefusalKind::Pending,
        "not-implemented" => RefusalKind::NotImplemented,
        "fault" => RefusalKind::Fault,
        "unavailable" => RefusalKind::Unavailable { retry_after: Duration::from_secs(5) },
        _ => RefusalKind::Unauthorized,
    };
    Refused {
        kind,
        message: "inside /etc/ca.json".to_owned(),
        public_message: None,
        reasons: vec![Reason { rule: "test.rule".into(), message: "because".into(), ..Reason::default() }],
        decision_id: Some(format!("decision of {request_id}")),
    }
}
