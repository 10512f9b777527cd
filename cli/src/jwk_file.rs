//! JSON Web Keys in files: plain, or unlocked with their password.

use std::path::Path;

use anyhow::Context as _;
use authority::{Certificate, SubjectPublicKeyInfo, keys::public_key_from_pem};
use jose::{JoseError, Jwk, jwe};
use thiserror::Error;
use zeroize::Zeroizing;

use crate::{context::Context, files, key_file, pem_key, prompt::Question};

/// The key did not open.
#[derive(Debug, Error)]
#[error("failed to decrypt JWK: invalid password")]
pub(crate) struct InvalidPassword;

/// Tries a person has.
const TRIES: usize = 3;

/// Decrypts a private JWK with the password in the file, else with the one the person knows.
pub(crate) fn unlock(cx: &mut Context, encrypted: &str, password_file: Option<&Path>) -> anyhow::Result<Jwk> {
    let question = Question {
        label: "Please enter the password to decrypt the provisioner key",
        flag: "--provisioner-password-file",
    };
    let octets = decrypt(cx, encrypted, password_file, question)?;
    Jwk::from_slice(&octets).context("failed to decrypt JWK")
}

/// Reads the key in a file: a JWK, an encrypted JWK, or a key or certificate in PEM.
pub(crate) fn from_file(cx: &mut Context, path: &Path, password_file: Option<&Path>) -> anyhow::Result<Jwk> {
    let bytes = cx.read(path)?;
    match contents(cx, path, &bytes, password_file)? {
        Contents::Pem(key) => Ok(key),
        Contents::Json(json) => Jwk::from_slice(&json).with_context(|| format!("error parsing {}", path.display())),
    }
}

/// What is in a key file.
pub(crate) enum Contents {
    /// A key that was in PEM: it has no `alg` and no `use`.
    Pem(Jwk),
    /// The text of a JWK or a set of them, decrypted if need be.
    Json(Zeroizing<Vec<u8>>),
}

/// Unlocks what was read from `path`.
pub(crate) fn contents(
    cx: &mut Context,
    path: &Path,
    bytes: &[u8],
    password_file: Option<&Path>,
) -> anyhow::Result<Contents> {
    let text =
        std::str::from_utf8(bytes).with_context(|| format!("error reading {}: it is not text", path.display()))?;
    if text.starts_with("-----BEGIN ") {
        return pem(cx, path, text, password_file).map(Contents::Pem);
    }
    if is_encrypted(text) {
        let label = format!("Please enter the password to decrypt {}", path.display());
        let question = Question { label: &label, flag: "--password-file" };
        return decrypt(cx, text.trim(), password_file, question).map(Contents::Json);
    }
    Ok(Contents::Json(Zeroizing::new(bytes.to_vec())))
}

fn pem(cx: &mut Context, path: &Path, text: &str, password_file: Option<&Path>) -> anyhow::Result<Jwk> {
    let failed = || format!("error parsing {}", path.display());
    if text.starts_with("-----BEGIN PUBLIC KEY-----") {
        let key = SubjectPublicKeyInfo::from_der(&public_key_from_pem(text).with_context(failed)?);
        return pem_key::public_to_jwk(&key.with_context(failed)?).with_context(failed);
    }
    if text.starts_with("-----BEGIN CERTIFICATE-----") {
        let certificate = Certificate::from_pem(text).with_context(failed)?;
        return pem_key::public_to_jwk(certificate.public_key()).with_context(failed);
    }
    let password = key_file::Password { flag: "--password-file", file: password_file };
    let key = key_file::parse(cx, path, text, password)?;
    pem_key::to_jwk(&key).with_context(failed)
}

/// What is in an encrypted message: by the password in the file, else by the one the person knows, who has three tries.
pub(crate) fn decrypt(
    cx: &mut Context,
    encrypted: &str,
    password_file: Option<&Path>,
    question: Question<'_>,
) -> anyhow::Result<Zeroizing<Vec<u8>>> {
    if let Some(file) = password_file {
        let password = files::read_password(file)?;
        return open(encrypted, &password)?.ok_or_else(|| InvalidPassword.into());
    }
    for _ in 0..TRIES {
        let password = cx.ask_password(question)?;
        if let Some(octets) = open(encrypted, password.as_bytes())? {
            return Ok(octets);
        }
    }
    Err(InvalidPassword.into())
}

/// The octets, or nothing when the password is wrong.
fn open(encrypted: &str, password: &[u8]) -> anyhow::Result<Option<Zeroizing<Vec<u8>>>> {
    match jwe::decrypt(encrypted, password) {
        Ok(octets) => Ok(Some(octets)),
        Err(JoseError::Decryption | JoseError::EmptyPassword) => Ok(None),
        Err(error) => Err(anyhow::Error::new(error).context("failed to decrypt JWK")),
    }
}

/// Five segments, or a JSON object with a cipher text.
pub(crate) fn is_encrypted(text: &str) -> bool {
    text.matches('.').count() == 4 || text.contains("\"ciphertext\"")
}
