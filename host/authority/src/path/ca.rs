//! Paths that end in a CA certificate.
//!
//! The library validates paths to end entities only: a CA certificate at the
//! end of one is refused as a certificate used for something else. People do
//! want to know whether an intermediate belongs under a root. The rules are
//! those of RFC 5280 §6.1, on the safe side where they are many: a path with
//! name constraints or with a critical extension that is not read here is
//! refused.

use der::asn1::ObjectIdentifier;

use super::{PathError, valid_roots};
use crate::certificate::Certificate;
use crate::extensions::KeyUsage;
use crate::oid;
use crate::public_key::PublicKey;
use crate::time::Timestamp;

/// Most certificates of a path, both ends included.
pub const MAX_PATH_DEPTH: usize = 8;
/// Most signatures that are looked at.
const MAX_SIGNATURES: u32 = 100;

/// Extensions whose meaning is read here, or has none for a path: it is for
/// any policy.
const UNDERSTOOD: [ObjectIdentifier; 5] =
    [oid::BASIC_CONSTRAINTS, oid::KEY_USAGE, oid::EXT_KEY_USAGE, oid::SUBJECT_ALT_NAME, oid::CERTIFICATE_POLICIES];

/// Builds and checks a path from a CA certificate over any of `intermediates`
/// to one of `roots`, as it was at the time `at`. A root is a path of its own.
///
/// Where a certificate below the root has an extKeyUsage, each of `usages`
/// must be in it. The path is returned the certificate first, root last.
/// Revocation is not looked at.
pub fn verify_ca_path(
    certificate: &Certificate,
    intermediates: &[Certificate],
    roots: &[Certificate],
    at: Timestamp,
    usages: &[ObjectIdentifier],
) -> Result<Vec<Certificate>, PathError> {
    if !certificate.is_ca() {
        return Err(PathError::Other { reason: "the certificate is not a CA certificate".into() });
    }
    let roots = valid_roots(roots, at)?;
    if roots.contains(&certificate) {
        return Ok(vec![certificate.clone()]);
    }
    let mut search = Search { intermediates, roots, at, usages, signatures: 0 };
    let path = search.extend(vec![certificate])?;
    Ok(path.into_iter().cloned().collect())
}

struct Search<'a> {
    intermediates: &'a [Certificate],
    roots: Vec<&'a Certificate>,
    at: Timestamp,
    usages: &'a [ObjectIdentifier],
    signatures: u32,
}

impl<'a> Search<'a> {
    /// The path up to a root. The first fault that stood in the way is the
    /// error, since others are mostly its consequence.
    fn extend(&mut self, path: Vec<&'a Certificate>) -> Result<Vec<&'a Certificate>, PathError> {
        let last = *path.last().expect("a path has a certificate");
        self.check(last)?;
        if path.len() == MAX_PATH_DEPTH {
            return Err(PathError::Other { reason: format!("it has more than {MAX_PATH_DEPTH} certificates") });
        }
        let mut fault = None;
        let roots = self.roots.clone();
        for (issuer, is_root) in
            roots.into_iter().map(|root| (root, true)).chain(self.intermediates.iter().map(|one| (one, false)))
        {
            if issuer.subject().der() != last.issuer().der() || path.contains(&issuer) {
                continue;
            }
            let mut longer = path.clone();
            longer.push(issuer);
            let found = match self.check_issuer(issuer, &path) {
                Ok(()) if is_root => return Ok(longer),
                Ok(()) => self.extend(longer),
                Err(error) => Err(error),
            };
            match found {
                Ok(path) => return Ok(path),
                Err(error) => fault = fault.or(Some(error)),
            }
        }
        Err(fault.unwrap_or(PathError::UnknownIssuer))
    }

    /// RFC 5280 §6.1.3 (a)(2), §6.1.4 (o), and extKeyUsage as others read it:
    /// downwards from the issuer.
    fn check(&self, certificate: &Certificate) -> Result<(), PathError> {
        let validity = certificate.validity();
        if self.at < validity.not_before {
            return Err(PathError::NotYetValid);
        }
        if validity.not_after < self.at {
            return Err(PathError::Expired);
        }
        check_extensions(certificate)?;
        PublicKey::try_from(certificate.public_key().clone())?;
        let present = certificate.ext_key_usages();
        if present.is_empty() || self.usages.iter().all(|usage| present.contains(usage)) {
            Ok(())
        } else {
            Err(PathError::UsageNotAllowed)
        }
    }

    /// RFC 5280 §6.1.3 (a)(1), §6.1.4 (k) to (n), for the issuer of the last
    /// certificate of `path`.
    fn check_issuer(&mut self, issuer: &Certificate, path: &[&Certificate]) -> Result<(), PathError> {
        let refused = |reason: &str| Err(PathError::Other { reason: reason.to_owned() });
        if !issuer.is_ca() {
            return refused("an issuer is not a CA certificate");
        }
        if issuer.key_usage().is_some_and(|usage| !usage.contains(KeyUsage::KEY_CERT_SIGN)) {
            return refused("an issuer may not sign certificates");
        }
        // The certificate at the end is not counted, even if it is a CA's (RFC 5280 §4.2.1.9).
        let below = path.iter().skip(1).filter(|certificate| !certificate.is_self_issued()).count();
        if issuer.path_len().is_some_and(|limit| below > usize::from(limit)) {
            return refused("there are more CAs below an issuer than it allows");
        }
        check_extensions(issuer)?;
        self.signatures += 1;
        if self.signatures > MAX_SIGNATURES {
            return refused("there are too many possible paths");
        }
        let last = path.last().expect("a path has a certificate");
        last.verify_signature(issuer.public_key()).map_err(|error| PathError::Other { reason: error.to_string() })
    }
}

fn check_extensions(certificate: &Certificate) -> Result<(), PathError> {
    let refused = |extension: &&crate::Extension| {
        extension.oid == oid::NAME_CONSTRAINTS || (extension.critical && !UNDERSTOOD.contains(&extension.oid))
    };
    match certificate.extensions().iter().find(refused) {
        Some(extension) => {
            Err(PathError::Other { reason: format!("the extension {} is not read here", extension.oid) })
        }
        None => Ok(()),
    }
}
