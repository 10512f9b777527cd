//! The key-encryption key of a password (RFC 7518 §4.8).

use std::num::NonZeroU32;

use aws_lc_rs::pbkdf2::{self, PBKDF2_HMAC_SHA256, PBKDF2_HMAC_SHA384, PBKDF2_HMAC_SHA512};
use serde_json::Value;
use zeroize::Zeroizing;

use super::{AesSize, Header, KeyManagement};
use crate::{JoseError, base64url, limits};

const WHAT: &str = "the header";

/// Salt and rounds of PBKDF2, both within bounds.
pub(super) struct Parameters {
    pub(super) salt: Vec<u8>,
    pub(super) iterations: u32,
}

impl Parameters {
    /// Those of a message; nothing has been derived yet.
    pub(super) fn of(header: &Header) -> Result<Self, JoseError> {
        let salt = header.text("p2s")?.ok_or(JoseError::Missing { what: WHAT, member: "p2s" })?;
        let parameters = Self { salt: base64url::decode("p2s", salt)?, iterations: iterations(header)? };
        if parameters.salt.len() < limits::PBES2_SALT {
            return Err(JoseError::Member { what: WHAT, member: "p2s", want: "8 octets or more" });
        }
        Ok(parameters)
    }

    /// PBKDF2 with the salt of RFC 7518 §4.8.1.1: name, a zero octet, `p2s`.
    pub(super) fn derive(&self, size: AesSize, password: &[u8]) -> Zeroizing<Vec<u8>> {
        let hash = match size {
            AesSize::A128 => PBKDF2_HMAC_SHA256,
            AesSize::A192 => PBKDF2_HMAC_SHA384,
            AesSize::A256 => PBKDF2_HMAC_SHA512,
        };
        let salt = [KeyManagement::Pbes2(size).name().as_bytes(), &[0], &self.salt].concat();
        let iterations = NonZeroU32::new(self.iterations).unwrap_or(NonZeroU32::MIN);
        let mut key = Zeroizing::new(vec![0; size.octets()]);
        pbkdf2::derive(hash, iterations, &salt, password, &mut key);
        key
    }
}

fn iterations(header: &Header) -> Result<u32, JoseError> {
    let count = match header.member("p2c") {
        None => return Err(JoseError::Missing { what: WHAT, member: "p2c" }),
        Some(Value::Number(number)) => number.as_u64(),
        Some(_) => None,
    }
    .ok_or(JoseError::Member { what: WHAT, member: "p2c", want: "a positive integer" })?;
    u32::try_from(count)
        .ok()
        .filter(|count| limits::PBES2_ITERATIONS.contains(count))
        .ok_or(JoseError::Iterations(count))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_of_a_password_is_the_one_upstream_derives() {
        let parameters = Parameters { salt: (0..16).collect(), iterations: 100_000 };
        let key = parameters.derive(AesSize::A128, b"password");
        assert_eq!(hex::encode(key), "ea6ca370f853d6726af4a8c90bfbd86c");
    }
}
