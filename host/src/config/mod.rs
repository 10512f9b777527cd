//! The configuration of the CA: `ca.json`, read once at the door.
//!
//! A [`Config`] is valid because it exists: every name in it refers to something, every default is filled in, every
//! bound holds. [`Config::load`] reports all problems of a file at once, each with its path, its line and what would be
//! right; members that only upstream knows are accepted with a [`Warning`].
//!
//! It does not know what the files it names contain, nor what a provisioner's members mean to its module.

mod address;
mod admin;
mod audit;
mod authority;
mod claims;
mod dns_grant;
mod document;
mod error;
mod file;
mod generation;
mod grants;
mod key;
mod logger;
mod metrics;
mod openid;
mod policies;
mod policy_limits;
mod problem;
mod provenance;
mod provisioners;
mod reader;
mod revocation;
mod suggest;
mod tls;
mod trusted_keys;

#[cfg(test)]
mod tests;

use std::{
    collections::BTreeMap,
    fmt,
    fs::File,
    io::{self, Read},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    time::Duration,
};

use ::authority::AuthorityInformation;
use zeroize::Zeroizing;

pub use self::{
    address::Address,
    admin::AdminConfig,
    audit::{AuditConfig, DecisionRecords},
    authority::{AuthorityConfig, SubjectTemplate},
    claims::{Claims, SshClaims},
    dns_grant::{DnsGrant, TYPES as DNS_TYPES, is_host_name},
    error::{ConfigError, ConfigErrors, LoadError, Warning},
    generation::Generation,
    grants::{ConsumeOnceGrant, Grants, HeaderValue, HttpGrant, KvGrant},
    key::IssuingKey,
    logger::{LogFormat, LoggerConfig, TRACE_HEADER},
    openid::OpenIdClient,
    policies::{Builtin, Mode, Operations, PolicyConfig, PolicyName},
    policy_limits::PolicyLimits,
    problem::{Notice, Problem},
    provisioners::ProvisionerConfig,
    revocation::{CrlConfig, OcspConfig, OcspSigning},
    tls::{CipherSuite, TlsConfig, TlsVersion},
    trusted_keys::TrustedKey,
};
use crate::limits;
use policy_manifest::Manifest;

/// The JSON Schema of `ca.json` (draft 2020-12), for editors. It is no stricter than [`Config::parse`], except that it takes
/// `null` for a value; what members have to do with each other it cannot say.
pub const SCHEMA: &str = include_str!("schema.json");

/// The user whose files are anybody's.
const ROOT: u32 = 0;

/// A configuration that can be used.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Config {
    /// Where it was read from.
    pub file: PathBuf,
    /// Files of the root certificates, at least one.
    pub roots: Vec<PathBuf>,
    /// Files of root certificates of other authorities.
    pub federated_roots: Vec<PathBuf>,
    /// File of the issuing certificate, which may be followed by its chain (`crt`).
    pub certificate: PathBuf,
    /// Where the issuing private key is.
    pub key: IssuingKey,
    /// Decrypts the key, unless a password file does.
    pub password: Option<Password>,
    /// Where to listen.
    pub address: Address,
    /// Names and addresses of the CA, at least one: in its own certificate and in the audiences of tokens.
    pub dns_names: Vec<String>,
    /// Common name of the CA's own TLS certificate.
    pub common_name: String,
    /// The request log, if there is one.
    pub logger: Option<LoggerConfig>,
    /// Provisioners, claims, checks.
    pub authority: AuthorityConfig,
    /// TLS of the listener.
    pub tls: TlsConfig,
    /// Modules by name.
    pub policies: BTreeMap<String, PolicyConfig>,
    /// Keys one of which has to vouch for each of them; nobody has to when there are none.
    pub trusted_keys: Vec<TrustedKey>,
    /// File of the store.
    pub store: PathBuf,
    /// File outside the store's folder that tells a store which was set back; a folder next to it when absent.
    pub store_head: Option<PathBuf>,
    /// How long certificates are kept after their end; for ever without it. Records are kept in any case.
    pub retention: Option<Duration>,
    /// The list of revoked certificates; none is published without it.
    pub crl: Option<CrlConfig>,
    /// Answers about single certificates; none are given without it.
    pub ocsp: Option<OcspConfig>,
    /// Where new certificates say that more is known about their issuer (`authorityInfoAccess`).
    pub authority_information: AuthorityInformation,
    /// Where metrics are served, if they are.
    pub metrics: Option<Address>,
    /// Who may read what is on record over the network; nobody without it.
    pub admin: Option<AdminConfig>,
    /// Where the audit log is written beside the store, and what is kept of each decision.
    pub audit: AuditConfig,
    /// What is remembered of this configuration beside the decisions made with it.
    pub generation: Generation,
    /// Whether a change to this file, or to one it names, is a reason to reload.
    pub watch: bool,
}

