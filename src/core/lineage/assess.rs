//! Estate and signals into the lineage graph with the latency of every edge.

use super::history::Ages;
use super::infer::Inferred;
use super::inside::{JobWaits, job_waits};
use super::paths::{find_paths, output_age};
use super::waits::Scene;
use super::wiring::{Wire, Wiring, wire};
use super::*;
use crate::estate::{
    Entity, Estate, Job, JobKey, JobState, Millis, Name, SeriesTable, Span, TopicId,
};
use crate::signals::{Sample, Signal};
use std::collections::{BTreeMap, BTreeSet};

/// What an assessment reads.
#[derive(Clone, Copy)]
pub struct Input<'a> {
    pub at: Millis,
    pub estate: &'a Estate,
    pub signals: &'a SeriesTable,
    pub settings: &'a Settings,
    /// Carried from the assessment before.
    pub inferred: &'a Inferred,
}

/// The lineage, and the derived ages for the history.
pub struct Assessed {
    pub lineage: Lineage,
    pub samples: Vec<Sample>,
}

/// Looks again at which topics sinks write, by rates. Every few ticks is enough.
pub fn infer_writes(input: &Input<'_>) -> Inferred {
    let index = Index::of(input.signals, input.estate);
    let wiring = wire(input.estate, &index, input.settings, &Inferred::default(), input.at);
    let (estate, settings, at) = (input.estate, input.settings, input.at);
    let found = infer::infer(input.inferred, estate, &index, &wiring, settings, at);
    let wiring = wire(estate, &index, settings, &found, at);
    infer::with_likely(found, estate, &index, &wiring, settings, at)
}

/// The graph at `input.at`. Pure: the same input gives the same answer.
pub fn assess(input: &Input<'_>) -> Assessed {
    let index = Index::of(input.signals, input.estate);
    let wiring = wire(input.estate, &index, input.settings, input.inferred, input.at);
    let scene =
        Scene { at: input.at, fresh: input.settings.fresh, estate: input.estate, index: &index };
    let mut ages = Ages::new(input.signals, input.settings.fresh);
    let shown: Vec<&Job> = input.estate.jobs.values().filter(|j| is_shown(j, input.at)).collect();

    let commits = commit_waits(&scene, &wiring, &mut ages);
    let mut waits: BTreeMap<JobKey, JobWaits> = BTreeMap::new();
    for job in &shown {
        let found = job_waits(&scene, job, &wiring, &mut ages);
        waits.insert(job.key.clone(), found);
    }
    let mut nodes = Vec::new();
    let mut edges = Vec::new();
    for key in flow_order(&shown, &wiring) {
        let Some(job) = input.estate.jobs.get(&key) else { continue };
        let Some(found) = waits.get(&key) else { continue };
        let total = output_age(input, job, &wiring, &mut ages);
        let own = edges.len();
        for (topic, wire) in wiring.reads_of(&key) {
            edges.push(read_edge(input, job, topic, wire, found, &ages));
        }
        for (topic, wire) in wiring.writes_of(&key) {
            edges.push(write_edge(input, &key, topic, wire, commits.get(topic), &ages));
        }
        let own = edges.get(own..).unwrap_or_default();
        nodes.push(job_node(input, job, found, total, own, &ages));
    }
    nodes.extend(topic_nodes(input, &edges));
    let paths = find_paths(input, &nodes, &edges, &mut ages);
    let untraced = untraced(input.settings, &paths);
    mark_paths(&mut nodes, &paths);
    let layers: Vec<Name> = input.settings.layers.iter().map(|l| l.name.clone()).collect();
    layout::place(&mut nodes, &edges, &layers);
    let blind = blind::blind(input, &index, &wiring, &shown, &edges);
    Assessed {
        lineage: Lineage {
            at: input.at,
            nodes,
            edges,
            paths,
            blind,
            untraced,
            likely: input.inferred.likely().clone(),
            layers,
        },
        samples: ages.samples(),
    }
}

