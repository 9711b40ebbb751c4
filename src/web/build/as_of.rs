//! The lineage as it was: structure as known now, delays read from the history of a past moment.

use std::collections::HashMap;
use std::sync::Arc;
use streamwarden_core::estate::{Entity, JobKey, Millis, SeriesTable};
use streamwarden_core::lineage::*;
use streamwarden_core::signals::Signal;
use streamwarden_core::snapshot::Snapshot;

/// The snapshot with its lineage as of `at`. A value that was older than `settings.fresh` then is
/// unknown. Targets are those of today; quantiles and trends are not kept and therefore unknown.
pub fn as_of(snapshot: &Snapshot, at: Millis, settings: &Settings) -> Snapshot {
    let past = Past { signals: &snapshot.signals, at, settings };
    let mut lineage = (*snapshot.lineage).clone();
    lineage.at = at;
    lineage.edges.iter_mut().for_each(|e| past.edge(e));
    lineage.paths.iter_mut().for_each(|p| past.path(p));
    let mut edges: HashMap<&NodeRef, Vec<&Edge>> = HashMap::new();
    for e in lineage.edges.iter().filter(|e| e.kind == EdgeKind::Reads) {
        edges.entry(&e.from).or_default().push(e);
        edges.entry(&e.to).or_default().push(e);
    }
    for node in &mut lineage.nodes {
        let read = edges.get(&node.node).map_or(&[][..], |e| e);
        past.node(node, read);
    }
    for path in lineage.paths.iter().filter(|p| late(p.delay.status)) {
        mark_last_job(&mut lineage.nodes, path);
    }
    Snapshot { at, lineage: Arc::new(lineage), repairs: Arc::default(), ..snapshot.clone() }
}

/// The earliest moment of which a delay is known.
pub fn since(snapshot: &Snapshot) -> Option<Millis> {
    let edges = snapshot.lineage.edges.iter().filter_map(edge_entity);
    edges.filter_map(|e| snapshot.signals.get(&e, Signal::EdgeAge)?.first()).min()
}

/// What the history of an edge hangs on.
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
    settings: &'a Settings,
}

