//! In which order jobs are started again after what they all depend on is back: upstream first, one,
//! then two, then four at once, so that a cure that harms is seen on one job.

use super::take::{reads, writes};
use crate::estate::{JobKey, TopicId};
use crate::snapshot::Snapshot;
use std::collections::{BTreeMap, BTreeSet};

/// Jobs of one wave at most.
const WIDEST: usize = 8;

/// Every job once. A job comes after those that feed it, as far as no cycle forbids; else in the
/// order of names.
pub fn waves(s: &Snapshot, jobs: &BTreeSet<JobKey>) -> Vec<Vec<JobKey>> {
    let mut writers: BTreeMap<&TopicId, Vec<&JobKey>> = BTreeMap::new();
    for job in jobs {
        for (topic, _) in writes(s, job) {
            writers.entry(topic).or_default().push(job);
        }
    }
    let feeds: BTreeMap<&JobKey, BTreeSet<&JobKey>> = jobs
        .iter()
        .map(|job| {
            let from = reads(s, job).flat_map(|(t, _)| writers.get(t).into_iter().flatten());
            (job, from.copied().filter(|f| *f != job).collect())
        })
        .collect();
    let mut left: BTreeSet<&JobKey> = jobs.iter().collect();
    let mut out = Vec::new();
    let mut width = 1;
    while !left.is_empty() {
        let free = |job: &&&JobKey| {
            feeds.get(**job).is_none_or(|from| from.iter().all(|f| !left.contains(f)))
        };
        let mut wave: Vec<&JobKey> = left.iter().filter(free).take(width).copied().collect();
        if wave.is_empty() {
            // a cycle: somebody has to begin
            wave.extend(left.first().copied());
        }
        for job in &wave {
            left.remove(job);
        }
        out.push(wave.into_iter().cloned().collect());
        width = (width * 2).min(WIDEST);
    }
    out
}
