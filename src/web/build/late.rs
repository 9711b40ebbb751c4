//! What is late, by how much, where: worst first.

use super::bases::there;
use super::convert::{self, is_late, worst_first};
use super::graph::{Graph, Way};
use super::joined;
use crate::web::view::{Delay, LateItem, Status};
use streamwarden_core::estate::display;
use streamwarden_core::lineage::{Edge, EdgeKind, Lineage, Node, NodeRef, Path};
use streamwarden_core::rules::Ctx;
use streamwarden_core::snapshot::Snapshot;

/// Lines of the overview: nobody reads more on the day when everything is late.
const LATE: usize = 100;
/// How many without a target are shown after them, slowest first.
const SLOWEST: usize = 10;

/// Over and near, then what has a target but is not known, then the slowest without a target.
pub fn late(snapshot: &Snapshot) -> Vec<LateItem> {
    let mut items = items(&snapshot.lineage);
    items.extend(unjudged(&snapshot.lineage));
    items.extend(components(snapshot));
    items.sort_by(|a, b| worst_first(&a.delay, &b.delay).then_with(|| a.label.cmp(&b.label)));
    let (mut shown, grey): (Vec<_>, Vec<_>) = items
        .into_iter()
        .filter(|i| i.delay.status != Status::Normal)
        .partition(|i| is_late(i.delay.status) || i.delay.target_s.is_some() || i.inherited);
    shown.truncate(LATE);
    shown.extend(grey.into_iter().filter(|i| i.delay.seconds.is_some()).take(SLOWEST));
    shown
}

/// A line for each path, each job and each edge that is no part of a job's line.
pub fn items(lineage: &Lineage) -> Vec<LateItem> {
    let graph = Graph::new(lineage);
    let jobs: Vec<_> =
        lineage.nodes.iter().enumerate().filter_map(|(i, n)| job(&graph, i, n)).collect();
    // the line of a job where a delay arises tells of its worst edge; without a target of its own
    // the job is not called late, and the edge must be
    let late = |n: &&Node| n.total.as_ref().is_some_and(|d| is_late(convert::status(d.status)));
    let origins = lineage.nodes.iter().filter(|n| n.arises).filter(late);
    let told: Vec<_> =
        origins.filter_map(|n| worst_read(lineage, n)).map(convert::edge_id).collect();
    let edges = lineage.edges.iter().filter(|e| is_late(convert::status(e.delay.status)));
    let edges: Vec<_> = edges.filter(|e| !told.contains(&convert::edge_id(e))).map(edge).collect();
    lineage.paths.iter().map(|p| path(lineage, p)).chain(jobs).chain(edges).collect()
}

/// What has a target and no other line: a path of which no way is known, an edge of unknown delay.
fn unjudged(lineage: &Lineage) -> impl Iterator<Item = LateItem> + '_ {
    let paths = lineage.untraced.iter().map(|(from, to, target)| LateItem {
        kind: "path".into(),
        id: format!("{from} → {to}"),
        label: format!("{from} → {to}"),
        delay: Delay { target_s: Some(*target), ..convert::no_delay("part_unknown") },
        arises_at: None,
        arises_as: None,
        inherited: false,
    });
    let unknown = |e: &&Edge| {
        let status = convert::status(e.delay.status);
        e.kind == EdgeKind::Reads && status == Status::Unknown && e.delay.target_s.is_some()
    };
    paths.chain(lineage.edges.iter().filter(unknown).map(edge))
}

/// What jobs hand over to or read from, by the figure that was declared for its delay.
fn components(s: &Snapshot) -> impl Iterator<Item = LateItem> {
    let ctx = Ctx::new(s);
    let timed = there(s).filter(|(_, base)| base.place.delay.is_some());
    timed.map(move |(id, base)| {
        let subject = base.subject(id);
        LateItem {
            kind: "component".into(),
            id: subject.to_string(),
            label: display(&subject, &s.estate),
            delay: convert::delay(&joined::delay(&ctx, id, base)),
            arises_at: None,
            arises_as: None,
            inherited: false,
        }
    })
}

