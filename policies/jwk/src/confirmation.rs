//! `cnf`: the token is good for one certification request alone (RFC 7800).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use policy_sdk::{jwt::Claims, types::Denial};
use serde_json::{Map, Value};

/// The SHA-256 of the request's DER, when the token is bound to one. The host compares it.
///
/// A confirmation by any other method is refused: whoever made the token counts on it.
pub(crate) fn csr_sha256(claims: &Claims) -> Result<Option<Vec<u8>>, Denial> {
    let Some(confirmation) = claims.private::<Map<String, Value>>("cnf").map_err(|error| error.denial("jwk"))? else {
        return Ok(None);
    };
    let digest = confirmation
        .get("x5rt#S256")
        .filter(|_| confirmation.len() == 1)
        .and_then(Value::as_str)
        .and_then(|text| BASE64URL.decode(text).ok())
        .filter(|digest| digest.len() == 32);
    digest.map(Some).ok_or_else(|| {
        Denial::unauthorized("jwk.cnf", "invalid token: confirmation not understood (cnf)")
            .field("token.cnf")
            .want("one member, x5rt#S256: the SHA-256 of the request's DER in base64url")
    })
}
