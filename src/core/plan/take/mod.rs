//! The part of a snapshot that guards look at.

mod cluster;
mod evidence;
mod job;
mod restore;

pub use cluster::answers;
pub use job::{bottleneck, ends_at, still};
pub use restore::{interval, outlive, surely_newest};

use cluster::Health;

use super::{PlanInput, View};
use crate::case::{Incident, Verdict};
use crate::estate::{ChangeKind, Entity, Job, JobKey, JobState, Millis, Span, Subject};
use crate::lineage::{Edge, EdgeKind, NodeRef};
use crate::snapshot::Snapshot;
use std::collections::BTreeSet;

/// What a decision may look back: a value older than three ticks is unknown.
pub fn fresh(s: &Snapshot) -> Span {
    Span(s.tick.0.saturating_mul(3))
}

/// Seen within three ticks.
pub fn young(s: &Snapshot, seen: Option<Millis>) -> bool {
    seen.is_some_and(|seen| s.at - seen <= fresh(s))
}

/// None: the job was never seen.
pub fn view(input: &PlanInput<'_>) -> Option<View> {
    let s = input.snapshot;
    let job = s.estate.jobs.get(input.job)?;
    let health = Health::of(input);
    let (since, missing, uncertain) = evidence::of(input, job);
    let (failing, targets) = cluster::collectors(s);
    Some(View {
        at: s.at,
        tick: s.tick,
        job: job::of(input, job),
        cluster: cluster::of(input, &health),
        dependencies: health.dependencies(input),
        evidence_since: since,
        evidence_missing: missing,
        uncertain,
        failing_targets: failing,
        targets,
    })
}

/// Jobs of the incident that something may be done to: where it sits, else those that suffer of
/// it and are no mere victims of another job's delay; in order, bounded.
pub fn targets(input_of: &Incident, s: &Snapshot) -> Vec<JobKey> {
    const MOST: usize = 200;
    let d = &input_of.diagnosis;
    if let Some(job) = d.subject.job() {
        return vec![job.clone()];
    }
    let mut jobs: BTreeSet<&JobKey> = d.symptoms.iter().filter_map(|x| x.job.as_ref()).collect();
    jobs.extend(given_up(input_of, s));
    match &d.subject {
        // a topic that gets more than its readers can take: the readers
        Subject::Topic { topic } | Subject::Partition { topic, .. } => {
            let reads = |j: &&JobKey| reads(s, j).any(|(t, _)| t == topic);
            jobs.retain(reads);
        }
        Subject::FlinkCluster { cluster } | Subject::TaskManager { cluster, .. } => {
            jobs.retain(|j| j.cluster == *cluster);
        }
        _ => {}
    }
    jobs.into_iter().filter(|j| s.estate.jobs.contains_key(*j)).take(MOST).cloned().collect()
}

/// Jobs that somebody cancelled in the middle of it, while they failed: to be run again by a
/// person's word alone. What was cancelled in peace is nobody's trouble.
fn given_up<'a>(i: &'a Incident, s: &'a Snapshot) -> impl Iterator<Item = &'a JobKey> {
    let failed = move |job: &Job, end: Millis| {
        let of = Entity::Job { job: job.key.clone() };
        s.changes.iter().any(|c| {
            let fails = match c.kind {
                ChangeKind::Restarted => true,
                ChangeKind::JobState => matches!(c.to.as_deref(), Some("RESTARTING" | "FAILING")),
                _ => false,
            };
            fails && c.entity == of && (i.onset..=end).contains(&c.at)
        })
    };
    let listed = s.estate.jobs.values().filter(|j| j.gone.is_none());
    let cancelled = listed.filter(|j| j.run.state == JobState::Canceled);
    cancelled.filter(move |j| j.run.end.is_some_and(|end| failed(j, end))).map(|j| &j.key)
}

pub fn reads<'a>(
    s: &'a Snapshot,
    job: &'a JobKey,
) -> impl Iterator<Item = (&'a crate::estate::TopicId, &'a Edge)> {
    s.lineage.edges.iter().filter_map(move |e| match (&e.kind, &e.from, &e.to) {
        (EdgeKind::Reads, NodeRef::Topic { topic }, NodeRef::Job { job: to }) if to == job => {
            Some((topic, e))
        }
        _ => None,
    })
}

pub fn writes<'a>(
    s: &'a Snapshot,
    job: &'a JobKey,
) -> impl Iterator<Item = (&'a crate::estate::TopicId, &'a Edge)> {
    s.lineage.edges.iter().filter_map(move |e| match (&e.kind, &e.from, &e.to) {
        (EdgeKind::Writes, NodeRef::Job { job: from }, NodeRef::Topic { topic }) if from == job => {
            Some((topic, e))
        }
        _ => None,
    })
}

/// Nothing of it runs, or is to run again by itself.
pub fn down(job: &Job) -> bool {
    job.gone.is_some() || matches!(job.run.state, JobState::Failed | JobState::Canceled)
}

/// The cause, where there is one.
pub fn root(verdict: &Verdict) -> Option<&str> {
    match verdict {
        Verdict::Root { cause } => Some(cause),
        _ => None,
    }
}
