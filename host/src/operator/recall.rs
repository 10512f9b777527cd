//! `step-ca recall`: what a module let be issued that should not have had a say.

use ::certs::RecallFlags;
use api_types::RecallAction;
use authority::Timestamp;
use clap::Args;

use super::{ConfigFlag, OperatorError, certs, hold};
use crate::{
    audit::Digest,
    decision, limits,
    recall::{self, Order},
    records,
    store::{Reader, RecallRecord, StoreError},
};

/// List the certificates that a policy module had a say in and that may still be used; bar their renewal or revoke them
/// when asked to.
///
/// What replaced such a certificate counts, under whichever modules it was renewed; so does what has ended and may still
/// be renewed by the claims in force.
///
/// Without --block, --revoke and --lift nothing is changed, and the CA may run. To change something the CA must have been
/// stopped; `step ca recall` does the same while it runs. When it starts again it publishes what was revoked.
#[derive(Args, Debug)]
pub struct Recall {
    /// SHA-256 of the module, as `step-ca certs show` and the audit log have it
    #[arg(value_name = "SHA256")]
    digest: Digest,
    #[command(flatten)]
    config: ConfigFlag,
    #[command(flatten)]
    wish: RecallFlags,
}

impl Recall {
    /// Does it, and answers what is to be printed.
    ///
    /// # Errors
    /// The configuration or the store cannot be used, or the clock is behind it.
    pub async fn run(self, now: Timestamp) -> Result<String, OperatorError> {
        let config = self.config.load()?;
        if self.wish.reason.len() > limits::REVOCATION_REASON {
            return Err(OperatorError::ReasonTooLong { limit: limits::REVOCATION_REASON });
        }
        // From here on nobody else writes, so that what is listed is all there is.
        let held = match self.wish.action() {
            Some(action) => Some((action, hold(&config, now).await?)),
            None => None,
        };
        let reader = Reader::open(&config.store)?;
        let usable_at = now.saturating_sub(config.authority.longest_renewal_grace());
        let mut recalled = certs::all(&reader, &recall::usable(self.digest, usable_at))?;
        let count = recalled.len();
        let said = match &held {
            None => told(count, reader.recalled(&self.digest)?),
            Some((action, store)) => {
                let (order, entry) = (self.order(), recall::entry(now, decision::fresh_id()));
                let is_lifted = *action == RecallAction::Lift;
                let is_new = order.bar(&**store, !is_lifted, entry.clone()).await;
                if *action == RecallAction::Revoke {
                    let not_recalled = match is_new {
                        // Certificates that are revoked need no recall.
                        Err(error @ StoreError::TooManyRecalls) => format!("The module is not recalled: {error}.\n"),
                        is_new => is_new.map(|_| String::new()).map_err(OperatorError::Store)?,
                    };
                    order.revoke(&**store, &mut recalled, &entry).await?;
                    format!("{not_recalled}{} been revoked.\n", ::certs::certificates_have(count))
                } else {
                    barred(count, is_lifted, is_new.map_err(OperatorError::Store)?)
                }
            }
        };
        let entries: Vec<_> = recalled.iter().map(|dossier| records::entry(dossier, now, false)).collect();
        Ok(::certs::table(&entries) + &said)
    }

    fn order(&self) -> Order {
        Order {
            module: self.digest,
            by: "an operator of the machine".to_owned(),
            reason: self.wish.reason_code,
            text: self.wish.reason.clone(),
        }
    }
}

/// What there is to say when nothing was changed.
fn told(count: usize, last: Option<RecallRecord>) -> String {
    let certificates = ::certs::certificates(count);
    match last.filter(|last| last.is_barred) {
        Some(RecallRecord { time, reason, recalled_by, .. }) => {
            let why = if reason.is_empty() { String::new() } else { format!(": {}", ::certs::printable(&reason)) };
            format!(
                "{certificates} may still be used and will not be renewed: recalled at {time} by {recalled_by}{why}\n\
                 `--revoke` revokes them, and `--lift` lets them be renewed, when the CA is stopped.\n"
            )
        }
        None => format!(
            "{certificates} may still be used. `--block` bars their renewal, and `--revoke` revokes them, when the CA is \
             stopped.\n"
        ),
    }
}

fn barred(count: usize, is_lifted: bool, is_new: bool) -> String {
    let certificates = ::certs::certificates(count);
    match (is_lifted, is_new) {
        (false, true) => format!("{certificates} may still be used and will not be renewed.\n"),
        (false, false) => format!("The module is recalled already: {certificates} will not be renewed.\n"),
        (true, true) => format!("The recall is lifted: {certificates} may be renewed.\n"),
        (true, false) => "The module is not recalled.\n".to_owned(),
    }
}
