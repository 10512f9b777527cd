//! Certificate extensions (RFC 5280 §4.2) as JSON; what is not set is left out.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde::Serialize;
use x509_parser::extensions::{DistributionPointName, GeneralName, ParsedExtension, X509Extension};

use super::{
    super::{
        provisioner::{self, StepProvisioner},
        vocabulary::ip_address,
    },
    name::Name,
    name_constraints::NameConstraints,
    usages::{ExtendedKeyUsages, KeyUsages},
};

#[derive(Default, Serialize)]
pub(super) struct Extensions {
    #[serde(skip_serializing_if = "Option::is_none")]
    key_usage: Option<KeyUsages>,
    #[serde(skip_serializing_if = "Option::is_none")]
    basic_constraints: Option<BasicConstraints>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject_alt_name: Option<AlternativeNames>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name_constraints: Option<NameConstraints>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    crl_distribution_points: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    authority_key_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject_key_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    extended_key_usage: Option<ExtendedKeyUsages>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    certificate_policies: Vec<Policy>,
    #[serde(skip_serializing_if = "Option::is_none")]
    authority_info_access: Option<InfoAccess>,
    #[serde(skip_serializing_if = "Option::is_none")]
    step_provisioner: Option<Provisioner>,
}

#[derive(Serialize)]
pub(super) struct UnknownExtension {
    id: String,
    critical: bool,
    value: String,
}

#[derive(Serialize)]
struct BasicConstraints {
    is_ca: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_path_len: Option<u32>,
}

#[derive(Default, Serialize)]
struct AlternativeNames {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    dns_names: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    email_addresses: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ip_addresses: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    uniform_resource_identifiers: Vec<String>,
}

#[derive(Serialize)]
struct Policy {
    id: String,
}

#[derive(Default, Serialize)]
struct InfoAccess {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ocsp_urls: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    issuer_urls: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Provisioner {
    #[serde(rename = "credentialID")]
    credential_id: String,
    name: String,
    r#type: &'static str,
}

impl Extensions {
    /// Those with a member of their own, and the rest.
    pub(super) fn read<'a>(all: impl Iterator<Item = &'a X509Extension<'a>>) -> (Self, Vec<UnknownExtension>) {
        let (mut known, mut unknown) = (Self::default(), Vec::new());
        for extension in all {
            if !known.take(extension) {
                unknown.push(UnknownExtension {
                    id: extension.oid.to_id_string(),
                    critical: extension.critical,
                    value: BASE64_STANDARD.encode(extension.value),
                });
            }
        }
        (known, unknown)
    }

    /// Whether the extension has a member, which it then fills.
    fn take(&mut self, extension: &X509Extension<'_>) -> bool {
        match extension.parsed_extension() {
            ParsedExtension::KeyUsage(usage) => self.key_usage = Some(KeyUsages::of(usage)),
            ParsedExtension::BasicConstraints(constraints) => {
                let (is_ca, max_path_len) = (constraints.ca, constraints.path_len_constraint);
                self.basic_constraints = Some(BasicConstraints { is_ca, max_path_len });
            }
            ParsedExtension::SubjectAlternativeName(names) => {
                self.subject_alt_name = Some(AlternativeNames::of(&names.general_names));
            }
            ParsedExtension::NameConstraints(constraints) => {
                self.name_constraints = Some(NameConstraints::of(extension.critical, constraints));
            }
            ParsedExtension::CRLDistributionPoints(points) => {
                let names = points.iter().filter_map(|point| match &point.distribution_point {
                    Some(DistributionPointName::FullName(names)) => Some(names),
                    _ => None,
                });
                self.crl_distribution_points = names.flatten().filter_map(uri).collect();
            }
            ParsedExtension::AuthorityKeyIdentifier(identifier) => {
                self.authority_key_id = identifier.key_identifier.as_ref().map(|identifier| hex::encode(identifier.0));
            }
            ParsedExtension::SubjectKeyIdentifier(identifier) => self.subject_key_id = Some(hex::encode(identifier.0)),
            ParsedExtension::ExtendedKeyUsage(usage) => self.extended_key_usage = Some(ExtendedKeyUsages::of(usage)),
            ParsedExtension::CertificatePolicies(policies) => {
                let policy = |oid: String| Policy { id: oid };
                self.certificate_policies =
                    policies.iter().map(|policies| policy(policies.policy_id.to_id_string())).collect();
            }
            ParsedExtension::AuthorityInfoAccess(access) => {
                let of = |method: &str| {
                    let descriptions = access.accessdescs.iter();
                    let of_method = descriptions.filter(|access| access.access_method.to_id_string() == method);
                    of_method.filter_map(|access| uri(&access.access_location)).collect()
                };
                self.authority_info_access =
                    Some(InfoAccess { ocsp_urls: of("1.3.6.1.5.5.7.48.1"), issuer_urls: of("1.3.6.1.5.5.7.48.2") });
            }
            _ if extension.oid.to_id_string() == provisioner::OID => {
                let Some(provisioner) = StepProvisioner::read(extension.value) else { return false };
                self.step_provisioner = Some(Provisioner {
                    credential_id: provisioner.credential_id,
                    name: provisioner.name,
                    r#type: provisioner.kind,
                });
            }
            _ => return false,
        }
        true
    }

    /// What looks like the name of a host, in the common name and the alternative names: sorted, each once.
    pub(super) fn host_names(&self, subject: &Name) -> Vec<String> {
        let alternative = self.subject_alt_name.iter();
        let alternative = alternative.flat_map(|names| {
            names.dns_names.iter().chain(&names.ip_addresses).chain(&names.uniform_resource_identifiers)
        });
        let common = subject.common_name.iter().filter(|name| is_host_name(name));
        let mut names: Vec<String> = common.chain(alternative).cloned().collect();
        names.sort();
        names.dedup();
        names
    }

    /// How carefully the subject was looked at, by the policies of the CA/Browser Forum.
    pub(super) fn validation_level(&self) -> &'static str {
        let has = |oid: &str| self.certificate_policies.iter().any(|policy| policy.id == oid);
        if has("2.23.140.1.1") {
            "EV"
        } else if has("2.23.140.1.2.2") {
            "OV"
        } else if has("2.23.140.1.2.1") {
            "DV"
        } else {
            "unknown"
        }
    }
}

/// Letters, digits, hyphens and dots with a dot somewhere inside, or an address.
fn is_host_name(name: &str) -> bool {
    let plausible = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '.' | '_' | '*');
    let dotted = name.trim_matches('.').contains('.') && !name.contains("..");
    name.parse::<std::net::IpAddr>().is_ok() || (dotted && name.chars().all(plausible))
}

impl AlternativeNames {
    fn of(names: &[GeneralName<'_>]) -> Self {
        let mut sorted = Self::default();
        for name in names {
            match name {
                GeneralName::DNSName(text) => sorted.dns_names.push((*text).to_owned()),
                GeneralName::IPAddress(octets) => sorted.ip_addresses.push(ip_address(octets)),
                GeneralName::RFC822Name(text) => sorted.email_addresses.push((*text).to_owned()),
                GeneralName::URI(text) => sorted.uniform_resource_identifiers.push((*text).to_owned()),
                _ => {}
            }
        }
        sorted
    }
}

fn uri(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::URI(text) => Some((*text).to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_common_name_counts_only_if_it_could_be_a_host() {
        for (name, is_host) in [
            ("a.example.com", true),
            ("*.example.com", true),
            ("::1", true),
            ("Example Root CA", false),
            ("localhost", false),
            ("a..b", false),
        ] {
            assert_eq!(is_host_name(name), is_host, "{name}");
        }
    }
}
