//! `step certificate p12`

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use p12_keystore::{
    Certificate, EncryptionAlgorithm, KeyStore, KeyStoreEntry, MacAlgorithm, PrivateKey, PrivateKeyChain,
};
use zeroize::Zeroizing;

use crate::{
    answer::Saved,
    certificates, client,
    context::Context,
    error::{CommandError, ExitStatus},
    files::{self, Destination},
    key_file,
    protection::{ClearFlags, NewPassword, Protection},
};

/// Rounds that make an encryption key or a MAC key of a password (RFC 7292 appendix B, RFC 8018 §5.2).
const ITERATIONS: u32 = 100_000;
/// What readers that know no more than --legacy expect.
const LEGACY_ITERATIONS: u32 = 2_048;

/// Write a certificate, its key and its issuers into one PKCS#12 file
///
/// Without CRT-FILE and KEY-FILE the file holds the certificates of --ca as roots to be trusted.
#[derive(Args)]
#[command(after_long_help = "\
Examples:
  step certificate p12 a.p12 a.crt a.key
  step certificate p12 a.p12 a.crt a.key --ca intermediate_ca.crt --ca root_ca.crt
  step certificate p12 trust.p12 --ca root_ca.crt")]
pub(crate) struct P12 {
    /// File to be written
    #[arg(value_name = "P12-FILE")]
    p12: PathBuf,
    /// File with the certificate; further ones in it are its issuers
    #[arg(value_name = "CRT-FILE", requires = "key")]
    certificate: Option<PathBuf>,
    /// File with the private key
    #[arg(value_name = "KEY-FILE")]
    key: Option<PathBuf>,
    /// File with certificates of issuers; can be given several times
    #[arg(long, value_name = "FILE")]
    ca: Vec<PathBuf>,
    /// File with the password that encrypts the file
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// File with the password of the private key, if it has one
    #[arg(long, value_name = "FILE")]
    key_password_file: Option<PathBuf>,
    #[command(flatten)]
    clear: ClearFlags,
    /// Encrypt as old readers expect it: triple DES and SHA-1
    #[arg(long)]
    legacy: bool,
    /// Overwrite files without asking
    #[arg(long, short)]
    force: bool,
}

impl P12 {
    pub(crate) fn run(self, cx: &mut Context) -> anyhow::Result<ExitStatus> {
        let destination = Destination::claim(cx, &self.p12, self.force)?;
        let store = match (&self.certificate, &self.key) {
            (Some(certificate), Some(key)) => self.identity(cx, certificate, key)?,
            (Some(_), None) => {
                return Err(CommandError::TooFewArguments { usage: "step certificate p12".to_owned() }.into());
            }
            (None, _) => self.roots()?,
        };
        let label = "Please enter a password to encrypt the .p12 file";
        let password = NewPassword { label, flag: "password-file", file: self.password_file.as_deref() };
        let password = match self.clear.protection(cx, password)? {
            Protection::Password(password) => password,
            // The format always has a password; this is the one that everybody tries first.
            Protection::None => Zeroizing::new(Vec::new()),
        };
        let password = std::str::from_utf8(&password).context("the password of a .p12 file must be UTF-8")?;
        let (encryption, mac, iterations) = match self.legacy {
            true => (EncryptionAlgorithm::PbeWithShaAnd3KeyTripleDesCbc, MacAlgorithm::HmacSha1, LEGACY_ITERATIONS),
            false => (EncryptionAlgorithm::PbeWithHmacSha256AndAes256, MacAlgorithm::HmacSha256, ITERATIONS),
        };
        let writer = store.writer(password).encryption_algorithm(encryption).mac_algorithm(mac);
        let file = writer.encryption_iterations(iterations).mac_iterations(iterations).write();
        destination.write(&Zeroizing::new(file.context("writing PKCS#12 failed")?))?;
        cx.output.give(&Saved::file("file", "Your .p12 bundle has been saved as", &self.p12))?;
        Ok(ExitStatus::Success)
    }

