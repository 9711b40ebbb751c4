use crate::estate::{JobKey, Millis, Name, Subject};
use crate::past::Usual;
use serde::{Deserialize, Serialize};

/// What can be seen to be wrong before anybody knows why. Closed: shown in the reader's language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SymptomKind {
    /// The data that a job hands on is older than its target, or than its own baseline. s
    Late,
    /// The same of what waits at one read edge. s
    EdgeLate,
    /// The same of a path, end to end. s
    PathLate,
    /// What waits at a read edge grows without end. records
    LagGrows,
    /// The watermark stands while records come. s
    WatermarkStalled,
    /// Far less goes through than before, or nothing. records/s
    ThroughputDropped,
    /// The job was restarted. count
    Restarted,
    /// The job is not RUNNING, or RUNNING without its tasks.
    NotRunning,
    /// No checkpoint completed for too long. s
    CheckpointOld,
    /// Checkpoints fail. count
    CheckpointsFail,
    /// Partitions that nobody reads. count
    PartitionsUnread,
    /// A topic that a job reads or writes is gone, or a position fell out of it.
    InputLost,
    /// What used to come does not come any more. records/s
    InputStopped,
    /// The JobManager does not answer, or is a new one.
    ControlLost,
    /// A Kafka cluster, or the brokers that lead some partitions, do not answer.
    KafkaSilent,
    /// What jobs stand on does not do its work. s
    BaseIll,
    /// Records are dropped as too late for their window. records/s
    RecordsDropped,
    /// A hazard that a rule has found: nothing is late yet.
    Hazard,
}

impl SymptomKind {
    pub const ALL: &'static [SymptomKind] = &[
        SymptomKind::Late,
        SymptomKind::EdgeLate,
        SymptomKind::PathLate,
        SymptomKind::LagGrows,
        SymptomKind::WatermarkStalled,
        SymptomKind::ThroughputDropped,
        SymptomKind::Restarted,
        SymptomKind::NotRunning,
        SymptomKind::CheckpointOld,
        SymptomKind::CheckpointsFail,
        SymptomKind::PartitionsUnread,
        SymptomKind::InputLost,
        SymptomKind::InputStopped,
        SymptomKind::ControlLost,
        SymptomKind::KafkaSilent,
        SymptomKind::BaseIll,
        SymptomKind::RecordsDropped,
        SymptomKind::Hazard,
    ];

    /// As rules (`when`) and the API write it.
    pub const fn name(self) -> &'static str {
        match self {
            SymptomKind::Late => "late",
            SymptomKind::EdgeLate => "edge_late",
            SymptomKind::PathLate => "path_late",
            SymptomKind::LagGrows => "lag_grows",
            SymptomKind::WatermarkStalled => "watermark_stalled",
            SymptomKind::ThroughputDropped => "throughput_dropped",
            SymptomKind::Restarted => "restarted",
            SymptomKind::NotRunning => "not_running",
            SymptomKind::CheckpointOld => "checkpoint_old",
            SymptomKind::CheckpointsFail => "checkpoints_fail",
            SymptomKind::PartitionsUnread => "partitions_unread",
            SymptomKind::InputLost => "input_lost",
            SymptomKind::InputStopped => "input_stopped",
            SymptomKind::ControlLost => "control_lost",
            SymptomKind::KafkaSilent => "kafka_silent",
            SymptomKind::BaseIll => "base_ill",
            SymptomKind::RecordsDropped => "records_dropped",
            SymptomKind::Hazard => "hazard",
        }
    }
}

/// Against what it was held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Against {
    /// A declared target.
    Target,
    /// What was usual here before.
    Baseline,
    /// A fixed bound, named in the code beside its source.
    Bound,
}

/// Something is wrong at `subject` since `onset`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Symptom {
    pub kind: SymptomKind,
    pub subject: Subject,
    /// The job that suffers; None: a cluster, a topic without readers.
    pub job: Option<JobKey>,
    /// A path's id, an edge's topic: what `subject` alone does not say.
    pub what: Option<Name>,
    /// First moment at which it can be seen in the history, not when we noticed.
    pub onset: Millis,
    /// The onset lies before what history shows.
    pub onset_at_least: bool,
    pub value: Option<f64>,
    pub threshold: Option<f64>,
    /// What it was before, in the same unit, where that made the threshold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usual: Option<f64>,
    /// What is usual at this time of day, where it was held against that; in the same unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub season: Option<Usual>,
    pub against: Against,
    /// Per second; positive: getting worse.
    pub trend: Option<f64>,
}

impl Symptom {
    /// The unit of `value`.
    pub fn unit(&self) -> &'static str {
        match self.kind {
            SymptomKind::Late
            | SymptomKind::EdgeLate
            | SymptomKind::PathLate
            | SymptomKind::LagGrows
            | SymptomKind::WatermarkStalled
            | SymptomKind::CheckpointOld => "s",
            SymptomKind::ThroughputDropped
            | SymptomKind::InputStopped
            | SymptomKind::RecordsDropped => "records/s",
            SymptomKind::ControlLost | SymptomKind::KafkaSilent | SymptomKind::BaseIll => "s",
            _ => "count",
        }
    }
}

/// Seen, and no trouble: a planned restart catches up, a quiet night. Said, so that nobody asks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NoTrouble {
    pub subject: Subject,
    pub why: Calm,
    pub since: Millis,
    /// Catch-up: when it will be over at the present speed, s from now.
    pub eta_s: Option<f64>,
    /// Seasonal: what is usual at this time of day; records/s of a topic, s of a job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usual: Option<Usual>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Calm {
    /// Started anew from a savepoint or checkpoint by somebody; the lag falls.
    CatchingUp,
    /// A planned restart is under way.
    PlannedRestart,
    /// An action of ours has stopped it a moment ago, and starts it again.
    UnderRepair,
    /// The same at this time on other days.
    Seasonal,
    /// One checkpoint failed, the next one completed.
    OneCheckpointFailed,
    /// We cannot see: no scrape.
    NotSeen,
    /// Bursts at window ends that drain within a window.
    WindowBurst,
    /// Only the committed offset is old: checkpoints do not complete, the job reads on.
    CommitsOnly,
}
