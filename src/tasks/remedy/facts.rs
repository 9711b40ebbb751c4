//! What is known beside the snapshot: our own runs and work, how clusters are run, what lies on disk.

use crate::repair::{Control, Deployment};
use std::collections::{BTreeMap, BTreeSet};
use streamwarden_core::action::{ActionRecord, Entry, Request};
use streamwarden_core::case::{Hold, NoJar, RestorePoint};
use streamwarden_core::estate::{
    ClusterId, Job, JobDetail, JobKey, JobState, Millis, Name, RunId, Span, VertexId,
};
use streamwarden_core::plan::{Jar, Ownership, Told, Upload, jar};
use streamwarden_core::snapshot::Snapshot;

/// A change of an action is seen so much later, at most: the list of jobs is old by a look or two.
const SEEN_LATER: Span = Span::secs(20);

/// Runs of one job that are gone back through: two tries each.
const LINE: usize = 5;

#[derive(Debug, Default)]
pub struct Facts {
    /// Each job as it was when it was last looked at.
    last: BTreeMap<JobKey, Last>,
    ours: BTreeSet<RunId>,
    /// What the newest action that asked for one got, by run: also of one that it scaled in place.
    asked: BTreeMap<RunId, (Millis, u32)>,
    worked: BTreeMap<JobKey, Vec<(Millis, Millis)>>,
    /// Jobs that an action of ours is changing.
    busy: BTreeSet<JobKey>,
    /// By run of ours what it was started from.
    base: BTreeMap<RunId, RestorePoint>,
    /// By run of ours the one that it was to follow.
    after: BTreeMap<RunId, RunId>,
    /// By run of ours the jar that it was started from, where the plan named one.
    jar_of: BTreeMap<RunId, Name>,
    /// When a job of the cluster was first seen under the run that it has.
    newcomer: BTreeMap<ClusterId, Millis>,
    /// When a run was started: one that its JobManager recovers starts anew for it.
    began: BTreeMap<JobKey, (RunId, Millis)>,
    /// What lies on a JobManager, and when it was asked for.
    pub jars: BTreeMap<ClusterId, (Millis, Vec<Upload>)>,
    pub control: BTreeMap<ClusterId, Control>,
    /// When the listing began, and what it brought.
    pub disk: BTreeMap<JobKey, (RunId, Millis, Vec<RestorePoint>)>,
}

#[derive(Debug)]
struct Last {
    run: RunId,
    state: JobState,
    /// None: not read yet.
    width: Option<BTreeMap<VertexId, u32>>,
}

impl Last {
    fn of(job: &Job) -> Last {
        let width = |d: &JobDetail| {
            d.vertices.iter().map(|v| (v.id.clone(), v.parallelism)).collect::<BTreeMap<_, _>>()
        };
        let width = job.run.plan().map(width).filter(|w| !w.is_empty());
        Last { run: job.run.id.clone(), state: job.run.state.clone(), width }
    }

    fn same(&self, now: &Last) -> bool {
        let widths = self.width.as_ref().zip(now.width.as_ref());
        self.run == now.run && self.state == now.state && widths.is_none_or(|(a, b)| a == b)
    }
}

impl Facts {
    /// Actions of the last days, in any order; the open ones among them.
    pub fn took(&mut self, actions: &[ActionRecord], now: Millis) {
        (self.worked, self.busy) = Default::default();
        for a in actions {
            let state = a.state();
            for run in state.runs().chain(state.ours.clone()) {
                if run != a.plan.run {
                    self.after.insert(run.clone(), a.plan.run.clone());
                }
                self.ours.insert(run);
            }
            if let Some((run, jar)) = state.ours.as_ref().zip(a.plan.jar.as_ref()) {
                self.jar_of.insert(run.clone(), jar.clone());
            }
            if let Some((run, point)) = state.ours.as_ref().zip(state.chosen.as_ref()) {
                self.base.insert(run.clone(), point.clone());
            }
            if let Some(n) = asked(a) {
                let got = self.asked.entry(state.current().clone()).or_insert((a.began, n));
                *got = (*got).max((a.began, n));
            }
            let job = &a.plan.job;
            // what happens before it sends anything is somebody else's doing
            let Some(from) = a.touched() else { continue };
            let until = a.ended.map_or(now, |at| at + SEEN_LATER);
            self.worked.entry(job.clone()).or_default().push((from, until));
            if a.ended.is_none() {
                self.busy.insert(job.clone());
            }
        }
    }

    /// Jobs that somebody else moved since the last look: another run, state or width, and none of it
    /// by an action of ours.
    pub fn moved(&self, s: &Snapshot) -> Vec<JobKey> {
        let mut moved = Vec::new();
        for (key, job) in &s.estate.jobs {
            let Some(last) = self.last.get(key) else { continue };
            let same = last.same(&Last::of(job));
            let new = last.run != job.run.id;
            let by_us = self.at_work(key, s.at) || (new && self.ours.contains(&job.run.id));
            if !same && !by_us {
                moved.push(key.clone());
            }
        }
        moved
    }

