//! A check: certificates for the hosts of one domain, and for nothing else.
//!
//! Its settings are `{"domain": "corp.example.com"}`. `policy-sdk/languages` has it in other languages; they decide alike, sentence for sentence.

use policy_sdk::{prelude::*, settings::Members};

/// The policy, made from its settings.
pub struct OneDomain {
    suffix: String,
}

impl Check for OneDomain {
    fn init(environment: check::Environment) -> Result<(Self, check::Descriptor), Vec<ConfigError>> {
        let mut members = Members::of(&environment.settings, "/settings");
        let domain: Option<String> = members.required("domain");
        members.refuse_others();
        let (Some(domain), Ok(())) = (domain, members.finish()) else {
            return Err(
                ConfigError::at("/settings", r#"must be an object such as {"domain": "corp.example.com"}"#).into()
            );
        };
        let is_of_a_domain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.';
        if domain.is_empty() || domain.starts_with('.') || !domain.chars().all(is_of_a_domain) {
            let message = "must be a domain in lower case, such as corp.example.com";
            return Err(ConfigError::at("/settings/domain", message).into());
        }
        Ok((Self { suffix: format!(".{domain}") }, check::Descriptor::default()))
    }

    fn review(&self, proposal: &check::Proposal) -> Result<Vec<Edit>, Denial> {
        let names = &proposal.draft.subject_alt_names;
        let mut others = names.ip_addresses.iter().chain(&names.email_addresses).chain(&names.uris);
        if let Some(name) = others.next() {
            return Err(Denial::forbidden("one-domain.kind", "only names of hosts are certified")
                .field("subject-alt-names")
                .got(name)
                .want("DNS names"));
        }
        match names.dns_names.iter().find(|name| !name.ends_with(&self.suffix)) {
            None => Ok(vec![]),
            Some(name) => Err(Denial::forbidden("one-domain.suffix", "every name must belong to the domain")
                .field("subject-alt-names.dns-names")
                .got(name)
                .want(format!("*{}", self.suffix))
                .hint("ask for a name below the domain")),
        }
    }
}

policy_sdk::check!(OneDomain, rules: ["one-domain.kind", "one-domain.suffix"]);
