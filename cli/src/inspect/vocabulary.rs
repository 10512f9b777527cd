//! What object identifiers are called, in the words of Go and of OpenSSL.

use x509_parser::{
    der_parser::asn1_rs::{FromDer as _, Oid, Sequence},
    extensions::{ExtendedKeyUsage, KeyUsage},
    x509::{AlgorithmIdentifier, X509Name},
};

/// A signature algorithm's name in Go's `x509`, e.g. `ECDSA-SHA256`.
pub(super) fn signature_algorithm(algorithm: &AlgorithmIdentifier<'_>) -> String {
    let oid = algorithm.algorithm.to_id_string();
    let name = match oid.as_str() {
        "1.2.840.10045.4.1" => "ECDSA-SHA1",
        "1.2.840.10045.4.3.2" => "ECDSA-SHA256",
        "1.2.840.10045.4.3.3" => "ECDSA-SHA384",
        "1.2.840.10045.4.3.4" => "ECDSA-SHA512",
        "1.2.840.113549.1.1.4" => "MD5-RSA",
        "1.2.840.113549.1.1.5" => "SHA1-RSA",
        "1.2.840.113549.1.1.10" => pss_hash(algorithm).unwrap_or("0"),
        "1.2.840.113549.1.1.11" => "SHA256-RSA",
        "1.2.840.113549.1.1.12" => "SHA384-RSA",
        "1.2.840.113549.1.1.13" => "SHA512-RSA",
        "1.3.101.112" => "Ed25519",
        // What Go prints for an algorithm it does not know.
        _ => "0",
    };
    name.to_owned()
}

/// The hash in RSASSA-PSS parameters: `SEQUENCE { [0] SEQUENCE { OID … } … }` (RFC 4055 §3.1).
fn pss_hash(algorithm: &AlgorithmIdentifier<'_>) -> Option<&'static str> {
    let parameters = algorithm.parameters.as_ref()?.as_sequence().ok()?;
    let (_, hash) = x509_parser::der_parser::asn1_rs::Any::from_der(&parameters.content).ok()?;
    let (_, hash) = Sequence::from_der(hash.data).ok()?;
    let (_, oid) = Oid::from_der(&hash.content).ok()?;
    match oid.to_id_string().as_str() {
        "2.16.840.1.101.3.4.2.1" => Some("SHA256-RSAPSS"),
        "2.16.840.1.101.3.4.2.2" => Some("SHA384-RSAPSS"),
        "2.16.840.1.101.3.4.2.3" => Some("SHA512-RSAPSS"),
        _ => None,
    }
}

/// Type and value of each attribute of a name, in order; a value that is no text is in hexadecimal after a `#`.
pub(super) fn attributes(name: &X509Name<'_>) -> Vec<(String, String)> {
    name.iter_attributes()
        .map(|attribute| {
            let value = attribute.as_str().map(str::to_owned);
            (
                attribute.attr_type().to_id_string(),
                value.unwrap_or_else(|_| format!("#{}", hex::encode(attribute.as_slice()))),
            )
        })
        .collect()
}

/// The key usages that are set, as OpenSSL names them, in the order of their bits (RFC 5280 §4.2.1.3).
pub(super) fn key_usages(usage: &KeyUsage) -> Vec<&'static str> {
    const NAMES: [&str; 9] = [
        "Digital Signature",
        "Content Commitment",
        "Key Encipherment",
        "Data Encipherment",
        "Key Agreement",
        "Certificate Sign",
        "CRL Sign",
        "Encipher Only",
        "Decipher Only",
    ];
    NAMES.into_iter().enumerate().filter(|(bit, _)| usage.flags >> bit & 1 == 1).map(|(_, name)| name).collect()
}

/// The extended key usages, as OpenSSL names them (RFC 5280 §4.2.1.12).
pub(super) fn extended_key_usages(usage: &ExtendedKeyUsage<'_>) -> Vec<&'static str> {
    let known = [
        (usage.any, "Any Usage"),
        (usage.server_auth, "TLS Web Server Authentication"),
        (usage.client_auth, "TLS Web Client Authentication"),
        (usage.code_signing, "Code Signing"),
        (usage.email_protection, "E-mail Protection"),
        (usage.time_stamping, "Time Stamping"),
        (usage.ocsp_signing, "OCSP Signing"),
    ];
    let known = known.into_iter().filter(|(set, _)| *set).map(|(_, name)| name);
    known.chain(usage.other.iter().map(|_| "UNKNOWN")).collect()
}

/// An address as an iPAddress name holds it: 4 or 16 octets (RFC 5280 §4.2.1.6).
pub(super) fn ip_address(octets: &[u8]) -> String {
    if let Ok(octets) = <[u8; 4]>::try_from(octets) {
        std::net::Ipv4Addr::from(octets).to_string()
    } else if let Ok(octets) = <[u8; 16]>::try_from(octets) {
        std::net::Ipv6Addr::from(octets).to_string()
    } else {
        format!("#{}", hex::encode(octets))
    }
}

/// An address and its mask, as name constraints hold them, in CIDR notation where the mask is a prefix.
pub(super) fn ip_range(octets: &[u8]) -> String {
    let (address, mask) = octets.split_at(octets.len() / 2);
    let ones: u32 = mask.iter().map(|octet| octet.count_ones()).sum();
    let leading: u32 = {
        let full = mask.iter().take_while(|octet| **octet == 0xff).count();
        let partial = mask.get(full).map_or(0, |octet| octet.leading_ones());
        u32::try_from(full * 8).unwrap_or(u32::MAX) + partial
    };
    if ones == leading {
        format!("{}/{ones}", ip_address(address))
    } else {
        format!("{}/{}", ip_address(address), ip_address(mask))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_read_as_people_write_them() {
        assert_eq!(ip_address(&[127, 0, 0, 1]), "127.0.0.1");
        assert_eq!(ip_address(&[0; 16]), "::");
        assert_eq!(ip_address(&[1, 2]), "#0102");
        assert_eq!(ip_range(&[10, 0, 0, 0, 255, 128, 0, 0]), "10.0.0.0/9");
        assert_eq!(ip_range(&[10, 0, 0, 0, 255, 0, 255, 0]), "10.0.0.0/255.0.255.0");
        assert_eq!(ip_range(&[]), "#/0");
    }

    #[test]
    fn key_usages_come_in_the_order_of_their_bits() {
        assert_eq!(
            key_usages(&KeyUsage { flags: 0b1_0110_0001 }),
            ["Digital Signature", "Certificate Sign", "CRL Sign", "Decipher Only"]
        );
        assert!(key_usages(&KeyUsage { flags: 0 }).is_empty());
    }
}
