//! The table of tasks by levels around a job: each job with what it reads, from far upstream down.

use super::graph::{Graph, Way, resolve};
use super::{Error, convert};
use crate::web::view::{LevelRow, LevelsView};
use std::collections::BTreeMap;
use streamwarden_core::estate::JobKey;
use streamwarden_core::lineage::{Edge, EdgeKind, Node, NodeRef};
use streamwarden_core::snapshot::Snapshot;

/// Levels of jobs in each direction: two edges each.
const LEVELS: u32 = 5;
/// Jobs in each direction.
const MAX_JOBS: usize = 200;

/// Upstream levels are negative. A job stands at its nearest level; a job in a loop, upstream.
pub fn levels(s: &Snapshot, job: &str) -> Result<LevelsView, Error> {
    let with = super::joined::with_components(s, false);
    let s = &*with;
    let graph = Graph::new(&s.lineage);
    let focus = resolve(&s.lineage, "job", job, |n| matches!(n, NodeRef::Job { .. }))?;
    let mut level_of: BTreeMap<usize, i32> = BTreeMap::new();
    if let Some(start) = graph.of(&focus) {
        for (way, sign) in [(Way::Upstream, -1), (Way::Downstream, 1)] {
            // a job is two edges away from the next
            for (i, distance) in graph.reach(start, way, LEVELS * 2, MAX_JOBS * 2) {
                if distance % 2 == 0 {
                    level_of.entry(i).or_insert(sign * (distance / 2) as i32);
                }
            }
        }
    }
    let mut jobs: Vec<_> = level_of.into_iter().collect();
    jobs.sort_by_key(|(i, level)| (*level, s.lineage.nodes[*i].row));
    let rows =
        jobs.into_iter().flat_map(|(i, level)| rows(s, &s.lineage.nodes[i], level)).collect();
    Ok(LevelsView { at: s.lineage.at.0, focus: focus.id(), rows })
}

/// What the job reads, then the job itself.
fn rows(s: &Snapshot, node: &Node, level: i32) -> Vec<LevelRow> {
    let NodeRef::Job { job } = &node.node else { return Vec::new() };
    let reads = s.lineage.edges.iter().filter(|e| e.kind == EdgeKind::Reads && e.to == node.node);
    let mut rows: Vec<_> = reads.map(|e| edge_row(s, node, job, e, level)).collect();
    rows.sort_by(|a, b| convert::worst_first(&a.delay, &b.delay));
    let delay = node.total.as_ref().map_or_else(super::late::not_assessed, convert::delay);
    rows.push(LevelRow {
        topic: None,
        group: None,
        checked_at: delay.at,
        delay,
        ..row(s, node, job, level)
    });
    rows
}

fn edge_row(s: &Snapshot, node: &Node, job: &JobKey, e: &Edge, level: i32) -> LevelRow {
    let groups: Vec<&str> = e.groups.iter().map(|g| &**g).collect();
    let delay = convert::delay(&e.delay);
    LevelRow {
        topic: Some(e.from.name().to_owned()),
        group: (!groups.is_empty()).then(|| groups.join(", ")),
        checked_at: delay.at,
        delay,
        ..row(s, node, job, level)
    }
}

fn row(s: &Snapshot, node: &Node, job: &JobKey, level: i32) -> LevelRow {
    LevelRow {
        level,
        application: s.estate.jobs.get(job).map(|j| j.run.id.to_string()),
        node: node.node.id(),
        name: job.key.to_string(),
        topic: None,
        group: None,
        delay: super::late::not_assessed(),
        checked_at: None,
        arises: node.arises,
        inherits: node.inherits,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::testdata;

    #[test]
    fn jobs_by_level_from_upstream_down() {
        let v = levels(&testdata::snapshot(), "job:demo/dwd-order-stats").unwrap();
        let rows: Vec<_> = v.rows.iter().map(|r| (r.level, &*r.name, r.topic.as_deref())).collect();
        assert_eq!(
            rows,
            [
                (-1, "ods-orders", None),
                (0, "dwd-order-stats", Some("orders")),
                (0, "dwd-order-stats", None),
                (1, "ads-risk", Some("order-stats")),
                (1, "ads-risk", None),
            ]
        );
        assert!(v.rows[1].application.is_some());
        assert_eq!(v.rows[1].group.as_deref(), Some("dwd-order-stats-group"));
    }

    #[test]
    fn a_topic_is_no_job() {
        let e = levels(&testdata::snapshot(), "topic:pay-1/orders");
        assert!(matches!(e, Err(Error::NotFound { what: "job", .. })));
    }
}
