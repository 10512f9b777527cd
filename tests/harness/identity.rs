//! A certificate in the hands of its holder.

use authority::{Certificate, keys::PrivateKey};

use crate::client::Identity;

/// An issued certificate, the intermediates that came with it, and its key.
pub struct Leaf {
    /// The certificate first.
    pub chain: Vec<Certificate>,
    /// Its private key.
    pub key: PrivateKey,
}

impl Leaf {
    /// The certificate.
    pub fn certificate(&self) -> &Certificate {
        self.chain.first().expect("a chain begins with its leaf")
    }

    /// What to show in a handshake.
    pub fn identity(&self) -> Identity {
        Self::identity_of(&self.chain, &self.key)
    }

    /// The same without the intermediates, as some clients do it.
    pub fn identity_alone(&self) -> Identity {
        Self::identity_of(std::slice::from_ref(self.certificate()), &self.key)
    }

    fn identity_of(chain: &[Certificate], key: &PrivateKey) -> Identity {
        let key = key.to_pkcs8_der().expect("a key in memory can be written").to_vec();
        Identity {
            chain: chain.iter().map(|certificate| certificate.der().to_vec().into()).collect(),
            key: rustls::pki_types::PrivatePkcs8KeyDer::from(key).into(),
        }
    }
}
