//! Distinguished names (RFC 5280 §4.1.2.4): read without losing an octet, and
//! built from attributes.

use std::fmt;

use der::asn1::{AnyRef, ObjectIdentifier};
use der::{Reader, SliceReader, Tag, Tagged};
use thiserror::Error;

use crate::{asn1, oid};

/// The name of a subject or an issuer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DistinguishedName {
    der: Vec<u8>,
    attributes: Vec<Attribute>,
}

/// An attribute of a distinguished name.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Attribute {
    /// AttributeType.
    pub oid: ObjectIdentifier,
    /// The text. A value that is no string is `#` and its DER in hexadecimal
    /// (RFC 4514 §2.4).
    pub value: String,
    is_string: bool,
}

/// The octets are not a distinguished name.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[error("the distinguished name is not well formed")]
pub struct DistinguishedNameError;

impl DistinguishedName {
    /// Reads an RDNSequence.
    pub fn from_der(der: &[u8]) -> Result<Self, DistinguishedNameError> {
        let attributes = asn1::read_sequence(der, decode_attributes).map_err(|_| DistinguishedNameError)?;
        Ok(Self { der: der.to_vec(), attributes })
    }

    /// Builds a name. Attributes of one type that follow each other become one
    /// multi-valued RDN.
    pub(crate) fn from_attributes(attributes: Vec<Attribute>) -> Self {
        let rdns = attributes.chunk_by(|one, next| one.oid == next.oid);
        let rdns = rdns.map(|rdn| asn1::set_of(rdn.iter().map(Attribute::encode).collect()));
        let der = asn1::sequence(&[&rdns.collect::<Vec<_>>().concat()]);
        // DER sorts the values of one RDN, so the order is not the one they were given in.
        Self::from_der(&der).expect("attributes that were encoded can be read again")
    }

    /// A name that is one common name.
    pub(crate) fn from_common_name(common_name: &str) -> Self {
        Self::from_attributes(vec![Attribute::string(oid::COMMON_NAME, common_name)])
    }

    /// The DER as it was read or built.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// Every attribute, in order.
    pub fn attributes(&self) -> &[Attribute] {
        &self.attributes
    }

    /// The last common name, which is what clients that look at it take.
    pub fn common_name(&self) -> Option<&str> {
        self.values(oid::COMMON_NAME).next_back()
    }

    /// The values of one type, in order.
    pub fn values(&self, oid: ObjectIdentifier) -> impl DoubleEndedIterator<Item = &str> {
        self.attributes.iter().filter(move |attribute| attribute.oid == oid).map(|attribute| attribute.value.as_str())
    }

    /// Whether there is no attribute.
    pub fn is_empty(&self) -> bool {
        self.attributes.is_empty()
    }

    /// The name without its common names; every other RDN keeps its octets.
    pub(crate) fn without_common_name(&self) -> Self {
        let others = |attributes: &[Attribute]| attributes.iter().any(|attribute| attribute.oid != oid::COMMON_NAME);
        let kept = asn1::read_sequence(&self.der, |reader| {
            let mut kept = Vec::new();
            while !reader.is_finished() {
                let rdn = reader.tlv_bytes()?;
                if others(&decode_rdn(&mut SliceReader::new(rdn)?)?) {
                    kept.extend_from_slice(rdn);
                }
            }
            Ok(kept)
        });
        let der = asn1::sequence(&[&kept.expect("a name that was read can be read again")]);
        Self::from_der(&der).expect("RDNs that were read can be read again")
    }
}

/// The attributes in order, for people: `C=DE, O=Example, CN=host`.
impl fmt::Display for DistinguishedName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, attribute) in self.attributes.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            match short_name(attribute.oid) {
                Some(name) => write!(formatter, "{comma}{name}={}", attribute.value)?,
                None => write!(formatter, "{comma}{}={}", attribute.oid, attribute.value)?,
            }
        }
        Ok(())
    }
}

/// RFC 4514 §3.
fn short_name(oid: ObjectIdentifier) -> Option<&'static str> {
    Some(match oid {
        oid::COUNTRY => "C",
        oid::ORGANIZATION => "O",
        oid::ORGANIZATIONAL_UNIT => "OU",
        oid::LOCALITY => "L",
        oid::PROVINCE => "ST",
        oid::STREET_ADDRESS => "STREET",
        oid::COMMON_NAME => "CN",
        _ => return None,
    })
}

impl Attribute {
    pub(crate) fn string(oid: ObjectIdentifier, value: &str) -> Self {
        Self { oid, value: value.to_owned(), is_string: true }
    }

    /// Whether the value is text, and not the hexadecimal form of something
    /// else.
    pub fn is_string(&self) -> bool {
        self.is_string
    }

    /// PrintableString if the characters allow it, else UTF8String.
    fn encode(&self) -> Vec<u8> {
        let tag = if is_printable(&self.value) { asn1::PRINTABLE_STRING } else { asn1::UTF8_STRING };
        asn1::sequence(&[&asn1::object_identifier(&self.oid), &asn1::tlv(tag, &[self.value.as_bytes()])])
    }
}

/// The alphabet of PrintableString (X.680 §41.4).
pub(crate) fn is_printable(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b" '()+,-./:=?".contains(&byte))
}

fn decode_attributes(reader: &mut SliceReader<'_>) -> der::Result<Vec<Attribute>> {
    let mut attributes = Vec::new();
    while !reader.is_finished() {
        attributes.extend(decode_rdn(reader)?);
    }
    Ok(attributes)
}

