//! The focus view: what is shown around a node, how it is placed, the slowest path through it.

use super::graph::{Graph, Way, resolve};
use super::late::path_label;
use super::overview;
use super::{Error, as_of, convert, repaired};
use crate::web::view::{EdgeView, GroupRow, LineageView, NodeView, PathView};
use std::collections::{BTreeMap, BTreeSet};
use streamwarden_core::estate::{Estate, TopicId};
use streamwarden_core::lineage::{EdgeKind, Node, NodeRef, Path};
use streamwarden_core::snapshot::Snapshot;

/// More nodes at once are read by nobody, and drawing stays under a frame: what is over stands in
/// `rest` and behind the expanders.
pub const MAX_NODES: usize = 200;
/// An estate up to this size is shown whole where no focus is asked for.
const WHOLE: usize = 40;
/// Paths told of: the slowest.
const MAX_PATHS: usize = 20;
pub const MAX_HOPS: u32 = 8;
pub const DEFAULT_HOPS: u32 = 2;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Direction {
    #[default]
    Around,
    Upstream,
    Downstream,
    /// Everything between the focus and `to`, whichever of them comes first.
    Path,
}

impl Direction {
    pub const ALL: [(&'static str, Direction); 4] = [
        ("around", Direction::Around),
        ("upstream", Direction::Upstream),
        ("downstream", Direction::Downstream),
        ("path", Direction::Path),
    ];
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, d)| *d == self).map_or("around", |(n, _)| n)
    }
}

/// What to show. The snapshot given with it is already the one of the moment asked for.
#[derive(Clone, Debug, Default)]
pub struct LineageQuery {
    pub focus: Option<String>,
    /// Edges from the focus.
    pub hops: u32,
    pub direction: Direction,
    /// The other end of a path.
    pub to: Option<String>,
    /// Nodes whose neighbours are shown too.
    pub expand: Vec<String>,
    pub historic: bool,
}

/// The focus view; the whole graph if it is small and no focus is asked for, else around the worst
/// node. Fails on a node that is not known and on a path that does not exist.
pub fn lineage(s: &Snapshot, q: &LineageQuery) -> Result<LineageView, Error> {
    let with = super::joined::with_components(s, q.historic);
    let s = &*with;
    let graph = Graph::new(&s.lineage);
    let focus = focus(&graph, q)?;
    let mut shown = match focus {
        Some(f) => around(&graph, f, q)?,
        None => (0..s.lineage.nodes.len()).collect(),
    };
    expand(&graph, q, &mut shown);
    let critical = critical(&graph, focus, &shown);
    let places = places(&s.lineage.nodes, &shown);
    let node = |i: &usize| {
        let view = node_view(&graph, s, *i, &shown, places[i]);
        let then = q.historic && view.kind == "component";
        NodeView { state: view.state.filter(|_| !then), ..view }
    };
    let nodes: Vec<NodeView> = shown.iter().map(node).collect();
    Ok(LineageView {
        at: s.lineage.at.0,
        focus: focus.map(|f| s.lineage.nodes[f].node.id()),
        hops: q.hops,
        direction: q.direction.name().into(),
        columns: columns(&nodes),
        nodes,
        edges: edges(&graph, s, &shown, &critical),
        critical: critical.iter().map(|n| n.id()).collect(),
        paths: paths(&graph, &shown),
        total_nodes: s.lineage.nodes.len() as u32,
        rest: rest(s, &shown),
        historic: q.historic,
        history_since: as_of::since(s).map(|m| m.0),
    })
}

fn focus(graph: &Graph, q: &LineageQuery) -> Result<Option<usize>, Error> {
    let nodes = &graph.lineage.nodes;
    match &q.focus {
        Some(id) => resolve(graph.lineage, "node", id, |_| true).map(|n| graph.of(&n)),
        None if nodes.len() <= WHOLE => Ok(None),
        None => Ok((0..nodes.len()).min_by_key(|i| {
            let n = &nodes[*i];
            (convert::rank(convert::status(n.status)), !n.arises, n.inside.is_none())
        })),
    }
}

