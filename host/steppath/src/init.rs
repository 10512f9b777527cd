//! A new certificate authority on disk.

use std::path::PathBuf;

use authority::{
    Certificate, Timestamp,
    keys::{KeySpec, PrivateKey},
    pki,
};
use jose::{Jwk, jwe};
use zeroize::Zeroizing;

use crate::{
    Access, Defaults, InitError, NewFile, Overwrite, StepPath,
    ca_json::{Authority, CaJson, Logger, Provisioner, Tls},
    defaults::ca_url,
    files::write_all,
    json,
};

/// Rounds of key derivation for the provisioner's key: what upstream writes today, and less than the 1,000,000 that
/// other readers refuse.
const PROVISIONER_ITERATIONS: u32 = 600_000;

/// What a new public key infrastructure is to be.
pub struct InitOptions<'a> {
    /// Its name: the certificates become `<name> Root CA` and `<name> Intermediate CA`.
    pub name: &'a str,
    /// Encrypts the private keys of root and intermediate.
    pub key_password: &'a [u8],
    /// A root to go on with instead of a new one.
    pub root: Option<ExistingRoot>,
    /// An online CA on top; without, there are certificates and keys and nothing else.
    pub authority: Option<AuthorityOptions<'a>>,
    /// What happens to files that are there.
    pub overwrite: Overwrite,
    /// When the certificates begin.
    pub now: Timestamp,
}

/// A root that was made elsewhere. It is written again in its usual place, its key under the new password.
pub struct ExistingRoot {
    /// Its certificate.
    pub certificate: Certificate,
    /// Its private key.
    pub key: PrivateKey,
}

/// What a new online CA is to be.
pub struct AuthorityOptions<'a> {
    /// DNS names and IP addresses it is reached by; at least one.
    pub dns_names: &'a [String],
    /// Where it listens: `host:port` or `:port`.
    pub address: &'a str,
    /// The name of its first provisioner.
    pub provisioner: &'a str,
    /// Encrypts the provisioner's private key; not empty.
    pub provisioner_password: &'a [u8],
    /// Where clients reach it, when that is not the first DNS name and the port of the address.
    pub ca_url: Option<&'a str>,
}

/// What was made.
#[derive(Debug)]
pub struct Initialized {
    /// The files, in the order of the report to the user.
    pub files: Vec<WrittenFile>,
    /// SHA-256 of the root certificate, in lower-case hexadecimal.
    pub root_fingerprint: String,
    /// The identifier of the first provisioner's key.
    pub provisioner_kid: Option<String>,
}

/// A file that was written.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct WrittenFile {
    /// What it is.
    pub role: Role,
    /// Where it is.
    pub path: PathBuf,
}

/// What a file of a new CA is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Role {
    /// The root certificate.
    RootCertificate,
    /// The root's private key, encrypted.
    RootKey,
    /// The intermediate certificate.
    IntermediateCertificate,
    /// The intermediate's private key, encrypted.
    IntermediateKey,
    /// `defaults.json`.
    Defaults,
    /// `ca.json`.
    Configuration,
}

impl Role {
    /// What the report to the user calls it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::RootCertificate => "Root certificate",
            Self::RootKey => "Root private key",
            Self::IntermediateCertificate => "Intermediate certificate",
            Self::IntermediateKey => "Intermediate private key",
            Self::Defaults => "Default configuration",
            Self::Configuration => "Certificate Authority configuration",
        }
    }
}

