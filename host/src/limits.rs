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
/// Octets of a body that is refused, read and dropped so that its sender sees the answer.
pub const BODY_DISCARDED: usize = 16 << 20;
/// Octets of a request's URI.
pub const URI: usize = 8 << 10;
/// Octets of a request's header section.
pub const HEADERS: usize = 16 << 10;
/// For a TLS handshake.
pub const HANDSHAKE_TIME: Duration = Duration::from_secs(10);
/// Failed TLS handshakes that are logged in a second; more are counted.
pub const HANDSHAKE_LINES: u32 = 10;
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
/// How long a token may be good, from when it is made or begins.
pub const TOKEN_LIFE: Duration = Duration::from_secs(60 * 60);
/// How long after it was made a token may begin.
pub const TOKEN_DELAY: Duration = Duration::from_secs(30 * 60);
/// Octets of a CSR.
pub const CSR: usize = 64 << 10;

/// For a signature of a signer elsewhere; later ones count as unknown, and keep their session until they end.
pub const SIGNATURE_TIME: Duration = Duration::from_secs(30);

/// For an answer of the store; later ones count as unknown.
pub const STORE_TIME: Duration = Duration::from_secs(5);
/// Octets of one value in the store.
pub const STORE_PARAMETER: usize = 1 << 20;
/// Operations that share one flush to disk.
pub const STORE_BATCH: usize = 512;
/// Operations that wait for the store; more are refused at once.
pub const STORE_QUEUE: usize = 4_096;
/// Refusals that wait for the audit log, which takes them twice a second; more are counted instead of listed. As many
/// answers to readers wait beside them.
pub const REFUSAL_QUEUE: usize = 50;
/// Certificates in one page of a list of them.
pub const LISTED: usize = 200;
/// Octets of certificates in one such page, to which the last may add some.
pub const LISTED_OCTETS: usize = 1 << 20;
/// Records that are looked at for one such page.
pub const LIST_SCAN: i64 = 20_000;
/// Requests for such pages that are answered at once; more are refused.
pub const LISTINGS: usize = 2;
/// Recalls over the network that are carried out at once, whoever reads meanwhile; more are refused.
pub const RECALLING: usize = 2;
/// Octets of a line in the audit log, before its hash: a hundred names and what else is known of a certificate.
pub const AUDIT_LINE: usize = 64 << 10;
// A line that a reader of the file refuses would end the CA with its next start.
const _: () = assert!(AUDIT_LINE + 256 <= audit_log::MAX_LINE);
/// Octets of a refusal in the audit log.
pub const REFUSAL_LINE: usize = 2 << 10;
/// Octets that are kept of what a refusal was decided from; of more, nothing.
pub const REFUSAL_INPUTS: usize = 8 << 10;
/// Octets that are kept of what a certificate was decided from; of more, nothing.
pub const DECISION_INPUTS: usize = 256 << 10;
/// How long it is kept.
pub const DECISION_TIME: Duration = Duration::from_secs(35 * 24 * 60 * 60);
/// Lines of the audit log, counted from the last, whose decisions it is kept of.
pub const DECISIONS: u64 = 1_000_000;
/// Octets of policy modules that are kept for making decisions again; of more, those that were replaced first go.
pub const KEPT_MODULES: i64 = 64 << 20;
/// Until a refusal is in the audit log.
pub const REFUSAL_TIME: Duration = Duration::from_secs(1);
/// Between two signatures on the end of the audit file.
pub const AUDIT_HEAD_TIME: Duration = Duration::from_secs(10);

/// Certificates asked of a signer elsewhere that are not on record, and those on their way among them; for more it is not
/// asked.
pub const INTENTS: i64 = 1_000;
/// Octets that are left on the disk of the store while the CA calls itself ready.
pub const SPARE_DISK: u64 = 16 << 20;

/// Requests that wait for the first list of revoked certificates; for more there is none yet.
pub const LIST_WAITING: usize = 64;
/// How long they do.
pub const LIST_TIME: Duration = Duration::from_secs(5);
/// How long after its end a revoked certificate stays in the list, at least.
pub const REVOKED_MARGIN: Duration = Duration::from_secs(24 * 60 * 60);
/// Octets of the text that says why a certificate is revoked.
pub const REVOCATION_REASON: usize = 1 << 10;
/// Recalls of policy modules that are on record; there are no more. Each may be ended once.
pub const RECALLS: u64 = 1_000;
/// Certificates that are looked at for what one goes back to when it is renewed while a module is recalled, itself among
/// them. What goes back further is not renewed then.
pub const DESCENT: u64 = 10_000;
/// Octets of an OCSP request.
pub const OCSP_REQUEST: usize = authority::ocsp::MAX_REQUEST;
/// Certificates that one OCSP request is about.
pub const OCSP_CERTIFICATES: usize = authority::ocsp::MAX_CERTIFICATES;
/// OCSP answers that are kept to be given again.
pub const OCSP_CACHE: usize = 10_000;

