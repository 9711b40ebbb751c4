//! The list of jobs, filtered and cut here: a page can't hold the list of a big estate.

use super::{STALE, convert, late};
use crate::web::view::{Delay, JobList, JobRow, Status};
use std::collections::HashMap;
use streamwarden_core::estate::{Checkpoint, Entity, Job, JobKey, JobState, Millis, Span};
use streamwarden_core::lineage::{Node, NodeRef};
use streamwarden_core::signals::Signal;
use streamwarden_core::snapshot::Snapshot;

pub const MAX_LIMIT: usize = 1000;

/// What a job must have to be listed. Jobs that are gone are listed only for the state `GONE`.
#[derive(Clone, Debug, Default)]
pub struct JobFilter {
    /// Part of the name, the key, the run id or the cluster; case does not count.
    pub text: Option<String>,
    pub state: Option<String>,
    pub status: Option<Status>,
    pub layer: Option<String>,
    pub cluster: Option<String>,
    pub offset: usize,
    pub limit: usize,
}

pub const GONE: &str = "GONE";

/// Worst first; `total` counts all that fit.
pub fn jobs(s: &Snapshot, f: &JobFilter) -> JobList {
    let nodes = job_nodes(s);
    let all = s.estate.jobs.values().map(|j| row(s, j, nodes.get(&j.key).copied()));
    let mut rows: Vec<_> = all.filter(|r| fits(r, f)).collect();
    rows.sort_by(|a, b| {
        let by_status = convert::rank(a.status).cmp(&convert::rank(b.status));
        by_status.then(convert::worst_first(&a.delay, &b.delay)).then_with(|| a.id.cmp(&b.id))
    });
    let total = rows.len() as u32;
    let page = rows.into_iter().skip(f.offset).take(f.limit.min(MAX_LIMIT)).collect();
    JobList { at: s.at.0, total, jobs: page }
}

pub fn job_nodes(s: &Snapshot) -> HashMap<&JobKey, &Node> {
    let job = |n| match n {
        &Node { node: NodeRef::Job { ref job }, .. } => Some((job, n)),
        _ => None,
    };
    s.lineage.nodes.iter().filter_map(job).collect()
}

pub fn state(s: &JobState) -> String {
    convert::word(s)
}

pub fn row(s: &Snapshot, job: &Job, node: Option<&Node>) -> JobRow {
    let latest = job.run.checkpoints.as_ref().and_then(|(_, c)| c.latest_completed.as_ref());
    JobRow {
        id: NodeRef::Job { job: job.key.clone() }.id(),
        name: job.name.to_string(),
        cluster: job.key.cluster.to_string(),
        layer: node.and_then(|n| n.layer.as_ref()).map(|l| l.to_string()),
        state: if job.gone.is_some() { GONE.into() } else { state(&job.run.state) },
        ambiguous: job.ambiguous,
        run: job.run.id.to_string(),
        start: job.run.start.0,
        parallelism: parallelism(job),
        restarts: restarts(s, job),
        status: node.map_or(Status::Unknown, |n| convert::status(n.status)),
        delay: delay(node),
        own: node.and_then(|n| n.own),
        checkpoint_age_s: latest.and_then(|c| checkpoint_age(s.at, c)),
        seen: job.last_seen.0,
        stale: s.at - job.last_seen > STALE,
        repair: super::repaired::of_job(s, &job.key),
    }
}

/// When a checkpoint was complete.
fn completed_at(c: &Checkpoint) -> Option<Millis> {
    let by_duration = || Some(c.triggered + Span(i64::try_from(c.duration_ms?).ok()?));
    c.latest_ack.or_else(by_duration)
}

/// None where the moment that is asked for was before it.
pub fn checkpoint_age(at: Millis, c: &Checkpoint) -> Option<f64> {
    completed_at(c).filter(|done| *done <= at).map(|done| (at - done).as_secs())
}

fn delay(node: Option<&Node>) -> Delay {
    node.and_then(|n| n.total.as_ref()).map_or_else(late::not_assessed, convert::delay)
}

/// The widest vertex.
fn parallelism(job: &Job) -> Option<u32> {
    let (_, detail) = job.run.detail.as_ref()?;
    detail.vertices.iter().map(|v| v.parallelism).max()
}

fn restarts(s: &Snapshot, job: &Job) -> Option<f64> {
    let run = Entity::Run { cluster: job.key.cluster.clone(), run: job.run.id.clone() };
    let told = || s.signals.fresh(&run, Signal::Restarts, s.at, STALE).map(|(_, v)| v);
    job.run.restarts.or_else(told)
}

fn fits(r: &JobRow, f: &JobFilter) -> bool {
    let is = |want: &Option<String>, have: &str| {
        want.as_deref().is_none_or(|w| w.eq_ignore_ascii_case(have))
    };
    let text = f.text.as_deref().map(str::to_lowercase);
    let holds =
        |part: &str| [&r.name, &r.id, &r.run].iter().any(|t| t.to_lowercase().contains(part));
    (f.state.is_some() || r.state != GONE)
        && is(&f.state, &r.state)
        && is(&f.cluster, &r.cluster)
        && is(&f.layer, r.layer.as_deref().unwrap_or_default())
        && f.status.is_none_or(|st| st == r.status)
        && text.is_none_or(|t| holds(&t))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::testdata;

    fn names(f: JobFilter) -> Vec<String> {
        let f = JobFilter { limit: 10, ..f };
        jobs(&testdata::snapshot(), &f).jobs.into_iter().map(|j| j.name).collect()
    }

    #[test]
    fn worst_first_and_filtered() {
        assert_eq!(
            names(JobFilter::default()),
            ["dwd-order-stats", "ads-risk", "audit-log", "ods-orders"]
        );
        let text = |t: &str| names(JobFilter { text: Some(t.into()), ..JobFilter::default() });
        assert_eq!(text("ORDER"), ["dwd-order-stats", "ods-orders"]);
        let status = JobFilter { status: Some(Status::Unknown), ..JobFilter::default() };
        assert_eq!(names(status), ["audit-log"]);
        let state = JobFilter { state: Some("restarting".into()), ..JobFilter::default() };
        assert_eq!(names(state), ["audit-log"]);
        assert!(names(JobFilter { layer: Some("x".into()), ..JobFilter::default() }).is_empty());
    }

    #[test]
    fn a_page_of_the_list_knows_the_total() {
        let s = testdata::snapshot();
        let list = jobs(&s, &JobFilter { offset: 1, limit: 2, ..JobFilter::default() });
        assert_eq!((list.total, list.jobs.len()), (4, 2));
        assert_eq!(list.jobs[0].name, "ads-risk");
    }
}
