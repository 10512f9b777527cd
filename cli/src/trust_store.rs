//! The trust store of the operating system, changed by the system's own tool.
//!
//! Most systems have a folder for the roots of the administrator and a program that makes a bundle of all roots; macOS
//! has a keychain. The program is run by its full path and without a shell. Whoever is not root is told so before
//! anything is done. What a store did not take is not left in its folder.

use std::{
    ffi::OsString,
    io,
    path::{Path, PathBuf},
    process::{Command, ExitStatus},
};

use steppath::{Access, Overwrite};
use thiserror::Error;

use crate::{certificates, client::Fingerprint, error::reason};

/// Why the store is as it was.
#[derive(Debug, Error)]
pub(crate) enum TrustStoreError {
    /// Nothing here looks like a store we know.
    #[error("this system has no trust store that is known here")]
    Unknown,
    /// The store is the administrator's.
    #[error("only root may change the trust store of the system")]
    NotRoot,
    /// Nothing to take out.
    #[error("the certificate is not installed: there is no {}", .0.display())]
    NotInstalled(PathBuf),
    /// The system's own tool cannot be run.
    #[error("running {} failed: {}", program.display(), reason(cause))]
    Run {
        /// The tool.
        program: PathBuf,
        /// Why not.
        cause: io::Error,
    },
    /// The system's own tool did not do it.
    #[error("{} failed: {status}", program.display())]
    Failed {
        /// The tool.
        program: PathBuf,
        /// How it ended.
        status: ExitStatus,
    },
    /// The folder of roots cannot be written.
    #[error(transparent)]
    Write(#[from] steppath::FileError),
    /// The file in the folder of roots cannot be taken away.
    #[error("remove {} failed: {}", path.display(), reason(cause))]
    Remove {
        /// The file.
        path: PathBuf,
        /// Why not.
        cause: io::Error,
    },
}

impl TrustStoreError {
    /// What to do about it.
    pub(crate) fn hint(&self) -> Option<String> {
        match self {
            Self::Unknown => Some("add the root certificate with your system's own tool".into()),
            Self::NotRoot => Some("run the command with sudo, as root".into()),
            Self::NotInstalled(_) => Some("the file is named by `--prefix` and the certificate's fingerprint".into()),
            _ => None,
        }
    }
}

/// Anchors, the tool that collects them, and what it is told. The first that is there is the system's.
const FOLDERS: [(&str, &str, &[&str]); 4] = [
    // Debian, Ubuntu, Alpine.
    ("usr/local/share/ca-certificates", "update-ca-certificates", &[]),
    // Red Hat, Fedora.
    ("etc/pki/ca-trust/source/anchors", "update-ca-trust", &["extract"]),
    // Arch.
    ("etc/ca-certificates/trust-source/anchors", "trust", &["extract-compat"]),
    // SUSE.
    ("usr/share/pki/trust/anchors", "update-ca-certificates", &[]),
];

const PROGRAM_FOLDERS: [&str; 4] = ["usr/sbin", "usr/bin", "sbin", "bin"];

/// The keychain all users of macOS share.
const KEYCHAIN: &str = "Library/Keychains/System.keychain";

/// A trust store, and the tool that changes it.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct TrustStore {
    kind: Kind,
    program: PathBuf,
}

#[derive(Debug, Eq, PartialEq)]
enum Kind {
    Folder { anchors: PathBuf, arguments: &'static [&'static str] },
    Keychain(PathBuf),
}

/// A root certificate in a file, and what the names of its copies begin with.
pub(crate) struct Anchor<'a> {
    /// The file, which holds this certificate alone.
    pub(crate) file: &'a Path,
    /// The certificate, in DER.
    pub(crate) der: &'a [u8],
    /// Letters, digits, hyphens, points and underscores.
    pub(crate) prefix: &'a str,
}

impl TrustStore {
    /// The store of this machine, which this process may change.
    pub(crate) fn of_system() -> Result<Self, TrustStoreError> {
        let store = Self::detect(Path::new("/"))?;
        match rustix::process::geteuid().is_root() {
            true => Ok(store),
            false => Err(TrustStoreError::NotRoot),
        }
    }

