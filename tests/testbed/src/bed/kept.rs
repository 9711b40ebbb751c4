//! The job with state of every kind, which only runs where somebody asks for it.

use anyhow::Result;

use crate::bed::{Bed, CANCEL, start};

/// One run, as Flink's REST shows it.
#[derive(Debug)]
pub struct KeptRun {
    pub state: String,
    /// Of the checkpoint that it went on from.
    pub restored: Option<u64>,
    pub completed: u64,
    /// What it last failed with.
    pub failure: Option<String>,
}

impl Bed {
    /// A version of the job, from a checkpoint or from the start; the id of the run.
    pub fn run_kept(
        &self,
        name: &str,
        parallelism: u32,
        switches: &[&str],
        restore: Option<&str>,
    ) -> Result<String> {
        let (properties, parallelism) = (self.properties_file(), parallelism.to_string());
        let mut arguments = vec![properties.as_str(), "kept", parallelism.as_str(), name];
        arguments.extend(switches);
        self.cluster.rest.run(start::JAR, &arguments, restore)
    }

    pub fn kept_run(&self, id: &str) -> Result<KeptRun> {
        let rest = &self.cluster.rest;
        let job = rest.get(&format!("/jobs/{id}"))?;
        let checkpoints = rest.get(&format!("/jobs/{id}/checkpoints"))?;
        let exceptions = rest.get(&format!("/jobs/{id}/exceptions"))?;
        let failure = &exceptions["exceptionHistory"]["entries"][0]["stacktrace"];
        Ok(KeptRun {
            state: job["state"].as_str().unwrap_or_default().to_owned(),
            restored: checkpoints["latest"]["restored"]["id"].as_u64(),
            completed: checkpoints["counts"]["completed"].as_u64().unwrap_or(0),
            failure: failure.as_str().map(str::to_owned),
        })
    }

    /// The checkpoint that it leaves, if it had one.
    pub fn cancel_kept(&self, id: &str) -> Result<Option<String>> {
        self.cluster.rest.cancel(id, CANCEL)?;
        Ok(self.cluster.rest.last_checkpoint(id).ok())
    }
}
