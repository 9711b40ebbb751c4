//! Where inside a job the data piles up: the vertex that is not held back itself while what comes
//! before it is, by several signals, since each of them is blind at times (network buffers swallow
//! tens of seconds; `inPoolUsage` is 0 on local channels; a legacy source has no busy time).

use crate::estate::{Entity, Job, Millis, Span, Vertex, VertexId};
use crate::lineage::{Edge, Hop};
use crate::signals::{Signal, derive};
use crate::snapshot::Snapshot;

/// Flink's own page calls more than half of the time back-pressured HIGH.
const HELD: f64 = 0.5;
/// Every output buffer is taken.
const POOL_FULL: f64 = 0.99;
/// Records that wait so long in front of a vertex are a queue; a healthy hop takes milliseconds.
const QUEUE_S: f64 = 2.0;
/// The same in a topic, where fetches and window-end bursts add a second or two.
const TOPIC_QUEUE_S: f64 = 3.0;
/// A vertex that is the bottleneck has no time left.
const BUSY: f64 = 0.8;

/// What is known of one vertex, worst subtask first.
#[derive(Clone, Debug, PartialEq)]
pub struct Load {
    pub vertex: VertexId,
    /// Share of time neither idle nor held back, of the busiest subtask; None: unknown.
    pub busy: Option<f64>,
    pub held: bool,
    /// Its input waits: something before it is held back, or records queue.
    pub fed_up: bool,
}

/// The vertices where the data piles up, most telling first; empty: nowhere that shows.
pub fn bottlenecks(s: &Snapshot, job: &Job, hops: &[Hop], reads: &[&Edge]) -> Vec<VertexId> {
    let loads = loads(s, job, hops, reads);
    let mut found: Vec<&Load> = loads.iter().filter(|l| l.fed_up && !l.held).collect();
    if found.is_empty() {
        found = loads.iter().filter(|l| l.busy.is_some_and(|b| b >= BUSY)).take(1).collect();
    }
    found.sort_by(|a, b| b.busy.unwrap_or(BUSY).total_cmp(&a.busy.unwrap_or(BUSY)));
    let sure = found.iter().any(|l| l.busy.is_some_and(|b| b >= BUSY));
    found
        .into_iter()
        .filter(|l| !sure || l.busy.is_none_or(|b| b >= BUSY))
        .map(|l| l.vertex.clone())
        .collect()
}

/// Every vertex of the plan, in its order.
pub fn loads(s: &Snapshot, job: &Job, hops: &[Hop], reads: &[&Edge]) -> Vec<Load> {
    let Some((_, plan)) = &job.run.detail else { return Vec::new() };
    let held: Vec<(&Vertex, bool)> = plan.vertices.iter().map(|v| (v, held(s, job, v))).collect();
    let is_held = |id: &VertexId| held.iter().any(|(v, h)| v.id == *id && *h);
    plan.vertices
        .iter()
        .map(|v| {
            let queue = |h: &&Hop| h.to == v.id && h.delay.seconds().is_some_and(|x| x >= QUEUE_S);
            let topic = |e: &&&Edge| {
                e.vertex.as_ref().is_none_or(|r| *r == v.id)
                    && e.delay.topic_wait.or(e.delay.seconds()).is_some_and(|x| x >= TOPIC_QUEUE_S)
            };
            let waits = if v.inputs.is_empty() {
                reads.iter().any(|e| topic(&e))
            } else {
                v.inputs.iter().any(|i| is_held(&i.from)) || hops.iter().any(|h| queue(&h))
            };
            Load {
                vertex: v.id.clone(),
                busy: busy(s, job, v),
                held: is_held(&v.id),
                fed_up: waits,
            }
        })
        .collect()
}

fn subtasks(job: &Job, vertex: &Vertex) -> impl Iterator<Item = Entity> {
    (0..vertex.parallelism).map(|index| Entity::Subtask {
        cluster: job.key.cluster.clone(),
        run: job.run.id.clone(),
        vertex: vertex.id.clone(),
        index,
    })
}

/// Two looks at least, and 6 s: busy and idle move in steps below that.
fn window(s: &Snapshot) -> Span {
    Span(s.tick.0.saturating_mul(2)).max(Span::secs(6))
}

fn busy(s: &Snapshot, job: &Job, vertex: &Vertex) -> Option<f64> {
    subtasks(job, vertex)
        .filter_map(|e| derive::busy(&s.signals, &e, s.at, window(s)))
        .max_by(f64::total_cmp)
}

fn held(s: &Snapshot, job: &Job, vertex: &Vertex) -> bool {
    let fresh = Span(s.tick.0.saturating_mul(3));
    subtasks(job, vertex).any(|e| {
        let share = derive::back_pressure(&s.signals, &e, s.at, window(s));
        let pool: Option<(Millis, f64)> = s.signals.fresh(&e, Signal::OutPoolUsage, s.at, fresh);
        share.is_some_and(|b| b >= HELD) || pool.is_some_and(|p| p.1 >= POOL_FULL)
    })
}
