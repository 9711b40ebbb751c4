//! The lineage graph with the latency of every edge.

use super::likely::Writers;
use crate::estate::{BaseKind, ClusterId, JobKey, Millis, Name, Subject, TopicId, VertexId};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// From what an edge is known. An edge may have several. (Hops inside a job are always known from
/// its plan.)
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum KnownFrom {
    /// KafkaSourceReader's own gauges name the topic.
    ConnectorMetrics,
    /// Committed offsets of a group equal the source's committedOffset gauges.
    GroupOffsets { group: Name },
    /// An ongoing transaction of the job's sink names the topic.
    OpenTransactions { transactional_id: Name },
    /// Inferred: what the sink sent matches what the topic grew by, at `levels` load levels.
    MatchedRates { levels: u32, mismatch: f64 },
    /// An exception of the job names the topic.
    ExceptionText,
    /// The configuration says so.
    Declared,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum NodeRef {
    Job {
        job: JobKey,
    },
    Topic {
        topic: TopicId,
    },
    /// What somebody placed between them; only in a lineage made by [`super::joined`].
    Base {
        base: BaseKind,
        cluster: ClusterId,
    },
}

impl NodeRef {
    /// `job:<cluster>/<key>`, `topic:<cluster>/<topic>` or `component:<name>`: the id in API and
    /// address bar.
    pub fn id(&self) -> String {
        match self {
            NodeRef::Job { job } => format!("job:{job}"),
            NodeRef::Topic { topic } => format!("topic:{topic}"),
            NodeRef::Base { base, cluster } => {
                Subject::Base { base: *base, cluster: cluster.clone() }.to_string()
            }
        }
    }

    /// The job's key, or the topic's or component's name, without the cluster.
    pub fn name(&self) -> &str {
        match self {
            NodeRef::Job { job } => &job.key,
            NodeRef::Topic { topic } => &topic.topic,
            NodeRef::Base { cluster, .. } => cluster.as_str(),
        }
    }
}

/// Against what is declared. Unknown is never good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Normal,
    /// At or over `near` (0.8 by default) of the target.
    Near,
    Over,
    NoTarget,
    Unknown,
}

/// A delay in seconds: age of the oldest record not yet processed there.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// The moment it speaks of.
    pub at: Millis,
    pub seconds: f64,
    /// The record is at least this old; how much older is not known (history starts there).
    pub at_least: bool,
}

/// How the reading was come by; worst first is what people should know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// End-offset history at the reader's own position.
    Position,
    /// End-offset history at the committed offset. While the job runs, too high by up to a checkpoint
    /// interval; while it is down, where it will go on.
    Committed,
    /// Offsets by timestamp (cold start).
    Timestamps,
    /// Records out of one vertex against records into the next.
    Counters,
    /// Last stable offset against the end offset.
    Transactions,
    /// Nothing waits between: one chain of operators.
    Chained,
    Sum,
    /// A figure of a component's own.
    Own,
}

/// Why a delay is not known. Closed, so that it is said in the reader's language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// Neither the job's metrics nor a consumer group say where it stands in the topic.
    NoPosition,
    /// Where it stands was last seen too long ago.
    PositionStale,
    /// The topic's end offsets were never seen: no Kafka address, no rights, no such topic.
    NoEndOffset,
    EndOffsetStale,
    /// No metrics of the job were seen.
    NoMetrics,
    MetricsStale,
    /// The plan is not read yet.
    NoPlan,
    /// The job does not run: nothing goes through it.
    NotRunning,
    /// One vertex feeds several others and the shares cannot be told.
    FanOut,
    /// One of the parts is not known.
    PartUnknown,
    /// A past moment of which no value is kept.
    NotKept,
    /// Nothing measures it: the component has no `delay` here.
    NoMeasure,
    /// The figure that was declared for it has no value.
    NoFigure,
}

/// Time-weighted over the window, seconds; None under half a minute of knowledge. `known` says how
/// much of the window they speak of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Quantiles {
    pub window_s: f64,
    /// Share of the window in which the delay was known.
    pub known: f64,
    pub p50: Option<f64>,
    pub p95: Option<f64>,
    pub p99: Option<f64>,
}

impl Delay {
    pub fn unknown(why: Why) -> Delay {
        Delay {
            now: None,
            method: None,
            unknown: Some(why),
            quantiles: Quantiles::default(),
            trend: None,
            topic_wait: None,
            inside_wait: None,
            window_wait: None,
            commit_wait: None,
            window_span: None,
            records: None,
            rate: None,
            target_s: None,
            status: Status::Unknown,
        }
    }

