//! A JobManager as it was measured: duplicate ids are refused for as long as it remembers them, a
//! cancel is idempotent, checkpoints complete until the end, a failed restore burns the id, and
//! without high availability a new life knows nothing of the one before.

use crate::jobs::{Ill, Quirk};
use crate::sim::{Event, Sim, T};
use std::collections::{BTreeMap, BTreeSet};
use streamwarden_core::action::{Operation, Reply, Request, Restored, RunSeen};
use streamwarden_core::case::RestorePoint;
use streamwarden_core::estate::{JobState, Millis, Name, RunId, VertexId};

/// Who started a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum By {
    Before,
    Person,
    Action(Name),
}

#[derive(Debug)]
pub struct Run {
    pub id: RunId,
    pub job: usize,
    pub by: By,
    pub state: JobState,
    pub started: T,
    pub ended: Option<T>,
    pub all_running: bool,
    pub restored: Option<RestorePoint>,
    /// Completed, oldest first. All that there ever was; Flink tells the last three.
    pub completed: Vec<RestorePoint>,
    pub parallelism: u32,
    /// Its JobManager knows it.
    pub listed: bool,
    pub cancelled: Option<T>,
    /// That was a person.
    pub by_hand: bool,
    /// Counts up with each change of state: a planned one that is overtaken does not happen.
    pub serial: u32,
}

impl Run {
    pub fn live(&self) -> bool {
        self.listed && !self.state.is_terminal()
    }

