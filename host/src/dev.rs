//! `step-ca --dev`: a CA of one's own on this machine, without a question asked.
//!
//! The first start makes root, intermediate and one JWK provisioner, with random passwords in files that only their
//! owner can read; later starts use what is there. Nothing else about it is special: it serves the `ca.json` it finds,
//! on the same road and with the same policies as any other.

use crate::reload::{PasswordSource, Source};
use authority::Timestamp;
use std::{
    env, fs, io,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
};
use steppath::{
    Access, AuthorityOptions, FileError, InitError, InitOptions, Overwrite, StepPath, StepPathError, random_password,
};
use thiserror::Error;
use zeroize::Zeroizing;

/// A CA that is ready to be started.
pub struct Dev {
    /// Its configuration, with the address of this start and the file of its password.
    pub source: Source,
    /// What to tell the person in front of it.
    pub greeting: Greeting,
}

/// What to type next.
#[derive(Clone, Debug)]
pub struct Greeting {
    step_path: StepPath,
    is_new: bool,
}

/// Makes the PKI if there is none, and says where its configuration is, with an address to listen on: the one that is
/// asked for, or 127.0.0.1 with the usual port, or with any port when somebody has that.
///
/// # Errors
/// The folder holds a CA that `--dev` did not make, or a file cannot be read or written.
pub fn prepare(address: Option<SocketAddr>, now: Timestamp) -> Result<Dev, DevError> {
    let step_path = home()?;
    let is_new = !step_path.ca_json().exists();
    let files = DevFiles::new(&step_path);
    // What a client keeps there is not ours either.
    let is_taken =
        [step_path.ca_json(), step_path.defaults_json(), step_path.root_certificate()].iter().any(|it| it.exists());
    if is_taken && !files.password.exists() {
        return Err(DevError::NotOurs { base: step_path.base().to_owned() });
    }
    let address = address.unwrap_or_else(usual_address);
    if is_new {
        files.make(&step_path, &address, now)?;
    }
    let source = Source {
        file: step_path.ca_json(),
        address: Some(address.into()),
        password: PasswordSource::File(files.password),
    };
    Ok(Dev { source, greeting: Greeting { step_path, is_new } })
}

fn usual_address() -> SocketAddr {
    let usual = SocketAddr::from((Ipv4Addr::LOCALHOST, USUAL_PORT));
    match TcpListener::bind(usual) {
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        _ => usual,
    }
}

const USUAL_PORT: u16 = 9443;

/// `$STEPPATH`, or a folder that is clearly for this.
fn home() -> Result<StepPath, StepPathError> {
    match (env::var_os("STEPPATH"), env::var_os("HOME")) {
        (None, Some(home)) => StepPath::new(Path::new(&home).join(".step-ca-dev")),
        _ => StepPath::from_environment(),
    }
}

/// The passwords that nobody was asked for.
struct DevFiles {
    password: PathBuf,
    provisioner_password: PathBuf,
}

impl DevFiles {
    fn new(step_path: &StepPath) -> Self {
        let secrets = step_path.secrets();
        Self { password: secrets.join("password"), provisioner_password: secrets.join("provisioner_password") }
    }

    fn make(&self, step_path: &StepPath, address: &SocketAddr, now: Timestamp) -> Result<(), DevError> {
        step_path.create_directories()?;
        // The passwords first: a start that is cut short leaves no key that nobody can open.
        let password = self.keep(&self.password)?;
        let provisioner_password = self.keep(&self.provisioner_password)?;
        let dns_names = ["localhost".to_owned(), address.ip().to_string()];
        steppath::init(
            step_path,
            &InitOptions {
                name: NAME,
                key_password: &password,
                now,
                root: None,
                overwrite: Overwrite::Allow,
                authority: Some(AuthorityOptions {
                    dns_names: &dns_names,
                    address: &address.to_string(),
                    provisioner: PROVISIONER,
                    provisioner_password: &provisioner_password,
                    ca_url: None,
                }),
            },
        )?;
        Ok(())
    }

    fn keep(&self, path: &Path) -> Result<Zeroizing<Vec<u8>>, DevError> {
        let password = random_password()?;
        steppath::write(path, password.as_bytes(), Access::Private, Overwrite::Allow)?;
        Ok(Zeroizing::new(password.as_bytes().to_vec()))
    }
}

const NAME: &str = "Development";
const PROVISIONER: &str = "dev@localhost";

impl Greeting {
    /// Writes the defaults for `step` on this machine, and says how to use them.
    ///
    /// # Errors
    /// The defaults cannot be written.
    pub fn text(&self, address: SocketAddr) -> Result<String, DevError> {
        let base = self.step_path.base().display();
        let path = self.step_path.defaults_json();
        let text = fs::read_to_string(&path).map_err(|source| DevError::Defaults { path: path.clone(), source })?;
        let mut defaults: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&text)
            .map_err(|source| DevError::Defaults { path: path.clone(), source: source.into() })?;
        let files = DevFiles::new(&self.step_path);
        for (flag, value) in [
            ("ca-url", format!("https://{address}")),
            ("provisioner", PROVISIONER.to_owned()),
            ("provisioner-password-file", files.provisioner_password.display().to_string()),
        ] {
            defaults.insert(flag.to_owned(), value.into());
        }
        let text = serde_json::to_string_pretty(&defaults).expect("text has a JSON form");
        steppath::write(&path, text.as_bytes(), Access::Private, Overwrite::Allow)?;
        let made = if self.is_new { "A new CA is" } else { "The CA is" };
        Ok(format!(
            "{made} in {base}, serving HTTPS on {address}.\n\n\
             In another terminal:\n\n    \
             export STEPPATH={base}\n    \
             step ca certificate localhost localhost.crt localhost.key\n\n\
             The root certificate is {}. Stop with Ctrl-C; the data stays.\n",
            self.step_path.root_certificate().display()
        ))
    }
}

/// Why there is no CA to play with.
#[derive(Debug, Error)]
pub enum DevError {
    /// Somebody else's CA, or a client's files.
    #[error(
        "{} holds files of `step` that --dev did not make\n\nhint: start it with `step-ca {}/config/ca.json`, \
         or let STEPPATH name a folder of its own for --dev",
        base.display(), base.display()
    )]
    NotOurs {
        /// Where.
        base: PathBuf,
    },
    /// The defaults for `step` cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Defaults {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// There is no place for it.
    #[error(transparent)]
    StepPath(#[from] StepPathError),
    /// A file cannot be written or read.
    #[error(transparent)]
    File(#[from] FileError),
    /// The PKI cannot be made.
    #[error(transparent)]
    Init(#[from] InitError),
}
