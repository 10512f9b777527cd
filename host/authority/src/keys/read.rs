//! Reading a key file.

use zeroize::Zeroizing;

use super::{PrivateKey, PrivateKeyError, legacy, pbes2};
use crate::pem::{self, PemBlock};

/// Whether a PEM text holds a private key that needs a password.
pub fn is_encrypted_pem(text: &str) -> bool {
    let blocks = pem::blocks(text).unwrap_or_default();
    blocks.iter().any(|block| block.label == ENCRYPTED || legacy::is_encrypted(block))
}

impl PrivateKey {
    /// Reads the one private key of a PEM text: SEC 1, PKCS#1 or PKCS#8,
    /// plain, under RFC 1421 headers, or under PBES2.
    ///
    /// The password is used when the key is encrypted and ignored otherwise.
    /// Text around the block is passed over, and so are the `EC PARAMETERS`
    /// OpenSSL writes before a key.
    pub fn from_pem(text: &str, password: Option<&[u8]>) -> Result<Self, PrivateKeyError> {
        let mut blocks = pem::blocks(text)?;
        blocks.retain(|block| block.label != "EC PARAMETERS");
        let [block] = blocks.as_slice() else { return Err(PrivateKeyError::NotOneKey { found: blocks.len() }) };
        let form = Form::of(&block.label)
            .ok_or_else(|| PrivateKeyError::Label { label: block.label.clone(), wanted: "private" })?;
        if block.label != ENCRYPTED && !legacy::is_encrypted(block) {
            return form.parse(&block.contents);
        }
        let contents = decrypt(block, password.ok_or(PrivateKeyError::PasswordNeeded)?)?;
        // Padding alone does not tell a wrong password from the right one.
        form.parse(&contents).map_err(|error| match error {
            PrivateKeyError::Invalid { .. } => PrivateKeyError::WrongPassword,
            error => error,
        })
    }
}

const ENCRYPTED: &str = "ENCRYPTED PRIVATE KEY";

fn decrypt(block: &PemBlock, password: &[u8]) -> Result<Zeroizing<Vec<u8>>, PrivateKeyError> {
    if block.label == ENCRYPTED { pbes2::decrypt(&block.contents, password) } else { legacy::decrypt(block, password) }
}

/// What the octets inside a block are.
#[derive(Clone, Copy)]
enum Form {
    Sec1,
    Pkcs1,
    Pkcs8,
}

impl Form {
    fn of(label: &str) -> Option<Self> {
        match label {
            "EC PRIVATE KEY" => Some(Self::Sec1),
            "RSA PRIVATE KEY" => Some(Self::Pkcs1),
            // Upstream calls a PKCS#8 key so as well; keys of OpenSSH itself are not read.
            "PRIVATE KEY" | ENCRYPTED | "OPENSSH PRIVATE KEY" => Some(Self::Pkcs8),
            _ => None,
        }
    }

    fn parse(self, der: &[u8]) -> Result<PrivateKey, PrivateKeyError> {
        match self {
            Self::Sec1 => PrivateKey::from_ec_der(der),
            Self::Pkcs1 => PrivateKey::from_rsa_der(der),
            Self::Pkcs8 => PrivateKey::from_pkcs8_der(der),
        }
    }
}
