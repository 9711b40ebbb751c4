//! How wide a job has to be, by what one subtask can do (DS2, as Flink's autoscaler has it): records
//! per second of busy time against what comes in.

use super::PlanInput;
use super::take::{bottleneck, reads};
use crate::estate::{Entity, Job, Span, Vertex, VertexId};
use crate::signals::{Signal, derive};
use crate::snapshot::Snapshot;

/// Flink's autoscaler aims at 0.7 and takes 1.0 as the bound; above 0.8 nothing is left to catch up
/// with.
const TARGET_LOAD: f64 = 0.75;
/// Rates over so long: window-end bursts pass.
const WINDOW: Span = Span::secs(30);
/// Below this a subtask has hardly worked: its rate per busy second says nothing.
const LEAST_BUSY: f64 = 0.2;

/// What the bottleneck can do and what it has to.
#[derive(Clone, Debug, PartialEq)]
pub struct Need {
    pub vertex: VertexId,
    pub parallelism: u32,
    /// Records per second that one subtask could do, were it always busy: the mean of its subtasks.
    pub each: f64,
    /// Records per second that reach it once it holds nothing up.
    pub arrives: f64,
    /// Busy share of the busiest subtask.
    pub busy: f64,
    /// Subtasks for that at the target load.
    pub wanted: u32,
}

/// None: something of it is not known.
pub fn need(input: &PlanInput<'_>, job: &Job) -> Option<Need> {
    let s = input.snapshot;
    let plan = job.run.plan()?;
    let id = bottleneck(input, job)?;
    let vertex = plan.vertices.iter().find(|v| v.id == id)?;
    let done: f64 = all(vertex, |i| took(s, job, vertex, i))?.iter().sum();
    let busy = all(vertex, |i| derive::busy(&s.signals, &subtask(job, vertex, i), s.at, WINDOW))?;
    let spent: f64 = busy.iter().sum();
    let most = busy.iter().copied().fold(0.0, f64::max);
    if spent < LEAST_BUSY || done <= 0.0 {
        return None;
    }
    let each = done / spent;
    // of each record that comes into the job, so many reach the vertex
    let read = positions(s, job)?;
    let share = (read > 0.0).then(|| done / read)?;
    let arrives = came(s, job)?.max(read) * share;
    let wanted = (arrives / (each * TARGET_LOAD)).ceil();
    let wanted = if wanted.is_finite() && wanted < 1e6 { wanted as u32 } else { return None };
    let parallelism = vertex.parallelism;
    Some(Need { vertex: id, parallelism, each, arrives, busy: most, wanted })
}

fn all(vertex: &Vertex, of: impl Fn(u32) -> Option<f64>) -> Option<Vec<f64>> {
    (0..vertex.parallelism).map(of).collect()
}

fn subtask(job: &Job, vertex: &Vertex, index: u32) -> Entity {
    Entity::Subtask {
        cluster: job.key.cluster.clone(),
        run: job.run.id.clone(),
        vertex: vertex.id.clone(),
        index,
    }
}

/// Records per second that a subtask takes in; a source takes what it hands out.
fn took(s: &Snapshot, job: &Job, vertex: &Vertex, index: u32) -> Option<f64> {
    let entity = subtask(job, vertex, index);
    let of = |signal| derive::rate(s.signals.get(&entity, signal)?, s.at, WINDOW);
    if vertex.inputs.is_empty() { of(Signal::RecordsOut) } else { of(Signal::RecordsIn) }
}

/// Records per second by which its sources move on, over all partitions. None: of one it is not
/// known.
pub fn positions(s: &Snapshot, job: &Job) -> Option<f64> {
    let mut sum: Option<f64> = None;
    for row in s.signals.rows() {
        let Entity::Position { cluster, run, .. } = &*row.entity else { continue };
        if *cluster != job.key.cluster || *run != job.run.id {
            continue;
        }
        let Some(series) = row.get(Signal::SourcePosition) else { continue };
        *sum.get_or_insert(0.0) += derive::rate(series, s.at, WINDOW)?;
    }
    sum
}

/// Records per second that come into the topics it reads.
fn came(s: &Snapshot, job: &Job) -> Option<f64> {
    let mut sum: Option<f64> = None;
    for (topic, _) in reads(s, &job.key) {
        let known = s.estate.kafka.get(&topic.cluster)?.topics.get(&topic.topic)?;
        for p in &known.partitions {
            let entity = Entity::Partition { topic: topic.clone(), partition: p.id };
            let series = s.signals.get(&entity, Signal::EndOffset)?;
            *sum.get_or_insert(0.0) += derive::rate(series, s.at, WINDOW)?;
        }
    }
    sum
}
