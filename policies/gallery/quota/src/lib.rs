//! A check: nobody gets more than so many certificates in a period.
//!
//! Periods follow each other without gap, counted from 1970. What is counted is requests this check has let pass, by their
//! identifiers: one that a later check refuses has been counted, and one that is reviewed twice is counted once.

use policy_sdk::{
    GoDuration,
    kv::{self, KvError},
    prelude::*,
};
use serde::{Deserialize, Serialize};

policy_sdk::settings! {
    /// `settings` of this policy in `ca.json`.
    pub struct Settings {
        /// How many certificates a subject gets in a period; from 1 to 500.
        most: u32 = 10,
        /// The period, a whole number of seconds.
        per: GoDuration = "24h",
    }
}

/// What of a subject is known, under its name. 500 identifiers of 36 characters fit into a value of the store.
#[derive(Default, Deserialize, Serialize)]
struct Count {
    period: i64,
    requests: Vec<String>,
}

/// The policy, made from its settings.
pub struct Quota {
    most: usize,
    per: GoDuration,
}

/// How often the count may change under our hands before we give up.
const TRIES: usize = 8;

/// Keys of the store have 256 octets at most.
const LONGEST_SUBJECT: usize = 240;

impl Check for Quota {
    fn init(environment: check::Environment) -> Result<(Self, check::Descriptor), Vec<ConfigError>> {
        let Settings { most, per } = Settings::parse(&environment.settings)?;
        let most = usize::try_from(most).ok().filter(|most| (1..=500).contains(most));
        let mut errors = vec![];
        if most.is_none() {
            errors.push(ConfigError::at("/settings/most", "must be from 1 to 500"));
        }
        if per.as_secs() < 1 {
            errors.push(ConfigError::at("/settings/per", "must be a second or more"));
        }
        match most {
            Some(most) if errors.is_empty() => Ok((Self { most, per }, check::Descriptor::default())),
            _ => Err(errors),
        }
    }

    fn review(&self, proposal: &check::Proposal) -> Result<Vec<Edit>, Denial> {
        let subject = &proposal.identity.subject;
        if subject.is_empty() || subject.len() > LONGEST_SUBJECT {
            return Err(Denial::forbidden("quota.subject", "nobody can be counted by this name")
                .field("identity.subject")
                .want(format!("1 to {LONGEST_SUBJECT} octets")));
        }
        let key = format!("subject/{subject}");
        for _ in 0..TRIES {
            if self.count(&key, proposal)? {
                return Ok(vec![]);
            }
        }
        Err(uncounted("the count keeps changing"))
    }
}

impl Quota {
    /// Counts the request; false when somebody else has changed the count meanwhile.
    fn count(&self, key: &str, proposal: &check::Proposal) -> Result<bool, Denial> {
        let period = proposal.context.now.div_euclid(self.per.as_secs());
        let old = kv::get(key).map_err(unavailable)?;
        let mut count: Count = match &old {
            None => Count::default(),
            Some(octets) => serde_json::from_slice(octets).map_err(|error| uncounted(&error.to_string()))?,
        };
        // A clock that was set back must not give anybody a second quota.
        if count.period < period {
            count = Count { period, requests: vec![] };
        }
        if count.requests.contains(&proposal.context.request_id) {
            return Ok(true);
        }
        if count.requests.len() >= self.most {
            let begins = count.period.saturating_add(1).saturating_mul(self.per.as_secs());
            let (most, per) = (self.most, self.per);
            return Err(Denial::new(
                DenialKind::TooManyRequests,
                "quota.most",
                format!("{} has had {most} certificates in {per}", proposal.identity.subject),
            )
            .field("identity.subject")
            .got(count.requests.len().to_string())
            .want(format!("at most {most} in {per}"))
            .hint(format!("ask again from {} on", policy_sdk::text::go_time(begins))));
        }
        count.requests.push(proposal.context.request_id.clone());
        let new = serde_json::to_vec(&count).map_err(|error| uncounted(&error.to_string()))?;
        kv::compare_and_swap(key, old.as_deref(), Some(&new)).map_err(unavailable)
    }
}

fn unavailable(error: KvError) -> Denial {
    uncounted(&format!("{error:?}"))
}

/// Who cannot be counted gets nothing: the quota would be over as soon as the store is full.
fn uncounted(why: &str) -> Denial {
    Denial::forbidden("quota.uncounted", "certificates cannot be counted at the moment").detail("error", why)
}

policy_sdk::check!(Quota, settings: Settings, rules: ["quota.most", "quota.subject", "quota.uncounted"]);
