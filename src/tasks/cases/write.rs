//! What is due to be written down, beside the looks: a database that is slow or gone holds up nothing.

use super::super::telling::Hushed;
use super::Cases;
use crate::store;
use crate::store::db::Batch;
use std::collections::BTreeSet;
use std::time::Duration;
use streamwarden_core::case::IncidentId;
use streamwarden_core::estate::Millis;
use tokio_util::sync::CancellationToken;

/// Of each kind that could not be written yet.
const MOST: usize = 5000;
/// What could not be written is tried again so often.
const AGAIN: Duration = Duration::from_secs(5);

#[derive(Default)]
pub(super) struct Unwritten {
    pub batch: Batch,
    /// When the newest of it was found.
    pub at: Millis,
    pub refreshed: Millis,
    /// What planned work and silences keep from being told.
    pub hushed: Hushed,
}

impl Unwritten {
    /// The newest of each incident counts; bounded, the oldest go first.
    pub fn add(&mut self, new: Batch, at: Millis) {
        self.at = self.at.max(at);
        let (ids, all) = (ids(&new), &mut self.batch);
        all.incidents.retain(|(i, _)| !ids.contains(&i.id));
        all.incidents.extend(new.incidents);
        all.events.extend(new.events);
        all.outgoing.extend(new.outgoing);
        all.hushed.extend(new.hushed);
        self.bound();
    }

    /// What was not written goes before what came meanwhile.
    fn put_back(&mut self, old: Batch) {
        let newer = std::mem::replace(&mut self.batch, old);
        self.add(newer, self.at);
    }

    fn bound(&mut self) {
        let all = &mut self.batch;
        let over = |len: usize| len.saturating_sub(MOST);
        all.incidents.drain(..over(all.incidents.len()));
        all.events.drain(..over(all.events.len()));
        all.outgoing.drain(..over(all.outgoing.len()));
        all.hushed.drain(..over(all.hushed.len()));
    }
}

fn ids(batch: &Batch) -> BTreeSet<IncidentId> {
    batch.incidents.iter().map(|(i, _)| i.id.clone()).collect()
}

impl Cases {
    /// Writes down what is due.
    ///
    /// # Errors
    /// The database cannot be written: what is due stays due.
    pub async fn write(&self) -> Result<(), store::Error> {
        let _saving = self.0.saving.lock().await;
        let (batch, at) = {
            let mut unwritten = self.0.writing.lock().await;
            (std::mem::take(&mut unwritten.batch), unwritten.at)
        };
        if batch.is_empty() {
            return Ok(());
        }
        if let Err(e) = self.db().save(&batch, at).await {
            self.0.writing.lock().await.put_back(batch);
            return Err(e.into());
        }
        self.0.unsaved.written(&batch.outgoing);
        Ok(())
    }
}

/// Writes down what the passes bring, until `stop`, and then what is left once more.
pub async fn write_loop(cases: Cases, stop: CancellationToken) {
    loop {
        let written = cases.write().await;
        if let Err(error) = &written {
            tracing::error!(%error, "incidents could not be written down; they stay due");
        }
        if stop.is_cancelled() {
            return;
        }
        let due = async {
            match written {
                Ok(()) => cases.0.due.notified().await,
                Err(_) => tokio::time::sleep(AGAIN).await,
            }
        };
        tokio::select! {
            () = due => {}
            () = stop.cancelled() => {}
        }
    }
}
