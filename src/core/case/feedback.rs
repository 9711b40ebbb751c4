use super::{Incident, IncidentEvent};
use crate::estate::{Millis, Name};
use serde::{Deserialize, Serialize};

/// Somebody takes care of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ack {
    pub at: Millis,
    pub by: Name,
    pub note: Option<Name>,
}

/// What a person says of a diagnosis; kept with who and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Correction {
    pub at: Millis,
    pub by: Name,
    pub right: bool,
    /// The true cause, of the catalogue or in the person's own words.
    pub cause: Option<Name>,
    /// The true place, likewise.
    pub subject: Option<Name>,
    pub note: Option<Name>,
}

/// An incident with all that is kept of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    pub incident: Incident,
    /// Oldest first.
    pub events: Vec<IncidentEvent>,
    /// Newest last; the last one counts.
    pub acks: Vec<Ack>,
    pub corrections: Vec<Correction>,
}
