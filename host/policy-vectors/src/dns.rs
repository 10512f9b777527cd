//! What the DNS answers, as a vector gives it: a member for each name and type, `"db.example.com A": ["192.0.2.1"]`.

use std::{collections::BTreeMap, future::ready};

use policy_runtime::{
    Dns, Reply,
    contract::effects::{CaaRecord, DnsError, MxRecord, RecordData, RecordType},
};
use serde::Deserialize;

/// The records of a name, or why there is no answer.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum WrittenAnswer {
    Records(Vec<WrittenRecord>),
    /// One of `invalid`, `no-such-name`, `not-granted`, `timeout`, `too-large`, `unavailable`.
    Error(String),
}

/// The data of a record; of `A`, `AAAA`, `CNAME`, `NS` and `TXT` a text.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum WrittenRecord {
    Text(String),
    #[serde(rename_all = "kebab-case")]
    Caa {
        #[serde(default)]
        critical: bool,
        tag: String,
        value: String,
    },
    Mx {
        preference: u16,
        exchange: String,
    },
}

/// The part of the DNS one vector knows.
pub(crate) struct Zone(BTreeMap<(String, u8), Result<Vec<RecordData>, DnsError>>);

impl Zone {
    /// Reads the members, or says which is none.
    pub(crate) fn read(written: &BTreeMap<String, WrittenAnswer>) -> Result<Self, String> {
        let entry = |(key, answer): (&String, &WrittenAnswer)| {
            let (name, kind) = key.split_once(' ').ok_or_else(|| format!("{key:?} is no name with a type"))?;
            let kind = record_type(kind).ok_or_else(|| format!("{kind:?} is no type of record"))?;
            let answer = match answer {
                WrittenAnswer::Error(word) => Err(error(word).ok_or_else(|| format!("{word:?} is no error"))?),
                WrittenAnswer::Records(records) => Ok(records
                    .iter()
                    .map(|it| record(kind, it).ok_or_else(|| format!("{it:?} is no record of {key:?}")))
                    .collect::<Result<_, _>>()?),
            };
            Ok(((name.to_ascii_lowercase(), kind as u8), answer))
        };
        written.iter().map(entry).collect::<Result<_, _>>().map(Self)
    }
}

impl Dns for Zone {
    fn records(&self, name: String, of: RecordType) -> Reply<Result<Vec<RecordData>, DnsError>> {
        let answer = self.0.get(&(name.to_ascii_lowercase(), of as u8)).cloned();
        Box::pin(ready(answer.unwrap_or(Err(DnsError::NoSuchName))))
    }
}

fn record_type(word: &str) -> Option<RecordType> {
    Some(match word {
        "A" => RecordType::A,
        "AAAA" => RecordType::Aaaa,
        "CAA" => RecordType::Caa,
        "CNAME" => RecordType::Cname,
        "MX" => RecordType::Mx,
        "NS" => RecordType::Ns,
        "TXT" => RecordType::Txt,
        _ => return None,
    })
}

fn record(kind: RecordType, written: &WrittenRecord) -> Option<RecordData> {
    Some(match (kind, written.clone()) {
        (RecordType::A, WrittenRecord::Text(text)) => RecordData::A(text),
        (RecordType::Aaaa, WrittenRecord::Text(text)) => RecordData::Aaaa(text),
        (RecordType::Cname, WrittenRecord::Text(text)) => RecordData::Cname(text),
        (RecordType::Ns, WrittenRecord::Text(text)) => RecordData::Ns(text),
        (RecordType::Txt, WrittenRecord::Text(text)) => RecordData::Txt(text.into_bytes()),
        (RecordType::Caa, WrittenRecord::Caa { critical, tag, value }) => {
            RecordData::Caa(CaaRecord { critical, tag, value: value.into_bytes() })
        }
        (RecordType::Mx, WrittenRecord::Mx { preference, exchange }) => {
            RecordData::Mx(MxRecord { preference, exchange })
        }
        _ => return None,
    })
}

fn error(word: &str) -> Option<DnsError> {
    let why = || "the vector says so".to_owned();
    Some(match word {
        "invalid" => DnsError::Invalid(why()),
        "no-such-name" => DnsError::NoSuchName,
        "not-granted" => DnsError::NotGranted(why()),
        "timeout" => DnsError::Timeout,
        "too-large" => DnsError::TooLarge,
        "unavailable" => DnsError::Unavailable(why()),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<Zone, String> {
        Zone::read(&serde_json::from_str(json).unwrap())
    }

    #[tokio::test]
    async fn a_vector_says_what_the_dns_knows_and_there_is_nothing_else() {
        let zone = read(
            r#"{"a.example A": ["192.0.2.1"], "a.example TXT": [], "b.example MX": "timeout",
                "c.example CAA": [{"tag": "issue", "value": ";"}]}"#,
        )
        .unwrap();
        let asked = |name: &str, of| zone.records(name.to_owned(), of);
        assert_eq!(asked("A.example", RecordType::A).await, Ok(vec![RecordData::A("192.0.2.1".into())]));
        assert_eq!(asked("a.example", RecordType::Txt).await, Ok(vec![]));
        assert_eq!(asked("b.example", RecordType::Mx).await, Err(DnsError::Timeout));
        assert_eq!(asked("b.example", RecordType::A).await, Err(DnsError::NoSuchName));
        let caa = CaaRecord { critical: false, tag: "issue".into(), value: b";".to_vec() };
        assert_eq!(asked("c.example", RecordType::Caa).await, Ok(vec![RecordData::Caa(caa)]));
    }

    #[test]
    fn what_cannot_be_in_the_dns_is_a_mistake_in_the_vector() {
        for written in [
            r#"{"a.example": []}"#,
            r#"{"a.example PTR": []}"#,
            r#"{"a.example A": "down"}"#,
            r#"{"a.example A": [{"preference": 1, "exchange": "m"}]}"#,
        ] {
            assert!(read(written).is_err(), "{written}");
        }
    }
}
