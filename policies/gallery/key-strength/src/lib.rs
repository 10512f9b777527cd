//! A check: keys are of the kinds that are listed, and long enough.

use policy_sdk::{prelude::*, rules::KeyRule};

policy_sdk::settings! {
    /// `settings` of this policy in `ca.json`.
    pub struct Settings {
        /// Kinds of key that are certified; RSA with so many bits or more.
        keys: Vec<KeyRule> = ["P-256", "P-384", "P-521", "Ed25519", "RSA-3072"],
    }
}

/// The policy, made from its settings.
pub struct KeyStrength {
    keys: Vec<KeyRule>,
}

impl Check for KeyStrength {
    fn init(environment: check::Environment) -> Result<(Self, check::Descriptor), Vec<ConfigError>> {
        let Settings { keys } = Settings::parse(&environment.settings)?;
        Ok((Self { keys }, check::Descriptor::default()))
    }

    fn review(&self, proposal: &check::Proposal) -> Result<Vec<Edit>, Denial> {
        rules::key_is_one_of("key-strength.kind", &self.keys, &proposal.draft.public_key)?;
        Ok(vec![])
    }
}

policy_sdk::check!(KeyStrength, settings: Settings, rules: ["key-strength.kind"]);
