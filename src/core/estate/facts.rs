//! Structured statements about the estate, as a collector hands them over. A fact is complete in
//! itself: a list says who is there, so that absence is seen. Absent numbers are `None`, never 0.

use super::base::{Application, BaseFact, HostFact};
use super::probed::*;
use super::{Answering, BrokerAnswer};
use super::{ClusterId, Millis, Name, RunId, TaskManagerId, TopicId, VertexId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The flow into a topic on an earlier day.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct DayFlow {
    /// Middle of the ten minutes that were looked at.
    pub at: Millis,
    /// Records per second.
    pub rate: f64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "fact", rename_all = "snake_case")]
pub enum Fact {
    /// `/overview` and `/config`.
    FlinkOverview(FlinkOverview),
    /// `/jobs/overview`: every job that this JobManager knows.
    Jobs {
        cluster: ClusterId,
        jobs: Vec<JobSummary>,
    },
    /// `/jobs/:id`, with the plan.
    JobDetail(JobDetail),
    /// `/jobs/:id/config` and `/jobs/:id/checkpoints/config`, flattened; keys in Flink's words.
    JobConfig {
        cluster: ClusterId,
        run: RunId,
        entries: BTreeMap<String, String>,
    },
    /// `/jobmanager/config`, as far as an inspection asks for it; keys in Flink's words.
    ClusterConfig {
        cluster: ClusterId,
        entries: BTreeMap<String, String>,
    },
    Checkpoints(CheckpointStats),
    /// `/jobs/:id/exceptions`, newest first.
    Exceptions {
        cluster: ClusterId,
        run: RunId,
        entries: Vec<ExceptionEntry>,
    },
    /// `/taskmanagers`: all that are registered.
    TaskManagers {
        cluster: ClusterId,
        list: Vec<TaskManager>,
    },
    /// Which TaskManager one subtask runs on.
    Placement {
        cluster: ClusterId,
        run: RunId,
        vertex: VertexId,
        index: u32,
        taskmanager: TaskManagerId,
    },
    /// A Kafka address read in a TaskManager's log head (`bootstrap.servers` of a client dump),
    /// with the consumer group where the dump names one.
    KafkaAddress {
        cluster: ClusterId,
        bootstrap: Name,
        groups: Vec<Name>,
    },
    KafkaCluster(KafkaOverview),
    /// Every topic that we may see, internal ones left out.
    Topics {
        cluster: ClusterId,
        topics: Vec<TopicFact>,
    },
    /// Every group that we may see, with the topics it has committed offsets for.
    Groups {
        cluster: ClusterId,
        groups: Vec<GroupFact>,
    },
    /// Transactions, where the broker lets us list them.
    Transactions {
        cluster: ClusterId,
        list: Vec<TransactionFact>,
    },
    /// What lies on the disks of the brokers that told it.
    LogDirs {
        cluster: ClusterId,
        brokers: Vec<BrokerDirs>,
    },
    /// ListOffsets by timestamp at a cold start: when each offset was reached (record times).
    OffsetsAt {
        topic: TopicId,
        partition: i32,
        points: Vec<(Millis, i64)>,
    },
    /// What came into a topic at this time of day on the days before, by record times.
    DayFlows {
        topic: TopicId,
        flows: Vec<DayFlow>,
    },
    /// How each broker that was asked met the question; told when that changes, and each 5 s.
    BrokerAnswers {
        cluster: ClusterId,
        brokers: Vec<BrokerAnswer>,
    },
    /// How the process behind a metrics address met the question, for the TaskManagers that it
    /// told about when it last answered.
    TaskManagerAnswers {
        cluster: ClusterId,
        taskmanagers: Vec<TaskManagerId>,
        answering: Answering,
        error: Option<Name>,
    },
    /// Topics that jobs use and that the list of all topics lacks, asked by name. Both empty: none
    /// is missing.
    TopicsHidden {
        cluster: ClusterId,
        /// TOPIC_AUTHORIZATION_FAILED: we may not describe them.
        denied: Vec<Name>,
        /// UNKNOWN_TOPIC_OR_PARTITION: there is none, or it is another cluster's.
        unknown: Vec<Name>,
    },
    ThreadDump(ThreadDump),
    FlameGraph(FlameGraph),
    CheckpointDetail(CheckpointDetail),
    LogTail(LogTail),
    Topic(TopicAnswer),
    /// Everybody who is in a base cluster.
    Base(BaseFact),
    /// Applications of a YARN; told after its [`Fact::Base`].
    Applications {
        cluster: ClusterId,
        list: Vec<Application>,
    },
    Host(HostFact),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlinkOverview {
    pub cluster: ClusterId,
    pub version: Name,
    pub commit: Option<Name>,
    pub taskmanagers: u32,
    pub slots_total: u32,
    pub slots_available: u32,
    /// Flink's REST does not tell when the JobManager's process began. None: it is the first one
    /// that we met; else when we first saw the one that took its place.
    pub jobmanager_started: Option<Millis>,
}

/// Flink's JobStatus; `Unknown` keeps what a later version may say.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum JobState {
    Initializing,
    Created,
    Running,
    Failing,
    Failed,
    Cancelling,
    Canceled,
    Finished,
    Restarting,
    Suspended,
    Reconciling,
    #[serde(untagged)]
    Unknown(Name),
}

