//! The CA's own TLS certificate: issued by the CA to itself, kept in memory, renewed before it ends.

use std::{error::Error as StdError, fmt, future::Future, pin::Pin, sync::Arc, time::Duration};

use arc_swap::ArcSwap;
use authority::{Timestamp, Validity};
use rustls::{
    crypto::aws_lc_rs as provider,
    pki_types::{CertificateDer, PrivateKeyDer},
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use thiserror::Error;
use tokio::{
    sync::{Mutex, MutexGuard},
    time::Instant,
};

use crate::clock::Clock;

/// A certificate for the listener, with its key.
pub struct OnlineCertificate {
    /// The certificate, then the intermediates above it.
    pub chain: Vec<CertificateDer<'static>>,
    /// Its private key, fresh for every certificate.
    pub key: PrivateKeyDer<'static>,
    /// When it is valid.
    pub validity: Validity,
}

impl fmt::Debug for OnlineCertificate {
    /// Without the key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OnlineCertificate").field("validity", &self.validity).finish_non_exhaustive()
    }
}

/// Issues the certificates of the listener, under the configuration in force when it is asked.
pub trait OnlineIssuer: Send + Sync + 'static {
    /// Issues a certificate for the names of the CA and a fresh P-256 key.
    fn issue(&self) -> Issuing<'_>;
}

/// An issuance on its way.
pub type Issuing<'a> =
    Pin<Box<dyn Future<Output = Result<OnlineCertificate, Box<dyn StdError + Send + Sync>>> + Send + 'a>>;

/// Why the CA has no certificate for its listener, or keeps the old one.
#[derive(Debug, Error)]
pub enum OwnCertificateError {
    /// The CA did not issue one.
    #[error("the CA's own TLS certificate was not issued: {0}")]
    NotIssued(#[source] Box<dyn StdError + Send + Sync>),
    /// What it issued is of no use for TLS.
    #[error("the CA's own TLS certificate cannot be used: {0}")]
    Unusable(#[source] rustls::Error),
}

/// The certificate in use. Handshakes read it, [`keep_fresh`](Self::keep_fresh) replaces it.
pub struct OwnCertificate {
    issuer: Box<dyn OnlineIssuer>,
    clock: Arc<dyn Clock>,
    current: ArcSwap<Current>,
    /// Held while one is being issued, so that of many handshakes that find it old one renews it. What it guards is when
    /// that last failed.
    renewing: Mutex<Option<Instant>>,
}

struct Current {
    key: Arc<CertifiedKey>,
    validity: Validity,
}

impl OwnCertificate {
    /// Has the first one issued.
    ///
    /// # Errors
    /// See [`OwnCertificateError`].
    pub async fn obtain(issuer: impl OnlineIssuer, clock: Arc<dyn Clock>) -> Result<Arc<Self>, OwnCertificateError> {
        let current = Current::issue(&issuer).await?;
        Ok(Arc::new(Self {
            issuer: Box::new(issuer),
            clock,
            current: ArcSwap::from_pointee(current),
            renewing: Mutex::new(None),
        }))
    }

    /// Replaces it now: its names or its issuer have changed.
    ///
    /// # Errors
    /// See [`OwnCertificateError`]; the old one then stays in use.
    pub async fn renew(&self) -> Result<(), OwnCertificateError> {
        let _one_at_a_time = self.renewing.lock().await;
        self.current.store(Arc::new(Current::issue(&*self.issuer).await?));
        Ok(())
    }

    /// Holds renewals back until the answer is dropped. A renewal that began before cannot put a certificate of the old
    /// configuration in place of what is [installed](Paused::install).
    pub async fn pause(&self) -> Paused<'_> {
        Paused { own: self, _renewals: self.renewing.lock().await }
    }

    /// Replaces it before it ends, for ever: when two thirds of its life are over, give or take a little so that
    /// replicas do not do it at once; when that fails, again after a fortieth of its life.
    ///
    /// The wall clock is looked at every half a minute, so a machine that slept notices.
    pub async fn keep_fresh(self: Arc<Self>) {
        loop {
            let validity = self.current.load().validity;
            let due = renewal_time(validity);
            while self.clock.now() < due && self.current.load().validity == validity {
                tokio::time::sleep(LOOK).await;
            }
            if self.current.load().validity != validity {
                continue;
            }
            match self.renew().await {
                Ok(()) => tracing::info!(not_after = %self.not_after(), "renewed the CA's own TLS certificate"),
                Err(error) => {
                    tracing::error!(%error, "cannot renew the CA's own TLS certificate");
                    let fortieth = period(validity) / 40;
                    tokio::time::sleep(fortieth + random_below(fortieth)).await;
                }
            }
        }
    }

    /// Replaces it when it has less than a minute to live, which the timer sees too late when the machine has slept.
    /// Failing that, the old one is shown: the client says why it is of no use.
    pub(super) async fn refresh_if_ending(&self) {
        if !self.is_ending() {
            return;
        }
        let mut failed = self.renewing.lock().await;
        // While we waited, somebody else has renewed it, or has found that it cannot be done.
        if !self.is_ending() || failed.is_some_and(|at| at.elapsed() < PAUSE) {
            return;
        }
        match Current::issue(&*self.issuer).await {
            Ok(current) => self.current.store(Arc::new(current)),
            Err(error) => {
                *failed = Some(Instant::now());
                tracing::error!(%error, "cannot renew the CA's own TLS certificate");
            }
        }
    }

    /// The clock it is renewed by.
    pub(super) fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.clock)
    }

    fn is_ending(&self) -> bool {
        self.clock.now().checked_add(LAST_MINUTE).is_none_or(|soon| soon >= self.not_after())
    }

    /// When it ends.
    pub(crate) fn not_after(&self) -> Timestamp {
        self.current.load().validity.not_after
    }
}

