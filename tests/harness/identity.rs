//! A certificate in the hands of its holder.

use authority::{Certificate, keys::PrivateKey};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jose::Jwk;
use serde_json::json;

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

    /// Its private key, which must be of P-256, for a token that it signs itself.
    pub fn jwk(&self) -> Jwk {
        // ECPrivateKey begins with version 1 and the private number (RFC 5915 §3); the point ends the public key.
        const BEFORE_D: [u8; 5] = [2, 1, 1, 4, 32];
        let pkcs8 = self.key.to_pkcs8_der().expect("a key in memory can be written");
        let start = pkcs8.windows(BEFORE_D.len()).position(|window| window == BEFORE_D).expect("a key of P-256");
        let d = pkcs8.get(start + BEFORE_D.len()..).and_then(|rest| rest.get(..32)).expect("a key of P-256");
        let (_, point) = self.key.spki_der().split_at(self.key.spki_der().len() - 64);
        let [x, y] =
            [point.get(..32), point.get(32..)].map(|number| URL_SAFE_NO_PAD.encode(number.unwrap_or_default()));
        let jwk = json!({"kty": "EC", "crv": "P-256", "alg": "ES256", "x": x, "y": y, "d": URL_SAFE_NO_PAD.encode(d)});
        Jwk::from_json(&jwk.to_string()).expect("a JWK")
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