    /// The store of the system whose file system begins at `root`.
    fn detect(root: &Path) -> Result<Self, TrustStoreError> {
        let program = |name: &str| {
            PROGRAM_FOLDERS.iter().map(|folder| root.join(folder).join(name)).find(|program| program.is_file())
        };
        let folder = FOLDERS.iter().find_map(|(anchors, name, arguments)| {
            let anchors = root.join(anchors);
            let program = program(name).filter(|_| anchors.is_dir())?;
            Some(Self { kind: Kind::Folder { anchors, arguments }, program })
        });
        let keychain = || {
            let keychain = root.join(KEYCHAIN);
            let program = program("security").filter(|_| keychain.is_file())?;
            Some(Self { kind: Kind::Keychain(keychain), program })
        };
        folder.or_else(keychain).ok_or(TrustStoreError::Unknown)
    }

    /// Makes every program of this machine that uses the store trust the certificate.
    pub(crate) fn install(&self, anchor: &Anchor<'_>) -> Result<(), TrustStoreError> {
        self.install_by(anchor, run)
    }

    /// Undoes [`Self::install`].
    pub(crate) fn uninstall(&self, anchor: &Anchor<'_>) -> Result<(), TrustStoreError> {
        self.uninstall_by(anchor, run)
    }

    fn install_by(&self, anchor: &Anchor<'_>, run: Run) -> Result<(), TrustStoreError> {
        match &self.kind {
            Kind::Folder { anchors, arguments } => {
                let path = anchors.join(anchor.file_name());
                let pem = certificates::to_pem(&[anchor.der.to_vec().into()]);
                steppath::write(&path, pem.as_bytes(), Access::Public, Overwrite::Allow)?;
                run(&self.program, words(arguments)).inspect_err(|_| {
                    // The error at hand says more than one about the cleaning up.
                    let _ = std::fs::remove_file(&path);
                })
            }
            Kind::Keychain(keychain) => {
                let mut arguments = words(&["add-trusted-cert", "-d", "-r", "trustRoot", "-k"]);
                arguments.extend([keychain.into(), anchor.file.into()]);
                run(&self.program, arguments)
            }
        }
    }

    fn uninstall_by(&self, anchor: &Anchor<'_>, run: Run) -> Result<(), TrustStoreError> {
        match &self.kind {
            Kind::Folder { anchors, arguments } => {
                let path = anchors.join(anchor.file_name());
                match std::fs::remove_file(&path) {
                    Ok(()) => run(&self.program, words(arguments)),
                    Err(cause) if cause.kind() == io::ErrorKind::NotFound => Err(TrustStoreError::NotInstalled(path)),
                    Err(cause) => Err(TrustStoreError::Remove { path, cause }),
                }
            }
            Kind::Keychain(_) => {
                let mut arguments = words(&["remove-trusted-cert", "-d"]);
                arguments.push(anchor.file.into());
                run(&self.program, arguments)
            }
        }
    }
}

impl Anchor<'_> {
    /// One name for one certificate, whatever its file was called. Debian's tool wants `.crt`.
    fn file_name(&self) -> String {
        format!("{}{}.crt", self.prefix, Fingerprint::of(self.der))
    }
}

fn words(arguments: &[&str]) -> Vec<OsString> {
    arguments.iter().map(OsString::from).collect()
}

/// How a program is run with its arguments.
type Run = fn(&Path, Vec<OsString>) -> Result<(), TrustStoreError>;

/// Standard output is for answers: what the tool says there is not one.
fn run(program: &Path, arguments: Vec<OsString>) -> Result<(), TrustStoreError> {
    let status = Command::new(program).args(arguments).stdout(std::process::Stdio::null()).status();
    match status.map_err(|cause| TrustStoreError::Run { program: program.to_owned(), cause })? {
        status if status.success() => Ok(()),
        status => Err(TrustStoreError::Failed { program: program.to_owned(), status }),
    }
}

#[cfg(test)]
mod debian;

#[cfg(test)]
mod tests {
    use super::*;

