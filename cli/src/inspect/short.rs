//! A certificate in a few lines: whose it is, who issued it, and until when.

use std::fmt::Write as _;

use x509_parser::{
    certificate::X509Certificate,
    extensions::{GeneralName, ParsedExtension, X509Extension},
    x509::{SubjectPublicKeyInfo, X509Name},
};

use super::{
    Document, InspectError, certificate,
    key::{KeyParts, bits},
    provisioner::{self, StepProvisioner},
    request, requested_extensions,
    vocabulary::ip_address,
};
use crate::output::printable;

/// The few lines, with a line end at their end.
pub(crate) fn render(document: &Document) -> Result<String, InspectError> {
    let text = match document {
        Document::Certificate(der) => of_certificate(&certificate(der)?),
        Document::Request(der) => {
            let request = request(der)?;
            let info = &request.certification_request_info;
            let names = names(&info.subject, requested_extensions(&request).into_iter());
            let title = format!("X.509v3 Certificate Signing Request ({})", key(&info.subject_pki));
            lines(&title, [("Subject:", names)])
        }
    };
    Ok(text)
}

fn of_certificate(certificate: &X509Certificate<'_>) -> String {
    let serial = certificate.serial.to_string();
    let title = format!(
        "X.509v3 {} Certificate ({}) [Serial: {}]",
        role(certificate),
        key(certificate.public_key()),
        abbreviated(&serial)
    );
    let validity = certificate.validity();
    let provisioner =
        certificate.extensions().iter().find(|extension| extension.oid.to_id_string() == provisioner::OID);
    let provisioner = provisioner.and_then(|extension| StepProvisioner::read(extension.value));
    let provisioner = provisioner.map(|provisioner| match provisioner.credential_id.as_str() {
        "" => provisioner.name,
        id => format!("{} [ID: {}]", provisioner.name, abbreviated(id)),
    });
    lines(
        &title,
        [
            ("Subject:", names(certificate.subject(), certificate.extensions().iter())),
            ("Issuer:", vec![common_name(certificate.issuer())]),
            ("Provisioner:", provisioner.into_iter().collect()),
            ("Valid from:", vec![authority::Timestamp::from_unix(validity.not_before.timestamp()).to_string()]),
            ("        to:", vec![authority::Timestamp::from_unix(validity.not_after.timestamp()).to_string()]),
        ],
    )
}

fn role(certificate: &X509Certificate<'_>) -> &'static str {
    let own = certificate.subject().as_raw() == certificate.issuer().as_raw();
    match (certificate.is_ca(), own) {
        (true, true) => "Root CA",
        (true, false) => "Intermediate CA",
        (false, _) => "TLS",
    }
}

/// `ECDSA P-256`, `RSA 2048`, `Ed25519`.
fn key(key: &SubjectPublicKeyInfo<'_>) -> String {
    match KeyParts::of(key) {
        KeyParts::Ec { curve, .. } => format!("ECDSA {}", curve.map_or("unknown curve", |curve| curve.name)),
        KeyParts::Ed25519(_) => "Ed25519".to_owned(),
        KeyParts::Rsa { modulus, .. } => format!("RSA {}", bits(modulus)),
        KeyParts::Unknown => "unknown key".to_owned(),
    }
}

/// Every alternative name, or the common name when there is none.
fn names<'a>(subject: &X509Name<'_>, extensions: impl Iterator<Item = &'a X509Extension<'a>>) -> Vec<String> {
    let names: Vec<String> = extensions
        .filter_map(|extension| match extension.parsed_extension() {
            ParsedExtension::SubjectAlternativeName(names) => Some(&names.general_names),
            _ => None,
        })
        .flatten()
        .filter_map(|name| match name {
            GeneralName::DNSName(text) | GeneralName::RFC822Name(text) | GeneralName::URI(text) => {
                Some((*text).to_owned())
            }
            GeneralName::IPAddress(octets) => Some(ip_address(octets)),
            _ => None,
        })
        .collect();
    if names.is_empty() { vec![common_name(subject)] } else { names }
}

fn common_name(name: &X509Name<'_>) -> String {
    let first = name.iter_common_name().next().and_then(|attribute| attribute.as_str().ok());
    first.map_or_else(|| name.to_string(), str::to_owned)
}

/// The first and last four characters of what is long.
fn abbreviated(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    match (letters.first_chunk::<4>(), letters.last_chunk::<4>()) {
        (Some(first), Some(last)) if letters.len() > 9 => {
            format!("{}...{}", first.iter().collect::<String>(), last.iter().collect::<String>())
        }
        _ => text.to_owned(),
    }
}

fn lines<const COUNT: usize>(title: &str, fields: [(&str, Vec<String>); COUNT]) -> String {
    let mut text = format!("{title}\n");
    for (label, values) in fields {
        for (index, value) in values.iter().enumerate() {
            let label = if index == 0 { label } else { "" };
            let _ = writeln!(text, "  {label:<12} {}", printable(value));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_numbers_show_their_ends() {
        assert_eq!(abbreviated("123456789"), "123456789");
        assert_eq!(abbreviated("1234567890"), "1234...7890");
    }
}
