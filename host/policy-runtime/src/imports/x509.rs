//! `step:policy/x509`: certificates and requests, read by the same code the CA reads them with.

use authority::{Certificate, CertificationRequest, ObjectIdentifier, PathError, Timestamp, pem, verify_path};

use super::{paths, price};
use crate::call::{Guest, Meter};
use crate::contract::imports::x509::{ChainError, Host};
use crate::contract::types::{CertificateInfo, CsrInfo};
use crate::text::printable;
use crate::words;

impl Host for Guest {
    fn parse_certificate(&mut self, certificate: Vec<u8>) -> wasmtime::Result<Result<CertificateInfo, String>> {
        self.meter.host_call(price::call(price::x509(certificate.len())))?;
        Ok(match Certificate::from_der(&certificate) {
            // Names of a kind that policies never see must not look like no names at all.
            Ok(certificate) => {
                certificate.subject_alt_names().map(|_names| words::certificate(&certificate)).map_err(text)
            }
            Err(error) => Err(text(error)),
        })
    }

    fn parse_csr(&mut self, csr: Vec<u8>) -> wasmtime::Result<Result<CsrInfo, String>> {
        self.meter.host_call(price::call(price::request(csr.len())))?;
        Ok(CertificationRequest::from_der(&csr).map(|request| words::csr(&request)).map_err(text))
    }

    fn decode_pem(&mut self, pem: String) -> wasmtime::Result<Result<Vec<Vec<u8>>, String>> {
        self.meter.host_call(price::call(price::pem(pem.len())))?;
        Ok(certificates(&pem).map_err(text))
    }

    fn verify_chain(
        &mut self,
        leaf: Vec<u8>,
        intermediates: Vec<Vec<u8>>,
        roots: Vec<Vec<u8>>,
        at: i64,
        ext_key_usages: Vec<String>,
    ) -> wasmtime::Result<Result<Vec<Vec<u8>>, ChainError>> {
        let certificates = || intermediates.iter().chain(&roots).chain(std::iter::once(&leaf));
        let octets = certificates().map(Vec::len).chain(ext_key_usages.iter().map(String::len));
        let octets = octets.fold(0, usize::saturating_add);
        let items = price::items(certificates().count().saturating_add(ext_key_usages.len()));
        self.meter.host_call(price::call(price::x509(octets).saturating_add(items)))?;
        path(&mut self.meter, &leaf, &intermediates, &roots, at, &ext_key_usages)
    }
}

fn certificates(text: &str) -> Result<Vec<Vec<u8>>, pem::PemError> {
    let blocks = pem::blocks(text)?.into_iter();
    Ok(blocks.filter(|block| block.label == "CERTIFICATE").map(|block| block.contents.to_vec()).collect())
}

fn path(
    meter: &mut Meter,
    leaf: &[u8],
    intermediates: &[Vec<u8>],
    roots: &[Vec<u8>],
    at: i64,
    ext_key_usages: &[String],
) -> wasmtime::Result<Result<Vec<Vec<u8>>, ChainError>> {
    let arguments = match Arguments::parse(leaf, intermediates, roots, ext_key_usages) {
        Ok(arguments) => arguments,
        Err(error) => return Ok(Err(error)),
    };
    let Arguments { leaf, intermediates, roots, usages } = arguments;
    paths::pay(meter, &leaf, &intermediates, &roots)?;
    let path = verify_path(&leaf, &intermediates, &roots, Timestamp::from_unix(at), &usages);
    Ok(path.map(|path| path.iter().map(|certificate| certificate.der().to_vec()).collect()).map_err(refused))
}

/// What a path is looked for between, and what for.
struct Arguments {
    leaf: Certificate,
    intermediates: Vec<Certificate>,
    roots: Vec<Certificate>,
    usages: Vec<ObjectIdentifier>,
}

impl Arguments {
    fn parse(
        leaf: &[u8],
        intermediates: &[Vec<u8>],
        roots: &[Vec<u8>],
        ext_key_usages: &[String],
    ) -> Result<Self, ChainError> {
        let certificate = |der: &[u8]| Certificate::from_der(der).map_err(|error| ChainError::Malformed(text(error)));
        let all = |ders: &[Vec<u8>]| ders.iter().map(|der| certificate(der)).collect::<Result<Vec<_>, _>>();
        let usage = |oid: &String| {
            ObjectIdentifier::new(oid)
                .map_err(|_| ChainError::Other(text(format!("`{oid}` is no object identifier in dotted form"))))
        };
        let usages = ext_key_usages.iter().map(usage).collect::<Result<_, _>>()?;
        Ok(Self { leaf: certificate(leaf)?, intermediates: all(intermediates)?, roots: all(roots)?, usages })
    }
}

fn refused(error: PathError) -> ChainError {
    match error {
        PathError::Malformed { reason } => ChainError::Malformed(text(reason)),
        PathError::Expired => ChainError::Expired,
        PathError::NotYetValid => ChainError::NotYetValid,
        PathError::UnknownIssuer => ChainError::UnknownIssuer,
        PathError::UsageNotAllowed => ChainError::UsageNotAllowed,
        PathError::Other { reason } => ChainError::Other(text(reason)),
        error @ (PathError::Key(_) | PathError::OtherHost { .. }) => ChainError::Other(text(error)),
    }
}

fn text(reason: impl ToString) -> String {
    printable(reason.to_string(), 512)
}

#[cfg(test)]
mod tests {
    use authority::keys::{KeySpec, PrivateKey};
    use authority::pki;

    use super::*;

    const NOW: i64 = 1_800_000_000;

    fn verify(
        leaf: &[u8],
        intermediates: &[Vec<u8>],
        roots: &[Vec<u8>],
        at: i64,
        usages: &[String],
    ) -> Result<Vec<Vec<u8>>, ChainError> {
        path(&mut Meter::full(), leaf, intermediates, roots, at, usages).unwrap()
    }

    fn root() -> Certificate {
        let key = PrivateKey::generate(KeySpec::Ed25519).unwrap();
        pki::create_root("Test", &key, Timestamp::from_unix(NOW)).unwrap()
    }

    #[test]
    fn a_pem_text_gives_its_certificates_and_nothing_else() {
        let root = root();
        let text = format!("{}{}{}", root.pem(), pem::encode("PUBLIC KEY", b"key"), root.pem());
        assert_eq!(certificates(&text).unwrap(), [root.der(), root.der()]);
        assert!(certificates("no block").is_err());
    }

    #[test]
    fn what_cannot_be_read_is_malformed_and_what_leads_nowhere_has_no_issuer() {
        let root = root().der().to_vec();
        let other = [root.clone()];
        assert!(matches!(verify(b"none", &[], &other, NOW, &[]), Err(ChainError::Malformed(_))));
        assert!(matches!(verify(&root, &[vec![0]], &other, NOW, &[]), Err(ChainError::Malformed(_))));
        assert_eq!(verify(&root, &[], &[], NOW, &[]), Err(ChainError::UnknownIssuer));
        assert_eq!(verify(&root, &[], &other, NOW - 1, &[]), Err(ChainError::NotYetValid));
    }

    #[test]
    fn a_usage_that_is_no_object_identifier_is_pointed_out() {
        let answer = verify(b"", &[], &[], NOW, &["serverAuth".into()]);
        assert_eq!(answer, Err(ChainError::Other("`serverAuth` is no object identifier in dotted form".into())));
    }
}