    /// A file system with these files and folders, the latter ending in `/`.
    fn system(paths: &[&str]) -> tempfile::TempDir {
        let root = tempfile::tempdir().expect("a temporary folder");
        for path in paths {
            let path = root.path().join(path);
            if path.to_string_lossy().ends_with('/') {
                std::fs::create_dir_all(path).expect("made");
            } else {
                std::fs::create_dir_all(path.parent().expect("in a folder")).expect("made");
                std::fs::write(path, "").expect("made");
            }
        }
        root
    }

    const DEBIAN: [&str; 2] = ["usr/local/share/ca-certificates/", "usr/sbin/update-ca-certificates"];

    fn anchor() -> Anchor<'static> {
        Anchor { file: Path::new("/tmp/root.crt"), der: b"der", prefix: "step-" }
    }

    fn done(_: &Path, _: Vec<OsString>) -> Result<(), TrustStoreError> {
        Ok(())
    }

    fn refused(program: &Path, _: Vec<OsString>) -> Result<(), TrustStoreError> {
        Err(TrustStoreError::Run { program: program.to_owned(), cause: io::ErrorKind::PermissionDenied.into() })
    }

    #[test]
    fn each_system_is_known_by_its_folder_and_its_tool() {
        let red_hat = ["etc/pki/ca-trust/source/anchors/", "usr/bin/update-ca-trust"];
        let arch = ["etc/ca-certificates/trust-source/anchors/", "usr/bin/trust"];
        let suse = ["usr/share/pki/trust/anchors/", "usr/sbin/update-ca-certificates"];
        for paths in [DEBIAN, red_hat, arch, suse] {
            let root = system(&paths);
            let store = TrustStore::detect(root.path()).expect(paths[1]);
            assert_eq!(store.program, root.path().join(paths[1]));
            let Kind::Folder { anchors, .. } = store.kind else { panic!("{paths:?} is no keychain") };
            assert_eq!(anchors, root.path().join(paths[0]));
        }
        let mac = system(&["usr/bin/security", "Library/Keychains/System.keychain"]);
        assert!(matches!(TrustStore::detect(mac.path()).expect("macOS").kind, Kind::Keychain(_)));
        for half in [&DEBIAN[..1], &DEBIAN[1..], &[]] {
            assert!(matches!(TrustStore::detect(system(half).path()), Err(TrustStoreError::Unknown)), "{half:?}");
        }
    }

    #[test]
    fn what_was_installed_can_be_taken_out_once() {
        let root = system(&DEBIAN);
        let store = TrustStore::detect(root.path()).expect("Debian");
        store.install_by(&anchor(), done).expect("installed");
        let name = format!("step-{}.crt", Fingerprint::of(b"der"));
        let path = root.path().join(DEBIAN[0]).join(name);
        let pem = certificates::to_pem(&[b"der".to_vec().into()]);
        assert_eq!(std::fs::read_to_string(&path).expect("there"), pem);
        let other = Anchor { prefix: "other-", ..anchor() };
        assert!(matches!(store.uninstall_by(&other, done), Err(TrustStoreError::NotInstalled(_))));
        store.uninstall_by(&anchor(), done).expect("taken out");
        assert!(!path.exists());
        assert!(matches!(store.uninstall_by(&anchor(), done), Err(TrustStoreError::NotInstalled(_))));
    }

    #[test]
    fn what_the_tool_did_not_take_is_not_left_behind() {
        let root = system(&DEBIAN);
        let store = TrustStore::detect(root.path()).expect("Debian");
        let error = store.install_by(&anchor(), refused).expect_err("refused");
        assert!(error.to_string().ends_with("usr/sbin/update-ca-certificates failed: permission denied"), "{error}");
        assert_eq!(std::fs::read_dir(root.path().join(DEBIAN[0])).expect("a folder").count(), 0);
    }

    #[test]
    fn the_tools_failure_is_an_error() {
        assert!(run(Path::new("/bin/sh"), words(&["-c", "exit 0"])).is_ok());
        let error = run(Path::new("/bin/sh"), words(&["-c", "exit 3"])).expect_err("it failed");
        assert_eq!(error.to_string(), "/bin/sh failed: exit status: 3");
        assert!(matches!(run(Path::new("/does/not/exist"), Vec::new()), Err(TrustStoreError::Run { .. })));
    }
}
