//! The right answer to a fault, in the words that answers are scored by.

use std::fmt;

use serde::Serialize;

use crate::bed::Mode;

/// The right answer: what somebody who understands the estate would say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Label {
    pub name: &'static str,
    /// root cause id of the product's catalogue; a control has none
    pub cause: Option<&'static str>,
    /// cause ids that are as right: the same mechanism, seen from its other end
    pub or_causes: Vec<&'static str>,
    /// the family that says as much as can be known where the discriminator is missing
    pub family: Option<&'static str>,
    /// what it sits in
    pub place: Place,
    /// places that are as right
    pub or_places: Vec<Place>,
    /// jobs, by name, that only suffer from it
    pub victims: Vec<String>,
    /// what follows from it, for people
    pub consequences: Vec<String>,
    /// without the history of such hours, the honest answer is "undetermined" between nothing at all and these
    pub without_history: Vec<&'static str>,
    /// cause ids that would be the worst answer, if given as the root
    pub decoys: Vec<&'static str>,
    /// places that would be the worst answer; every victim is one too
    pub decoy_places: Vec<Place>,
    pub needs: Mode,
}

impl Label {
    /// The label of a fault with the least that every one has; more by `Label { victims, ..Label::fault(…) }`.
    pub fn fault(name: &'static str, cause: &'static str, place: Place) -> Self {
        Label { cause: Some(cause), ..Label::control(name, place) }
    }

    /// A control: nothing is wrong at `place`, and nowhere else.
    pub fn control(name: &'static str, place: Place) -> Self {
        Label {
            name,
            cause: None,
            or_causes: Vec::new(),
            family: None,
            place,
            or_places: Vec::new(),
            victims: Vec::new(),
            consequences: Vec::new(),
            without_history: Vec::new(),
            decoys: Vec::new(),
            decoy_places: Vec::new(),
            needs: Mode::Mini,
        }
    }
}

/// Where something is, in the product's terms, by the names of this estate. An id that is not known before the fault
/// strikes is `None`: then any of its kind is right.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Place {
    Job {
        job: String,
    },
    /// `vertex` is the name of one of its operators
    Vertex {
        job: String,
        vertex: String,
    },
    Subtask {
        job: String,
        vertex: String,
        index: Option<u32>,
    },
    #[serde(rename = "taskmanager")]
    TaskManager {
        id: Option<String>,
    },
    FlinkCluster,
    Topic {
        topic: String,
    },
    Partition {
        topic: String,
        partition: Option<u32>,
    },
    Broker {
        id: Option<u32>,
    },
    KafkaCluster,
    /// what jobs stand on; a bed has one of each
    Zookeeper,
    Hdfs,
    Yarn,
    Component,
}

impl Place {
    pub fn job(job: &str) -> Self {
        Place::Job { job: job.into() }
    }

    pub fn vertex(job: &str, vertex: &str) -> Self {
        Place::Vertex { job: job.into(), vertex: vertex.into() }
    }

    pub fn subtask(job: &str, vertex: &str, index: Option<u32>) -> Self {
        Place::Subtask { job: job.into(), vertex: vertex.into(), index }
    }

    pub fn topic(topic: &str) -> Self {
        Place::Topic { topic: topic.into() }
    }

    pub fn partition(topic: &str, partition: Option<u32>) -> Self {
        Place::Partition { topic: topic.into(), partition }
    }

    pub fn task_manager(id: &str) -> Self {
        Place::TaskManager { id: Some(id.into()) }
    }
}

/// For people.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Job { job } => write!(f, "{job}"),
            Place::Vertex { job, vertex } => write!(f, "{job} / {vertex}"),
            Place::Subtask { job, vertex, index: Some(index) } => {
                write!(f, "{job} / {vertex}, subtask {index}")
            }
            Place::Subtask { job, vertex, index: None } => {
                write!(f, "{job} / {vertex}, one subtask")
            }
            Place::TaskManager { id: Some(id) } => write!(f, "TaskManager {id}"),
            Place::TaskManager { id: None } => write!(f, "one TaskManager"),
            Place::FlinkCluster => write!(f, "the Flink cluster"),
            Place::Topic { topic } => write!(f, "{topic}"),
            Place::Partition { topic, partition: Some(number) } => {
                write!(f, "{topic}, partition {number}")
            }
            Place::Partition { topic, partition: None } => write!(f, "{topic}, one partition"),
            Place::Broker { id: Some(id) } => write!(f, "broker {id}"),
            Place::Broker { id: None } => write!(f, "one broker"),
            Place::KafkaCluster => write!(f, "the Kafka cluster"),
            Place::Zookeeper => write!(f, "ZooKeeper"),
            Place::Hdfs => write!(f, "HDFS"),
            Place::Yarn => write!(f, "YARN"),
            Place::Component => write!(f, "the lookup service"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_written_as_the_product_writes_its_subjects() {
        let json = |place: &Place| serde_json::to_value(place).unwrap();
        assert_eq!(
            json(&Place::subtask("a", "b", Some(1))),
            serde_json::json!({"kind": "subtask", "job": "a", "vertex": "b", "index": 1})
        );
        assert_eq!(
            json(&Place::task_manager("tm-2")),
            serde_json::json!({"kind": "taskmanager", "id": "tm-2"})
        );
        assert_eq!(json(&Place::FlinkCluster), serde_json::json!({"kind": "flink_cluster"}));
    }
}