fn around(graph: &Graph, focus: usize, q: &LineageQuery) -> Result<BTreeSet<usize>, Error> {
    let reach = |way| graph.reach(focus, way, q.hops, MAX_NODES);
    let mut found = match q.direction {
        Direction::Upstream => reach(Way::Upstream),
        Direction::Downstream => reach(Way::Downstream),
        Direction::Around => [reach(Way::Upstream), reach(Way::Downstream)].concat(),
        Direction::Path => between(graph, focus, q)?,
    };
    found.sort_by_key(|(_, distance)| *distance);
    Ok(take(found.into_iter().map(|(n, _)| n)))
}

fn take(nodes: impl Iterator<Item = usize>) -> BTreeSet<usize> {
    let mut shown = BTreeSet::new();
    for n in nodes {
        if shown.len() == MAX_NODES {
            break;
        }
        shown.insert(n);
    }
    shown
}

fn between(graph: &Graph, focus: usize, q: &LineageQuery) -> Result<Vec<(usize, u32)>, Error> {
    let id = q.to.as_deref().unwrap_or_default();
    let to_node = resolve(graph.lineage, "node", id, |_| true)?;
    let to = graph.of(&to_node).unwrap_or(focus);
    let all = |n, way| graph.reach(n, way, u32::MAX, usize::MAX);
    let cross = |first, last| {
        let before: BTreeSet<_> = all(last, Way::Upstream).into_iter().map(|(n, _)| n).collect();
        let mut after = all(first, Way::Downstream);
        after.retain(|(n, _)| before.contains(n));
        after
    };
    let found = [cross(focus, to), cross(to, focus)].into_iter().find(|f| !f.is_empty());
    found.ok_or_else(|| Error::NoPath {
        from: graph.lineage.nodes[focus].node.id(),
        to: to_node.id(),
    })
}

/// Adds the neighbours of expanded nodes. A node that is gone since the page was opened is
/// nothing to fail for.
fn expand(graph: &Graph, q: &LineageQuery, shown: &mut BTreeSet<usize>) {
    for id in &q.expand {
        let node = resolve(graph.lineage, "node", id, |_| true).ok().and_then(|n| graph.of(&n));
        let Some(node) = node else { continue };
        let next = [Way::Upstream, Way::Downstream].map(|w| graph.next(node, w));
        for n in std::iter::once(&node).chain(next[0]).chain(next[1]) {
            if shown.len() < MAX_NODES {
                shown.insert(*n);
            }
        }
    }
}

/// Column and row of each shown node, without the empty ones of the whole layout.
fn places(nodes: &[Node], shown: &BTreeSet<usize>) -> BTreeMap<usize, (u32, u32)> {
    let mut columns: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for &i in shown {
        columns.entry(nodes[i].column).or_default().push(i);
    }
    let mut places = BTreeMap::new();
    for (column, mut members) in columns.into_values().enumerate() {
        members.sort_by_key(|i| nodes[*i].row);
        for (row, i) in members.into_iter().enumerate() {
            places.insert(i, (column as u32, row as u32));
        }
    }
    places
}