/// Octets of a policy module.
pub const MODULE_FILE: u64 = 1 << 20;
/// Octets of the signed manifest beside a module file.
pub const MODULE_MANIFEST: u64 = 16 << 10;
/// Of a processor, for compiling a module, off the serving path.
pub const COMPILE_TIME: Duration = Duration::from_secs(10);
/// For compiling it when others have the processor.
pub const COMPILE_PATIENCE: Duration = Duration::from_secs(120);
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
/// Notes for the audit log that policies write about one request; more are counted.
pub const NOTES: usize = 64;
/// Octets of a text a guest logs.
pub const POLICY_LOG_TEXT: usize = 1 << 10;

/// For all a policy call waits for: other servers and the store.
pub const POLICY_WAITING: Duration = Duration::from_secs(10);
/// Policy calls at once that may wait for other servers or the store.
pub const POLICY_WAITING_CALLS: usize = 32;
/// Octets of a key in `kv` and `consume-once`.
pub const EFFECT_KEY: usize = 256;
/// Octets of a value in `kv`.
pub const KV_VALUE: usize = 64 << 10;
/// Keys that a policy in one provisioner has consumed and that are not expired, unless its grant says otherwise.
pub const CONSUMED_KEYS: u64 = 10_000;
/// How long something stays consumed, at most.
pub const CONSUMED_TIME: Duration = Duration::from_secs(366 * 24 * 60 * 60);
/// Octets of a URL that a policy asks for.
pub const HTTP_URL: usize = 4 << 10;
/// Octets of a header field that a policy is shown; longer ones are left out.
pub const HTTP_FIELD: usize = 1 << 10;
/// Redirects that are followed.
pub const HTTP_REDIRECTS: usize = 3;
/// URLs whose answers are kept, for one policy in one provisioner.
pub const HTTP_CACHE: usize = 32;
/// Octets of an answer that is kept.
pub const HTTP_CACHED: usize = 256 << 10;
/// How long a failure is the answer of everybody who wants a kept one.
pub const HTTP_FAILURE_TIME: Duration = Duration::from_secs(1);
/// Answers of the DNS that are kept, for one policy in one provisioner.
pub const DNS_CACHE: usize = 256;
/// Octets of such an answer that is kept.
pub const DNS_CACHED: usize = 4 << 10;
/// Requests that wait for a policy in shadow; for more it is not asked.
pub const SHADOW_QUEUE: usize = 256;
/// Requests at once that a policy in shadow looks at.
pub const SHADOW_CALLS: usize = 2;
/// Refusals of policies in shadow that are told apart; the oldest are forgotten.
pub const SHADOW_LINES: usize = 200;

