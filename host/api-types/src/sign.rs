//! Asking for a certificate.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{self, IgnoredAny, MapAccess, Visitor},
};

use crate::{
    certificates::ModuleEntry,
    member::{Name, Once},
    nullable::null_as_default,
    requested_time::RequestedTime,
    tls_options::TlsOptions,
};

/// Body of `POST /sign`.
///
/// Read as Go reads it: letter case of member names does not matter, unknown members are passed over, and `null` is the
/// same as a missing member. A member that comes twice is refused, where Go would silently take one of them.
///
/// `Data` is what the reader makes of `templateData`; whoever sends none leaves it at `()`.
#[derive(Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SignRequest<Data = ()> {
    /// PKCS #10 certification request (RFC 2986), PEM; empty when missing.
    pub csr: String,
    /// One-time token that authorizes the request: a secret until it is spent. Empty when missing.
    pub ott: String,
    /// Start of the certificate's validity.
    #[serde(skip_serializing_if = "RequestedTime::is_unset")]
    pub not_before: RequestedTime,
    /// End of the certificate's validity.
    #[serde(skip_serializing_if = "RequestedTime::is_unset")]
    pub not_after: RequestedTime,
    /// Anything the provisioner's rules may look at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template_data: Option<Data>,
}

impl<Data> fmt::Debug for SignRequest<Data> {
    /// Without the token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignRequest")
            .field("csr", &self.csr)
            .field("not_before", &self.not_before)
            .field("not_after", &self.not_after)
            .finish_non_exhaustive()
    }
}

impl<'de, Data: Deserialize<'de>> Deserialize<'de> for SignRequest<Data> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Not `deserialize_map`: serde_json then refuses a string by itself, and repeats it.
        deserializer.deserialize_any(SignRequestVisitor(PhantomData))
    }
}

struct SignRequestVisitor<Data>(PhantomData<Data>);

impl<'de, Data: Deserialize<'de>> Visitor<'de> for SignRequestVisitor<Data> {
    type Value = SignRequest<Data>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a sign request")
    }

    fn visit_str<E: de::Error>(self, _: &str) -> Result<Self::Value, E> {
        // The provided method would repeat the text, and the text may be a token.
        Err(E::custom("invalid type: string, expected a sign request"))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let (mut csr, mut ott) = (Once::new("csr"), Once::new("ott"));
        let (mut not_before, mut not_after) = (Once::new("notBefore"), Once::new("notAfter"));
        let mut template_data = Once::new("templateData");
        while let Some(Name(name)) = members.next_key()? {
            if name.eq_ignore_ascii_case("csr") {
                csr.read(&mut members)?;
            } else if name.eq_ignore_ascii_case("ott") {
                ott.read(&mut members)?;
            } else if name.eq_ignore_ascii_case("notBefore") {
                not_before.read(&mut members)?;
            } else if name.eq_ignore_ascii_case("notAfter") {
                not_after.read(&mut members)?;
            } else if name.eq_ignore_ascii_case("templateData") {
                template_data.read(&mut members)?;
            } else {
                members.next_value::<IgnoredAny>()?;
            }
        }
        Ok(SignRequest {
            csr: csr.value.unwrap_or_default(),
            ott: ott.value.unwrap_or_default(),
            not_before: not_before.value.unwrap_or_default(),
            not_after: not_after.value.unwrap_or_default(),
            template_data: template_data.value,
        })
    }
}

/// Answer of `POST /sign`: the certificate.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SignResponse {
    /// The new certificate, PEM.
    pub crt: String,
    /// The intermediate that issued it, PEM. Never the root.
    pub ca: String,
    /// `crt` and every intermediate above it, leaf first, PEM each. Servers of 2019 do not send it.
    #[serde(default, deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub cert_chain: Vec<String>,
    /// What the CA recommends to a server that will use the certificate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls_options: Option<TlsOptions>,
    /// The policy modules that decided, in the order they were asked. Servers of upstream do not send it.
    #[serde(default, deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub policies: Vec<ModuleEntry>,
}

/// Answer of `POST /renew`: the same document.
pub type RenewResponse = SignResponse;

