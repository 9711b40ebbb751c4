//! How the job is now, in the terms of the plan's `before`.

use crate::case::{Before, BeforeSymptom, Figures, Plan, SymptomKind};
use crate::estate::*;
use crate::know::Pass;
use crate::plan::{fresh, positions, reads, young};
use crate::signals::Signal;
use crate::snapshot::Snapshot;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct After {
    /// How long it is watched already.
    pub watched: Span,
    /// For so long it has run without a restart, every task of it. None: it does not run, or nobody
    /// can tell.
    pub running: Option<Span>,
    /// Restarts since the watch began.
    pub restarts: u32,
    /// Completed since the watch began; None: not known.
    pub checkpoints: Option<u32>,
    pub symptoms: Vec<AfterSymptom>,
    /// Kinds of failure that it has now. A restart is counted in `restarts`: the first may be the
    /// action itself.
    pub failures: Vec<SymptomKind>,
    /// Records per second out of the job's sources.
    pub throughput: Option<f64>,
    /// Age of the oldest record that waits, s.
    pub delay_s: Option<f64>,
    /// Of that, seconds per second.
    pub trend: Option<f64>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct AfterSymptom {
    pub kind: SymptomKind,
    pub subject: Subject,
    /// None: nobody can tell.
    pub there: Option<bool>,
    pub value: Option<f64>,
}

impl After {
    /// `before`: what it is held against.
    pub fn figures(&self, before: &Before) -> Figures {
        let count = |there: bool| {
            let n = self.symptoms.iter().filter(|s| s.there == Some(there)).count();
            u32::try_from(n).unwrap_or(u32::MAX)
        };
        let (gone, still) = (count(false), count(true));
        let all = u32::try_from(before.symptoms.len()).unwrap_or(u32::MAX);
        Figures {
            gone,
            unknown: all.saturating_sub(gone).saturating_sub(still),
            throughput: self.throughput,
            delay_s: self.delay_s,
        }
    }
}

/// As `snapshot` shows it. `since`: when the watch began, by the snapshots' clock; what happened to
/// the job before that is the action's own doing.
pub fn after(snapshot: &Snapshot, pass: &Pass, plan: &Plan, since: Millis) -> After {
    let watched = snapshot.at - since;
    let Some(job) = snapshot.estate.jobs.get(&plan.job) else {
        return After { watched, ..After::default() };
    };
    let delays = || reads(snapshot, &plan.job).map(|(_, e)| &e.delay);
    let known = delays().all(|d| d.now.is_some());
    let worst = delays().filter(|_| known).max_by(|a, b| {
        let s = |d: &crate::lineage::Delay| d.seconds().unwrap_or(0.0);
        s(a).total_cmp(&s(b))
    });
    let mut out = After {
        watched,
        running: running(snapshot, job),
        restarts: restarts(snapshot, job, since),
        checkpoints: checkpoints(snapshot, job, since),
        symptoms: Vec::new(),
        failures: failures(pass, &plan.job),
        throughput: positions(snapshot, job),
        delay_s: worst.and_then(|d| d.seconds()),
        trend: worst.and_then(|d| d.trend),
    };
    out.symptoms = symptoms(snapshot, pass, job, &plan.before, &out);
    out
}

fn listed(s: &Snapshot, job: &Job) -> bool {
    let seen = s.estate.flink.get(&job.key.cluster).and_then(|f| f.jobs_seen);
    job.gone.is_none() && young(s, seen)
}

fn running(s: &Snapshot, job: &Job) -> Option<Span> {
    let tasks = &job.run.tasks;
    let all: u32 = tasks.values().sum();
    let up = all > 0 && tasks.get("running") == Some(&all);
    if !listed(s, job) || job.run.state != JobState::Running || !up {
        return None;
    }
    let of = Entity::Job { job: job.key.clone() };
    let began = s.changes.iter().filter(|c| {
        c.entity == of && matches!(c.kind, ChangeKind::Restarted | ChangeKind::JobState)
    });
    let last = began.map(|c| c.at).max().unwrap_or(job.run.start);
    Some(s.at - last.max(job.run.start))
}

fn restarts(s: &Snapshot, job: &Job, since: Millis) -> u32 {
    let of = Entity::Job { job: job.key.clone() };
    let again = s
        .changes
        .iter()
        .filter(|c| c.entity == of && c.kind == ChangeKind::Restarted && c.at > since);
    u32::try_from(again.count()).unwrap_or(u32::MAX)
}

fn checkpoints(s: &Snapshot, job: &Job, since: Millis) -> Option<u32> {
    let (at, stats) = job.run.checkpoints.as_ref().filter(|(_, c)| c.run == job.run.id)?;
    // they are asked more rarely than the rest
    if s.at - *at > fresh(s).max(Span::secs(60)) {
        return None;
    }
    let new = stats
        .history
        .iter()
        .filter(|c| &*c.status == "COMPLETED" && c.latest_ack.unwrap_or(c.triggered) > since);
    u32::try_from(new.count()).ok()
}

fn failures(pass: &Pass, job: &JobKey) -> Vec<SymptomKind> {
    use SymptomKind::*;
    let mine = pass.seen.symptoms.iter().filter(|x| x.job.as_ref() == Some(job));
    mine.map(|x| x.kind)
        .filter(|k| matches!(k, NotRunning | CheckpointsFail | InputLost | ControlLost))
        .collect()
}

fn symptoms(
    s: &Snapshot,
    pass: &Pass,
    job: &Job,
    before: &Before,
    now: &After,
) -> Vec<AfterSymptom> {
    let found = |b: &BeforeSymptom| {
        let mut all = pass.seen.symptoms.iter();
        all.find(|x| x.kind == b.kind && x.subject == b.subject)
    };
    // late by what it reads is late at what it hands on as well
    let behind = now.delay_s.is_some();
    before
        .symptoms
        .iter()
        .map(|b| {
            let seen = found(b);
            let there = match seen {
                Some(_) => Some(true),
                None => can_tell(s, job, b.kind, behind).then_some(false),
            };
            let (kind, subject) = (b.kind, b.subject.clone());
            AfterSymptom { kind, subject, there, value: seen.and_then(|x| x.value) }
        })
        .collect()
}

/// That a symptom is not found says something only where it could be.
fn can_tell(s: &Snapshot, job: &Job, kind: SymptomKind, behind: bool) -> bool {
    use SymptomKind::*;
    let cluster = Subject::FlinkCluster { cluster: job.key.cluster.clone() };
    let own = Entity::Run { cluster: job.key.cluster.clone(), run: job.run.id.clone() };
    let metrics = || {
        young(s, s.signals.get(&own, Signal::Uptime).and_then(Series::last).map(|p| p.0))
            || positions(s, job).is_some()
    };
    match kind {
        Late | EdgeLate | PathLate | LagGrows | InputStopped | InputLost | PartitionsUnread => {
            behind
        }
        Restarted | NotRunning | ControlLost => {
            listed(s, job) && !s.gaps.iter().any(|g| of_cluster(g, &cluster))
        }
        CheckpointOld | CheckpointsFail => {
            let read = job.run.checkpoints.as_ref().filter(|(_, c)| c.run == job.run.id);
            read.is_some_and(|(at, _)| s.at - *at <= fresh(s).max(Span::secs(60)))
        }
        ThroughputDropped | WatermarkStalled | RecordsDropped | Hazard => metrics(),
        KafkaSilent | BaseIll => behind,
    }
}

fn of_cluster(gap: &Gap, cluster: &Subject) -> bool {
    let Subject::FlinkCluster { cluster } = cluster else { return false };
    gap.target.is_cluster(TargetKind::FlinkRest, cluster) && &*gap.what == "/jobs/overview"
}
