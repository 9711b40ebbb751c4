use super::{Diagnosis, Finding, Victim};
use crate::estate::{Millis, Name};
use serde::{Deserialize, Serialize};

/// Derived from the content of the first diagnosis: root's place, cause's family and onset, so
/// that a replay gives the same id. 16 hex digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct IncidentId(pub Name);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IncidentState {
    /// Said within two scrapes of the evidence; may still change its mind.
    Provisional,
    /// The same was said for long enough.
    Confirmed,
    /// Its symptoms are gone; stays open for a while in case they come back.
    Recovering,
    Closed,
}

/// One incident per root, over all jobs that it hurts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Incident {
    pub id: IncidentId,
    pub state: IncidentState,
    pub opened: Millis,
    pub closed: Option<Millis>,
    pub onset: Millis,
    /// What is said now.
    pub diagnosis: Diagnosis,
    /// When it was last seen to be so.
    pub last_seen: Millis,
    /// Every other thing that was said before, oldest first; bounded.
    pub said: Vec<Said>,
    pub merged_into: Option<IncidentId>,
    pub split_from: Option<IncidentId>,
}

/// A diagnosis as it stood from `at` on, in short.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Said {
    pub at: Millis,
    pub verdict: super::Verdict,
    pub subject: crate::estate::Subject,
    pub says: crate::rules::Words,
}

/// What `fold` decides. The list of these is the incident's timeline; a replay checks it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IncidentEvent {
    pub at: Millis,
    pub id: IncidentId,
    pub what: EventKind,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum EventKind {
    Opened {
        incident: Box<Incident>,
    },
    /// Root, place or family changed.
    Revised {
        from: Said,
        diagnosis: Box<Diagnosis>,
    },
    Confirmed,
    /// Victims or consequences changed.
    Spread {
        victims: Vec<Victim>,
        consequences: Vec<Finding>,
    },
    /// Its symptoms are gone.
    Recovering,
    Relapsed,
    Merged {
        into: IncidentId,
    },
    Split {
        from: IncidentId,
    },
    Closed {
        why: CloseReason,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CloseReason {
    /// Symptoms and evidence are gone.
    Over,
    /// Later evidence shows that it was no trouble.
    NoTrouble,
    /// Its root was found elsewhere.
    Merged,
    /// The job or component is no more.
    Gone,
}
