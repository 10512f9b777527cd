//! One decision, made again.

use api_types::RequestedTime;
use authority::{Approved, CertificationRequest, RevocationReason, Validity, pem};
use serde::Serialize;

use super::{
    inputs::{Facts, Own, RevocationFacts, split},
    verdict::Verdict,
};
use crate::{
    admission::{Knock, OwnRequest, RekeyRequest, RenewCredential, SignRequest},
    audit::{Entry, Operation},
    call::Call,
    decision::Decision,
    issuance,
    revocation::{self, Credential, RevokeRequest},
    snapshot::Snapshot,
    store::StoredDecision,
    witness::{Asked, Witness},
};

/// What came of a decision that was made again.
pub(super) struct Retrial {
    pub(super) verdict: Verdict,
    /// What the log would say.
    pub(super) entry: Option<Entry>,
    pub(super) certificate: Option<Certified>,
    pub(super) asked: Vec<Asked>,
}

/// The certificate that would be issued.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Certified {
    /// Its subject, as RFC 4514 writes it.
    pub subject: String,
    /// Its subject alternative names.
    pub names: Vec<String>,
    /// From when it would be valid.
    pub not_before: String,
    /// Until when.
    pub not_after: String,
}

impl Certified {
    fn of(approved: &Approved) -> Self {
        let (draft, validity) = (approved.draft(), approved.validity());
        Self::new(draft.subject().to_string(), draft.subject_alt_names().iter().collect(), validity)
    }

    pub(super) fn new(subject: String, names: Vec<String>, validity: Validity) -> Self {
        let Validity { not_before, not_after } = validity;
        Self { subject, names, not_before: not_before.to_string(), not_after: not_after.to_string() }
    }
}

/// Stands where a signature was. Whoever verifies it is told what came of that when there was one.
const NO_SIGNATURE: &str = "AA";

/// Makes a decision again, by the rules of `ca`.
pub(super) async fn again(ca: &Snapshot, stored: &StoredDecision, whole_story: bool) -> Retrial {
    let facts: Option<Facts> = serde_json::from_str(&stored.record.facts).ok();
    let recorded = facts.as_ref().and_then(Facts::recorded);
    let (Some(facts), Some(recorded)) = (facts, recorded) else {
        return lost("what was kept of the decision cannot be read");
    };
    let witness = if whole_story { Witness::of_everything() } else { Witness::default() };
    let call = Call { witness: witness.recalling(recorded), ..call(&stored.entry) };
    match stored.entry.operation {
        Operation::Sign | Operation::Renew | Operation::Rekey => certificate(ca, call, stored, facts).await,
        Operation::Revoke => revocation(ca, call, stored, facts).await,
        Operation::Clock
        | Operation::Finalize
        | Operation::Read
        | Operation::Recall
        | Operation::Reinstate
        | Operation::Settle => lost("this kind of decision is not made again"),
    }
}

/// Makes a decision for the first time, about a certificate that is not signed.
pub(super) async fn by_hand(ca: &Snapshot, call: Call, request: &SignRequest) -> Retrial {
    judge(ca, call, Knock::Sign(request), None).await
}

fn call(entry: &Entry) -> Call {
    Call::new(entry.request_id.clone(), entry.time, entry.peer)
}

fn lost(message: &str) -> Retrial {
    let verdict = Verdict::Unknown { message: message.to_owned() };
    Retrial { verdict, entry: None, certificate: None, asked: Vec::new() }
}

async fn certificate(ca: &Snapshot, call: Call, stored: &StoredDecision, facts: Facts) -> Retrial {
    let record = &stored.record;
    // Policies may be shown it, in what the certificate says it came of.
    let id = Some(stored.entry.id.as_str());
    let request = record.request.as_deref();
    let csr = request.map(|der| pem::encode("CERTIFICATE REQUEST", der));
    let presented = record.presented.as_deref().and_then(split);
    let chain: Option<Vec<&[u8]>> = presented.as_ref().map(|chain| chain.iter().map(Vec::as_slice).collect());
    match (stored.entry.operation, &record.token, csr, chain) {
        (Operation::Sign, Some(token), Some(csr), None) => {
            let time = |time: Option<i64>| time.map_or(RequestedTime::Unset, RequestedTime::At);
            let request = SignRequest {
                csr,
                token: format!("{token}.{NO_SIGNATURE}"),
                not_before: time(facts.not_before),
                not_after: time(facts.not_after),
                template_data: facts.template_data,
            };
            judge(ca, call, Knock::Sign(&request), id).await
        }
        (Operation::Sign, None, Some(_), None) => {
            let Some(Ok(request)) = request.map(CertificationRequest::from_der) else {
                return lost("the certification request cannot be read");
            };
            let request = OwnRequest { request };
            let knock = match facts.own {
                Some(Own::Listener) => Knock::Own(&request),
                Some(Own::Responder) => Knock::Responder(&request),
                None => return lost("it is not known who asked"),
            };
            judge(ca, call, knock, id).await
        }
        (Operation::Renew, None, None, Some(chain)) => {
            judge(ca, call, Knock::Renew(RenewCredential::Certificate(&chain)), id).await
        }
        (Operation::Rekey, None, Some(csr), Some(chain)) => {
            judge(ca, call, Knock::Rekey(&RekeyRequest { csr: &csr, chain: &chain }), id).await
        }
        _ => lost("what was kept of the decision is not whole"),
    }
}

async fn judge(ca: &Snapshot, call: Call, knock: Knock<'_>, id: Option<&str>) -> Retrial {
    let decision = Decision::new(&call, knock.operation());
    let mut decision = match id {
        Some(id) => decision.under(id),
        None => decision,
    };
    let (verdict, entry, certificate) = match issuance::decide(ca, &call, knock, &mut decision).await {
        Ok(approved) => {
            let certified = Certified::of(&approved);
            let entry = Entry { names: certified.names.clone(), ..decision.issued() };
            (Verdict::Allow, entry, Some(certified))
        }
        Err(error) => (Verdict::of_ending(&error), decision.refused(&error), None),
    };
    Retrial { verdict, entry: Some(entry), certificate, asked: call.witness.into_asked() }
}

async fn revocation(ca: &Snapshot, call: Call, stored: &StoredDecision, facts: Facts) -> Retrial {
    let Some(RevocationFacts { serial_number, reason_code, reason }) = facts.revocation else {
        return lost("what was kept of the revocation is not whole");
    };
    let (Ok(serial_number), Ok(code)) = (serial_number.parse(), RevocationReason::from_code(reason_code)) else {
        return lost("what was kept of the revocation cannot be read");
    };
    let token = stored.record.token.as_ref().map(|token| format!("{token}.{NO_SIGNATURE}"));
    let presented = stored.record.presented.as_deref().and_then(split).unwrap_or_default();
    let chain: Vec<&[u8]> = presented.iter().map(Vec::as_slice).collect();
    let credential = match &token {
        Some(token) => Credential::Token(token),
        None => Credential::Certificate(&chain),
    };
    let request = RevokeRequest { serial_number, reason: code, reason_text: reason, credential };
    let mut decision = Decision::new(&call, policy_runtime::contract::types::Operation::Revoke);
    decision.about(serial_number);
    let (verdict, entry) = match revocation::decide(ca, &call, &request, &mut decision).await {
        Ok(why) => (Verdict::Allow, decision.revoked(why)),
        Err(error) => (Verdict::of_ending(&error), decision.refused(&error)),
    };
    Retrial { verdict, entry: Some(entry), certificate: None, asked: call.witness.into_asked() }
}
