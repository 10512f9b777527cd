//! The CA's own certificate for its listener, issued on the same road as everybody's: reviewed by `builtin:claims`,
//! signed, recorded. Only where nothing can be recorded it is a stopgap that is not ([decision 7](../decisions/0007-a-listener-on-a-disk-that-cannot-be-written.md)).

use crate::{
    admission::{Knock, OwnRequest},
    app::App,
    call::Call,
    issuance,
    server::{Issuing, OnlineCertificate, OnlineIssuer},
    snapshot::Snapshot,
};
use authority::{
    Certificate,
    keys::{KeySpec, PrivateKey},
    pki,
};
use std::sync::Arc;

/// Issues the certificates of the listener.
pub(crate) struct Issuer {
    app: Arc<App>,
}

impl Issuer {
    /// From whatever snapshot is in force when it is asked.
    pub(crate) fn new(app: Arc<App>) -> Self {
        Self { app }
    }
}

impl OnlineIssuer for Issuer {
    fn issue(&self) -> Issuing<'_> {
        Box::pin(async { issue(&self.app.snapshot(), &self.app.own_call()).await })
    }
}

/// Issues a certificate for the names of `ca` and a fresh key.
///
/// # Errors
/// The road ended early.
pub(crate) async fn issue(
    ca: &Snapshot,
    call: &Call,
) -> Result<OnlineCertificate, Box<dyn std::error::Error + Send + Sync>> {
    let key = PrivateKey::generate(KeySpec::EcP256)?;
    let names = &ca.own_names;
    let request = OwnRequest { request: pki::create_csr(&key, &names.common_name, &names.subject_alt_names)? };
    let signed = match ca.store.is_read_only() {
        false => issuance::issue(ca, call, Knock::Own(&request)).await?.into_signed(),
        true => {
            let signed = issuance::stopgap(ca, call, &request).await?;
            let serial_number = signed.certificate().serial_number();
            tracing::warn!(%serial_number, "the certificate of the listener is not on record: the store cannot be written");
            signed
        }
    };
    let chain = signed.chain().map(|certificate: &Certificate| certificate.der().to_vec().into());
    Ok(OnlineCertificate {
        chain: chain.collect(),
        validity: signed.certificate().validity(),
        key: rustls::pki_types::PrivatePkcs8KeyDer::from(key.to_pkcs8_der()?.to_vec()).into(),
    })
}