/// RelativeDistinguishedName: a SET of one attribute or more.
fn decode_rdn(reader: &mut SliceReader<'_>) -> der::Result<Vec<Attribute>> {
    let set: AnyRef<'_> = reader.decode()?;
    set.tag().assert_eq(Tag::Set)?;
    if set.value().is_empty() {
        return Err(Tag::Set.length_error().into());
    }
    let mut elements = SliceReader::new(set.value())?;
    let mut attributes = Vec::new();
    while !elements.is_finished() {
        attributes.push(elements.sequence(|reader| {
            let oid = reader.decode()?;
            let value: AnyRef<'_> = reader.decode()?;
            let text = decode_string(value);
            let is_string = text.is_some();
            let value = text.unwrap_or_else(|| format!("#{}", hex::encode(asn1::encode(&value))));
            Ok::<_, der::Error>(Attribute { oid, value, is_string })
        })?);
    }
    Ok(attributes)
}

/// DirectoryString and its relatives; none for any other type, and for octets
/// that are not what their type says.
fn decode_string(value: AnyRef<'_>) -> Option<String> {
    let octets = value.value();
    match value.tag() {
        Tag::Utf8String => String::from_utf8(octets.to_vec()).ok(),
        Tag::PrintableString | Tag::Ia5String | Tag::NumericString | Tag::VisibleString if octets.is_ascii() => {
            String::from_utf8(octets.to_vec()).ok()
        }
        // In practice Latin-1.
        Tag::TeletexString => Some(octets.iter().copied().map(char::from).collect()),
        Tag::BmpString => {
            let (units, []) = octets.as_chunks() else { return None };
            char::decode_utf16(units.iter().copied().map(u16::from_be_bytes)).collect::<Result<_, _>>().ok()
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn attribute(oid: ObjectIdentifier, value: &str) -> Attribute {
        Attribute::string(oid, value)
    }

    /// A name with one attribute of the given string type.
    fn name_with(tag: u8, octets: &[u8]) -> DistinguishedName {
        let value = asn1::tlv(tag, &[octets]);
        let attribute = asn1::sequence(&[&asn1::object_identifier(&oid::COMMON_NAME), &value]);
        DistinguishedName::from_der(&asn1::sequence(&[&asn1::tlv(asn1::SET, &[&attribute])])).unwrap()
    }

    #[test]
    fn strings_are_printable_where_their_characters_allow_it() {
        let name = DistinguishedName::from_common_name("a b");
        assert_eq!(hex::encode(name.der()), "300e310c300a06035504031303612062");
        for text in ["*.a", "a&b", "a@b", "a_b", "ü"] {
            let name = DistinguishedName::from_common_name(text);
            assert!(name.der().contains(&asn1::UTF8_STRING), "{text}");
            assert_eq!(DistinguishedName::from_der(name.der()).unwrap(), name);
        }
    }

    #[test]
    fn values_of_one_type_share_an_rdn() {
        let attributes = vec![
            attribute(oid::ORGANIZATIONAL_UNIT, "b"),
            attribute(oid::ORGANIZATIONAL_UNIT, "a"),
            attribute(oid::COMMON_NAME, "c"),
        ];
        let name = DistinguishedName::from_attributes(attributes);
        let expected =
            concat!("3022", "3114", "3008060355040b130161", "3008060355040b130162", "310a30080603550403130163");
        assert_eq!(hex::encode(name.der()), expected);
        assert_eq!(DistinguishedName::from_der(name.der()).unwrap().to_string(), "OU=a, OU=b, CN=c");
    }

    #[test]
    fn every_string_type_is_read() {
        assert_eq!(name_with(0x0c, "ü".as_bytes()).common_name(), Some("ü"));
        assert_eq!(name_with(0x13, b"a").common_name(), Some("a"));
        assert_eq!(name_with(0x16, b"a@b").common_name(), Some("a@b"));
        assert_eq!(name_with(0x14, &[0xfc]).common_name(), Some("ü"));
        assert_eq!(name_with(0x1e, &[0, 0xfc]).common_name(), Some("ü"));
        let no_string = name_with(0x03, &[0, 1]);
        assert_eq!(no_string.common_name(), Some("#03020001"));
        assert!(!no_string.attributes()[0].is_string());
        assert!(!name_with(0x0c, &[0xff]).attributes()[0].is_string());
    }

    #[test]
    fn the_common_name_can_be_taken_out() {
        let attributes = vec![attribute(oid::ORGANIZATION, "o"), attribute(oid::COMMON_NAME, "c")];
        let name = DistinguishedName::from_attributes(attributes).without_common_name();
        assert_eq!(name, DistinguishedName::from_attributes(vec![attribute(oid::ORGANIZATION, "o")]));
        assert!(DistinguishedName::from_common_name("c").without_common_name().is_empty());
    }

    #[test]
    fn octets_that_are_no_name_are_refused() {
        for der in ["", "3100", "30023100", "3002", "300c310a3008060355040313016300", "3003310130"] {
            assert_eq!(DistinguishedName::from_der(&hex::decode(der).unwrap()), Err(DistinguishedNameError), "{der}");
        }
    }

    proptest! {
        #[test]
        fn a_name_that_is_built_is_read_back(values in prop::collection::vec(("[0-9]", any::<String>()), 0..6)) {
            let type_of = |digit: &str| ObjectIdentifier::new(&format!("2.5.4.{digit}")).unwrap();
            let mut attributes: Vec<_> = values.iter().map(|(digit, value)| attribute(type_of(digit), value)).collect();
            attributes.sort_by_key(|attribute| attribute.encode());
            let name = DistinguishedName::from_attributes(attributes);
            prop_assert_eq!(DistinguishedName::from_der(name.der()).map(|name| name.der), Ok(name.der));
        }
    }
}
