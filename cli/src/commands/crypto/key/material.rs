//! What is in a file that is said to hold a key.

use std::path::Path;

use anyhow::Context as _;
use authority::{
    Certificate, CertificationRequest, SubjectPublicKeyInfo,
    keys::{PrivateKey, is_encrypted_pem, public_key_from_pem},
    pem,
};
use thiserror::Error;

use crate::{context::Context, key_file};

/// A key, and the form it was found in.
pub(super) struct Material {
    pub(super) key: KeyPart,
    pub(super) is_pem: bool,
    pub(super) was_encrypted: bool,
}

pub(super) enum KeyPart {
    Private(PrivateKey),
    /// SubjectPublicKeyInfo in DER, of a public key, a certificate or a request.
    Public(SubjectPublicKeyInfo),
}

/// Octets that are no key.
#[derive(Debug, Error)]
#[error("it holds neither a key nor a certificate")]
struct NotAKey;

impl KeyPart {
    /// The public half: SubjectPublicKeyInfo in DER.
    pub(super) fn spki_der(&self) -> &[u8] {
        match self {
            Self::Private(key) => key.spki_der(),
            Self::Public(key) => key.spki_der(),
        }
    }
}

impl Material {
    /// Reads a PEM or DER file; `-` is standard input. The password is asked for when the key is encrypted.
    pub(super) fn read(cx: &mut Context, path: &Path, password_file: Option<&Path>) -> anyhow::Result<Self> {
        let bytes = cx.read(path)?;
        let failed = || format!("error decoding {}", path.display());
        match std::str::from_utf8(&bytes) {
            Ok(text) if text.contains("-----BEGIN ") => {
                let key = match public_part(text).with_context(failed)? {
                    Some(key) => KeyPart::Public(key),
                    None => {
                        let password = key_file::Password { flag: "--password-file", file: password_file };
                        KeyPart::Private(key_file::parse(cx, path, text, password)?)
                    }
                };
                Ok(Self { key, is_pem: true, was_encrypted: is_encrypted_pem(text) })
            }
            _ => Ok(Self { key: from_der(&bytes).with_context(failed)?, is_pem: false, was_encrypted: false }),
        }
    }
}

/// The public key of a PEM text whose first block is one, or has one; nothing when the block is something else.
fn public_part(text: &str) -> anyhow::Result<Option<SubjectPublicKeyInfo>> {
    let blocks = pem::blocks(text)?;
    let label = blocks.first().map(|block| block.label.as_str()).unwrap_or_default();
    Ok(match label {
        "PUBLIC KEY" => Some(SubjectPublicKeyInfo::from_der(&public_key_from_pem(text)?)?),
        "CERTIFICATE" => Some(Certificate::from_pem(text)?.public_key().clone()),
        "CERTIFICATE REQUEST" => Some(CertificationRequest::from_pem(text)?.public_key().info().clone()),
        _ => None,
    })
}

fn from_der(der: &[u8]) -> anyhow::Result<KeyPart> {
    if let Ok(key) = PrivateKey::from_der(der) {
        return Ok(KeyPart::Private(key));
    }
    if let Ok(key) = SubjectPublicKeyInfo::from_der(der) {
        return Ok(KeyPart::Public(key));
    }
    if let Ok(certificate) = Certificate::from_der(der) {
        return Ok(KeyPart::Public(certificate.public_key().clone()));
    }
    match CertificationRequest::from_der(der) {
        Ok(request) => Ok(KeyPart::Public(request.public_key().info().clone())),
        Err(_) => Err(NotAKey.into()),
    }
}
