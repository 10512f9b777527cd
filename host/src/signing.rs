//! Signatures that are made elsewhere: in a token, by an HSM.
//!
//! Two things are different there. The signer may have signed although its answer is lost, so what it will be asked for is
//! on record before: whatever is not claimed by the record of a certificate is reported at the next start. And it may be
//! slow, so that waiting must keep nobody else. A key in memory passes both by.

use crate::{
    issuance::IssueError,
    snapshot::Snapshot,
    store::{Intent, Store, StoreError},
};
use authority::{Approved, Issuer, SerialNumber, SignError, Signed, Timestamp, keys::SignerError};
use tokio::runtime::{Handle, RuntimeFlavor};

/// What a signer elsewhere is about to be asked for. Dropped, it is withdrawn: whatever was signed was dropped as well, and
/// has never left.
pub(crate) struct Intended<'s> {
    store: &'s dyn Store,
    serial_number: SerialNumber,
    is_open: bool,
}

/// Keeps what will be signed, when that is done elsewhere.
pub(crate) async fn intend<'s>(
    ca: &'s Snapshot,
    approved: &Approved,
    serial_number: SerialNumber,
    provisioner: Option<&str>,
    time: Timestamp,
) -> Result<Option<Intended<'s>>, IssueError> {
    if !ca.authority.issuer().signs_elsewhere() {
        return Ok(None);
    }
    let names = approved.draft().subject_alt_names().iter().collect();
    let provisioner = provisioner.unwrap_or_default().to_owned();
    let intended = Intended { store: &*ca.store, serial_number, is_open: true };
    if !ca.store.intend(Intent { serial_number, names, provisioner, time }).await? {
        // Whoever has it keeps it.
        intended.leave();
        return Err(StoreError::SerialTaken.into());
    }
    Ok(Some(intended))
}

/// Signs, and leaves the intent where it cannot be known what was signed.
pub(crate) fn sign<'s>(
    ca: &Snapshot,
    approved: Approved,
    serial_number: SerialNumber,
    intended: Option<Intended<'s>>,
) -> Result<(Signed, Option<Intended<'s>>), SignError> {
    let issuer = ca.authority.issuer();
    match (wait(issuer, || ca.authority.sign(approved, serial_number)), intended) {
        (Ok(signed), intended) => Ok((signed, intended)),
        (Err(error), intended) => {
            if let Some(intended) = intended
                && may_be_signed(&error)
            {
                intended.leave();
            }
            Err(error)
        }
    }
}

/// Does what may wait for a signer, so that the tasks of this thread go on elsewhere meanwhile.
pub(crate) fn wait<T>(issuer: &Issuer, sign: impl FnOnce() -> T) -> T {
    let can_give_way = || Handle::try_current().is_ok_and(|it| it.runtime_flavor() == RuntimeFlavor::MultiThread);
    if issuer.signs_elsewhere() && can_give_way() { tokio::task::block_in_place(sign) } else { sign() }
}

/// Tells the operator of certificates that may exist although they are not on record.
///
/// # Errors
/// The store cannot be read.
pub(crate) async fn report_unclaimed(store: &dyn Store) -> Result<(), StoreError> {
    for Intent { serial_number, names, provisioner, time } in store.unclaimed().await? {
        tracing::warn!(
            serial = %serial_number,
            names = names.join(" "),
            provisioner,
            intended_at = %time,
            "a certificate was asked of the signer and is not on record: it may have been signed, and was handed to \
             nobody; `step-ca db check` lists it as long as that is so"
        );
    }
    Ok(())
}

/// What was asked for and gave no certificate of ours may be one all the same.
fn may_be_signed(error: &SignError) -> bool {
    match error {
        SignError::Lint(_) | SignError::Time => false,
        SignError::Signer(SignerError::Refused | SignerError::Unavailable { .. }) => false,
        SignError::Signer(SignerError::OutcomeUnknown { .. }) => true,
        SignError::Unreadable(_) | SignError::Unverified(_) | SignError::Differs { .. } => true,
    }
}

impl Intended<'_> {
    /// The record of the certificate has claimed it.
    pub(crate) fn claimed(self) {
        self.leave();
    }

    fn leave(mut self) {
        self.is_open = false;
    }
}

impl Drop for Intended<'_> {
    fn drop(&mut self) {
        if self.is_open {
            self.store.withdraw(self.serial_number);
        }
    }
}
