//! How long certificates live, and whether they may be renewed: the `claims` of `ca.json`.
//!
//! The first check of every draft. It gives a first certificate its validity, holds every certificate between the
//! shortest and the longest duration the claims allow, and refuses renewals where the claims disable them. It knows
//! nothing of issuers: that no certificate outlives its own is the host's rule.

use policy_sdk::{GoDuration, prelude::*};

mod choice;
mod claims;
mod rules;
#[cfg(test)]
mod tests;

use claims::Claims;

/// The claims in force for one provisioner.
pub struct ClaimsPolicy {
    provisioner: String,
    claims: Claims,
    backdate: GoDuration,
}

impl Check for ClaimsPolicy {
    fn init(environment: check::Environment) -> Result<(Self, check::Descriptor), Vec<ConfigError>> {
        let policy = Self {
            claims: Claims::parse(&environment.global_claims, &environment.claims)?,
            provisioner: environment.provisioner_name,
            backdate: GoDuration::from_nanos(environment.backdate),
        };
        Ok((policy, check::Descriptor { operations: check::Operations::all(), inputs: check::Inputs::PREVIOUS }))
    }

    fn review(&self, proposal: &check::Proposal) -> Result<Vec<Edit>, Denial> {
        let renews = matches!(proposal.context.operation, Operation::Renew | Operation::Rekey);
        if renews {
            self.permit_renewal()?;
        }
        let validity = match proposal.draft.validity {
            Some(validity) => validity,
            None => self.choose(proposal)?,
        };
        let validity = if renews { self.shortened(validity) } else { validity };
        self.permit(validity, proposal)?;
        let is_unchanged = proposal.draft.validity == Some(validity);
        Ok(if is_unchanged { vec![] } else { vec![Edit::SetValidity(validity)] })
    }
}

policy_sdk::check!(ClaimsPolicy);