/// Makes a public key infrastructure and writes it: keys before certificates, and `ca.json` last, so that an
/// interrupted run leaves no configuration of something that is not there.
///
/// Takes about a second: passwords are stretched.
///
/// # Errors
/// See [`InitError`]. Files that exist are found before anything is written.
pub fn init(step_path: &StepPath, options: &InitOptions<'_>) -> Result<Initialized, InitError> {
    let checked = options.authority.as_ref().map(check).transpose()?;
    if options.name.trim().is_empty() {
        return Err(InitError::Empty("the name of the PKI"));
    }

    let made_root;
    let root = match &options.root {
        Some(root) => root,
        None => {
            made_root = make_root(options.name, options.now)?;
            &made_root
        }
    };
    let intermediate_key = PrivateKey::generate(KeySpec::EcP256)?;
    let intermediate =
        pki::create_intermediate(options.name, &intermediate_key, &root.certificate, &root.key, options.now)?;
    let root_fingerprint = hex::encode(root.certificate.fingerprint_sha256());

    let private = |role, path, contents: Zeroizing<String>| Pending { role, path, contents, access: Access::Private };
    let mut pending = vec![
        private(Role::RootKey, step_path.root_key(), root.key.to_encrypted_pem(options.key_password)?),
        private(
            Role::IntermediateKey,
            step_path.intermediate_key(),
            intermediate_key.to_encrypted_pem(options.key_password)?,
        ),
        private(Role::RootCertificate, step_path.root_certificate(), Zeroizing::new(root.certificate.pem())),
        private(
            Role::IntermediateCertificate,
            step_path.intermediate_certificate(),
            Zeroizing::new(intermediate.pem()),
        ),
    ];
    let mut provisioner_kid = None;
    if let Some(authority) = &checked {
        let key = Jwk::generate_ec_p256()?;
        let url = authority.options.ca_url.map_or_else(|| ca_url(authority.first_name, authority.port), str::to_owned);
        let defaults = Defaults::of_ca(step_path, url, &root_fingerprint).to_json();
        pending.push(Pending {
            role: Role::Defaults,
            path: step_path.defaults_json(),
            contents: Zeroizing::new(defaults),
            access: Access::Public,
        });
        pending.push(private(
            Role::Configuration,
            step_path.ca_json(),
            configuration(step_path, authority.options, &key)?,
        ));
        provisioner_kid = key.kid().map(str::to_owned);
    }

    step_path.create_directories()?;
    let files: Vec<NewFile<'_>> = pending.iter().map(Pending::file).collect();
    write_all(&files, options.overwrite)?;
    Ok(Initialized { files: report(pending), root_fingerprint, provisioner_kid })
}

/// A file that is complete and not yet on disk.
struct Pending {
    role: Role,
    path: PathBuf,
    contents: Zeroizing<String>,
    access: Access,
}

impl Pending {
    fn file(&self) -> NewFile<'_> {
        NewFile { path: &self.path, contents: self.contents.as_bytes(), access: self.access }
    }
}

/// Options that passed, and what was read from them.
struct Checked<'a> {
    options: &'a AuthorityOptions<'a>,
    first_name: &'a str,
    port: u16,
}

fn check<'a>(options: &'a AuthorityOptions<'a>) -> Result<Checked<'a>, InitError> {
    let [first_name, ..] = options.dns_names else { return Err(InitError::Empty("the list of DNS names")) };
    if options.dns_names.iter().any(|name| name.trim().is_empty()) {
        return Err(InitError::Empty("a DNS name"));
    }
    if options.provisioner.trim().is_empty() {
        return Err(InitError::Empty("the name of the provisioner"));
    }
    if options.provisioner_password.is_empty() {
        return Err(InitError::Empty("the password of the provisioner"));
    }
    let port = options.address.rsplit_once(':').and_then(|(_, port)| port.parse().ok());
    let port = port.ok_or_else(|| InitError::Address(options.address.to_owned()))?;
    Ok(Checked { options, first_name, port })
}

fn make_root(name: &str, now: Timestamp) -> Result<ExistingRoot, InitError> {
    let key = PrivateKey::generate(KeySpec::EcP256)?;
    let certificate = pki::create_root(name, &key, now)?;
    Ok(ExistingRoot { certificate, key })
}

fn configuration(
    step_path: &StepPath,
    options: &AuthorityOptions<'_>,
    key: &Jwk,
) -> Result<Zeroizing<String>, InitError> {
    let encrypted_key = jwe::encrypt_jwk(key, options.provisioner_password, PROVISIONER_ITERATIONS)?;
    let ca_json = CaJson {
        root: StepPath::text(&step_path.root_certificate()),
        federated_roots: [],
        crt: StepPath::text(&step_path.intermediate_certificate()),
        key: StepPath::text(&step_path.intermediate_key()),
        address: options.address,
        dns_names: options.dns_names,
        logger: Logger::TEXT,
        authority: Authority { provisioners: [Provisioner::new(options.provisioner, key, encrypted_key)] },
        tls: Tls::NEW,
    };
    Ok(Zeroizing::new(json::to_string(&ca_json)))
}

/// In the order a person reads them, which is not the order of writing.
fn report(pending: Vec<Pending>) -> Vec<WrittenFile> {
    let mut files: Vec<WrittenFile> =
        pending.into_iter().map(|Pending { role, path, .. }| WrittenFile { role, path }).collect();
    files.sort_by_key(|file| file.role as u8);
    files
}