    /// A key, its certificate and those of the issuers.
    fn identity(&self, cx: &mut Context, certificate: &Path, key: &Path) -> anyhow::Result<KeyStore> {
        let mut chain = read(certificate)?;
        let password = key_file::Password { flag: "--key-password-file", file: self.key_password_file.as_deref() };
        let private = key_file::read(cx, key, password)?;
        let leaf = chain.first().context("a file with a certificate")?;
        let parsed = authority::Certificate::from_der(leaf).context("the certificate cannot be read")?;
        if parsed.public_key().spki_der() != private.spki_der() {
            anyhow::bail!("the key in {} is not that of the certificate in {}", key.display(), certificate.display());
        }
        // What windows and key chains show: the name it is known by.
        let name = parsed.subject().common_name().map_or_else(|| client::Fingerprint::of(leaf).to_string(), Into::into);
        for file in &self.ca {
            chain.extend(read(file)?);
        }
        let certificates: Vec<_> =
            chain.iter().map(|der| Certificate::from_der(der)).collect::<Result<_, _>>().context("reading failed")?;
        let key = PrivateKey::from_der(&private.to_pkcs8_der()?).context("the key has no place in a .p12 file")?;
        // RFC 7292 §4.2: ties key and certificate together; any octets will do.
        let id = parsed.fingerprint_sha256().to_vec();
        let mut store = KeyStore::new();
        store.add_entry(&name, KeyStoreEntry::PrivateKeyChain(PrivateKeyChain::new(id, key, certificates)));
        Ok(store)
    }

    /// Certificates and nothing else.
    fn roots(&self) -> anyhow::Result<KeyStore> {
        if self.ca.is_empty() {
            return Err(CommandError::RequiredUnlessArgument { flag: "ca", argument: "CRT-FILE" }.into());
        }
        let mut store = KeyStore::new();
        for file in &self.ca {
            for der in read(file)? {
                let certificate = Certificate::from_der(&der).context("reading failed")?;
                let alias = client::Fingerprint::of(&der).to_string();
                store.add_entry(&alias, KeyStoreEntry::Certificate(certificate));
            }
        }
        Ok(store)
    }
}

fn read(path: &Path) -> anyhow::Result<Vec<rustls::pki_types::CertificateDer<'static>>> {
    certificates::all(&files::read(path)?).with_context(|| format!("error reading {}", path.display()))
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;
    use crate::testing::{User, leaf_certificate, root_certificate};

    /// A user with a certificate, its key, a root and a password.
    fn user() -> (User, String, String) {
        let user = User::new();
        let ((certificate, key), root) = (leaf_certificate(0, 1000), root_certificate());
        for (name, content) in [("a.crt", certificate.as_str()), ("a.key", &key), ("ca.crt", &root), ("pw", "secret\n")]
        {
            user.write(name, content);
        }
        (user, certificate, root)
    }

    #[test]
    fn openssl_finds_key_and_certificates_again() {
        let (user, certificate, root) = user();
        for legacy in ["", "--legacy"] {
            let line = "certificate p12 {}/a.p12 {}/a.crt {}/a.key --ca {}/ca.crt --password-file {}/pw -f";
            let outcome = user.step(&format!("{line} {legacy}"));
            assert_eq!(outcome.talk, "Your .p12 bundle has been saved as {}/a.p12.\n");
            let path = |name| user.path(name).display().to_string();
            let (file, password) = (path("a.p12"), format!("file:{}", path("pw")));
            let mut arguments = vec!["pkcs12", "-in", &file, "-passin", &password, "-nodes"];
            // OpenSSL 3 keeps triple DES and the like in a provider of its own.
            arguments.extend(Some("-legacy").filter(|_| !legacy.is_empty()));
            let Ok(output) = Command::new("openssl").args(arguments).output() else {
                eprintln!("skipped: openssl is not installed");
                return;
            };
            let text = String::from_utf8_lossy(&output.stdout);
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            assert!(text.contains(&certificate) && text.contains(&root), "{text}");
            assert!(text.contains("BEGIN PRIVATE KEY"), "{text}");
        }
    }

    #[test]
    fn what_was_written_opens_with_its_password_only() {
        let (user, ..) = user();
        user.step("certificate p12 {}/trust.p12 --ca {}/ca.crt --password-file {}/pw").answer();
        let file = std::fs::read(user.path("trust.p12")).expect("a file");
        let open = |password| KeyStore::from_pkcs12(&file, password, p12_keystore::Pkcs12ImportPolicy::Relaxed);
        assert_eq!(open("secret").expect("opened").entries_len(), 1);
        assert!(open("other").is_err());
    }

    #[test]
    fn what_does_not_belong_together_is_not_written() {
        let (user, ..) = user();
        user.write("b.key", leaf_certificate(0, 1000).1);
        let error = user.step("certificate p12 {}/a.p12 {}/a.crt {}/b.key --password-file {}/pw").error();
        assert_eq!(error, "the key in {}/b.key is not that of the certificate in {}/a.crt\n");
        let error = user.step("certificate p12 {}/a.p12 --password-file {}/pw").error();
        assert_eq!(error, "flag '--ca' is required unless the positional argument <CRT-FILE> is provided\n");
        assert!(!user.path("a.p12").exists());
    }
}
