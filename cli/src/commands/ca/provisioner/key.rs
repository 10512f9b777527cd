//! The key of a provisioner: from a file, or made, and stored under a password.

use std::path::Path;

use anyhow::{Context as _, bail};
use authority::{Certificate, SubjectPublicKeyInfo, keys::public_key_from_pem};
use jose::{JoseError, Jwk, jwe};
use zeroize::Zeroizing;

use crate::{
    ca_json::CaJson,
    context::Context,
    files, jwk_file, pem_key,
    prompt::{Question, not_blank},
    protection,
};

/// Where a private key comes from, which decides how its new password is asked for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Source {
    /// It was made just now.
    Made,
    /// It was in a file.
    File,
}

/// Says so when the configuration has a provisioner of that name with that key.
pub(super) fn is_new(ca: &CaJson, name: &str, key: &Jwk) -> anyhow::Result<()> {
    let kid = key.kid().unwrap_or_default();
    if ca.identities().any(|entry| entry.name == name && entry.kid() == kid) {
        bail!("duplicated provisioner: CA config already contains a provisioner with issuer={name} and kid={kid}");
    }
    Ok(())
}

/// The private key under the password in the file, else under the one the person chooses.
pub(super) fn encrypt(
    cx: &mut Context,
    key: &Jwk,
    source: Source,
    password_file: Option<&Path>,
) -> anyhow::Result<String> {
    let password = match password_file {
        Some(file) => files::read_password(file)?,
        None => ask_password(cx, source)?,
    };
    Ok(jwe::encrypt_jwk(key, &password, protection::PBES2_ITERATIONS)?)
}

fn ask_password(cx: &mut Context, source: Source) -> anyhow::Result<Zeroizing<Vec<u8>>> {
    const FLAG: &str = "--password-file";
    let label = match source {
        Source::Made => {
            "Please enter a password to encrypt the provisioner private key? [leave empty and we'll generate one]"
        }
        Source::File => "Please enter the password to encrypt the private JWK",
    };
    let mut password = cx.ask_password(Question { label, flag: FLAG })?;
    if source == Source::Made && password.is_empty() {
        let generated = steppath::random_password()?;
        let question = Question { label: "Password", flag: FLAG };
        password = Zeroizing::new(cx.ask(question, &generated, not_blank)?);
    }
    Ok(Zeroizing::new(password.as_bytes().to_vec()))
}

/// The key of a file, for signing, with a name.
pub(super) fn read(cx: &mut Context, path: &Path) -> anyhow::Result<Jwk> {
    let bytes = files::read(path)?;
    let key = match std::str::from_utf8(&bytes).map_or(Ok(None), public_pem) {
        Ok(Some(key)) => pem_key::public_to_jwk(&key).map_err(Into::into),
        Ok(None) => jwk_file::from_file(cx, path, None),
        Err(error) => Err(error),
    };
    let key = key.map_err(|error| match error.downcast_ref() {
        Some(JoseError::SymmetricKey) => {
            anyhow::anyhow!("invalid JWK: a symmetric key cannot be used as a provisioner")
        }
        _ => error,
    })?;
    let key = if key.kid().is_none_or(str::is_empty) {
        let thumbprint = key.thumbprint();
        key.with_kid(thumbprint)
    } else {
        key
    };
    let key = if key.key_use().is_none() { key.with_key_use("sig") } else { key };
    // A key that may not verify is no use to the CA.
    jose::VerifyingKey::from_jwk(&key).with_context(|| format!("error reading {}", path.display()))?;
    Ok(key)
}

/// The public key of a PEM text that is one, or a certificate.
fn public_pem(text: &str) -> anyhow::Result<Option<SubjectPublicKeyInfo>> {
    if text.contains("-----BEGIN PUBLIC KEY-----") {
        return Ok(Some(SubjectPublicKeyInfo::from_der(&public_key_from_pem(text)?)?));
    }
    if text.contains("-----BEGIN CERTIFICATE-----") {
        return Ok(Some(Certificate::from_pem(text)?.public_key().clone()));
    }
    Ok(None)
}