const LOOK: Duration = Duration::from_secs(30);
const LAST_MINUTE: Duration = Duration::from_secs(60);
/// Between two attempts that handshakes ask for.
const PAUSE: Duration = Duration::from_secs(1);

/// A third of its life before its end, and up to a twentieth earlier.
fn renewal_time(validity: Validity) -> Timestamp {
    let period = period(validity);
    validity.not_after.saturating_sub(period / 3 + random_below(period / 20))
}

fn period(validity: Validity) -> Duration {
    validity.not_after.duration_since(validity.not_before).unwrap_or_default()
}

fn random_below(limit: Duration) -> Duration {
    let mut octets = [0; 8];
    // Without randomness every replica renews at the same moment, and nothing else is lost.
    let _ = aws_lc_rs::rand::fill(&mut octets);
    let limit = u64::try_from(limit.as_millis()).unwrap_or(u64::MAX);
    Duration::from_millis(u64::from_ne_bytes(octets).checked_rem(limit).unwrap_or_default())
}

/// The certificate in use, while nobody else replaces it.
pub struct Paused<'a> {
    own: &'a OwnCertificate,
    _renewals: MutexGuard<'a, Option<Instant>>,
}

impl Paused<'_> {
    /// Shows `next` from the next handshake on.
    pub fn install(self, Showable(next): Showable) {
        self.own.current.store(Arc::new(next));
    }
}

/// A certificate that handshakes can show.
pub struct Showable(Current);

impl TryFrom<OnlineCertificate> for Showable {
    type Error = OwnCertificateError;

    fn try_from(OnlineCertificate { chain, key, validity }: OnlineCertificate) -> Result<Self, OwnCertificateError> {
        let key =
            CertifiedKey::from_der(chain, key, &provider::default_provider()).map_err(OwnCertificateError::Unusable)?;
        Ok(Self(Current { key: Arc::new(key), validity }))
    }
}

impl Current {
    async fn issue(issuer: &dyn OnlineIssuer) -> Result<Self, OwnCertificateError> {
        let Showable(current) = issuer.issue().await.map_err(OwnCertificateError::NotIssued)?.try_into()?;
        Ok(current)
    }
}

impl ResolvesServerCert for OwnCertificate {
    /// The same certificate whatever name the client asked for.
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.current.load().key))
    }
}

impl fmt::Debug for OwnCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnCertificate").field("validity", &self.current.load().validity).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn renewal_is_due_after_about_two_thirds_of_its_life() {
        let validity = Validity { not_before: Timestamp::from_unix(0), not_after: Timestamp::from_unix(86_400) };
        let due: Vec<_> = (0..200).map(|_| renewal_time(validity).as_unix()).collect();
        assert!(due.iter().all(|due| (86_400 - 28_800 - 4_320..=86_400 - 28_800).contains(due)), "{due:?}");
        assert!(due.iter().any(|other| Some(other) != due.first()), "replicas renew at different times");
    }

    #[test]
    fn a_certificate_without_life_is_due_at_its_end_and_not_before_time_began() {
        let at = Timestamp::from_unix(100);
        assert_eq!(renewal_time(Validity { not_before: at, not_after: at }), at);
        assert_eq!(random_below(Duration::ZERO), Duration::ZERO);
    }
}
