//! What a policy may look up in the DNS, and whom it asks.

use std::{
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use policy_runtime::contract::effects::RecordType;

use super::{error::Problems, policy_limits, problem::Problem, reader::Field, suggest::nearest};

/// A part of the DNS a policy may look at.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DnsGrant {
    /// Domains in lower case, without the last dot; it may look up these and what is below. Empty is the root: any name.
    pub names: Vec<String>,
    /// Types of records; all the contract has by default.
    pub types: Vec<RecordType>,
    /// Resolvers, asked in this order; those of the system when there are none.
    pub servers: Vec<SocketAddr>,
    /// For one look-up, over all servers; 2 s by default.
    pub timeout: Duration,
    /// Most records of an answer; 64 by default.
    pub max_answers: usize,
    /// How long an answer is kept at most, when its own time to live is not shorter; 1 minute by default, 0 for never.
    pub cache: Duration,
}

/// The types of records, as `ca.json` calls them.
pub const TYPES: [(&str, RecordType); 7] = [
    ("A", RecordType::A),
    ("AAAA", RecordType::Aaaa),
    ("CAA", RecordType::Caa),
    ("CNAME", RecordType::Cname),
    ("MX", RecordType::Mx),
    ("NS", RecordType::Ns),
    ("TXT", RecordType::Txt),
];

const PORT: u16 = 53;

/// Reads a `dns` object.
pub(super) fn read(field: &Field<'_>, problems: &mut Problems) -> Option<DnsGrant> {
    let mut object = field.object(problems)?;
    let names = match object.take("names") {
        Some(field) => each(&field, problems, domain),
        None => object.refuse(
            "names",
            Problem::Empty { what: "names", right: "write the domains it may look at" },
            problems,
        ),
    };
    let mut grant = DnsGrant {
        names: names.unwrap_or_default(),
        types: TYPES.map(|(_, it)| it).to_vec(),
        servers: Vec::new(),
        timeout: Duration::from_secs(2),
        max_answers: 64,
        cache: Duration::from_secs(60),
    };
    if let Some(field) = object.take("types") {
        grant.types = each(&field, problems, record_type)?;
    }
    if let Some(field) = object.take("servers") {
        grant.servers = each(&field, problems, server)?;
    }
    if let Some(field) = object.take("timeout") {
        grant.timeout = policy_limits::time(&field, Duration::from_millis(1), Duration::from_secs(10), problems)?;
    }
    if let Some(field) = object.take("maxAnswers") {
        grant.max_answers = usize::try_from(field.integer(1, 256, problems)?).unwrap_or(usize::MAX);
    }
    if let Some(field) = object.take("cache") {
        grant.cache = policy_limits::time(&field, Duration::ZERO, Duration::from_secs(60 * 60), problems)?;
    }
    object.finish(problems);
    (!grant.names.is_empty()).then_some(grant)
}

/// The elements of a list, of which there is at least one.
fn each<T>(
    field: &Field<'_>,
    problems: &mut Problems,
    mut read: impl FnMut(&Field<'_>, &mut Problems) -> Option<T>,
) -> Option<Vec<T>> {
    let fields = field.array(problems)?;
    if fields.is_empty() {
        return field.refuse(Problem::Empty { what: "the list", right: "name one, or leave the member out" }, problems);
    }
    fields.iter().map(|field| read(field, problems)).collect::<Vec<_>>().into_iter().collect()
}

fn domain(field: &Field<'_>, problems: &mut Problems) -> Option<String> {
    let text = field.string(problems)?;
    if text == "." {
        return Some(String::new());
    }
    let name = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
    if is_host_name(&name) { Some(name) } else { field.refuse(Problem::Domain(text.to_owned()), problems) }
}

/// Labels of letters, digits, `-` and `_`, in at most 253 octets (RFC 1035 §2.3.4, RFC 8552).
pub fn is_host_name(name: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|it| it.is_ascii_alphanumeric() || matches!(it, b'-' | b'_'))
    };
    name.len() <= 253 && name.split('.').all(is_label)
}

fn record_type(field: &Field<'_>, problems: &mut Problems) -> Option<RecordType> {
    let text = field.string(problems)?;
    if let Some((_, found)) = TYPES.iter().find(|(name, _)| *name == text) {
        return Some(*found);
    }
    let suggestion = nearest(text, TYPES.map(|(name, _)| name));
    field.refuse(
        Problem::OneOf { got: text.to_owned(), known: "A, AAAA, CAA, CNAME, MX, NS, TXT", suggestion },
        problems,
    )
}

fn server(field: &Field<'_>, problems: &mut Problems) -> Option<SocketAddr> {
    let text = field.string(problems)?;
    let address = text.parse::<IpAddr>().map(|address| SocketAddr::new(address, PORT)).or_else(|_| text.parse());
    match address {
        Ok(address) if address.port() != 0 => Some(address),
        _ => field.refuse(Problem::Resolver(text.to_owned()), problems),
    }
}