/// A job that ended well or left long ago is history, not lineage. One that was cancelled or has
/// failed lately still has readers' duty: its topics pile up.
fn is_shown(job: &Job, at: Millis) -> bool {
    let left = match (job.gone, &job.run.state) {
        (Some(t), state) if !state.is_terminal() => return at - t < KEEP_LOST,
        (Some(t), _) => Some(t),
        (None, JobState::Canceled | JobState::Finished) => {
            Some(job.run.end.unwrap_or(job.last_seen))
        }
        _ => None,
    };
    left.is_none_or(|t| at - t < KEEP_ENDED)
}

/// How long a job that has ended is still drawn: a planned restart takes minutes.
const KEEP_ENDED: Span = Span::secs(1800);
/// One that vanished while it ran is missed until somebody has had a day to run it again: its
/// JobManager forgot it, and its topics pile up.
pub const KEEP_LOST: Span = Span::secs(86_400);

/// Writers before their readers, so that what an upstream has is known when it is asked for.
fn flow_order(jobs: &[&Job], wiring: &Wiring) -> Vec<JobKey> {
    let mut left: BTreeSet<JobKey> = jobs.iter().map(|j| j.key.clone()).collect();
    let mut order = Vec::new();
    while !left.is_empty() {
        let waits_for = |key: &JobKey| {
            let mut writers = wiring.reads_of(key).flat_map(|(topic, _)| wiring.writers(topic));
            writers.any(|w| w != key && left.contains(w))
        };
        // a cycle is entered at its first job
        let next: Vec<JobKey> = left.iter().filter(|k| !waits_for(k)).cloned().collect();
        let next = if next.is_empty() { left.iter().take(1).cloned().collect() } else { next };
        for key in next {
            left.remove(&key);
            order.push(key);
        }
    }
    order
}

fn commit_waits(scene: &Scene<'_>, wiring: &Wiring, ages: &mut Ages<'_>) -> BTreeMap<TopicId, Age> {
    let topics: BTreeSet<&TopicId> = wiring.writes.keys().map(|(_, t)| t).collect();
    let mut out = BTreeMap::new();
    for topic in topics {
        let Some(age) = scene.commit_wait(topic) else { continue };
        for job in wiring.writers(topic) {
            let entity = Entity::EdgeWrite { job: job.clone(), topic: topic.clone() };
            ages.set(&entity, Signal::CommitWait, age.at, age.seconds);
        }
        out.insert(topic.clone(), age);
    }
    out
}

fn read_edge(
    input: &Input<'_>,
    job: &Job,
    topic: &TopicId,
    wire: &Wire,
    found: &JobWaits,
    ages: &Ages<'_>,
) -> Edge {
    let entity = Entity::EdgeRead { topic: topic.clone(), job: job.key.clone() };
    let sla = input.settings.edge_sla(&topic.topic, &job.key.key);
    let read = found.reads.get(topic);
    let mut delay = match read.and_then(|r| r.edge) {
        Some(reading) => known(input, ages, &entity, Signal::EdgeAge, reading, sla),
        None => {
            let why = read.and_then(|r| r.unknown).unwrap_or(Why::NoPosition);
            unknown(input, ages, &entity, Signal::EdgeAge, why, sla)
        }
    };
    if let Some(r) = read {
        delay.topic_wait = r.waited;
        delay.inside_wait = r.inside;
        delay.method = r.topic.as_ref().map(|w| w.method);
        delay.records = r.topic.as_ref().map(|w| w.age.records);
        delay.rate = r.topic.as_ref().and_then(|w| w.rate);
    }
    Edge {
        from: NodeRef::Topic { topic: topic.clone() },
        to: NodeRef::Job { job: job.key.clone() },
        kind: EdgeKind::Reads,
        known_from: wire.known_from.clone(),
        groups: wire.groups.clone(),
        delay,
        vertex: wire.vertex.clone(),
        unread_partitions: read.map(|r| r.unread.clone()).unwrap_or_default(),
    }
}

