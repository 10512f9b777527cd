//! What a set of records says about a name.

use policy_sdk::dns::CaaRecord;

/// Who may certify.
pub(crate) enum Verdict {
    /// The records say nothing about it.
    Open,
    /// This CA is among them.
    Ours,
    /// Only these.
    Others(Vec<String>),
    /// Nobody who does not understand this property.
    Critical(String),
}

/// Reads the set that counts for a name (RFC 8659 §4).
pub(crate) fn judge(records: &[CaaRecord], is_wildcard: bool, is_ours: impl Fn(&str) -> bool) -> Verdict {
    let is = |record: &CaaRecord, tag: &str| record.tag.eq_ignore_ascii_case(tag);
    let is_known = |record: &CaaRecord| ["issue", "issuewild", "iodef"].iter().any(|tag| is(record, tag));
    if let Some(record) = records.iter().find(|record| record.critical && !is_known(record)) {
        return Verdict::Critical(record.tag.clone());
    }
    // What is said about wildcards counts for them instead of what is said about names, and for nothing else.
    let about_wildcards = is_wildcard && records.iter().any(|record| is(record, "issuewild"));
    let tag = if about_wildcards { "issuewild" } else { "issue" };
    let mut issuers = records.iter().filter(|record| is(record, tag)).map(issuer).peekable();
    if issuers.peek().is_none() {
        return Verdict::Open;
    }
    let issuers: Vec<&str> = issuers.flatten().collect();
    if issuers.iter().any(|issuer| is_ours(issuer)) {
        return Verdict::Ours;
    }
    Verdict::Others(issuers.into_iter().map(str::to_owned).collect())
}

/// The CA a property names: nobody, when it names none or cannot be read. One with parameters, such as the account
/// (RFC 8657), lets it certify on conditions, none of which is known here.
fn issuer(record: &CaaRecord) -> Option<&str> {
    let value = str::from_utf8(&record.value).ok()?;
    let (issuer, parameters) = value.split_once(';').unwrap_or((value, ""));
    let blank = [' ', '\t'];
    let (issuer, parameters) = (issuer.trim_matches(blank), parameters.trim_matches(blank));
    (!issuer.is_empty() && parameters.is_empty()).then_some(issuer)
}
