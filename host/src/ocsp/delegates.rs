//! Who signs answers in the issuer's place: a key in memory, with a certificate that is issued like every other, lives as
//! short as the claims say, and is followed by the next at two thirds of its life.
//!
//! The key of the issuer then signs certificates and lists, and nothing that a stranger can ask for at will.

use crate::{
    admission::{Knock, OwnRequest},
    call::Call,
    issuance::{self, NotIssued},
    snapshot::Snapshot,
};
use arc_swap::ArcSwapOption;
use authority::{
    Timestamp,
    keys::{KeySpec, PrivateKey, PrivateKeyError},
    ocsp::{Delegate, DelegateError},
    pki::{self, PkiError},
};
use std::{sync::Arc, time::Duration};
use thiserror::Error;
use tokio::sync::Mutex;

/// What a responder is called. Clients find it by this in the answer (RFC 6960 §4.2.2.3).
pub(crate) const COMMON_NAME: &str = "OCSP Responder";

/// Before another certificate is asked for when there was none to be had, as long as the last one still serves.
const AFTER_FAILURE: Duration = Duration::from_secs(30);

/// The responders of one configuration generation, one after the other.
#[derive(Default)]
pub(super) struct Delegates {
    current: ArcSwapOption<Delegate>,
    /// One is made at a time; when that last failed.
    making: Mutex<Option<Timestamp>>,
}

impl Delegates {
    /// The one in force, or the next, when there is none or it is about to end. Nobody waits for the next as long as this
    /// one serves.
    pub(super) async fn current(&self, ca: &Snapshot, now: Timestamp) -> Result<Arc<Delegate>, NoDelegate> {
        let serving = self.serving(now);
        if let Some(delegate) = serving.as_ref().filter(|delegate| !is_due(delegate, now)) {
            return Ok(delegate.clone());
        }
        let mut failed = match (self.making.try_lock(), serving) {
            (Ok(failed), _) => failed,
            (Err(_), Some(delegate)) => return Ok(delegate),
            (Err(_), None) => self.making.lock().await,
        };
        let serving = self.serving(now);
        let has_just_failed = || failed.and_then(|at| now.duration_since(at)).is_some_and(|age| age < AFTER_FAILURE);
        if let Some(delegate) = serving.as_ref().filter(|delegate| !is_due(delegate, now) || has_just_failed()) {
            return Ok(delegate.clone());
        }
        if has_just_failed() {
            // Whoever asks is a stranger: not each question is worth a signature that is then thrown away.
            return Err(NoDelegate::JustFailed);
        }
        match (issue(ca, now).await, serving) {
            (Ok(delegate), _) => {
                let delegate = Arc::new(delegate);
                tracing::info!(serial_number = %delegate.certificate().serial_number(), "the OCSP responder has a new certificate");
                self.current.store(Some(delegate.clone()));
                Ok(delegate)
            }
            (Err(error), Some(delegate)) => {
                tracing::error!(%error, "the OCSP responder goes on with its old certificate");
                *failed = Some(now);
                Ok(delegate)
            }
            (Err(error), None) => {
                *failed = Some(now);
                Err(error)
            }
        }
    }

    /// The one whose certificate is good now.
    fn serving(&self, now: Timestamp) -> Option<Arc<Delegate>> {
        self.current.load_full().filter(|delegate| {
            let validity = delegate.certificate().validity();
            validity.not_before <= now && now < validity.not_after
        })
    }
}

/// Whether two thirds of its life are over.
fn is_due(delegate: &Delegate, now: Timestamp) -> bool {
    let validity = delegate.certificate().validity();
    let age = now.duration_since(validity.not_before);
    validity.duration().zip(age).is_none_or(|(life, age)| age >= life / 3 * 2)
}

/// A fresh key, and a certificate for it on the road of everybody's.
async fn issue(ca: &Snapshot, now: Timestamp) -> Result<Delegate, NoDelegate> {
    let key = PrivateKey::generate(KeySpec::EcP256)?;
    let request = OwnRequest { request: pki::create_csr(&key, COMMON_NAME, &ca.own_names.subject_alt_names)? };
    let issued = issuance::issue(ca, &Call::own(now), Knock::Responder(&request)).await?;
    let certificate = issued.signed().certificate().clone();
    Ok(Delegate::new(certificate, Box::new(key), ca.authority.issuer())?)
}

/// Why there is nobody to sign.
#[derive(Debug, Error)]
pub(super) enum NoDelegate {
    /// There was none a moment ago.
    #[error("the OCSP responder has no certificate, and the last attempt to make one has just failed")]
    JustFailed,
    /// No key could be made.
    #[error(transparent)]
    Key(#[from] PrivateKeyError),
    /// No request could be made for it.
    #[error(transparent)]
    Request(#[from] PkiError),
    /// The road ended early.
    #[error(transparent)]
    NotIssued(#[from] NotIssued),
    /// What was issued does not fit.
    #[error(transparent)]
    Delegate(#[from] DelegateError),
}
