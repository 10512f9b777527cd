//! What a request leaves behind so that it can be decided again, and the way back.
//!
//! No credential is kept in a form that could be used: a token loses its signature, and what cannot lose it is not kept.

use std::sync::Arc;

use authority::pem;
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use policy_runtime::Transcript;
use serde::{Deserialize, Serialize};

use crate::{
    admission::{Knock, OwnRequest, RekeyRequest, RenewCredential, SignRequest},
    audit::Digest,
    call::{Call, Requested},
    limits,
    renewal_token::RenewalToken,
    revocation::{Credential, RevokeRequest},
    snapshot::Snapshot,
    store::DecisionRecord,
    witness::Recorded,
};

/// What is kept of a request for a certificate; nothing when nothing is to be kept, or when it cannot be.
pub(crate) fn of_issuance(ca: &Snapshot, call: &Call, knock: Knock<'_>) -> Option<Box<DecisionRecord>> {
    let configuration = ca.generation?;
    match knock {
        Knock::Sign(ask) => {
            let SignRequest { csr, token, not_before, not_after, template_data } = ask;
            let requested = Requested::resolve(*not_before, *not_after, call.now).ok()?;
            let facts = Facts {
                not_before: requested.not_before.map(|time| time.as_unix()),
                not_after: requested.not_after.map(|time| time.as_unix()),
                template_data: template_data.clone(),
                ..Facts::of(call)
            };
            record(configuration, Some(signing_input(token)?), Some(der(csr)?), &[], facts)
        }
        Knock::Renew(RenewCredential::Certificate(chain)) => record(configuration, None, None, chain, Facts::of(call)),
        // Whoever held the certificate has proved it; what is left to decide is about the certificate.
        Knock::Renew(RenewCredential::Token(token)) => {
            let token = RenewalToken::parse(token).ok()?;
            record(configuration, None, None, &token.chain(), Facts::of(call))
        }
        Knock::Rekey(RekeyRequest { csr, chain }) => {
            record(configuration, None, Some(der(csr)?), chain, Facts::of(call))
        }
        Knock::Own(ask) => own(configuration, call, ask, Own::Listener),
        Knock::Responder(ask) => own(configuration, call, ask, Own::Responder),
    }
}

fn own(configuration: Digest, call: &Call, ask: &OwnRequest, own: Own) -> Option<Box<DecisionRecord>> {
    let facts = Facts { own: Some(own), ..Facts::of(call) };
    record(configuration, None, Some(ask.request.der().to_vec()), &[], facts)
}

/// What is kept of a request for a revocation.
pub(crate) fn of_revocation(ca: &Snapshot, call: &Call, request: &RevokeRequest<'_>) -> Option<Box<DecisionRecord>> {
    let configuration = ca.generation?;
    let revocation = RevocationFacts {
        serial_number: request.serial_number.to_string(),
        reason_code: request.reason.code(),
        reason: request.reason_text.clone(),
    };
    let facts = Facts { revocation: Some(revocation), ..Facts::of(call) };
    match request.credential {
        Credential::Token(token) => record(configuration, Some(signing_input(token)?), None, &[], facts),
        Credential::Certificate(chain) => record(configuration, None, None, chain, facts),
    }
}

fn record(
    configuration: Digest,
    token: Option<String>,
    request: Option<Vec<u8>>,
    presented: &[&[u8]],
    facts: Facts,
) -> Option<Box<DecisionRecord>> {
    let presented = (!presented.is_empty()).then(|| joined(presented));
    let facts = serde_json::to_string(&facts).expect("facts have no keys that are not strings");
    let record = DecisionRecord { configuration, token, request, presented, facts };
    (record.octets() <= limits::DECISION_INPUTS).then(|| Box::new(record))
}

/// A JWT without its signature. Of anything else nobody knows what makes it valid.
fn signing_input(token: &str) -> Option<String> {
    let (input, _signature) = token.trim_ascii().rsplit_once('.')?;
    (input.matches('.').count() == 1 && !input.contains(':')).then(|| input.to_owned())
}

