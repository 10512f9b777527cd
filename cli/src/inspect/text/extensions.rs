//! The extensions of a certificate, one block each.

use x509_parser::extensions::{DistributionPointName, GeneralName, GeneralSubtree, ParsedExtension, X509Extension};

use super::{
    super::{
        provisioner::{self, StepProvisioner},
        vocabulary::{extended_key_usages, ip_address, ip_range, key_usages},
    },
    Case, Page, colons, name,
};

impl Page {
    pub(super) fn extension(&mut self, extension: &X509Extension<'_>) {
        match extension.parsed_extension() {
            ParsedExtension::KeyUsage(usage) => {
                let usages = key_usages(usage);
                self.heading("X509v3 Key Usage", extension);
                self.line(16, if usages.is_empty() { "None".into() } else { usages.join(", ") }.as_str());
            }
            ParsedExtension::ExtendedKeyUsage(usage) => {
                self.heading("X509v3 Extended Key Usage", extension);
                self.line(16, &extended_key_usages(usage).join(", "));
            }
            ParsedExtension::BasicConstraints(constraints) => {
                self.heading("X509v3 Basic Constraints", extension);
                self.line(
                    16,
                    &match (constraints.ca, constraints.path_len_constraint) {
                        (false, _) => "CA:FALSE".to_owned(),
                        (true, None) => "CA:TRUE".to_owned(),
                        (true, Some(length)) => format!("CA:TRUE, pathlen:{length}"),
                    },
                );
            }
            ParsedExtension::SubjectKeyIdentifier(identifier) => {
                self.heading("X509v3 Subject Key Identifier", extension);
                self.line(16, &colons(identifier.0, Case::Upper));
            }
            ParsedExtension::AuthorityKeyIdentifier(identifier) => {
                self.heading("X509v3 Authority Key Identifier", extension);
                if let Some(identifier) = &identifier.key_identifier {
                    self.line(16, &format!("keyid:{}", colons(identifier.0, Case::Upper)));
                }
            }
            ParsedExtension::SubjectAlternativeName(names) => {
                self.heading("X509v3 Subject Alternative Name", extension);
                self.alternative_names(&names.general_names);
            }
            ParsedExtension::NameConstraints(constraints) => {
                self.heading("X509v3 Name Constraints", extension);
                self.subtrees("Permitted:", constraints.permitted_subtrees.as_deref());
                self.subtrees("Excluded:", constraints.excluded_subtrees.as_deref());
            }
            ParsedExtension::CRLDistributionPoints(points) => {
                self.heading("X509v3 CRL Distribution Points", extension);
                for point in points.iter().filter_map(|point| point.distribution_point.as_ref()) {
                    self.distribution_point(point);
                }
            }
            ParsedExtension::CertificatePolicies(policies) => {
                self.heading("X509v3 Certificate Policies", extension);
                for policy in policies {
                    self.line(16, &format!("Policy: {}", policy.policy_id.to_id_string()));
                }
            }
            ParsedExtension::AuthorityInfoAccess(access) => {
                self.heading("Authority Information Access", extension);
                for description in &access.accessdescs {
                    let method = match description.access_method.to_id_string().as_str() {
                        "1.3.6.1.5.5.7.48.1" => "OCSP".to_owned(),
                        "1.3.6.1.5.5.7.48.2" => "CA Issuers".to_owned(),
                        other => other.to_owned(),
                    };
                    self.line(16, &format!("{method} - {}", general_name(&description.access_location)));
                }
            }
            _ => self.other_extension(extension),
        }
    }

    fn other_extension(&mut self, extension: &X509Extension<'_>) {
        let oid = extension.oid.to_id_string();
        if oid == provisioner::OID
            && let Some(provisioner) = StepProvisioner::read(extension.value)
        {
            self.heading("X509v3 Step Provisioner", extension);
            self.line(16, &format!("Type: {}", provisioner.kind));
            self.line(16, &format!("Name: {}", provisioner.name));
            self.line(16, &format!("CredentialID: {}", provisioner.credential_id));
        } else {
            // Upstream does not indent the extensions of the standard's own arc.
            let indent = if oid.starts_with("2.5.29.") { 0 } else { 12 };
            self.line(indent, &format!("Unknown extension {oid}"));
        }
    }

    fn heading(&mut self, title: &str, extension: &X509Extension<'_>) {
        let critical = if extension.critical { " critical" } else { "" };
        self.line(12, &format!("{title}:{critical}"));
    }

    /// One line a kind of name; names of kinds a TLS client does not look at are not shown.
    fn alternative_names(&mut self, names: &[GeneralName<'_>]) {
        let kinds: [fn(&GeneralName<'_>) -> Option<String>; 3] = [
            |name| if let GeneralName::DNSName(name) = name { Some(format!("DNS:{name}")) } else { None },
            |name| if let GeneralName::RFC822Name(name) = name { Some(format!("email:{name}")) } else { None },
            |name| {
                if let GeneralName::IPAddress(octets) = name {
                    Some(format!("IP Address:{}", ip_address(octets)))
                } else {
                    None
                }
            },
        ];
        for kind in kinds {
            let line = names.iter().filter_map(kind).collect::<Vec<_>>().join(", ");
            if !line.is_empty() {
                self.line(16, &line);
            }
        }
    }

    fn subtrees(&mut self, title: &str, subtrees: Option<&[GeneralSubtree<'_>]>) {
        let Some(subtrees) = subtrees else { return };
        self.line(16, title);
        for subtree in subtrees {
            self.line(
                18,
                &match &subtree.base {
                    GeneralName::IPAddress(octets) => format!("IP:{}", ip_range(octets)),
                    other => general_name(other),
                },
            );
        }
    }

    fn distribution_point(&mut self, point: &DistributionPointName<'_>) {
        if let DistributionPointName::FullName(names) = point {
            self.line(16, "Full Name:");
            names.iter().for_each(|name| self.line(20, &general_name(name)));
        }
    }
}

fn general_name(general: &GeneralName<'_>) -> String {
    match general {
        GeneralName::DNSName(text) => format!("DNS:{text}"),
        GeneralName::DirectoryName(directory) => format!("DirName:{}", name(directory)),
        GeneralName::IPAddress(octets) => format!("IP Address:{}", ip_address(octets)),
        GeneralName::RFC822Name(text) => format!("email:{text}"),
        GeneralName::RegisteredID(oid) => format!("Registered ID:{}", oid.to_id_string()),
        GeneralName::URI(text) => format!("URI:{text}"),
        _ => "unsupported".to_owned(),
    }
}
