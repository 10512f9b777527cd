//! A provisioning token, and what it asks for.

use policy_sdk::{
    audience,
    jose::{self, JoseError},
    jwt::{ClaimError, Claims},
    names,
    types::{Denial, Identity, Timestamp},
};
use serde_json::{Map, Value};

use crate::JwkPolicy;

/// A token of this provisioner, meant for this operation, at its time.
pub(crate) struct Token {
    pub(crate) claims: Claims,
    sub: String,
    kid: String,
}

impl Token {
    /// The order of the rules is that of upstream: signature, issuer, time, audience, subject.
    pub(crate) fn verify(
        policy: &JwkPolicy,
        token: &str,
        audiences: &[String],
        now: Timestamp,
    ) -> Result<Self, Denial> {
        let jwt = jose::verify(token, &policy.key.jwk).map_err(not_verified)?;
        check_header(&jwt.header, &policy.key.kid)?;
        let claims = Claims::parse(&jwt.claims).map_err(bad_claim)?;
        if claims.iss.as_deref() != Some(&policy.name) {
            return Err(Denial::unauthorized("jwk.iss", "invalid token: invalid issuer claim (iss)")
                .field("token.iss")
                .got(claims.iss.unwrap_or_default())
                .want(policy.name.as_str()));
        }
        claims.check_times(now, &policy.times).map_err(bad_claim)?;
        if !audience::is_accepted(&claims.aud, audiences) {
            return Err(Denial::unauthorized("jwk.aud", "token audience invalid")
                .field("token.aud")
                .got(claims.aud.join(", "))
                .want(format!("one of {}", audiences.join(", ")))
                .hint("add the name clients use to dnsNames in ca.json, or make the token for this operation"));
        }
        let sub = claims.sub.clone().unwrap_or_default();
        if sub.is_empty() {
            return Err(Denial::unauthorized("jwk.sub", "token subject cannot be empty")
                .field("token.sub")
                .want("the name of the client"));
        }
        refuse_controls(&sub, "sub")?;
        Ok(Self { claims, sub, kid: policy.key.kid.clone() })
    }

    /// The names the certificate gets: those of `sans`, or the subject where the token lists none.
    pub(crate) fn names(&self) -> Result<Vec<String>, Denial> {
        let names: Vec<String> = self.claims.private("sans").map_err(bad_claim)?.unwrap_or_default();
        if names.is_empty() {
            return Ok(vec![self.sub.clone()]);
        }
        let names: Vec<String> = names.into_iter().filter(|name| !name.is_empty()).collect();
        if names.is_empty() {
            return Err(Denial::unauthorized("jwk.sans", "token names cannot all be empty").field("token.sans"));
        }
        if names.len() > MAX_NAMES {
            let message = format!("the token names {} names; a certificate has at most {MAX_NAMES}", names.len());
            return Err(Denial::forbidden("jwk.too-many-names", message)
                .field("token.sans")
                .want(MAX_NAMES.to_string()));
        }
        names.iter().try_for_each(|name| refuse_controls(name, "sans"))?;
        Ok(names)
    }

    /// What the request may have as its common name: the subject, or any of these names.
    pub(crate) fn common_names(&self, names: &[String]) -> Vec<String> {
        let others = names.iter().filter(|&name| *name != self.sub);
        std::iter::once(&self.sub).chain(others).cloned().collect()
    }

    /// Whom the token speaks for.
    pub(crate) fn identity(self) -> Identity {
        let jti = self.claims.jti.map(|jti| ("jti".to_owned(), jti));
        Identity { subject: self.sub, credential_id: self.kid, attributes: jti.into_iter().collect() }
    }
}

/// What the CA's core allows at most; more would only cost fuel.
const MAX_NAMES: usize = 100;

/// The key comes from `ca.json` alone: a header that brings one along, or says where to fetch it, is refused.
fn check_header(header: &str, kid: &str) -> Result<(), Denial> {
    let header: Map<String, Value> = serde_json::from_str(header).unwrap_or_default();
    let foreign = ["jku", "jwk", "nebula", "sshpop", "x5c", "x5cInsecure", "x5u"];
    if let Some(name) = foreign.into_iter().find(|&name| header.contains_key(name)) {
        let message = format!("invalid token: header {name} would bring a key along");
        return Err(Denial::unauthorized("jwk.foreign-key", message).field(format!("token.{name}")));
    }
    let typ = header.get("typ");
    if !typ.is_none_or(|typ| typ.as_str().is_some_and(|typ| typ.eq_ignore_ascii_case("JWT"))) {
        let message = "invalid token: header typ says it is no JWT";
        return Err(Denial::unauthorized("jwk.typ", message).field("token.typ").want("JWT"));
    }
    if header.get("kid").and_then(Value::as_str) != Some(kid) {
        let message = "invalid token: header kid names another key";
        return Err(Denial::unauthorized("jwk.kid", message).field("token.kid").want(kid));
    }
    Ok(())
}

fn not_verified(error: JoseError) -> Denial {
    match error {
        JoseError::Malformed(what) => {
            Denial::unauthorized("jwk.malformed", format!("error parsing token: {what}")).field("token")
        }
        JoseError::AlgorithmNotAllowed(algorithm) => {
            Denial::unauthorized("jwk.alg", "invalid token: its algorithm does not fit the key")
                .field("token.alg")
                .got(algorithm)
        }
        JoseError::NoMatchingKey => {
            Denial::unauthorized("jwk.kid", "invalid token: no key has its kid").field("token.kid")
        }
        JoseError::BadSignature => {
            Denial::unauthorized("jwk.signature", "error in cryptographic primitive").field("token")
        }
    }
}

fn bad_claim(error: ClaimError) -> Denial {
    error.denial("jwk")
}

fn refuse_controls(name: &str, claim: &str) -> Result<(), Denial> {
    if !names::has_controls(name) {
        return Ok(());
    }
    let message = format!("invalid token: control characters in claim {claim}");
    Err(Denial::unauthorized("jwk.controls", message).field(format!("token.{claim}")).got(name))
}
