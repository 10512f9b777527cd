//! One-time tokens signed with a JSON Web Key: the provisioner of type `JWK`.
//!
//! Whoever holds the private half of the key in `ca.json` gives out tokens; each is good for one certificate, for the
//! names it lists. This policy says whether a token is good and what it is good for. It knows nothing of how long
//! certificates live (`builtin:claims` does), nor whether a token was used before (the host does).

use policy_sdk::{
    GoDuration,
    jwt::TimeRules,
    prelude::*,
    provisioner::{CommonNameRule, ReplayMode, RevokeRequest, RoutingKey, SanRule, ValidityBounds},
    settings::Members,
};

mod confirmation;
mod key;
mod token;

use key::Key;
use token::Token;

/// A provisioner with one key.
pub struct JwkPolicy {
    name: String,
    key: Key,
    audiences: provisioner::Audiences,
    times: TimeRules,
}

impl Provisioner for JwkPolicy {
    fn init(environment: provisioner::Environment) -> Result<(Self, provisioner::Descriptor), Vec<ConfigError>> {
        let key = Key::parse(&environment.config);
        let times = time_rules(&environment.settings);
        let (key, times) = match (key, times) {
            (Ok(key), Ok(times)) => (key, times),
            (key, times) => return Err([key.err(), times.err()].into_iter().flatten().flatten().collect()),
        };
        let descriptor = provisioner::Descriptor {
            routing_keys: vec![RoutingKey::IssuerAndKey((environment.name.clone(), key.kid.clone()))],
            credential_id: Some(key.kid.clone()),
            replay: ReplayMode::Jwt,
        };
        Ok((Self { name: environment.name, key, audiences: environment.audiences, times }, descriptor))
    }

    fn authorize_sign(&self, request: &SignRequest) -> Result<SignGrant, Denial> {
        let token = Token::verify(self, &request.token, &self.audiences.sign, request.context.now)?;
        let names = token.names()?;
        Ok(SignGrant {
            csr_sha256: confirmation::csr_sha256(&token.claims)?,
            common_name: CommonNameRule::OneOf(token.common_names(&names)),
            subject_alt_names: SanRule::Exact(policy_sdk::names::classify(names.iter().map(String::as_str))),
            validity: ValidityBounds::default(),
            single_use: None,
            extension_pairs: vec![],
            identity: token.identity(),
        })
    }

    fn authorize_revoke(&self, request: &RevokeRequest) -> Result<Identity, Denial> {
        Ok(Token::verify(self, &request.token, &self.audiences.revoke, request.context.now)?.identity())
    }
}

policy_sdk::provisioner!(JwkPolicy);

/// `{"tokenMaxLife": "1h", "tokenMaxDelay": "30m"}`, the settings of the module.
fn time_rules(settings: &str) -> Result<TimeRules, Vec<ConfigError>> {
    let mut settings = Members::of(settings, "/settings");
    let mut duration = |name, default| match settings.optional::<GoDuration>(name) {
        Some(duration) if duration < GoDuration::ZERO => {
            settings.refuse(name, "cannot be negative");
            default
        }
        duration => duration.unwrap_or(default),
    };
    let rules = TimeRules::default();
    let rules = TimeRules {
        max_life: duration("tokenMaxLife", rules.max_life),
        max_delay: duration("tokenMaxDelay", rules.max_delay),
        ..rules
    };
    settings.refuse_others();
    settings.finish()?;
    Ok(rules)
}

#[cfg(test)]
mod tests;
