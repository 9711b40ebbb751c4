//! End to end: the age of the data where it leaves, by looking back along its way.

use super::assess::{Input, known, unknown};
use super::history::Ages;
use super::wiring::Wiring;
use super::{Edge, EdgeKind, Method, Node, NodeRef, Path, Reading, SlaScope, Status, Why};
use crate::estate::{Entity, Job, JobKey, Millis, Name, Span};
use crate::signals::Signal;
use std::collections::{BTreeMap, BTreeSet};

/// Age of the data as it leaves a job, and how much of it arises there.
#[derive(Clone, Copy, Debug, Default)]
pub struct Output {
    pub reading: Option<Reading>,
    pub own: Option<f64>,
    pub unknown: Option<Why>,
}

/// Back from the job's sinks through its slowest input, and from there what its writer had.
/// Writers must have been asked before (flow order).
pub fn output_age(input: &Input<'_>, job: &Job, wiring: &Wiring, ages: &mut Ages<'_>) -> Output {
    let inside = Entity::EdgeInside { job: job.key.clone() };
    let read = |t| Entity::EdgeRead { topic: t, job: job.key.clone() };
    let at = input.at;
    let Some(in_job) = ages.at(&inside, Signal::InsideWait, at) else {
        return Output { unknown: Some(Why::PartUnknown), ..Output::default() };
    };
    let window = ages.at(&inside, Signal::WindowWait, at).unwrap_or(0.0);
    let entered = at - Span::from_secs(in_job + window);
    let mut slowest: Option<(f64, f64)> = None;
    let mut at_least = false;
    for (topic, _) in wiring.reads_of(&job.key) {
        let Some(waited) = ages.at(&read(topic.clone()), Signal::TopicWait, entered) else {
            at_least = true;
            continue;
        };
        let arrived = entered - Span::from_secs(waited);
        let mut before = 0.0f64;
        for writer in wiring.writers(topic).iter().filter(|w| **w != job.key) {
            match upstream(writer, topic, arrived, ages) {
                Some(age) => before = before.max(age),
                // what it was late by is not known: this much at least
                None => at_least = true,
            }
        }
        let (own, total) = ((entered - arrived).as_secs(), (entered - arrived).as_secs() + before);
        if slowest.is_none_or(|(_, t)| total > t) {
            slowest = Some((own, total));
        }
    }
    // with no input known, "at least what it takes inside" would look like good news; and who is no
    // more hands nothing on
    if slowest.is_none() && (at_least || job.gone.is_some()) {
        return Output { unknown: Some(Why::PartUnknown), ..Output::default() };
    }
    let (own, total) = slowest.unwrap_or((0.0, 0.0));
    let here = (at - entered).as_secs();
    // what is only a lower bound is no value for history
    if !at_least {
        ages.set(&Entity::Job { job: job.key.clone() }, Signal::OutputAge, at, here + total);
    }
    Output {
        reading: Some(Reading { at, seconds: here + total, at_least }),
        own: Some(here + own),
        unknown: None,
    }
}

fn upstream(
    writer: &JobKey,
    topic: &crate::estate::TopicId,
    at: Millis,
    ages: &Ages<'_>,
) -> Option<f64> {
    let edge = Entity::EdgeWrite { job: writer.clone(), topic: topic.clone() };
    let commit = ages.at(&edge, Signal::CommitWait, at).unwrap_or(0.0);
    let left = at - Span::from_secs(commit);
    Some(commit + ages.at(&Entity::Job { job: writer.clone() }, Signal::OutputAge, left)?)
}

/// The declared paths, and to each last node the slowest way that leads there.
pub fn find_paths(
    input: &Input<'_>,
    nodes: &[Node],
    edges: &[Edge],
    ages: &mut Ages<'_>,
) -> Vec<Path> {
    let graph = Graph::of(nodes, edges);
    let mut out: Vec<Path> = Vec::new();
    let mut seen = BTreeSet::new();
    for sla in &input.settings.slas {
        if let SlaScope::Path { from, to } = &sla.scope
            && let Some(way) = graph.way(Some(from), |n| n.name() == &**to)
            && seen.insert(way.clone())
        {
            out.push(measure(input, way, true, ages));
        }
    }
    for last in graph.ends() {
        if let Some(way) = graph.way(None, |n| n == last)
            && way.len() > 1
            && seen.insert(way.clone())
        {
            out.push(measure(input, way, false, ages));
        }
    }
    out
}

struct Graph<'a> {
    back: BTreeMap<&'a NodeRef, Vec<(&'a NodeRef, f64)>>,
    forward: BTreeSet<&'a NodeRef>,
    all: Vec<&'a NodeRef>,
}