fn path(lineage: &Lineage, p: &Path) -> LateItem {
    let slowest = p.slowest.and_then(|i| p.nodes.get(i).map(|n| (i, n)));
    LateItem {
        kind: "path".into(),
        id: p.id.to_string(),
        label: path_label(p),
        delay: convert::delay(&p.delay),
        arises_at: slowest.map(|(_, n)| n.id()),
        arises_as: slowest.and_then(|(i, n)| match n {
            NodeRef::Topic { .. } | NodeRef::Base { .. } => {
                let edge = p.nodes.get(i + 1).and_then(|to| find_edge(lineage, n, to));
                edge.map(arises_as)
            }
            // what waits there because the job is slow is the job's, and mostly waits in the topic
            NodeRef::Job { .. } => {
                let from = i.checked_sub(1).and_then(|before| p.nodes.get(before));
                let read = from.and_then(|from| find_edge(lineage, from, n));
                Some(read.map_or_else(|| "inside".into(), arises_as))
            }
        }),
        inherited: false,
    }
}

pub fn path_label(p: &Path) -> String {
    match (p.nodes.first(), p.nodes.last()) {
        (Some(a), Some(b)) => format!("{} → {}", a.name(), b.name()),
        _ => p.id.to_string(),
    }
}

fn find_edge<'a>(lineage: &'a Lineage, from: &NodeRef, to: &NodeRef) -> Option<&'a Edge> {
    lineage.edges.iter().find(|e| e.from == *from && e.to == *to)
}

/// topic | inside | window | commit: the largest known part of the delay.
fn arises_as(e: &Edge) -> String {
    let d = &e.delay;
    let parts = [
        ("topic", d.topic_wait),
        ("inside", d.inside_wait),
        ("window", d.window_wait),
        ("commit", d.commit_wait),
    ];
    let known = parts.into_iter().filter_map(|(word, s)| s.map(|s| (word, s)));
    let largest = known.max_by(|a, b| a.1.total_cmp(&b.1)).map(|(word, _)| word);
    largest.unwrap_or(if e.kind == EdgeKind::Writes { "commit" } else { "topic" }).into()
}

fn job(graph: &Graph, i: usize, node: &Node) -> Option<LateItem> {
    let NodeRef::Job { job } = &node.node else { return None };
    let delay = node.total.as_ref().map(convert::delay);
    let origin = if node.arises {
        Some(i)
    } else {
        let upstream = || graph.reach(i, Way::Upstream, u32::MAX, usize::MAX).into_iter();
        upstream().map(|(n, _)| n).find(|n| node.inherits && graph.lineage.nodes[*n].arises)
    };
    let read = origin.and_then(|o| worst_read(graph.lineage, &graph.lineage.nodes[o]));
    Some(LateItem {
        kind: "job".into(),
        id: node.node.id(),
        label: job.key.to_string(),
        delay: delay.unwrap_or_else(not_assessed),
        arises_at: origin.map(|o| graph.lineage.nodes[o].node.id()),
        arises_as: origin.map(|_| read.map_or_else(|| "inside".into(), arises_as)),
        inherited: node.inherits,
    })
}

pub fn not_assessed() -> Delay {
    convert::no_delay("not assessed yet")
}

fn worst_read<'a>(lineage: &'a Lineage, node: &Node) -> Option<&'a Edge> {
    lineage
        .edges
        .iter()
        .filter(|e| e.to == node.node && e.kind == EdgeKind::Reads)
        .min_by(|a, b| worst_first(&convert::delay(&a.delay), &convert::delay(&b.delay)))
}