fn write_edge(
    input: &Input<'_>,
    job: &JobKey,
    topic: &TopicId,
    wire: &Wire,
    commit: Option<&Age>,
    ages: &Ages<'_>,
) -> Edge {
    let entity = Entity::EdgeWrite { job: job.clone(), topic: topic.clone() };
    let mut delay = match commit {
        Some(age) => {
            let reading = Reading { at: age.at, seconds: age.seconds, at_least: age.at_least };
            let mut d = known(input, ages, &entity, Signal::CommitWait, reading, None);
            d.method = Some(Method::Transactions);
            d.commit_wait = Some(age.seconds);
            d.records = Some(age.records);
            d
        }
        // no transaction was ever seen: what is sent is visible as soon as it is in the topic
        None => {
            let mut d = Delay::unknown(Why::NoEndOffset);
            if input
                .estate
                .kafka
                .get(&topic.cluster)
                .is_some_and(|k| k.topics.contains_key(&topic.topic))
            {
                d = Delay { unknown: None, method: Some(Method::Chained), ..d };
                d.now = Some(Reading { at: input.at, seconds: 0.0, at_least: false });
                d.status = Status::NoTarget;
            }
            d
        }
    };
    delay.window_wait = None;
    Edge {
        from: NodeRef::Job { job: job.clone() },
        to: NodeRef::Topic { topic: topic.clone() },
        kind: EdgeKind::Writes,
        known_from: wire.known_from.clone(),
        groups: Vec::new(),
        delay,
        vertex: wire.vertex.clone(),
        unread_partitions: Vec::new(),
    }
}

pub(super) fn known(
    input: &Input<'_>,
    ages: &Ages<'_>,
    entity: &Entity,
    signal: Signal,
    reading: Reading,
    sla: Option<&Sla>,
) -> Delay {
    let mut delay = Delay::unknown(Why::PartUnknown);
    delay.unknown = None;
    delay.now = Some(reading);
    delay.method = Some(Method::Sum);
    delay.quantiles = ages.quantiles(entity, signal, input.at, input.settings.quantile_window);
    delay.trend = ages.trend(entity, signal, input.at);
    delay.target_s = sla.map(|s| s.target_s);
    delay.status = status::judge(Some(reading.seconds), sla);
    // at least so much: under the target it may still be over
    if reading.at_least && delay.status == Status::Normal {
        delay.status = Status::Unknown;
    }
    delay
}

pub(super) fn unknown(
    input: &Input<'_>,
    ages: &Ages<'_>,
    entity: &Entity,
    signal: Signal,
    why: Why,
    sla: Option<&Sla>,
) -> Delay {
    let mut delay = Delay::unknown(why);
    delay.quantiles = ages.quantiles(entity, signal, input.at, input.settings.quantile_window);
    delay.target_s = sla.map(|s| s.target_s);
    delay
}

fn job_node(
    input: &Input<'_>,
    job: &Job,
    found: &JobWaits,
    total: paths::Output,
    edges: &[Edge],
    ages: &Ages<'_>,
) -> Node {
    let node = NodeRef::Job { job: job.key.clone() };
    let layer = input.settings.layer(PatternKind::Job, &job.key.key);
    let sla = input.settings.job_sla(&job.key.key, layer.as_deref());
    let entity = Entity::EdgeInside { job: job.key.clone() };
    let mut inside = match found.inside {
        Some(r) => known(input, ages, &entity, Signal::InsideWait, r, None),
        None => unknown(
            input,
            ages,
            &entity,
            Signal::InsideWait,
            found.unknown.unwrap_or(Why::NoPlan),
            None,
        ),
    };
    inside.method = found.inside.map(|_| found.method);
    inside.window_wait = found.window_wait;
    inside.window_span = found.window_span.map(|s| s.as_secs());
    let whole = Entity::Job { job: job.key.clone() };
    let mut out = match total.reading {
        Some(r) => known(input, ages, &whole, Signal::OutputAge, r, sla),
        None => unknown(
            input,
            ages,
            &whole,
            Signal::OutputAge,
            total.unknown.unwrap_or(Why::PartUnknown),
            sla,
        ),
    };
    out.window_wait = found.window_wait;
    let incoming = || edges.iter().filter(|e| e.to == node).map(|e| e.delay.status);
    let status = status::worst(incoming().chain([out.status]));
    let ill = matches!(status, Status::Over | Status::Near);
    let own = total.own;
    let arises_here = match (total.reading, own) {
        (Some(t), Some(own)) => own >= t.seconds * ARISES_SHARE,
        _ => incoming().any(|s| matches!(s, Status::Over | Status::Near)),
    };
    Node {
        node,
        layer,
        group: input.settings.group(PatternKind::Job, &job.key.key),
        inside: Some(inside),
        total: Some(out),
        own,
        hops: found.hops.clone(),
        status,
        arises: ill && arises_here,
        inherits: ill && !arises_here,
        column: 0,
        row: 0,
    }
}

