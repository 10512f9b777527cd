//! A check: the `policy` of upstream's `ca.json`, for X.509, member by member.
//!
//! A name that is denied is refused whatever is allowed. Once any kind of name is allowed, a kind that has no entry is
//! refused; without an entry at all, every name that is not denied passes.

use policy_sdk::{check::Draft, prelude::*};

mod pattern;

use pattern::{Address, Email, Host};

policy_sdk::settings! {
    /// `settings` of this policy in `ca.json`: what upstream has in `authority.policy`, or in `policy` of a provisioner.
    pub struct Settings {
        /// Rules for X.509 certificates.
        x509: X509,
    }
}

policy_sdk::settings! {
    /// Rules for X.509 certificates.
    #[allow(non_snake_case, reason = "upstream's names")]
    pub struct X509 {
        /// Names that are certified.
        allow: Names = {},
        /// Names that are not, whatever is allowed.
        deny: Names = {},
        /// Whether a certificate may name *.example.com where that is allowed.
        allowWildcardNames: bool = false,
    }
}

policy_sdk::settings! {
    /// Names of every kind.
    pub struct Names {
        /// Common names: one of these, or * for any.
        cn: Vec<String> = [],
        /// Hosts: db.example.com, or *.example.com for one label below.
        dns: Vec<Host> = [],
        /// Addresses: 192.0.2.7, or networks such as 192.0.2.0/24.
        ip: Vec<Address> = [],
        /// E-mail addresses: jane@example.com, or @example.com for all of a domain.
        email: Vec<Email> = [],
        /// Hosts of URIs.
        uri: Vec<Host> = [],
    }
}

/// The policy, made from its settings.
pub struct AllowedNames {
    x509: X509,
}

impl Check for AllowedNames {
    fn init(environment: check::Environment) -> Result<(Self, check::Descriptor), Vec<ConfigError>> {
        let Settings { x509 } = Settings::parse(&environment.settings)?;
        Ok((Self { x509 }, check::Descriptor::default()))
    }

    fn review(&self, proposal: &check::Proposal) -> Result<Vec<Edit>, Denial> {
        let Draft { subject, subject_alt_names: names, .. } = &proposal.draft;
        let X509 { allow, deny, .. } = &self.x509;
        self.all("dns-names", &names.dns_names, |of, name| any(&of.dns, |host| host.matches(&self.host(name))))?;
        self.all("ip-addresses", &names.ip_addresses, |of, name| any(&of.ip, |address| address.matches(name)))?;
        self.all("email-addresses", &names.email_addresses, |of, name| any(&of.email, |email| email.matches(name)))?;
        self.all("uris", &names.uris, |of, name| any(&of.uri, |host| host.matches_uri(name)))?;

        let common_name = subject.common_name.as_str();
        let is_in = |of: &Names| any(&of.cn, |known| known == "*" || known.eq_ignore_ascii_case(common_name));
        // What is among the names has been looked at; without rules for common names, any other must be a name, too.
        let is_a_name = common_name.is_empty() || names.iter().any(|name| name.eq_ignore_ascii_case(common_name));
        if !common_name.is_empty() && is_in(deny) == Some(true) {
            return Err(refusal("allowed-names.denied", "subject.common-name", common_name));
        }
        match is_in(allow) {
            Some(true) => Ok(vec![]),
            None if is_a_name || allow.is_empty() => Ok(vec![]),
            _ if common_name.is_empty() => Ok(vec![]),
            _ => Err(refusal("allowed-names.not-allowed", "subject.common-name", common_name)),
        }
    }
}

impl AllowedNames {
    /// Every name of a kind passes. `is_in` says whether one is among the names of its kind; `None` when the kind has no
    /// entry there.
    fn all(&self, kind: &str, names: &[String], is_in: impl Fn(&Names, &str) -> Option<bool>) -> Result<(), Denial> {
        let X509 { allow, deny, allowWildcardNames } = &self.x509;
        let field = format!("subject-alt-names.{kind}");
        for name in names {
            if name.contains('*') && !allowWildcardNames && !(allow.is_empty() && deny.is_empty()) {
                return Err(refusal("allowed-names.wildcard", &field, name));
            }
            if is_in(deny, name) == Some(true) {
                return Err(refusal("allowed-names.denied", &field, name));
            }
            if !is_in(allow, name).unwrap_or_else(|| allow.is_empty()) {
                return Err(refusal("allowed-names.not-allowed", &field, name));
            }
        }
        Ok(())
    }

    /// A wildcard fits the pattern that reads alike: its star is a label like any other.
    fn host(&self, name: &str) -> String {
        match name.strip_prefix("*.") {
            Some(rest) if self.x509.allowWildcardNames => format!("wildcard.{rest}"),
            _ => name.to_owned(),
        }
    }
}

impl Names {
    fn is_empty(&self) -> bool {
        let Self { cn, dns, ip, email, uri } = self;
        cn.is_empty() && dns.is_empty() && ip.is_empty() && email.is_empty() && uri.is_empty()
    }
}

/// Whether one of them fits; `None` when there is none.
fn any<T>(entries: &[T], fits: impl Fn(&T) -> bool) -> Option<bool> {
    (!entries.is_empty()).then(|| entries.iter().any(fits))
}

fn refusal(rule: &str, field: &str, name: &str) -> Denial {
    Denial::forbidden(rule, format!("{name} may not be certified here")).field(field).got(name)
}

policy_sdk::check!(
    AllowedNames,
    settings: Settings,
    rules: ["allowed-names.denied", "allowed-names.not-allowed", "allowed-names.wildcard"],
);
