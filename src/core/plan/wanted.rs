//! The parallelism that a plan asks for.

use super::{JobView, Told};
use crate::case::{Plan, Step};
use crate::estate::Job;

/// Another parallelism for one vertex, or for the whole job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// None: unknown.
    pub was: Option<u32>,
    pub wanted: u32,
    /// It reads the job's input.
    pub source: bool,
}

/// What a submission asks for so that the job comes back as wide as it is: a way of submission has
/// a default of its own, and whoever started the job need not have used it (`flink run -p`).
///
/// Where all vertices are as wide, that is it. Where they differ, some are set by the program, or by
/// its topics, and the others have what it was submitted with: what we asked for last, else what
/// Flink calls the job's default (`job-parallelism`). Under the adaptive scheduler a job is narrower
/// than it was asked to be where slots lack: it does not stay so. None: as its submitter has it.
pub fn own(job: &Job, told: &Told, adaptive: bool, partitions: Option<u32>) -> Option<u32> {
    let plan = job.run.detail.as_ref().map(|(_, d)| d);
    let widths = || plan.iter().flat_map(|d| &d.vertices).map(|v| v.parallelism);
    let said = job.run.config.as_ref().and_then(|(_, c)| c.get("job-parallelism"));
    let default = said.and_then(|n| n.parse().ok()).filter(|n| *n > 0);
    let first = widths().next().filter(|n| widths().all(|m| m == *n));
    match (first, told.asked_parallelism) {
        (Some(n), asked) if adaptive => Some(asked.or(default.max(Some(n))).unwrap_or(n)),
        (Some(n), _) => Some(n),
        // a reader without a partition would hold back the event time of all
        (None, Some(asked)) if widths().next().is_some() => {
            Some(asked.min(partitions.unwrap_or(asked)).max(default.unwrap_or(1)))
        }
        (None, asked) => asked.or(default),
    }
}

/// What the steps (not the rollback) change of the job's parallelism; empty: nothing. A submission
/// names one parallelism for the job: it is held against the highest of its vertices, since the
/// others are set by the program. One that names what the job has already changes nothing.
pub fn wanted(plan: &Plan, job: &JobView) -> Vec<Wanted> {
    let mut out = Vec::new();
    for step in &plan.steps {
        match step {
            Step::Submit { parallelism: Some(wanted), .. } if job.own != Some(*wanted) => {
                out.push(Wanted { was: peak(job), wanted: *wanted, source: true });
            }
            Step::Scale { parallelism, .. } => {
                out.extend(parallelism.iter().map(|(vertex, wanted)| Wanted {
                    was: job.parallelism.get(vertex).copied(),
                    wanted: *wanted,
                    source: job.sources.contains(vertex),
                }));
            }
            _ => {}
        }
    }
    out.retain(|w| w.was != Some(w.wanted));
    out
}

/// Slots of the job where its vertices share them, as they do unless told otherwise. None: not known.
pub fn peak(job: &JobView) -> Option<u32> {
    job.parallelism.values().max().copied()
}
