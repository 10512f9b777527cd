//! What a module is granted beyond deciding: the imports with effects, and answers the core would not take otherwise.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use zeroize::Zeroizing;

use super::{DnsGrant, dns_grant, error::Problems, policy_limits, problem::Problem, reader::Field, suggest::nearest};
use crate::limits;

/// The grants of one policy; nothing is granted by default.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Grants {
    /// Where it may send HTTP requests.
    pub http: Vec<HttpGrant>,
    /// What it may look up in the DNS.
    pub dns: Option<DnsGrant>,
    /// A durable store of its own.
    pub kv: Option<KvGrant>,
    /// How much it may spend other than the credential.
    pub consume_once: Option<ConsumeOnceGrant>,
    /// Whether its credentials may be used again.
    pub reusable_tokens: bool,
    /// Whether it may grant names without listing them.
    pub unrestricted_names: bool,
    /// Object identifiers of extensions it may add.
    pub extensions: Vec<String>,
}

/// A part of the web a policy may talk to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct HttpGrant {
    /// `https://host[:port]/path`; scheme, host and port must match, the path must begin so.
    pub url: String,
    /// Upper-case methods; `GET` by default.
    pub methods: Vec<String>,
    /// Headers the host adds; their values never enter the sandbox.
    pub headers: BTreeMap<String, HeaderValue>,
    /// For one request; 10 s by default.
    pub timeout: Duration,
    /// In octets; 64 KiB by default.
    pub max_response: u64,
    /// Whether the host may be on a private, link-local or loopback network.
    pub allow_private_networks: bool,
    /// Certificates to trust instead of those the system does, in PEM.
    pub roots: Option<PathBuf>,
}

/// Where the value of a header comes from.
#[derive(Clone, Eq, PartialEq)]
pub enum HeaderValue {
    /// Read from a file; trailing white space is not part of it.
    File(PathBuf),
    /// Written in `ca.json`.
    Text(Zeroizing<String>),
}

impl std::fmt::Debug for HeaderValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(path) => f.debug_tuple("File").field(path).finish(),
            Self::Text(_) => f.write_str("Text(…)"),
        }
    }
}

/// How much a policy may keep.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct KvGrant {
    /// Octets of keys and values together; 1 MiB by default.
    pub max_bytes: u64,
}

/// How much a policy may consume.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ConsumeOnceGrant {
    /// Keys that are not expired; [`limits::CONSUMED_KEYS`] by default.
    pub max_keys: u64,
}

/// Reads a `grants` object.
pub(super) fn read(field: &Field<'_>, problems: &mut Problems) -> Option<Grants> {
    let mut object = field.object(problems)?;
    let http = object.take("http").map_or(Some(Vec::new()), |field| https(&field, problems));
    let dns = object.take("dns").and_then(|field| dns_grant::read(&field, problems));
    let kv = object.take("kv").and_then(|field| kv(&field, problems));
    let consume_once = object.take("consumeOnce").map_or(Some(None), |field| consume_once(&field, problems));
    let mut flag = |name| object.take(name).is_some_and(|field| field.bool(problems) == Some(true));
    let (reusable_tokens, unrestricted_names) = (flag("reusableTokens"), flag("unrestrictedNames"));
    let extensions = object.take("extensions").map_or(Some(Vec::new()), |field| extensions(&field, problems));
    object.finish(problems);
    Some(Grants {
        http: http?,
        dns,
        kv,
        consume_once: consume_once?,
        reusable_tokens,
        unrestricted_names,
        extensions: extensions?,
    })
}

fn https(field: &Field<'_>, problems: &mut Problems) -> Option<Vec<HttpGrant>> {
    let grants = field.array(problems)?;
    grants.iter().map(|grant| http(grant, problems)).collect::<Vec<_>>().into_iter().collect()
}

/// A grant is an object, or only its URL.
fn http(field: &Field<'_>, problems: &mut Problems) -> Option<HttpGrant> {
    if field.is_string() {
        return Some(HttpGrant::to(url(field, problems)?));
    }
    let mut object = field.object(problems)?;
    let url = match object.take("url") {
        Some(field) => url(&field, problems),
        None => object.refuse("url", Problem::Empty { what: "url", right: "write where it may go" }, problems),
    };
    let mut grant = HttpGrant::to(url.unwrap_or_default());
    if let Some(field) = object.take("methods") {
        grant.methods = field.array(problems)?.iter().filter_map(|field| method(field, problems)).collect();
    }
    if let Some(field) = object.take("headers") {
        grant.headers = headers(&field, problems)?;
    }
    if let Some(field) = object.take("timeout") {
        grant.timeout = policy_limits::time(&field, Duration::from_millis(1), Duration::from_secs(10), problems)?;
    }
    if let Some(field) = object.take("maxResponseBytes") {
        grant.max_response = field.integer(1, 16 << 20, problems)?;
    }
    if let Some(field) = object.take("allowPrivateNetworks") {
        grant.allow_private_networks = field.bool(problems)?;
    }
    if let Some(field) = object.take("roots") {
        grant.roots = Some(field.path("roots", problems)?);
    }
    object.finish(problems);
    (!grant.url.is_empty()).then_some(grant)
}

