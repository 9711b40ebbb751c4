//! What others would have said, as small pure functions over the same snapshots.
//!
//! The alerts are the twelve of the only public list for Flink (awesome-prometheus-alerts). What
//! is to last minutes there is to last 20 s here, so that a recording of two minutes can fire it:
//! in their favour.

use std::collections::{BTreeMap, BTreeSet};
use streamwarden::record::Story;
use streamwarden_core::estate::{
    Entity, Estate, Job, JobKey, Millis, Row, Series, Span, Subject, VertexId,
};
use streamwarden_core::signals::{Signal, derive};
use streamwarden_core::snapshot::Snapshot;

const LASTS: Span = Span::secs(20);
const FIVE_MINUTES: Span = Span::secs(300);

/// The twelve, with the causes that their text may be read as: in their favour again.
const ALERTS: [(&str, &[&str]); 12] = [
    ("no running job", &[]),
    ("no TaskManager", &["clu.tm_process_lost"]),
    ("no free slot", &["clu.slots_exhausted"]),
    ("restarts", &["code.user_exception"]),
    ("failed checkpoints", &["clu.checkpoint_storage_broken"]),
    ("slow checkpoint", &["conf.checkpoint_timeout_too_low"]),
    ("is back-pressured", &[]),
    ("back pressure high", &[]),
    ("TaskManager heap", &["res.heap_oom"]),
    ("JobManager heap", &["res.jm_overloaded"]),
    ("GC", &["res.gc_pressure"]),
    ("no records", &["link.upstream_stop"]),
];

