//! Names as DER: GeneralName (RFC 5280 §4.2.1.6).

use der::asn1::AnyRef;
use der::{Reader, SliceReader, Tag, TagNumber, Tagged};

use super::error::{NameError, NameKind, NameProblem};
use super::ip;
use super::set::{Name, SubjectAltNames};
use crate::asn1;

const RFC822_NAME: u8 = 1;
const DNS_NAME: u8 = 2;
const UNIFORM_RESOURCE_IDENTIFIER: u8 = 6;
const IP_ADDRESS: u8 = 7;

/// Why a subjectAltName extension could not be read.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SubjectAltNameError {
    /// Not the DER of GeneralNames, or none in it.
    #[error("the subjectAltName extension is not well formed")]
    Malformed,
    /// More names than are allowed.
    #[error("there are more than {limit} subject alternative names")]
    TooMany {
        /// The most there may be.
        limit: usize,
    },
    /// One of the names is not one we issue.
    #[error(transparent)]
    Name(#[from] NameError),
}

/// Reads the value of a subjectAltName extension with at most `limit` names.
///
/// A dNSName with `@` in it is read as an e-mail address: clients of 2019 put
/// such subjects there.
pub(crate) fn decode(value: &[u8], limit: usize) -> Result<SubjectAltNames, SubjectAltNameError> {
    let malformed = |_| SubjectAltNameError::Malformed;
    let mut names = Vec::new();
    let mut outer = SliceReader::new(value).map_err(malformed)?;
    let contents = outer.decode::<AnyRef<'_>>().map_err(malformed)?;
    outer.finish().map_err(malformed)?;
    if contents.tag() != Tag::Sequence || contents.value().is_empty() {
        return Err(SubjectAltNameError::Malformed);
    }
    let mut reader = SliceReader::new(contents.value()).map_err(malformed)?;
    while !reader.is_finished() {
        if names.len() == limit {
            return Err(SubjectAltNameError::TooMany { limit });
        }
        let name = reader.decode::<AnyRef<'_>>().map_err(malformed)?;
        let Tag::ContextSpecific { number, constructed } = name.tag() else {
            return Err(SubjectAltNameError::Malformed);
        };
        // The kinds we issue are strings, whose tags are primitive (X.690 §10.2).
        if constructed && is_string(number) {
            return Err(SubjectAltNameError::Malformed);
        }
        names.push(decode_name(number, name.value())?);
    }
    Ok(SubjectAltNames::from_names(names))
}

fn is_string(number: TagNumber) -> bool {
    let strings = [RFC822_NAME, DNS_NAME, UNIFORM_RESOURCE_IDENTIFIER, IP_ADDRESS];
    strings.into_iter().any(|string| u32::from(string) == number.value())
}

fn decode_name(number: TagNumber, value: &[u8]) -> Result<Name, NameError> {
    let unsupported = |kind| Err(NameError::new(NameKind::Other, "", NameProblem::Unsupported(kind)));
    match number.value() {
        0 => unsupported("otherName"),
        1 => Ok(Name::Email(text(NameKind::Email, value)?.parse()?)),
        2 => match text(NameKind::Dns, value)? {
            mailbox if mailbox.contains('@') => Ok(Name::Email(mailbox.parse()?)),
            name => Ok(Name::Dns(name.parse()?)),
        },
        3 => unsupported("x400Address"),
        4 => unsupported("directoryName"),
        5 => unsupported("ediPartyName"),
        6 => Ok(Name::Uri(text(NameKind::Uri, value)?.parse()?)),
        7 => Ok(Name::IpAddress(ip::from_octets(value)?)),
        8 => unsupported("registeredID"),
        _ => unsupported("unknown"),
    }
}

/// An IA5String. The parser of the name refuses what is not ASCII.
fn text(kind: NameKind, value: &[u8]) -> Result<&str, NameError> {
    std::str::from_utf8(value).map_err(|_| {
        let name = String::from_utf8_lossy(value);
        NameError::new(kind, &name, NameProblem::Character(char::REPLACEMENT_CHARACTER))
    })
}

