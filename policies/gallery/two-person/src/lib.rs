//! A check: a certificate is issued when two people have asked for it.
//!
//! The first one's request is pending; when another person asks for the same names and the same key, it is issued, to both
//! as long as the request is remembered. Who somebody is says the credential: its subject, or an attribute of it.

use policy_sdk::{
    GoDuration, crypto,
    kv::{self, KvError},
    prelude::*,
};
use serde::{Deserialize, Serialize};

policy_sdk::settings! {
    /// `settings` of this policy in `ca.json`.
    pub struct Settings {
        /// The attribute of the identity that tells people apart; empty for its subject.
        person: String = "",
        /// How long a request waits for the second person.
        patience: GoDuration = "1h",
    }
}

/// What is known of a request.
#[derive(Default, Deserialize, Serialize)]
struct Asked {
    until: Timestamp,
    people: Vec<String>,
}

/// The policy, made from its settings.
pub struct TwoPerson {
    settings: Settings,
}

/// How often a request may change under our hands before we give up.
const TRIES: usize = 8;

impl Check for TwoPerson {
    fn init(environment: check::Environment) -> Result<(Self, check::Descriptor), Vec<ConfigError>> {
        let settings = Settings::parse(&environment.settings)?;
        if settings.patience.as_secs() < 1 {
            return Err(ConfigError::at("/settings/patience", "must be a second or more").into());
        }
        // Two people have said yes to the certificate; that it is renewed was part of it.
        let operations = check::Operations::SIGN | check::Operations::REKEY | check::Operations::FINALIZE;
        Ok((Self { settings }, check::Descriptor { operations, ..check::Descriptor::default() }))
    }

    fn review(&self, proposal: &check::Proposal) -> Result<Vec<Edit>, Denial> {
        let (key, person) = (key(proposal), self.person(&proposal.identity)?);
        for _ in 0..TRIES {
            if let Some(asked) = self.record(&key, person, proposal.context.now)? {
                return self.verdict(&asked);
            }
        }
        Err(unrecorded("the request keeps changing"))
    }
}

impl TwoPerson {
    fn person<'i>(&self, identity: &'i Identity) -> Result<&'i str, Denial> {
        let wanted = self.settings.person.as_str();
        let attribute = identity.attributes.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str());
        let person = if wanted.is_empty() { Some(identity.subject.as_str()) } else { attribute };
        person.filter(|person| !person.is_empty()).ok_or_else(|| {
            Denial::forbidden("two-person.nobody", "the credential does not say who asks")
                .field("identity")
                .want(wanted)
        })
    }

    /// Writes down who has asked; nothing when somebody else has written meanwhile.
    fn record(&self, key: &str, person: &str, now: Timestamp) -> Result<Option<Asked>, Denial> {
        let old = kv::get(key).map_err(unavailable)?;
        let known: Option<Asked> =
            old.as_deref().map(serde_json::from_slice).transpose().map_err(|error| unrecorded(&error.to_string()))?;
        let fresh = || Asked { until: now.saturating_add(self.settings.patience.as_secs()), people: vec![] };
        let mut asked = known.filter(|known| now < known.until).unwrap_or_else(fresh);
        // Two are enough: a third finds the certificate approved.
        if asked.people.len() >= 2 || asked.people.iter().any(|known| known == person) {
            return Ok(Some(asked));
        }
        asked.people.push(person.to_owned());
        let new = serde_json::to_vec(&asked).map_err(|error| unrecorded(&error.to_string()))?;
        let is_written = kv::compare_and_swap(key, old.as_deref(), Some(&new)).map_err(unavailable)?;
        Ok(is_written.then_some(asked))
    }

    fn verdict(&self, asked: &Asked) -> Result<Vec<Edit>, Denial> {
        match asked.people.as_slice() {
            [_, _, ..] => Ok(vec![]),
            people => Err(Denial::new(
                DenialKind::Pending,
                "two-person.pending",
                "a second person has to ask for this certificate",
            )
            .got(people.join(", "))
            .want("two people")
            .hint(format!(
                "let somebody else send the same request before {}, then send it again",
                policy_sdk::text::go_time(asked.until)
            ))),
        }
    }
}

/// What two people have to agree about: every name, and the key. Each part is preceded by its length, so that no two
/// requests are written alike.
fn key(proposal: &check::Proposal) -> String {
    let draft = &proposal.draft;
    let names = &draft.subject_alt_names;
    let kinds = [&names.dns_names, &names.ip_addresses, &names.email_addresses, &names.uris];
    let mut text = Vec::new();
    let mut write = |octets: &[u8]| {
        text.extend_from_slice(format!("{}:", octets.len()).as_bytes());
        text.extend_from_slice(octets);
    };
    write(&draft.public_key.spki);
    write(draft.subject.common_name.as_bytes());
    for kind in kinds {
        let mut kind: Vec<&str> = kind.iter().map(String::as_str).collect();
        kind.sort_unstable();
        write(kind.len().to_string().as_bytes());
        kind.iter().for_each(|name| write(name.as_bytes()));
    }
    let digest = crypto::digest(crypto::HashAlgorithm::Sha256, &text);
    digest.iter().map(|octet| format!("{octet:02x}")).collect()
}

fn unavailable(error: KvError) -> Denial {
    unrecorded(&format!("{error:?}"))
}

fn unrecorded(why: &str) -> Denial {
    Denial::forbidden("two-person.unrecorded", "requests cannot be recorded at the moment").detail("error", why)
}

policy_sdk::check!(
    TwoPerson,
    settings: Settings,
    rules: ["two-person.pending", "two-person.nobody", "two-person.unrecorded"],
);
