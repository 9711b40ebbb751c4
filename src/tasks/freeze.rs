//! Incidents are frozen while the process runs: soon after they open, again while they last, and a
//! while after their end. One at a time, away from the threads that serve.

use super::World;
use crate::record::{Error, Freezer, Frozen, Kept};
use std::collections::BTreeMap;
use std::sync::Arc;
use streamwarden_core::case::{EventKind, Incident, IncidentEvent, IncidentId};
use streamwarden_core::estate::{Identity, Millis, Span};
use streamwarden_core::incident::Book;
use streamwarden_core::snapshot::Snapshot;
use tokio::task::JoinHandle;

/// A first bundle so soon, should the process be killed; then at twice the age.
const FIRST: Span = Span::secs(15);

/// What is to be written.
#[derive(Debug)]
struct Due {
    incident: Incident,
    at: Millis,
}

/// Which incidents are to be written, and when.
pub struct Freezing {
    freezer: Freezer,
    identity: Arc<Vec<Identity>>,
    due: BTreeMap<IncidentId, Due>,
    running: Option<JoinHandle<()>>,
}

impl Freezing {
    pub fn new(freezer: Freezer, identity: Vec<Identity>) -> Freezing {
        let (identity, due) = (Arc::new(identity), BTreeMap::new());
        Freezing { freezer, identity, due, running: None }
    }

    /// After a pass. Incidents from before a restart stay as they were frozen: what was told of
    /// their beginning is no more in memory.
    pub fn look(
        &mut self,
        events: &[IncidentEvent],
        book: &Book,
        snapshot: &Arc<Snapshot>,
        world: &World,
    ) {
        self.note(events, book);
        if self.running.as_ref().is_some_and(|r| !r.is_finished()) {
            return;
        }
        let Some(incident) = self.next(snapshot.at) else { return };
        let (freezer, identity) = (self.freezer.clone(), self.identity.clone());
        let (snapshot, world) = (snapshot.clone(), world.clone());
        self.running = Some(tokio::task::spawn_blocking(move || {
            say(&incident, freeze(&freezer, &incident, &snapshot, &world, &identity));
        }));
    }

    /// Until what is under way is written.
    #[cfg(test)]
    pub async fn settled(&mut self) {
        if let Some(running) = self.running.take() {
            running.await.unwrap();
        }
    }

    fn note(&mut self, events: &[IncidentEvent], book: &Book) {
        for event in events {
            let now = book.incidents.get(&event.id);
            match &event.what {
                EventKind::Opened { incident } => {
                    let incident = now.unwrap_or(incident).clone();
                    let at = incident.opened + FIRST;
                    self.due.insert(event.id.clone(), Due { incident, at });
                }
                what => {
                    let Some(due) = self.due.get_mut(&event.id) else { continue };
                    due.incident = now.unwrap_or(&due.incident).clone();
                    if matches!(what, EventKind::Merged { .. } | EventKind::Closed { .. }) {
                        due.incident.closed = Some(event.at);
                        due.at = event.at + Freezer::AFTER;
                    }
                }
            }
        }
    }

    /// The one that waits longest.
    fn next(&mut self, now: Millis) -> Option<Incident> {
        let waiting = self.due.values().filter(|d| d.at <= now);
        let due = waiting.min_by_key(|d| d.at)?;
        let incident = due.incident.clone();
        let age = now - incident.opened;
        if incident.closed.is_some() || age >= Freezer::LONGEST {
            self.due.remove(&incident.id);
        } else if let Some(due) = self.due.get_mut(&incident.id) {
            due.at = incident.opened + Span(age.0.saturating_mul(2)).min(Freezer::LONGEST);
        }
        Some(incident)
    }
}

/// What is known of it now into its bundle.
fn freeze(
    freezer: &Freezer,
    incident: &Incident,
    snapshot: &Snapshot,
    world: &World,
    identity: &[Identity],
) -> Result<Kept, Error> {
    let (recent, settings) = (world.recent(), world.look().settings);
    let frozen =
        Frozen { incident, snapshot, recent: &recent, settings: &settings, identity, story: None };
    freezer.freeze(&frozen)
}

fn say(incident: &Incident, kept: Result<Kept, Error>) {
    let id = &incident.id.0;
    match kept {
        Ok(kept) => {
            let (path, kilobytes) = (kept.path.display(), kept.bytes / 1024);
            tracing::info!(incident = %id, %path, kilobytes, "recorded, for `streamwarden replay`");
            if kept.removed > 0 {
                tracing::info!(removed = kept.removed, "the oldest recordings of incidents went");
            }
        }
        Err(error) => tracing::error!(incident = %id, %error, "its recording was not written"),
    }
}
