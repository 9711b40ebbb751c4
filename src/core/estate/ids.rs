//! Names that stay the same. A *job* is the logical job, one identity across Flink job ids,
//! attempts and restarts; its *run* is one Flink job id.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// Text that came from the estate or the configuration; cheap to clone. It is hostile: show it
/// through [`crate::estate::plain`] on a terminal, as text on a page.
pub type Name = Arc<str>;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Name);
        impl $name {
            pub fn new(s: impl Into<Name>) -> Self {
                Self(s.into())
            }
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id!(/// A Flink or Kafka cluster, by its configured name.
    ClusterId);
id!(/// One Flink job id (32 hex digits): a run of a job.
    RunId);
id!(/// A job vertex id; stable for the same topology but not unique between jobs.
    VertexId);
id!(/// A TaskManager's resource id (on YARN the container id).
    TaskManagerId);

/// The stable identity of a logical job: its cluster and its key there. The key is the job's name
/// where that is unique in the cluster, else what `flink[].identity` configures; runs that share
/// a name without a configured key are `Job::ambiguous`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct JobKey {
    pub cluster: ClusterId,
    pub key: Name,
}

impl JobKey {
    pub fn new(cluster: &ClusterId, key: impl Into<Name>) -> JobKey {
        JobKey { cluster: cluster.clone(), key: key.into() }
    }
}
impl fmt::Display for JobKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.cluster, self.key)
    }
}

/// A topic of one Kafka cluster.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TopicId {
    pub cluster: ClusterId,
    pub topic: Name,
}

impl TopicId {
    pub fn new(cluster: &ClusterId, topic: impl Into<Name>) -> TopicId {
        TopicId { cluster: cluster.clone(), topic: topic.into() }
    }

    /// By its name alone, or with its Kafka cluster before it.
    pub fn is_called(&self, named: &str) -> bool {
        match named.split_once('/') {
            Some((cluster, name)) => cluster == self.cluster.as_str() && *name == *self.topic,
            None => *named == *self.topic,
        }
    }
}
impl fmt::Display for TopicId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.cluster, self.topic)
    }
}

/// A consumer group of one Kafka cluster.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct GroupId {
    pub cluster: ClusterId,
    pub group: Name,
}

impl GroupId {
    pub fn new(cluster: &ClusterId, group: impl Into<Name>) -> GroupId {
        GroupId { cluster: cluster.clone(), group: group.into() }
    }
}
impl fmt::Display for GroupId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.cluster, self.group)
    }
}
