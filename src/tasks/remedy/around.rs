//! What a driver asks before each step: the guards again, the switches, and whether it helped.

use super::board::Board;
use super::facts::Facts;
use super::{Allowed, Finding, held};
use crate::clock;
use crate::repair::{AroundNow, Boxed, KillFile, Watch};
use crate::store::Store;
use crate::tasks::Cases;
use crate::web::casebook::Casebook;
use arc_swap::ArcSwapOption;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use streamwarden_core::action::ActionState;
use streamwarden_core::case::{Cure, Figures, Hold, Incident, Step};
use streamwarden_core::estate::{Millis, Name};
use streamwarden_core::plan::guard::{Case, holds};
use streamwarden_core::plan::{Books, Ledger, PlanInput, Told, bar, view};
use streamwarden_core::verify::{After, after, judge};

/// A kill switch has to show within a second.
const LEDGER: Duration = Duration::from_millis(800);

pub struct Around {
    pub store: Arc<Store>,
    pub books: Books,
    pub allowed: Allowed,
    pub facts: Arc<Mutex<Facts>>,
    pub latest: Arc<ArcSwapOption<Finding>>,
    pub begun_for: Arc<Mutex<BTreeMap<Name, Incident>>>,
    pub cases: Cases,
    pub kill: KillFile,
    pub board: Arc<Board>,
    /// Since when the job of an action may be changed by it, as far as this process drives it.
    pub touched: Mutex<BTreeMap<Name, Millis>>,
    /// Since when the effect of an action is watched, by the clock of the looks.
    pub watched: Mutex<BTreeMap<Name, Millis>>,
}

impl Watch for Around {
    fn around<'a>(&'a self, state: &'a ActionState) -> Boxed<'a, AroundNow> {
        Box::pin(self.now(state))
    }
}

impl Around {
    async fn now(&self, state: &ActionState) -> AroundNow {
        self.board.works(state);
        if state.ended.is_some() {
            held(&self.begun_for).remove(&state.id);
            held(&self.watched).remove(&state.id);
            held(&self.touched).remove(&state.id);
            return AroundNow::default();
        }
        let job = &state.plan.job;
        let ledger = tokio::time::timeout(LEDGER, self.store.incidents().ledger(job)).await;
        let ledger = match ledger {
            Ok(Ok(ledger)) => Ok(ledger),
            Ok(Err(e)) => Err(e.to_string()),
            Err(_) => Err("the database does not answer".to_owned()),
        };
        let hard = ledger.as_ref().ok().and_then(|l| {
            let mine = |s: &&streamwarden_core::plan::Switch| {
                s.hard && s.scope.covers(job, &state.plan.playbook)
            };
            l.switches.iter().find(mine).cloned()
        });
        let finding = self.latest.load_full();
        let (cure, figures) = finding.as_ref().map_or((None, None), |f| self.cure(f, state));
        let holds = match (ledger, finding) {
            (Err(why), _) => vec![Hold::JournalUnsound { why: why.into() }],
            (Ok(_), None) => vec![Hold::MissingEvidence { what: vec!["a first look".into()] }],
            (Ok(ledger), Some(finding)) => self.holds(&finding, state, ledger).await,
        };
        AroundNow { holds, hard, cure, figures }
    }

    async fn holds(&self, finding: &Finding, state: &ActionState, mut ledger: Ledger) -> Vec<Hold> {
        let plan = &state.plan;
        ledger.switches.extend(self.kill.read());
        let Some(incident) = self.incident(finding, state).await else {
            return vec![Hold::MissingEvidence { what: vec!["its incident".into()] }];
        };
        let policy = self.allowed.job(&plan.job);
        // not within the expression below: the lock would be held where it is taken again
        let owner = held(&self.facts).owner(&plan.job, self.allowed.owner(&plan.job));
        let mut told = Told {
            owner,
            failure_domain: self.allowed.domain(&plan.job.cluster),
            generation: ledger.generation,
            insecure: self.allowed.exposed(&plan.job.cluster),
            ..held(&self.facts).told(&finding.snapshot, &plan.job)
        };
        // what it did itself is no change of anybody else
        told.ours.extend(state.runs().chain(state.ours.clone()));
        if state.touched() {
            let now = clock::now();
            let since = *held(&self.touched).entry(state.id.clone()).or_insert(now);
            told.worked.push((since, now));
        }
        let input = PlanInput {
            snapshot: &finding.snapshot,
            pass: &finding.pass,
            rules: &finding.rules,
            incident: &incident,
            job: &plan.job,
            ledger: &ledger,
            policy: &policy,
            told: &told,
        };
        let Some(mut view) = view(&input) else {
            return vec![Hold::MissingEvidence { what: vec![format!("job {}", plan.job).into()] }];
        };
        // a run of its own stands for the one that the plan speaks of
        if view.job.run.as_ref().is_some_and(|run| state.runs().any(|r| r == *run)) {
            view.job.run = Some(plan.run.clone());
        }
        holds(&Case { plan, view: &view, ledger: &ledger, policy: &policy, stage: state.stage() })
    }

    /// As it is now, or as it was: it may be over by what was done.
    async fn incident(&self, finding: &Finding, state: &ActionState) -> Option<Incident> {
        let id = &state.plan.incident;
        if let Some(open) = finding.pass.book.incidents.get(id) {
            return Some(open.clone());
        }
        if let Some(then) = held(&self.begun_for).get(&state.id) {
            return Some(then.clone());
        }
        // begun by a process before us
        let found = self.cases.find(&id.0).await.ok()?.incident.clone();
        held(&self.begun_for).insert(state.id.clone(), found.clone());
        Some(found)
    }

    fn cure(&self, finding: &Finding, state: &ActionState) -> (Option<Cure>, Option<Figures>) {
        let Some(after) = self.after(finding, state) else { return (None, None) };
        let plan = &state.plan;
        let Some(book) = self.books.iter().find(|b| b.name == plan.playbook) else {
            return (None, None);
        };
        let wait_s = state.step().map_or(0, Step::wait_s);
        let bar = bar(book, &self.allowed.job(&plan.job), wait_s);
        (judge(&plan.before, &after, &bar), Some(after.figures(&plan.before)))
    }

    /// How the job is since it is watched.
    fn after(&self, finding: &Finding, state: &ActionState) -> Option<After> {
        let mut watched = held(&self.watched);
        let Some(Step::Watch { .. }) = state.step() else {
            watched.remove(&state.id);
            return None;
        };
        let since = *watched.entry(state.id.clone()).or_insert_with(clock::now);
        let seen = finding.snapshot.at > since;
        seen.then(|| after(&finding.snapshot, &finding.pass, &state.plan, since))
    }
}
