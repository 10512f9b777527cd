//! Name constraints (RFC 5280 §4.2.1.10) as JSON.

use serde::Serialize;
use x509_parser::extensions::{GeneralName, GeneralSubtree, NameConstraints as Parsed};

use super::super::vocabulary::ip_range;

#[derive(Serialize)]
pub(super) struct NameConstraints {
    critical: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    permitted_names: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    permitted_email_addresses: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    permitted_ip_addresses: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    excluded_names: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    excluded_email_addresses: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    excluded_ip_addresses: Vec<String>,
}

impl NameConstraints {
    pub(super) fn of(critical: bool, constraints: &Parsed<'_>) -> Self {
        let permitted = Subtrees::of(constraints.permitted_subtrees.as_deref().unwrap_or_default());
        let excluded = Subtrees::of(constraints.excluded_subtrees.as_deref().unwrap_or_default());
        Self {
            critical,
            permitted_names: permitted.names,
            permitted_email_addresses: permitted.email_addresses,
            permitted_ip_addresses: permitted.ip_addresses,
            excluded_names: excluded.names,
            excluded_email_addresses: excluded.email_addresses,
            excluded_ip_addresses: excluded.ip_addresses,
        }
    }
}

/// One side of name constraints.
#[derive(Default)]
struct Subtrees {
    names: Vec<String>,
    email_addresses: Vec<String>,
    ip_addresses: Vec<String>,
}

impl Subtrees {
    fn of(subtrees: &[GeneralSubtree<'_>]) -> Self {
        let mut sorted = Self::default();
        for subtree in subtrees {
            match &subtree.base {
                GeneralName::DNSName(text) => sorted.names.push((*text).to_owned()),
                GeneralName::IPAddress(octets) => sorted.ip_addresses.push(ip_range(octets)),
                GeneralName::RFC822Name(text) => sorted.email_addresses.push((*text).to_owned()),
                _ => {}
            }
        }
        sorted
    }
}
