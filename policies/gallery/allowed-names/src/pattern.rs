//! The patterns of upstream's `policy`, one type a kind of name.

use std::{net::IpAddr, str::FromStr};

use policy_sdk::rules::{Cidr, NamePattern};

/// `db.example.com`, or `*.example.com` for one label below.
#[derive(Debug)]
pub struct Host(NamePattern);

/// `192.0.2.7`, or `192.0.2.0/24`.
#[derive(Debug)]
pub enum Address {
    /// This one.
    One(IpAddr),
    /// All of a network.
    Network(Cidr),
}

/// `jane@example.com`, or `@example.com` for all of a domain.
#[derive(Debug)]
pub struct Email(NamePattern);

impl Host {
    /// Whether the host fits.
    pub(crate) fn matches(&self, name: &str) -> bool {
        self.0.matches(name)
    }

    /// Whether the host of the URI fits. One that has no host, or an address for one, fits nothing.
    pub(crate) fn matches_uri(&self, uri: &str) -> bool {
        host(uri).is_some_and(|host| host.parse::<IpAddr>().is_err() && self.0.matches(host))
    }
}

/// The host of a URI with an authority (RFC 3986 §3.2), without user information and port.
fn host(uri: &str) -> Option<&str> {
    let (_, rest) = uri.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit('@').next()?;
    let host = host.split_once(':').map_or(host, |(host, _)| host);
    (!host.is_empty() && !host.contains(['[', ']'])).then_some(host)
}

impl Address {
    /// Whether the address fits.
    pub(crate) fn matches(&self, name: &str) -> bool {
        name.parse::<IpAddr>().is_ok_and(|address| match self {
            Self::One(known) => known.to_canonical() == address.to_canonical(),
            Self::Network(network) => network.contains(address),
        })
    }
}

impl Email {
    /// Whether the address fits.
    pub(crate) fn matches(&self, name: &str) -> bool {
        self.0.matches(name)
    }
}

impl FromStr for Host {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is no host; write db.example.com, or *.example.com for one label below");
        // The SDK's patterns can say more than upstream's.
        let is_upstream = !text.starts_with("**.") && !text.contains(['@', '/', ':']);
        text.parse().ok().filter(|_| is_upstream).map(Self).ok_or_else(wrong)
    }
}

impl FromStr for Address {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.parse() {
            Ok(address) => Ok(Self::One(address)),
            Err(_) if text.contains('/') => {
                text.parse().map(Self::Network).map_err(|error: policy_sdk::rules::CidrError| error.to_string())
            }
            Err(_) => Err(format!("{text:?} is no address; write 192.0.2.7, or a network such as 192.0.2.0/24")),
        }
    }
}

impl FromStr for Email {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is no e-mail address; write jane@example.com, or @example.com for a domain");
        let (mailbox, domain) = text.split_once('@').ok_or_else(wrong)?;
        let mailbox = if mailbox.is_empty() { "*" } else { mailbox };
        let is_whole = !domain.is_empty() && !domain.contains(['*', '/', '@']);
        format!("{mailbox}@{domain}").parse().ok().filter(|_| is_whole).map(Self).ok_or_else(wrong)
    }
}

policy_sdk::text_setting!(Host: r#"{"type":"string","description":"db.example.com, or *.example.com for one label below"}"#);
policy_sdk::text_setting!(Address: r#"{"type":"string","description":"192.0.2.7, or a network such as 192.0.2.0/24"}"#);
policy_sdk::text_setting!(Email: r#"{"type":"string","description":"jane@example.com, or @example.com for all of a domain"}"#);
