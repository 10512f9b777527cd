//! Digests of a certificate and of parts of it, in hexadecimal.

use aws_lc_rs::digest;
use md5::{Digest as _, Md5};
use serde::Serialize;
use x509_parser::{
    certificate::X509Certificate,
    der_parser::asn1_rs::{Any, FromDer as _},
};

#[derive(Serialize)]
pub(super) struct Fingerprints {
    fingerprint_md5: String,
    fingerprint_sha1: String,
    fingerprint_sha256: String,
    /// Of what is signed, without the extensions of Certificate Transparency.
    tbs_noct_fingerprint: String,
    /// Of key and subject: the same for every certificate of one CA.
    spki_subject_fingerprint: String,
    /// Of what is signed.
    tbs_fingerprint: String,
}

/// Poison and embedded timestamps (RFC 6962 §3.1, §3.3).
const TRANSPARENCY: [&str; 2] = ["1.3.6.1.4.1.11129.2.4.2", "1.3.6.1.4.1.11129.2.4.3"];

impl Fingerprints {
    pub(super) fn of(der: &[u8], certificate: &X509Certificate<'_>) -> Self {
        let tbs = certificate.tbs_certificate.as_ref();
        let transparent =
            certificate.extensions().iter().any(|extension| is_transparency(&extension.oid.to_id_string()));
        let without = if transparent { without_transparency(tbs) } else { None };
        Self {
            fingerprint_md5: md5(der),
            fingerprint_sha1: sha1(der),
            fingerprint_sha256: sha256(&[der]),
            tbs_noct_fingerprint: sha256(&[without.as_deref().unwrap_or(tbs)]),
            spki_subject_fingerprint: sha256(&[certificate.public_key().raw, certificate.subject().as_raw()]),
            tbs_fingerprint: sha256(&[tbs]),
        }
    }
}

pub(super) fn md5(octets: &[u8]) -> String {
    hex::encode(Md5::digest(octets))
}

pub(super) fn sha1(octets: &[u8]) -> String {
    hex::encode(digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, octets))
}

/// Of the parts, one after the other.
pub(super) fn sha256(parts: &[&[u8]]) -> String {
    let mut context = digest::Context::new(&digest::SHA256);
    parts.iter().for_each(|part| context.update(part));
    hex::encode(context.finish())
}

fn is_transparency(oid: &str) -> bool {
    TRANSPARENCY.contains(&oid)
}

/// The to-be-signed certificate with the extensions of Certificate Transparency cut out.
fn without_transparency(tbs: &[u8]) -> Option<Vec<u8>> {
    const EXTENSIONS: u8 = 0xa3;

    let (_, sequence) = Any::from_der(tbs).ok()?;
    let mut kept = Vec::with_capacity(tbs.len());
    for (tag, member) in members(sequence.data)? {
        if tag == EXTENSIONS {
            let (_, explicit) = Any::from_der(member).ok()?;
            let (_, list) = Any::from_der(explicit.data).ok()?;
            let extensions = members(list.data)?.into_iter().map(|(_, extension)| extension);
            let extensions: Vec<u8> =
                extensions.filter(|extension| !is_transparency_extension(extension)).flatten().copied().collect();
            kept.extend(wrapped(EXTENSIONS, &wrapped(SEQUENCE, &extensions)));
        } else {
            kept.extend_from_slice(member);
        }
    }
    Some(wrapped(SEQUENCE, &kept))
}

const SEQUENCE: u8 = 0x30;

/// Each value of a constructed one, whole, with its first octet.
fn members(mut content: &[u8]) -> Option<Vec<(u8, &[u8])>> {
    let mut members = Vec::new();
    while let Some(tag) = content.first() {
        let (rest, _) = Any::from_der(content).ok()?;
        let (member, tail) = content.split_at(content.len() - rest.len());
        members.push((*tag, member));
        content = tail;
    }
    Some(members)
}

fn is_transparency_extension(extension: &[u8]) -> bool {
    let oid = Any::from_der(extension).ok().and_then(|(_, sequence)| {
        let (_, oid) = x509_parser::der_parser::asn1_rs::Oid::from_der(sequence.data).ok()?;
        Some(oid.to_id_string())
    });
    oid.is_some_and(|oid| is_transparency(&oid))
}

/// Tag, length and content (X.690 §8.1).
fn wrapped(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len().to_be_bytes();
    let significant = length.iter().skip_while(|octet| **octet == 0).copied();
    let mut der = vec![tag];
    match u8::try_from(content.len()) {
        Ok(short) if short < 0x80 => der.push(short),
        _ => {
            let octets: Vec<u8> = significant.collect();
            // A length has at most eight octets, so its count fits the seven bits it has.
            der.push(0x80 | octets.len() as u8);
            der.extend(octets);
        }
    }
    der.extend_from_slice(content);
    der
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transparency_is_cut_out_and_nothing_else() {
        let extension = |oid: &[u8]| wrapped(SEQUENCE, &[wrapped(6, oid), wrapped(4, b"x")].concat());
        let timestamps = extension(&[0x2b, 6, 1, 4, 1, 0xd6, 0x79, 2, 4, 2]);
        let key_usage = extension(&[0x55, 0x1d, 0x0f]);
        let tbs = |extensions: &[u8]| {
            let big = wrapped(4, &[7; 300]);
            wrapped(SEQUENCE, &[big, wrapped(0xa3, &wrapped(SEQUENCE, extensions))].concat())
        };
        let with = tbs(&[timestamps, key_usage.clone()].concat());
        assert_eq!(without_transparency(&with), Some(tbs(&key_usage)));
    }

    #[test]
    fn lengths_are_as_short_as_they_can_be() {
        let starts = [(0x7f, vec![4, 0x7f]), (0x80, vec![4, 0x81, 0x80]), (0x100, vec![4, 0x82, 1, 0])];
        for (length, start) in starts {
            assert!(wrapped(4, &vec![0; length]).starts_with(&start), "{length}");
        }
    }
}
