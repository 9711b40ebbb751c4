//! The job itself.

use super::{reads, restore};
use crate::diagnose::bottlenecks;
use crate::estate::*;
use crate::lineage::Index;
use crate::plan::{JobView, PlanInput, SinkLimit, own};
use crate::signals::{Signal, derive};
use crate::snapshot::Snapshot;
use std::collections::{BTreeMap, BTreeSet};

/// A Kafka client that waits for a free buffer so large a share of the time cannot get rid of what
/// it is given.
const SINK_WAITS: f64 = 0.1;
const SINK_WINDOW: Span = Span::secs(30);
/// A TaskManager that came or went so shortly before explains what the adaptive scheduler did.
const BY_ITSELF: Span = Span::secs(120);

pub fn of(input: &PlanInput<'_>, job: &Job) -> JobView {
    let (s, told) = (input.snapshot, input.told);
    let plan = job.run.detail.as_ref().map(|(_, d)| d);
    let vertices = plan.map_or(&[][..], |d| &d.vertices);
    let gone = job.gone.is_some();
    let tells = plan.and_then(|d| d.scheduler.as_deref()).map(|x| x == "Adaptive");
    let (adaptive, partitions) = (tells.or(told.adaptive), partitions(s, &job.key));
    JobView {
        key: job.key.clone(),
        ambiguous: job.ambiguous,
        run: (!gone).then(|| job.run.id.clone()),
        state: (!gone).then(|| job.run.state.clone()),
        generation: told.generation,
        live_runs: live_runs(s, job),
        adaptive,
        parallelism: vertices.iter().map(|v| (v.id.clone(), v.parallelism)).collect(),
        own: own(job, told, adaptive == Some(true), partitions),
        sources: sources(vertices),
        max_parallelism: most(vertices),
        partitions,
        sink: sink(s, input, job),
        fixes_parallelism: told.fixes_parallelism,
        retained: restore::retained(job),
        restore: restore::points(input, job),
        owner: told.owner.clone(),
        jar: told.jar.clone(),
        way: told.way.clone(),
        foreign_change: foreign_change(input, job),
    }
}

fn sources(vertices: &[Vertex]) -> BTreeSet<VertexId> {
    vertices.iter().filter(|v| v.inputs.is_empty()).map(|v| v.id.clone()).collect()
}

/// None where one of them does not say.
fn most(vertices: &[Vertex]) -> Option<u32> {
    let all: Option<Vec<u32>> = vertices.iter().map(|v| v.max_parallelism).collect();
    all?.into_iter().min()
}

