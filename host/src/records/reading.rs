//! What readers are shown.

use api_types::{CertificateEntry, CertificatesPage};
use authority::SerialNumber;

use super::{
    access::{AccessError, NotAnswered, Right, admit},
    document,
    query::Listing,
    visit::Visit,
};
use crate::{
    audit::Operation,
    call::Call,
    snapshot::Snapshot,
    store::{CertificatePage, CertificateQuery, Page},
};

/// One page of certificates, for the client that presented `chain`, its own certificate first, in DER. The `parameters`
/// are those of a [`Listing`].
///
/// # Errors
/// The client may not read, too many do, the parameters cannot be understood, or the store does not answer.
pub async fn certificates(
    ca: &Snapshot,
    call: &Call,
    chain: &[&[u8]],
    parameters: &[(String, String)],
) -> Result<CertificatesPage, NotAnswered> {
    let words: Vec<_> = parameters.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let mut visit =
        Visit::new(call, Operation::Read, format!("certificates {}", words.join(" ")).trim_end().to_owned());
    let page = list(ca, call, chain, parameters, &mut visit).await;
    visit.end(ca, page)
}

async fn list(
    ca: &Snapshot,
    call: &Call,
    chain: &[&[u8]],
    parameters: &[(String, String)],
    visit: &mut Visit,
) -> Result<CertificatesPage, AccessError> {
    // Whoever may not read learns nothing of the question either.
    let _reading = admit(ca, call, chain, Right::Read, visit).await?;
    let parameters = parameters.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let Listing { query, page, with_certificates } = Listing::parse(parameters, call.now)?;
    let CertificatePage { certificates, next } = ca.store.certificates(query, page).await?;
    Ok(CertificatesPage {
        certificates: certificates
            .iter()
            .map(|dossier| document::entry(dossier, call.now, with_certificates))
            .collect(),
        next_cursor: next.map(|next| next.to_string()).unwrap_or_default(),
    })
}

/// The certificate with this serial number, for the client that presented `chain`.
///
/// # Errors
/// The client may not read, too many do, there is no such certificate, or the store does not answer.
pub async fn certificate(
    ca: &Snapshot,
    call: &Call,
    chain: &[&[u8]],
    serial_number: &str,
) -> Result<CertificateEntry, NotAnswered> {
    let mut visit = Visit::new(call, Operation::Read, format!("certificate {serial_number}"));
    let entry = find(ca, call, chain, serial_number, &mut visit).await;
    visit.end(ca, entry)
}

async fn find(
    ca: &Snapshot,
    call: &Call,
    chain: &[&[u8]],
    serial_number: &str,
    visit: &mut Visit,
) -> Result<CertificateEntry, AccessError> {
    let _reading = admit(ca, call, chain, Right::Read, visit).await?;
    let serial_number: SerialNumber = serial_number.parse()?;
    let query = CertificateQuery { serial_number: Some(serial_number), ..CertificateQuery::default() };
    let page = ca.store.certificates(query, Page { before: None, limit: 1 }).await?;
    let dossier = page.certificates.first().ok_or(AccessError::NotOnRecord { serial_number })?;
    Ok(document::entry(dossier, call.now, true))
}
