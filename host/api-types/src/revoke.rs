//! Asking for the end of a certificate before its time.

use std::fmt;

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{self, IgnoredAny, MapAccess, Visitor},
};

use crate::member::{Name, Once};

/// Body of `POST /revoke`. Read as a [`SignRequest`](crate::SignRequest) is.
#[derive(Clone, Default, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RevokeRequest {
    /// Serial number of the certificate, in decimal or, after `0x`, in hexadecimal; empty when missing.
    pub serial: String,
    /// One-time token that authorizes the request: a secret until it is spent. Empty when the client's certificate does.
    pub ott: String,
    /// Why, as RFC 5280 §5.3.1 counts.
    pub reason_code: i64,
    /// Why, for people.
    pub reason: String,
    /// The CA takes note and tells whoever asks. There is no other way.
    pub passive: bool,
}

impl fmt::Debug for RevokeRequest {
    /// Without the token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RevokeRequest")
            .field("serial", &self.serial)
            .field("reason_code", &self.reason_code)
            .field("reason", &self.reason)
            .field("passive", &self.passive)
            .finish_non_exhaustive()
    }
}

impl<'de> Deserialize<'de> for RevokeRequest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Not `deserialize_map`: serde_json then refuses a string by itself, and repeats it.
        deserializer.deserialize_any(RevokeRequestVisitor)
    }
}

struct RevokeRequestVisitor;

impl<'de> Visitor<'de> for RevokeRequestVisitor {
    type Value = RevokeRequest;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a revoke request")
    }

    fn visit_str<E: de::Error>(self, _: &str) -> Result<RevokeRequest, E> {
        // The provided method would repeat the text, and the text may be a token.
        Err(E::custom("invalid type: string, expected a revoke request"))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<RevokeRequest, A::Error> {
        let (mut serial, mut ott) = (Once::new("serial"), Once::new("ott"));
        let (mut reason_code, mut reason) = (Once::new("reasonCode"), Once::new("reason"));
        let mut passive = Once::new("passive");
        while let Some(Name(name)) = members.next_key()? {
            if name.eq_ignore_ascii_case("serial") {
                serial.read(&mut members)?;
            } else if name.eq_ignore_ascii_case("ott") {
                ott.read(&mut members)?;
            } else if name.eq_ignore_ascii_case("reasonCode") {
                reason_code.read(&mut members)?;
            } else if name.eq_ignore_ascii_case("reason") {
                reason.read(&mut members)?;
            } else if name.eq_ignore_ascii_case("passive") {
                passive.read(&mut members)?;
            } else {
                members.next_value::<IgnoredAny>()?;
            }
        }
        Ok(RevokeRequest {
            serial: serial.value.unwrap_or_default(),
            ott: ott.value.unwrap_or_default(),
            reason_code: reason_code.value.unwrap_or_default(),
            reason: reason.value.unwrap_or_default(),
            passive: passive.value.unwrap_or_default(),
        })
    }
}

/// Answer of `POST /revoke`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct RevokeResponse {
    /// `ok`: the certificate is revoked.
    pub status: String,
}

impl RevokeResponse {
    /// It is done.
    pub fn ok() -> Self {
        Self { status: "ok".to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<RevokeRequest, serde_json::Error> {
        serde_json::from_str(json)
    }

    #[test]
    fn a_request_of_2026_is_read_and_written() {
        let json = r#"{"serial":"77","ott":"a.b.c","reasonCode":1,"reason":"lost","passive":true}"#;
        let request = read(json).unwrap();
        assert_eq!((request.serial.as_str(), request.reason_code, request.passive), ("77", 1, true));
        assert_eq!(serde_json::to_string(&request).unwrap(), json);
        assert_eq!(read(r#"{"SERIAL":null,"x":[1]}"#).unwrap(), RevokeRequest::default());
    }

    #[test]
    fn no_token_is_repeated() {
        for json in [r#""secret""#, r#"{"secret"}"#, r#"{"ott":["secret"]}"#, r#"{"passive":"secret"}"#] {
            let error = read(json).unwrap_err().to_string();
            assert!(!error.contains("secret") || json.contains("passive"), "{error}");
        }
        assert!(!format!("{:?}", read(r#"{"ott":"secret"}"#).unwrap()).contains("secret"));
        assert!(read(r#"{"serial":"1","serial":"2"}"#).is_err());
    }
}
