//! What one generation of the configuration serves with.
//!
//! A request takes the snapshot once, at the door, and keeps it to the end of its road: it is served from exactly one
//! configuration, whatever is reloaded beside it.

use crate::{
    audience,
    audit::Digest,
    clock::Clock,
    config::{Config, DecisionRecords, IssuingKey, SubjectTemplate},
    credential::CertificateError,
    effects::World,
    metrics::{Metrics, RoadMeters},
    ocsp::Responder,
    policies::{Policies, PolicyProblem, Surroundings},
    publication::publish,
    readiness::Readiness,
    records::Admin,
    revocation_list::RevocationLists,
    routes::Published,
    server::TlsError,
    shadow::Shadows,
    store::{Store, StoreError},
    telemetry::Logging,
    timekeeping::Timekeeping,
    turns::Turns,
};
use api_types::TlsOptions;
use authority::{
    Authority, Certificate, Issuer, IssuerError, KeyProofError, Profile, RefusedKeys, SubjectAltNames, SubjectError,
    SubjectTemplateValues, Timestamp,
    keys::{PrivateKey, Signer},
    names::NameError,
    oid, verify_path,
};
use bytes::Bytes;
use jose::{Jwk, VerifyingKey, jws::Unverified};
use pkcs11::{KeyUri, OpenError, TokenKey};
use policy_runtime::Runtime;
use std::{
    collections::HashMap,
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use thiserror::Error;
use zeroize::Zeroizing;

/// Everything a request needs of the configuration.
pub struct Snapshot {
    /// Keys, profile, signatures.
    pub authority: Arc<Authority>,
    /// At the signer, when it is elsewhere.
    pub(crate) turns: Turns,
    /// Modules, ready to be asked.
    pub policies: Policies,
    /// Where issuances are kept.
    pub store: Arc<dyn Store>,
    /// Whether the clock may be believed.
    pub timekeeping: Arc<Timekeeping>,
    /// Whether it could be used.
    pub readiness: Readiness,
    /// What the road counts.
    pub meters: RoadMeters,
    /// SHA-256 of what is remembered of the configuration beside each decision; nothing when nothing is.
    pub generation: Option<Digest>,
    /// How long before a request a certificate starts to be valid.
    pub backdate: Duration,
    /// What everyone may read.
    pub published: Arc<Published>,
    /// How requests are named and logged.
    pub logging: Arc<Logging>,
    /// Advice to clients about TLS.
    pub tls_options: Arc<TlsOptions>,
    /// Whom tokens that renew a certificate are meant for.
    pub renewal_audiences: Vec<String>,
    /// What the CA calls itself in the certificate of its listener.
    pub own_names: OwnNames,
    /// The intermediates as they go into answers, in PEM.
    pub intermediates: Arc<[String]>,
    /// The list of revoked certificates, if one is published.
    pub revocation_lists: Option<RevocationLists>,
    /// Answers about single certificates, if they are given.
    pub responder: Option<Responder>,
    /// For how long after its end a certificate may be renewed, whoever its provisioner is.
    pub longest_renewal_grace: Duration,
    /// Who may read what is on record, if anybody may.
    pub admin: Option<Admin>,
    roots: Vec<Certificate>,
}

/// Names of the CA.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct OwnNames {
    /// `commonName` of the configuration.
    pub common_name: String,
    /// `dnsNames` of the configuration.
    pub subject_alt_names: SubjectAltNames,
}

/// What outlives a reload and every snapshot is built on.
#[derive(Clone)]
pub struct Foundations {
    /// The engine that runs policies.
    pub runtime: Runtime,
    /// Where issuances are kept.
    pub store: Arc<dyn Store>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Whether that may be believed.
    pub timekeeping: Arc<Timekeeping>,
    /// Whatever is counted.
    pub metrics: Arc<Metrics>,
    /// The file that has the audit log, too.
    pub audit_file: Option<PathBuf>,
    /// What policies may reach.
    pub world: Arc<World>,
    /// Who asks the checks in shadow, and what they have found.
    pub shadows: Arc<Shadows>,
    /// Modules in the place of those that a configuration means, for making decisions again; otherwise there are none.
    pub shelf: HashMap<String, Bytes>,
}

