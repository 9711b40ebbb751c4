use streamwarden_core::estate::{Fact, Gap, Millis, Name, Target};
use streamwarden_core::signals::Sample;

/// What one look at a target brought, as it was handed in.
#[derive(Clone, Debug, PartialEq)]
pub struct Look {
    pub target: Target,
    /// When it ended.
    pub at: Millis,
    pub took_ms: f64,
    pub samples: Vec<Sample>,
    /// Each with the moment it was seen; in the order in which they were handed in.
    pub facts: Vec<(Millis, Fact)>,
    pub gaps: Vec<Gap>,
    /// What was answered in full.
    pub seen: Vec<Name>,
}
