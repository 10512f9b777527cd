//! Recalls over the network: readers see what may still be used because of a module, operators do something about it.

use api_types::{RecallAction, RecallEntry, RecallPage};
use authority::RevocationReason;

use super::{
    access::{AccessError, NotAnswered, Right, admit, is_not_barred},
    document,
    query::QueryError,
    visit::Visit,
};
use crate::{
    audit::{Digest, Entry, Operation},
    call::Call,
    decision, limits,
    recall::{self, Order},
    snapshot::Snapshot,
    store::{CertificatePage, Dossier, Page, RecallRecord, StoreError},
};

/// What an operator orders.
#[derive(Clone, Debug)]
pub struct RecallOrder {
    /// What is to be done.
    pub action: RecallAction,
    /// Why certificates are revoked, in one word.
    pub reason: RevocationReason,
    /// Why, for people; at most [`limits::REVOCATION_REASON`] octets.
    pub reason_text: String,
    /// Where the page begins that is revoked, as the answer before said; empty for the first.
    pub cursor: String,
}

/// A page of what may still be used because of the module with this SHA-256, for the client that presented `chain`.
/// Nothing is changed.
///
/// # Errors
/// The client may not read, too many do, the question cannot be understood, or the store does not answer.
pub async fn recall(
    ca: &Snapshot,
    call: &Call,
    chain: &[&[u8]],
    module: &str,
    cursor: &str,
) -> Result<RecallPage, NotAnswered> {
    let mut visit = Visit::new(call, Operation::Read, format!("what there is because of module {module}"));
    let page = async {
        let _reading = admit(ca, call, chain, Right::Read, &mut visit).await?;
        let module: Digest = module.parse()?;
        let CertificatePage { certificates, next } = page(ca, call, module, cursor).await?;
        answer(ca, call, module, &certificates, next).await
    };
    let page = page.await;
    visit.end(ca, page)
}

/// Does what is ordered about the module with this SHA-256, for the client that presented `chain`. To revoke is to bar,
/// and to revoke one page: whoever goes on with the cursor of the answer, or begins again, comes to the end. When there is
/// no room for another recall the page is revoked all the same, and the answer shows no recall.
///
/// # Errors
/// The client may not, too many do, the order cannot be understood, or something was not recorded.
pub async fn order_recall(
    ca: &Snapshot,
    call: &Call,
    chain: &[&[u8]],
    module: &str,
    order: RecallOrder,
) -> Result<RecallPage, NotAnswered> {
    let word = match order.action {
        RecallAction::Block => "recall of module",
        RecallAction::Lift => "end of the recall of module",
        RecallAction::Revoke => "revocation of what there is because of module",
    };
    let mut visit = Visit::new(call, Operation::Recall, format!("{word} {module}"));
    let done = follow(ca, call, chain, module, order, &mut visit).await;
    visit.end(ca, done)
}

async fn follow(
    ca: &Snapshot,
    call: &Call,
    chain: &[&[u8]],
    module: &str,
    order: RecallOrder,
    visit: &mut Visit,
) -> Result<RecallPage, AccessError> {
    let _working = admit(ca, call, chain, Right::Operate, visit).await?;
    let module: Digest = module.parse()?;
    if order.action == RecallAction::Lift {
        is_not_barred(ca, visit).await?;
    }
    let RecallOrder { action, reason, reason_text, cursor } = order;
    let by = visit.entry().subject.clone().unwrap_or_default();
    let order = Order { module, by, reason, text: reason_text };
    // What is done has its own line, beside that of the visit.
    let entry = Entry { id: decision::fresh_id(), ..visit.entry().clone() };
    match order.bar(&*ca.store, action != RecallAction::Lift, entry.clone()).await {
        // Certificates that are revoked need no recall. The answer shows none, and the log says why.
        Err(error @ StoreError::TooManyRecalls) if action == RecallAction::Revoke => visit.add(&error),
        done => drop(done?),
    }
    let (mut revoked, mut next) = (Vec::new(), None);
    if action == RecallAction::Revoke {
        CertificatePage { certificates: revoked, next } = page(ca, call, module, &cursor).await?;
        // Whoever revokes what lets them in would not get to the next page. It is barred, and listed until it ends.
        revoked.retain(|dossier| Some(dossier.certificate.serial_number) != entry.serial_number);
        order.revoke(&*ca.store, &mut revoked, &entry).await?;
    }
    answer(ca, call, module, &revoked, next).await
}

async fn page(ca: &Snapshot, call: &Call, module: Digest, cursor: &str) -> Result<CertificatePage, AccessError> {
    let before = match cursor {
        "" => None,
        _ => Some(cursor.parse().map_err(|_| QueryError::Cursor)?),
    };
    let usable_at = call.now.saturating_sub(ca.longest_renewal_grace);
    let page = Page { before, limit: limits::LISTED };
    Ok(ca.store.certificates(recall::usable(module, usable_at), page).await?)
}

async fn answer(
    ca: &Snapshot,
    call: &Call,
    module: Digest,
    dossiers: &[Dossier],
    next: Option<u64>,
) -> Result<RecallPage, AccessError> {
    let last = ca.store.recalled(module).await?.filter(|last| last.is_barred);
    Ok(RecallPage {
        certificates: dossiers.iter().map(|dossier| document::entry(dossier, call.now, false)).collect(),
        next_cursor: next.map(|next| next.to_string()).unwrap_or_default(),
        recall: last.map(|RecallRecord { time, reason, recalled_by, .. }| RecallEntry {
            recalled_at: time.to_string(),
            recalled_by,
            reason,
        }),
        in_use: ca.policies.named(module.as_bytes()).into_iter().map(str::to_owned).collect(),
    })
}