impl Snapshot {
    /// Reads the files a configuration names and loads its policies.
    ///
    /// # Errors
    /// The first file that cannot be used, or all problems of the policies.
    pub async fn build(
        config: &Config,
        password: Option<Zeroizing<Vec<u8>>>,
        foundations: &Foundations,
    ) -> Result<Self, SnapshotError> {
        let signer = |chain: &[Certificate]| issuing_key(config, password, chain);
        Self::with_signer(config, signer, foundations).await
    }

    /// [Builds](Self::build) it around the key of the issuing certificate, which is shown with its chain.
    ///
    /// # Errors
    /// The first file that cannot be used, or all problems of the policies.
    pub(crate) async fn with_signer(
        config: &Config,
        signer: impl FnOnce(&[Certificate]) -> Result<Box<dyn Signer>, SnapshotError>,
        foundations: &Foundations,
    ) -> Result<Self, SnapshotError> {
        let Foundations { runtime, store, clock, timekeeping, metrics, world, shadows, shelf, .. } = foundations;
        let roots = read_each(&config.roots)?;
        let federated_roots = read_each(&config.federated_roots)?;
        let chain = read_chain(&config.certificate)?;
        let signer = signer(&chain)?;
        let issuer = Issuer::new(chain, signer).map_err(|error| SnapshotError::file(&config.certificate, error))?;
        if let IssuingKey::Token(uri) = &config.key
            && issuer.signs_elsewhere()
        {
            // Whether a token has the key of this certificate shows when it signs.
            issuer.prove_key().map_err(|error| SnapshotError::unproven(uri, &config.certificate, error))?;
        }
        if config.crl.is_some() && !issuer.may_sign_lists() {
            return Err(SnapshotError::NoLists { path: config.certificate.clone() });
        }
        let surroundings = Surroundings { metrics, world, store: &**store, shadows, shelf };
        let policies = Policies::load(runtime, config, &surroundings).await.map_err(SnapshotError::Policies)?;
        let intermediates = issuer.chain().iter().map(Certificate::pem).collect();
        let published = publish(&roots, &federated_roots, issuer.chain(), config, &policies);
        let revocation_lists = config.crl.clone().map(RevocationLists::new);
        if let Some(lists) = revocation_lists.as_ref().filter(|_| store.is_read_only())
            && let Ok(Some(list)) = store.kept_list().await
        {
            lists.restore(&list, issuer.certificate().public_key(), store.revoked());
        }
        Ok(Self {
            authority: Arc::new(Authority::new(issuer, profile(config, &roots)?)),
            turns: Turns::at(&config.key),
            policies,
            store: store.clone(),
            timekeeping: timekeeping.clone(),
            readiness: Readiness::new(&config.store),
            meters: metrics.of_road(config.authority.provisioners.iter().map(|provisioner| &*provisioner.name)),
            generation: (config.audit.decisions == DecisionRecords::Full).then_some(config.generation.digest),
            backdate: config.authority.backdate,
            published: Arc::new(published),
            logging: Arc::new(Logging::new(config.logger.as_ref(), clock.clone()).map_err(SnapshotError::Log)?),
            tls_options: Arc::new(config.tls.options()),
            renewal_audiences: audience::urls(&config.dns_names, "renew"),
            own_names: own_names(config)?,
            intermediates,
            revocation_lists,
            responder: config.ocsp.map(Responder::new),
            longest_renewal_grace: config.authority.longest_renewal_grace(),
            admin: config.admin.clone().map(Admin::new),
            roots,
        })
    }