fn der(csr: &str) -> Option<Vec<u8>> {
    pem::blocks(csr).ok()?.into_iter().next().map(|block| block.contents.to_vec())
}

/// Each behind its length.
fn joined(parts: &[&[u8]]) -> Vec<u8> {
    let mut joined = Vec::with_capacity(parts.iter().map(|part| part.len() + 4).sum());
    for part in parts {
        // More than 4 GiB does not come through the door.
        joined.extend_from_slice(&u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
        joined.extend_from_slice(part);
    }
    joined
}

/// Takes apart what [`joined`] made.
pub(super) fn split(mut octets: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut parts = Vec::new();
    while !octets.is_empty() {
        let (length, rest) = octets.split_first_chunk::<4>()?;
        let (part, rest) = rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
        parts.push(part.to_vec());
        octets = rest;
    }
    Some(parts)
}

/// What has no column of its own.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct Facts {
    /// The start that was asked for, in Unix seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) not_before: Option<i64>,
    /// The end that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) not_after: Option<i64>,
    /// What the client sent for the provisioner's module.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) template_data: Option<String>,
    /// Of a revocation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) revocation: Option<RevocationFacts>,
    /// What the CA asked for itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) own: Option<Own>,
    /// What the world answered.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    answers: Vec<Answered>,
}

/// What the CA has a certificate of its own for.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Own {
    /// Its listener.
    Listener,
    /// Its answers about certificates.
    Responder,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct RevocationFacts {
    pub(super) serial_number: String,
    pub(super) reason_code: u8,
    pub(super) reason: String,
}

/// What the world answered in one call of a policy.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Answered {
    policy: String,
    call: usize,
    /// Opaque octets in base64, see [`Transcript::to_octets`].
    transcript: String,
}

impl Facts {
    fn of(call: &Call) -> Self {
        let answered = |recorded: Recorded| Answered {
            policy: recorded.policy.to_string(),
            call: recorded.call,
            transcript: BASE64.encode(recorded.transcript.to_octets()),
        };
        Self { answers: call.witness.recorded().into_iter().map(answered).collect(), ..Self::default() }
    }

    /// What the world answered; nothing when it cannot be read.
    pub(super) fn recorded(&self) -> Option<Vec<Recorded>> {
        let recorded = |answered: &Answered| {
            let transcript = BASE64.decode(&answered.transcript).ok()?;
            let transcript = Arc::new(Transcript::from_octets(&transcript).ok()?);
            Some(Recorded { policy: answered.policy.as_str().into(), call: answered.call, transcript })
        };
        self.answers.iter().map(recorded).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_loses_its_signature_or_is_not_kept() {
        assert_eq!(signing_input(" aaa.bbb.ccc ").as_deref(), Some("aaa.bbb"));
        for opaque in ["", "aaa", "aaa.bbb", "aaa.bbb.ccc.ddd", "ldap:aaa.bbb.ccc"] {
            assert_eq!(signing_input(opaque), None, "{opaque}");
        }
    }

    #[test]
    fn inputs_are_kept_up_to_the_limit_and_not_beyond() {
        let kept = |token: usize| {
            record(Digest::of(&[]), Some("x".repeat(token)), None, &[], Facts::default()).map(|record| record.octets())
        };
        let rest = kept(0).unwrap();
        let most = limits::DECISION_INPUTS;
        for (octets, expected) in [(most - 1, Some(most - 1)), (most, Some(most)), (most + 1, None)] {
            assert_eq!(kept(octets - rest), expected);
        }
    }

    #[test]
    fn certificates_are_taken_apart_as_they_were_joined() {
        let parts: [&[u8]; 3] = [b"leaf", b"", b"intermediate"];
        let octets = joined(&parts);
        assert_eq!(split(&octets).unwrap(), parts);
        assert_eq!(split(&octets[..octets.len() - 1]), None);
        assert_eq!(split(&[0xff; 4]), None);
        assert_eq!(split(&[]), Some(Vec::new()));
    }
}
