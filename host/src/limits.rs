//! What the server puts up with, in one table.
//!
//! Limits of X.509, names and tokens stand in the rooms that parse them; [`TABLE`] repeats them so that
//! `step-ca limits` can print all.

use std::{fmt, time::Duration};

/// Octets of `ca.json`.
pub const CONFIG_FILE: u64 = 1 << 20;
/// Levels of arrays and objects in JSON from outside.
pub const JSON_DEPTH: usize = 32;

/// Octets of a request body.
pub const BODY: usize = 1 << 20;
/// Octets of a request's URI.
pub const URI: usize = 8 << 10;
/// Octets of a request's header section.
pub const HEADERS: usize = 16 << 10;
/// For a TLS handshake.
pub const HANDSHAKE_TIME: Duration = Duration::from_secs(10);
/// For a request's header section.
pub const HEADERS_TIME: Duration = Duration::from_secs(10);
/// For a request's body, for writing an answer, and for a connection without requests.
pub const IDLE_TIME: Duration = Duration::from_secs(15);
/// Open connections.
pub const CONNECTIONS: usize = 10_000;
/// Connections of one peer whose handshake or request is not complete.
pub const UNFINISHED_PER_PEER: usize = 1_024;
/// Requests at once on one HTTP/2 connection.
pub const STREAMS: u32 = 128;
/// For finishing what was accepted, after SIGTERM.
pub const DRAIN_TIME: Duration = Duration::from_secs(10);

/// Certificates a client may present.
pub const PRESENTED_CHAIN: usize = 4;

/// Octets of a token.
pub const TOKEN: usize = 64 << 10;
/// How far a client's clock may be off when its token is judged.
pub const LEEWAY: Duration = Duration::from_secs(60);
/// Octets of a CSR.
pub const CSR: usize = 64 << 10;

/// For an answer of the store; later ones count as unknown.
pub const STORE_TIME: Duration = Duration::from_secs(5);
/// Octets of one value in the store.
pub const STORE_PARAMETER: usize = 1 << 20;
/// Operations that share one flush to disk.
pub const STORE_BATCH: usize = 512;
/// Operations that wait for the store; more are refused at once.
pub const STORE_QUEUE: usize = 4_096;
/// Refusals that wait for the audit log, which takes them twice a second; more are counted instead of listed.
pub const REFUSAL_QUEUE: usize = 50;
/// Octets of a refusal in the audit log.
pub const REFUSAL_LINE: usize = 2 << 10;
/// Until a refusal is in the audit log.
pub const REFUSAL_TIME: Duration = Duration::from_secs(1);

/// How long after its end a revoked certificate stays in the list, at least.
pub const REVOKED_MARGIN: Duration = Duration::from_secs(24 * 60 * 60);
/// Octets of the text that says why a certificate is revoked.
pub const REVOCATION_REASON: usize = 1 << 10;
/// Octets of an OCSP request.
pub const OCSP_REQUEST: usize = authority::ocsp::MAX_REQUEST;
/// Certificates that one OCSP request is about.
pub const OCSP_CERTIFICATES: usize = authority::ocsp::MAX_CERTIFICATES;
/// OCSP answers that are kept to be given again.
pub const OCSP_CACHE: usize = 10_000;

/// Octets of a policy module.
pub const MODULE_FILE: u64 = 1 << 20;
/// For compiling a module, off the serving path.
pub const COMPILE_TIME: Duration = Duration::from_secs(10);
/// Fuel of one policy call.
pub const POLICY_FUEL: u64 = 20_000_000;
/// Wall clock of one policy call.
pub const POLICY_TIME: Duration = Duration::from_millis(100);
/// Octets of a guest's memory.
pub const POLICY_MEMORY: u64 = 16 << 20;
/// Octets of a guest's stack.
pub const POLICY_STACK: u64 = 512 << 10;
/// Elements of a guest's tables.
pub const POLICY_TABLE: u64 = 10_000;
/// Octets of a guest's answer.
pub const POLICY_OUTPUT: u64 = 64 << 10;
/// Host functions called by one policy call.
pub const POLICY_HOST_CALLS: u64 = 1_000;
/// Octets of a text a guest logs.
pub const POLICY_LOG_TEXT: usize = 1 << 10;

