//! A provisioning token, and what it asks for.

use policy_sdk::{
    audience,
    jose::{self, JoseError},
    jwt::Claims,
    names,
    types::{Denial, Identity, Reason, Timestamp},
};
use serde_json::{Map, Value};

use crate::{
    JwkPolicy,
    refusal::{bad_claim, refusal},
};

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
            let reason = Reason::new("jwk.iss", "the token is another provisioner's").field("token.iss");
            let reason = reason.got(claims.iss.unwrap_or_default()).want(policy.name.as_str());
            return Err(refusal("invalid token: invalid issuer claim (iss)", reason));
        }
        claims.check_times(now, &policy.times).map_err(bad_claim)?;
        if !audience::is_accepted(&claims.aud, audiences) {
            let reason = Reason::new("jwk.aud", "the token is meant for another CA or another operation")
                .field("token.aud")
                .got(claims.aud.join(", "))
                .want(format!("one of {}", audiences.join(", ")))
                .hint("add the name clients use to dnsNames in ca.json, or make the token for this operation");
            return Err(refusal("token audience invalid", reason));
        }
        let sub = claims.sub.clone().unwrap_or_default();
        if sub.is_empty() {
            let reason = Reason::new("jwk.sub", "the token is about nobody").field("token.sub");
            return Err(refusal("token subject cannot be empty", reason.want("the name of the client")));
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
            let reason = Reason::new("jwk.sans", "the token lists names, all of them empty").field("token.sans");
            return Err(refusal("token names cannot all be empty", reason));
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

/// The key comes from `ca.json` alone: a header that brings one along, or says where to fetch it, is refused.
fn check_header(header: &str, kid: &str) -> Result<(), Denial> {
    let header: Map<String, Value> = serde_json::from_str(header).unwrap_or_default();
    let foreign = ["jku", "jwk", "nebula", "sshpop", "x5c", "x5cInsecure", "x5u"];
    if let Some(name) = foreign.into_iter().find(|&name| header.contains_key(name)) {
        let reason =
            Reason::new("jwk.foreign-key", "a token does not bring its own key").field(format!("token.{name}"));
        return Err(refusal(format!("invalid token: header {name} is not allowed"), reason.want("no such header")));
    }
    let typ = header.get("typ");
    if !typ.is_none_or(|typ| typ.as_str().is_some_and(|typ| typ.eq_ignore_ascii_case("JWT"))) {
        let reason = Reason::new("jwk.typ", "the token is not a JWT").field("token.typ").want("JWT");
        return Err(refusal("invalid token: header typ is not JWT", reason));
    }
    if header.get("kid").and_then(Value::as_str) != Some(kid) {
        let reason = Reason::new("jwk.kid", "the token names another key").field("token.kid").want(kid);
        return Err(refusal("invalid token: header kid is not the provisioner's", reason));
    }
    Ok(())
}

fn not_verified(error: JoseError) -> Denial {
    let signer = "the token was not signed with the provisioner's key";
    let (message, reason) = match error {
        JoseError::Malformed(what) => (
            format!("error parsing token: {what}"),
            Reason::new("jwk.malformed", "the token is not well-formed").want("a JWT in the compact form").got(what),
        ),
        JoseError::AlgorithmNotAllowed(algorithm) => (
            format!("invalid token: algorithm {algorithm} does not fit the key"),
            Reason::new("jwk.alg", signer).field("token.alg").got(algorithm),
        ),
        JoseError::NoMatchingKey => {
            ("invalid token: no key has its kid".to_owned(), Reason::new("jwk.kid", signer).field("token.kid"))
        }
        JoseError::BadSignature => {
            ("error in cryptographic primitive".to_owned(), Reason::new("jwk.signature", signer).field("token"))
        }
    };
    refusal(message, reason)
}

fn refuse_controls(name: &str, claim: &str) -> Result<(), Denial> {
    if !names::has_controls(name) {
        return Ok(());
    }
    let reason = Reason::new("jwk.controls", "a name has no control characters").field(format!("token.{claim}"));
    Err(refusal(format!("invalid token: control characters in claim {claim}"), reason.got(name)))
}