/// Since when each alert is true of whom.
#[derive(Default)]
pub struct Alerts(BTreeMap<(&'static str, Subject), Millis>);

impl Alerts {
    /// What fires now.
    pub fn look(&mut self, s: &Snapshot) -> BTreeSet<(&'static str, Subject)> {
        let now: BTreeSet<_> = s.signals.rows().flat_map(|row| of_row(s, row)).collect();
        self.0.retain(|k, _| now.contains(k));
        for key in now {
            self.0.entry(key).or_insert(s.at);
        }
        let lasting = self.0.iter().filter(|(_, since)| s.at - **since >= LASTS);
        lasting.map(|(k, _)| k.clone()).collect()
    }
}

fn of_row(s: &Snapshot, row: &Row) -> Vec<(&'static str, Subject)> {
    let Some(place) = place(&row.entity, &s.estate) else { return Vec::new() };
    let fresh = Span(s.tick.0 * 3);
    let now = |signal| row.get(signal).and_then(Series::last).filter(|l| s.at - l.0 <= fresh);
    let value = |signal| now(signal).map(|l| l.1);
    let grown = |signal, window| {
        now(signal)?;
        derive::increase(row.get(signal)?, s.at - window, s.at)
    };
    let rate = |signal| derive::rate(row.get(signal)?, s.at, Span::secs(30));
    let is = |v: Option<f64>, test: fn(f64) -> bool| v.is_some_and(test);
    let manager = matches!(*row.entity, Entity::TaskManager { .. });
    let heap = value(Signal::HeapUsed).zip(value(Signal::HeapMax)).map(|(u, m)| u / m);
    let truths = [
        is(value(Signal::RunningJobs), |v| v < 1.0),
        is(value(Signal::TaskManagers), |v| v < 1.0),
        is(value(Signal::SlotsAvailable), |v| v < 1.0),
        is(grown(Signal::Restarts, FIVE_MINUTES), |v| v > 1.0),
        is(grown(Signal::CheckpointsFailed, Span::secs(600)), |v| v > 1.0),
        is(value(Signal::LastCheckpointDuration), |v| v > 60_000.0),
        is(value(Signal::IsBackPressured), |v| v >= 1.0),
        is(rate(Signal::BackPressuredTime), |v| v > 500.0),
        manager && is(heap, |v| v > 0.9),
        !manager && is(heap, |v| v > 0.9),
        is(rate(Signal::GcTime), |v| v > 100.0),
        is(rate(Signal::RecordsIn), |v| v <= 0.0),
    ];
    let named = ALERTS.iter().zip(truths).filter(|(_, t)| *t);
    named.map(|((name, _), _)| (*name, place.clone())).collect()
}

/// What the labels of a series point at.
fn place(entity: &Entity, estate: &Estate) -> Option<Subject> {
    let key = |cluster, run| estate.job_of_run(cluster, run).map(|j| j.key.clone());
    Some(match entity {
        Entity::FlinkCluster { cluster } | Entity::JobManager { cluster } => {
            Subject::FlinkCluster { cluster: cluster.clone() }
        }
        Entity::TaskManager { cluster, id } => {
            Subject::TaskManager { cluster: cluster.clone(), id: id.clone() }
        }
        Entity::Run { cluster, run } => Subject::Job { job: key(cluster, run)? },
        Entity::Subtask { cluster, run, vertex, .. }
        | Entity::Operator { cluster, run, vertex, .. } => {
            Subject::Vertex { job: key(cluster, run)?, vertex: vertex.clone() }
        }
        _ => return None,
    })
}

/// What a list of names is worth beside the story.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Worth {
    /// Among what it names are the cause (where it names any) and the place, and no victim.
    Right,
    /// Right among others that are victims or elsewhere.
    Among,
    /// It names only what suffers, or what is elsewhere.
    Wrong,
    Silent,
}

/// Alerts that fire: right where one's cause is right and it points at the job or the component.
pub fn alerts_worth(
    story: &Story,
    fired: &BTreeSet<(&'static str, Subject)>,
    estate: &Estate,
) -> Worth {
    let causes = |name: &str| ALERTS.iter().find(|a| a.0 == name).map_or(&[][..], |a| a.1);
    let right = |name: &str, subject: &Subject| {
        let known = causes(name).iter().any(|c| {
            story.cause.as_deref() == Some(*c) || story.or_causes.iter().any(|o| **o == **c)
        });
        known && about(story, subject, estate)
    };
    worth(story, fired.iter().map(|(name, s)| (right(name, s), s)), estate)
}

/// The vertex behind the deepest back-pressured one, of every job that has one.
pub fn deepest(s: &Snapshot) -> BTreeSet<Subject> {
    s.estate.jobs.values().filter_map(|job| deepest_of(s, job)).collect()
}

fn deepest_of(s: &Snapshot, job: &Job) -> Option<Subject> {
    let plan = &job.run.detail.as_ref()?.1;
    let window = Span(s.tick.0 * 3).max(Span::secs(10));
    let held = |vertex: &VertexId, parallelism: u32| {
        (0..parallelism).any(|index| {
            let entity = Entity::Subtask {
                cluster: job.key.cluster.clone(),
                run: job.run.id.clone(),
                vertex: vertex.clone(),
                index,
            };
            let share = derive::back_pressure(&s.signals, &entity, s.at, window);
            share.is_some_and(|b| b > 0.5)
        })
    };
    let deepest = plan.vertices.iter().rev().find(|v| held(&v.id, v.parallelism))?;
    let next = plan.vertices.iter().find(|v| v.inputs.iter().any(|i| i.from == deepest.id))?;
    Some(Subject::Vertex { job: job.key.clone(), vertex: next.id.clone() })
}

/// It names no cause: its place alone counts, and the job is enough.
pub fn deepest_worth(story: &Story, named: &BTreeSet<Subject>, estate: &Estate) -> Worth {
    worth(story, named.iter().map(|s| (about(story, s, estate), s)), estate)
}

fn worth<'a>(
    story: &Story,
    named: impl Iterator<Item = (bool, &'a Subject)>,
    estate: &Estate,
) -> Worth {
    let named: Vec<(bool, &Subject)> = named.collect();
    let right = named.iter().any(|(right, _)| *right);
    let others = named.iter().any(|(right, s)| !right && !about(story, s, estate));
    match (named.is_empty(), right, others) {
        (true, ..) => Worth::Silent,
        (_, true, false) => Worth::Right,
        (_, true, true) => Worth::Among,
        (_, false, _) => Worth::Wrong,
    }
}

/// The place of the story, or the job that it is in.
fn about(story: &Story, subject: &Subject, estate: &Estate) -> bool {
    let name = |job: &JobKey| estate.jobs.get(job).map_or(job.key.clone(), |j| j.name.clone());
    story.place.iter().chain(&story.or_places).any(|p| {
        let same_job = p.job().zip(subject.job()).is_some_and(|(a, b)| *a == name(b));
        p.is(subject, estate) || same_job
    })
}
