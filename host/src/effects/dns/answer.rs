//! From a message to the records that were asked for. What is no whole answer is none.

use std::time::Duration;

use hickory_proto::{
    op::{Message, ResponseCode},
    rr::{Name, RData, Record, RecordType as Type},
};
use policy_runtime::contract::effects::{CaaRecord, DnsError, MxRecord, RecordData};

use super::exchange::Question;

/// What a server found.
pub(super) struct Found {
    answer: Result<Vec<RecordData>, DnsError>,
    /// How long the answer holds.
    pub(super) time_to_live: Duration,
}

impl Found {
    /// The answer, unless it is longer than that.
    pub(super) fn within(&self, most: usize) -> Result<Vec<RecordData>, DnsError> {
        match &self.answer {
            Ok(records) if records.len() > most => Err(DnsError::TooLarge),
            answer => answer.clone(),
        }
    }
}

/// Reads an answer.
///
/// # Errors
/// The server failed or refused, did not look further for whom it does not know, or said what cannot be read; another
/// may know better.
pub(super) fn read(message: &Message, question: &Question) -> Result<Found, DnsError> {
    let unavailable = |why: String| Err(DnsError::Unavailable(why));
    let code = message.metadata.response_code;
    if !matches!(code, ResponseCode::NoError | ResponseCode::NXDomain) {
        return unavailable(format!("the resolver says: {code}"));
    }
    let (owner, aliases) = end_of_aliases(message, question)?;
    let found: Vec<&Record> = records(message, &owner, question.of).collect();
    if found.is_empty() {
        // A server that does not look further says the same about names it does not know as about names without records.
        let knows =
            message.metadata.recursion_available || (message.metadata.authoritative && aliases == Duration::MAX);
        if !knows {
            return unavailable("the server is no resolver".to_owned());
        }
        let answer = if code == ResponseCode::NXDomain { Err(DnsError::NoSuchName) } else { Ok(Vec::new()) };
        return Ok(Found { answer, time_to_live: aliases.min(time_of_nothing(message)) });
    }
    let time_to_live = found.iter().map(|record| seconds(record.ttl)).fold(aliases, Duration::min);
    let mut answer = found.into_iter().map(|record| data(&record.data)).collect::<Result<Vec<_>, _>>()?;
    // Resolvers turn the records around; what a policy decides must not.
    answer.sort_by(|one, other| order(one).cmp(&order(other)));
    answer.dedup();
    Ok(Found { answer: Ok(answer), time_to_live })
}

/// The name that the records belong to, and how long the aliases hold that lead there.
fn end_of_aliases(message: &Message, question: &Question) -> Result<(Name, Duration), DnsError> {
    let (mut owner, mut time_to_live) = (question.name.clone(), Duration::MAX);
    if question.of == Type::CNAME {
        return Ok((owner, time_to_live));
    }
    // Each alias is one record: more steps than these are a circle.
    for _ in 0..=message.answers.len() {
        let alias = records(message, &owner, Type::CNAME).find_map(|record| match &record.data {
            RData::CNAME(target) => Some((target.0.clone(), seconds(record.ttl))),
            _ => None,
        });
        let Some((target, time)) = alias else { return Ok((owner, time_to_live)) };
        owner = target;
        time_to_live = time_to_live.min(time);
    }
    Err(DnsError::Unavailable("the aliases lead in a circle".to_owned()))
}

fn records<'m>(message: &'m Message, owner: &'m Name, of: Type) -> impl Iterator<Item = &'m Record> {
    message.answers.iter().filter(move |record| record.name == *owner && record.record_type() == of)
}

/// How long it holds that there is nothing (RFC 2308 §5): not at all when nobody says.
fn time_of_nothing(message: &Message) -> Duration {
    let times = message.authorities.iter().filter_map(|record| match &record.data {
        RData::SOA(soa) => Some(record.ttl.min(soa.minimum)),
        _ => None,
    });
    times.min().map_or(Duration::ZERO, seconds)
}

fn seconds(count: u32) -> Duration {
    Duration::from_secs(count.into())
}

fn data(data: &RData) -> Result<RecordData, DnsError> {
    Ok(match data {
        RData::A(address) => RecordData::A(address.0.to_string()),
        RData::AAAA(address) => RecordData::Aaaa(address.0.to_string()),
        RData::CAA(caa) => {
            RecordData::Caa(CaaRecord { critical: caa.issuer_critical, tag: caa.tag.clone(), value: caa.value.clone() })
        }
        RData::CNAME(name) => RecordData::Cname(text(&name.0)),
        RData::MX(mx) => RecordData::Mx(MxRecord { preference: mx.preference, exchange: text(&mx.exchange) }),
        RData::NS(name) => RecordData::Ns(text(&name.0)),
        RData::TXT(txt) => RecordData::Txt(txt.txt_data.concat()),
        _ => return Err(DnsError::Unavailable("a record cannot be read".to_owned())),
    })
}

/// A name as the contract writes it; the root keeps its dot.
fn text(name: &Name) -> String {
    let text = name.to_ascii().to_ascii_lowercase();
    match text.strip_suffix('.') {
        Some(rest) if !rest.is_empty() => rest.to_owned(),
        _ => text,
    }
}

/// By which records of one type are sorted.
fn order(record: &RecordData) -> (u16, &[u8], &[u8]) {
    match record {
        RecordData::A(text) | RecordData::Aaaa(text) | RecordData::Cname(text) | RecordData::Ns(text) => {
            (0, text.as_bytes(), &[])
        }
        RecordData::Caa(caa) => ((!caa.critical).into(), caa.tag.as_bytes(), &caa.value),
        RecordData::Mx(mx) => (mx.preference, mx.exchange.as_bytes(), &[]),
        RecordData::Txt(text) => (0, text, &[]),
    }
}
