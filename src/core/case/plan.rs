//! Nouns of repair: what would be done, to what, by which steps, and what must hold before.

use super::{Hold, IncidentId};
use crate::estate::{JobKey, Millis, Name, RunId, Span, Subject, VertexId};
use crate::rules::Words;
use crate::text::hex;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// How much harm a playbook could do where everything else failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Risk {
    /// Harmless: a savepoint, a message.
    C,
    /// Interrupts the job.
    B,
    /// May lose or double data: always a person.
    A,
}

/// How far it may go by itself, in order.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Plans are made and shown; nothing is proposed to anybody.
    #[default]
    Observe,
    /// Plans are proposed in the message.
    Suggest,
    /// Carried out after a person's yes.
    Approve,
    /// Carried out by policy.
    Auto,
}

/// A checkpoint or savepoint that a job may be restored from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RestorePoint {
    /// The run that took it.
    pub run: RunId,
    pub checkpoint: u64,
    /// As Flink reported it.
    pub path: Name,
    /// When it was triggered, by the JobManager's clock.
    pub taken: Millis,
    pub savepoint: bool,
}

/// The newest first. Within a run its numbers tell, for Flink counts up and the times may be of two
/// clocks (the JobManager's, a file server's); between runs the times of their newest.
pub fn newest_first(points: &mut [RestorePoint]) {
    let mut newest: BTreeMap<RunId, (u64, Millis)> = BTreeMap::new();
    for p in points.iter() {
        let known = newest.entry(p.run.clone()).or_insert((p.checkpoint, p.taken));
        *known = (*known).max((p.checkpoint, p.taken));
    }
    let key = |p: &RestorePoint| {
        let run = newest.get(&p.run).map(|(_, taken)| *taken);
        (run, p.run.clone(), p.checkpoint, p.taken)
    };
    points.sort_by_cached_key(|p| std::cmp::Reverse(key(p)));
}

/// One step of a playbook, with what it was told. Times are seconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum Step {
    /// A fresh checkpoint, so that less is read again. That none comes is no failure.
    Checkpoint { wait_s: u32 },
    /// A savepoint into the cluster's own directory.
    Savepoint { wait_s: u32 },
    /// Cancel the run and see that it has ended.
    Stop { wait_s: u32 },
    /// Take the newest restore point, read after the end of the run; never an older one.
    Choose,
    /// Submit the job from the chosen point under an id of our own; see it run, from that point
    /// and at that parallelism.
    Submit { parallelism: Option<u32>, wait_s: u32 },
    /// Another parallelism in place (adaptive scheduler). Every vertex of the job is named.
    Scale { parallelism: BTreeMap<VertexId, u32>, wait_s: u32 },
    /// Did it help? Judged by the incident's own symptoms against what was frozen in the plan.
    Watch { wait_s: u32 },
}

impl Step {
    /// The longest that it may take, s.
    pub fn wait_s(&self) -> u32 {
        match self {
            Step::Checkpoint { wait_s }
            | Step::Savepoint { wait_s }
            | Step::Stop { wait_s }
            | Step::Submit { wait_s, .. }
            | Step::Scale { wait_s, .. }
            | Step::Watch { wait_s } => *wait_s,
            Step::Choose => 30,
        }
    }
}

/// What must hold, with the value that it has now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Precondition {
    pub name: Name,
    /// None: unknown, which is a hold.
    pub holds: Option<bool>,
    pub now: Words,
}

/// How the job was when the plan was made: what the verdict is held against.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Before {
    /// By symptom of the incident: its value then.
    pub symptoms: Vec<BeforeSymptom>,
    /// Records per second out of the job's sources.
    pub throughput: Option<f64>,
    /// Age of the oldest record that waits, s.
    pub delay_s: Option<f64>,
    pub parallelism: BTreeMap<VertexId, u32>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BeforeSymptom {
    pub kind: super::SymptomKind,
    pub subject: Subject,
    pub value: Option<f64>,
}

/// The same at the verdict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// Symptoms of [`Before`] that are gone.
    pub gone: u32,
    /// And those of which nobody can tell.
    #[serde(default)]
    pub unknown: u32,
    /// Records per second out of the job's sources.
    pub throughput: Option<f64>,
    /// Age of the oldest record that waits, s.
    pub delay_s: Option<f64>,
}

impl Figures {
    /// Is there anything to tell?
    pub fn tell(&self, before: &Before) -> bool {
        let symptoms = u32::try_from(before.symptoms.len()).unwrap_or(u32::MAX);
        self.unknown < symptoms || self.throughput.is_some() || self.delay_s.is_some()
    }
}

