//! Writing a key file.

use zeroize::Zeroizing;

use super::{KeySpec, PrivateKey, PrivateKeyError, legacy, pbes2};
use crate::pem;

impl PrivateKey {
    /// The key in the clear: `EC PRIVATE KEY`, `RSA PRIVATE KEY`, or
    /// `PRIVATE KEY` for Ed25519.
    pub fn to_pem(&self) -> Result<Zeroizing<String>, PrivateKeyError> {
        let (label, contents) = self.to_traditional_der()?;
        Ok(Zeroizing::new(pem::encode(label, &contents)))
    }

    /// The key under a password, as upstream writes it: EC and RSA with RFC
    /// 1421 headers and AES-256-CBC, Ed25519 as PKCS#8 with PBES2.
    ///
    /// An empty password is a password: whether it is one is the caller's to
    /// decide.
    pub fn to_encrypted_pem(&self, password: &[u8]) -> Result<Zeroizing<String>, PrivateKeyError> {
        if self.spec() == KeySpec::Ed25519 {
            return self.to_encrypted_pkcs8_pem(password);
        }
        let (label, contents) = self.to_traditional_der()?;
        legacy::encrypt(label, &contents, password).map(Zeroizing::new)
    }

    /// The key in the clear as PKCS#8, whatever its kind: `PRIVATE KEY`.
    pub fn to_pkcs8_pem(&self) -> Result<Zeroizing<String>, PrivateKeyError> {
        Ok(Zeroizing::new(pem::encode("PRIVATE KEY", &self.to_pkcs8_der()?)))
    }

    /// The key under a password as PKCS#8, whatever its kind: PBES2 with
    /// 600,000 rounds of PBKDF2-HMAC-SHA-256 and AES-256-CBC.
    pub fn to_encrypted_pkcs8_pem(&self, password: &[u8]) -> Result<Zeroizing<String>, PrivateKeyError> {
        let contents = pbes2::encrypt(&self.to_pkcs8_der()?, password)?;
        Ok(Zeroizing::new(pem::encode("ENCRYPTED PRIVATE KEY", &contents)))
    }
}
