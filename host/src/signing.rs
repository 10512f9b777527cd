//! Signatures that are made elsewhere: in a token, by an HSM.
//!
//! Two things are different there. The signer may have signed although its answer is lost, so what it will be asked for is
//! on record before: whatever is not claimed by the record of a certificate is reported at the next start. And it may be
//! slow, so that waiting must keep nobody else. A key in memory passes both by.

mod pause;
#[cfg(test)]
mod tests;

pub(crate) use self::pause::Pause;
use crate::{
    issuance::IssueError,
    snapshot::Snapshot,
    store::{Intent, Store, StoreError},
    turns::SignerBusy,
};
use authority::{Approved, SerialNumber, SignError, Signed, Timestamp, keys::SignerError};
use std::{sync::Arc, time::Instant};

/// What a signer elsewhere is about to be asked for. Dropped, it is withdrawn: whatever was signed was dropped as well, and
/// has never left.
pub(crate) struct Intended {
    store: Arc<dyn Store>,
    serial_number: SerialNumber,
    is_open: bool,
}

/// Keeps what will be signed, when that is done elsewhere.
pub(crate) async fn intend(
    ca: &Snapshot,
    approved: &Approved,
    serial_number: SerialNumber,
    provisioner: Option<&str>,
    time: Timestamp,
) -> Result<Option<Intended>, IssueError> {
    if !ca.authority.issuer().signs_elsewhere() {
        return Ok(None);
    }
    if ca.turns.pause.lasts(Instant::now()) {
        return Err(SignerBusy::JustFailed.into());
    }
    let names = approved.draft().subject_alt_names().iter().collect();
    let provisioner = provisioner.unwrap_or_default().to_owned();
    let intended = Intended { store: Arc::clone(&ca.store), serial_number, is_open: true };
    if !ca.store.intend(Intent { serial_number, names, provisioner, time }).await? {
        // Whoever has it keeps it.
        intended.leave();
        return Err(StoreError::SerialTaken.into());
    }
    Ok(Some(intended))
}

/// Signs, here and now, or when it is our turn elsewhere.
pub(crate) async fn sign(
    ca: &Snapshot,
    approved: Approved,
    serial_number: SerialNumber,
    intended: Option<Intended>,
) -> Result<(Signed, Option<Intended>), IssueError> {
    if !ca.authority.issuer().signs_elsewhere() {
        return Ok((ca.authority.sign(approved, serial_number)?, intended));
    }
    let (authority, pause) = (Arc::clone(&ca.authority), Arc::clone(&ca.turns.pause));
    // The intent goes along. Whoever gives up waiting leaves it on record until the signer has answered, and what it
    // answers then is dropped with it.
    let signing = ca.turns.ask(move || {
        // The signer may have failed while we waited for our turn.
        match pause.ask(Instant::now()) {
            true => told(authority.sign(approved, serial_number), intended, &pause).map(Ok),
            false => Ok(Err(SignerBusy::JustFailed)),
        }
    });
    Ok(signing.await???)
}

/// Leaves the intent, and the signer alone, where it cannot be known what was signed.
fn told(
    signed: Result<Signed, SignError>,
    intended: Option<Intended>,
    pause: &Pause,
) -> Result<(Signed, Option<Intended>), SignError> {
    match signed {
        Ok(signed) => {
            pause.signed();
            Ok((signed, intended))
        }
        Err(error) if may_be_signed(&error) => {
            pause.failed(Instant::now());
            if let Some(intended) = intended {
                intended.leave();
            }
            Err(error)
        }
        Err(error) => {
            pause.not_signed(Instant::now());
            Err(error)
        }
    }
}

/// Tells the operator of certificates that may exist although they are not on record.
///
/// # Errors
/// The store cannot be read.
pub(crate) async fn report_unclaimed(store: &dyn Store) -> Result<(), StoreError> {
    let unclaimed = store.unclaimed().await?;
    let count = unclaimed.len();
    for Intent { serial_number, names, provisioner, time } in unclaimed.into_iter().take(REPORTED) {
        tracing::warn!(
            serial = %serial_number,
            names = names.join(" "),
            provisioner,
            intended_at = %time,
            "a certificate was asked of the signer and is not on record: it may have been signed, and was handed to \
             nobody; `step-ca db intents list` has it until `settle` says that it is known what became of it"
        );
    }
    if count > REPORTED {
        tracing::warn!(count, "there are more certificates that were asked of the signer and are not on record");
    }
    Ok(())
}

/// A start has other things to say as well.
const REPORTED: usize = 20;

/// What was asked for and gave no certificate of ours may be one all the same.
fn may_be_signed(error: &SignError) -> bool {
    match error {
        SignError::Lint(_) | SignError::Time => false,
        SignError::Signer(SignerError::Refused | SignerError::Unavailable { .. }) => false,
        SignError::Signer(SignerError::OutcomeUnknown { .. }) => true,
        SignError::Unreadable(_) | SignError::Unverified(_) | SignError::Differs { .. } => true,
    }
}

impl Intended {
    /// The record of the certificate has claimed it.
    pub(crate) fn claimed(self) {
        self.leave();
    }

    fn leave(mut self) {
        self.is_open = false;
    }
}

impl Drop for Intended {
    fn drop(&mut self) {
        if self.is_open {
            self.store.withdraw(self.serial_number);
        }
    }
}
