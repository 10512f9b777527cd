//! The subject a certificate gets: what the profile takes from a request, and
//! what the operator fills in.

use der::asn1::ObjectIdentifier;
use thiserror::Error;

use crate::distinguished_name::{Attribute, DistinguishedName, is_printable};
use crate::names::text::forbidden_character;
use crate::oid;

/// Longest common name (RFC 5280 A.1, ub-common-name), in characters.
pub const MAX_COMMON_NAME: usize = 64;

/// The attributes a subject can have, in their order, with the most characters
/// each may have (RFC 5280 A.1; X.520 for the postal ones). A request's other
/// attributes are left out.
const ATTRIBUTES: [(ObjectIdentifier, usize); 9] = [
    (oid::COUNTRY, 2),
    (oid::ORGANIZATION, 64),
    (oid::ORGANIZATIONAL_UNIT, 64),
    (oid::LOCALITY, 128),
    (oid::PROVINCE, 128),
    (oid::STREET_ADDRESS, 128),
    (oid::POSTAL_CODE, 40),
    (oid::COMMON_NAME, MAX_COMMON_NAME),
    (oid::SUBJECT_SERIAL_NUMBER, 64),
];

/// An attribute cannot stand in a subject.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum SubjectError {
    /// No text at all, where there is an attribute.
    #[error("the subject attribute {oid} is empty")]
    Empty {
        /// AttributeType.
        oid: ObjectIdentifier,
    },
    /// More characters than X.520 allows.
    #[error("the subject attribute {oid} has more than {limit} characters")]
    TooLong {
        /// AttributeType.
        oid: ObjectIdentifier,
        /// The most it may have.
        limit: usize,
    },
    /// A control or direction character, or in a country or serial number one
    /// that PrintableString does not have.
    #[error("the subject attribute {oid} has the character {character:?} in it")]
    Character {
        /// AttributeType.
        oid: ObjectIdentifier,
        /// The first such character.
        character: char,
    },
    /// A value that is no string.
    #[error("the subject attribute {oid} is not text")]
    NotText {
        /// AttributeType.
        oid: ObjectIdentifier,
    },
    /// A country that is not two letters (ISO 3166).
    #[error("the country of a subject has two letters")]
    Country,
    /// More attributes than anybody needs.
    #[error("the subject has more than {limit} attributes")]
    TooManyAttributes {
        /// The most it may have.
        limit: usize,
    },
    /// Several common names: it would not be clear which one was checked.
    #[error("the subject has more than one common name")]
    SeveralCommonNames,
}

/// Attributes the operator fills in where a request has none: `template` in
/// `ca.json`. An absent or empty value fills in nothing.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct SubjectTemplate {
    attributes: Vec<Attribute>,
}

impl SubjectTemplate {
    /// From the values of `ca.json`, each of which must be fit for a subject.
    pub fn new(values: SubjectTemplateValues<'_>) -> Result<Self, SubjectError> {
        let SubjectTemplateValues { country, organization, organizational_unit, locality, province, street_address } =
            values;
        let attributes = [
            (oid::COUNTRY, country),
            (oid::ORGANIZATION, organization),
            (oid::ORGANIZATIONAL_UNIT, organizational_unit),
            (oid::LOCALITY, locality),
            (oid::PROVINCE, province),
            (oid::STREET_ADDRESS, street_address),
        ];
        let attributes: Vec<_> = attributes
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(oid, value)| Attribute::string(oid, value))
            .collect();
        attributes.iter().try_for_each(check_attribute)?;
        Ok(Self { attributes })
    }
}

/// What a [`SubjectTemplate`] is made from; empty means absent.
#[derive(Clone, Copy, Debug, Default)]
pub struct SubjectTemplateValues<'a> {
    /// countryName: two letters.
    pub country: &'a str,
    /// organizationName.
    pub organization: &'a str,
    /// organizationalUnitName.
    pub organizational_unit: &'a str,
    /// localityName.
    pub locality: &'a str,
    /// stateOrProvinceName.
    pub province: &'a str,
    /// streetAddress.
    pub street_address: &'a str,
}

/// Most attributes of a subject.
const MAX_ATTRIBUTES: usize = 32;

/// Checks the subject of a request: every attribute, whether it will be taken
/// over or not, because none may hide anything.
pub(crate) fn check(subject: &DistinguishedName) -> Result<(), SubjectError> {
    if subject.attributes().len() > MAX_ATTRIBUTES {
        return Err(SubjectError::TooManyAttributes { limit: MAX_ATTRIBUTES });
    }
    for attribute in subject.attributes() {
        // An empty common name means "no common name" to clients.
        if attribute.oid == oid::COMMON_NAME && attribute.value.is_empty() {
            continue;
        }
        check_attribute(attribute)?;
    }
    if subject.values(oid::COMMON_NAME).count() > 1 { Err(SubjectError::SeveralCommonNames) } else { Ok(()) }
}

/// The subject of a certificate: the attributes of `requested` the profile
/// knows, `template` where it has none of a type, and `common_name`.
pub(crate) fn build(
    requested: &DistinguishedName,
    template: &SubjectTemplate,
    common_name: Option<&str>,
) -> DistinguishedName {
    let mut attributes = Vec::new();
    for (oid, _) in ATTRIBUTES {
        let before = attributes.len();
        if oid == oid::COMMON_NAME {
            attributes.extend(common_name.map(|name| Attribute::string(oid, name)));
            continue;
        }
        attributes.extend(requested.values(oid).map(|value| Attribute::string(oid, value)));
        if attributes.len() == before {
            attributes.extend(template.attributes.iter().filter(|attribute| attribute.oid == oid).cloned());
        }
    }
    DistinguishedName::from_attributes(attributes)
}

