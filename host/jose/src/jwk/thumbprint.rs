//! The thumbprint of a key (RFC 7638, RFC 8037 §2): its name when nobody gave it one.

use aws_lc_rs::digest::{SHA256, digest};

use super::{Jwk, PublicPart};
use crate::base64url;

impl Jwk {
    /// SHA-256 of the required members, base64url: 43 characters.
    pub fn thumbprint(&self) -> String {
        // Members in lexical order, written by hand: the order of a JSON map is not ours to trust.
        let text = match &self.public {
            PublicPart::Ec { curve, x, y } => format!(
                r#"{{"crv":"{}","kty":"EC","x":"{}","y":"{}"}}"#,
                curve.name(),
                base64url::encode(x),
                base64url::encode(y)
            ),
            PublicPart::Rsa { n, e } => {
                format!(r#"{{"e":"{}","kty":"RSA","n":"{}"}}"#, base64url::encode(e), base64url::encode(n))
            }
            PublicPart::Ed25519 { x } => format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, base64url::encode(x)),
        };
        base64url::encode(digest(&SHA256, text.as_bytes()))
    }
}
