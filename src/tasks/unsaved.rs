//! Messages that the database does not take. They go out all the same; what was taken is noted in
//! the database when it works again. Lost with the process, as whatever is not on disk.

use crate::store::db::Outgoing;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use streamwarden_core::estate::Millis;

#[derive(Clone, Debug, Default)]
pub struct Unsaved(Arc<Mutex<Kept>>);

#[derive(Debug, Default)]
struct Kept {
    /// In the order in which they were made; bounded by who hands them in.
    waiting: Vec<Outgoing>,
    /// Taken by the receiver, and not noted.
    sent: BTreeMap<String, Millis>,
}

impl Unsaved {
    /// These wait now, and no others: none, once all of them are written down.
    pub fn set(&self, waiting: Vec<Outgoing>) {
        self.kept().waiting = waiting;
    }

    /// What is to be sent, after what the database has; without what was taken already.
    pub fn join(&self, stored: Vec<Outgoing>) -> Vec<Outgoing> {
        let kept = self.kept();
        let known: BTreeSet<&str> = stored.iter().map(|o| o.id.as_str()).collect();
        let new = kept.waiting.iter().filter(|o| !known.contains(o.id.as_str())).cloned();
        let new: Vec<Outgoing> = new.collect();
        let all = stored.into_iter().chain(new);
        all.filter(|o| !kept.sent.contains_key(&o.id)).collect()
    }

    pub fn sent(&self, ids: impl IntoIterator<Item = String>, now: Millis) {
        self.kept().sent.extend(ids.into_iter().map(|id| (id, now)));
    }

    /// Taken at `since` or later, and not noted.
    pub fn sent_since(&self, since: Millis) -> u32 {
        let sent = self.kept().sent.values().filter(|at| **at >= since).count();
        u32::try_from(sent).unwrap_or(u32::MAX)
    }

    /// Taken, and in the database by now: to be noted there.
    pub fn to_note(&self) -> Vec<String> {
        let kept = self.kept();
        let waits: BTreeSet<&str> = kept.waiting.iter().map(|o| o.id.as_str()).collect();
        kept.sent.keys().filter(|id| !waits.contains(id.as_str())).cloned().collect()
    }

    pub fn noted(&self, ids: &[String]) {
        let mut kept = self.kept();
        kept.sent.retain(|id, _| !ids.contains(id));
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