    pub fn seconds(&self) -> Option<f64> {
        self.now.map(|r| r.seconds)
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Delay {
    /// None: unknown, and `unknown` says why.
    pub now: Option<Reading>,
    pub method: Option<Method>,
    pub unknown: Option<Why>,
    pub quantiles: Quantiles,
    /// Seconds per second; positive: getting later.
    pub trend: Option<f64>,
    /// Its two parts, s: how long the oldest record had waited in the topic, and how long it has
    /// been inside the reading job on its way to the sinks.
    pub topic_wait: Option<f64>,
    pub inside_wait: Option<f64>,
    /// Told apart from trouble, s: how long results wait for their watermark after the window has
    /// ended, and what waits for a transaction to commit.
    pub window_wait: Option<f64>,
    pub commit_wait: Option<f64>,
    /// Length of the longest window on the way, s: its first records wait that much longer.
    pub window_span: Option<f64>,
    /// Records that wait.
    pub records: Option<f64>,
    /// Records per second in.
    pub rate: Option<f64>,
    pub target_s: Option<f64>,
    pub status: Status,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EdgeKind {
    /// topic -> job: waiting in the topic, then inside the job until its sinks.
    Reads,
    /// job -> topic: from the sink to a visible record (commit wait of an exactly-once sink).
    Writes,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Edge {
    pub from: NodeRef,
    pub to: NodeRef,
    pub kind: EdgeKind,
    pub known_from: Vec<KnownFrom>,
    pub groups: Vec<Name>,
    pub delay: Delay,
    /// The vertex of the job that reads or writes.
    pub vertex: Option<VertexId>,
    /// Partitions that no reader has a position in, though the topic has them.
    pub unread_partitions: Vec<i32>,
}

/// What happens inside one job, between its sources and its sinks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hop {
    pub from: VertexId,
    pub to: VertexId,
    pub ship: Name,
    pub delay: Delay,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Node {
    pub node: NodeRef,
    pub layer: Option<Name>,
    pub group: Option<Name>,
    /// A job: along its slowest chain of vertices. A topic: None.
    pub inside: Option<Delay>,
    /// A job: age of the data when it leaves, whoever made it late: its targets are held against
    /// this. A topic: None.
    pub total: Option<Delay>,
    /// Of `total`, what arises in this job and the topics it reads, s.
    pub own: Option<f64>,
    pub hops: Vec<Hop>,
    /// Worst of its edges, its inside and its paths.
    pub status: Status,
    /// The delay arises here: its own delay is over or near and no upstream explains it.
    pub arises: bool,
    /// Late only because an upstream is.
    pub inherits: bool,
    /// Placed by the layout: column from the left, row within it.
    pub column: u32,
    pub row: u32,
}

/// From a first node to a last one, end to end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Path {
    /// Derived from its nodes.
    pub id: Name,
    pub nodes: Vec<NodeRef>,
    pub delay: Delay,
    /// Where most of it is spent: index into `nodes` (a job: inside; a topic: waiting there).
    pub slowest: Option<usize>,
    /// Declared by configuration, else found.
    pub declared: bool,
}

/// What the lineage cannot show, and what would open the eye.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Blind {
    pub node: Option<NodeRef>,
    pub kind: BlindKind,
    /// Names that the kind speaks of: operators, partitions.
    pub detail: String,
}

/// Closed, so that page and command line say it in the reader's language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BlindKind {
    /// A sink whose topic nothing tells yet: declare it, or wait for a match of rates.
    SinkTopic,
    /// The job runs but no metrics of it were seen: give its Prometheus endpoint.
    NoMetrics,
    /// The job reads topics of a Kafka cluster that we do not ask: give `--kafka`.
    NoKafka,
    /// A topic that the job reads is not visible to us on its cluster: rights?
    TopicInvisible,
    /// Partitions that the job has no position in.
    UnreadPartitions,
    /// Several runs share a name and nothing configured tells them apart.
    AmbiguousIdentity,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Lineage {
    pub at: Millis,
    pub nodes: Vec<Node>,
    pub edges: Vec<Edge>,
    pub paths: Vec<Path>,
    pub blind: Vec<Blind>,
    /// Paths that have a target and of which no way is known: from, to, s.
    #[serde(skip)]
    pub untraced: Vec<(Name, Name, f64)>,
    /// Who may write the topics that no edge names a writer of. Decides, and is not shown.
    #[serde(skip)]
    pub likely: Arc<Writers>,
    /// As they are declared, in the order of the flow: for drawing.
    #[serde(skip)]
    pub layers: Vec<Name>,
}
