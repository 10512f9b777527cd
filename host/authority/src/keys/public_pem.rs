//! Public keys in PEM.

use super::PrivateKeyError;
use crate::pem;

/// The SubjectPublicKeyInfo (DER) in a PEM `PUBLIC KEY`. What kind of key it
/// is has not been looked at.
pub fn public_key_from_pem(text: &str) -> Result<Vec<u8>, PrivateKeyError> {
    let blocks = pem::blocks(text)?;
    let [block] = blocks.as_slice() else { return Err(PrivateKeyError::NotOneKey { found: blocks.len() }) };
    if block.label != "PUBLIC KEY" {
        return Err(PrivateKeyError::Label { label: block.label.clone(), wanted: "public" });
    }
    Ok(block.contents.to_vec())
}

/// A SubjectPublicKeyInfo (DER) as a PEM `PUBLIC KEY`.
pub fn public_key_to_pem(spki: &[u8]) -> String {
    pem::encode("PUBLIC KEY", spki)
}
