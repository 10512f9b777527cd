//! A check: the names of each subdomain are certified for requests from its own networks, and addresses only inside them.

use std::net::IpAddr;

use policy_sdk::{
    prelude::*,
    rules::{Cidr, NamePattern},
};

policy_sdk::settings! {
    /// `settings` of this policy in `ca.json`.
    pub struct Settings {
        /// Subdomains and their networks; the first whose names fit counts.
        subdomains: Vec<Subdomain>,
    }
}

policy_sdk::settings! {
    /// A subdomain and where its hosts are.
    pub struct Subdomain {
        /// Its names, e.g. **.berlin.example.com.
        names: NamePattern,
        /// Networks its hosts are in.
        networks: Vec<Cidr>,
    }
}

/// The policy, made from its settings.
pub struct CidrBySubdomain {
    subdomains: Vec<Subdomain>,
}

impl Check for CidrBySubdomain {
    fn init(environment: check::Environment) -> Result<(Self, check::Descriptor), Vec<ConfigError>> {
        let Settings { subdomains } = Settings::parse(&environment.settings)?;
        Ok((Self { subdomains }, check::Descriptor::default()))
    }

    fn review(&self, proposal: &check::Proposal) -> Result<Vec<Edit>, Denial> {
        let names = &proposal.draft.subject_alt_names;
        let others = names.email_addresses.iter().chain(&names.uris);
        if let Some(name) = others.chain(names.dns_names.iter().filter(|name| self.of(name).is_none())).next() {
            return Err(Denial::forbidden(
                "cidr-by-subdomain.name",
                format!("{name} is in no subdomain that is known"),
            )
            .field("subject-alt-names")
            .got(name)
            .want(self.known()));
        }
        let concerned: Vec<_> = names.dns_names.iter().filter_map(|name| self.of(name)).collect();
        for subdomain in &concerned {
            rules::address_within("cidr-by-subdomain.network", &subdomain.networks, &proposal.context)?;
        }
        // An address is certified beside names of the subdomain it is in, or alone when it is in any.
        let is_in = |subdomain: &Subdomain, address: &str| {
            address.parse::<IpAddr>().is_ok_and(|address| subdomain.networks.iter().any(|it| it.contains(address)))
        };
        let fits = |address: &str| match concerned.as_slice() {
            [] => self.subdomains.iter().any(|it| is_in(it, address)),
            concerned => concerned.iter().all(|it| is_in(it, address)),
        };
        match names.ip_addresses.iter().find(|address| !fits(address)) {
            None if names.dns_names.is_empty() => self.asked_from_its_own_address(proposal),
            None => Ok(vec![]),
            Some(address) => Err(Denial::forbidden(
                "cidr-by-subdomain.address",
                format!("{address} is not in the networks of this subdomain"),
            )
            .field("subject-alt-names.ip-addresses")
            .got(address)),
        }
    }
}

impl CidrBySubdomain {
    fn of(&self, name: &str) -> Option<&Subdomain> {
        self.subdomains.iter().find(|subdomain| subdomain.names.matches(name))
    }

    fn known(&self) -> String {
        self.subdomains.iter().map(|subdomain| subdomain.names.to_string()).collect::<Vec<_>>().join(", ")
    }

    /// Addresses without a name are certified for the host that has them.
    fn asked_from_its_own_address(&self, proposal: &check::Proposal) -> Result<Vec<Edit>, Denial> {
        let parsed = |text: &str| text.parse::<IpAddr>().ok().map(|address| address.to_canonical());
        let from = proposal.context.remote_address.as_deref().and_then(parsed);
        let addresses = &proposal.draft.subject_alt_names.ip_addresses;
        match addresses.iter().find(|address| from.is_none() || parsed(address) != from) {
            None => Ok(vec![]),
            Some(address) => Err(Denial::forbidden(
                "cidr-by-subdomain.own-address",
                "addresses without a name are certified for the host that has them",
            )
            .field("subject-alt-names.ip-addresses")
            .got(address)
            .want(proposal.context.remote_address.clone().unwrap_or_else(|| "an address that is known".to_owned()))),
        }
    }
}

policy_sdk::check!(
    CidrBySubdomain,
    settings: Settings,
    rules: [
        "cidr-by-subdomain.name",
        "cidr-by-subdomain.network",
        "cidr-by-subdomain.address",
        "cidr-by-subdomain.own-address",
    ],
);
