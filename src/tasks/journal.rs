//! The store's journal as the port that `repair` writes through.

use crate::repair::{Boxed, Database, Lost, TakenUp};
use crate::store::Store;
use crate::store::db::journal::{JournalError, Refusal};
use std::sync::Arc;
use streamwarden_core::action::{ActionRecord, Entry};
use streamwarden_core::estate::Millis;

#[derive(Clone, Debug)]
pub struct JournalPort(pub Arc<Store>);

impl Database for JournalPort {
    fn append<'a>(
        &'a self,
        action: &'a str,
        n: u32,
        at: Millis,
        entry: &'a Entry,
    ) -> Boxed<'a, Result<(), Lost>> {
        Box::pin(async move {
            let done = self.0.journal().append(action, n, at, entry).await;
            done.map_err(|e| match e {
                JournalError::Refused(Refusal::Fenced { .. }) => Lost::Fenced,
                // a database that was put back to an older state: what is down is still finished
                JournalError::Refused(r @ Refusal::NoAction(_)) => Lost::Down(r.to_string()),
                JournalError::Refused(r) => Lost::Conflict(r.to_string()),
                JournalError::Db(e) => Lost::Down(e.to_string()),
            })
        })
    }
}

/// What a start hands to the crew.
pub fn taken_up(record: ActionRecord) -> TakenUp {
    let ActionRecord { id, plan, generation, began, entries, .. } = record;
    TakenUp { id, plan, generation, began, entries }
}
