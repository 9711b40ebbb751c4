//! One pass: symptoms, their causes, and what becomes of the incidents. The live loop and a replay
//! do the same.

use streamwarden_core::case::{Assessment, IncidentEvent, Symptom};
use streamwarden_core::detect::detect;
use streamwarden_core::incident::{Book, fold};
use streamwarden_core::snapshot::Snapshot;

#[derive(Default)]
pub struct Watcher {
    book: Book,
}

/// What one pass came to.
pub struct Watched {
    pub symptoms: Vec<Symptom>,
    pub assessment: Assessment,
    pub events: Vec<IncidentEvent>,
}

impl Watcher {
    pub fn pass(&mut self, snapshot: &Snapshot) -> Watched {
        let seen = detect(snapshot);
        let assessment = Assessment {
            at: snapshot.at,
            calm: seen.calm,
            pending: seen.symptoms.clone(),
            ..Assessment::default()
        };
        let (book, events) = fold(&self.book, &assessment, snapshot.tick);
        self.book = book;
        Watched { symptoms: seen.symptoms, assessment, events }
    }

    /// What is open.
    pub fn book(&self) -> &Book {
        &self.book
    }
}
