//! The little DER (X.690) this room writes and reads by hand.
//!
//! Structures whose octets must survive unchanged — names, public keys,
//! extensions of a certificate that is renewed — are kept as they came and
//! put together here. Reading is the work of the `der` crate, which refuses
//! BER.

use der::asn1::ObjectIdentifier;
use der::{Decode, Encode, Reader, SliceReader};

pub(crate) const BOOLEAN: u8 = 0x01;
pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const BIT_STRING: u8 = 0x03;
pub(crate) const OCTET_STRING: u8 = 0x04;
pub(crate) const ENUMERATED: u8 = 0x0a;
pub(crate) const UTF8_STRING: u8 = 0x0c;
pub(crate) const PRINTABLE_STRING: u8 = 0x13;
pub(crate) const SEQUENCE: u8 = 0x30;
pub(crate) const SET: u8 = 0x31;

/// The tag of `[number] IMPLICIT` on a primitive type.
pub(crate) const fn context_primitive(number: u8) -> u8 {
    0x80 | number
}

/// The tag of `[number] EXPLICIT`, and of `IMPLICIT` on a constructed type.
pub(crate) const fn context_constructed(number: u8) -> u8 {
    0xa0 | number
}

/// One tag, the length, and the parts one after the other.
pub(crate) fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let mut encoded = Vec::with_capacity(length + 6);
    encoded.push(tag);
    match u8::try_from(length) {
        Ok(short @ 0..=0x7f) => encoded.push(short),
        _ => {
            let octets = length.to_be_bytes();
            let significant = octets.iter().skip_while(|octet| **octet == 0);
            encoded.push(0x80 | significant.clone().count() as u8);
            encoded.extend(significant);
        }
    }
    for part in parts {
        encoded.extend_from_slice(part);
    }
    encoded
}

pub(crate) fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    tlv(SEQUENCE, parts)
}

/// A SET OF: the elements in the order DER asks for (X.690 §11.6).
pub(crate) fn set_of(mut elements: Vec<Vec<u8>>) -> Vec<u8> {
    elements.sort();
    tlv(SET, &elements.iter().map(Vec::as_slice).collect::<Vec<_>>())
}

pub(crate) fn octet_string(contents: &[u8]) -> Vec<u8> {
    tlv(OCTET_STRING, &[contents])
}

/// A BIT STRING of whole octets.
pub(crate) fn bit_string(contents: &[u8]) -> Vec<u8> {
    tlv(BIT_STRING, &[&[0], contents])
}

/// An INTEGER that is not negative, from big-endian octets.
pub(crate) fn unsigned_integer(octets: &[u8]) -> Vec<u8> {
    let zeros = octets.iter().take_while(|octet| **octet == 0).count();
    match octets.get(zeros..) {
        None | Some([]) => tlv(INTEGER, &[&[0]]),
        Some(significant @ [0x80..=0xff, ..]) => tlv(INTEGER, &[&[0], significant]),
        Some(significant) => tlv(INTEGER, &[significant]),
    }
}

/// A value of a type the `der` crate writes.
pub(crate) fn encode(value: &impl Encode) -> Vec<u8> {
    value.to_der().expect("a value in memory is far below DER's length limit")
}

pub(crate) fn object_identifier(oid: &ObjectIdentifier) -> Vec<u8> {
    encode(oid)
}

/// Reads the elements of the one SEQUENCE that `der` is, all of them.
pub(crate) fn read_sequence<'a, T>(
    der: &'a [u8],
    read: impl FnOnce(&mut SliceReader<'a>) -> der::Result<T>,
) -> der::Result<T> {
    let mut reader = SliceReader::new(der)?;
    let value = reader.sequence(read)?;
    reader.finish()?;
    Ok(value)
}

/// Reads elements until the enclosing value ends.
pub(crate) fn read_all<'a, T: Decode<'a, Error = der::Error>>(reader: &mut SliceReader<'a>) -> der::Result<Vec<T>> {
    let mut values = Vec::new();
    while !reader.is_finished() {
        values.push(reader.decode()?);
    }
    Ok(values)
}

/// Whether `der` is exactly one well-formed value.
pub(crate) fn is_one_value(der: &[u8]) -> bool {
    SliceReader::new(der).is_ok_and(|mut reader| reader.tlv_bytes().is_ok() && reader.finish().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_as_short_as_der_demands() {
        for (length, header) in [
            (0, &[0x04, 0x00][..]),
            (127, &[0x04, 0x7f]),
            (128, &[0x04, 0x81, 0x80]),
            (255, &[0x04, 0x81, 0xff]),
            (256, &[0x04, 0x82, 0x01, 0x00]),
            (65_536, &[0x04, 0x83, 0x01, 0x00, 0x00]),
        ] {
            let encoded = octet_string(&vec![0xaa; length]);
            assert!(encoded.starts_with(header), "{length}");
            assert_eq!(encoded.len(), header.len() + length);
            assert!(is_one_value(&encoded));
        }
    }

    #[test]
    fn integers_are_positive_and_minimal() {
        assert_eq!(unsigned_integer(&[]), [2, 1, 0]);
        assert_eq!(unsigned_integer(&[0, 0]), [2, 1, 0]);
        assert_eq!(unsigned_integer(&[0, 0x7f]), [2, 1, 0x7f]);
        assert_eq!(unsigned_integer(&[0x80]), [2, 2, 0, 0x80]);
    }

    #[test]
    fn a_set_is_sorted() {
        assert_eq!(set_of(vec![vec![2, 1, 9], vec![2, 1, 3]]), [0x31, 6, 2, 1, 3, 2, 1, 9]);
    }

    #[test]
    fn trailing_octets_are_not_one_value() {
        assert!(is_one_value(&[5, 0]));
        assert!(!is_one_value(&[5, 0, 0]));
        assert!(!is_one_value(&[5]));
        assert!(!is_one_value(&[]));
    }
}
