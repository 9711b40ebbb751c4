//! The way through the lineage from an incident's root to its victims, for drawing.

use super::graph::{Graph, Way};
use super::harm::jobs;
use super::subject::{Scene, node_of};
use super::{convert, jobs as job_list};
use crate::web::view_incident::{HarmEdge, HarmNode, HarmPath};
use std::collections::{BTreeMap, BTreeSet};
use streamwarden_core::case::Incident;
use streamwarden_core::lineage::{Delay, Node, NodeRef};

/// Edges from the root to a victim, and from a victim back.
const HOPS: u32 = 16;
/// More is read by nobody; what is nearest to the root stays.
const MAX_NODES: usize = 60;

/// None where nothing of it is in the lineage.
pub fn path(scene: &Scene, i: &Incident) -> Option<HarmPath> {
    let graph = Graph::new(&scene.s.lineage);
    let of_job =
        |job: &&streamwarden_core::estate::JobKey| graph.of(&NodeRef::Job { job: (*job).clone() });
    let hit: BTreeSet<usize> = jobs(i).iter().filter_map(of_job).collect();
    let root = node_of(&i.diagnosis.subject).and_then(|n| graph.of(&n));
    let mut parts: BTreeMap<usize, &'static str> = BTreeMap::new();
    if let Some(root) = root {
        for between in between(&graph, root, &hit) {
            parts.insert(between, "between");
        }
        for &input in graph.next(root, Way::Upstream) {
            parts.entry(input).or_insert("upstream");
        }
    } else {
        // a machine or a cluster: what its jobs read
        for &input in hit.iter().flat_map(|job| graph.next(*job, Way::Upstream)) {
            parts.insert(input, "between");
        }
    }
    parts.extend(hit.iter().map(|job| (*job, "victim")));
    parts.extend(root.map(|r| (r, "root")));
    let keep: BTreeSet<usize> = kept(&graph, root, &parts);
    parts.retain(|i, _| keep.contains(i));
    (!parts.is_empty()).then(|| draw(scene, &graph, &parts))
}

/// What lies on a way from the root down to one of its victims.
fn between(graph: &Graph, root: usize, hit: &BTreeSet<usize>) -> BTreeSet<usize> {
    let down = |from| graph.reach(from, Way::Downstream, HOPS, usize::MAX);
    let below: BTreeSet<usize> = down(root).into_iter().map(|(n, _)| n).collect();
    let victims = hit.iter().filter(|v| below.contains(v));
    let above = victims.flat_map(|v| graph.reach(*v, Way::Upstream, HOPS, usize::MAX));
    above.map(|(n, _)| n).filter(|n| below.contains(n)).collect()
}

fn kept(
    graph: &Graph,
    root: Option<usize>,
    parts: &BTreeMap<usize, &'static str>,
) -> BTreeSet<usize> {
    let Some(root) = root.filter(|_| parts.len() > MAX_NODES) else {
        return parts.keys().copied().take(MAX_NODES).collect();
    };
    let near = graph.reach(root, Way::Downstream, HOPS, usize::MAX).into_iter().map(|(n, _)| n);
    let up = graph.next(root, Way::Upstream).iter().copied();
    let near = std::iter::once(root).chain(up.take(MAX_NODES / 4)).chain(near);
    let mut keep = BTreeSet::new();
    for node in near.filter(|n| parts.contains_key(n)) {
        if keep.len() == MAX_NODES {
            break;
        }
        keep.insert(node);
    }
    keep
}

fn draw(scene: &Scene, graph: &Graph, parts: &BTreeMap<usize, &'static str>) -> HarmPath {
    let nodes = &graph.lineage.nodes;
    let shown = || parts.iter().filter_map(|(i, part)| Some((nodes.get(*i)?, *part)));
    let columns: BTreeSet<u32> = shown().map(|(n, _)| n.column).collect();
    let mut view: Vec<(u32, HarmNode)> = shown()
        .map(|(n, part)| {
            let column = columns.iter().position(|c| *c == n.column).unwrap_or(0) as u32;
            (n.row, node(scene, n, part, column))
        })
        .collect();
    view.sort_by_key(|(row, n)| (n.column, *row));
    let mut rows: BTreeMap<u32, u32> = BTreeMap::new();
    for (_, n) in &mut view {
        let next = rows.entry(n.column).or_default();
        n.row = *next;
        *next += 1;
    }
    let ids: BTreeSet<&NodeRef> = shown().map(|(n, _)| &n.node).collect();
    let edges = graph.lineage.edges.iter();
    let edges = edges.filter(|e| ids.contains(&e.from) && ids.contains(&e.to)).map(|e| {
        let edge = convert::edge(e);
        let (from, to, kind) = (edge.from, edge.to, edge.kind);
        HarmEdge { from, to, kind, delay: edge.delay, inferred: edge.inferred }
    });
    HarmPath { edges: edges.collect(), nodes: view.into_iter().map(|(_, n)| n).collect() }
}

fn node(scene: &Scene, n: &Node, part: &str, column: u32) -> HarmNode {
    let (kind, state, retention) = match &n.node {
        NodeRef::Job { job } => {
            let state = scene.s.estate.jobs.get(job).map(|j| job_list::state(&j.run.state));
            ("job", state, None)
        }
        NodeRef::Topic { topic } => {
            let kafka = scene.s.estate.kafka.get(&topic.cluster);
            let config = kafka.and_then(|k| k.topics.get(&topic.topic)).map(|t| &t.config);
            let keeps = config.and_then(|c| c.get("retention.ms")).and_then(|r| r.parse().ok());
            ("topic", None, keeps)
        }
        NodeRef::Base { .. } => ("component", None, None),
    };
    let total = n.total.as_ref();
    HarmNode {
        id: n.node.id(),
        kind: kind.to_owned(),
        name: n.node.name().to_owned(),
        part: part.to_owned(),
        state,
        late_s: total.and_then(Delay::seconds),
        own_s: n.own,
        target_s: total.and_then(|d| d.target_s),
        retention_ms: retention,
        column,
        row: 0,
    }
}
