//! The `openssl` program: a judge of what we sign, and a stranger who makes keys and requests.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use authority::Certificate;
use tempfile::TempDir;

/// The program, with a folder to work in.
pub struct OpenSsl {
    folder: TempDir,
}

impl OpenSsl {
    /// None, and a line saying so, where the program is missing.
    pub fn find() -> Option<Self> {
        if Command::new("openssl").arg("version").output().is_err() {
            eprintln!("skipped: there is no openssl program");
            return None;
        }
        Some(Self { folder: TempDir::new().expect("a temporary folder") })
    }

    /// A file in its folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file in its folder.
    pub fn write(&self, name: &str, contents: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, contents).expect("the folder can be written");
        path
    }

    /// Reads a file in its folder.
    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Runs in its folder, the arguments being the words of a line.
    ///
    /// # Errors
    /// Everything it printed, when it failed.
    pub fn try_run(&self, line: &str) -> Result<String, String> {
        self.try_run_words(&line.split_whitespace().collect::<Vec<_>>())
    }

    fn try_run_words(&self, words: &[&str]) -> Result<String, String> {
        let output = Command::new("openssl").args(words).current_dir(&self.folder).output().expect("openssl runs");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        if output.status.success() { Ok(text) } else { Err(text + &String::from_utf8_lossy(&output.stderr)) }
    }

    /// Runs and succeeds.
    #[track_caller]
    pub fn run(&self, line: &str) -> String {
        self.try_run(line).unwrap_or_else(|error| panic!("openssl {line}\n{error}"))
    }

    /// A request for the name `host` by a key made with the words `genpkey` and signed with the words `req`; PEM. The
    /// key stays in `key.pem`.
    #[track_caller]
    pub fn request(&self, genpkey: &str, req: &str) -> String {
        self.run(&format!("genpkey -out key.pem {genpkey}"));
        self.run(&format!("req -new -key key.pem -subj /CN=host -addext subjectAltName=DNS:host {req}"))
    }

    /// `openssl verify -x509_strict` of all `leaves` at once. When they are valid is not looked at.
    ///
    /// # Errors
    /// Everything it printed, when it does not accept one of them.
    pub fn verify(
        &self,
        root: &Certificate,
        intermediates: &[Certificate],
        leaves: &[Certificate],
    ) -> Result<String, String> {
        self.write("root.crt", root.pem());
        self.write("untrusted.crt", intermediates.iter().map(Certificate::pem).collect::<String>());
        let usual = ["verify", "-x509_strict", "-check_ss_sig", "-no_check_time", "-CAfile", "root.crt"];
        let names: Vec<String> = (0..leaves.len()).map(|number| format!("leaf-{number}.crt")).collect();
        for (leaf, name) in leaves.iter().zip(&names) {
            self.write(name, leaf.pem());
        }
        let mut words = usual.to_vec();
        words.extend(["-untrusted", "untrusted.crt"]);
        words.extend(names.iter().map(String::as_str));
        self.try_run_words(&words)
    }

    /// The folder it works in.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}
