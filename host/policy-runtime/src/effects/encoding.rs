//! How answers are written into a transcript: fixed-length numbers in network order, lengths before what they count.
//!
//! The form belongs to version 1 of the [transcript](super::Transcript); another form takes another version.

use crate::contract::effects::{CaaRecord, ConsumeError, DnsError, HttpError, KvError, MxRecord, RecordData, Response};
use crate::contract::imports::jose::JoseError;

/// Something that can be written into a transcript and read from it.
pub(crate) trait Encode: Sized {
    /// Appends the value.
    fn encode(&self, to: &mut Vec<u8>);

    /// Takes a value from the front; `None` when there is none of this type.
    fn decode(from: &mut &[u8]) -> Option<Self>;
}

/// The octets of a value.
pub(crate) fn encoded(value: &impl Encode) -> Vec<u8> {
    let mut octets = Vec::new();
    value.encode(&mut octets);
    octets
}

/// A value that takes up all of `octets`.
pub(crate) fn decoded<T: Encode>(mut octets: &[u8]) -> Option<T> {
    let value = T::decode(&mut octets)?;
    octets.is_empty().then_some(value)
}

/// Takes so many octets from the front.
pub(super) fn take<'o>(from: &mut &'o [u8], count: usize) -> Option<&'o [u8]> {
    let (taken, rest) = from.split_at_checked(count)?;
    *from = rest;
    Some(taken)
}

macro_rules! numbers {
    ($($number:ty),*) => {$(
        impl Encode for $number {
            fn encode(&self, to: &mut Vec<u8>) {
                to.extend_from_slice(&self.to_be_bytes());
            }

            fn decode(from: &mut &[u8]) -> Option<Self> {
                take(from, size_of::<Self>())?.try_into().ok().map(Self::from_be_bytes)
            }
        }
    )*};
}

numbers!(u16, u32, u64, i64);

impl Encode for bool {
    fn encode(&self, to: &mut Vec<u8>) {
        to.push((*self).into());
    }

    fn decode(from: &mut &[u8]) -> Option<Self> {
        match take(from, 1)? {
            [0] => Some(false),
            [1] => Some(true),
            _ => None,
        }
    }
}

impl Encode for () {
    fn encode(&self, _: &mut Vec<u8>) {}

    fn decode(_: &mut &[u8]) -> Option<Self> {
        Some(())
    }
}

/// What is longer is written as the first 4 GiB of it; nothing in a transcript is.
fn length(of: usize) -> u32 {
    u32::try_from(of).unwrap_or(u32::MAX)
}

fn octets_from<'o>(from: &mut &'o [u8]) -> Option<&'o [u8]> {
    let length = u32::decode(from)?;
    take(from, usize::try_from(length).ok()?)
}

impl Encode for Vec<u8> {
    fn encode(&self, to: &mut Vec<u8>) {
        length(self.len()).encode(to);
        to.extend_from_slice(self);
    }

    fn decode(from: &mut &[u8]) -> Option<Self> {
        octets_from(from).map(<[u8]>::to_vec)
    }
}

impl Encode for String {
    fn encode(&self, to: &mut Vec<u8>) {
        length(self.len()).encode(to);
        to.extend_from_slice(self.as_bytes());
    }

    fn decode(from: &mut &[u8]) -> Option<Self> {
        std::str::from_utf8(octets_from(from)?).ok().map(str::to_owned)
    }
}

impl Encode for Vec<(String, String)> {
    fn encode(&self, to: &mut Vec<u8>) {
        length(self.len()).encode(to);
        for (name, value) in self {
            name.encode(to);
            value.encode(to);
        }
    }

    fn decode(from: &mut &[u8]) -> Option<Self> {
        // Nothing is reserved for a count that nobody has checked.
        (0..u32::decode(from)?).map(|_| Some((String::decode(from)?, String::decode(from)?))).collect()
    }
}

impl<T: Encode> Encode for Option<T> {
    fn encode(&self, to: &mut Vec<u8>) {
        self.is_some().encode(to);
        if let Some(value) = self {
            value.encode(to);
        }
    }

    fn decode(from: &mut &[u8]) -> Option<Self> {
        if bool::decode(from)? { T::decode(from).map(Some) } else { Some(None) }
    }
}

impl<T: Encode, E: Encode> Encode for Result<T, E> {
    fn encode(&self, to: &mut Vec<u8>) {
        self.is_ok().encode(to);
        match self {
            Ok(value) => value.encode(to),
            Err(error) => error.encode(to),
        }
    }

