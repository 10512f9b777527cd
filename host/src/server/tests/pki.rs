//! A root, an intermediate and whatever they sign, made at run time and thrown away.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use authority::{Timestamp, Validity};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};
use rustls::{
    RootCertStore,
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer},
};

use crate::server::{Issuing, OnlineCertificate, OnlineIssuer};

/// What the held clock of the tests says. The certificates themselves are valid for thousands of years.
pub(super) const NOW: i64 = 1_800_000_000;

pub(super) struct Pki {
    pub(super) root: CertificateDer<'static>,
    pub(super) intermediate: CertificateDer<'static>,
    issuer: Issuer<'static, KeyPair>,
    /// How often the listener has asked for a certificate.
    pub(super) issued: AtomicUsize,
    /// The listener gets none.
    pub(super) is_broken: AtomicBool,
}

/// What a client shows.
pub(super) struct Identity {
    pub(super) chain: Vec<CertificateDer<'static>>,
    pub(super) key: PrivateKeyDer<'static>,
}

impl Pki {
    pub(super) fn new() -> Self {
        let authority = |name: &str| {
            let mut params = CertificateParams::default();
            params.distinguished_name.push(DnType::CommonName, name);
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
            params
        };
        let (root_key, root_params) = (KeyPair::generate().unwrap(), authority("Test Root"));
        let root = root_params.self_signed(&root_key).unwrap().der().clone();
        let root_issuer = Issuer::new(root_params, root_key);
        let (key, params) = (KeyPair::generate().unwrap(), authority("Test Intermediate"));
        let intermediate = params.signed_by(&key, &root_issuer).unwrap().der().clone();
        Self {
            root,
            intermediate,
            issuer: Issuer::new(params, key),
            issued: AtomicUsize::new(0),
            is_broken: AtomicBool::new(false),
        }
    }

    /// What the server verifies clients to.
    pub(super) fn trusted(&self) -> Vec<CertificateDer<'static>> {
        vec![self.root.clone(), self.intermediate.clone()]
    }

    pub(super) fn client_roots(&self) -> RootCertStore {
        let mut roots = RootCertStore::empty();
        roots.add(self.root.clone()).unwrap();
        roots
    }

    /// A certificate of the intermediate for `localhost`.
    pub(super) fn leaf(&self, usages: &[ExtendedKeyUsagePurpose]) -> Identity {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(["localhost".to_owned()]).unwrap();
        params.extended_key_usages = usages.to_vec();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        Identity { chain: vec![certificate.der().clone()], key: private(&key) }
    }

    /// A certificate that nobody but itself vouches for.
    pub(super) fn stranger() -> Identity {
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
        Identity { chain: vec![certificate.der().clone()], key: private(&key) }
    }
}

fn private(key: &KeyPair) -> PrivateKeyDer<'static> {
    PrivatePkcs8KeyDer::from(key.serialize_der()).into()
}

/// Makes certificates that the held clock finds valid for a day.
pub(super) struct TestIssuer(pub(super) Arc<Pki>);

impl OnlineIssuer for TestIssuer {
    fn issue(&self) -> Issuing<'_> {
        let Self(pki) = self;
        let number = pki.issued.fetch_add(1, Ordering::Relaxed);
        if pki.is_broken.load(Ordering::Relaxed) {
            return Box::pin(async { Err("broken".into()) });
        }
        let Identity { mut chain, key } = pki.leaf(&[ExtendedKeyUsagePurpose::ServerAuth]);
        chain.push(pki.intermediate.clone());
        let begin = NOW + i64::try_from(number).unwrap() * DAY;
        let validity =
            Validity { not_before: Timestamp::from_unix(begin), not_after: Timestamp::from_unix(begin + DAY) };
        Box::pin(async move { Ok(OnlineCertificate { chain, key, validity }) })
    }
}

pub(super) const DAY: i64 = 86_400;