fn node_view(
    graph: &Graph,
    s: &Snapshot,
    i: usize,
    shown: &BTreeSet<usize>,
    (column, row): (u32, u32),
) -> NodeView {
    let n = &graph.lineage.nodes[i];
    let hidden = |way| {
        let next: BTreeSet<_> = graph.next(i, way).iter().collect();
        next.into_iter().filter(|n| !shown.contains(n)).count() as u32
    };
    let (kind, cluster, job) = match &n.node {
        NodeRef::Job { job } => ("job", job.cluster.to_string(), s.estate.jobs.get(job)),
        NodeRef::Topic { topic } => ("topic", topic.cluster.to_string(), None),
        NodeRef::Base { cluster, .. } => {
            let sort = s.estate.bases.get(cluster).map(|b| b.sort.to_string());
            ("component", sort.unwrap_or_default(), None)
        }
    };
    NodeView {
        id: n.node.id(),
        kind: kind.into(),
        name: n.node.name().to_owned(),
        cluster,
        layer: n.layer.as_ref().map(|l| l.to_string()),
        state: match &n.node {
            NodeRef::Base { cluster, .. } => super::bases::standing_at(s, cluster),
            _ => job.map(|j| super::jobs::state(&j.run.state)),
        },
        ambiguous: job.is_some_and(|j| j.ambiguous),
        inside: n.inside.as_ref().map(convert::delay),
        total: n.total.as_ref().map(convert::delay),
        own: n.own,
        status: convert::status(n.status),
        arises: n.arises,
        inherits: n.inherits,
        retention_ms: match &n.node {
            NodeRef::Topic { topic } => retention(&s.estate, topic),
            NodeRef::Job { .. } | NodeRef::Base { .. } => None,
        },
        hidden_upstream: hidden(Way::Upstream),
        hidden_downstream: hidden(Way::Downstream),
        column,
        row,
        repair: repaired::of_node(s, &n.node),
    }
}

/// retention.ms as the broker tells it; None where we may not describe the configuration.
pub fn retention(estate: &Estate, topic: &TopicId) -> Option<i64> {
    let fact = estate.kafka.get(&topic.cluster)?.topics.get(&topic.topic)?;
    fact.config.get("retention.ms")?.parse().ok()
}

fn edges(
    graph: &Graph,
    s: &Snapshot,
    shown: &BTreeSet<usize>,
    critical: &[NodeRef],
) -> Vec<EdgeView> {
    let visible = |n: &NodeRef| graph.of(n).is_some_and(|i| shown.contains(&i));
    let on_path = |from: &NodeRef, to: &NodeRef| {
        critical.windows(2).any(|pair| pair[0] == *from && pair[1] == *to)
    };
    graph
        .lineage
        .edges
        .iter()
        .filter(|e| visible(&e.from) && visible(&e.to))
        .map(|e| EdgeView {
            critical: on_path(&e.from, &e.to),
            repair: repaired::of_node(s, &e.from).or_else(|| repaired::of_node(s, &e.to)),
            ..convert::edge(e)
        })
        .collect()
}

/// The shown part of the slowest path; through the focus, if one is set.
fn critical(graph: &Graph, focus: Option<usize>, shown: &BTreeSet<usize>) -> Vec<NodeRef> {
    let visible = |n: &&NodeRef| graph.of(n).is_some_and(|i| shown.contains(&i));
    let focus = focus.map(|f| &graph.lineage.nodes[f].node);
    let slowest = graph
        .lineage
        .paths
        .iter()
        .filter(|p| focus.is_none_or(|f| p.nodes.contains(f)))
        .filter(|p| p.nodes.iter().filter(visible).count() > 1)
        .filter_map(|p| p.delay.now.map(|r| (r.seconds, p)))
        .max_by(|a, b| a.0.total_cmp(&b.0));
    slowest.map_or_else(Vec::new, |(_, p)| p.nodes.iter().filter(visible).cloned().collect())
}

fn paths(graph: &Graph, shown: &BTreeSet<usize>) -> Vec<PathView> {
    let visible = |n: &NodeRef| graph.of(n).is_some_and(|i| shown.contains(&i));
    let through = graph.lineage.paths.iter().filter(|p| p.nodes.iter().any(visible));
    let mut views: Vec<_> = through.map(path_view).collect();
    views.sort_by(|a, b| convert::worst_first(&a.delay, &b.delay));
    views.truncate(MAX_PATHS);
    views
}

fn path_view(p: &Path) -> PathView {
    PathView {
        id: p.id.to_string(),
        nodes: p.nodes.iter().map(NodeRef::id).collect(),
        label: path_label(p),
        delay: convert::delay(&p.delay),
        declared: p.declared,
        slowest: p.slowest.and_then(|i| p.nodes.get(i)).map(NodeRef::id),
    }
}

