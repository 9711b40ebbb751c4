//! The right answer to a recording, where somebody knows it.

use serde::{Deserialize, Serialize};
use streamwarden_core::estate::{BaseKind, Estate, JobKey, Millis, Name, Subject, VertexId};

/// Who knows: a test bed that injected the fault, or a person who corrected a diagnosis.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Story {
    /// What was done, in its own name.
    pub fault: String,
    #[serde(default)]
    pub seed: Option<u64>,
    /// Cause of the catalogue; None: nothing is wrong.
    #[serde(default)]
    pub cause: Option<Name>,
    /// Causes that are as right.
    #[serde(default)]
    pub or_causes: Vec<Name>,
    /// Right where the cause cannot be told.
    #[serde(default)]
    pub family: Option<Name>,
    #[serde(default)]
    pub place: Option<Place>,
    #[serde(default)]
    pub or_places: Vec<Place>,
    /// Jobs, by name, that only suffer.
    #[serde(default)]
    pub victims: Vec<Name>,
    /// Causes that must not be named as the root.
    #[serde(default)]
    pub decoys: Vec<Name>,
    /// Places that must not be named; every victim is one too.
    #[serde(default)]
    pub decoy_places: Vec<Place>,
    #[serde(default)]
    pub injected: Option<Millis>,
    #[serde(default)]
    pub healed: Option<Millis>,
    /// Hash of the code that did it: a recording of something else proves nothing.
    #[serde(default)]
    pub source: Option<String>,
}

/// A place by the names that people use; `None` stands for any.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Place {
    Job {
        job: Name,
    },
    /// `vertex`: the name of one of its operators.
    Vertex {
        job: Name,
        vertex: Name,
    },
    Subtask {
        job: Name,
        vertex: Name,
        index: Option<u32>,
    },
    #[serde(rename = "taskmanager")]
    TaskManager {
        id: Option<Name>,
    },
    FlinkCluster,
    Topic {
        topic: Name,
    },
    Partition {
        topic: Name,
        partition: Option<i32>,
    },
    Broker {
        id: Option<i32>,
    },
    KafkaCluster,
    Zookeeper,
    Hdfs,
    Yarn,
    Component,
}

impl Place {
    /// Whether a subject of the estate is this place.
    pub fn is(&self, subject: &Subject, estate: &Estate) -> bool {
        match (self, subject) {
            (Place::Job { job }, Subject::Job { job: key }) => named(estate, key, job),
            (Place::Vertex { job, vertex }, Subject::Vertex { job: key, vertex: id }) => {
                named(estate, key, job) && has_operator(estate, key, id, vertex)
            }
            (
                Place::Subtask { job, vertex, index },
                Subject::Subtask { job: key, vertex: id, index: i },
            ) => {
                named(estate, key, job)
                    && has_operator(estate, key, id, vertex)
                    && index.is_none_or(|n| n == *i)
            }
            (Place::TaskManager { id }, Subject::TaskManager { id: is, .. }) => {
                id.as_ref().is_none_or(|id| **id == *is.0)
            }
            (Place::FlinkCluster, Subject::FlinkCluster { .. })
            | (Place::KafkaCluster, Subject::KafkaCluster { .. }) => true,
            (Place::Zookeeper, Subject::Base { base, .. }) => *base == BaseKind::Zookeeper,
            (Place::Hdfs, Subject::Base { base, .. }) => *base == BaseKind::Hdfs,
            (Place::Yarn, Subject::Base { base, .. }) => *base == BaseKind::Yarn,
            (Place::Component, Subject::Base { base, .. }) => *base == BaseKind::Component,
            (Place::Topic { topic }, Subject::Topic { topic: is }) => *topic == is.topic,
            (
                Place::Partition { topic, partition },
                Subject::Partition { topic: is, partition: n },
            ) => *topic == is.topic && partition.is_none_or(|p| p == *n),
            (Place::Broker { id }, Subject::Broker { id: is, .. }) => id.is_none_or(|id| id == *is),
            _ => false,
        }
    }

    /// The job that it is a part of.
    pub fn job(&self) -> Option<&Name> {
        match self {
            Place::Job { job } | Place::Vertex { job, .. } | Place::Subtask { job, .. } => {
                Some(job)
            }
            _ => None,
        }
    }
}

fn named(estate: &Estate, key: &JobKey, name: &Name) -> bool {
    key.key == *name || estate.jobs.get(key).is_some_and(|j| j.name == *name)
}

/// A vertex's name is its chain of operators: `Source: orders -> Enrich`.
fn has_operator(estate: &Estate, key: &JobKey, id: &VertexId, operator: &str) -> bool {
    let detail = estate.jobs.get(key).and_then(|j| j.run.detail.as_ref());
    let vertex = detail.and_then(|(_, d)| d.vertices.iter().find(|v| v.id == *id));
    let word = |c: char| c.is_alphanumeric() || c == '_';
    vertex.is_some_and(|v| {
        v.name.match_indices(operator).any(|(at, _)| {
            let before = v.name[..at].chars().next_back();
            let after = v.name[at + operator.len()..].chars().next();
            !before.is_some_and(word) && !after.is_some_and(word)
        })
    })
}
