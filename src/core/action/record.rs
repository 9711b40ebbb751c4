use super::{ActionState, End, Entry};
use crate::case::Plan;
use crate::estate::{Millis, Name};

/// An action with all that happened, as the journal tells it.
#[derive(Clone, Debug, PartialEq)]
pub struct ActionRecord {
    pub id: Name,
    pub plan: Plan,
    pub plan_hash: Name,
    pub failure_domain: Name,
    pub generation: u64,
    /// Who let it: a person, or the policy.
    pub by: Name,
    pub began: Millis,
    pub ended: Option<Millis>,
    pub end: Option<End>,
    /// In order, each with when it was written.
    pub entries: Vec<(Millis, Entry)>,
    /// Who has looked at it since, and what they said.
    pub seen: Vec<(Millis, Name, Name)>,
}

impl ActionRecord {
    pub fn state(&self) -> ActionState {
        let (id, plan) = (self.id.clone(), self.plan.clone());
        let mut state = ActionState::begun(id, plan, self.generation, self.began);
        self.entries.iter().for_each(|(_, entry)| state.apply(entry));
        state
    }
}