fn rest(s: &Snapshot, shown: &BTreeSet<usize>) -> Vec<GroupRow> {
    let nodes = s.lineage.nodes.iter().enumerate();
    overview::once(s, nodes.filter(|(i, _)| !shown.contains(i)).map(|(_, n)| n))
}

/// A column is captioned where all its jobs that have a layer have the same.
fn columns(nodes: &[NodeView]) -> Vec<Option<String>> {
    let count = nodes.iter().map(|n| n.column + 1).max().unwrap_or(0);
    let layers = |c| nodes.iter().filter(move |n| n.column == c).filter_map(|n| n.layer.as_ref());
    (0..count)
        .map(|c| {
            let distinct: BTreeSet<_> = layers(c).collect();
            distinct.first().filter(|_| distinct.len() == 1).map(|l| l.to_string())
        })
        .collect()
}

/// Edges of one node, worst first.
pub fn edges_of(s: &Snapshot, node: &NodeRef, kind: EdgeKind) -> Vec<EdgeView> {
    let touches = s.lineage.edges.iter().filter(|e| e.kind == kind);
    let mut views: Vec<_> =
        touches.filter(|e| e.from == *node || e.to == *node).map(convert::edge).collect();
    views.sort_by(|a, b| convert::worst_first(&a.delay, &b.delay));
    views
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::testdata;

    fn ask(q: LineageQuery) -> Result<LineageView, Error> {
        lineage(&testdata::snapshot(), &q)
    }
    fn names(v: &LineageView) -> Vec<&str> {
        v.nodes.iter().map(|n| n.name.as_str()).collect()
    }
    fn focus(id: &str, hops: u32, direction: Direction) -> LineageQuery {
        LineageQuery { focus: Some(id.into()), hops, direction, ..LineageQuery::default() }
    }

    #[test]
    fn one_hop_shows_neighbours_and_counts_the_hidden() {
        let v = ask(focus("dwd-order-stats", 1, Direction::Around)).unwrap();
        assert_eq!(names(&v), ["orders", "dwd-order-stats", "order-stats"]);
        assert_eq!((v.nodes[0].hidden_upstream, v.nodes[2].hidden_downstream), (1, 1));
        assert_eq!(v.nodes.iter().map(|n| n.column).collect::<Vec<_>>(), [0, 1, 2]);
        assert_eq!(v.columns, [None, Some("DWD".into()), None]);
        assert_eq!(v.total_nodes, 9);
        assert_eq!(v.rest.iter().map(|r| r.jobs + r.topics).sum::<u32>(), 6);
    }

    #[test]
    fn expanding_shows_what_was_hidden() {
        let q = focus("dwd-order-stats", 1, Direction::Around);
        let v = ask(LineageQuery { expand: vec!["topic:pay-1/order-stats".into()], ..q }).unwrap();
        assert!(names(&v).contains(&"ads-risk"));
    }

    #[test]
    fn the_critical_path_runs_through_what_is_shown() {
        let v = ask(focus("dwd-order-stats", 1, Direction::Around)).unwrap();
        assert_eq!(v.critical[0], "topic:pay-1/orders");
        assert!(v.edges.iter().all(|e| e.critical));
        let other = ask(focus("audit-log", 2, Direction::Around)).unwrap();
        assert!(other.critical.is_empty());
    }

    #[test]
    fn a_path_in_either_order_and_none_where_there_is_none() {
        let path = |a: &str, b: &str| {
            ask(LineageQuery { to: Some(b.into()), ..focus(a, 2, Direction::Path) })
        };
        let one = path("ods-orders", "ads-risk").unwrap();
        assert_eq!(one.nodes, path("ads-risk", "ods-orders").unwrap().nodes);
        assert_eq!(names(&one).len(), 5);
        assert!(matches!(path("audit-log", "ads-risk"), Err(Error::NoPath { .. })));
    }

    #[test]
    fn upstream_only() {
        let v = ask(focus("ads-risk", 8, Direction::Upstream)).unwrap();
        assert_eq!(names(&v).last(), Some(&"ads-risk"));
        assert_eq!(v.nodes.last().unwrap().hidden_downstream, 1);
    }
}