/// Names of provisioners, of policies and of rules that metrics are counted under, of each so many; later ones are one.
pub const METRIC_LABELS: usize = 100;
/// Connections to the listener of the metrics.
pub const METRICS_CONNECTIONS: usize = 32;
/// For a connection to it.
pub const METRICS_TIME: Duration = Duration::from_secs(5);

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
    octets("request body read after it was refused", BODY_DISCARDED as u64),
    octets("request URI", URI as u64),
    octets("request header section", HEADERS as u64),
    time("TLS handshake", HANDSHAKE_TIME),
    count("failed TLS handshakes logged in a second", HANDSHAKE_LINES as u64),
    time("reading headers", HEADERS_TIME),
    time("reading a body, writing an answer, idle connection", IDLE_TIME),
    count("connections", CONNECTIONS as u64),
    count("unfinished connections of one peer", UNFINISHED_PER_PEER as u64),
    count("HTTP/2 streams of one connection", STREAMS as u64),
    time("finishing what was accepted after SIGTERM", DRAIN_TIME),
    count("certificates in a presented chain", PRESENTED_CHAIN as u64),
    octets("token", TOKEN as u64),
    octets("header of a token", jose::limits::HEADER as u64),
    octets("jti or kid of a token", jose::limits::JTI as u64),
    octets("sub or iss of a token", jose::limits::SUB as u64),
    count("audiences of a token", jose::limits::AUDIENCES as u64),
    count("iterations of PBES2", *jose::limits::PBES2_ITERATIONS.end() as u64),
    time("leeway for the times of a token", LEEWAY),
    time("life of a token", TOKEN_LIFE),
    time("until a token begins", TOKEN_DELAY),
    octets("certification request", CSR as u64),
    count("extensions of a certification request", authority::MAX_REQUESTED_EXTENSIONS as u64),
    count("names of a certificate", authority::MAX_REQUESTED_NAMES as u64),
    count("policy modules that a certificate names", authority::MAX_PROVENANCE_MODULES as u64),
    count("characters of a common name", authority::MAX_COMMON_NAME as u64),
    octets("DNS name", authority::names::MAX_DNS_NAME as u64),
    octets("label of a DNS name", authority::names::MAX_LABEL as u64),
    octets("e-mail address", authority::names::MAX_EMAIL_ADDRESS as u64),
    octets("URI as a name", authority::names::MAX_URI as u64),
    count("bits of an RSA key", *jose::limits::RSA_BITS.end() as u64),
    count("certificates of a path", authority::MAX_PATH_DEPTH as u64),
    count("sessions with a token, unless its URI says otherwise", pkcs11::SESSIONS as u64),
    time("waiting for a session with a token", pkcs11::SESSION_TIME),
    time("waiting for a signature of a token", SIGNATURE_TIME),
    time("waiting for the store", STORE_TIME),
    octets("value in the store", STORE_PARAMETER as u64),
    count("operations that share a flush", STORE_BATCH as u64),
    count("operations that wait for the store", STORE_QUEUE as u64),
    count("refusals that wait for the audit log", REFUSAL_QUEUE as u64),
    count("certificates in a page of a list", LISTED as u64),
    octets("certificates in such a page", LISTED_OCTETS as u64),
    count("records looked at for such a page", LIST_SCAN.unsigned_abs()),
    count("such pages made at once", LISTINGS as u64),
    count("recalls over the network carried out at once", RECALLING as u64),
    octets("line in the audit log", AUDIT_LINE as u64),
    octets("refusal in the audit log", REFUSAL_LINE as u64),
    octets("inputs kept of a refusal", REFUSAL_INPUTS as u64),
    octets("inputs kept of a decision", DECISION_INPUTS as u64),
    time("keeping the inputs of decisions", DECISION_TIME),
    count("decisions whose inputs are kept", DECISIONS),
    octets("policy modules kept for making decisions again", KEPT_MODULES.unsigned_abs()),
    time("until a refusal is in the audit log", REFUSAL_TIME),
    time("until the end of the audit file is signed", AUDIT_HEAD_TIME),
    count("certificates asked of a token and not on record", INTENTS.unsigned_abs()),
    octets("space on the disk of the store, at least", SPARE_DISK),
    count("requests that wait for a list of revoked certificates", LIST_WAITING as u64),
    time("waiting for a list of revoked certificates", LIST_TIME),
    time("entry of a list of revoked certificates after their end", REVOKED_MARGIN),
    octets("reason of a revocation", REVOCATION_REASON as u64),
    count("recalls of policy modules on record", RECALLS),
    count("certificates that a renewal is followed back over", DESCENT),
    octets("OCSP request", OCSP_REQUEST as u64),
    count("certificates of an OCSP request", OCSP_CERTIFICATES as u64),
    count("OCSP answers kept", OCSP_CACHE as u64),
    octets("policy module", MODULE_FILE),
    octets("manifest of a policy module", MODULE_MANIFEST),
    time("time of a processor for compiling a policy module", COMPILE_TIME),
    time("waiting for a policy module to be compiled", COMPILE_PATIENCE),
    count("fuel of a policy call", POLICY_FUEL),
    time("wall clock of a policy call", POLICY_TIME),
    octets("memory of a policy call", POLICY_MEMORY),
    octets("stack of a policy call", POLICY_STACK),
    count("table elements of a policy call", POLICY_TABLE),
    octets("answer of a policy call", POLICY_OUTPUT),
    count("host functions called by a policy call", POLICY_HOST_CALLS),
    count("notes of policies in a line of the audit log", NOTES as u64),
    octets("log text of a policy call", POLICY_LOG_TEXT as u64),
    time("waiting for other servers and the store in a policy call", POLICY_WAITING),
    count("policy calls that may wait so", POLICY_WAITING_CALLS as u64),
    octets("key in a policy's store", EFFECT_KEY as u64),
    octets("value in a policy's store", KV_VALUE as u64),
    count("keys a policy has consumed, unless its grant says otherwise", CONSUMED_KEYS),
    time("something stays consumed", CONSUMED_TIME),
    octets("URL that a policy asks for", HTTP_URL as u64),
    octets("header field that a policy is shown", HTTP_FIELD as u64),
    count("redirects of a policy's request", HTTP_REDIRECTS as u64),
    count("answers kept for a policy", HTTP_CACHE as u64),
    octets("answer kept for a policy", HTTP_CACHED as u64),
    time("failure kept for a policy", HTTP_FAILURE_TIME),
    count("answers of the DNS kept for a policy", DNS_CACHE as u64),
    octets("answer of the DNS kept for a policy", DNS_CACHED as u64),
    count("requests that wait for policies in shadow", SHADOW_QUEUE as u64),
    count("requests that policies in shadow look at", SHADOW_CALLS as u64),
    count("refusals of policies in shadow told apart", SHADOW_LINES as u64),
    count("provisioners, policies and rules told apart by metrics", METRIC_LABELS as u64),
    count("connections to the metrics", METRICS_CONNECTIONS as u64),
    time("connection to the metrics", METRICS_TIME),
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