    /// Whom the listener verifies clients to: our own roots and intermediates, never the federated ones.
    pub fn trusted(&self) -> Vec<rustls::pki_types::CertificateDer<'static>> {
        let trusted = self.roots.iter().chain(self.authority.issuer().chain());
        trusted.map(|certificate| certificate.der().to_vec().into()).collect()
    }

    /// Makes the versions of its signed policies the newest there were: to be called when it is put in force.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn remember_releases(&self) -> Result<(), SnapshotError> {
        // Nothing is issued while nothing can be written, so no release comes into use.
        if self.store.is_read_only() {
            return Ok(());
        }
        self.policies.remember_releases(&*self.store).await.map_err(SnapshotError::Releases)
    }

    /// Whether the listener's certificate, which `other` has issued, is one that this would issue, too.
    pub fn identifies_as(&self, other: &Self) -> bool {
        let (ours, theirs) = (self.authority.issuer().chain(), other.authority.issuer().chain());
        self.own_names == other.own_names && ours.iter().map(Certificate::der).eq(theirs.iter().map(Certificate::der))
    }

    /// Verifies a client's certificate now, as the handshake did when the connection began.
    ///
    /// # Errors
    /// It is a CA's, does not chain to a root of ours, is not valid now, or is not for clients.
    pub fn verify_client(&self, leaf: &Certificate, others: &[&[u8]], now: Timestamp) -> Result<(), CertificateError> {
        if leaf.is_ca() {
            return Err(CertificateError::IsCa);
        }
        let mut intermediates = self.authority.issuer().chain().to_vec();
        for other in others {
            intermediates.push(Certificate::from_der(other).map_err(CertificateError::Unreadable)?);
        }
        verify_path(leaf, &intermediates, &self.roots, now, &[oid::CLIENT_AUTH]).map_err(CertificateError::Path)?;
        Ok(())
    }

    /// Whether one of our own intermediates, and no other CA under the same root, has signed this certificate.
    pub fn has_signed(&self, certificate: &Certificate) -> bool {
        self.authority.issuer().chain().iter().any(|own| {
            certificate.issuer().der() == own.subject().der() && certificate.verify_signature(own.public_key()).is_ok()
        })
    }

    /// Whether the store would know that a token was used. After it was set back it knows that of later ones alone.
    pub fn vouches_for(&self, token: Option<&Unverified<'_>>) -> bool {
        let Some(since) = self.store.origin().set_back else { return true };
        let made = token.and_then(|jwt| jwt.claims().iat);
        made.is_some_and(|made| Timestamp::from_unix(made.as_unix()) >= since)
    }
}

fn own_names(config: &Config) -> Result<OwnNames, SnapshotError> {
    let subject_alt_names = SubjectAltNames::classify(&config.dns_names).map_err(SnapshotError::DnsNames)?;
    Ok(OwnNames { common_name: config.common_name.clone(), subject_alt_names })
}

fn read_each(paths: &[PathBuf]) -> Result<Vec<Certificate>, SnapshotError> {
    paths.iter().map(|path| one(path, read_chain(path)?)).collect()
}

fn one(path: &Path, certificates: Vec<Certificate>) -> Result<Certificate, SnapshotError> {
    match <[Certificate; 1]>::try_from(certificates) {
        Ok([certificate]) => Ok(certificate),
        Err(certificates) => Err(SnapshotError::NotOne { path: path.to_owned(), count: certificates.len() }),
    }
}

/// A file with certificates, in PEM or one in DER.
fn read_chain(path: &Path) -> Result<Vec<Certificate>, SnapshotError> {
    let bytes = read(path)?;
    let certificates = match std::str::from_utf8(&bytes) {
        Ok(text) if text.contains("-----BEGIN ") => Certificate::chain_from_pem(text),
        _ => Certificate::from_der(&bytes).map(|certificate| vec![certificate]),
    };
    certificates.map_err(|error| SnapshotError::file(path, error))
}

fn issuing_key(
    config: &Config,
    password: Option<Zeroizing<Vec<u8>>>,
    chain: &[Certificate],
) -> Result<Box<dyn Signer>, SnapshotError> {
    let uri = match &config.key {
        IssuingKey::File(path) => return Ok(Box::new(read_key(path, config, password)?)),
        IssuingKey::Token(uri) => uri,
    };
    let certificate = chain.first().ok_or(IssuerError::NoCertificate);
    let certificate = certificate.map_err(|error| SnapshotError::file(&config.certificate, error))?;
    match TokenKey::open(uri, certificate.public_key()) {
        Ok(key) => Ok(Box::new(key)),
        Err(source) => Err(SnapshotError::Token { key: uri.to_string(), source }),
    }
}

fn read_key(path: &Path, config: &Config, password: Option<Zeroizing<Vec<u8>>>) -> Result<PrivateKey, SnapshotError> {
    let text = steppath::read_private(path).map_err(|error| SnapshotError::file(path, error))?;
    let text = std::str::from_utf8(&text).map_err(|error| SnapshotError::file(path, error))?;
    let password = password.as_ref().map(|password| password.as_slice());
    let password = password.or_else(|| config.password.as_ref().map(|password| password.as_bytes()));
    PrivateKey::from_pem(text, password).map_err(|error| SnapshotError::file(path, error))
}