/// One limit, as `step-ca limits` prints it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Limit {
    /// What is limited.
    pub what: &'static str,
    /// To how much.
    pub most: Amount,
}

/// How much of something.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Amount {
    /// So many.
    Count(u64),
    /// So many octets.
    Octets(u64),
    /// So long.
    Time(Duration),
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Count(count) => write!(f, "{count}"),
            Self::Octets(octets) if octets != 0 && octets.is_multiple_of(1 << 20) => write!(f, "{} MiB", octets >> 20),
            Self::Octets(octets) if octets != 0 && octets.is_multiple_of(1 << 10) => write!(f, "{} KiB", octets >> 10),
            Self::Octets(octets) => write!(f, "{octets} octets"),
            Self::Time(time) => write!(f, "{time:?}"),
        }
    }
}

/// Every limit of the server.
pub const TABLE: &[Limit] = &[
    octets("configuration file", CONFIG_FILE),
    count("JSON depth", JSON_DEPTH as u64),
    octets("request body", BODY as u64),
    octets("request URI", URI as u64),
    octets("request header section", HEADERS as u64),
    time("TLS handshake", HANDSHAKE_TIME),
    time("reading headers", HEADERS_TIME),
    time("reading a body, writing an answer, idle connection", IDLE_TIME),
    count("connections", CONNECTIONS as u64),
    count("unfinished connections of one peer", UNFINISHED_PER_PEER as u64),
    count("HTTP/2 streams of one connection", STREAMS as u64),
    time("finishing what was accepted after SIGTERM", DRAIN_TIME),
    count("certificates in a presented chain", PRESENTED_CHAIN as u64),
    octets("token", TOKEN as u64),
    time("leeway for the times of a token", LEEWAY),
    octets("certification request", CSR as u64),
    time("waiting for the store", STORE_TIME),
    octets("value in the store", STORE_PARAMETER as u64),
    count("operations that share a flush", STORE_BATCH as u64),
    count("operations that wait for the store", STORE_QUEUE as u64),
    count("refusals that wait for the audit log", REFUSAL_QUEUE as u64),
    octets("refusal in the audit log", REFUSAL_LINE as u64),
    time("until a refusal is in the audit log", REFUSAL_TIME),
    time("entry of a list of revoked certificates after their end", REVOKED_MARGIN),
    octets("reason of a revocation", REVOCATION_REASON as u64),
    octets("OCSP request", OCSP_REQUEST as u64),
    count("certificates of an OCSP request", OCSP_CERTIFICATES as u64),
    count("OCSP answers kept", OCSP_CACHE as u64),
    octets("policy module", MODULE_FILE),
    time("compiling a policy module", COMPILE_TIME),
    count("fuel of a policy call", POLICY_FUEL),
    time("wall clock of a policy call", POLICY_TIME),
    octets("memory of a policy call", POLICY_MEMORY),
    octets("stack of a policy call", POLICY_STACK),
    count("table elements of a policy call", POLICY_TABLE),
    octets("answer of a policy call", POLICY_OUTPUT),
    count("host functions called by a policy call", POLICY_HOST_CALLS),
    octets("log text of a policy call", POLICY_LOG_TEXT as u64),
];

const fn count(what: &'static str, most: u64) -> Limit {
    Limit { what, most: Amount::Count(most) }
}

const fn octets(what: &'static str, most: u64) -> Limit {
    Limit { what, most: Amount::Octets(most) }
}

const fn time(what: &'static str, most: Duration) -> Limit {
    Limit { what, most: Amount::Time(most) }
}
