//! The parallelism that a plan asks for.

use super::JobView;
use crate::case::{Plan, Step};

/// Another parallelism for one vertex, or for the whole job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// None: unknown.
    pub was: Option<u32>,
    pub wanted: u32,
    /// It reads the job's input.
    pub source: bool,
}

/// What the steps (not the rollback) change of the job's parallelism; empty: nothing. A submission
/// names one parallelism for the job: it is held against the highest of its vertices, since the
/// others are set by the program.
pub fn wanted(plan: &Plan, job: &JobView) -> Vec<Wanted> {
    let mut out = Vec::new();
    for step in &plan.steps {
        match step {
            Step::Submit { parallelism: Some(wanted), .. } => {
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
