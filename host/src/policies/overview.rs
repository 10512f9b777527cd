//! Who asks which modules, and what these are granted: for whoever looks at a configuration before it is served.

use std::{collections::BTreeSet, fmt::Write as _};

use super::{Policies, Provisioner};
use crate::config::{Config, DNS_TYPES, DnsGrant, Grants, HttpGrant, Mode, ProvisionerConfig};
use api_types::ProvisionerPolicy;

impl Policies {
    /// A line for each provisioner, and below it one for each of its modules: name, SHA-256 and grants.
    pub fn overview(&self, config: &Config) -> String {
        let mut text = String::new();
        for provisioner in &self.provisioners {
            let _ = writeln!(text, "{}", provisioner.name());
            for (name, digest) in provisioner.modules() {
                let (grants, mode) = match config.policies.get(name) {
                    Some(policy) => (granted(&policy.grants), mode(policy.mode)),
                    None => (String::new(), String::new()),
                };
                let _ = writeln!(text, "  {name} sha256:{}{mode}{grants}", hex::encode(digest));
            }
        }
        text
    }

    /// The same for one provisioner, as everyone may know it: which capabilities are granted, and not where they lead. Nothing
    /// for one whose module cannot be used.
    pub fn of_provisioner(&self, config: &Config, provisioner: &ProvisionerConfig) -> Vec<ProvisionerPolicy> {
        let loaded = self.provisioners.iter().find(|loaded| loaded.place == provisioner.place);
        let modules = loaded.into_iter().flat_map(Provisioner::modules);
        let shown = modules.map(|(name, digest)| {
            let policy = config.policies.get(name);
            let (mode, canary) = match policy.map(|policy| policy.mode) {
                Some(Mode::Shadow) => ("shadow", None),
                Some(Mode::Canary(percent)) => ("", Some(percent)),
                Some(Mode::Enforce) | None => ("", None),
            };
            ProvisionerPolicy {
                name: name.to_owned(),
                sha256: hex::encode(digest),
                mode: mode.to_owned(),
                canary,
                grants: policy.map(|policy| members(&policy.grants)).unwrap_or_default(),
            }
        });
        shown.collect()
    }

    /// Names of the policies whose module has this SHA-256, each once.
    pub fn named(&self, digest: &[u8; 32]) -> BTreeSet<&str> {
        let own = self.own_checks.checks.iter().map(|check| (check.name(), check.check.module().digest()));
        let modules = self.provisioners.iter().flat_map(Provisioner::modules).chain(own);
        modules.filter(|(_, of_module)| of_module == digest).map(|(name, _)| name).collect()
    }
}

impl Provisioner {
    /// Its module and those of its checks, in the order they are asked, those in shadow among them.
    fn modules(&self) -> impl Iterator<Item = (&str, [u8; 32])> {
        let checks = self.checks.checks.iter().map(|check| (check.name(), check.check.module().digest()));
        std::iter::once((&*self.policy, self.module.module().digest())).chain(checks)
    }
}

fn mode(mode: Mode) -> String {
    match mode {
        Mode::Enforce => String::new(),
        Mode::Shadow => " in shadow".to_owned(),
        Mode::Canary(percent) => format!(" for {percent} of 100 subjects"),
    }
}

/// The members of a `grants` object.
fn members(grants: &Grants) -> Vec<String> {
    let Grants { http, dns, kv, consume_once, reusable_tokens, unrestricted_names, extensions } = grants;
    let members = [
        (consume_once.is_some(), "consumeOnce"),
        (dns.is_some(), "dns"),
        (!extensions.is_empty(), "extensions"),
        (!http.is_empty(), "http"),
        (kv.is_some(), "kv"),
        (*reusable_tokens, "reusableTokens"),
        (*unrestricted_names, "unrestrictedNames"),
    ];
    members.into_iter().filter(|(is_there, _)| *is_there).map(|(_, name)| name.to_owned()).collect()
}

fn granted(grants: &Grants) -> String {
    let Grants { http, dns, kv, consume_once, reusable_tokens, unrestricted_names, extensions } = grants;
    let mut words: Vec<String> = http.iter().map(asking).collect();
    words.extend(dns.as_ref().map(looking_up));
    words.extend(kv.map(|kv| format!("kv of {} octets", kv.max_bytes)));
    words.extend(consume_once.map(|grant| format!("consumeOnce of {} keys", grant.max_keys)));
    let flags = [(*reusable_tokens, "reusableTokens"), (*unrestricted_names, "unrestrictedNames")];
    words.extend(flags.into_iter().filter(|(is_set, _)| *is_set).map(|(_, name)| name.to_owned()));
    words.extend(extensions.iter().map(|extension| format!("extension {extension}")));
    if words.is_empty() { String::new() } else { format!("; granted: {}", words.join(", ")) }
}

fn asking(grant: &HttpGrant) -> String {
    let near = if grant.allow_private_networks { " on any network" } else { "" };
    format!("{} {}{near}", grant.methods.join("|"), grant.url)
}

fn looking_up(grant: &DnsGrant) -> String {
    let types = DNS_TYPES.iter().filter(|(_, it)| grant.types.contains(it)).map(|(word, _)| *word);
    let names = grant.names.iter().map(|name| if name.is_empty() { "." } else { name });
    let (types, names) = (types.collect::<Vec<_>>().join("|"), names.collect::<Vec<_>>().join(" "));
    let servers: Vec<String> = grant.servers.iter().map(ToString::to_string).collect();
    match servers.as_slice() {
        [] => format!("dns {types} of {names}"),
        servers => format!("dns {types} of {names} from {}", servers.join(" ")),
    }
}
