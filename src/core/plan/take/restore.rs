//! What the job could be restored from.

use crate::case::{RestorePoint, newest_first};
use crate::estate::{Checkpoint, Job, JobState};
use crate::plan::PlanInput;
use std::collections::BTreeMap;

/// Flink's words, as `/jobs/:id/checkpoints/config` has them.
const DELETED: &str = "checkpoints.externalization.delete_on_cancellation";
const ENABLED: &str = "checkpoints.externalization.enabled";
const INTERVAL: &str = "checkpoints.interval";

/// Checkpoints outlive a cancel; None: the configuration was not read.
pub fn retained(job: &Job) -> Option<bool> {
    outlive(&job.run.config.as_ref()?.1)
}

/// The same, of the configuration as it was read; None: it does not say.
pub fn outlive(config: &BTreeMap<String, String>) -> Option<bool> {
    if config.get(ENABLED).is_some_and(|e| e == "false") {
        return Some(false);
    }
    match config.get(DELETED)?.as_str() {
        "false" => Some(true),
        "true" => Some(false),
        _ => None,
    }
}

/// Time between two checkpoints, ms.
pub fn interval(job: &Job) -> Option<i64> {
    let (_, config) = job.run.config.as_ref()?;
    // Flink says "never" with the greatest number that it has
    config.get(INTERVAL)?.parse().ok().filter(|ms| (1..=86_400_000).contains(ms))
}

/// Newest first: the newest checkpoint and the newest savepoint of its run, since Flink deletes
/// older checkpoints behind it, and what is known otherwise. Of an earlier run only what was told.
pub fn points(input: &PlanInput<'_>, job: &Job) -> Vec<RestorePoint> {
    let mut out = input.told.points.clone();
    if let Some((_, stats)) = job.run.checkpoints.as_ref().filter(|(_, c)| c.run == job.run.id) {
        let all = stats.latest_completed.iter().chain(&stats.history);
        // a cancel took what was not retained with it
        let left = job.run.state != JobState::Canceled || retained(job) == Some(true);
        let done = all.filter(|c| &*c.status == "COMPLETED" && c.failure.is_none());
        let done = done.filter(|c| left || c.savepoint);
        let (saved, taken): (Vec<_>, Vec<_>) = done.partition(|c| c.savepoint);
        for kind in [saved, taken] {
            let newest = kind.into_iter().max_by_key(|c| (c.triggered, c.id));
            out.extend(newest.and_then(|c| point(job, c)));
        }
        // until it has completed one of its own, this is what it can go back to
        let base = stats.latest_restored.as_ref().filter(|_| out.is_empty());
        out.extend(base.and_then(|r| {
            Some(RestorePoint {
                run: job.run.id.clone(),
                checkpoint: r.id,
                path: r.external_path.clone().filter(|path| !path.is_empty())?,
                taken: r.at,
                savepoint: r.savepoint,
            })
        }));
    }
    newest_first(&mut out);
    out.dedup_by(|a, b| a.path == b.path);
    out
}

fn point(job: &Job, c: &Checkpoint) -> Option<RestorePoint> {
    Some(RestorePoint {
        run: job.run.id.clone(),
        checkpoint: c.id,
        path: c.external_path.clone()?,
        taken: c.triggered,
        savepoint: c.savepoint,
    })
}

/// No newer one can be there than is known: its JobManager told of them after the run had ended,
/// or the directory was listed after it was gone.
pub fn surely_newest(input: &PlanInput<'_>, job: &Job) -> bool {
    let listed = |since| input.told.listed.is_some_and(|at| at > since);
    if let Some(gone) = job.gone {
        return listed(gone);
    }
    let Some(end) = job.run.end else { return false };
    let read = job.run.checkpoints.as_ref().filter(|(_, c)| c.run == job.run.id);
    listed(end) || read.is_some_and(|(at, _)| *at > end)
}
