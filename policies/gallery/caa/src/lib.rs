//! A check: a name is certified when the records of the DNS that say which CAs may do so (RFC 8659) do not say otherwise.

mod records;

use std::collections::BTreeMap;

use policy_sdk::{
    dns::{self, CaaRecord, DnsError, RecordData, RecordType},
    prelude::*,
};

use records::Verdict;

policy_sdk::settings! {
    /// `settings` of this policy in `ca.json`.
    pub struct Settings {
        /// What this CA is called in such records, e.g. ca.example.com.
        identifiers: Vec<String>,
        /// Domains above which nobody is asked, e.g. corp.example.com; all up to the top-level domain are, unless said.
        up_to: Vec<String> = [],
        /// Whether there have to be records.
        required: bool = false,
    }
}

/// The policy, made from its settings.
pub struct Caa {
    settings: Settings,
}

impl Check for Caa {
    fn init(environment: check::Environment) -> Result<(Self, check::Descriptor), Vec<ConfigError>> {
        let settings = Settings::parse(&environment.settings)?;
        if settings.identifiers.is_empty() {
            let message = "must be a name of this CA or more, such as [\"ca.example.com\"]";
            return Err(ConfigError::at("/settings/identifiers", message).into());
        }
        Ok((Self { settings }, check::Descriptor::default()))
    }

    fn review(&self, proposal: &check::Proposal) -> Result<Vec<Edit>, Denial> {
        let mut known = Known::default();
        for name in &proposal.draft.subject_alt_names.dns_names {
            self.judge(name, &mut known)?;
        }
        Ok(vec![])
    }
}

impl Caa {
    fn judge(&self, name: &str, known: &mut Known) -> Result<(), Denial> {
        let (host, is_wildcard) = name.strip_prefix("*.").map_or((name, false), |host| (host, true));
        let records = self.relevant(host, known).map_err(|error| no_answer(name, &error))?;
        let identifiers = &self.settings.identifiers;
        match records::judge(&records, is_wildcard, |issuer| {
            identifiers.iter().any(|own| own.eq_ignore_ascii_case(issuer))
        }) {
            Verdict::Ours => Ok(()),
            Verdict::Open if !self.settings.required => Ok(()),
            Verdict::Open => Err(denial("caa.none", format!("no record in the DNS lets a CA certify {name}"), name)
                .want(self.wanted())
                .hint("add such a record to the domain")),
            Verdict::Others(issuers) => {
                let got = if issuers.is_empty() { "nobody".to_owned() } else { issuers.join(", ") };
                Err(denial("caa.issue", format!("records in the DNS let other CAs certify {name}"), name)
                    .got(got)
                    .want(self.wanted())
                    .hint("add such a record to the domain, or ask one of these CAs"))
            }
            Verdict::Critical(tag) => Err(denial(
                "caa.critical",
                format!("a record in the DNS asks for more than is known here about {name}"),
                name,
            )
            .got(tag)
            .want("issue, issuewild, iodef")),
        }
    }

    /// The records of the name, or else of the nearest domain above that has some (RFC 8659 §3).
    fn relevant(&self, host: &str, known: &mut Known) -> Result<Vec<CaaRecord>, DnsError> {
        let mut domain = host;
        loop {
            let records = known.records(domain)?;
            let is_top = self.settings.up_to.iter().any(|top| top.eq_ignore_ascii_case(domain));
            match domain.split_once('.') {
                Some((_, above)) if records.is_empty() && !is_top => domain = above,
                _ => return Ok(records),
            }
        }
    }

    fn wanted(&self) -> String {
        format!("issue \"{}\"", self.settings.identifiers.join("\" or \""))
    }
}

/// Records that were looked up for this certificate: its names have domains in common.
#[derive(Default)]
struct Known(BTreeMap<String, Vec<CaaRecord>>);

impl Known {
    fn records(&mut self, domain: &str) -> Result<Vec<CaaRecord>, DnsError> {
        if let Some(records) = self.0.get(domain) {
            return Ok(records.clone());
        }
        let found = match dns::look_up(domain, RecordType::Caa) {
            // That the name of a host is not in the DNS yet says nothing about the domain it will be in.
            Err(DnsError::NoSuchName) => vec![],
            answer => answer?,
        };
        let records = found.into_iter().filter_map(|record| match record {
            RecordData::Caa(caa) => Some(caa),
            _ => None,
        });
        let records: Vec<CaaRecord> = records.collect();
        self.0.insert(domain.to_owned(), records.clone());
        Ok(records)
    }
}

fn denial(rule: &str, message: String, name: &str) -> Denial {
    Denial::forbidden(rule, message).field(format!("subject-alt-names.dns-names {name}"))
}

fn no_answer(name: &str, error: &DnsError) -> Denial {
    denial("caa.no-answer", format!("the DNS does not say whether {name} may be certified"), name)
        .hint("ask again later")
        .detail("error", format!("{error:?}"))
}

policy_sdk::check!(Caa, settings: Settings, rules: ["caa.critical", "caa.issue", "caa.no-answer", "caa.none"]);
