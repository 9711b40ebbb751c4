//! `/jobs/overview`.

use super::{lenient, moment, name, task_counts};
use crate::collect::http::parse_json;
use serde::Deserialize;
use std::collections::BTreeMap;
use streamwarden_core::estate::{GapReason, JobState, JobSummary, Millis, RunId};

#[derive(Clone, Debug, PartialEq)]
pub struct Jobs {
    pub jobs: Vec<JobSummary>,
    /// The JobManager's clock at the answer, where a job that goes on tells it.
    pub now: Option<Millis>,
}

#[derive(Deserialize)]
struct List {
    jobs: Vec<Job>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Job {
    jid: String,
    name: String,
    state: JobState,
    start_time: i64,
    #[serde(default, deserialize_with = "lenient")]
    end_time: Option<i64>,
    #[serde(default, deserialize_with = "lenient")]
    duration: Option<i64>,
    #[serde(default, deserialize_with = "lenient")]
    last_modification: Option<i64>,
    #[serde(default, deserialize_with = "lenient")]
    tasks: Option<BTreeMap<String, i64>>,
}

pub fn jobs(body: &[u8]) -> Result<Jobs, GapReason> {
    let raw: List = parse_json(body)?;
    let clock = |j: &Job| {
        let goes_on = moment(j.end_time).is_none() && j.start_time > 0;
        j.duration.filter(|d| goes_on && *d >= 0).map(|d| Millis(j.start_time.saturating_add(d)))
    };
    let now = raw.jobs.iter().filter_map(clock).max();
    let jobs = raw.jobs.into_iter().map(summary).collect();
    Ok(Jobs { jobs, now })
}

fn summary(raw: Job) -> JobSummary {
    JobSummary {
        run: RunId(name(&raw.jid)),
        name: name(&raw.name),
        state: raw.state,
        start: Millis(raw.start_time),
        end: moment(raw.end_time),
        last_modification: moment(raw.last_modification),
        tasks: task_counts(raw.tasks),
    }
}