/// What would be done; immutable. Its [`Plan::hash`] is what a person approves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    pub incident: IncidentId,
    pub playbook: Name,
    pub risk: Risk,
    /// The one job that it acts on (S7: named, never a pattern).
    pub job: JobKey,
    /// The run that was observed, and the job's generation then: it is not carried out on another.
    pub run: RunId,
    pub generation: u64,
    /// The snapshot that it was made from.
    pub made: Millis,
    pub steps: Vec<Step>,
    /// Id of the jar that a submission runs, where its rule names it by name alone: the one that
    /// the run was started from, as far as can be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jar: Option<Name>,
    /// Digest of how its rule submits it (entry class, arguments, configuration, command, address).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub way: Option<Name>,
    /// How to get back where `steps` failed; may be empty.
    pub rollback: Vec<Step>,
    /// Rollback material and last resort: proven usable when the plan was made.
    pub secured: Option<RestorePoint>,
    pub preconditions: Vec<Precondition>,
    pub before: Before,
    pub says: Words,
}

impl Plan {
    /// 32 hex digits over everything that a person sees and that is carried out. What changes with
    /// each look (the moment, figures of preconditions and of `before`, of a job that runs which
    /// checkpoint is the newest) is left out, so that an approval outlives the next look at the same
    /// plan. A job that is down takes no more checkpoints: the one that it goes on from is in it.
    pub fn hash(&self) -> Name {
        let what = (
            (&self.incident, &self.playbook, &self.risk, &self.job, &self.run, &self.generation),
            (timeless(&self.steps), timeless(&self.rollback)),
            self.secured.as_ref().map(|p| (&p.run, p.savepoint)),
        );
        let from =
            self.secured.as_ref().filter(|_| self.resumes()).map(|p| p.checkpoint.to_string());
        let more = [&self.jar, &self.way].into_iter().flatten().map(|name| &**name);
        // data whose map keys are strings: it always serializes
        let mut text = serde_json::to_string(&what).unwrap_or_default();
        for one in more.chain(from.as_deref()) {
            text.push('|');
            text.push_str(one);
        }
        digest(&text)
    }

    /// Some step changes the running job.
    pub fn interrupts(&self) -> bool {
        self.steps
            .iter()
            .any(|s| matches!(s, Step::Stop { .. } | Step::Submit { .. } | Step::Scale { .. }))
    }

    /// It starts a job that is down, and asks nothing of one that runs.
    pub fn resumes(&self) -> bool {
        let starts = |s: &Step| matches!(s, Step::Submit { .. });
        let only = |s: &Step| matches!(s, Step::Choose | Step::Submit { .. } | Step::Watch { .. });
        self.steps.iter().any(starts) && self.steps.iter().all(only)
    }
}

/// How long the effect is watched goes with what waits at the moment.
fn timeless(steps: &[Step]) -> Vec<Step> {
    let one = |s: &Step| match s {
        Step::Watch { .. } => Step::Watch { wait_s: 0 },
        other => other.clone(),
    };
    steps.iter().map(one).collect()
}

/// The first 32 hex digits of SHA-256: the shape of a Flink job id, and what ids of actions,
/// job ids and trigger ids of ours are made by.
pub fn digest(text: &str) -> Name {
    hex(&Sha256::digest(text.as_bytes())[..16]).into()
}

/// A part of `most` that nobody chose and everybody finds again: what waits for the same moment does
/// not go at the same moment (L6).
pub fn jitter(what: &str, most: Span) -> Span {
    let share = digest(what).get(..4).and_then(|hex| i64::from_str_radix(hex, 16).ok());
    Span(most.0.saturating_mul(share.unwrap_or(0)) / 0xffff)
}

/// The answer to "what would you do now?" for one incident.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PlanReport {
    /// The best that is left, even where something holds it.
    pub plan: Option<Plan>,
    /// Why it is not carried out; empty: it may be.
    pub holds: Vec<Hold>,
    /// Playbooks that were looked at and are not it, each with why.
    pub not: Vec<(Name, Vec<Hold>)>,
}

/// Did it help?
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cure {
    Cured,
    Improved,
    NoChange,
    Worse,
    CannotTell,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn within_a_run_the_number_tells_and_between_runs_the_time() {
        let point = |run: &str, checkpoint: u64, taken: i64| RestorePoint {
            run: RunId::new(run),
            checkpoint,
            path: format!("/c/{run}/chk-{checkpoint}").into(),
            taken: Millis(taken),
            savepoint: false,
        };
        // 5 was told by its JobManager; the disk's clock is a minute behind
        let mut all = vec![point("a", 5, 100_000), point("a", 9, 44_000), point("a", 8, 43_000)];
        newest_first(&mut all);
        let numbers: Vec<u64> = all.iter().map(|p| p.checkpoint).collect();
        assert_eq!(numbers, [9, 8, 5]);
        all.push(point("b", 2, 45_000));
        newest_first(&mut all);
        assert_eq!((&*all[0].path, all[1].checkpoint), ("/c/b/chk-2", 9));
    }
}
