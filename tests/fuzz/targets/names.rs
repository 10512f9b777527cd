//! Names: one parser for tokens, requests, policies and the command.

use std::net::IpAddr;

use authority::{CertificationRequest, SubjectAltNames, keys::KeySpec, keys::PrivateKey, pki};
use rustls::pki_types::{DnsName, ServerName};

use super::{text, x509::is_canonical};

/// Lines of names. What we take is canonical, and what others take for such a name.
pub(super) fn names(octets: &[u8]) {
    let Some(text) = text(octets) else { return };
    let lines: Vec<&str> = text.split('\n').take(100).collect();
    let Ok(names) = SubjectAltNames::classify(&lines) else { return };
    is_canonical(&names);
    for name in names.dns_names() {
        let host = name.as_str().strip_prefix("*.").unwrap_or(name.as_str());
        DnsName::try_from(host).unwrap_or_else(|error| panic!("webpki does not take {host:?}: {error}"));
        assert!(host.parse::<IpAddr>().is_err() && !host.contains('*'), "{host:?}");
        assert!(matches!(ServerName::try_from(host), Ok(ServerName::DnsName(_))), "{host:?}");
        let theirs = idna::domain_to_ascii_strict(host);
        assert!(theirs.is_ok_and(|theirs| theirs == host), "IDNA does not take {host:?}");
    }
    for address in names.email_addresses() {
        let (mailbox, host) = address.as_str().rsplit_once('@').expect("an address has an at sign");
        assert!(address.as_str().is_ascii() && !mailbox.is_empty() && !mailbox.contains('@'), "{address}");
        DnsName::try_from(host).unwrap_or_else(|error| panic!("webpki does not take {host:?}: {error}"));
    }
    for uri in names.uris() {
        let uri = uri.as_str();
        assert!(uri.len() <= 2_048 && !uri.contains(['#', ' ', '\\', '"']), "{uri:?}");
        let theirs = reqwest::Url::parse(uri).unwrap_or_else(|error| panic!("{uri:?} is no URL: {error}"));
        assert!(theirs.username().is_empty() && theirs.password().is_none(), "{uri:?}");
        // Whoever connects to it connects to the host that was judged.
        let hosts = uri.split_once("//").map(|(_, rest)| rest.starts_with(theirs.host_str().unwrap_or_default()));
        assert!(!matches!(theirs.scheme(), "http" | "https") || hosts == Some(true), "{uri:?} is at {theirs}");
    }
}

/// The value of a subjectAltName extension, in a request that is signed for it.
pub(super) fn general_names(octets: &[u8]) {
    thread_local! {
        static KEY: PrivateKey = PrivateKey::generate(KeySpec::EcP256).unwrap();
        static GOOD: Vec<u8> = KEY.with(|key| {
            let names = SubjectAltNames::classify(&["a.example"]).unwrap();
            pki::create_csr(key, "", &names).unwrap().der().to_vec()
        });
    }
    let Some(request) = GOOD.with(|good| with_names(good, octets)) else { return };
    let request = KEY.with(|key| signed(&request, key));
    if let Ok(request) = CertificationRequest::from_der(&request) {
        is_canonical(request.subject_alt_names());
    }
}

/// The CertificationRequestInfo of a request, with another value of its only extension.
fn with_names(request: &[u8], value: &[u8]) -> Option<Vec<u8>> {
    use x509_parser::prelude::FromDer;
    let (_, request) = x509_parser::certification_request::X509CertificationRequest::from_der(request).ok()?;
    let info = request.certification_request_info;
    const SUBJECT_ALT_NAME: &[u8] = &[0x06, 0x03, 0x55, 0x1d, 0x11];
    const EXTENSION_REQUEST: &[u8] = &[0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x0e];
    let extension = tlv(0x30, &[SUBJECT_ALT_NAME, &tlv(0x04, value)].concat());
    let extensions = tlv(0x31, &tlv(0x30, &extension));
    let attributes = tlv(0xa0, &tlv(0x30, &[EXTENSION_REQUEST, &extensions].concat()));
    let version = tlv(0x02, &[0]);
    Some(tlv(0x30, &[&version, info.subject.as_raw(), info.subject_pki.raw, &attributes].concat()))
}

fn signed(info: &[u8], key: &PrivateKey) -> Vec<u8> {
    const ECDSA_WITH_SHA256: &[u8] = &[0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02];
    let signature = authority::keys::Signer::sign(key, info).unwrap();
    let signature = tlv(0x03, &[&[0][..], &signature].concat());
    tlv(0x30, &[info, ECDSA_WITH_SHA256, &signature].concat())
}

/// Tag, length, value.
fn tlv(tag: u8, value: &[u8]) -> Vec<u8> {
    let length = value.len();
    let head = match u8::try_from(length) {
        Ok(short @ ..=0x7f) => vec![tag, short],
        _ => {
            let octets = length.to_be_bytes();
            let octets = &octets[length.leading_zeros() as usize / 8..];
            [&[tag, 0x80 | u8::try_from(octets.len()).unwrap()], octets].concat()
        }
    };
    [&head, value].concat()
}
