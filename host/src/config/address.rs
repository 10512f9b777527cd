//! Where the CA listens, and under which names it is found.

use std::{
    fmt,
    net::{IpAddr, SocketAddr},
};

use super::{error::Problems, problem::Problem, reader::Field};

/// `host:port` or `:port`, as configured.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Address {
    /// A DNS name or an IP address without brackets; none means every interface.
    pub host: Option<String>,
    /// 0 lets the system choose.
    pub port: u16,
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            Some(host) if host.contains(':') => write!(f, "[{host}]:{}", self.port),
            Some(host) => write!(f, "{host}:{}", self.port),
            None => write!(f, ":{}", self.port),
        }
    }
}

impl From<SocketAddr> for Address {
    fn from(address: SocketAddr) -> Self {
        Self { host: Some(address.ip().to_string()), port: address.port() }
    }
}

impl Address {
    pub(super) fn read(field: &Field<'_>, problems: &mut Problems) -> Option<Self> {
        let text = field.string(problems)?;
        if text.is_empty() {
            return field.refuse(EMPTY, problems);
        }
        match Self::parse(text) {
            Some(address) => Some(address),
            None => field.refuse(Problem::Address(text.to_owned()), problems),
        }
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        let (host, port) = text.rsplit_once(':')?;
        let port = port.parse().ok().filter(|_| port.bytes().all(|octet| octet.is_ascii_digit()))?;
        let host = match host.strip_prefix('[') {
            Some(bracketed) => bracketed.strip_suffix(']').filter(|host| host.contains(':'))?,
            None if host.contains([':', '[', ']']) => return None,
            None => host,
        };
        if host.contains(|c: char| c.is_whitespace() || c.is_control() || c == '/') {
            return None;
        }
        Some(Self { host: (!host.is_empty()).then(|| host.to_owned()), port })
    }
}

pub(super) const EMPTY: Problem =
    Problem::Empty { what: "address", right: "write host:port or :port, such as \":9000\"" };

pub(super) const NO_NAMES: Problem =
    Problem::Empty { what: "dnsNames", right: "write the names under which clients find the CA" };

/// Reads `dnsNames`: an array, or one string split at its commas. DNS names come out in lower case.
pub(super) fn dns_names(field: &Field<'_>, problems: &mut Problems) -> Option<Vec<String>> {
    let texts: Vec<(Field<'_>, &str)> = if field.is_string() {
        let list = field.string(problems)?;
        list.split(',').map(str::trim).filter(|name| !name.is_empty()).map(|name| (field.clone(), name)).collect()
    } else {
        let fields = field.array(problems)?;
        fields.into_iter().filter_map(|field| field.string(problems).map(|text| (field, text))).collect()
    };
    if texts.is_empty() {
        return field.refuse(NO_NAMES, problems);
    }
    let mut names: Vec<String> = Vec::new();
    for (field, text) in texts {
        match dns_name(text) {
            Some(name) if names.contains(&name) => {}
            Some(name) => names.push(name),
            None => {
                field.refuse::<()>(Problem::DnsName(text.to_owned()), problems);
            }
        }
    }
    Some(names)
}

/// A DNS name of labels in lower case (RFC 1123 §2.1), or an IP address in its canonical form.
fn dns_name(text: &str) -> Option<String> {
    let unbracketed = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    if let Ok(address) = unbracketed.parse::<IpAddr>() {
        return Some(address.to_string());
    }
    let name = text.to_ascii_lowercase();
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|octet| octet.is_ascii_alphanumeric() || octet == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let last_is_number = name.rsplit('.').next().is_some_and(|label| label.bytes().all(|octet| octet.is_ascii_digit()));
    (name.len() <= 253 && name.split('.').all(is_label) && !last_is_number).then_some(name)
}
