//! Jobs on which an action of ours is open, under way or let go: for whoever looks at them meanwhile.

use super::held;
use crate::tasks::World;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use streamwarden_core::action::ActionState;
use streamwarden_core::case::Step;
use streamwarden_core::estate::{Name, UnderRepair};
use streamwarden_core::plan::OpenAction;
use streamwarden_core::rules::Words;

pub struct Board {
    world: World,
    all: Mutex<BTreeMap<Name, UnderRepair>>,
}

impl Board {
    pub fn new(world: World) -> Board {
        Board { world, all: Mutex::default() }
    }

    /// Somebody goes on with it, or it is over.
    pub fn works(&self, state: &ActionState) {
        self.put(&state.id, state.ended.is_none().then(|| work(state)));
    }

    /// Nobody goes on with it here.
    pub fn let_go(&self, state: &ActionState, why: &Words) {
        let let_go = Some((why.en.as_str().into(), why.zh.as_str().into()));
        self.put(&state.id, Some(UnderRepair { let_go, ..work(state) }));
    }

    pub fn unreadable(&self, open: &OpenAction, why: &Words) {
        let let_go = Some((why.en.as_str().into(), why.zh.as_str().into()));
        let repair = UnderRepair {
            job: open.job.clone(),
            incident: open.incident.clone(),
            action: open.action.clone(),
            en: open.playbook.clone(),
            zh: open.playbook.clone(),
            since: open.began,
            stopped: None,
            let_go,
        };
        self.put(&open.action, Some(repair));
    }

    /// What was let go and is open no more is over elsewhere.
    pub fn keep(&self, open: impl Fn(&Name) -> bool) {
        let mut all = held(&self.all);
        let before = all.len();
        all.retain(|action, one| one.let_go.is_none() || open(action));
        if all.len() < before {
            self.world.repair(Arc::new(all.values().cloned().collect()));
        }
    }

    fn put(&self, action: &Name, now: Option<UnderRepair>) {
        let mut all = held(&self.all);
        if all.get(action) == now.as_ref() {
            return;
        }
        match now {
            Some(now) => drop(all.insert(action.clone(), now)),
            None => drop(all.remove(action)),
        }
        self.world.repair(Arc::new(all.values().cloned().collect()));
    }
}

fn work(state: &ActionState) -> UnderRepair {
    let plan = &state.plan;
    let mut stopped = Vec::new();
    let stops = plan.steps.iter().any(|s| matches!(s, Step::Stop { .. }));
    if stops && state.touched() {
        stopped.push(plan.run.clone());
    }
    if state.stops() || state.stopped {
        stopped.push(state.current().clone());
    }
    UnderRepair {
        job: plan.job.clone(),
        incident: plan.incident.0.clone(),
        action: state.id.clone(),
        en: plan.says.en.as_str().into(),
        zh: plan.says.zh.as_str().into(),
        since: state.began,
        stopped: Some(stopped),
        let_go: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use streamwarden_core::action::{Entry, Request};
    use streamwarden_core::estate::{Estate, RunId, SeriesTable};

    #[test]
    fn what_is_let_go_is_shown_until_somebody_goes_on_with_it_or_it_is_over() {
        let none = (Estate::default(), SeriesTable::default(), Vec::new());
        let world = World::new(none.0, none.1, none.2, Default::default(), Vec::new());
        let board = Board::new(world.clone());
        let shown = || world.look().repairs.first().cloned();
        let mut state = super::super::tell::begun();
        let why = Words { en: "no act".into(), zh: "无 act".into() };
        board.works(&state);
        assert_eq!(shown().unwrap().stopped, Some(Vec::new()));
        let run = state.plan.run.clone();
        state.apply(&Entry::Intent { request: Request::Cancel { run: run.clone() } });
        board.let_go(&state, &why);
        let one = shown().unwrap();
        assert!(one.ended(&run) && !one.ended(&RunId::new("another")));
        assert_eq!(one.let_go.unwrap().0, "no act".into());
        board.keep(|_| true);
        board.works(&state);
        assert_eq!(shown().unwrap().let_go, None);
        board.let_go(&state, &why);
        board.keep(|_| false);
        assert_eq!(shown(), None);
    }
}