/// Answer of `POST /rekey`: the same document.
pub type RekeyResponse = SignResponse;

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<SignRequest, serde_json::Error> {
        serde_json::from_str(json)
    }

    #[test]
    fn a_request_of_2019_is_read() {
        let request =
            read(r#"{"csr":"PEM","ott":"a.b.c","notAfter":"0001-01-01T00:00:00Z","notBefore":"0001-01-01T00:00:00Z"}"#)
                .unwrap();
        assert_eq!((request.csr.as_str(), request.ott.as_str()), ("PEM", "a.b.c"));
        assert!(request.not_before.is_unset() && request.not_after.is_unset());
    }

    #[test]
    fn a_request_of_2026_is_read() {
        let request: SignRequest<serde_json::Value> = serde_json::from_str(
            r#"{"csr":"PEM","ott":"a.b.c","notBefore":"","notAfter":"1h0m0s","templateData":{"a":[1]}}"#,
        )
        .unwrap();
        assert_eq!(request.not_after, RequestedTime::After(go_duration::GoDuration::from_secs(3_600)));
        assert_eq!(request.template_data.unwrap().to_string(), r#"{"a":[1]}"#);
    }

    #[test]
    fn letter_case_of_names_does_not_matter_and_strangers_are_passed_over() {
        let request =
            read(r#"{"CSR":"PEM","Ott":"a.b.c","NOTAFTER":null,"extra":{"csr":[1,2]},"\u0063sr2":0}"#).unwrap();
        assert_eq!((request.csr.as_str(), request.ott.as_str()), ("PEM", "a.b.c"));
    }

    #[test]
    fn null_and_nothing_are_the_same() {
        for json in ["{}", r#"{"csr":null,"ott":null,"notBefore":null,"templateData":null}"#] {
            let request = read(json).unwrap();
            assert!(request.csr.is_empty() && request.ott.is_empty() && request.template_data.is_none(), "{json}");
        }
    }

    #[test]
    fn a_member_that_comes_twice_is_refused() {
        for json in [r#"{"csr":"a","csr":"a"}"#, r#"{"ott":null,"OTT":"x"}"#, r#"{"notAfter":"","NotAfter":""}"#] {
            let error = read(json).unwrap_err().to_string();
            assert!(error.contains("duplicate field"), "{json}: {error}");
        }
    }

    #[test]
    fn a_member_of_the_wrong_type_is_refused() {
        for json in [r#"{"csr":1}"#, r#"{"ott":["x"]}"#, r#"{"notAfter":5}"#, "[]", r#""csr""#, "null", "7"] {
            assert!(read(json).is_err(), "{json}");
        }
    }

    #[test]
    fn an_error_names_the_member_and_repeats_no_text() {
        for json in [
            r#"{"notAfter":"secret-token"}"#,
            r#""secret-token""#,
            r#"{"secret-token"}"#,
            r#"{"csr":["secret-token"]}"#,
        ] {
            let error = read(json).unwrap_err().to_string();
            assert!(!error.contains("secret-token"), "{error}");
        }
        let error = read(r#"{"csr":"","notAfter":"soon"}"#).unwrap_err().to_string();
        assert!(error.starts_with("notAfter: neither a time") && error.ends_with("at line 1 column 27"), "{error}");
    }

    #[test]
    fn debug_does_not_show_the_token() {
        let request = read(r#"{"csr":"PEM","ott":"secret-token"}"#).unwrap();
        assert!(!format!("{request:?}").contains("secret-token"));
    }

    #[test]
    fn unset_times_are_left_out_because_2019_refuses_an_empty_string() {
        let request: SignRequest = SignRequest { csr: "PEM".into(), ott: "t".into(), ..SignRequest::default() };
        assert_eq!(serde_json::to_string(&request).unwrap(), r#"{"csr":"PEM","ott":"t"}"#);
    }

    #[test]
    fn a_response_of_2019_has_no_chain() {
        let response: SignResponse = serde_json::from_str(r#"{"crt":"A","ca":"B","tlsOptions":null}"#).unwrap();
        assert_eq!(response, SignResponse { crt: "A".into(), ca: "B".into(), ..SignResponse::default() });
    }
}
