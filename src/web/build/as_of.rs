//! The lineage as it was: structure as known now, delays read from the history of a past moment.

use super::convert::{self, rank};
use super::graph::{Graph, Way};
use std::sync::Arc;
use streamwarden_core::estate::{Entity, Millis, SeriesTable, Span};
use streamwarden_core::lineage::*;
use streamwarden_core::signals::Signal;
use streamwarden_core::snapshot::Snapshot;

/// The snapshot with its lineage as of `at`. A value older than `fresh` then is unknown. Targets
/// are those of today; quantiles and trends are not kept and therefore unknown.
pub fn as_of(snapshot: &Snapshot, at: Millis, fresh: Span) -> Snapshot {
    let past = Past { signals: &snapshot.signals, at, fresh };
    let mut lineage = (*snapshot.lineage).clone();
    lineage.at = at;
    lineage.edges.iter_mut().for_each(|e| past.edge(e));
    lineage.paths.iter_mut().for_each(|p| {
        let entity = Entity::Path { id: p.id.clone() };
        past.set(&mut p.delay, &entity, Signal::PathAge);
        p.slowest = None;
    });
    lineage.nodes.iter_mut().for_each(|n| past.node(n));
    judge(&mut lineage);
    Snapshot { at, lineage: Arc::new(lineage), ..snapshot.clone() }
}

/// The earliest moment of which a delay is known.
pub fn since(snapshot: &Snapshot) -> Option<Millis> {
    let edges = snapshot.lineage.edges.iter().filter_map(edge_entity);
    edges.filter_map(|e| snapshot.signals.get(&e, Signal::EdgeAge)?.first()).min()
}

pub fn edge_entity(e: &Edge) -> Option<Entity> {
    match (&e.from, &e.to) {
        (NodeRef::Topic { topic }, NodeRef::Job { job }) => {
            Some(Entity::EdgeRead { topic: topic.clone(), job: job.clone() })
        }
        (NodeRef::Job { job }, NodeRef::Topic { topic }) => {
            Some(Entity::EdgeWrite { job: job.clone(), topic: topic.clone() })
        }
        _ => None,
    }
}

struct Past<'a> {
    signals: &'a SeriesTable,
    at: Millis,
    fresh: Span,
}

impl Past<'_> {
    fn read(&self, entity: &Entity, signal: Signal) -> Option<(Millis, f64)> {
        self.signals.fresh(entity, signal, self.at, self.fresh)
    }

    fn set(&self, d: &mut Delay, entity: &Entity, signal: Signal) {
        let value = |s| self.read(entity, s).map(|(_, v)| v);
        let now =
            self.read(entity, signal).map(|(at, seconds)| Reading { at, seconds, at_least: false });
        *d = Delay {
            now,
            method: d.method.filter(|_| now.is_some()),
            unknown: now.is_none().then(|| "no value is kept of that moment".to_owned()),
            quantiles: Quantiles::default(),
            trend: None,
            topic_wait: value(Signal::TopicWait),
            inside_wait: value(Signal::InsideWait),
            window_wait: value(Signal::WindowWait),
            commit_wait: value(Signal::CommitWait),
            window_span: d.window_span,
            records: value(Signal::EdgeRecords),
            rate: value(Signal::EdgeRate),
            target_s: d.target_s,
            status: status(now, d.target_s),
        };
    }

    fn edge(&self, e: &mut Edge) {
        if let Some(entity) = edge_entity(e) {
            self.set(&mut e.delay, &entity, Signal::EdgeAge);
        }
        e.unread_partitions.clear();
    }

    fn node(&self, n: &mut Node) {
        let NodeRef::Job { job } = &n.node else { return };
        let entity = Entity::EdgeInside { job: job.clone() };
        if let Some(d) = n.inside.as_mut() {
            self.set(d, &entity, Signal::EdgeAge);
        }
        if let Some(d) = n.total.as_mut() {
            self.set(d, &entity, Signal::OutputAge);
        }
        n.own = None;
        n.hops.clear();
    }
}