fn read(path: &Path) -> Result<Vec<u8>, SnapshotError> {
    fs::read(path).map_err(|source| SnapshotError::Open { path: path.to_owned(), source })
}

fn profile(config: &Config, roots: &[Certificate]) -> Result<Profile, SnapshotError> {
    let SubjectTemplate { country, organization, organizational_unit, locality, province, street_address } =
        &config.authority.template;
    fn text(value: &Option<String>) -> &str {
        value.as_deref().unwrap_or_default()
    }
    let template = authority::SubjectTemplate::new(SubjectTemplateValues {
        country: text(country),
        organization: text(organization),
        organizational_unit: text(organizational_unit),
        locality: text(locality),
        province: text(province),
        street_address: text(street_address),
    });
    Ok(Profile {
        template: template.map_err(SnapshotError::Template)?,
        backdate: config.authority.backdate,
        distribution_point: config.crl.as_ref().and_then(|crl| crl.distribution_point.clone()),
        authority_information: config.authority_information.clone(),
        provenance: config.authority.provenance,
        refused_keys: refused_keys(config, roots),
        ..Profile::default()
    })
}

/// The keys of roots and provisioners: a key has one purpose, and these have theirs. The issuer's is refused anyway.
fn refused_keys(config: &Config, roots: &[Certificate]) -> RefusedKeys {
    let roots = roots.iter().map(|root| root.public_key().spki_der().to_vec());
    let keys = config.authority.provisioners.iter().filter_map(|provisioner| provisioner.key.as_deref());
    let spki = |key: &str| Some(VerifyingKey::from_jwk(&Jwk::from_json(key).ok()?).ok()?.spki_der());
    let spkis: Vec<Vec<u8>> = roots.chain(keys.filter_map(spki)).collect();
    RefusedKeys::new(spkis.iter().map(Vec::as_slice))
}

/// Why a configuration cannot be served.
#[derive(Debug, Error)]
pub enum SnapshotError {
    /// A file is not there or may not be read.
    #[error("error opening {}: {source}", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A file is not what it should be.
    #[error("error reading {}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The key in a token cannot be used.
    #[error("the issuing key {key}: {source}")]
    Token {
        /// What it is called, and its token.
        key: String,
        /// What is missing or wrong.
        source: OpenError,
    },
    /// The key in a token makes no signature that can be verified with the certificate.
    #[error("the issuing key {key}: {source}; crt must be its certificate: {}", certificate.display())]
    Unproven {
        /// What it is called, and its token.
        key: String,
        /// The file of the certificate.
        certificate: PathBuf,
        /// What came of the attempt.
        source: KeyProofError,
    },
    /// A root is one certificate a file.
    #[error("error decoding {}: contains {count} certificates instead of one", path.display())]
    NotOne {
        /// The file.
        path: PathBuf,
        /// How many it has.
        count: usize,
    },
    /// The issuing certificate may not sign what `crl` asks for.
    #[error(
        "crl: the key usage of {} does not allow it to sign revocation lists; use an intermediate with cRLSign",
        path.display()
    )]
    NoLists {
        /// The file.
        path: PathBuf,
    },
    /// A name of the CA cannot be certified.
    #[error("dnsNames: {0}")]
    DnsNames(NameError),
    /// A default for subjects cannot stand in one.
    #[error("authority.template: {0}")]
    Template(SubjectError),
    /// It cannot be kept which versions of signed modules are in use.
    #[error("keeping which versions of policies are in use: {0}")]
    Releases(StoreError),
    /// Policies do not load.
    #[error("{}", list(.0))]
    Policies(Vec<PolicyProblem>),
    /// The request log cannot be started.
    #[error("cannot start the request log: {0}")]
    Log(io::Error),
    /// TLS cannot be set up.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

impl SnapshotError {
    fn file(path: &Path, source: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::File { path: path.to_owned(), source: Box::new(source) }
    }

    fn unproven(uri: &KeyUri, certificate: &Path, source: KeyProofError) -> Self {
        Self::Unproven { key: uri.to_string(), certificate: certificate.to_owned(), source }
    }
}

fn list(problems: &[PolicyProblem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}
