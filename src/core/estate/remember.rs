//! What was known of a job when we last ran. It counts only where the job itself cannot be asked any
//! more: its JobManager lists it no longer, and we came after its last answer.

use super::{CheckpointStats, Estate, Job, JobDetail, JobKey, Millis};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Each part with when it was told.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Remembered {
    pub detail: Option<(Millis, JobDetail)>,
    pub config: Option<(Millis, BTreeMap<String, String>)>,
    pub checkpoints: Option<(Millis, CheckpointStats)>,
}

impl Remembered {
    /// As small as a plan can do with: no descriptions, and of the checkpoints the newest two that a
    /// job can be restored from.
    pub fn of(job: &Job) -> Remembered {
        let mut out = Remembered {
            detail: job.run.detail.clone(),
            config: job.run.config.clone(),
            checkpoints: job.run.checkpoints.clone(),
        };
        if let Some((_, detail)) = &mut out.detail {
            detail.now = None;
            for vertex in &mut detail.vertices {
                vertex.description = "".into();
                vertex.tasks.clear();
            }
        }
        if let Some((_, stats)) = &mut out.checkpoints {
            stats.history.retain(|c| &*c.status == "COMPLETED");
            let newest = |saved| {
                let of = stats.history.iter().filter(move |c| c.savepoint == saved);
                of.max_by_key(|c| (c.triggered, c.id)).cloned()
            };
            stats.history = newest(false).into_iter().chain(newest(true)).collect();
        }
        out
    }

    /// What of the job is not known otherwise.
    fn fill(self, job: &mut Job) {
        let run = &mut job.run;
        run.detail = run.detail.take().or(self.detail);
        run.config = run.config.take().or(self.config);
        run.checkpoints = run.checkpoints.take().or(self.checkpoints);
    }
}

impl Estate {
    /// Of a job that was recalled, as it was last seen.
    pub fn remember(&mut self, key: &JobKey, what: Remembered) {
        match self.jobs.get_mut(key) {
            Some(job) if job.gone.is_some() => what.fill(job),
            Some(_) => {
                self.remembered.insert(key.clone(), what);
            }
            None => {}
        }
    }
}

/// The job has left the list.
pub(super) fn left(remembered: &mut BTreeMap<JobKey, Remembered>, job: &mut Job) {
    if let Some(what) = remembered.remove(&job.key) {
        what.fill(job);
    }
}
