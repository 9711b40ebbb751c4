//! What changed, newest first.

use super::convert;
use crate::web::view::{ChangeList, ChangeView};
use std::collections::HashMap;
use streamwarden_core::estate::{Change, Entity, JobKey, Millis, RunId};
use streamwarden_core::lineage::NodeRef;
use streamwarden_core::snapshot::Snapshot;

pub const MAX_LIMIT: usize = 1000;

#[derive(Clone, Debug, Default)]
pub struct ChangeFilter {
    pub node: Option<String>,
    /// snake_case of a `ChangeKind`.
    pub kind: Option<String>,
    pub from: Option<Millis>,
    pub to: Option<Millis>,
    pub limit: usize,
}

pub fn changes(s: &Snapshot, f: &ChangeFilter) -> ChangeList {
    let mut list = all(s);
    list.retain(|c| {
        f.node.as_ref().is_none_or(|n| c.node.as_ref() == Some(n))
            && f.kind.as_ref().is_none_or(|k| c.kind == *k)
            && f.from.is_none_or(|from| c.at >= from.0)
            && f.to.is_none_or(|to| c.at <= to.0)
    });
    list.truncate(f.limit.min(MAX_LIMIT));
    ChangeList { at: s.at.0, changes: list }
}

pub fn all(s: &Snapshot) -> Vec<ChangeView> {
    let jobs: HashMap<&RunId, &JobKey> = s
        .estate
        .jobs
        .values()
        .flat_map(|j| std::iter::once(&j.run.id).chain(&j.earlier).map(|run| (run, &j.key)))
        .collect();
    let mut list: Vec<_> = s.changes.iter().map(|c| view(c, &jobs)).collect();
    list.sort_by_key(|c| std::cmp::Reverse((c.at, c.seen)));
    list
}

fn view(c: &Change, jobs: &HashMap<&RunId, &JobKey>) -> ChangeView {
    let node = node(&c.entity, jobs);
    ChangeView {
        at: c.at.0,
        seen: c.seen.0,
        label: node.as_ref().map_or_else(|| label(&c.entity), |n| n.name().to_owned()),
        node: node.map(|n| n.id()),
        kind: convert::word(&c.kind),
        what: c.what.clone(),
        from: c.from.clone(),
        to: c.to.clone(),
    }
}

fn node(e: &Entity, jobs: &HashMap<&RunId, &JobKey>) -> Option<NodeRef> {
    use Entity::*;
    match e {
        Job { job } | EdgeInside { job } | EdgeRead { job, .. } | EdgeWrite { job, .. } => {
            Some(NodeRef::Job { job: job.clone() })
        }
        Run { run, .. }
        | Vertex { run, .. }
        | Subtask { run, .. }
        | Operator { run, .. }
        | Position { run, .. } => jobs.get(run).map(|j| NodeRef::Job { job: (*j).clone() }),
        Partition { topic, .. } => Some(NodeRef::Topic { topic: topic.clone() }),
        _ => None,
    }
}

/// For what has no node of its own.
fn label(e: &Entity) -> String {
    use Entity::*;
    match e {
        FlinkCluster { cluster }
        | JobManager { cluster }
        | KafkaCluster { cluster }
        | Base { cluster } => cluster.to_string(),
        Member { cluster, member } => format!("{cluster}/{member}"),
        Metric { cluster, name } => format!("{cluster}/{name}"),
        Host { host } | Mount { host, .. } => host.to_string(),
        TaskManager { cluster, id } => format!("{cluster}/{id}"),
        Run { run, .. }
        | Vertex { run, .. }
        | Subtask { run, .. }
        | Operator { run, .. }
        | Position { run, .. } => run.to_string(),
        Committed { group, .. } => group.to_string(),
        Path { id } => id.to_string(),
        Target { name } => name.to_string(),
        Component { component, instance } => format!("{component}/{instance}"),
        Partition { topic, .. } => topic.to_string(),
        Job { job } | EdgeInside { job } | EdgeRead { job, .. } | EdgeWrite { job, .. } => {
            job.to_string()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::testdata::{self, NOW};
    use streamwarden_core::estate::Span;

    fn ask(f: ChangeFilter) -> Vec<ChangeView> {
        changes(&testdata::snapshot(), &ChangeFilter { limit: 100, ..f }).changes
    }

    #[test]
    fn newest_first_by_node_kind_and_time() {
        let all = ask(ChangeFilter::default());
        assert!(all.windows(2).all(|w| w[0].at >= w[1].at));
        let kind = ChangeFilter { kind: Some("configuration".into()), ..ChangeFilter::default() };
        let found = ask(kind);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].node.as_deref(), Some("job:demo/dwd-order-stats"));
        let node = Some("topic:pay-1/orders".into());
        let partition = ask(ChangeFilter { node, ..ChangeFilter::default() });
        assert_eq!((partition.len(), &*partition[0].label), (1, "orders"));
        let from = Some(NOW - Span::secs(300));
        let recent = ask(ChangeFilter { from, ..ChangeFilter::default() });
        assert!(recent.iter().all(|c| c.at >= NOW.0 - 300_000) && !recent.is_empty());
    }
}
