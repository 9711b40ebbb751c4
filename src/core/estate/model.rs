//! The estate as facts have painted it so far, and how a fact changes it.

use super::*;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Everything known about who is there. Built only by [`Estate::apply`].
#[derive(Clone, Debug, Default)]
pub struct Estate {
    /// How jobs are told apart where their names are not it; the first match counts.
    pub identity: Vec<Identity>,
    pub flink: BTreeMap<ClusterId, FlinkCluster>,
    pub jobs: BTreeMap<JobKey, Job>,
    pub kafka: BTreeMap<ClusterId, KafkaCluster>,
    pub bases: BTreeMap<ClusterId, BaseCluster>,
    /// Machines that an exporter tells about.
    pub hosts: BTreeMap<Name, Host>,
    pub probed: Probed,
    /// Of jobs that are listed, what was known of them when we last ran.
    pub remembered: BTreeMap<JobKey, Remembered>,
}

/// Jobs of a cluster whose name matches are one logical job under this key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    pub cluster: ClusterId,
    /// Glob over the name that Flink shows.
    pub job: Name,
    pub key: Name,
}

#[derive(Clone, Debug, Default)]
pub struct FlinkCluster {
    pub overview: Option<(Millis, FlinkOverview)>,
    pub taskmanagers: BTreeMap<TaskManagerId, TaskManager>,
    pub taskmanagers_seen: Option<Millis>,
    /// Of those that were listed within a day.
    pub lives: BTreeMap<TaskManagerId, TaskManagerLife>,
    /// When the job list was last seen; None: never.
    pub jobs_seen: Option<Millis>,
    /// Which TaskManager each subtask of the runs that are listed is on.
    pub placements: BTreeMap<(RunId, VertexId, u32), TaskManagerId>,
    /// The JobManager's configuration, as far as it is kept.
    pub config: Option<(Millis, BTreeMap<String, String>)>,
    /// Addresses of Kafka read in TaskManager logs, with the groups named beside them.
    pub kafka_addresses: BTreeMap<Name, Vec<Name>>,
}

/// A logical job.
#[derive(Clone, Debug)]
pub struct Job {
    pub key: JobKey,
    /// As Flink shows it.
    pub name: Name,
    /// Several runs share the name at once and nothing configured tells them apart.
    pub ambiguous: bool,
    pub first_seen: Millis,
    pub last_seen: Millis,
    /// Since when its JobManager no longer lists it.
    pub gone: Option<Millis>,
    /// The current run.
    pub run: JobRun,
    /// Flink job ids that it had before, newest first; at most [`EARLIER_RUNS`].
    pub earlier: Vec<RunId>,
}

impl Job {
    /// Where each of its runs stood in a partition, by source.
    pub fn positions_in(&self, topic: &Name, partition: i32) -> Vec<Entity> {
        let plan = self.run.detail.iter().flat_map(|(_, plan)| &plan.vertices);
        let sources = plan.filter(|v| v.inputs.is_empty());
        let at = |vertex: &Vertex, run: &RunId| Entity::Position {
            cluster: self.key.cluster.clone(),
            run: run.clone(),
            vertex: vertex.id.clone(),
            topic: topic.clone(),
            partition,
        };
        sources.flat_map(|v| self.runs().map(move |run| at(v, run))).collect()
    }
}

/// Earlier runs whose positions are still looked up: a restart or two of each kind.
pub const EARLIER_RUNS: usize = 8;

/// One Flink job id.
#[derive(Clone, Debug)]
pub struct JobRun {
    pub id: RunId,
    pub state: JobState,
    pub start: Millis,
    pub end: Option<Millis>,
    /// How many are in each state, in Flink's words.
    pub tasks: BTreeMap<String, u32>,
    /// When some of its tasks were first seen to wait, after none did; not known where they waited
    /// at the first look.
    pub waiting: Option<Millis>,
    /// When a JobManager took this run up anew, as high availability has it: the id is the same, its
    /// start is not, and exceptions and counts begin anew.
    pub taken_up: Option<Millis>,
    pub detail: Option<(Millis, JobDetail)>,
    pub config: Option<(Millis, BTreeMap<String, String>)>,
    pub checkpoints: Option<(Millis, CheckpointStats)>,
    pub exceptions: Option<(Millis, Vec<ExceptionEntry>)>,
    /// numRestarts as last seen; falls with a new JobManager life.
    pub restarts: Option<f64>,
}

#[derive(Clone, Debug, Default)]
pub struct KafkaCluster {
    pub overview: Option<(Millis, KafkaOverview)>,
    pub topics: BTreeMap<Name, TopicFact>,
    pub topics_seen: Option<Millis>,
    /// What lies on each broker's disks, as it told it last.
    pub dirs: BTreeMap<i32, (Millis, BrokerDirs)>,
    /// By broker id, also of brokers that are listed no more.
    pub answers: BTreeMap<i32, Answered>,
    /// Topics that jobs use and that we may not describe; and such that the brokers do not know.
    pub denied: BTreeSet<Name>,
    pub unknown: BTreeSet<Name>,
    pub groups: BTreeMap<Name, GroupFact>,
    pub groups_seen: Option<Millis>,
    pub transactions: Vec<TransactionFact>,
    /// Cold start: when each offset was reached, by (topic, partition), oldest first.
    pub offsets_at: BTreeMap<(Name, i32), Vec<(Millis, i64)>>,
    /// By topic, what came in around this time of day on earlier days.
    pub days: BTreeMap<Name, Vec<DayFlow>>,
}

/// A day's flow counts for moments so near its own time of day.
const SAME_TIME: Span = Span::secs(15 * 60);
const DAY_MS: i64 = 86_400_000;

impl KafkaCluster {
    /// Records per second that come into the topic at this time of day: the median of the days
    /// that are known, and how many they are; None where none is.
    pub fn usual_now(&self, topic: &Name, at: Millis) -> Option<(f64, u8)> {
        let near = |f: &&DayFlow| {
            let off = (at - f.at).0.rem_euclid(DAY_MS);
            off.min(DAY_MS - off) <= SAME_TIME.0 && at - f.at > SAME_TIME
        };
        let mut rates: Vec<f64> =
            self.days.get(topic)?.iter().filter(near).map(|f| f.rate).collect();
        rates.sort_by(f64::total_cmp);
        let middle = rates.len().checked_sub(1)? / 2;
        Some((*rates.get(middle)?, u8::try_from(rates.len()).unwrap_or(u8::MAX)))
    }
}
