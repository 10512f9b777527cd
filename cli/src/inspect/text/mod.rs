//! A certificate as OpenSSL would print it, in upstream's variant of that layout.

mod extensions;

use std::fmt::Write as _;

use time::OffsetDateTime;
use x509_parser::{
    time::ASN1Time,
    x509::{AlgorithmIdentifier, SubjectPublicKeyInfo, X509Name},
};

use super::{
    Document, InspectError, certificate,
    key::{KeyParts, bits},
    request, requested_extensions,
    vocabulary::{attributes, signature_algorithm},
};
use crate::output::printable;

/// The whole text, with a line end at its end.
pub(crate) fn render(document: &Document) -> Result<String, InspectError> {
    let mut page = Page::default();
    match document {
        Document::Certificate(der) => page.certificate(&certificate(der)?),
        Document::Request(der) => page.request(&request(der)?),
    }
    Ok(page.text)
}

/// Lines at an indentation.
#[derive(Default)]
struct Page {
    text: String,
}

impl Page {
    fn certificate(&mut self, certificate: &x509_parser::certificate::X509Certificate<'_>) {
        let version = u64::from(certificate.version.0);
        let signature = signature_algorithm(&certificate.signature_algorithm);
        self.line(0, "Certificate:");
        self.line(4, "Data:");
        self.line(8, &format!("Version: {} ({version:#x})", version + 1));
        self.line(8, &format!("Serial Number: {} ({:#x})", certificate.serial, certificate.serial));
        self.line(4, &format!("Signature Algorithm: {signature}"));
        self.line(8, &format!("Issuer: {}", name(certificate.issuer())));
        self.line(8, "Validity");
        self.line(12, &format!("Not Before: {}", time(certificate.validity().not_before)));
        self.line(12, &format!("Not After : {}", time(certificate.validity().not_after)));
        self.line(8, &format!("Subject: {}", name(certificate.subject())));
        self.public_key(certificate.public_key());
        if !certificate.extensions().is_empty() {
            self.line(8, "X509v3 extensions:");
            certificate.extensions().iter().for_each(|extension| self.extension(extension));
            self.line(0, "");
        }
        self.signature(&certificate.signature_algorithm, &certificate.signature_value.data);
    }

    fn request(&mut self, request: &x509_parser::certification_request::X509CertificationRequest<'_>) {
        let info = &request.certification_request_info;
        let version = u64::from(info.version.0);
        self.line(0, "Certificate Request:");
        self.line(4, "Data:");
        self.line(8, &format!("Version: {} ({version:#x})", version + 1));
        self.line(8, &format!("Subject: {}", name(&info.subject)));
        self.public_key(&info.subject_pki);
        let extensions = requested_extensions(request);
        if !extensions.is_empty() {
            self.line(8, "Requested Extensions:");
            extensions.into_iter().for_each(|extension| self.extension(extension));
            self.line(0, "");
        }
        self.signature(&request.signature_algorithm, &request.signature_value.data);
    }

    fn public_key(&mut self, key: &SubjectPublicKeyInfo<'_>) {
        let parts = KeyParts::of(key);
        self.line(8, "Subject Public Key Info:");
        self.line(12, &format!("Public Key Algorithm: {}", parts.algorithm()));
        match parts {
            KeyParts::Ec { curve, x, y, .. } => {
                self.line(16, &format!("Public-Key: ({} bit)", curve.map_or(0, |curve| curve.bits)));
                self.line(16, "X:");
                self.octets(20, 15, x);
                self.line(16, "Y:");
                self.octets(20, 15, y);
                self.line(16, &format!("Curve: {}", curve.map_or("unknown", |curve| curve.name)));
            }
            KeyParts::Ed25519(key) => {
                // Octets, as upstream counts here.
                self.line(16, &format!("Public-Key: ({} bit)", key.len()));
                self.octets(20, key.len().max(1), key);
            }
            KeyParts::Rsa { modulus, exponent } => {
                self.line(16, &format!("Public-Key: ({} bit)", bits(modulus)));
                self.line(16, "Modulus:");
                self.octets(20, 15, modulus);
                self.line(16, &format!("Exponent: {exponent} ({exponent:#x})"));
            }
            KeyParts::Unknown => {}
        }
    }

    fn signature(&mut self, algorithm: &AlgorithmIdentifier<'_>, octets: &[u8]) {
        self.line(4, &format!("Signature Algorithm: {}", signature_algorithm(algorithm)));
        self.octets(9, 18, octets);
    }

    /// Hexadecimal octets with colons between them; a line that is continued ends with one.
    fn octets(&mut self, indent: usize, per_line: usize, octets: &[u8]) {
        let lines = octets.chunks(per_line).count();
        for (index, line) in octets.chunks(per_line).enumerate() {
            let colon = if index + 1 < lines { ":" } else { "" };
            self.line(indent, &format!("{}{colon}", colons(line, Case::Lower)));
        }
    }

    fn line(&mut self, indent: usize, text: &str) {
        // What a stranger had signed cannot steer the terminal.
        let _ = writeln!(self.text, "{:indent$}{}", "", printable(text));
    }
}

enum Case {
    Lower,
    Upper,
}

/// `aa:bb:cc`.
fn colons(octets: &[u8], case: Case) -> String {
    let octet = |octet: &u8| match case {
        Case::Lower => format!("{octet:02x}"),
        Case::Upper => format!("{octet:02X}"),
    };
    octets.iter().map(octet).collect::<Vec<_>>().join(":")
}

/// `C=DE,O=Example,CN=a`: upstream names six attributes and calls all others unknown.
fn name(name: &X509Name<'_>) -> String {
    let attribute = |(oid, value): (String, String)| match oid.as_str() {
        "1.2.840.113549.1.9.1" => format!("emailAddress={value}"),
        "2.5.4.10" => format!("O={value}"),
        "2.5.4.11" => format!("OU={value}"),
        "2.5.4.3" => format!("CN={value}"),
        "2.5.4.6" => format!("C={value}"),
        "2.5.4.8" => format!("ST={value}"),
        oid => format!("UnknownOID={oid}"),
    };
    attributes(name).into_iter().map(attribute).collect::<Vec<_>>().join(",")
}

/// `Jan 2 15:04:05 2006 UTC`.
fn time(time: ASN1Time) -> String {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let time: OffsetDateTime = time.to_datetime();
    let month = MONTHS.get(usize::from(u8::from(time.month())) - 1).copied().unwrap_or_default();
    let (hour, minute, second) = time.to_hms();
    format!("{month} {} {hour:02}:{minute:02}:{second:02} {:04} UTC", time.day(), time.year())
}