impl Config {
    /// Reads a file of at most [`limits::CONFIG_FILE`] octets.
    pub fn load(path: &Path) -> Result<(Self, Vec<Warning>), LoadError> {
        let unreadable = |source: io::Error| LoadError::Read { path: path.to_owned(), source };
        let file = File::open(path).map_err(unreadable)?;
        let metadata = file.metadata().map_err(unreadable)?;
        let (mode, owner) = (metadata.mode() & 0o7777, metadata.uid());
        let mut octets = Zeroizing::new(Vec::new());
        file.take(limits::CONFIG_FILE + 1).read_to_end(&mut octets).map_err(unreadable)?;
        if octets.len() as u64 > limits::CONFIG_FILE {
            return Err(LoadError::TooLarge { path: path.to_owned(), limit: limits::CONFIG_FILE });
        }
        let text = std::str::from_utf8(&octets).map_err(|_| LoadError::NotText { path: path.to_owned() })?;
        let (config, warnings) = Self::parse(text, path)?;
        if config.password.is_some() || config.key.has_pin() {
            let user = rustix::process::geteuid().as_raw();
            if owner != user && owner != ROOT {
                return Err(LoadError::Foreign { path: path.to_owned(), owner, user });
            }
            if mode & 0o077 != 0 {
                return Err(LoadError::Exposed { path: path.to_owned(), mode });
            }
        }
        Ok((config, warnings))
    }

    /// Reads the text of a file. `path` names it in messages and is where relative places begin.
    pub fn parse(text: &str, path: &Path) -> Result<(Self, Vec<Warning>), ConfigErrors> {
        let mut problems = error::Problems::default();
        let tree = document::read(text, &mut problems);
        let config = tree.and_then(|tree| file::read(&tree, path, &mut problems));
        match config {
            Some(config) if problems.errors.is_empty() => Ok((config, problems.warnings)),
            _ => Err(ConfigErrors { file: path.to_owned(), errors: problems.errors }),
        }
    }

    /// The checks a draft of this provisioner must pass, in order and each once: `builtin:claims`, those of the
    /// authority, its own.
    pub fn checks(&self, provisioner: &ProvisionerConfig) -> Vec<PolicyName> {
        let mut checks = vec![PolicyName::Builtin(Builtin::Claims)];
        for check in self.authority.checks.iter().chain(&provisioner.checks) {
            if !checks.contains(check) {
                checks.push(check.clone());
            }
        }
        checks
    }

    /// Every file a snapshot is built from, this one first.
    pub fn files(&self) -> Vec<PathBuf> {
        let mut files = vec![self.file.clone(), self.certificate.clone()];
        files.extend(self.key.file());
        files.extend(self.roots.iter().chain(&self.federated_roots).cloned());
        files.extend(self.policies.values().map(|policy| self.module_path(policy)));
        if !self.trusted_keys.is_empty() {
            files.extend(self.policies.values().map(|policy| Manifest::path(&self.module_path(policy))));
        }
        files
    }

    /// Where a policy's module is: a relative path begins at the folder of `ca.json`.
    pub fn module_path(&self, policy: &PolicyConfig) -> PathBuf {
        self.file.parent().unwrap_or(Path::new("")).join(&policy.path)
    }
}

/// A password; prints as dots.
#[derive(Clone, Eq, PartialEq)]
pub struct Password(Zeroizing<String>);

impl Password {
    /// Its octets.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}
