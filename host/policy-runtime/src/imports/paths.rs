//! What it may cost to find a path between certificates.
//!
//! Names alone decide where a search for a path can go; signatures are what it costs. So the same search is made by name
//! first, and each step and each signature that it could lead to is paid for. A handful of certificates that all have one
//! name can be put in a row in very many ways: the fuel ends before the search would.

use authority::Certificate;

use super::price::{self, KeySize};
use crate::call::Meter;

/// Most certificates below a root that the library looks at, the first included.
const LONGEST: usize = 7;

/// Reading one candidate again, as the library does wherever it looks for an issuer.
const CANDIDATE: u64 = 1_000;

/// Pays for a search from `leaf` to one of `roots`.
pub(super) fn pay(
    meter: &mut Meter,
    leaf: &Certificate,
    intermediates: &[Certificate],
    roots: &[Certificate],
) -> wasmtime::Result<()> {
    let mut search = Search { meter, intermediates, roots };
    search.extend(&mut vec![leaf], own(leaf))
}

struct Search<'a> {
    meter: &'a mut Meter,
    intermediates: &'a [Certificate],
    roots: &'a [Certificate],
}

impl<'a> Search<'a> {
    /// `below` is what the signatures and the keys of `path` cost, but for the signature of its last certificate.
    fn extend(&mut self, path: &mut Vec<&'a Certificate>, below: u64) -> wasmtime::Result<()> {
        self.meter.charge((self.intermediates.len() as u64).saturating_mul(CANDIDATE))?;
        let Some(&last) = path.last() else { return Ok(()) };
        for root in self.roots.iter().filter(|root| issues(root, last)) {
            self.meter.charge(below.saturating_add(signature(root)))?;
        }
        if path.len() == LONGEST {
            return Ok(());
        }
        for issuer in self.intermediates.iter().filter(|issuer| issues(issuer, last)) {
            if path.iter().any(|earlier| std::ptr::eq(*earlier, issuer)) {
                continue;
            }
            path.push(issuer);
            self.extend(path, below.saturating_add(signature(issuer)).saturating_add(own(issuer)))?;
            path.pop();
        }
        Ok(())
    }
}

fn issues(issuer: &Certificate, certificate: &Certificate) -> bool {
    issuer.subject().der() == certificate.issuer().der()
}

/// Checking a signature of this certificate's key.
fn signature(issuer: &Certificate) -> u64 {
    KeySize::of(issuer.public_key().kind()).map_or(0, price::verify)
}

/// Checking whether the key of this certificate is one that may be certified.
fn own(certificate: &Certificate) -> u64 {
    KeySize::of(certificate.public_key().kind()).map_or(0, price::certifiable)
}

#[cfg(test)]
mod tests {
    use authority::keys::{KeySpec, PrivateKey};
    use authority::{Timestamp, pki};

    use super::*;

    const NOW: Timestamp = Timestamp::from_unix(1_800_000_000);

    fn key() -> PrivateKey {
        PrivateKey::generate(KeySpec::EcP256).unwrap()
    }

    #[test]
    fn an_ordinary_path_costs_its_signatures_and_its_keys() {
        let (root_key, intermediate_key) = (key(), key());
        let root = pki::create_root("Root", &root_key, NOW).unwrap();
        let intermediate = pki::create_intermediate("Intermediate", &intermediate_key, &root, &root_key, NOW).unwrap();
        let other = pki::create_root("Other", &key(), NOW).unwrap();
        let mut meter = Meter::full();
        pay(&mut meter, &intermediate, &[], &[root.clone(), other]).unwrap();
        assert_eq!(meter.used(), 2 * 200_000);
    }

    #[test]
    fn certificates_of_one_name_cost_what_a_search_among_them_can() {
        let ring: Vec<_> = (0..8).map(|_| pki::create_root("One", &key(), NOW).unwrap()).collect();
        let stop = pay(&mut Meter::full(), &ring[0], &ring[1..], &ring);
        assert!(stop.is_err(), "the fuel ends before the search does");
    }

    #[test]
    fn what_no_root_issued_costs_no_signature() {
        let leaf = pki::create_root("One", &key(), NOW).unwrap();
        let root = pki::create_root("Other", &key(), NOW).unwrap();
        let mut meter = Meter::full();
        pay(&mut meter, &leaf, &[], &[root]).unwrap();
        assert_eq!(meter.used(), 0);
    }
}
