//! The lineage by job and by topic, and who was ever named in a cluster: built once per pass, so that
//! a question about one job does not walk over all of them.

use crate::estate::{ChangeKind, ClusterId, Entity, JobKey, Millis, TaskManagerId, TopicId};
use crate::lineage::{Edge, Node, NodeRef};
use crate::snapshot::Snapshot;
use std::collections::{BTreeSet, HashMap};

#[derive(Default)]
pub struct Links<'a> {
    nodes: HashMap<&'a JobKey, &'a Node>,
    of_job: HashMap<&'a JobKey, Vec<&'a Edge>>,
    of_topic: HashMap<&'a TopicId, Vec<&'a Edge>>,
    replicas: HashMap<&'a ClusterId, BTreeSet<i32>>,
    /// TaskManagers that left, and when.
    pub gone: Vec<(&'a ClusterId, &'a TaskManagerId, Millis)>,
}

impl<'a> Links<'a> {
    pub fn of(s: &'a Snapshot) -> Links<'a> {
        let mut links = Links::default();
        for node in &s.lineage.nodes {
            if let NodeRef::Job { job } = &node.node {
                links.nodes.insert(job, node);
            }
        }
        for edge in &s.lineage.edges {
            if let Some((job, topic)) = ends(edge) {
                links.of_job.entry(job).or_default().push(edge);
                links.of_topic.entry(topic).or_default().push(edge);
            }
        }
        for (cluster, kafka) in &s.estate.kafka {
            let partitions = kafka.topics.values().flat_map(|t| &t.partitions);
            let named = partitions.flat_map(|p| &p.replicas).copied().collect();
            links.replicas.insert(cluster, named);
        }
        for change in s.changes.iter().filter(|c| c.kind == ChangeKind::TaskManagerGone) {
            if let Entity::TaskManager { cluster, id } = &change.entity {
                links.gone.push((cluster, id, change.at));
            }
        }
        links
    }

    pub fn node(&self, job: &JobKey) -> Option<&'a Node> {
        self.nodes.get(job).copied()
    }

    /// Between it and topics, in the order of the lineage.
    pub fn of_job(&self, job: &JobKey) -> &[&'a Edge] {
        self.of_job.get(job).map_or(&[], Vec::as_slice)
    }

    pub fn of_topic(&self, topic: &TopicId) -> &[&'a Edge] {
        self.of_topic.get(topic).map_or(&[], Vec::as_slice)
    }

    /// Brokers that hold, or should hold, a replica of anything.
    pub fn replicas(&self, cluster: &ClusterId) -> impl Iterator<Item = i32> {
        self.replicas.get(cluster).into_iter().flatten().copied()
    }
}

/// The job and the topic of an edge that has both.
pub fn ends(edge: &Edge) -> Option<(&JobKey, &TopicId)> {
    match (&edge.from, &edge.to) {
        (NodeRef::Topic { topic }, NodeRef::Job { job })
        | (NodeRef::Job { job }, NodeRef::Topic { topic }) => Some((job, topic)),
        _ => None,
    }
}
