//! What can be ill: the place that a symptom, a rule or a diagnosis speaks of. Unlike an
//! [`super::Entity`] it survives restarts: a job's subject stays while its Flink job ids change.

use super::{BaseKind, ClusterId, JobKey, Name, TaskManagerId, TopicId, VertexId};
use serde::{Deserialize, Serialize};
use std::fmt;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Subject {
    Job {
        job: JobKey,
    },
    Vertex {
        job: JobKey,
        vertex: VertexId,
    },
    Subtask {
        job: JobKey,
        vertex: VertexId,
        index: u32,
    },
    TaskManager {
        cluster: ClusterId,
        id: TaskManagerId,
    },
    /// A Flink cluster: its JobManager, its slots.
    FlinkCluster {
        cluster: ClusterId,
    },
    Topic {
        topic: TopicId,
    },
    Partition {
        topic: TopicId,
        partition: i32,
    },
    Broker {
        cluster: ClusterId,
        id: i32,
    },
    KafkaCluster {
        cluster: ClusterId,
    },
    /// A machine that processes run on, by its name in TaskManager addresses.
    Host {
        host: Name,
    },
    /// A ZooKeeper, an HDFS, a YARN or a component, as a whole.
    Base {
        base: BaseKind,
        cluster: ClusterId,
    },
    /// One member of it.
    Member {
        cluster: ClusterId,
        member: Name,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubjectKind {
    Job,
    Vertex,
    Subtask,
    TaskManager,
    FlinkCluster,
    Topic,
    Partition,
    Broker,
    KafkaCluster,
    Host,
    Zookeeper,
    Hdfs,
    Yarn,
    Component,
    Member,
}

impl SubjectKind {
    /// As rules and the API write it.
    pub const fn name(self) -> &'static str {
        match self {
            SubjectKind::Job => "job",
            SubjectKind::Vertex => "vertex",
            SubjectKind::Subtask => "subtask",
            SubjectKind::TaskManager => "taskmanager",
            SubjectKind::FlinkCluster => "flink_cluster",
            SubjectKind::Topic => "topic",
            SubjectKind::Partition => "partition",
            SubjectKind::Broker => "broker",
            SubjectKind::KafkaCluster => "kafka_cluster",
            SubjectKind::Host => "host",
            SubjectKind::Zookeeper => "zookeeper",
            SubjectKind::Hdfs => "hdfs",
            SubjectKind::Yarn => "yarn",
            SubjectKind::Component => "component",
            SubjectKind::Member => "member",
        }
    }
}

impl Subject {
    pub fn kind(&self) -> SubjectKind {
        match self {
            Subject::Job { .. } => SubjectKind::Job,
            Subject::Vertex { .. } => SubjectKind::Vertex,
            Subject::Subtask { .. } => SubjectKind::Subtask,
            Subject::TaskManager { .. } => SubjectKind::TaskManager,
            Subject::FlinkCluster { .. } => SubjectKind::FlinkCluster,
            Subject::Topic { .. } => SubjectKind::Topic,
            Subject::Partition { .. } => SubjectKind::Partition,
            Subject::Broker { .. } => SubjectKind::Broker,
            Subject::KafkaCluster { .. } => SubjectKind::KafkaCluster,
            Subject::Host { .. } => SubjectKind::Host,
            Subject::Base { base, .. } => base.subject(),
            Subject::Member { .. } => SubjectKind::Member,
        }
    }

    /// The cluster that it is in; a machine belongs to none that its name would tell.
    pub fn cluster(&self) -> Option<&ClusterId> {
        match self {
            Subject::Job { job } | Subject::Vertex { job, .. } | Subject::Subtask { job, .. } => {
                Some(&job.cluster)
            }
            Subject::Topic { topic } | Subject::Partition { topic, .. } => Some(&topic.cluster),
            Subject::TaskManager { cluster, .. }
            | Subject::FlinkCluster { cluster }
            | Subject::Broker { cluster, .. }
            | Subject::KafkaCluster { cluster }
            | Subject::Base { cluster, .. }
            | Subject::Member { cluster, .. } => Some(cluster),
            Subject::Host { .. } => None,
        }
    }

    /// The job that it is a part of.
    pub fn job(&self) -> Option<&JobKey> {
        match self {
            Subject::Job { job } | Subject::Vertex { job, .. } | Subject::Subtask { job, .. } => {
                Some(job)
            }
            _ => None,
        }
    }
}

/// `<kind>:<path>`, the id in the API; stable across restarts.
impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.kind().name())?;
        match self {
            Subject::Job { job } => write!(f, "{job}"),
            Subject::Vertex { job, vertex } => write!(f, "{job}/{vertex}"),
            Subject::Subtask { job, vertex, index } => write!(f, "{job}/{vertex}/{index}"),
            Subject::TaskManager { cluster, id } => write!(f, "{cluster}/{id}"),
            Subject::FlinkCluster { cluster }
            | Subject::KafkaCluster { cluster }
            | Subject::Base { cluster, .. } => write!(f, "{cluster}"),
            Subject::Member { cluster, member } => write!(f, "{cluster}/{member}"),
            Subject::Topic { topic } => write!(f, "{topic}"),
            Subject::Partition { topic, partition } => write!(f, "{topic}/{partition}"),
            Subject::Broker { cluster, id } => write!(f, "{cluster}/{id}"),
            Subject::Host { host } => f.write_str(host),
        }
    }
}
