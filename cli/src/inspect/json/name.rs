//! Distinguished names (RFC 5280 §4.1.2.4) as JSON.

use serde::Serialize;
use x509_parser::x509::X509Name;

use super::super::vocabulary::attributes;

/// The values of each kind of attribute; kinds that do not occur are left out.
#[derive(Default, Serialize)]
pub(super) struct Name {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) common_name: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    serial_number: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    country: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    locality: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    province: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    street_address: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    organization: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    organizational_unit: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    postal_code: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    domain_component: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    email_address: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    given_name: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    surname: Vec<String>,
}

impl Name {
    pub(super) fn of(name: &X509Name<'_>) -> Self {
        let mut sorted = Self::default();
        for (oid, value) in attributes(name) {
            let values = match oid.as_str() {
                "0.9.2342.19200300.100.1.25" => &mut sorted.domain_component,
                "1.2.840.113549.1.9.1" => &mut sorted.email_address,
                "2.5.4.10" => &mut sorted.organization,
                "2.5.4.11" => &mut sorted.organizational_unit,
                "2.5.4.17" => &mut sorted.postal_code,
                "2.5.4.3" => &mut sorted.common_name,
                "2.5.4.4" => &mut sorted.surname,
                "2.5.4.42" => &mut sorted.given_name,
                "2.5.4.5" => &mut sorted.serial_number,
                "2.5.4.6" => &mut sorted.country,
                "2.5.4.7" => &mut sorted.locality,
                "2.5.4.8" => &mut sorted.province,
                "2.5.4.9" => &mut sorted.street_address,
                _ => continue,
            };
            values.push(value);
        }
        sorted
    }
}

/// `C=DE, O=Example, CN=a`.
pub(super) fn text(name: &X509Name<'_>) -> String {
    let attribute = |(oid, value): (String, String)| {
        let key = match oid.as_str() {
            "0.9.2342.19200300.100.1.25" => "DC",
            "1.2.840.113549.1.9.1" => "emailAddress",
            "2.5.4.10" => "O",
            "2.5.4.11" => "OU",
            "2.5.4.17" => "postalCode",
            "2.5.4.3" => "CN",
            "2.5.4.4" => "SN",
            "2.5.4.42" => "GN",
            "2.5.4.5" => "serialNumber",
            "2.5.4.6" => "C",
            "2.5.4.7" => "L",
            "2.5.4.8" => "ST",
            "2.5.4.9" => "street",
            other => other,
        };
        format!("{key}={value}")
    };
    attributes(name).into_iter().map(attribute).collect::<Vec<_>>().join(", ")
}