impl<'a> Graph<'a> {
    fn of(nodes: &'a [Node], edges: &'a [Edge]) -> Graph<'a> {
        let mut back: BTreeMap<&NodeRef, Vec<(&NodeRef, f64)>> = BTreeMap::new();
        for e in edges {
            let weight = match e.kind {
                EdgeKind::Reads => e.delay.seconds().unwrap_or(0.0),
                EdgeKind::Writes => e.delay.commit_wait.unwrap_or(0.0),
            };
            back.entry(&e.to).or_default().push((&e.from, weight));
        }
        Graph {
            back,
            forward: edges.iter().map(|e| &e.from).collect(),
            all: nodes.iter().map(|n| &n.node).collect(),
        }
    }

    /// Nodes that nobody reads on from.
    fn ends(&self) -> impl Iterator<Item = &'a NodeRef> {
        self.all.iter().copied().filter(|n| !self.forward.contains(n))
    }

    /// The slowest way that ends at a wanted node; from a named node, or from as far up as it
    /// goes. Each node is settled once (slowest way to it), so the work is bounded by the edges.
    fn way(&self, from: Option<&str>, wanted: impl Fn(&NodeRef) -> bool) -> Option<Vec<NodeRef>> {
        let end = self.all.iter().copied().find(|n| wanted(n))?;
        let mut best: BTreeMap<&NodeRef, Option<(f64, Vec<NodeRef>)>> = BTreeMap::new();
        let mut open = BTreeSet::new();
        self.slowest(end, from, &mut best, &mut open).map(|(_, way)| way)
    }

    fn slowest(
        &self,
        node: &'a NodeRef,
        from: Option<&str>,
        best: &mut BTreeMap<&'a NodeRef, Option<(f64, Vec<NodeRef>)>>,
        open: &mut BTreeSet<&'a NodeRef>,
    ) -> Option<(f64, Vec<NodeRef>)> {
        if let Some(known) = best.get(node) {
            return known.clone();
        }
        if from.is_some_and(|f| f == node.name()) {
            return Some((0.0, vec![node.clone()]));
        }
        // a cycle, or deeper than any real pipeline
        if open.len() > MAX_DEPTH || !open.insert(node) {
            return None;
        }
        let mut found: Option<(f64, Vec<NodeRef>)> = None;
        for (before, weight) in self.back.get(node).into_iter().flatten() {
            if let Some((sum, mut way)) = self.slowest(before, from, best, open) {
                let sum = sum + weight;
                let longer =
                    found.as_ref().is_none_or(|(s, w)| (sum, way.len() + 1) > (*s, w.len()));
                if longer {
                    way.push(node.clone());
                    found = Some((sum, way));
                }
            }
        }
        open.remove(node);
        if found.is_none() && from.is_none() {
            found = Some((0.0, vec![node.clone()]));
        }
        best.insert(node, found.clone());
        found
    }
}

const MAX_DEPTH: usize = 256;

/// Derived from its nodes: the same way has the same id in every process.
fn path_id(nodes: &[NodeRef]) -> Name {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for b in nodes.iter().flat_map(|n| n.id().into_bytes().into_iter().chain([0])) {
        hash = (hash ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3);
    }
    format!("{hash:016x}").into()
}

/// Back along the nodes, each part taking as long as it took *then*.
fn measure(input: &Input<'_>, nodes: Vec<NodeRef>, declared: bool, ages: &mut Ages<'_>) -> Path {
    let mut t = input.at;
    let mut parts: Vec<f64> = vec![0.0; nodes.len()];
    let mut window = 0.0;
    let mut commit = 0.0;
    let mut missing = false;
    for i in (0..nodes.len()).rev() {
        let took = match (&nodes[i], nodes.get(i + 1)) {
            (NodeRef::Job { job }, next) => {
                let inside = Entity::EdgeInside { job: job.clone() };
                let w = ages.at(&inside, Signal::WindowWait, t).unwrap_or(0.0);
                let c = match next {
                    Some(NodeRef::Topic { topic }) => {
                        let e = Entity::EdgeWrite { job: job.clone(), topic: topic.clone() };
                        ages.at(&e, Signal::CommitWait, t).unwrap_or(0.0)
                    }
                    _ => 0.0,
                };
                window += w;
                commit += c;
                ages.at(&inside, Signal::InsideWait, t).map(|s| s + w + c)
            }
            (NodeRef::Topic { topic }, Some(NodeRef::Job { job })) => {
                let e = Entity::EdgeRead { topic: topic.clone(), job: job.clone() };
                ages.at(&e, Signal::TopicWait, t)
            }
            (NodeRef::Topic { .. }, _) => Some(0.0),
            // no path is looked for through what only stands between
            (NodeRef::Base { .. }, _) => None,
        };
        missing |= took.is_none();
        parts[i] = took.unwrap_or(0.0);
        t = t - Span::from_secs(parts[i]);
    }
    let id = path_id(&nodes);
    let entity = Entity::Path { id: id.clone() };
    let seconds = (input.at - t).as_secs();
    let slowest = slowest_part(&nodes, &parts);
    let mut path =
        Path { id, nodes, delay: super::Delay::unknown(Why::PartUnknown), slowest, declared };
    let sla = input.settings.path_sla(&path).cloned();
    if missing {
        path.delay = unknown(input, ages, &entity, Signal::PathAge, Why::PartUnknown, sla.as_ref());
    } else {
        ages.set(&entity, Signal::PathAge, input.at, seconds);
        let reading = Reading { at: input.at, seconds, at_least: false };
        path.delay = known(input, ages, &entity, Signal::PathAge, reading, sla.as_ref());
        path.delay.method = Some(Method::Sum);
        path.delay.window_wait = Some(window);
        path.delay.commit_wait = Some(commit);
    }
    if path.delay.status == Status::Unknown && sla.is_none() && !missing {
        path.delay.status = Status::NoTarget;
    }
    path
}

/// The job in which most of the time goes: inside it, or waiting in the topic for it.
fn slowest_part(nodes: &[NodeRef], parts: &[f64]) -> Option<usize> {
    let of = |i: usize| match (&nodes[i], i.checked_sub(1).map(|j| &nodes[j])) {
        (NodeRef::Job { .. }, Some(NodeRef::Topic { .. })) => Some(parts[i] + parts[i - 1]),
        (NodeRef::Job { .. }, _) => Some(parts[i]),
        _ => None,
    };
    (0..nodes.len())
        .filter_map(|i| of(i).map(|p| (i, p)))
        .filter(|(_, p)| *p > 0.0)
        .max_by(|a, b| a.1.total_cmp(&b.1))
        .map(|(i, _)| i)
}