impl Past<'_> {
    fn read(&self, entity: &Entity, signal: Signal) -> Option<(Millis, f64)> {
        self.signals.fresh(entity, signal, self.at, self.settings.fresh)
    }

    fn delay(&self, now: &Delay, entity: &Entity, signal: Signal, sla: Option<&Sla>) -> Delay {
        let value = |s| self.read(entity, s).map(|(_, v)| v);
        let unknown = Delay {
            window_span: now.window_span,
            target_s: sla.map(|s| s.target_s),
            ..Delay::unknown(Why::NotKept)
        };
        let Some((at, seconds)) = self.read(entity, signal) else { return unknown };
        Delay {
            now: Some(Reading { at, seconds, at_least: false }),
            method: now.method,
            unknown: None,
            topic_wait: value(Signal::TopicWait),
            inside_wait: value(Signal::InsideWait),
            window_wait: value(Signal::WindowWait),
            commit_wait: value(Signal::CommitWait),
            records: value(Signal::EdgeRecords),
            rate: value(Signal::EdgeRate),
            status: judge(Some(seconds), sla),
            ..unknown
        }
    }

    fn edge(&self, e: &mut Edge) {
        e.unread_partitions.clear();
        let Some(entity) = edge_entity(e) else { return };
        match e.kind {
            EdgeKind::Reads => {
                let sla = self.settings.edge_sla(e.from.name(), e.to.name());
                e.delay = self.delay(&e.delay, &entity, Signal::EdgeAge, sla);
            }
            // without transactions nothing waits here, then as now
            EdgeKind::Writes if e.delay.method == Some(Method::Chained) => {}
            EdgeKind::Writes => {
                e.delay = self.delay(&e.delay, &entity, Signal::CommitWait, None);
            }
        }
    }

    fn path(&self, p: &mut Path) {
        let entity = Entity::Path { id: p.id.clone() };
        let sla = self.settings.path_sla(p);
        p.delay = self.delay(&p.delay, &entity, Signal::PathAge, sla);
        p.slowest = None;
    }

    /// `read`: what the job reads, or who reads the topic.
    fn node(&self, n: &mut Node, read: &[&Edge]) {
        n.hops.clear();
        n.own = None;
        n.arises = false;
        n.inherits = false;
        let job = match &n.node {
            NodeRef::Job { job } => job.clone(),
            NodeRef::Topic { .. } | NodeRef::Base { .. } => {
                n.status = worst(read.iter().map(|e| e.delay.status));
                return;
            }
        };
        self.waits(n, &job);
        n.own = self.own(&job, read);
        let total = n.total.as_ref();
        n.status = worst(read.iter().map(|e| e.delay.status).chain(total.map(|d| d.status)));
        let here = match (total.and_then(Delay::seconds), n.own) {
            (Some(total), Some(own)) => own >= total * ARISES_SHARE,
            _ => read.iter().any(|e| late(e.delay.status)),
        };
        n.arises = late(n.status) && here;
        n.inherits = late(n.status) && !here;
    }

    fn waits(&self, n: &mut Node, job: &JobKey) {
        if let Some(d) = n.inside.as_mut() {
            let inside = Entity::EdgeInside { job: job.clone() };
            *d = self.delay(d, &inside, Signal::InsideWait, None);
        }
        if let Some(d) = n.total.as_mut() {
            let sla = self.settings.job_sla(&job.key, n.layer.as_deref());
            *d = self.delay(d, &Entity::Job { job: job.clone() }, Signal::OutputAge, sla);
        }
    }

    /// What arose in the job and the slowest topic that it reads.
    fn own(&self, job: &JobKey, read: &[&Edge]) -> Option<f64> {
        let entity = Entity::EdgeInside { job: job.clone() };
        let (_, inside) = self.read(&entity, Signal::InsideWait)?;
        let window = self.read(&entity, Signal::WindowWait).map_or(0.0, |(_, v)| v);
        let waits: Option<Vec<f64>> = read.iter().map(|e| e.delay.topic_wait).collect();
        Some(inside + window + waits?.into_iter().fold(0.0, f64::max))
    }
}

fn late(s: Status) -> bool {
    matches!(s, Status::Over | Status::Near)
}

/// A path that was late made its last job so.
fn mark_last_job(nodes: &mut [Node], path: &Path) {
    let last = path.nodes.iter().rev().find(|n| matches!(n, NodeRef::Job { .. }));
    for node in nodes.iter_mut().filter(|n| Some(&n.node) == last) {
        node.status = worst([node.status, path.delay.status]);
        node.inherits = !node.arises;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::testdata::{self, NOW};
    use streamwarden_core::estate::Span;

    fn ago(s: i64) -> Snapshot {
        as_of(&testdata::snapshot(), NOW - Span::secs(s), &testdata::settings())
    }
    fn node<'a>(s: &'a Snapshot, id: &str) -> &'a Node {
        s.lineage.nodes.iter().find(|n| n.node.id() == id).unwrap()
    }

    #[test]
    fn half_an_hour_ago_all_was_well_and_now_it_is_not() {
        let past = ago(1800);
        assert_eq!(node(&past, "job:demo/ads-risk").status, Status::Normal);
        assert!(past.lineage.nodes.iter().all(|n| !n.arises && !n.inherits));
        let now = ago(0);
        assert!(node(&now, "job:demo/dwd-order-stats").arises);
        assert!(node(&now, "job:demo/ads-risk").inherits);
    }

    #[test]
    fn what_was_not_seen_then_is_unknown() {
        let read = |s: &Snapshot| s.lineage.edges[5].delay.clone();
        assert_eq!(read(&ago(300)).status, Status::Normal);
        assert_eq!(read(&ago(100)).status, Status::Unknown);
        let before_history = ago(86_400);
        let reads = before_history.lineage.edges.iter().filter(|e| e.kind == EdgeKind::Reads);
        assert!(reads.into_iter().all(|e| e.delay.unknown == Some(Why::NotKept)));
    }
}