/// More than half of the delay arises where most people would look first.
pub const ARISES_SHARE: f64 = 0.5;

fn topic_nodes(input: &Input<'_>, edges: &[Edge]) -> Vec<Node> {
    let mut topics: BTreeMap<&TopicId, Vec<Status>> = BTreeMap::new();
    for e in edges {
        match (&e.from, &e.to) {
            (NodeRef::Topic { topic }, _) => {
                topics.entry(topic).or_default().push(e.delay.status);
            }
            (_, NodeRef::Topic { topic }) => {
                topics.entry(topic).or_default();
            }
            _ => {}
        }
    }
    let read = |t: &TopicId| topics.get(t).into_iter().flatten().copied();
    let named = |t: &TopicId| NodeRef::Topic { topic: t.clone() };
    let all: BTreeSet<TopicId> = topics
        .keys()
        .map(|t| (*t).clone())
        .chain(
            input
                .estate
                .kafka
                .iter()
                .flat_map(|(c, k)| k.topics.keys().map(|t| TopicId::new(c, t.clone()))),
        )
        .collect();
    all.into_iter()
        .map(|t| Node {
            node: named(&t),
            layer: input.settings.layer(PatternKind::Topic, &t.topic),
            group: input.settings.group(PatternKind::Topic, &t.topic),
            inside: None,
            total: None,
            own: None,
            hops: Vec::new(),
            status: status::worst(read(&t)),
            arises: false,
            inherits: false,
            column: 0,
            row: 0,
        })
        .collect()
}

fn untraced(settings: &Settings, paths: &[Path]) -> Vec<(Name, Name, f64)> {
    let traced = |from: &Name, to: &Name| {
        let ends = |p: &Path| {
            let (first, last) = (p.nodes.first(), p.nodes.last());
            first.is_some_and(|n| n.name() == &**from) && last.is_some_and(|n| n.name() == &**to)
        };
        paths.iter().any(ends)
    };
    let wanted = settings.slas.iter().filter_map(|sla| match &sla.scope {
        SlaScope::Path { from, to } => Some((from.clone(), to.clone(), sla.target_s)),
        _ => None,
    });
    wanted.filter(|(from, to, _)| !traced(from, to)).collect()
}

/// A path that is over its target makes its last node so; where it arises is marked.
fn mark_paths(nodes: &mut [Node], paths: &[Path]) {
    for path in paths {
        if !matches!(path.delay.status, Status::Over | Status::Near) {
            continue;
        }
        let slowest = path.slowest.and_then(|i| path.nodes.get(i));
        let last_job = path.nodes.iter().rev().find(|n| matches!(n, NodeRef::Job { .. }));
        for node in nodes.iter_mut().filter(|n| Some(&n.node) == last_job) {
            node.status = status::worst([node.status, path.delay.status]);
            if Some(&node.node) == slowest {
                node.arises = true;
                node.inherits = false;
            } else if !node.arises {
                node.inherits = true;
            }
        }
        for node in nodes.iter_mut().filter(|n| Some(&n.node) == slowest) {
            node.arises |= matches!(node.node, NodeRef::Job { .. });
        }
    }
}
