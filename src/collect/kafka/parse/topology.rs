//! Metadata: brokers, topics, who leads what.

use super::super::requests::Partitions;
use super::{Caps, Faults, TOPIC_NAME_MOST};
use kafka_protocol::ResponseError;
use kafka_protocol::messages::MetadataResponse;
use kafka_protocol::messages::metadata_response::{
    MetadataResponsePartition as RawPartition, MetadataResponseTopic as RawTopic,
};
use std::collections::BTreeMap;
use streamwarden_core::estate::{
    Broker, ClusterId, GapReason, KafkaOverview, Name, PartitionFact, TopicFact,
};

#[derive(Clone, Debug, PartialEq)]
pub struct Topology {
    pub overview: KafkaOverview,
    /// By name; without configuration.
    pub topics: Vec<TopicFact>,
    /// What each broker leads.
    pub leaders: BTreeMap<i32, Partitions>,
    /// Partitions that nobody leads, topics that cannot be described.
    pub faults: Faults,
    /// What was over a cap.
    pub left_out: Vec<GapReason>,
    /// Bits of what we may do with the cluster, where the version tells.
    pub cluster_rights: Option<i32>,
    pub under_replicated: u32,
}

/// `kraft`: the controller that a KRaft broker names is any broker by lot, so it is not told.
pub fn topology(cluster: &ClusterId, raw: MetadataResponse, kraft: bool, caps: Caps) -> Topology {
    let mut left_out = Vec::new();
    let brokers = brokers(&raw, caps, &mut left_out);
    let rights = raw.cluster_authorized_operations;
    let mut faults = Faults::default();
    let topics = topics(raw.topics, caps, &mut faults, &mut left_out);
    let mut leaders: BTreeMap<i32, Partitions> = BTreeMap::new();
    let mut under_replicated = 0;
    for topic in &topics {
        for partition in &topic.partitions {
            under_replicated += u32::from(partition.isr.len() < partition.replicas.len());
            match partition.leader.filter(|id| brokers.iter().any(|b| b.id == *id)) {
                Some(id) => lead(leaders.entry(id).or_default(), &topic.name, partition.id),
                None => faults.add(ResponseError::LeaderNotAvailable.code(), || {
                    format!("{}-{}", topic.name, partition.id)
                }),
            }
        }
    }
    let controller = Some(raw.controller_id.0).filter(|id| *id >= 0 && !kraft);
    let kafka_id = raw.cluster_id.map(|id| Name::from(&*id));
    let kraft = Some(kraft);
    // whoever holds the links knows
    let release = None;
    let cluster = cluster.clone();
    let overview = KafkaOverview { cluster, kafka_id, controller, brokers, kraft, release };
    let cluster_rights = Some(rights).filter(|bits| *bits != i32::MIN);
    Topology { overview, topics, leaders, faults, left_out, cluster_rights, under_replicated }
}

fn brokers(raw: &MetadataResponse, caps: Caps, left_out: &mut Vec<GapReason>) -> Vec<Broker> {
    let mut brokers: Vec<Broker> = raw
        .brokers
        .iter()
        .map(|b| Broker {
            id: b.node_id.0,
            host: Name::from(&*b.host),
            port: b.port,
            rack: b.rack.as_ref().map(|r| Name::from(&**r)),
        })
        .collect();
    brokers.sort_by_key(|b| b.id);
    brokers.dedup_by_key(|b| b.id);
    over(brokers.len(), caps.brokers, "brokers", left_out);
    brokers.truncate(caps.brokers);
    brokers
}

fn topics(
    raw: Vec<RawTopic>,
    caps: Caps,
    faults: &mut Faults,
    left_out: &mut Vec<GapReason>,
) -> Vec<TopicFact> {
    let mut kept = Vec::new();
    let (mut seen, mut seen_partitions) = (0, 0);
    let mut raw: Vec<(Name, RawTopic)> = raw
        .into_iter()
        .filter_map(|t| t.name.as_ref().map(|n| Name::from(&***n)).map(|n| (n, t)))
        .filter(|(n, t)| !t.is_internal && !n.starts_with("__") && n.len() <= TOPIC_NAME_MOST)
        .collect();
    // the same topics are kept at every look
    raw.sort_by(|a, b| a.0.cmp(&b.0));
    raw.dedup_by(|a, b| a.0 == b.0);
    let mut partitions_kept = 0;
    for (name, topic) in raw {
        seen += 1;
        seen_partitions += topic.partitions.len();
        if topic.error_code != 0 {
            faults.add(topic.error_code, || name.to_string());
        }
        if kept.len() < caps.topics && partitions_kept + topic.partitions.len() <= caps.partitions {
            partitions_kept += topic.partitions.len();
            kept.push(TopicFact {
                name,
                id: (!topic.topic_id.is_nil()).then(|| topic.topic_id.to_string().into()),
                partitions: partitions(topic.partitions),
                config: BTreeMap::new(),
            });
        }
    }
    over(seen, caps.topics, "topics", left_out);
    over(seen_partitions, caps.partitions, "partitions", left_out);
    kept
}

fn partitions(raw: Vec<RawPartition>) -> Vec<PartitionFact> {
    let ids = |nodes: &[kafka_protocol::messages::BrokerId]| nodes.iter().map(|n| n.0).collect();
    let mut partitions: Vec<_> = raw
        .into_iter()
        .filter(|p| p.partition_index >= 0)
        .map(|p| PartitionFact {
            id: p.partition_index,
            leader: Some(p.leader_id.0).filter(|id| *id >= 0),
            replicas: ids(&p.replica_nodes),
            isr: ids(&p.isr_nodes),
            producers: None,
        })
        .collect();
    partitions.sort_by_key(|p| p.id);
    partitions.dedup_by_key(|p| p.id);
    partitions
}

/// Topics come in order: the last is the one to add to.
fn lead(partitions: &mut Partitions, topic: &Name, id: i32) {
    match partitions.last_mut().filter(|(name, _)| name == topic) {
        Some((_, ids)) => ids.push(id),
        None => partitions.push((topic.clone(), vec![id])),
    }
}

fn over(seen: usize, cap: usize, what: &str, left_out: &mut Vec<GapReason>) {
    if seen > cap {
        let what = what.to_owned();
        left_out.push(GapReason::TooMany { what, cap: cap as u64, seen: seen as u64 });
    }
}
