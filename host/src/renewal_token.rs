//! A certificate that speaks for itself without a handshake: the token of a renewal behind a proxy that ends TLS.
//!
//! It is a JWT with the certificate in its header, signed by the certificate's own key, as `step ca renew --mtls=false`
//! makes one. What is found out here is that whoever made it holds the key, and meant a renewal at this CA, now. Whether
//! the certificate is one of ours, and in force, is for [`presented`](crate::presented).

use crate::{audience, limits, policies::CredentialUse, store::SingleUse};
use authority::{Certificate, SignatureError, Timestamp};
use jose::{JoseError, RegisteredClaims, VerifyingKey, jws::Unverified};
use std::time::Duration;
use thiserror::Error;

/// Who upstream's clients say they are. Older ones say the name of the provisioner.
const ISSUER: &str = "step-ca-client/1.0";

/// A token that has been read, and not verified.
pub(crate) struct RenewalToken<'a> {
    jwt: Unverified<'a>,
    /// As it was sent, in DER: the certificate first.
    chain: Vec<Vec<u8>>,
    leaf: Certificate,
}

impl<'a> RenewalToken<'a> {
    /// Reads a token strictly: one chain of at most four certificates, and no other way to find a key.
    ///
    /// # Errors
    /// It is no such token.
    pub(crate) fn parse(text: &'a str) -> Result<Self, RenewalTokenError> {
        let jwt = Unverified::parse(text)?;
        let header = jwt.header();
        if let Some(member) = header.foreign_key() {
            return Err(RenewalTokenError::ForeignKey { member });
        }
        let chain = match (header.certificates(), header.insecure_certificates()?) {
            (chain, insecure) if insecure.is_empty() => chain.to_vec(),
            ([], insecure) => insecure,
            _ => return Err(RenewalTokenError::TwoChains),
        };
        let leaf = chain.first().ok_or(RenewalTokenError::NoCertificate)?;
        let leaf = Certificate::from_der(leaf).map_err(RenewalTokenError::Certificate)?;
        Ok(Self { jwt, chain, leaf })
    }

    /// The token, as unverified as it is.
    pub(crate) fn jwt(&self) -> &Unverified<'a> {
        &self.jwt
    }

    /// The certificate and those that came with it, in DER.
    pub(crate) fn chain(&self) -> Vec<&[u8]> {
        self.chain.iter().map(Vec::as_slice).collect()
    }

    /// Finds out whether the holder of the certificate asks for its renewal, at one of `audiences` and now; and what is
    /// spent by that.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub(crate) fn verify(&self, audiences: &[String], now: Timestamp) -> Result<RenewalUse, RenewalTokenError> {
        // The signature first: who does not hold the key learns nothing else.
        let key = VerifyingKey::from_spki(self.leaf.public_key().spki_der())?;
        self.jwt.verify(&key)?;
        self.check_chain()?;
        // RFC 8725 §3.11: what is made for something else is not for this.
        if let Some(typ) = self.jwt.header().typ().filter(|typ| !typ.eq_ignore_ascii_case("JWT")) {
            return Err(RenewalTokenError::OtherType { got: typ.to_owned() });
        }
        let claims = self.jwt.claims();
        let subject = claims.sub.as_deref().unwrap_or_default();
        if subject != self.leaf.subject().common_name().unwrap_or_default() {
            return Err(RenewalTokenError::OtherSubject { got: subject.to_owned() });
        }
        self.check_issuer(claims)?;
        if !claims.aud.iter().any(|got| audience::is_one_of(got, audiences)) {
            return Err(RenewalTokenError::OtherAudience { got: claims.aud.clone() });
        }
        let expires = check_times(claims, now)?;
        let credential = CredentialUse { id: self.jwt.replay_id().to_string(), expires };
        Ok(RenewalUse { credential, certificate: self.leaf.fingerprint_sha256() })
    }

    /// Each certificate was signed by the one after it: nothing in between, nothing else, no other order.
    fn check_chain(&self) -> Result<(), RenewalTokenError> {
        let mut last = self.leaf.clone();
        for issuer in self.chain.iter().skip(1) {
            let issuer = Certificate::from_der(issuer).map_err(RenewalTokenError::Certificate)?;
            if last.issuer().der() != issuer.subject().der() {
                return Err(RenewalTokenError::NotAChain);
            }
            last.verify_signature(issuer.public_key()).map_err(RenewalTokenError::Link)?;
            last = issuer;
        }
        Ok(())
    }

    fn check_issuer(&self, claims: &RegisteredClaims) -> Result<(), RenewalTokenError> {
        let issuer = claims.iss.as_deref().unwrap_or_default();
        let is_provisioner = || {
            let extension = self.leaf.provisioner_extension().ok().flatten();
            extension.is_some_and(|extension| extension.name == issuer)
        };
        match issuer == ISSUER || is_provisioner() {
            true => Ok(()),
            false => Err(RenewalTokenError::OtherIssuer { got: issuer.to_owned() }),
        }
    }
}

/// What a token of a renewal spends: its identifier, among those that the certificate has signed.
pub(crate) struct RenewalUse {
    credential: CredentialUse,
    certificate: [u8; 32],
}

impl RenewalUse {
    /// What the store is to spend. No provisioner has an empty name, so it is never taken for one of theirs.
    pub(crate) fn single_use(&self) -> SingleUse {
        self.credential.single_use(&format!("\0{}", hex::encode(self.certificate)))
    }
}