    fn decode(from: &mut &[u8]) -> Option<Self> {
        if bool::decode(from)? { T::decode(from).map(Ok) } else { E::decode(from).map(Err) }
    }
}

impl<A: Encode, B: Encode> Encode for (A, B) {
    fn encode(&self, to: &mut Vec<u8>) {
        self.0.encode(to);
        self.1.encode(to);
    }

    fn decode(from: &mut &[u8]) -> Option<Self> {
        Some((A::decode(from)?, B::decode(from)?))
    }
}

impl Encode for Response {
    fn encode(&self, to: &mut Vec<u8>) {
        self.status.encode(to);
        self.headers.encode(to);
        self.body.encode(to);
    }

    fn decode(from: &mut &[u8]) -> Option<Self> {
        Some(Self { status: u16::decode(from)?, headers: Vec::decode(from)?, body: Vec::decode(from)? })
    }
}

/// Writes the number of a case, and the text it may have.
fn case(number: u8, text: Option<&String>, to: &mut Vec<u8>) {
    to.push(number);
    if let Some(text) = text {
        text.encode(to);
    }
}

fn number(from: &mut &[u8]) -> Option<u8> {
    take(from, 1)?.first().copied()
}

impl Encode for ConsumeError {
    fn encode(&self, to: &mut Vec<u8>) {
        match self {
            Self::Unavailable(text) => case(0, Some(text), to),
            Self::Quota => case(1, None, to),
        }
    }

    fn decode(from: &mut &[u8]) -> Option<Self> {
        match number(from)? {
            0 => String::decode(from).map(Self::Unavailable),
            1 => Some(Self::Quota),
            _ => None,
        }
    }
}

impl Encode for KvError {
    fn encode(&self, to: &mut Vec<u8>) {
        match self {
            Self::Unavailable(text) => case(0, Some(text), to),
            Self::Quota => case(1, None, to),
            Self::TooLarge => case(2, None, to),
        }
    }

    fn decode(from: &mut &[u8]) -> Option<Self> {
        match number(from)? {
            0 => String::decode(from).map(Self::Unavailable),
            1 => Some(Self::Quota),
            2 => Some(Self::TooLarge),
            _ => None,
        }
    }
}

impl Encode for HttpError {
    fn encode(&self, to: &mut Vec<u8>) {
        match self {
            Self::NotGranted(text) => case(0, Some(text), to),
            Self::Invalid(text) => case(1, Some(text), to),
            Self::Timeout => case(2, None, to),
            Self::TooLarge => case(3, None, to),
            Self::Tls(text) => case(4, Some(text), to),
            Self::Connect(text) => case(5, Some(text), to),
        }
    }

    fn decode(from: &mut &[u8]) -> Option<Self> {
        match number(from)? {
            0 => String::decode(from).map(Self::NotGranted),
            1 => String::decode(from).map(Self::Invalid),
            2 => Some(Self::Timeout),
            3 => Some(Self::TooLarge),
            4 => String::decode(from).map(Self::Tls),
            5 => String::decode(from).map(Self::Connect),
            _ => None,
        }
    }
}

impl Encode for DnsError {
    fn encode(&self, to: &mut Vec<u8>) {
        match self {
            Self::NotGranted(text) => case(0, Some(text), to),
            Self::Invalid(text) => case(1, Some(text), to),
            Self::NoSuchName => case(2, None, to),
            Self::Timeout => case(3, None, to),
            Self::TooLarge => case(4, None, to),
            Self::Unavailable(text) => case(5, Some(text), to),
        }
    }

    fn decode(from: &mut &[u8]) -> Option<Self> {
        match number(from)? {
            0 => String::decode(from).map(Self::NotGranted),
            1 => String::decode(from).map(Self::Invalid),
            2 => Some(Self::NoSuchName),
            3 => Some(Self::Timeout),
            4 => Some(Self::TooLarge),
            5 => String::decode(from).map(Self::Unavailable),
            _ => None,
        }
    }
}

impl Encode for RecordData {
    fn encode(&self, to: &mut Vec<u8>) {
        match self {
            Self::A(address) => case(0, Some(address), to),
            Self::Aaaa(address) => case(1, Some(address), to),
            Self::Caa(CaaRecord { critical, tag, value }) => {
                case(2, Some(tag), to);
                critical.encode(to);
                value.encode(to);
            }
            Self::Cname(name) => case(3, Some(name), to),
            Self::Mx(MxRecord { preference, exchange }) => {
                case(4, Some(exchange), to);
                preference.encode(to);
            }
            Self::Ns(name) => case(5, Some(name), to),
            Self::Txt(text) => {
                case(6, None, to);
                text.encode(to);
            }
        }
    }

