//! One pass from a snapshot to what is said of it: the same in the running process, in a replay and
//! in a back-test.

use crate::case::{Assessment, IncidentEvent};
use crate::detect::{Seen, detect};
use crate::diagnose::diagnose;
use crate::incident::{Book, fold};
use crate::rules::RuleSet;
use crate::snapshot::Snapshot;

/// What one pass brought.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pass {
    pub seen: Seen,
    pub assessment: Assessment,
    pub events: Vec<IncidentEvent>,
    pub book: Book,
}

/// Symptoms, their causes, and the incidents after it.
pub fn pass(rules: &RuleSet, snapshot: &Snapshot, book: &Book) -> Pass {
    let seen = detect(snapshot);
    let assessment = diagnose(rules, snapshot, &seen);
    let (book, events) = fold(book, &assessment, snapshot.tick);
    Pass { seen, assessment, events, book }
}
