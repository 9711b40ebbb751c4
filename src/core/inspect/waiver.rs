//! A risk that somebody has taken.

use crate::estate::{EndedEarly, Millis, Name, Span, glob};
use serde::{Deserialize, Serialize};

/// What is taken for longer than a year is no risk any more but a decision: change the check.
pub const LONGEST_WAIVER: Span = Span::secs(366 * 86_400);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiver {
    pub id: Name,
    pub check: Name,
    /// The subject's id, or a glob over it.
    pub subject: Name,
    pub owner: Name,
    pub reason: Name,
    pub made: Millis,
    pub until: Millis,
    /// Somebody took it back before its time.
    pub ended: Option<EndedEarly>,
}

impl Waiver {
    /// When it ends, or did.
    pub fn over(&self) -> Millis {
        self.ended.as_ref().map_or(self.until, |e| e.at.min(self.until))
    }

    pub fn covers(&self, check: &str, subject: &str, at: Millis) -> bool {
        at < self.over() && *self.check == *check && glob(&self.subject, subject)
    }
}
