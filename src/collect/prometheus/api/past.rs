//! Days before we came, out of what a server kept: those measures of [`KEPT`] alone that its series
//! tell as we would have told them. What needs more than one look within the minute (maxima of
//! delays, restarts), Kafka, or which TaskManager a job was on then, is not among them.
//!
//! [`KEPT`]: streamwarden_core::past::KEPT

use super::wire::Answer;
use super::{DEADLINE, Selection, not_understood, url};
use crate::collect::http::{ReadClient, parse_json};
use std::time::Duration;
use streamwarden_core::estate::{GapReason, Millis, Span, SubjectKind};

/// Between two values: an hour then has twelve, and a day is one small answer.
pub const STEP: Span = Span::secs(300);
/// 1,000 jobs are 8 MB.
const CAP: u64 = 32 << 20;

/// A measure that a server can tell.
#[derive(Clone, Copy, Debug)]
pub struct Told {
    /// Its name among those that are kept.
    pub name: &'static str,
    pub of: SubjectKind,
    ask: fn(&Words<'_>) -> String,
}

/// One series of a day: of a job by its name (as the reporter spells it), or of the cluster.
#[derive(Clone, Debug, PartialEq)]
pub struct Day {
    pub job: Option<String>,
    pub points: Vec<(Millis, f64)>,
}

const BUSY: &str = "taskmanager_job_task_accumulateBusyTimeMs";
const IDLE: &str = "taskmanager_job_task_accumulateIdleTimeMs";
const HELD: &str = "taskmanager_job_task_accumulateBackPressuredTimeMs";

const fn job(name: &'static str, ask: fn(&Words<'_>) -> String) -> Told {
    Told { name, of: SubjectKind::Job, ask }
}

const fn cluster(name: &'static str, ask: fn(&Words<'_>) -> String) -> Told {
    Told { name, of: SubjectKind::FlinkCluster, ask }
}

pub const TOLD: &[Told] = &[
    // as `signals::derive::busy` has it; unknown where Flink cannot tell busy from idle (NaN)
    job("busiest", |w| {
        let (idle, held, busy) = (w.rate(IDLE), w.rate(HELD), w.last(BUSY));
        w.most(&format!("clamp(1 - ({idle} + {held}) / 1000, 0, 1) and ({busy} >= 0)"))
    }),
    job("back_pressure", |w| w.most(&format!("clamp({} / 1000, 0, 1)", w.rate(HELD)))),
    // -1: none yet
    job("checkpoint_duration", |w| {
        w.most(&format!("{} / 1000 >= 0", w.last("jobmanager_job_lastCheckpointDuration")))
    }),
    job("state_size", |w| {
        w.most(&format!("{} >= 0", w.last("jobmanager_job_lastCheckpointFullSize")))
    }),
    cluster("slots_free", |w| w.least("jobmanager_taskSlotsAvailable")),
    cluster("slots_total", |w| w.least("jobmanager_taskSlotsTotal")),
    cluster("taskmanagers", |w| w.least("jobmanager_numRegisteredTaskManagers")),
    cluster("jobs_running", |w| format!("max({})", w.last("jobmanager_numRunningJobs"))),
];

/// The language's words for one selection.
struct Words<'a> {
    of: &'a Selection,
    /// A minute, as what is kept looks back; at least four scrapes.
    window_s: u64,
}

impl Words<'_> {
    fn over(&self, function: &str, name: &str) -> String {
        let (and, s) = (self.of.and(), self.window_s);
        format!("{function}({{__name__=\"flink_{name}\"{and}}}[{s}s])")
    }

    fn rate(&self, name: &str) -> String {
        self.over("rate", name)
    }

    /// An instant vector would be up to five minutes old.
    fn last(&self, name: &str) -> String {
        self.over("last_over_time", name)
    }

    fn least(&self, name: &str) -> String {
        format!("max({})", self.over("min_over_time", name))
    }

    fn most(&self, expression: &str) -> String {
        format!("max by (job_name) ({expression})")
    }
}

/// What is asked, and how often that server scrapes.
pub struct PastApi {
    of: Selection,
    every: Duration,
    client: ReadClient,
}

impl PastApi {
    pub fn new(of: Selection, every: Duration, client: ReadClient) -> PastApi {
        PastApi { of, every, client }
    }

    pub fn server(&self) -> &str {
        &self.of.base
    }

    /// A value each [`STEP`], from `from` to before `to`. What is not whole is an error: half of
    /// the subtasks would be another measure.
    ///
    /// # Errors
    /// Why it was not told; nothing of the day is.
    pub async fn day(&self, told: &Told, from: Millis, to: Millis) -> Result<Vec<Day>, GapReason> {
        let words = Words { of: &self.of, window_s: (self.every.as_secs() * 4).max(60) };
        let second = |at: Millis| at.0.div_euclid(1000).to_string();
        let asked = [
            ("query", (told.ask)(&words)),
            ("start", second(from)),
            ("end", second(to - STEP)),
            ("step", (STEP.0 / 1000).to_string()),
            ("timeout", "7s".to_owned()),
        ];
        let asked: Vec<(&str, &str)> = asked.iter().map(|(k, v)| (*k, v.as_str())).collect();
        let url = url(&self.of.base, "query_range", &asked)?;
        let answer = self.client.get(&url, DEADLINE, CAP).await?;
        let answer: Answer<'_> = parse_json(&answer.body)?;
        if let Some(why) = answer.not_whole() {
            return Err(not_understood(why));
        }
        let day = |series: &super::Series<'_>| Day {
            job: Some(series.labels.job_name()).filter(|name| !name.is_empty()),
            points: series
                .points()
                .filter(|(t, v)| v.is_finite() && *t >= from && *t < to)
                .collect(),
        };
        Ok(answer.data.result.iter().map(day).collect())
    }
}
