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
    /// Since when what changes on the job may be its doing; None: nothing of it was sent that
    /// changes anything.
    pub fn touched(&self) -> Option<Millis> {
        let asks = |e: &Entry| matches!(e, Entry::Intent { request } if request.changes());
        let mut all = self.entries.iter().enumerate();
        let sent = all.find(|(i, (_, entry))| {
            let next = self.entries.iter().skip(i + 1).map(|(_, e)| e).find(|e| !e.aside());
            asks(entry) && next != Some(&Entry::Dropped)
        });
        sent.map(|(_, (at, _))| *at)
    }

    pub fn state(&self) -> ActionState {
        let (id, plan) = (self.id.clone(), self.plan.clone());
        let mut state = ActionState::begun(id, plan, self.generation, self.began);
        self.entries.iter().for_each(|(_, entry)| state.apply(entry));
        state
    }
}
