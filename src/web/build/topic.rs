//! One topic: partitions, who writes and reads it.

use super::graph::resolve;
use super::lineage::{edges_of, retention};
use super::{Error, STALE, WINDOW};
use crate::web::view::{EdgeView, PartitionView, TopicView};
use std::collections::BTreeSet;
use streamwarden_core::estate::{Entity, PartitionFact, TopicFact, TopicId};
use streamwarden_core::lineage::{EdgeKind, NodeRef};
use streamwarden_core::signals::{Signal, derive};
use streamwarden_core::snapshot::Snapshot;

pub fn topic(s: &Snapshot, id: &str) -> Result<TopicView, Error> {
    let node = match resolve(&s.lineage, "topic", id, |n| matches!(n, NodeRef::Topic { .. })) {
        Ok(node) => node,
        // nobody reads or writes it, so that it has no place in the lineage
        Err(e) => unconnected(s, id).ok_or(e)?,
    };
    let NodeRef::Topic { topic } = &node else {
        return Err(Error::NotFound { what: "topic", id: id.to_owned(), nearest: Vec::new() });
    };
    let fact = s.estate.kafka.get(&topic.cluster).and_then(|k| k.topics.get(&topic.topic));
    let partitions = fact.map_or_else(Vec::new, |f| partitions(s, topic, f));
    let readers = edges_of(s, &node, EdgeKind::Reads);
    Ok(TopicView {
        at: s.at.0,
        id: node.id(),
        name: topic.topic.to_string(),
        cluster: topic.cluster.to_string(),
        retention_ms: retention(&s.estate, topic),
        rate: partitions
            .iter()
            .map(|p| p.rate)
            .sum::<Option<f64>>()
            .filter(|_| !partitions.is_empty()),
        other_groups: other_groups(s, topic, &readers),
        components: super::bases::at_topic(s, topic),
        partitions,
        readers,
        writers: edges_of(s, &node, EdgeKind::Writes),
    })
}

fn unconnected(s: &Snapshot, id: &str) -> Option<NodeRef> {
    let all = s.estate.kafka.iter().flat_map(|(c, k)| k.topics.keys().map(move |t| (c, t)));
    all.map(|(c, t)| NodeRef::Topic { topic: TopicId::new(c, t.clone()) }).find(|n| n.id() == id)
}

fn partitions(s: &Snapshot, topic: &TopicId, fact: &TopicFact) -> Vec<PartitionView> {
    let view = |p: &PartitionFact| {
        let entity = Entity::Partition { topic: topic.clone(), partition: p.id };
        let offset =
            |signal| s.signals.fresh(&entity, signal, s.at, STALE).map(|(_, offset)| offset as i64);
        let end = s.signals.get(&entity, Signal::EndOffset);
        PartitionView {
            id: p.id,
            leader: p.leader,
            replicas: p.replicas.len() as u32,
            in_sync: p.isr.len() as u32,
            begin: offset(Signal::BeginOffset),
            end: offset(Signal::EndOffset),
            rate: end.and_then(|end| derive::rate(end, s.at, WINDOW)),
        }
    };
    fact.partitions.iter().map(view).collect()
}

/// Groups that have committed offsets here and belong to no job that we know.
fn other_groups(s: &Snapshot, topic: &TopicId, readers: &[EdgeView]) -> Vec<String> {
    let known: BTreeSet<&str> =
        readers.iter().flat_map(|e| e.groups.iter().map(String::as_str)).collect();
    let groups = s.estate.kafka.get(&topic.cluster).into_iter().flat_map(|k| k.groups.values());
    groups
        .filter(|g| g.topics.contains(&topic.topic) && !known.contains(&*g.group))
        .map(|g| g.group.to_string())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::testdata;

    #[test]
    fn a_topic_with_its_readers_and_strangers() {
        let v = topic(&testdata::snapshot(), "topic:pay-1/orders").unwrap();
        assert_eq!(v.rate, Some(2000.0));
        assert_eq!(v.retention_ms, Some(21_600_000));
        assert_eq!(v.other_groups, ["console-consumer-7"]);
        assert_eq!((v.readers.len(), v.writers.len()), (1, 1));
    }

    #[test]
    fn nothing_seen_is_unknown_and_not_zero() {
        let s = testdata::snapshot();
        let v = topic(&s, "topic:pay-1/other").unwrap();
        assert_eq!((v.rate, v.partitions[0].end), (None, None));
        assert_eq!(topic(&s, "topic:pay-1/audit-in").unwrap().rate, Some(0.0));
    }
}
