//! What of the configuration everyone may read.

use crate::{
    config::{Config, ProvisionerConfig},
    policies::Policies,
    routes::{Published, PublishedCertificate},
};
use api_types::Provisioner;
use authority::Certificate;

/// Renders the public documents of a configuration.
pub(crate) fn publish(
    roots: &[Certificate],
    federated_roots: &[Certificate],
    intermediates: &[Certificate],
    config: &Config,
    policies: &Policies,
) -> Published {
    let provisioners = &config.authority.provisioners;
    // Whoever asks for policies knows more kinds of provisioners than clients of 2019.
    let with_policies = provisioners.iter().map(|provisioner| Provisioner {
        policies: policies.of_provisioner(config, provisioner),
        ..provisioner.published().unwrap_or_else(|| Provisioner {
            name: provisioner.name.clone(),
            r#type: provisioner.kind.clone(),
            ..Provisioner::default()
        })
    });
    Published::new(
        &certificates(roots),
        &certificates(federated_roots),
        &certificates(intermediates),
        provisioners.iter().filter_map(ProvisionerConfig::published).collect(),
    )
    .with_policies(with_policies.collect())
}

fn certificates(certificates: &[Certificate]) -> Vec<PublishedCertificate> {
    let publish = |certificate: &Certificate| PublishedCertificate {
        pem: certificate.pem(),
        der: certificate.der().to_vec().into(),
        fingerprint: certificate.fingerprint_sha256(),
    };
    certificates.iter().map(publish).collect()
}