    fn decode(from: &mut &[u8]) -> Option<Self> {
        match number(from)? {
            0 => String::decode(from).map(Self::A),
            1 => String::decode(from).map(Self::Aaaa),
            2 => {
                let (tag, critical) = (String::decode(from)?, bool::decode(from)?);
                Some(Self::Caa(CaaRecord { critical, tag, value: Vec::decode(from)? }))
            }
            3 => String::decode(from).map(Self::Cname),
            4 => {
                let exchange = String::decode(from)?;
                Some(Self::Mx(MxRecord { preference: u16::decode(from)?, exchange }))
            }
            5 => String::decode(from).map(Self::Ns),
            6 => Vec::decode(from).map(Self::Txt),
            _ => None,
        }
    }
}

impl Encode for Vec<RecordData> {
    fn encode(&self, to: &mut Vec<u8>) {
        length(self.len()).encode(to);
        self.iter().for_each(|record| record.encode(to));
    }

    fn decode(from: &mut &[u8]) -> Option<Self> {
        // Nothing is reserved for a count that nobody has checked.
        (0..u32::decode(from)?).map(|_| RecordData::decode(from)).collect()
    }
}

impl Encode for JoseError {
    fn encode(&self, to: &mut Vec<u8>) {
        match self {
            Self::Malformed(text) => case(0, Some(text), to),
            Self::AlgorithmNotAllowed(text) => case(1, Some(text), to),
            Self::NoMatchingKey => case(2, None, to),
            Self::BadSignature => case(3, None, to),
        }
    }

    fn decode(from: &mut &[u8]) -> Option<Self> {
        match number(from)? {
            0 => String::decode(from).map(Self::Malformed),
            1 => String::decode(from).map(Self::AlgorithmNotAllowed),
            2 => Some(Self::NoMatchingKey),
            3 => Some(Self::BadSignature),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn survives<T: Encode + std::fmt::Debug + PartialEq>(value: &T) {
        let octets = encoded(value);
        assert_eq!(decoded::<T>(&octets).as_ref(), Some(value));
        let shorter = octets.len().saturating_sub(1);
        assert_eq!(decoded::<T>(&octets[..shorter]), None, "{value:?} is not a shorter value, too");
        assert_eq!(decoded::<T>(&[&octets[..], &[0]].concat()), None);
    }

    #[test]
    fn an_answer_is_read_as_it_was_written() {
        let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        survives(&Ok::<_, HttpError>(Response { status: 200, headers, body: vec![0, 255] }));
        for error in [
            HttpError::NotGranted("a".into()),
            HttpError::Invalid(String::new()),
            HttpError::Timeout,
            HttpError::TooLarge,
            HttpError::Tls("t".into()),
            HttpError::Connect("c".into()),
        ] {
            survives(&Err::<Response, _>(error));
        }
        survives(&Ok::<_, DnsError>(vec![
            RecordData::A("192.0.2.1".into()),
            RecordData::Aaaa("2001:db8::1".into()),
            RecordData::Caa(CaaRecord { critical: true, tag: "issue".into(), value: b";".to_vec() }),
            RecordData::Cname("a.example".into()),
            RecordData::Mx(MxRecord { preference: 10, exchange: "mail.example".into() }),
            RecordData::Ns("ns.example".into()),
            RecordData::Txt(vec![0, 255]),
        ]));
        for error in [
            DnsError::NotGranted("a".into()),
            DnsError::Invalid(String::new()),
            DnsError::NoSuchName,
            DnsError::Timeout,
            DnsError::TooLarge,
            DnsError::Unavailable("u".into()),
        ] {
            survives(&Err::<Vec<RecordData>, _>(error));
        }
        survives(&Ok::<_, KvError>(Some(vec![1_u8])));
        survives(&Ok::<Option<Vec<u8>>, KvError>(None));
        survives(&Err::<bool, _>(KvError::TooLarge));
        survives(&Err::<bool, _>(ConsumeError::Quota));
        survives(&(7_u64, Err::<(), _>(JoseError::NoMatchingKey)));
    }

    #[test]
    fn a_length_without_what_it_counts_reserves_nothing() {
        assert_eq!(decoded::<Vec<u8>>(&[0xff; 4]), None);
        assert_eq!(decoded::<Vec<(String, String)>>(&[0xff; 4]), None);
    }
}
