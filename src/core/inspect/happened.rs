//! What went wrong since the report before.

use crate::case::IncidentId;
use crate::estate::{Millis, Span};
use crate::rules::Words;
use serde::{Deserialize, Serialize};

/// More are counted only.
pub const MAX_INCIDENTS: usize = 50;
/// Of a first report; and a pause of months is no morning.
const DAY: Span = Span::secs(86_400);
const LONGEST: Span = Span::secs(7 * 86_400);

/// Incidents that were open at any time since `from`, as they were known when the report was made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Incidents {
    pub from: Millis,
    pub all: u32,
    /// Of these: not over yet.
    pub open: u32,
    /// Open ones first, then the newest; at most [`MAX_INCIDENTS`].
    pub told: Vec<Occurred>,
}

/// One of them, in a sentence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Occurred {
    pub id: IncidentId,
    pub onset: Millis,
    pub closed: Option<Millis>,
    pub says: Words,
}

/// Since when a report of `at` tells of incidents: since the one before, at most a week; without
/// one, a day.
pub fn since(before: Option<Millis>, at: Millis) -> Millis {
    before.unwrap_or(at - DAY).max(at - LONGEST).min(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn since_the_report_before_a_week_at_most() {
        let at = Millis(100 * DAY.0);
        assert_eq!(since(None, at), at - DAY);
        assert_eq!(since(Some(at - Span(1)), at), at - Span(1));
        assert_eq!(since(Some(Millis(0)), at), at - LONGEST);
        // of a clock that was ahead
        assert_eq!(since(Some(at + DAY), at), at);
    }
}
