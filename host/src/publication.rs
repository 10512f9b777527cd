//! What of the configuration everyone may read.

use crate::{
    config::ProvisionerConfig,
    routes::{Published, PublishedCertificate},
};
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
        provisioners.iter().filter_map(ProvisionerConfig::published).collect(),
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