/// The value of a subjectAltName extension: DNS names, e-mail addresses, IP
/// addresses, URIs, each in their order.
pub(crate) fn encode(names: &SubjectAltNames) -> Vec<u8> {
    let mut contents = Vec::new();
    let mut add = |number, octets: &[u8]| contents.extend(asn1::tlv(asn1::context_primitive(number), &[octets]));
    for name in names.dns_names() {
        add(DNS_NAME, name.as_str().as_bytes());
    }
    for address in names.email_addresses() {
        add(RFC822_NAME, address.as_str().as_bytes());
    }
    for address in names.ip_addresses() {
        add(IP_ADDRESS, &ip::to_octets(address));
    }
    for uri in names.uris() {
        add(UNIFORM_RESOURCE_IDENTIFIER, uri.as_str().as_bytes());
    }
    asn1::sequence(&[&contents])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn one(tag: u8, value: &[u8]) -> Vec<u8> {
        asn1::sequence(&[&asn1::tlv(tag, &[value])])
    }

    #[test]
    fn kinds_are_written_in_the_order_dns_email_ip_uri() {
        let names = SubjectAltNames::classify(&["urn:a", "::1", "10.0.0.1", "a@b", "z", "a", "z"]).unwrap();
        let encoded = encode(&names);
        let numbers: Vec<u32> = asn1::read_sequence(&encoded, asn1::read_all::<AnyRef<'_>>)
            .unwrap()
            .iter()
            .map(|name| match name.tag() {
                Tag::ContextSpecific { number, .. } => number.value(),
                tag => panic!("{tag}"),
            })
            .collect();
        assert_eq!(numbers, [2, 2, 1, 7, 7, 6]);
        assert_eq!(decode(&encoded, 6), Ok(names));
        assert_eq!(decode(&encoded, 5), Err(SubjectAltNameError::TooMany { limit: 5 }));
    }

    #[test]
    fn a_mailbox_among_the_dns_names_is_an_email_address() {
        let names = decode(&one(0x82, b"a@b"), 1).unwrap();
        assert_eq!(names.email_addresses().len(), 1);
        assert!(names.dns_names().is_empty());
    }

    #[test]
    fn kinds_that_are_not_issued_refuse_the_whole_extension() {
        for (tag, kind) in [
            (0xa0, "otherName"),
            (0xa3, "x400Address"),
            (0xa4, "directoryName"),
            (0xa5, "ediPartyName"),
            (0x88, "registeredID"),
            (0x89, "unknown"),
        ] {
            let refused = decode(&one(tag, &[]), 10).unwrap_err();
            let SubjectAltNameError::Name(error) = refused else { panic!("{kind}: {refused}") };
            assert_eq!(error.problem, NameProblem::Unsupported(kind));
        }
    }

    #[test]
    fn octets_that_are_no_names_are_refused() {
        for value in [&[][..], &[0x30, 0], &[0x31, 0], &[0x30, 1], &[0x30, 2, 0x0c, 0], &[0x30, 3, 0x82, 1, b'a', 0]] {
            assert_eq!(decode(value, 10), Err(SubjectAltNameError::Malformed), "{value:?}");
        }
        for (tag, value) in [(0xa1, &b"a@b"[..]), (0xa2, b"a"), (0xa6, b"urn:a"), (0xa7, &[127, 0, 0, 1])] {
            assert_eq!(decode(&one(tag, value), 10), Err(SubjectAltNameError::Malformed), "{tag:#x}");
        }
        for value in [&one(0x82, b"a\0b"), &one(0x82, &[0xff]), &one(0x87, &[1, 2, 3]), &one(0x82, b"")] {
            assert!(matches!(decode(value, 10), Err(SubjectAltNameError::Name(_))), "{value:?}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(5_000))]

        #[test]
        fn no_octets_make_the_reader_panic(octets: Vec<u8>) {
            let _ = decode(&octets, 10);
            let _ = decode(&asn1::sequence(&[&octets]), 10);
        }
    }
}
