//! What of the configuration everyone may read.

use crate::{
    config::{Claims, ProvisionerConfig},
    routes::{Published, PublishedCertificate},
};
use api_types::{Provisioner, ProvisionerClaims, PublicJwk};
use authority::Certificate;

/// Renders the public documents of a configuration.
pub(crate) fn publish(
    roots: &[Certificate],
    federated_roots: &[Certificate],
    intermediates: &[Certificate],
    provisioners: &[ProvisionerConfig],
) -> Published {
    Published::new(
        &certificates(roots),
        &certificates(federated_roots),
        &certificates(intermediates),
        provisioners.iter().filter_map(provisioner).collect(),
    )
}

fn certificates(certificates: &[Certificate]) -> Vec<PublishedCertificate> {
    let publish = |certificate: &Certificate| PublishedCertificate {
        pem: certificate.pem(),
        der: certificate.der().to_vec().into(),
        fingerprint: certificate.fingerprint_sha256(),
    };
    certificates.iter().map(publish).collect()
}

/// A provisioner with a key. Clients of 2019 do not survive an entry without one, and have no use for it.
fn provisioner(config: &ProvisionerConfig) -> Option<Provisioner> {
    // Only public members have a place in the type: a private key that strayed into the file goes no further.
    let key: PublicJwk = serde_json::from_str(config.key.as_deref()?).ok()?;
    Some(Provisioner {
        name: config.name.clone(),
        r#type: config.kind.clone(),
        key: Some(key),
        encrypted_key: config.encrypted_key.clone().unwrap_or_default(),
        claims: Some(config.claims.as_ref().map(claims).unwrap_or_default()),
    })
}

fn claims(claims: &Claims) -> ProvisionerClaims {
    ProvisionerClaims {
        min_tls_cert_duration: claims.min_tls_cert_duration,
        max_tls_cert_duration: claims.max_tls_cert_duration,
        default_tls_cert_duration: claims.default_tls_cert_duration,
        disable_renewal: claims.disable_renewal,
    }
}