impl HttpGrant {
    fn to(url: String) -> Self {
        Self {
            url,
            methods: vec!["GET".to_owned()],
            headers: BTreeMap::new(),
            timeout: Duration::from_secs(10),
            max_response: 64 << 10,
            allow_private_networks: false,
            roots: None,
        }
    }
}

fn url(field: &Field<'_>, problems: &mut Problems) -> Option<String> {
    let text = field.string(problems)?;
    let plain = |uri: &axum::http::Uri| {
        uri.scheme_str() == Some("https")
            && uri.host().is_some_and(|host| !host.is_empty())
            && uri.authority().is_some_and(|authority| !authority.as_str().contains('@'))
            && uri.query().is_none()
    };
    match text.parse::<axum::http::Uri>() {
        Ok(uri) if plain(&uri) && !text.contains(['#', '\\']) && !text.contains("..") => Some(text.to_owned()),
        _ => field.refuse(Problem::Url(text.to_owned()), problems),
    }
}

fn method(field: &Field<'_>, problems: &mut Problems) -> Option<String> {
    const KNOWN: [&str; 6] = ["DELETE", "GET", "HEAD", "PATCH", "POST", "PUT"];
    let text = field.string(problems)?;
    if KNOWN.contains(&text) {
        return Some(text.to_owned());
    }
    let suggestion = nearest(text, KNOWN);
    let known = "DELETE, GET, HEAD, PATCH, POST, PUT";
    field.refuse(Problem::OneOf { got: text.to_owned(), known, suggestion }, problems)
}

fn headers(field: &Field<'_>, problems: &mut Problems) -> Option<BTreeMap<String, HeaderValue>> {
    let mut headers = BTreeMap::new();
    for (name, field) in field.object(problems)?.entries() {
        if name.parse::<axum::http::HeaderName>().is_err() {
            field.refuse::<()>(Problem::HeaderName(name.to_owned()), problems);
        }
        if let Some(value) = header_value(&field, problems) {
            headers.insert(name.to_ascii_lowercase(), value);
        }
    }
    Some(headers)
}

fn header_value(field: &Field<'_>, problems: &mut Problems) -> Option<HeaderValue> {
    if field.is_string() {
        return Some(HeaderValue::Text(Zeroizing::new(field.string(problems)?.to_owned())));
    }
    let mut object = field.object(problems)?;
    let path = match object.take("file") {
        Some(file) => file.path("file", problems),
        None => object.refuse("file", Problem::Empty { what: "file", right: "write the path of a file" }, problems),
    };
    object.finish(problems);
    path.map(HeaderValue::File)
}

fn kv(field: &Field<'_>, problems: &mut Problems) -> Option<KvGrant> {
    let mut object = field.object(problems)?;
    let max_bytes = match object.take("maxBytes") {
        Some(field) => field.integer(1, 1 << 30, problems),
        None => Some(1 << 20),
    };
    object.finish(problems);
    Some(KvGrant { max_bytes: max_bytes? })
}

/// A grant is an object, or only whether it is granted.
fn consume_once(field: &Field<'_>, problems: &mut Problems) -> Option<Option<ConsumeOnceGrant>> {
    let mut grant = ConsumeOnceGrant { max_keys: limits::CONSUMED_KEYS };
    if field.is_bool() {
        return Some(field.bool(problems)?.then_some(grant));
    }
    let mut object = field.object(problems)?;
    if let Some(field) = object.take("maxKeys") {
        grant.max_keys = field.integer(1, MOST_KEYS, problems)?;
    }
    object.finish(problems);
    Some(Some(grant))
}

/// A row of each is on the disk.
const MOST_KEYS: u64 = 1_000_000;

fn extensions(field: &Field<'_>, problems: &mut Problems) -> Option<Vec<String>> {
    let mut extensions = Vec::new();
    for field in field.array(problems)? {
        let text = field.string(problems)?;
        if !is_object_identifier(text) {
            return field.refuse(Problem::ObjectIdentifier(text.to_owned()), problems);
        }
        extensions.push(text.to_owned());
    }
    Some(extensions)
}

/// Dotted decimal, at least two arcs, the first 0 to 2 and the second below 40 under 0 and 1 (X.660 §6.4).
pub(super) fn is_object_identifier(text: &str) -> bool {
    let arcs: Option<Vec<u64>> = text
        .split('.')
        .map(|arc| arc.parse().ok().filter(|_| arc == "0" || (!arc.starts_with('0') && !arc.starts_with('+'))))
        .collect();
    match arcs.as_deref() {
        Some([0 | 1, second, ..]) => *second < 40,
        Some([2, _, ..]) => true,
        _ => false,
    }
}