/// Runs of its name in its cluster that are listed and have not ended.
fn live_runs(s: &Snapshot, job: &Job) -> u32 {
    let same = |j: &&Job| j.key.cluster == job.key.cluster && j.name == job.name;
    let live = |j: &&Job| j.gone.is_none() && !j.run.state.is_terminal();
    let n = s.estate.jobs.values().filter(same).filter(live).count();
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// By source vertex all partitions of its topics; the least of them: from there on one has readers
/// without a partition. None where a topic is not known, or none is.
fn partitions(s: &Snapshot, job: &JobKey) -> Option<u32> {
    let mut by_vertex: BTreeMap<Option<&VertexId>, u32> = BTreeMap::new();
    for (topic, edge) in reads(s, job) {
        let known = s.estate.kafka.get(&topic.cluster)?.topics.get(&topic.topic)?;
        let n = u32::try_from(known.partitions.len()).ok()?;
        *by_vertex.entry(edge.vertex.as_ref()).or_default() += n;
    }
    by_vertex.into_values().min()
}

/// Does what lies behind limit it? The bottleneck that feeds another vertex has shown that nothing
/// holds it back. The last one has its sink inside: there the Kafka client tells, and where it is
/// no Kafka client nobody does.
fn sink(s: &Snapshot, input: &PlanInput<'_>, job: &Job) -> SinkLimit {
    let Some(vertex) = bottleneck(input, job) else { return SinkLimit::Unknown };
    let Some(plan) = job.run.plan() else { return SinkLimit::Unknown };
    if plan.vertices.iter().any(|v| v.inputs.iter().any(|i| i.from == vertex)) {
        return SinkLimit::No;
    }
    let mut known = false;
    for row in s.signals.rows() {
        let Entity::Operator { cluster, run, vertex: v, operator, .. } = &*row.entity else {
            continue;
        };
        if *cluster != job.key.cluster || *run != job.run.id || *v != vertex {
            continue;
        }
        let Some(waits) = row.get(Signal::ProducerBufferWait) else { continue };
        match derive::rate(waits, s.at, SINK_WINDOW) {
            Some(ms) if ms / 1000.0 >= SINK_WAITS => return SinkLimit::Yes(operator.clone()),
            Some(_) => known = true,
            None => return SinkLimit::Unknown,
        }
    }
    if known { SinkLimit::No } else { SinkLimit::Unknown }
}

/// Where the data piles up: what the diagnosis says, else the first that shows.
pub fn bottleneck(input: &PlanInput<'_>, job: &Job) -> Option<VertexId> {
    match &input.incident.diagnosis.subject {
        Subject::Vertex { job: of, vertex } | Subject::Subtask { job: of, vertex, .. }
            if *of == job.key =>
        {
            return Some(vertex.clone());
        }
        _ => {}
    }
    let s = input.snapshot;
    let node = s
        .lineage
        .nodes
        .iter()
        .find(|n| matches!(&n.node, crate::lineage::NodeRef::Job { job: j } if *j == job.key));
    let edges: Vec<_> = reads(s, &job.key).map(|(_, e)| e).collect();
    bottlenecks(s, job, node.map_or(&[][..], |n| &n.hops), &edges).into_iter().next()
}

/// The last thing that somebody else did to it, as far as it is remembered; its run is younger than
/// any memory of ours.
fn foreign_change(input: &PlanInput<'_>, job: &Job) -> Option<(Millis, Name)> {
    let s = input.snapshot;
    let ours = |run: &str| input.told.ours.iter().any(|r| r.as_str() == run);
    let started = (!ours(job.run.id.as_str())).then_some(job.run.start);
    let of = Entity::Job { job: job.key.clone() };
    let mine = s.changes.iter().filter(|c| c.entity == of);
    let told = mine.filter_map(|c| {
        let what = match c.kind {
            ChangeKind::Plan => "another plan",
            ChangeKind::Configuration => "another configuration",
            ChangeKind::Parallelism if !by_itself(s, &job.key.cluster, c.at) => {
                "another parallelism"
            }
            ChangeKind::JobState => match c.to.as_deref() {
                Some("CANCELLING" | "CANCELED" | "FINISHED") => "somebody ended it",
                _ => return None,
            },
            _ => return None,
        };
        Some((c.at, Name::from(what)))
    });
    // a run of ours brings what we asked for with it
    let began = job.run.start;
    let by_us = ours(job.run.id.as_str());
    let worked =
        |at: Millis| input.told.worked.iter().any(|(from, to)| (*from..=*to).contains(&at));
    // nor is one forgotten that a person started before it
    let before = s.changes.iter().filter(|c| c.entity == of && c.kind == ChangeKind::NewRun);
    let before = before.filter(|c| c.to.as_deref().is_some_and(|run| !ours(run)));
    // a JobManager's clock may be ahead
    let before = before.map(|c| c.at.min(c.seen));
    let starts = before.chain(started).map(|at| (at, "a new run".into()));
    told.filter(|(at, _)| (!by_us || *at > began) && !worked(*at))
        .chain(starts)
        .max_by_key(|(at, _)| *at)
}

/// Slots came or went: the adaptive scheduler follows them.
fn by_itself(s: &Snapshot, cluster: &ClusterId, at: Millis) -> bool {
    use ChangeKind::*;
    s.changes.iter().any(|c| {
        matches!(c.kind, TaskManagerGone | TaskManagerAppeared | TaskManagerReturned)
            && matches!(&c.entity, Entity::TaskManager { cluster: of, .. } if of == cluster)
            && c.at <= at
            && at - c.at < BY_ITSELF
    })
}

/// Whether nothing was committed in the topics that it reads for so long. None: nobody can tell.
pub fn still(s: &Snapshot, job: &Job, long: Span) -> Option<bool> {
    let mut seen = false;
    let index = Index::of(&s.signals, &s.estate);
    for (topic, edge) in reads(s, &job.key) {
        for (group, _, row) in index.committed.get(topic).into_iter().flatten() {
            if !edge.groups.contains(group) {
                continue;
            }
            match grew(s, row, Signal::CommittedOffset, long)? {
                true => return Some(false),
                false => seen = true,
            }
        }
    }
    seen.then_some(true)
}

/// Whether the topic got nothing for so long. None: it is not seen, or not for so long.
pub fn ends_at(s: &Snapshot, topic: &TopicId, long: Span) -> Option<bool> {
    let known = s.estate.kafka.get(&topic.cluster)?.topics.get(&topic.topic)?;
    for p in &known.partitions {
        let entity = Entity::Partition { topic: topic.clone(), partition: p.id };
        if grew(s, s.signals.row(&entity)?, Signal::EndOffset, long)? {
            return Some(false);
        }
    }
    Some(!known.partitions.is_empty())
}

pub(super) fn grew(s: &Snapshot, row: &Row, signal: Signal, long: Span) -> Option<bool> {
    let series = row.get(signal)?;
    let (last, now) = series.last()?;
    if s.at - last > super::fresh(s) {
        return None;
    }
    let (_, before) = series.at_or_before(s.at - long)?;
    Some(now > before)
}