fn check_attribute(attribute: &Attribute) -> Result<(), SubjectError> {
    let Attribute { oid, value, .. } = attribute;
    let oid = *oid;
    if let Some(character) = forbidden_character(value) {
        return Err(SubjectError::Character { oid, character });
    }
    let Some((_, limit)) = ATTRIBUTES.iter().find(|(known, _)| *known == oid) else {
        return Ok(());
    };
    if !attribute.is_string() {
        return Err(SubjectError::NotText { oid });
    }
    if value.is_empty() {
        return Err(SubjectError::Empty { oid });
    }
    if value.chars().count() > *limit {
        return Err(SubjectError::TooLong { oid, limit: *limit });
    }
    if oid == oid::COUNTRY && !(value.len() == 2 && value.bytes().all(|byte| byte.is_ascii_alphabetic())) {
        return Err(SubjectError::Country);
    }
    // RFC 5280 A.1: X520SerialNumber is a PrintableString and nothing else.
    if oid == oid::SUBJECT_SERIAL_NUMBER && !is_printable(value) {
        let character = value.chars().find(|character| !is_printable(&character.to_string())).unwrap_or_default();
        return Err(SubjectError::Character { oid, character });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(attributes: &[(ObjectIdentifier, &str)]) -> DistinguishedName {
        DistinguishedName::from_attributes(
            attributes.iter().map(|(oid, value)| Attribute::string(*oid, value)).collect(),
        )
    }

    #[test]
    fn known_attributes_are_taken_over_in_a_fixed_order_and_others_left_out() {
        let email_address = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.1");
        let requested = name(&[
            (oid::SUBJECT_SERIAL_NUMBER, "7"),
            (oid::COMMON_NAME, "host"),
            (email_address, "a@b"),
            (oid::POSTAL_CODE, "12345"),
            (oid::ORGANIZATIONAL_UNIT, "one"),
            (oid::ORGANIZATION, "Example"),
            (oid::ORGANIZATIONAL_UNIT, "two"),
        ]);
        let subject = build(&requested, &SubjectTemplate::default(), Some("host"));
        assert_eq!(subject.to_string(), "O=Example, OU=one, OU=two, 2.5.4.17=12345, CN=host, 2.5.4.5=7");
    }

    #[test]
    fn values_of_one_type_are_in_the_order_of_der_whatever_order_they_came_in() {
        let requested = name(&[(oid::ORGANIZATIONAL_UNIT, "b"), (oid::ORGANIZATIONAL_UNIT, "a")]);
        let subject = build(&requested, &SubjectTemplate::default(), None);
        assert_eq!(subject.to_string(), "OU=a, OU=b");
        assert_eq!(DistinguishedName::from_der(subject.der()), Ok(subject));
    }

    #[test]
    fn a_subject_has_at_most_32_attributes() {
        let units = |count| name(&vec![(oid::ORGANIZATIONAL_UNIT, "unit"); count]);
        assert_eq!(check(&units(32)), Ok(()));
        assert_eq!(check(&units(33)), Err(SubjectError::TooManyAttributes { limit: 32 }));
    }

    #[test]
    fn the_template_fills_in_only_what_the_request_leaves_out() {
        let values =
            SubjectTemplateValues { country: "DE", organization: "Ours", locality: "Kiel", ..Default::default() };
        let template = SubjectTemplate::new(values).unwrap();
        let subject = build(&name(&[(oid::ORGANIZATION, "Theirs")]), &template, None);
        assert_eq!(subject.to_string(), "C=DE, O=Theirs, L=Kiel");
    }

    #[test]
    fn attributes_that_could_hide_something_or_are_too_long_are_refused() {
        let long = "x".repeat(65);
        for (oid, value, expected) in [
            (oid::COMMON_NAME, "a\0b", SubjectError::Character { oid: oid::COMMON_NAME, character: '\0' }),
            (oid::ORGANIZATION, "a\u{202e}", SubjectError::Character { oid: oid::ORGANIZATION, character: '\u{202e}' }),
            (oid::COMMON_NAME, &long, SubjectError::TooLong { oid: oid::COMMON_NAME, limit: 64 }),
            (oid::ORGANIZATION, "", SubjectError::Empty { oid: oid::ORGANIZATION }),
            (oid::COUNTRY, "D1", SubjectError::Country),
            (oid::COUNTRY, "D", SubjectError::Country),
            (
                oid::SUBJECT_SERIAL_NUMBER,
                "a_b",
                SubjectError::Character { oid: oid::SUBJECT_SERIAL_NUMBER, character: '_' },
            ),
        ] {
            assert_eq!(check(&name(&[(oid, value)])), Err(expected));
        }
        assert_eq!(check(&name(&[(oid::COMMON_NAME, &"ü".repeat(64))])), Ok(()));
        assert_eq!(check(&name(&[(oid::COMMON_NAME, "")])), Ok(()));
        let two = name(&[(oid::COMMON_NAME, "a"), (oid::COMMON_NAME, "b")]);
        assert_eq!(check(&two), Err(SubjectError::SeveralCommonNames));
    }

    #[test]
    fn a_template_that_is_not_fit_for_a_subject_is_refused() {
        let values = SubjectTemplateValues { country: "Germany", ..Default::default() };
        assert!(SubjectTemplate::new(values).is_err());
    }
}
