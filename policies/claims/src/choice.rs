//! The validity of a certificate that has none yet.

use policy_sdk::{
    GoDuration,
    check::Proposal,
    types::{Denial, Timestamp, Validity},
};

use crate::{ClaimsPolicy, rules::length};

impl ClaimsPolicy {
    /// What the client asked for; where it asked for nothing, what the claims and the credential say.
    pub(crate) fn choose(&self, proposal: &Proposal) -> Result<Validity, Denial> {
        let validity = match &proposal.previous {
            Some(previous) => self.again(proposal, length(previous.validity)),
            None => self.first(proposal),
        };
        validity.ok_or_else(|| {
            Denial::bad_request("claims.overflow", "the requested validity lies beyond what a certificate can say")
        })
    }

    /// From a little before now, against clocks that are slow; as long as the certificate that is renewed.
    fn again(&self, proposal: &Proposal, length: GoDuration) -> Option<Validity> {
        let not_before = self.backdated(proposal)?;
        Some(Validity { not_before, not_after: after(not_before, length)? })
    }

    /// The backdate lengthens a certificate: its default duration counts from now.
    fn first(&self, proposal: &Proposal) -> Option<Validity> {
        let (now, requested) = (proposal.context.now, proposal.requested);
        let not_before = match requested.not_before {
            Some(not_before) => not_before,
            None => self.backdated(proposal)?.max(proposal.not_before_bound.unwrap_or(Timestamp::MIN)),
        };
        let not_after = match requested.not_after {
            Some(not_after) => not_after,
            None => {
                let duration = proposal.default_duration.map_or(self.claims.default, GoDuration::from_nanos);
                let not_after = after(requested.not_before.unwrap_or(now), duration)?;
                not_after.min(proposal.not_after_bound.unwrap_or(Timestamp::MAX))
            }
        };
        Some(Validity { not_before, not_after })
    }

    fn backdated(&self, proposal: &Proposal) -> Option<Timestamp> {
        proposal.context.now.checked_sub(self.backdate.as_secs())
    }

    /// The same validity, with the end where today's claims put it when it lies later.
    pub(crate) fn shortened(&self, validity: Validity) -> Validity {
        match after(validity.not_before, self.longest()) {
            Some(latest) if latest < validity.not_after => Validity { not_after: latest, ..validity },
            _ => validity,
        }
    }
}

fn after(timestamp: Timestamp, duration: GoDuration) -> Option<Timestamp> {
    timestamp.checked_add(duration.as_secs())
}