    /// What happens to it then is our doing.
    fn at_work(&self, key: &JobKey, at: Millis) -> bool {
        let mut worked = self.worked.get(key).into_iter().flatten();
        self.busy.contains(key) || worked.any(|(from, to)| (*from..=*to).contains(&at))
    }

    /// What [`Facts::moved`] told is written down.
    pub fn looked(&mut self, s: &Snapshot) {
        for (key, job) in &s.estate.jobs {
            let new = self.last.get(key).is_none_or(|last| last.run != job.run.id);
            // what we started ourselves came from what was known
            if new && !self.ours.contains(&job.run.id) {
                self.newcomer.insert(key.cluster.clone(), s.at);
            }
            let run = &job.run;
            let began = self.began.entry(key.clone()).or_insert((run.id.clone(), run.start));
            if began.0 != run.id {
                *began = (run.id.clone(), run.start);
            }
            began.1 = began.1.min(run.start);
        }
        self.last = s.estate.jobs.iter().map(|(k, job)| (k.clone(), Last::of(job))).collect();
        self.began.retain(|key, _| s.estate.jobs.contains_key(key));
        self.disk.retain(|key, _| s.estate.jobs.contains_key(key));
    }

    /// It belongs to the Kubernetes operator where its cluster does, whatever is configured.
    pub fn owner(&self, key: &JobKey, configured: Ownership) -> Ownership {
        match self.operator(&key.cluster) {
            Some(deployment) => Ownership::Foreign(deployment.owner()),
            None => configured,
        }
    }

    pub fn operator(&self, cluster: &ClusterId) -> Option<&Deployment> {
        self.control.get(cluster)?.operator.as_ref()
    }

    /// A run of ours asked for a width that no vertex of it has; not where the scheduler may give
    /// less than was asked for.
    fn fixed(&self, s: &Snapshot, key: &JobKey, run: &RunId) -> bool {
        let Some(asked) = self.asked_of(run) else { return false };
        let fixed_width = self.control.get(&key.cluster).is_some_and(|c| !c.adaptive);
        let plan = s.estate.jobs.get(key).and_then(|job| job.run.plan());
        let vertices = plan.map(|plan| &plan.vertices).filter(|v| !v.is_empty());
        fixed_width && vertices.is_some_and(|all| all.iter().all(|v| v.parallelism != asked))
    }

    /// What lies on the JobManager is known, and was asked for after each of its runs was seen.
    pub fn has_jars(&self, cluster: &ClusterId) -> bool {
        self.jars_of(cluster).is_some()
    }

    fn jars_of(&self, cluster: &ClusterId) -> Option<&[Upload]> {
        let (asked, jars) = self.jars.get(cluster)?;
        let young = self.newcomer.get(cluster).is_none_or(|seen| asked >= seen);
        young.then_some(jars)
    }

    /// `named`: the jar of its rule.
    pub fn jar(&self, key: &JobKey, named: Option<Name>) -> Jar {
        let Some(name) = named else { return Jar::Said };
        match self.began.get(key) {
            Some((run, began)) => {
                jar(&name, self.jars_of(&key.cluster), *began, self.jar_of.get(run))
            }
            // no run of it was seen: nothing says which upload it ran
            None => Jar::Unknown(Hold::NoJar { jar: name, why: NoJar::NotTold }),
        }
    }

    /// The run itself, and those that it was to follow, newest first: one of ours that failed before
    /// it had taken a checkpoint leaves what was there before it.
    pub fn line(&self, run: &RunId) -> Vec<RunId> {
        let mut line = vec![run.clone()];
        while let Some(before) = line.last().and_then(|run| self.after.get(run)) {
            if line.len() >= LINE || line.contains(before) {
                break;
            }
            line.push(before.clone());
        }
        line
    }

    fn asked_of(&self, run: &RunId) -> Option<u32> {
        self.asked.get(run).map(|(_, n)| *n)
    }

    /// Of one job. The caller adds who owns it and its generation.
    pub fn told(&self, s: &Snapshot, key: &JobKey) -> Told {
        let control = self.control.get(&key.cluster);
        let run = s.estate.jobs.get(key).map(|j| &j.run.id);
        let disk = self.disk.get(key).filter(|(of, _, _)| Some(of) == run);
        // until it has completed one of its own, this is what it can go back to
        let base = run.and_then(|run| self.base.get(run)).cloned();
        Told {
            ours: self.ours.clone(),
            worked: self.worked.get(key).cloned().unwrap_or_default(),
            asked_parallelism: run.and_then(|run| self.asked_of(run)),
            points: disk
                .into_iter()
                .flat_map(|(_, _, points)| points.clone())
                .chain(base)
                .collect(),
            listed: disk.map(|(_, at, _)| *at),
            fixes_parallelism: run.is_some_and(|run| self.fixed(s, key, run)),
            adaptive: control.map(|c| c.adaptive),
            ha: control.map(|c| c.ha),
            ..Told::default()
        }
    }
}

