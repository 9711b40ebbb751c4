//! Messages that the database does not take. They go out all the same; what was taken is noted in
//! the database when it works again. Lost with the process, as whatever is not on disk.

use crate::store::db::Outgoing;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use streamwarden_core::estate::Millis;

#[derive(Clone, Debug, Default)]
pub struct Unsaved(Arc<Mutex<Kept>>);

/// At most so many wait; the oldest go.
const MOST: usize = 5000;

#[derive(Debug, Default)]
struct Kept {
    /// In the order in which they were made.
    waiting: Vec<Waits>,
    /// Taken by the receiver, and not noted.
    sent: BTreeMap<String, Millis>,
}

#[derive(Debug)]
struct Waits {
    message: Outgoing,
    /// The database has it, and was not read since: it may have died with it.
    written: bool,
}

impl Unsaved {
    /// Made, and to be written down.
    pub fn add(&self, new: &[Outgoing]) {
        let mut kept = self.kept();
        let new = new.iter().map(|m| Waits { message: m.clone(), written: false });
        kept.waiting.extend(new);
        let over = kept.waiting.len().saturating_sub(MOST);
        kept.waiting.drain(..over);
    }

    /// The database took them.
    pub fn written(&self, taken: &[Outgoing]) {
        let ids: BTreeSet<&str> = taken.iter().map(|m| m.id.as_str()).collect();
        for w in &mut self.kept().waiting {
            w.written |= ids.contains(w.message.id.as_str());
        }
    }

    /// Those that the database has: what it tells from now on counts, once it tells anything.
    pub fn in_database(&self) -> Vec<String> {
        let kept = self.kept();
        kept.waiting.iter().filter(|w| w.written).map(|w| w.message.id.clone()).collect()
    }

    /// The database was read after these were in it.
    pub fn read(&self, ids: &[String]) {
        self.kept().waiting.retain(|w| !ids.contains(&w.message.id));
    }

    /// What is to be sent, after what the database has; without what was taken already.
    pub fn join(&self, stored: Vec<Outgoing>) -> Vec<Outgoing> {
        let kept = self.kept();
        let known: BTreeSet<&str> = stored.iter().map(|o| o.id.as_str()).collect();
        let new = kept.waiting.iter().map(|w| &w.message);
        let new: Vec<Outgoing> = new.filter(|o| !known.contains(o.id.as_str())).cloned().collect();
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
        let new = kept.waiting.iter().filter(|w| !w.written);
        let waits: BTreeSet<&str> = new.map(|w| w.message.id.as_str()).collect();
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
