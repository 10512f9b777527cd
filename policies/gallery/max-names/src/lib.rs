//! A check: a certificate has few names, and wildcards only where that is said.

use policy_sdk::prelude::*;

policy_sdk::settings! {
    /// `settings` of this policy in `ca.json`.
    pub struct Settings {
        /// How many names of all kinds a certificate may have.
        most: u32 = 10,
        /// Whether one of them may be a wildcard such as *.example.com.
        wildcards: bool = false,
    }
}

/// The policy, made from its settings.
pub struct MaxNames {
    settings: Settings,
}

impl Check for MaxNames {
    fn init(environment: check::Environment) -> Result<(Self, check::Descriptor), Vec<ConfigError>> {
        let settings = Settings::parse(&environment.settings)?;
        if settings.most == 0 {
            return Err(ConfigError::at("/settings/most", "must be 1 or more: a certificate has a name").into());
        }
        Ok((Self { settings }, check::Descriptor::default()))
    }

    fn review(&self, proposal: &check::Proposal) -> Result<Vec<Edit>, Denial> {
        let names = &proposal.draft.subject_alt_names;
        rules::names_at_most("max-names.most", usize::try_from(self.settings.most).unwrap_or(usize::MAX), names)?;
        let wildcard = names.dns_names.iter().find(|name| name.starts_with("*."));
        match wildcard.filter(|_| !self.settings.wildcards) {
            None => Ok(vec![]),
            Some(wildcard) => Err(Denial::forbidden("max-names.wildcard", "wildcards are not certified here")
                .field("subject-alt-names.dns-names")
                .got(wildcard)
                .want("the names of hosts")),
        }
    }
}

policy_sdk::check!(MaxNames, settings: Settings, rules: ["max-names.most", "max-names.wildcard"]);
