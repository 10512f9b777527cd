//! The private key of a provisioner: found, and unlocked with its password.

use std::path::Path;

use anyhow::Context as _;
use jose::{JoseError, Jwk, jwe};
use thiserror::Error;

use super::pem_key;
use crate::{context::Context, files, key_file, prompt::Question};

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
    decrypt(cx, encrypted, password_file, question)
}

/// Reads the key in a file: a JWK, an encrypted JWK, or a private key in PEM.
pub(crate) fn from_file(cx: &mut Context, path: &Path, password_file: Option<&Path>) -> anyhow::Result<Jwk> {
    let bytes = cx.read(path)?;
    let text =
        std::str::from_utf8(&bytes).with_context(|| format!("error reading {}: it is not text", path.display()))?;
    let label = format!("Please enter the password to decrypt {}", path.display());
    let question = Question { label: &label, flag: "--password-file" };
    if text.starts_with("-----BEGIN ") {
        let password = key_file::Password { flag: "--password-file", file: password_file };
        let key = key_file::parse(cx, path, text, password)?;
        return pem_key::to_jwk(&key).with_context(|| format!("error parsing {}", path.display()));
    }
    if is_encrypted(text) {
        return decrypt(cx, text.trim(), password_file, question);
    }
    Jwk::from_json(text).with_context(|| format!("error parsing {}", path.display()))
}

fn decrypt(
    cx: &mut Context,
    encrypted: &str,
    password_file: Option<&Path>,
    question: Question<'_>,
) -> anyhow::Result<Jwk> {
    if let Some(file) = password_file {
        let password = files::read_password(file)?;
        return open(encrypted, &password)?.ok_or_else(|| InvalidPassword.into());
    }
    for _ in 0..TRIES {
        let password = cx.ask_password(question)?;
        if let Some(key) = open(encrypted, password.as_bytes())? {
            return Ok(key);
        }
    }
    Err(InvalidPassword.into())
}

/// The key, or nothing when the password is wrong.
fn open(encrypted: &str, password: &[u8]) -> anyhow::Result<Option<Jwk>> {
    match jwe::decrypt_jwk(encrypted, password) {
        Ok(key) => Ok(Some(key)),
        Err(JoseError::Decryption | JoseError::EmptyPassword) => Ok(None),
        Err(error) => Err(anyhow::Error::new(error).context("failed to decrypt JWK")),
    }
}

/// Five segments, or a JSON object with a cipher text.
fn is_encrypted(text: &str) -> bool {
    text.matches('.').count() == 4 || text.contains("\"ciphertext\"")
}
