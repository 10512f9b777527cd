//! What a validity must keep to, whoever chose it. The messages are step-ca's.

use policy_sdk::{
    GoDuration,
    check::Proposal,
    text::go_time,
    types::{Denial, Timestamp, Validity},
};

use crate::ClaimsPolicy;

/// 9999-12-31 23:59:59, the end of time (RFC 5280 §4.1.2.5).
const END_OF_TIME: Timestamp = 253_402_300_799;

impl ClaimsPolicy {
    /// Whether certificates of this provisioner may be renewed.
    pub(crate) fn permit_renewal(&self) -> Result<(), Denial> {
        if !self.claims.disable_renewal {
            return Ok(());
        }
        let message = format!("renew is disabled for provisioner '{}'", self.provisioner);
        Err(Denial::unauthorized("claims.disable-renewal", message)
            .field("claims.disableRenewal")
            .got("true")
            .hint("get a new certificate with a new token"))
    }

    /// Whether a certificate may have this validity.
    pub(crate) fn permit(&self, validity: Validity, proposal: &Proposal) -> Result<(), Denial> {
        self.is_possible(validity, proposal.context.now)?;
        self.is_within_claims(validity)?;
        is_within_bounds(validity, proposal)
    }

    fn is_possible(&self, validity: Validity, now: Timestamp) -> Result<(), Denial> {
        let Validity { not_before, not_after } = validity;
        let (begin, end) = (|| go_time(not_before), || go_time(not_after));
        if not_after < now {
            let message = format!("NotAfter: {} cannot be in the past", end());
            return Err(Denial::bad_request("claims.not-after-past", message)
                .field("validity.not-after")
                .got(end())
                .want(format!("{} or later", go_time(now))));
        }
        if not_after < not_before {
            let message = format!("NotAfter: {} cannot be before NotBefore: {}", end(), begin());
            return Err(Denial::bad_request("claims.reversed", message)
                .field("validity.not-after")
                .got(end())
                .want(format!("{} or later", begin())));
        }
        let earliest = now.saturating_sub(self.backdate.as_secs());
        if not_before < earliest {
            let message = format!("NotBefore: {} cannot be in the past", begin());
            return Err(Denial::bad_request("claims.not-before-past", message)
                .field("validity.not-before")
                .got(begin())
                .want(format!("{} or later", go_time(earliest))));
        }
        if not_after > END_OF_TIME {
            let message = format!("NotAfter: {} lies beyond what a certificate can say", end());
            return Err(Denial::bad_request("claims.overflow", message)
                .field("validity.not-after")
                .got(end())
                .want(format!("{} or earlier", go_time(END_OF_TIME))));
        }
        Ok(())
    }

    fn is_within_claims(&self, validity: Validity) -> Result<(), Denial> {
        let (length, shortest, longest) = (length(validity), self.claims.min, self.longest());
        if length < shortest {
            let message = format!(
                "requested duration of {length} is less than the authorized minimum certificate duration of {shortest}"
            );
            return Err(Denial::forbidden("claims.min-duration", message)
                .field("validity")
                .got(length.to_string())
                .want(format!("at least {shortest}"))
                .hint("ask for a later end, or for none"));
        }
        if length > longest {
            let message = format!(
                "requested duration of {length} is more than the authorized maximum certificate duration of {longest}"
            );
            return Err(Denial::forbidden("claims.max-duration", message)
                .field("validity")
                .got(length.to_string())
                .want(format!("at most {longest}"))
                .hint("ask for an earlier end, or for none"));
        }
        Ok(())
    }

    /// The longest a certificate may be valid. The backdate comes on top, because it is not the client's doing.
    pub(crate) fn longest(&self) -> GoDuration {
        GoDuration::from_nanos(self.claims.max.as_nanos().saturating_add(self.backdate.as_nanos()))
    }
}

/// The bounds of the credential, e.g. the validity of a certificate that was presented to get this one.
fn is_within_bounds(validity: Validity, proposal: &Proposal) -> Result<(), Denial> {
    if let Some(bound) = proposal.not_before_bound.filter(|&bound| validity.not_before < bound) {
        let (begin, bound) = (go_time(validity.not_before), go_time(bound));
        let message = format!("NotBefore: {begin} cannot be before the credential's: {bound}");
        return Err(Denial::forbidden("claims.credential-not-before", message)
            .field("validity.not-before")
            .got(begin)
            .want(format!("{bound} or later")));
    }
    if let Some(bound) = proposal.not_after_bound.filter(|&bound| validity.not_after > bound) {
        let (end, bound) = (go_time(validity.not_after), go_time(bound));
        let message = format!("NotAfter: {end} cannot be after the credential's: {bound}");
        return Err(Denial::forbidden("claims.credential-not-after", message)
            .field("validity.not-after")
            .got(end)
            .want(format!("{bound} or earlier")));
    }
    Ok(())
}

/// From the first to the last second. A span too long to be a duration is the longest one.
pub(crate) fn length(validity: Validity) -> GoDuration {
    GoDuration::from_secs(validity.not_after.saturating_sub(validity.not_before))
}