fn status(now: Option<Reading>, target: Option<f64>) -> Status {
    match (now, target) {
        (None, _) => Status::Unknown,
        (_, None) => Status::NoTarget,
        (Some(r), Some(t)) if r.seconds >= t => Status::Over,
        (Some(r), Some(t)) if r.seconds >= t * Settings::NEAR => Status::Near,
        _ => Status::Normal,
    }
}

fn late(s: Status) -> bool {
    matches!(s, Status::Over | Status::Near)
}

/// Colours of nodes from their own delays; a job whose reading or inside is late is where a delay
/// arises, a late job without that inherits from a late one upstream.
fn judge(lineage: &mut Lineage) {
    let graph = Graph::new(lineage);
    let own: Vec<Vec<Status>> = (0..lineage.nodes.len()).map(|i| own(lineage, &graph, i)).collect();
    let arises: Vec<bool> = (0..lineage.nodes.len())
        .map(|i| lineage.nodes[i].inside.is_some() && own[i].iter().copied().any(late))
        .collect();
    let inherits: Vec<bool> = (0..lineage.nodes.len())
        .map(|i| {
            let total = lineage.nodes[i].total.as_ref().map(|d| d.status);
            let upstream = || graph.reach(i, Way::Upstream, u32::MAX, usize::MAX);
            !arises[i] && total.is_some_and(late) && upstream().iter().any(|(n, _)| arises[*n])
        })
        .collect();
    for (i, node) in lineage.nodes.iter_mut().enumerate() {
        let total = node.total.as_ref().map(|d| d.status);
        node.status = worst(own[i].iter().copied().chain(total));
        node.arises = arises[i];
        node.inherits = inherits[i];
    }
}

fn worst(statuses: impl Iterator<Item = Status>) -> Status {
    let key = |s: &Status| match s {
        Status::NoTarget => u8::MAX,
        s => rank(convert::status(*s)),
    };
    statuses.min_by_key(key).unwrap_or(Status::Unknown)
}

/// Statuses of what a job reads and of its inside; of a topic, of who reads it.
fn own(lineage: &Lineage, graph: &Graph, i: usize) -> Vec<Status> {
    let node = &lineage.nodes[i];
    let edges = lineage.edges.iter().filter(|e| {
        e.kind == EdgeKind::Reads && (graph.of(&e.to) == Some(i) || graph.of(&e.from) == Some(i))
    });
    edges.map(|e| e.delay.status).chain(node.inside.as_ref().map(|d| d.status)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::testdata::{self, NOW, TICK};

    fn node<'a>(s: &'a Snapshot, id: &str) -> &'a Node {
        s.lineage.nodes.iter().find(|n| n.node.id() == id).unwrap()
    }

    #[test]
    fn half_an_hour_ago_all_was_well_and_now_it_is_not() {
        let s = testdata::snapshot();
        let past = as_of(&s, NOW - Span::secs(1800), Span(TICK.0 * 3));
        assert_eq!(node(&past, "job:demo/ads-risk").status, Status::Normal);
        assert!(past.lineage.nodes.iter().all(|n| !n.arises && !n.inherits));
        let now = as_of(&s, NOW, Span(TICK.0 * 3));
        assert!(node(&now, "job:demo/dwd-order-stats").arises);
        assert!(node(&now, "job:demo/ads-risk").inherits);
    }

    #[test]
    fn what_was_not_seen_then_is_unknown() {
        let s = testdata::snapshot();
        let edge = |s: &Snapshot| s.lineage.edges[5].delay.clone();
        let fresh = Span(TICK.0 * 3);
        assert_eq!(edge(&as_of(&s, NOW - Span::secs(300), fresh)).status, Status::Normal);
        assert_eq!(edge(&as_of(&s, NOW - Span::secs(100), fresh)).status, Status::Unknown);
        let before_history = as_of(&s, NOW - Span::secs(86_400), fresh);
        assert!(before_history.lineage.edges.iter().all(|e| e.delay.now.is_none()));
    }
}
