//! The `openssl` program, as a judge and as a stranger who makes requests.

use std::path::{Path, PathBuf};
use std::process::Command;

use step_authority::{Certificate, Timestamp};
use tempfile::TempDir;

pub(crate) struct OpenSsl {
    folder: TempDir,
}

impl OpenSsl {
    /// None, and a line saying so, where the program is missing.
    pub(crate) fn find() -> Option<Self> {
        if Command::new("openssl").arg("version").output().is_err() {
            eprintln!("skipped: there is no openssl program");
            return None;
        }
        Some(Self { folder: TempDir::new().unwrap() })
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, contents: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, contents).unwrap();
        path
    }

    /// Runs in the temporary folder; the answer is standard output, or the
    /// error as text.
    pub(crate) fn run(&self, arguments: &[&str]) -> Result<String, String> {
        let output = Command::new("openssl").args(arguments).current_dir(&self.folder).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        if output.status.success() { Ok(text) } else { Err(text + &String::from_utf8_lossy(&output.stderr)) }
    }

    /// Makes a key with `genpkey` and a request for the name `host`; the
    /// request as PEM.
    pub(crate) fn request(&self, genpkey: &[&str], req: &[&str]) -> String {
        self.run(&[&["genpkey", "-out", "key.pem"], genpkey].concat()).unwrap();
        self.request_with("key.pem", req)
    }

    pub(crate) fn request_with(&self, key: &str, req: &[&str]) -> String {
        let usual = ["req", "-new", "-key", key, "-subj", "/CN=host", "-addext", "subjectAltName=DNS:host"];
        self.run(&[&usual[..], req].concat()).unwrap()
    }

    /// `openssl verify -x509_strict` for all of `leaves` at once.
    pub(crate) fn verify(
        &self,
        root: &Certificate,
        intermediates: &[Certificate],
        leaves: &[&Certificate],
        at: Timestamp,
    ) -> Result<String, String> {
        let root = self.write("root.crt", &root.pem());
        let untrusted: String = intermediates.iter().map(Certificate::pem).collect();
        let untrusted = self.write("untrusted.crt", &untrusted);
        let leaves: Vec<PathBuf> = leaves
            .iter()
            .enumerate()
            .map(|(index, leaf)| self.write(&format!("leaf-{index}.crt"), &leaf.pem()))
            .collect();
        let at = at.as_unix().to_string();
        let mut arguments = vec!["verify", "-x509_strict", "-check_ss_sig", "-attime", &at, "-CAfile", text(&root)];
        if untrusted.metadata().unwrap().len() > 0 {
            arguments.extend(["-untrusted", text(&untrusted)]);
        }
        arguments.extend(leaves.iter().map(|leaf| text(leaf)));
        self.run(&arguments)
    }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}