    fn next_checkpoint(&self) -> u64 {
        let before = self.completed.last().or(self.restored.as_ref());
        before.map_or(1, |p| p.checkpoint + 1)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunEvent {
    Starts,
    AllRun,
    Cancelled,
    Recovers,
    Fails,
    Rescaled(u32),
}

#[derive(Debug)]
pub struct JobManager {
    pub up: bool,
    pub high_availability: bool,
    pub adaptive: bool,
    /// We may list its checkpoint directory.
    pub readable: bool,
    pub runs: BTreeMap<RunId, Run>,
    /// Ended, not listed any more, and refused as long as it lives.
    pub burnt: BTreeSet<RunId>,
    pub triggers: BTreeMap<Name, Operation>,
    pub storm: Option<T>,
    /// The dependency that is down in the storm is seen to be.
    pub named: bool,
    pub slots: u32,
    /// Free ones, and since when so many.
    pub free: (u32, T),
    /// Of five targets, those that do not answer, until when.
    pub blind: (u32, T),
    pub blind_since: T,
    /// The jar of its jobs is not there, from and until: submissions are refused.
    pub no_jar: (T, T),
}

pub const TARGETS: u32 = 5;
/// How long one that ended stays in the list of jobs (`jobstore.expiration-time`: an hour; less
/// here, so that it is seen within two).
const LISTED: (T, T) = (5 * 60_000, 40 * 60_000);
/// Shorter than two looks.
const BLINK: T = 11_000;

impl JobManager {
    pub fn new(high_availability: bool, adaptive: bool, readable: bool) -> JobManager {
        JobManager {
            up: true,
            high_availability,
            adaptive,
            readable,
            runs: BTreeMap::new(),
            burnt: BTreeSet::new(),
            triggers: BTreeMap::new(),
            storm: None,
            named: false,
            slots: 40,
            free: (0, 0),
            blind: (0, 0),
            blind_since: 0,
            no_jar: (0, 0),
        }
    }

    pub fn free_slots(&self) -> u32 {
        let held: u32 = self.runs.values().filter(|r| r.live()).map(|r| r.parallelism).sum();
        self.slots.saturating_sub(held)
    }

    pub fn fresh(&self, now: T) -> u32 {
        if now < self.blind.1 { TARGETS - self.blind.0 } else { TARGETS }
    }

    pub fn of(&self, job: usize) -> impl Iterator<Item = &Run> {
        self.runs.values().filter(move |r| r.job == job)
    }

    pub fn live(&self, job: usize) -> impl Iterator<Item = &Run> {
        self.of(job).filter(|r| r.live())
    }

    /// The newest that completed, in truth.
    pub fn newest(&self, job: usize) -> Option<&RestorePoint> {
        self.of(job).filter_map(|r| r.completed.last()).max_by_key(|p| (p.taken, p.checkpoint))
    }

    pub fn operation(&self, trigger: &Name) -> Option<Operation> {
        self.triggers.get(trigger).cloned()
    }
}

/// What its REST interface tells of a run, without the state, which is asked before.
pub fn told(run: &Run, state: JobState) -> RunSeen {
    let restored = run.restored.as_ref().filter(|_| state == JobState::Running);
    RunSeen {
        other: None,
        all_running: run.all_running && state == JobState::Running,
        restored: restored
            .map(|p| Restored { checkpoint: p.checkpoint, path: Some(p.path.clone()) }),
        completed: run.completed.iter().rev().take(3).cloned().collect(),
        parallelism: widths(run.parallelism),
        state,
    }
}

pub fn widths(parallelism: u32) -> BTreeMap<VertexId, u32> {
    ["v1", "v2"].map(|v| (VertexId::new(v), parallelism)).into()
}

impl Sim {
    /// A new run, in whoever's name. It starts in a moment, or fails.
    pub fn launch(
        &mut self,
        job: usize,
        id: RunId,
        by: By,
        restored: Option<RestorePoint>,
        parallelism: u32,
    ) {
        let cluster = self.jobs[job].cluster;
        let fixed = self.jobs[job].quirk == Quirk::FixedParallelism;
        let parallelism = if fixed { self.jobs[job].parallelism } else { parallelism };
        let run = Run {
            id: id.clone(),
            job,
            by,
            state: JobState::Initializing,
            started: self.now,
            ended: None,
            all_running: false,
            restored,
            completed: Vec::new(),
            parallelism,
            listed: true,
            cancelled: None,
            by_hand: false,
            serial: 0,
        };
        self.jms[cluster].runs.insert(id.clone(), run);
        let faults = self.net.faults && !self.quiet;
        let storm = self.jms[cluster].storm.is_some() && self.rng.chance(0.8);
        let wait = self.rng.between(500, 5_000);
        let what = if storm || (faults && self.rng.chance(0.04)) {
            RunEvent::Fails
        } else {
            RunEvent::Starts
        };
        // now and then one never leaves CREATED
        if !(faults && self.rng.chance(0.01)) {
            self.run_later(cluster, &id, wait, what);
        }
        let first = self.rng.between(3_000, 20_000);
        self.push(first, Event::Checkpoint { cluster, run: id, takes: 1_000 });
        self.refresh(job);
    }

    fn run_later(&mut self, cluster: usize, run: &RunId, wait: T, what: RunEvent) {
        let Some(r) = self.jms[cluster].runs.get_mut(run) else { return };
        r.serial += 1;
        let serial = r.serial;
        self.push(wait, Event::Run { cluster, run: run.clone(), serial, what });
    }

    pub fn run_event(&mut self, cluster: usize, run: &RunId, serial: u32, what: RunEvent) {
        let now = self.now;
        let Some(r) = self.jms[cluster].runs.get_mut(run) else { return };
        if r.serial != serial || !r.live() {
            return;
        }
        let job = r.job;
        match what {
            RunEvent::Starts | RunEvent::Recovers => {
                r.state = JobState::Running;
                let wait = self.rng.between(200, 4_000);
                self.run_later(cluster, run, wait, RunEvent::AllRun);
            }
            RunEvent::AllRun => {
                r.all_running = true;
                if let By::Action(id) = &r.by
                    && let Some(truth) = self.oracle.actions.get_mut(id)
                {
                    truth.back = true;
                }
            }
            RunEvent::Rescaled(to) => {
                r.parallelism = to;
                r.state = JobState::Running;
                r.all_running = true;
            }
            RunEvent::Cancelled => self.end(cluster, run, JobState::Canceled),
            RunEvent::Fails => self.end(cluster, run, JobState::Failed),
        }
        if let Some(r) = self.jms[cluster].runs.get(run) {
            self.say(|| format!("{run:.6} of job-{job} is {:?} at {now}", r.state));
        }
        self.refresh(job);
    }

    fn end(&mut self, cluster: usize, run: &RunId, state: JobState) {
        let now = self.now;
        let Some(r) = self.jms[cluster].runs.get_mut(run) else { return };
        (r.state, r.ended, r.all_running) = (state, Some(now), false);
        r.serial += 1;
        if self.jobs[r.job].quirk == Quirk::NotRetained && r.cancelled.is_some() {
            r.completed.retain(|p| p.savepoint);
        }
        if self.net.faults {
            let kept = self.rng.between(LISTED.0, LISTED.1);
            self.push(kept, Event::Expires { cluster, run: run.clone() });
        }
    }

    /// The list of jobs lets an old one go; its id stays used.
    pub fn expires(&mut self, cluster: usize, run: &RunId) {
        let jm = &mut self.jms[cluster];
        if let Some(r) = jm.runs.get_mut(run).filter(|r| r.listed && r.state.is_terminal()) {
            r.listed = false;
            let job = r.job;
            jm.burnt.insert(run.clone());
            self.refresh(job);
        }
    }

    /// It fails over and comes back after `wait`; None: its restart strategy is at its end.
    pub fn fail_run(&mut self, cluster: usize, run: &RunId, back: Option<T>) {
        let Some(r) = self.jms[cluster].runs.get_mut(run) else { return };
        if !matches!(r.state, JobState::Running | JobState::Restarting) {
            return;
        }
        let job = r.job;
        (r.state, r.all_running) = (JobState::Restarting, false);
        match back {
            Some(wait) => self.run_later(cluster, run, wait, RunEvent::Recovers),
            None => self.end(cluster, run, JobState::Failed),
        }
        self.refresh(job);
    }

    /// A checkpoint that was triggered `takes` ago is there, if the run still is.
    pub fn checkpoint(&mut self, cluster: usize, run: &RunId, takes: T) {
        let now = self.now;
        let up = self.jms[cluster].up;
        let Some(r) = self.jms[cluster].runs.get_mut(run) else { return };
        if !r.live() {
            return;
        }
        let job = &self.jobs[r.job];
        let wedged = job.sick.as_ref().is_some_and(|s| s.kind == Ill::Wedged && s.run == *run);
        // one that was under way at the cancel may still complete
        let completes = match r.state {
            JobState::Running => r.all_running && !wedged,
            JobState::Cancelling => r.cancelled.is_some_and(|at| at > now - takes),
            _ => false,
        };
        if completes && up && job.quirk != Quirk::OldState {
            // ids are given when they are triggered: a later one is no older
            let last = r.completed.last().map_or(i64::MIN, |p| p.taken.0 - crate::sim::EPOCH);
            let taken = (now - takes).max(last + 1);
            let point = restore_point(job.root(), run, r.next_checkpoint(), taken, false);
            r.completed.push(point);
        }
        let (wait, takes) = (self.rng.between(8_000, 25_000), self.rng.between(200, 5_000));
        self.push(wait, Event::Checkpoint { cluster, run: run.clone(), takes });
    }

    /// What a JobManager does with a request of ours.
    pub fn request(&mut self, cluster: usize, action: &Name, request: &Request) -> Reply {
        let known = self.jms[cluster].runs.get(request.run()).filter(|r| r.listed);
        let refused = |text: &str| Reply::Refused(text.into());
        match request {
            Request::Submit { run, point, parallelism } => {
                let listed = known.is_some();
                if listed || self.jms[cluster].burnt.contains(run) {
                    self.judge_duplicate(action, run, listed);
                    return Reply::Duplicate;
                }
                if self.now < self.jms[cluster].no_jar.1 {
                    return refused("no jar");
                }
                self.submitted(cluster, action, run, point, *parallelism)
            }
            Request::Cancel { run } => match known.map(|r| (r.state.clone(), r.job)) {
                None => refused("404"),
                Some((state, _)) if state.is_terminal() => refused("409"),
                Some((JobState::Cancelling, _)) => Reply::Accepted,
                Some((_, job)) => {
                    self.cancel(cluster, run);
                    self.judge_cancel(action, job, run);
                    Reply::Accepted
                }
            },
            Request::Checkpoint { run, trigger } | Request::Savepoint { run, trigger } => {
                let savepoint = matches!(request, Request::Savepoint { .. });
                if self.jms[cluster].triggers.contains_key(trigger) {
                    return Reply::Accepted;
                }
                if known.is_none_or(|r| r.state != JobState::Running) {
                    return refused("not running");
                }
                let works = self.rng.chance(0.9);
                let job = self.jms[cluster].runs[run].job;
                let root = self.jobs[job].root();
                let now = self.now;
                let said = if works {
                    let r = self.jms[cluster].runs.get_mut(run);
                    if let Some(r) = r {
                        let next = r.next_checkpoint();
                        r.completed.push(restore_point(root, run, next, now, savepoint));
                    }
                    Operation::Completed
                } else {
                    Operation::Failed("checkpoint expired before completing".into())
                };
                self.jms[cluster].triggers.insert(trigger.clone(), said);
                Reply::Accepted
            }
            Request::Scale { run, parallelism } => match known {
                Some(r) if r.live() && self.jms[cluster].adaptive => {
                    let to = parallelism.values().max().copied().unwrap_or(1);
                    let (job, was) = (r.job, r.parallelism);
                    let fixed = self.jobs[job].quirk == Quirk::FixedParallelism;
                    self.judge_scale(action, job, was, to);
                    if was != to && !fixed && r_state(&self.jms[cluster].runs, run) {
                        let wait = self.rng.between(1_000, 8_000);
                        if let Some(r) = self.jms[cluster].runs.get_mut(run) {
                            (r.state, r.all_running) = (JobState::Restarting, false);
                        }
                        self.run_later(cluster, run, wait, RunEvent::Rescaled(to));
                    }
                    Reply::Accepted
                }
                _ => refused("cannot be rescaled"),
            },
        }
    }

    pub fn cancel(&mut self, cluster: usize, run: &RunId) {
        let now = self.now;
        let slow = self.rng.chance(0.1);
        let wait =
            if slow { self.rng.between(10_000, 90_000) } else { self.rng.between(300, 5_000) };
        let Some(r) = self.jms[cluster].runs.get_mut(run) else { return };
        (r.state, r.cancelled, r.all_running) = (JobState::Cancelling, Some(now), false);
        let job = r.job;
        self.run_later(cluster, run, wait, RunEvent::Cancelled);
        self.refresh(job);
    }

    fn submitted(
        &mut self,
        cluster: usize,
        action: &Name,
        run: &RunId,
        point: &RestorePoint,
        parallelism: Option<u32>,
    ) -> Reply {
        let Some(job) = self.job_of(action) else { return Reply::Refused("unknown job".into()) };
        self.judge_submit(action, job, run, point);
        let there = self.jms[cluster].of(job).any(|r| r.completed.contains(point));
        let width = parallelism.unwrap_or(self.jobs[job].parallelism);
        let by = By::Action(action.clone());
        // rarely the other side restores from something else
        let other = self.net.faults && self.rng.chance(0.005);
        let from = match self.jms[cluster].of(job).flat_map(|r| &r.completed).next() {
            Some(first) if other => first.clone(),
            _ => point.clone(),
        };
        self.launch(job, run.clone(), by, Some(from), width);
        if there {
            return Reply::Accepted;
        }
        // 400, and a FAILED entry under that id
        self.end(cluster, run, JobState::Failed);
        self.refresh(job);
        Reply::Refused("no such restore point".into())
    }

    /// The process ends. Without high availability everything that it knew is gone.
    pub fn kill_jobmanager(&mut self, cluster: usize, down: T) {
        let now = self.now;
        let back = self.rng.between(1_000, 20_000);
        let jm = &mut self.jms[cluster];
        if !jm.up {
            return;
        }
        (jm.up, jm.triggers) = (false, BTreeMap::new());
        jm.burnt.clear();
        let keeps = jm.high_availability;
        let mut again = Vec::new();
        for run in jm.runs.values_mut().filter(|r| r.listed) {
            if run.state.is_terminal() || !keeps {
                run.listed = false;
                run.ended = run.ended.or(Some(now));
                run.serial += 1;
            } else if run.state == JobState::Cancelling {
                // the cancel is not remembered either: it comes back
                (run.cancelled, run.by_hand) = (None, false);
                run.state = JobState::Restarting;
                again.push(run.id.clone());
            } else {
                (run.state, run.all_running) = (JobState::Restarting, false);
                again.push(run.id.clone());
            }
        }
        for run in again {
            self.run_later(cluster, &run, down + back, RunEvent::Recovers);
        }
        self.say(|| format!("JobManager c{cluster} is lost at {now}, HA {keeps}"));
        self.push(down, Event::JobManagerUp { cluster });
        for job in self.of_cluster(cluster) {
            self.refresh(job);
        }
    }

    /// In truth: it runs, all of it, and nothing ails it.
    pub fn refresh(&mut self, job: usize) {
        let j = &self.jobs[job];
        let jm = &self.jms[j.cluster];
        let well = jm.live(job).any(|r| {
            r.state == JobState::Running
                && r.all_running
                && !j.sick.as_ref().is_some_and(|s| ails(s.kind, &s.run, r, j.parallelism))
        });
        let now = self.now;
        let j = &mut self.jobs[job];
        if well {
            j.ill_before = j.ill_since.take().or(j.ill_before);
            j.well_since = j.well_since.or(Some(now));
            let cluster = j.cluster;
            // a look may fall into this moment, also where the next job falls ill a moment later
            if !self.wide(cluster) {
                self.oracle.wide_since[cluster] = None;
            }
        } else {
            let blink = j.well_since.take().is_some_and(|since| now - since < BLINK);
            let before = j.ill_before.take().filter(|_| blink);
            j.ill_since = j.ill_since.or(before).or(Some(now));
        }
    }
}

/// The illness shows in this run.
pub fn ails(kind: Ill, wedged: &RunId, run: &Run, usual: u32) -> bool {
    match kind {
        Ill::Slow => run.parallelism < 2 * usual,
        Ill::Wedged => run.id == *wedged,
        Ill::Incurable => true,
    }
}

fn r_state(runs: &BTreeMap<RunId, Run>, run: &RunId) -> bool {
    runs.get(run).is_some_and(|r| r.state == JobState::Running)
}

pub fn restore_point(root: &str, run: &RunId, id: u64, taken: T, savepoint: bool) -> RestorePoint {
    let kind = if savepoint { "sp" } else { "chk" };
    RestorePoint {
        run: run.clone(),
        checkpoint: id,
        path: format!("{root}/{run}/{kind}-{id}").into(),
        taken: Millis(crate::sim::EPOCH + taken),
        savepoint,
    }
}