impl JobState {
    /// The value of `Signal::JobStateCode`. Never renumbered: history is kept by it.
    pub fn code(&self) -> u8 {
        match self {
            JobState::Initializing => 1,
            JobState::Created => 2,
            JobState::Running => 3,
            JobState::Failing => 4,
            JobState::Failed => 5,
            JobState::Cancelling => 6,
            JobState::Canceled => 7,
            JobState::Finished => 8,
            JobState::Restarting => 9,
            JobState::Suspended => 10,
            JobState::Reconciling => 11,
            JobState::Unknown(_) => 99,
        }
    }
    /// The run will not go on by itself: FAILED, CANCELED, FINISHED. (SUSPENDED may be recovered.)
    pub fn is_terminal(&self) -> bool {
        matches!(self, JobState::Failed | JobState::Canceled | JobState::Finished)
    }

    /// Flink's own word.
    pub fn as_str(&self) -> &str {
        match self {
            JobState::Initializing => "INITIALIZING",
            JobState::Created => "CREATED",
            JobState::Running => "RUNNING",
            JobState::Failing => "FAILING",
            JobState::Failed => "FAILED",
            JobState::Cancelling => "CANCELLING",
            JobState::Canceled => "CANCELED",
            JobState::Finished => "FINISHED",
            JobState::Restarting => "RESTARTING",
            JobState::Suspended => "SUSPENDED",
            JobState::Reconciling => "RECONCILING",
            JobState::Unknown(s) => s,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobSummary {
    pub run: RunId,
    pub name: Name,
    pub state: JobState,
    pub start: Millis,
    /// None while it runs.
    pub end: Option<Millis>,
    pub last_modification: Option<Millis>,
    /// Task counts by Flink's execution state in lower case ("running", "scheduled", ...).
    pub tasks: BTreeMap<String, u32>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JobDetail {
    pub cluster: ClusterId,
    pub run: RunId,
    pub name: Name,
    pub state: JobState,
    pub start: Millis,
    /// The JobManager's clock at the answer.
    pub now: Option<Millis>,
    pub max_parallelism: Option<u32>,
    /// "Default", "Adaptive", ... where the version says it (2.x).
    pub scheduler: Option<Name>,
    /// In topological order, sources first.
    pub vertices: Vec<Vertex>,
    /// By content: node ids, descriptions without literals, edges and ship strategies;
    /// parallelism is left out, so that a rescale is not a new plan.
    pub plan_hash: Name,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Vertex {
    pub id: VertexId,
    pub name: Name,
    pub parallelism: u32,
    pub max_parallelism: Option<u32>,
    /// Flink's execution state of the vertex, upper case.
    pub status: Name,
    /// The plan's description, `<br/>` turned to line breaks; names operators, SQL tables, windows.
    pub description: Name,
    pub inputs: Vec<VertexInput>,
    pub tasks: BTreeMap<String, u32>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VertexInput {
    pub from: VertexId,
    /// HASH, FORWARD, REBALANCE, RESCALE, BROADCAST, GLOBAL, ...
    pub ship: Name,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CheckpointStats {
    pub cluster: ClusterId,
    pub run: RunId,
    pub completed: Option<u64>,
    pub failed: Option<u64>,
    pub in_progress: Option<u64>,
    pub restored: Option<u64>,
    /// Newest first, as Flink keeps them.
    pub history: Vec<Checkpoint>,
    pub latest_completed: Option<Checkpoint>,
    pub latest_restored: Option<RestoredCheckpoint>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Checkpoint {
    pub id: u64,
    /// COMPLETED, IN_PROGRESS, FAILED.
    pub status: Name,
    pub savepoint: bool,
    pub triggered: Millis,
    pub latest_ack: Option<Millis>,
    pub duration_ms: Option<u64>,
    /// Full size of the state, bytes.
    pub state_size: Option<u64>,
    /// What this checkpoint wrote, bytes.
    pub checkpointed_size: Option<u64>,
    pub acknowledged: Option<u32>,
    pub subtasks: Option<u32>,
    pub external_path: Option<Name>,
    pub failure: Option<Name>,
    pub unaligned: Option<bool>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestoredCheckpoint {
    pub id: u64,
    pub at: Millis,
    pub savepoint: bool,
    pub external_path: Option<Name>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExceptionEntry {
    pub at: Millis,
    /// The class, e.g. `org.apache.flink.runtime.JobException`.
    pub class: Name,
    /// The stack trace, capped at 16 KiB.
    pub stack: Name,
    pub task: Option<Name>,
    pub endpoint: Option<Name>,
    pub taskmanager: Option<TaskManagerId>,
    pub concurrent: Vec<ExceptionEntry>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TaskManager {
    pub id: TaskManagerId,
    /// Host of its RPC path.
    pub host: Option<Name>,
    /// host:port of its RPC path.
    #[serde(default)]
    pub rpc: Option<Name>,
    pub data_port: Option<u32>,
    pub slots: Option<u32>,
    pub free_slots: Option<u32>,
    pub last_heartbeat: Option<Millis>,
    pub cpu_cores: Option<f64>,
    pub physical_memory: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KafkaOverview {
    pub cluster: ClusterId,
    pub kafka_id: Option<Name>,
    pub controller: Option<i32>,
    pub brokers: Vec<Broker>,
    /// It has no ZooKeeper: the controller that its brokers name is any of them, and not told.
    #[serde(default)]
    pub kraft: Option<bool>,
    /// The release that its brokers' levels tell; two during an upgrade. None: they tell none.
    #[serde(default)]
    pub release: Option<Name>,
}

/// DescribeLogDirs of one broker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BrokerDirs {
    pub id: i32,
    pub dirs: Vec<LogDir>,
    /// Bytes of each topic's replicas there.
    pub topics: BTreeMap<Name, u64>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogDir {
    pub path: Name,
    /// Kafka's word for why it cannot be used.
    pub error: Option<Name>,
    /// Bytes of the volume that it is on, since Kafka 3.3.
    pub total: Option<u64>,
    /// Bytes of it that are free.
    pub free: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Broker {
    pub id: i32,
    pub host: Name,
    pub port: i32,
    pub rack: Option<Name>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TopicFact {
    pub name: Name,
    /// Kafka's id of it: another one after it was deleted and made anew. Since Kafka 2.8.
    #[serde(default)]
    pub id: Option<Name>,
    pub partitions: Vec<PartitionFact>,
    /// retention.ms, retention.bytes, cleanup.policy, message.timestamp.type, min.insync.replicas;
    /// absent where we may not describe the configuration.
    pub config: BTreeMap<String, String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartitionFact {
    pub id: i32,
    pub leader: Option<i32>,
    pub replicas: Vec<i32>,
    pub isr: Vec<i32>,
    /// Producers with state on this partition (DescribeProducers); bounds the transaction markers.
    pub producers: Option<u32>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupFact {
    pub group: Name,
    pub state: Name,
    pub members: Option<u32>,
    /// Topics with committed offsets.
    pub topics: Vec<Name>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransactionFact {
    pub transactional_id: Name,
    pub state: Name,
    pub producer_id: i64,
    /// Topics of an Ongoing one.
    pub topics: Vec<Name>,
    pub started: Option<Millis>,
}
