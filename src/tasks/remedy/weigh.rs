//! What would be done now for each open incident. Pure: the same look gives the same proposals.

use super::{Allowed, Facts, Finding};
use std::collections::{BTreeMap, BTreeSet};
use streamwarden_core::case::{Incident, IncidentState, Mode, PlanReport};
use streamwarden_core::estate::{JobKey, Name};
use streamwarden_core::plan::{
    Books, Jar, JobPolicy, Ledger, PlanInput, Told, View, feeders, plan, targets, view, waves,
};

/// Incidents that are planned for in one look, the worst first.
const MOST: usize = 50;

/// One job of an incident that something may be done to.
pub struct Weighed {
    pub incident: Incident,
    pub job: JobKey,
    pub policy: JobPolicy,
    pub report: PlanReport,
    /// None: the job is not known any more.
    pub view: Option<View>,
    /// Jobs of the same incident that feed it.
    pub feeders: BTreeSet<JobKey>,
}

impl Weighed {
    pub fn mode(&self) -> Mode {
        let risk = self.report.plan.as_ref().map(|p| p.risk);
        risk.map_or(Mode::Observe, |risk| self.policy.mode(risk))
    }

    pub fn hash(&self) -> Option<Name> {
        self.report.plan.as_ref().map(|p| p.hash())
    }
}

/// `ledger`: of any job; `generations`: of each.
pub fn weigh(
    finding: &Finding,
    books: &Books,
    allowed: &Allowed,
    facts: &Facts,
    ledger: &Ledger,
    generations: &BTreeMap<JobKey, u64>,
) -> Vec<Weighed> {
    let open = finding.pass.book.incidents.values();
    let mut ill: Vec<&Incident> =
        open.filter(|i| !matches!(i.state, IncidentState::Closed)).collect();
    ill.sort_by_key(|i| (std::cmp::Reverse(i.diagnosis.victims.len()), i.opened, i.id.clone()));
    let mut out = Vec::new();
    for incident in ill.into_iter().take(MOST) {
        let s = &*finding.snapshot;
        let jobs: BTreeSet<JobKey> = targets(incident, s).into_iter().collect();
        let feeds = feeders(s, &jobs);
        // upstream first, so that whoever begins first is fed
        for job in waves(s, &jobs).into_iter().flatten() {
            let generation = generations.get(&job).copied().unwrap_or(0);
            let (policy, ledger) = (allowed.job(&job), Ledger { generation, ..ledger.clone() });
            let owner = facts.owner(&job, allowed.owner(&job));
            let failure_domain = allowed.domain(&job.cluster);
            let insecure = allowed.exposed(&job.cluster);
            let jar = match allowed.shared(&job, s) {
                Some(hold) => Jar::Unknown(hold),
                None => facts.jar(&job, allowed.jar(&job)),
            };
            let way = allowed.way(&job);
            let mine = facts.told(s, &job);
            let told = Told { owner, generation, failure_domain, insecure, jar, way, ..mine };
            let input = PlanInput {
                snapshot: s,
                pass: &finding.pass,
                rules: &finding.rules,
                incident,
                job: &job,
                ledger: &ledger,
                policy: &policy,
                told: &told,
            };
            let (report, view) = (plan(books, &input), view(&input));
            let feeders = feeds.get(&job).into_iter().flatten().map(|j| (*j).clone()).collect();
            let incident = incident.clone();
            out.push(Weighed { incident, job: job.clone(), policy, report, view, feeders });
        }
    }
    out
}