fn edge(e: &Edge) -> LateItem {
    LateItem {
        kind: "edge".into(),
        id: convert::edge_id(e),
        label: format!("{} → {}", e.from.name(), e.to.name()),
        delay: convert::delay(&e.delay),
        arises_at: Some(e.to.id()),
        arises_as: Some(arises_as(e)),
        inherited: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::testdata;

    #[test]
    fn the_origin_and_who_inherits_it_are_told_apart() {
        let late = late(&testdata::snapshot());
        let find = |id: &str| late.iter().find(|i| i.id == id).unwrap();
        let origin = find("job:demo/dwd-order-stats");
        assert_eq!(origin.arises_as.as_deref(), Some("topic"));
        assert!(!origin.inherited);
        let victim = find("job:demo/ads-risk");
        assert!(victim.inherited);
        assert_eq!(victim.arises_at.as_deref(), Some("job:demo/dwd-order-stats"));
        assert!(late.iter().all(|i| i.delay.status != Status::Normal));
    }

    #[test]
    fn a_target_that_nothing_can_be_held_against_is_shown_as_unknown() {
        let mut s = testdata::snapshot();
        let mut lineage = Lineage::clone(&s.lineage);
        lineage.untraced = vec![("orders".into(), "nowhere".into(), 10.0)];
        s.lineage = lineage.into();
        let late = late(&s);
        let line = late.iter().find(|i| i.label == "orders → nowhere").unwrap();
        assert_eq!((line.delay.status, line.delay.target_s), (Status::Unknown, Some(10.0)));
    }

    #[test]
    fn a_component_over_its_own_target_is_late_and_an_unknown_one_is_told() {
        let mut s = testdata::with_warehouse(&testdata::snapshot());
        let of = |s: &Snapshot| late(s).into_iter().find(|i| i.id == "component:ck").unwrap();
        let unknown = of(&s);
        assert_eq!((&*unknown.label, &*unknown.kind), ("clickhouse ck", "component"));
        assert_eq!((unknown.delay.status, unknown.delay.target_s), (Status::Unknown, Some(30.0)));
        let mut estate = (*s.estate).clone();
        let base = estate.bases.values_mut().find(|b| b.place.delay.is_some()).unwrap();
        base.place.delay.as_mut().unwrap().ask = "81".into();
        s.estate = estate.into();
        assert_eq!((of(&s).delay.status, of(&s).delay.seconds), (Status::Over, Some(81.0)));
    }

    /// Slowest in a job: where in it, say the parts of the edge that the path takes into it.
    #[test]
    fn a_path_tells_the_larger_part_of_its_slowest_job() {
        let mut lineage = Lineage::clone(&testdata::snapshot().lineage);
        let path = lineage.paths.first_mut().unwrap();
        let is_dwd = |n: &NodeRef| n.id() == "job:demo/dwd-order-stats";
        let slowest = path.nodes.iter().position(is_dwd).unwrap();
        path.slowest = Some(slowest);
        let (id, from) = (path.id.to_string(), path.nodes[slowest - 1].clone());
        for (topic, inside, said) in [(70.3, 3.7, "topic"), (1.0, 9.0, "inside")] {
            let read = lineage.edges.iter_mut().find(|e| e.from == from && is_dwd(&e.to)).unwrap();
            read.delay.topic_wait = Some(topic);
            read.delay.inside_wait = Some(inside);
            let item = items(&lineage).into_iter().find(|i| i.id == id).unwrap();
            assert_eq!(item.arises_at.as_deref(), Some("job:demo/dwd-order-stats"));
            assert_eq!(item.arises_as.as_deref(), Some(said));
        }
    }

    /// Only the edge has a target: it is called late, beside the job that has none.
    #[test]
    fn an_edge_over_its_target_is_told_where_its_job_has_none() {
        let mut lineage = Lineage::clone(&testdata::snapshot().lineage);
        let id = "topic:pay-1/orders -> job:demo/dwd-order-stats";
        assert!(items(&lineage).iter().all(|i| i.id != id), "the job's own line is late");
        let dwd = lineage.nodes.iter_mut().find(|n| n.arises).unwrap();
        let total = dwd.total.as_mut().unwrap();
        total.target_s = None;
        total.status = streamwarden_core::lineage::Status::NoTarget;
        let edge = items(&lineage).into_iter().find(|i| i.id == id).unwrap();
        assert_eq!(edge.delay.status, Status::Over);
        assert_eq!(edge.arises_at.as_deref(), Some("job:demo/dwd-order-stats"));
    }

    #[test]
    fn worst_first_and_unknown_after_late() {
        let order: Vec<_> = late(&testdata::snapshot()).iter().map(|i| i.delay.status).collect();
        let mut sorted = order.clone();
        sorted.sort_by_key(|s| convert::rank(*s));
        assert_eq!(order, sorted);
        assert!(order.contains(&Status::Unknown));
    }
}
