//! What changed in the estate: facts from the first day, found by comparing facts.

use super::{Entity, Millis};
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// A job we had not seen before.
    JobAppeared,
    /// The job is no longer listed by its JobManager (or a new JobManager life forgot it).
    JobGone,
    /// A new Flink job id under the same stable identity.
    NewRun,
    JobState,
    Plan,
    Parallelism,
    /// An entry of the job's or checkpoint configuration.
    Configuration,
    /// numRestarts rose (across JobManager lives); without figures: a JobManager took the run up anew.
    Restarted,
    JobManagerLife,
    FlinkVersion,
    TaskManagerAppeared,
    TaskManagerGone,
    TopicAppeared,
    TopicGone,
    PartitionsAdded,
    TopicConfiguration,
    BrokerAppeared,
    BrokerGone,
    ControllerMoved,
    /// The same name with another id: deleted and made anew.
    TopicRecreated,
    /// The JobManager had lost it, and it came back at the same addresses.
    TaskManagerReturned,
    /// The same id at other addresses: another process.
    TaskManagerReplaced,
    /// A member of a base cluster is in another state: a new leader, a node that was lost.
    MemberState,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// When it happened, where the estate says so (a start time); else when we saw it.
    pub at: Millis,
    pub seen: Millis,
    pub entity: Entity,
    pub kind: ChangeKind,
    /// What it was about, where the kind has several: the option's name, the vertex.
    pub what: Option<String>,
    pub from: Option<String>,
    pub to: Option<String>,
}
