//! What everyone may read: certificates and the list of provisioners, rendered once a configuration.

use std::collections::HashMap;

use api_types::{EncryptedKeyResponse, Provisioner, RootResponse, RootsResponse};
use bytes::Bytes;

use super::{json, listing::Listing};

/// A certificate to be published.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PublishedCertificate {
    /// PEM, one block.
    pub pem: String,
    /// DER.
    pub der: Bytes,
    /// SHA-256 of the DER.
    pub fingerprint: [u8; 32],
}

/// The public documents of one configuration.
#[derive(Debug)]
pub struct Published {
    roots_by_fingerprint: HashMap<[u8; 32], Bytes>,
    pub(crate) roots: Bundle,
    pub(crate) federation: Bundle,
    /// `None` when the authority has no intermediate.
    pub(crate) intermediates: Option<Bundle>,
    /// The first of them, which signs; in DER.
    pub(crate) issuer: Option<Bytes>,
    pub(crate) provisioners: Listing,
    /// The same, with the modules that decide about their certificates.
    pub(crate) provisioners_with_policies: Listing,
    encrypted_keys: HashMap<String, Bytes>,
}

impl Published {
    /// Renders what there is. Certificates and provisioners keep the order of the configuration; a root that is listed
    /// twice is federated once.
    pub fn new(
        roots: &[PublishedCertificate],
        federated_roots: &[PublishedCertificate],
        intermediates: &[PublishedCertificate],
        provisioners: Vec<Provisioner>,
    ) -> Self {
        let mut roots_by_fingerprint = HashMap::new();
        let mut federation = Vec::new();
        for root in roots.iter().chain(federated_roots) {
            let document = json::document(&RootResponse { ca: root.pem.clone() });
            if roots_by_fingerprint.insert(root.fingerprint, document).is_none() {
                federation.push(root);
            }
        }
        let encrypted_keys = provisioners.iter().filter_map(encrypted_key).collect();
        Self {
            roots_by_fingerprint,
            roots: Bundle::new(roots),
            federation: Bundle::new(federation),
            issuer: intermediates.first().map(|issuer| issuer.der.clone()),
            intermediates: (!intermediates.is_empty()).then(|| Bundle::new(intermediates)),
            provisioners: Listing::new(provisioners),
            provisioners_with_policies: Listing::new(Vec::new()),
            encrypted_keys,
        }
    }

    /// What is shown to those who ask for policies as well.
    pub fn with_policies(self, provisioners: Vec<Provisioner>) -> Self {
        Self { provisioners_with_policies: Listing::new(provisioners), ..self }
    }

    /// The root or federated root with this SHA-256 fingerprint: hexadecimal in any case, dashes ignored.
    pub(crate) fn root(&self, fingerprint: &str) -> Option<Bytes> {
        let mut sha256 = [0; 32];
        hex::decode_to_slice(fingerprint.replace('-', ""), &mut sha256).ok()?;
        self.roots_by_fingerprint.get(&sha256).cloned()
    }

    /// The encrypted private key of the last provisioner with this `kid`.
    pub(crate) fn encrypted_key(&self, kid: &str) -> Option<Bytes> {
        self.encrypted_keys.get(kid).cloned()
    }
}

fn encrypted_key(provisioner: &Provisioner) -> Option<(String, Bytes)> {
    let kid = provisioner.key.as_ref()?.kid.clone();
    if provisioner.encrypted_key.is_empty() {
        return None;
    }
    Some((kid, json::document(&EncryptedKeyResponse { key: provisioner.encrypted_key.clone() })))
}

/// Certificates, in both of their forms.
#[derive(Debug)]
pub(crate) struct Bundle {
    pub(crate) json: Bytes,
    pub(crate) pem: Bytes,
}

impl Bundle {
    fn new<'a>(certificates: impl IntoIterator<Item = &'a PublishedCertificate>) -> Self {
        let crts: Vec<String> = certificates.into_iter().map(|certificate| certificate.pem.clone()).collect();
        let pem = crts.concat().into();
        Self { json: json::document(&RootsResponse { crts }), pem }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use api_types::PublicJwk;

    fn certificate(number: u8) -> PublishedCertificate {
        PublishedCertificate { pem: format!("PEM {number}\n"), der: vec![number].into(), fingerprint: [number; 32] }
    }

    fn published(provisioners: Vec<Provisioner>) -> Published {
        let (a, b, c) = (certificate(0xaa), certificate(2), certificate(3));
        Published::new(&[a.clone(), b], &[c, a], &[certificate(9)], provisioners)
    }

    #[test]
    fn the_federation_is_roots_then_federated_roots_without_repetition() {
        let published = published(Vec::new());
        assert_eq!(published.roots.pem, "PEM 170\nPEM 2\n");
        assert_eq!(published.federation.pem, "PEM 170\nPEM 2\nPEM 3\n");
        assert_eq!(published.federation.json, "{\"crts\":[\"PEM 170\\n\",\"PEM 2\\n\",\"PEM 3\\n\"]}\n");
        assert_eq!(published.issuer.as_deref(), Some(&[9][..]));
        assert_eq!(published.intermediates.unwrap().json, "{\"crts\":[\"PEM 9\\n\"]}\n");
    }

    #[test]
    fn a_root_is_found_by_its_fingerprint_in_any_spelling() {
        let published = published(Vec::new());
        for fingerprint in ["aa".repeat(32), "AA".repeat(32), "aA-".repeat(32), "03".repeat(32)] {
            assert!(published.root(&fingerprint).is_some(), "{fingerprint}");
        }
        for fingerprint in
            ["aa".repeat(31), "aa".repeat(33), "09".repeat(32), String::new(), "zz".repeat(32), "é".into()]
        {
            assert!(published.root(&fingerprint).is_none(), "{fingerprint}");
        }
    }

    #[test]
    fn the_last_provisioner_with_a_kid_gives_its_key() {
        let provisioner = |kid: &str, key: &str| Provisioner {
            key: Some(PublicJwk { kid: kid.into(), ..PublicJwk::default() }),
            encrypted_key: key.into(),
            ..Provisioner::default()
        };
        let published = published(vec![provisioner("k", "first"), provisioner("k", "last"), provisioner("none", "")]);
        assert_eq!(published.encrypted_key("k").unwrap(), "{\"key\":\"last\"}\n");
        assert!(published.encrypted_key("none").is_none());
        assert!(published.encrypted_key("").is_none());
    }
}
