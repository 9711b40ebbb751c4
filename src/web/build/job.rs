//! One job: state, delays, operators, checkpoints, exceptions, changes, configuration.

use super::graph::resolve;
use super::lineage::edges_of;
use super::{Error, Scene, bases, changes, convert, jobs, past, vertices};
use crate::web::state::FlinkUrls;
use crate::web::view::*;
use streamwarden_core::estate::{self, ExceptionEntry, Millis};
use streamwarden_core::lineage::{EdgeKind, Hop, Node, NodeRef};
use streamwarden_core::snapshot::Snapshot;

const MAX_EXCEPTIONS: usize = 50;
const MAX_CHANGES: usize = 100;

pub fn job(s: &Snapshot, flink: &FlinkUrls, id: &str) -> Result<JobView, Error> {
    let node = resolve(&s.lineage, "job", id, |n| matches!(n, NodeRef::Job { .. }))?;
    let NodeRef::Job { job: key } = &node else { return Err(missing(id)) };
    let job = s.estate.jobs.get(key).ok_or_else(|| missing(id))?;
    let placed = jobs::job_nodes(s).get(key).copied();
    let detail = job.run.detail.as_ref().map(|(_, d)| d);
    let mut history = changes::all(s);
    history.retain(|c| c.node.as_deref() == Some(&node.id()));
    history.truncate(MAX_CHANGES);
    Ok(JobView {
        at: s.at.0,
        row: jobs::row(s, job, placed),
        flink_url: Scene { s, flink }.job(key).flink_url,
        gone_since: job.gone.map(|m| m.0),
        stands_on: bases::under_job(s, key),
        max_parallelism: detail.and_then(|d| d.max_parallelism),
        scheduler: detail.and_then(|d| d.scheduler.as_ref()).map(|x| x.to_string()),
        inside: placed.and_then(|n| n.inside.as_ref()).map(convert::delay),
        reads: edges_of(s, &node, EdgeKind::Reads),
        writes: edges_of(s, &node, EdgeKind::Writes),
        vertices: vertices::vertices(s, job),
        hops: placed.map_or_else(Vec::new, |n| hops(job, n)),
        checkpoints: job
            .run
            .checkpoints
            .as_ref()
            .map_or_else(Default::default, |(_, c)| checkpoints(s.at, c)),
        past: past::past(s, job, &node),
        exceptions: exceptions(job),
        changes: history,
        config: config(job),
        seen: seen(s, job),
    })
}

fn missing(id: &str) -> Error {
    Error::NotFound { what: "job", id: id.to_owned(), nearest: Vec::new() }
}

fn hops(job: &estate::Job, node: &Node) -> Vec<HopView> {
    let names = vertices::names(job);
    let name = |v: &estate::VertexId| names.get(v).map_or_else(String::new, |n| n.to_string());
    let view = |h: &Hop| HopView {
        from: h.from.to_string(),
        to: h.to.to_string(),
        from_name: name(&h.from),
        to_name: name(&h.to),
        ship: h.ship.to_string(),
        delay: convert::delay(&h.delay),
    };
    node.hops.iter().map(view).collect()
}

fn checkpoints(now: Millis, c: &estate::CheckpointStats) -> CheckpointsView {
    CheckpointsView {
        completed: c.completed,
        failed: c.failed,
        in_progress: c.in_progress,
        age_s: c.latest_completed.as_ref().and_then(|c| jobs::checkpoint_age(now, c)),
        history: c.history.iter().map(checkpoint).collect(),
    }
}

fn checkpoint(c: &estate::Checkpoint) -> CheckpointView {
    CheckpointView {
        id: c.id,
        status: c.status.to_string(),
        savepoint: c.savepoint,
        triggered: c.triggered.0,
        duration_ms: c.duration_ms,
        state_size: c.state_size,
        external_path: c.external_path.as_ref().map(|p| p.to_string()),
        failure: c.failure.as_ref().map(|f| f.to_string()),
    }
}

fn exceptions(job: &estate::Job) -> Vec<ExceptionView> {
    let entries = job.run.exceptions.iter().flat_map(|(_, e)| e);
    let text = |t: &Option<estate::Name>| t.as_ref().map(|t| t.to_string());
    let view = |e: &ExceptionEntry| ExceptionView {
        at: e.at.0,
        class: e.class.to_string(),
        stack: e.stack.to_string(),
        task: text(&e.task),
        taskmanager: e.taskmanager.as_ref().map(|t| t.to_string()),
        concurrent: e.concurrent.len() as u32,
    };
    entries.take(MAX_EXCEPTIONS).map(view).collect()
}

fn config(job: &estate::Job) -> Vec<ConfigEntry> {
    let entries = job.run.config.iter().flat_map(|(_, c)| c);
    entries.map(|(k, v)| ConfigEntry { key: k.clone(), value: v.clone() }).collect()
}

/// Where each part comes from and when it was read.
fn seen(s: &Snapshot, job: &estate::Job) -> Vec<Seen> {
    let run = &job.run;
    let parts = [
        ("state", "/jobs/overview", Some(job.last_seen)),
        ("operators", "Flink metrics", vertices::read_at(s, job)),
        ("plan", "/jobs/:id", run.detail.as_ref().map(|d| d.0)),
        ("configuration", "/jobs/:id/config", run.config.as_ref().map(|d| d.0)),
        ("checkpoints", "/jobs/:id/checkpoints", run.checkpoints.as_ref().map(|d| d.0)),
        ("exceptions", "/jobs/:id/exceptions", run.exceptions.as_ref().map(|d| d.0)),
        ("lineage", "assessment", Some(s.lineage.at)),
    ];
    let view = |(part, source, at): (&str, &str, Option<Millis>)| Seen {
        part: part.into(),
        source: source.into(),
        at: at.map(|m| m.0),
    };
    parts.into_iter().map(view).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::testdata;

    #[test]
    fn everything_known_of_a_job() {
        let v = job(&testdata::snapshot(), &testdata::flink_urls(), "job:demo/dwd-order-stats")
            .unwrap();
        assert_eq!(v.row.state, "RUNNING");
        assert_eq!(v.row.status, Status::Over);
        assert_eq!((v.reads.len(), v.writes.len(), v.vertices.len()), (1, 1, 3));
        assert_eq!(v.hops[0].to_name, "Window(TumblingEventTimeWindows(5000))");
        assert_eq!(v.checkpoints.history.len(), 3);
        assert!(v.writes[0].inferred && !v.reads[0].inferred);
        assert!(v.exceptions[0].stack.contains("<b>"));
        assert!(v.changes.iter().any(|c| c.kind == "configuration"));
    }

    #[test]
    fn what_was_never_read_is_absent() {
        let v = job(&testdata::snapshot(), &testdata::flink_urls(), "job:demo/audit-log").unwrap();
        assert!(v.vertices.is_empty() && v.checkpoints.completed.is_none());
        assert_eq!(v.row.checkpoint_age_s, None);
        assert_eq!(v.row.parallelism, None);
    }
}