/// The parallelism that the action asked for last and got, by a submission or in place: there the
/// highest of the vertices.
fn asked(a: &ActionRecord) -> Option<u32> {
    let mut wanted = None;
    let mut got = None;
    for (_, entry) in &a.entries {
        match entry {
            Entry::Intent { request: Request::Submit { parallelism, .. } } => wanted = *parallelism,
            Entry::Intent { request: Request::Scale { parallelism, .. } } => {
                wanted = parallelism.values().max().copied();
            }
            // of another request, or nothing came of it
            Entry::Intent { .. }
            | Entry::Without { .. }
            | Entry::Failed { .. }
            | Entry::Dropped => wanted = None,
            Entry::Done { .. } => got = wanted.take().or(got),
            _ => {}
        }
    }
    got
}

#[cfg(test)]
mod tests {
    use super::*;
    use streamwarden_core::action::Why;
    use streamwarden_core::case::{Before, IncidentId, Plan, Risk};

    fn record(began: i64, to: u32, end: Entry) -> ActionRecord {
        let plan = Plan {
            incident: IncidentId("i".into()),
            playbook: "rescale".into(),
            risk: Risk::B,
            job: JobKey::new(&ClusterId::new("c"), "j"),
            run: RunId::new("r"),
            generation: 0,
            made: Millis(0),
            steps: Vec::new(),
            rollback: Vec::new(),
            jar: None,
            way: None,
            secured: None,
            preconditions: Vec::new(),
            before: Before::default(),
            says: Default::default(),
        };
        let parallelism = [(VertexId::new("a"), 2), (VertexId::new("b"), to)].into();
        let request = Request::Scale { run: plan.run.clone(), parallelism };
        ActionRecord {
            id: "a".into(),
            plan_hash: plan.hash(),
            plan,
            failure_domain: "c".into(),
            generation: 1,
            by: "policy".into(),
            began: Millis(began),
            ended: None,
            end: None,
            entries: vec![(Millis(began), Entry::Intent { request }), (Millis(began), end)],
            seen: Vec::new(),
        }
    }

    #[test]
    fn what_was_scaled_in_place_stays_asked_for() {
        let run = RunId::new("r");
        let mut facts = Facts::default();
        let done = || Entry::Done { started: None };
        facts.took(&[record(20, 6, done()), record(10, 4, done())], Millis(30));
        assert_eq!(facts.asked_of(&run), Some(6), "by the newest, in any order");
        assert!(!facts.ours.contains(&run), "somebody else started it");
        let mut facts = Facts::default();
        facts.took(&[record(10, 4, Entry::Dropped)], Millis(30));
        assert_eq!(facts.asked_of(&run), None);
    }

    #[test]
    fn a_run_of_ours_that_failed_leaves_what_was_before_it() {
        let mut facts = Facts::default();
        let mut failed =
            record(20, 4, Entry::Failed { why: Why::JobFailed, burnt: true, live: false });
        let run = failed.state().next_run();
        let point = RestorePoint {
            run: failed.plan.run.clone(),
            checkpoint: 7,
            path: "file:/c/r/chk-7".into(),
            taken: Millis(1),
            savepoint: false,
        };
        let request = Request::Submit { run: run.clone(), point, parallelism: None };
        failed.entries[0].1 = Entry::Intent { request };
        facts.took(&[failed], Millis(30));
        assert_eq!(facts.line(&run), [run.clone(), RunId::new("r")]);
        assert_eq!(facts.line(&RunId::new("r")), [RunId::new("r")]);
    }

    /// An action is open from its beginning; what happens to the job is its doing from when it has
    /// sent something that changes it.
    #[test]
    fn what_happens_before_the_first_effect_is_somebody_elses() {
        let key = JobKey::new(&ClusterId::new("c"), "j");
        let mut facts = Facts::default();
        let mut open = record(20, 4, Entry::Dropped);
        let waits = |facts: &Facts| (facts.busy.contains(&key), facts.worked.get(&key).cloned());
        facts.took(std::slice::from_ref(&open), Millis(30));
        assert_eq!(waits(&facts), (false, None), "dropped before it was sent");
        let (_, intent) = open.entries[0].clone();
        open.entries = vec![(Millis(25), intent)];
        facts.took(&[open], Millis(30));
        assert_eq!(waits(&facts), (true, Some(vec![(Millis(25), Millis(30))])));
    }
}