/// Whether now is the token's time, by the rules of every other token; and when that ends.
fn check_times(claims: &RegisteredClaims, now: Timestamp) -> Result<Timestamp, RenewalTokenError> {
    use RenewalTokenError as E;
    let time = |date: jose::NumericDate| Timestamp::from_unix(date.as_unix());
    let expires = claims.exp.map(time).ok_or(E::Missing { claim: "exp" })?;
    let issued = claims.iat.map(time).ok_or(E::Missing { claim: "iat" })?;
    let begins = claims.nbf.map_or(issued, time);
    if is_later_by(now, expires, limits::LEEWAY) {
        return Err(E::Expired { since: expires });
    }
    if is_later_by(begins, now, limits::LEEWAY) || is_later_by(issued, now, limits::LEEWAY) {
        return Err(E::NotYetValid { until: begins.max(issued) });
    }
    if expires <= issued.max(begins) {
        return Err(E::Reversed);
    }
    if is_later_by(expires, issued.max(begins), limits::TOKEN_LIFE) {
        return Err(E::LivesTooLong);
    }
    match is_later_by(begins, issued, limits::TOKEN_DELAY) {
        true => Err(E::StartsTooLate),
        false => Ok(expires),
    }
}

fn is_later_by(time: Timestamp, than: Timestamp, margin: Duration) -> bool {
    time.duration_since(than).is_some_and(|late| late > margin)
}

/// Why a token does not renew the certificate in it.
#[derive(Debug, Error)]
pub enum RenewalTokenError {
    /// It is no JWT, or its own key has not signed it.
    #[error("invalid renewal token: {0}")]
    Jose(#[from] JoseError),
    /// It would have the key taken from elsewhere.
    #[error("a renewal token carries its key in a certificate, not in {member}")]
    ForeignKey {
        /// The header parameter.
        member: &'static str,
    },
    /// It carries a chain under either name.
    #[error("the renewal token has both x5c and x5cInsecure")]
    TwoChains,
    /// It carries none.
    #[error("the renewal token has no certificate")]
    NoCertificate,
    /// What it carries is none.
    #[error("error decoding certificate of the renewal token: {0}")]
    Certificate(authority::CertificateError),
    /// A certificate does not belong where it stands.
    #[error("the certificates of the renewal token are no chain, the certificate first")]
    NotAChain,
    /// One is not signed by the next.
    #[error("a certificate of the renewal token was not signed by the next one: {0}")]
    Link(SignatureError),
    /// It says it is something else.
    #[error("the typ of the renewal token is {got:?}, not JWT")]
    OtherType {
        /// Its `typ`.
        got: String,
    },
    /// It speaks of somebody else.
    #[error("the subject of the renewal token, {got:?}, is not the common name of the certificate")]
    OtherSubject {
        /// Its subject.
        got: String,
    },
    /// It is from somebody else.
    #[error("the issuer of the renewal token, {got:?}, is neither the provisioner nor {ISSUER:?}")]
    OtherIssuer {
        /// Its issuer.
        got: String,
    },
    /// It is meant for somebody else, or for something else.
    #[error("the audience of the renewal token, {got:?}, is not a renewal at this CA")]
    OtherAudience {
        /// Its audiences.
        got: Vec<String>,
    },
    /// A time is missing.
    #[error("the renewal token has no {claim}")]
    Missing {
        /// Which.
        claim: &'static str,
    },
    /// Its time is over.
    #[error("the renewal token is expired since {since}")]
    Expired {
        /// Its `exp`.
        since: Timestamp,
    },
    /// Its time has not come.
    #[error("the renewal token is not valid before {until}")]
    NotYetValid {
        /// The later of its `nbf` and `iat`.
        until: Timestamp,
    },
    /// It ends before it begins.
    #[error("the renewal token expires before it begins")]
    Reversed,
    /// It lives longer than a token may.
    #[error("the renewal token is valid for longer than {:?}", limits::TOKEN_LIFE)]
    LivesTooLong,
    /// It begins long after it was made.
    #[error("the renewal token begins more than {:?} after it was issued", limits::TOKEN_DELAY)]
    StartsTooLate,
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_700_000_000;

    fn verdict(issued: i64, begins: Option<i64>, expires: i64) -> Result<i64, String> {
        let nbf = begins.map_or_else(String::new, |begins| format!(",\"nbf\":{}", NOW + begins));
        let claims = format!("{{\"iat\":{},\"exp\":{}{nbf}}}", NOW + issued, NOW + expires);
        let key = jose::Jwk::generate_ec_p256().unwrap();
        let token = jose::jws::sign(&jose::jws::ProtectedHeader::default(), claims, &key).unwrap();
        let token = Unverified::parse(&token).unwrap();
        let expires = check_times(token.claims(), Timestamp::from_unix(NOW)).map_err(|error| error.to_string())?;
        Ok(expires.as_unix() - NOW)
    }

    #[test]
    fn every_edge_of_a_tokens_time_is_where_it_is_for_other_tokens() {
        for (issued, begins, expires) in [
            (-300, None, -60),
            (60, None, 300),
            (0, Some(60), 300),
            (0, None, 3_600),
            (-1_800, Some(0), 3_600),
            (0, None, 1),
        ] {
            assert_eq!(verdict(issued, begins, expires), Ok(expires), "{issued} {begins:?} {expires}");
        }
        for (issued, begins, expires, why) in [
            (-300, None, -61, "expired since"),
            (61, None, 300, "not valid before"),
            (0, Some(61), 300, "not valid before"),
            (61, Some(0), 300, "not valid before"),
            (0, None, 0, "before it begins"),
            (0, None, 3_601, "longer than"),
            (-1_801, Some(0), 3_600, "after it was issued"),
        ] {
            let error = verdict(issued, begins, expires).unwrap_err();
            assert!(error.contains(why), "{issued} {begins:?} {expires}: {error}");
        }
    }
}
