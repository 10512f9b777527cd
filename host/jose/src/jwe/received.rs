//! A message that has arrived.

use zeroize::Zeroizing;

use super::{ContentEncryption, Header, Key, KeyManagement, Message, key_management};
use crate::JoseError;

/// An encrypted message that has been read, and not been opened. What it says about itself is believed once it opens.
#[derive(Debug)]
pub struct Received {
    message: Message,
    header: Header,
}

impl Received {
    /// Reads a message in the compact, the flattened or the general serialization with one recipient.
    ///
    /// # Errors
    /// A message over 64 KiB or not of the form, an algorithm that is not known, `crit`, `zip`, a parameter that is both
    /// protected and unprotected.
    pub fn parse(text: &str) -> Result<Self, JoseError> {
        let message = Message::parse(text)?;
        let header = Header::parse(&message)?;
        Ok(Self { message, header })
    }

    /// How the content key reached the recipient.
    pub fn algorithm(&self) -> KeyManagement {
        self.header.algorithm
    }

    /// How the content is encrypted.
    pub fn encryption(&self) -> ContentEncryption {
        self.header.encryption
    }

    /// The name of the recipient's key, at most 256 octets.
    pub fn kid(&self) -> Option<&str> {
        self.header.text("kid").ok().flatten()
    }

    /// Decrypts. Nothing of the plaintext is handed out before the tag is good.
    ///
    /// # Errors
    /// [`JoseError::AlgorithmNotAllowed`] and [`JoseError::KeyUse`] when the key is not for such messages,
    /// [`JoseError::Decryption`] when it is another key or anything was changed.
    pub fn open(&self, key: Key<'_>) -> Result<Zeroizing<Vec<u8>>, JoseError> {
        let content_key = key_management::recover(&self.header, key, &self.message.encrypted_key)?;
        if content_key.len() != self.header.encryption.key_length() {
            return Err(JoseError::Decryption);
        }
        self.header.encryption.open(&content_key, &self.message)
    }
}
