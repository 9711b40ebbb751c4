//! What a series is about.

use super::ids::*;
use serde::{Deserialize, Serialize};

/// An entity in a [`super::SeriesTable`] and its clones; meaningless outside them. May be cached:
/// an id is never given to another entity, see [`super::SeriesTable::contains`].
pub type EntityId = u32;

/// The subject of a signal. Flink's own metrics hang on the *run* (a Flink job id), because their
/// counters start anew with it; what is derived for a job (`Edge…`) hangs on the stable key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Entity {
    FlinkCluster {
        cluster: ClusterId,
    },
    JobManager {
        cluster: ClusterId,
    },
    TaskManager {
        cluster: ClusterId,
        id: TaskManagerId,
    },
    Run {
        cluster: ClusterId,
        run: RunId,
    },
    Vertex {
        cluster: ClusterId,
        run: RunId,
        vertex: VertexId,
    },
    Subtask {
        cluster: ClusterId,
        run: RunId,
        vertex: VertexId,
        index: u32,
    },
    /// One operator in one subtask; `operator` is its name, as Kafka sinks report by operator.
    Operator {
        cluster: ClusterId,
        run: RunId,
        vertex: VertexId,
        operator: Name,
        index: u32,
    },
    /// Where one source subtask stands in one partition. `cluster` is the Flink cluster: the
    /// metric does not say which Kafka cluster the topic is in.
    Position {
        cluster: ClusterId,
        run: RunId,
        vertex: VertexId,
        topic: Name,
        partition: i32,
    },
    KafkaCluster {
        cluster: ClusterId,
    },
    Partition {
        topic: TopicId,
        partition: i32,
    },
    Committed {
        group: GroupId,
        topic: Name,
        partition: i32,
    },
    /// A stable job (states, derived figures).
    Job {
        job: JobKey,
    },
    /// Derived: a job reads a topic.
    EdgeRead {
        topic: TopicId,
        job: JobKey,
    },
    /// Derived: a job, from what it has read to what it has handed to its sinks.
    EdgeInside {
        job: JobKey,
    },
    /// Derived: a job writes a topic.
    EdgeWrite {
        job: JobKey,
        topic: TopicId,
    },
    /// Derived: a path of the lineage, by the content-derived id of the path.
    Path {
        id: Name,
    },
    /// A scrape target of ours, by its name.
    Target {
        name: Name,
    },
    /// A base cluster as a whole.
    Base {
        cluster: ClusterId,
    },
    /// One member of it: a server, a node, a queue.
    Member {
        cluster: ClusterId,
        member: Name,
    },
    /// One series that a component's configuration names.
    Metric {
        cluster: ClusterId,
        name: Name,
    },
    Host {
        host: Name,
    },
    /// One file system of a machine.
    Mount {
        host: Name,
        mount: Name,
    },
    /// Anything an exporter tells about that is not Flink's: `component` is the configured name.
    Component {
        component: Name,
        instance: Name,
    },
}

impl Entity {
    /// The job vertex that it is a part of.
    pub fn vertex(&self) -> Option<&VertexId> {
        match self {
            Entity::Vertex { vertex, .. }
            | Entity::Subtask { vertex, .. }
            | Entity::Operator { vertex, .. }
            | Entity::Position { vertex, .. } => Some(vertex),
            _ => None,
        }
    }
}
