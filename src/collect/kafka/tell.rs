//! What the brokers told into facts, samples and gaps.

use super::gather::{Gathered, Out};
use super::parse::{Found, Topology};
use super::requests::Wanted;
use super::round::Timebase;
use super::target::KafkaTarget;
use std::collections::BTreeMap;
use streamwarden_core::estate::*;
use streamwarden_core::signals::Signal;

impl KafkaTarget {
    pub(super) fn tell_topology(&self, topology: &Topology, at: Millis, out: &mut Out) {
        let mut topics = topology.topics.clone();
        for topic in &mut topics {
            topic.config = self.configs.get(&topic.name).cloned().unwrap_or_default();
            for partition in &mut topic.partitions {
                let key = (topic.name.clone(), partition.id);
                partition.producers = self.producers.get(&key).copied();
            }
        }
        let entity = || Entity::KafkaCluster { cluster: self.cluster.clone() };
        let brokers = topology.overview.brokers.len() as f64;
        out.sample(entity(), Signal::Brokers, at, brokers);
        let behind = f64::from(topology.under_replicated);
        out.sample(entity(), Signal::UnderReplicated, at, behind);
        out.fact(Fact::KafkaCluster(topology.overview.clone()));
        out.fact(Fact::Topics { cluster: self.cluster.clone(), topics });
    }

    pub(super) fn tell_offsets(&mut self, gathered: &Gathered, out: &mut Out) {
        let mut ends = BTreeMap::new();
        self.held.clear();
        for (wanted, at, found) in &gathered.offsets {
            for f in found {
                let Some((signal, value)) = figure(*wanted, f) else { continue };
                let key = (f.topic.clone(), f.partition);
                match wanted {
                    Wanted::End => drop(ends.insert(key, value)),
                    // asked after the end: less than it only while a transaction is open
                    Wanted::Stable if ends.get(&key).is_some_and(|end| value < *end) => {
                        self.transactional.insert(f.topic.clone());
                        self.held.insert(f.topic.clone());
                    }
                    _ => {}
                }
                let topic = TopicId::new(&self.cluster, f.topic.clone());
                let entity = Entity::Partition { topic, partition: f.partition };
                out.sample(entity, signal, *at, value);
            }
        }
    }

    pub(super) async fn tell_groups(
        &mut self,
        gathered: &mut Gathered,
        whole: bool,
        time: Timebase,
        out: &mut Out,
    ) {
        for commit in gathered.commits.drain(..) {
            let group = GroupId::new(&self.cluster, commit.group);
            let entity =
                Entity::Committed { group, topic: commit.topic, partition: commit.partition };
            out.sample(entity, Signal::CommittedOffset, commit.at, commit.offset as f64);
        }
        let all = self.all_groups(std::mem::take(&mut gathered.groups));
        let mut denied = self.denied_groups(&all, time).await;
        if all.is_empty() && whole && self.rights.sees_cluster() != Some(true) {
            denied = denied.or_else(|| Some(no_groups()));
        }
        let hidden = match self.rights.sees_all() {
            true => None,
            false => hidden_offsets(all.values()),
        };
        gathered.suspect("committed offsets", hidden.or_else(|| denied.clone()));
        gathered.suspect("groups", denied);
        if whole || !all.is_empty() {
            let groups = all.into_values().collect();
            out.fact(Fact::Groups { cluster: self.cluster.clone(), groups });
        }
    }

    /// By name; those of a broker that is silent as it told them last.
    fn all_groups(&mut self, fresh: BTreeMap<i32, Vec<GroupFact>>) -> BTreeMap<Name, GroupFact> {
        let silent = self.groups.iter().filter(|(id, _)| !fresh.contains_key(id));
        let groups = silent.chain(&fresh).flat_map(|(_, groups)| groups);
        let all = groups.map(|g| (g.group.clone(), g.clone())).collect();
        self.groups.extend(fresh);
        all
    }

    pub(super) fn tell_transactions(
        &mut self,
        gathered: &mut Gathered,
        whole: bool,
        out: &mut Out,
    ) {
        let list = std::mem::take(&mut gathered.transactions);
        let room = self.options.most_topics;
        for topic in list.iter().flat_map(|t| &t.topics) {
            if self.transactional.len() < room {
                self.transactional.insert(topic.clone());
            }
        }
        // an id is listed from before its first record on, and for a week after its last
        if list.is_empty()
            && whole
            && let Some(topic) = self.held.first()
        {
            let detail = format!(
                "a transaction holds back {topic}, but none is listed: DESCRIBE on TRANSACTIONAL_ID missing"
            );
            gathered.suspect("transactions", Some(GapReason::NoRights { detail }));
        }
        if !gathered.issues.contains_key("transactions") {
            out.fact(Fact::Transactions { cluster: self.cluster.clone(), list });
        }
    }
}

/// Unknown is no figure.
fn figure(wanted: Wanted, found: &Found) -> Option<(Signal, f64)> {
    let signal = match wanted {
        Wanted::End => Signal::EndOffset,
        Wanted::Stable => Signal::StableOffset,
        Wanted::Begin => Signal::BeginOffset,
        Wanted::Newest => return found.timestamp.map(|t| (Signal::NewestRecord, t.0 as f64)),
        Wanted::Since(_) => return None,
    };
    found.offset.map(|offset| (signal, offset as f64))
}

fn no_groups() -> GapReason {
    let detail = "no group is to be seen: DESCRIBE on GROUP missing, or there is none".into();
    GapReason::NoRights { detail }
}

/// A group without members and without offsets would have been removed by its broker: what it
/// has committed is hidden from us.
fn hidden_offsets<'a>(groups: impl Iterator<Item = &'a GroupFact>) -> Option<GapReason> {
    let mut hidden = groups.filter(|g| &*g.state == "Empty" && g.topics.is_empty());
    let first = hidden.next()?;
    let more = match hidden.count() {
        0 => String::new(),
        n => format!(" and {n} more"),
    };
    let detail = format!(
        "group {}{more}: listed, but no committed offset is shown: DESCRIBE on its topics missing",
        plain(&first.group)
    );
    Some(GapReason::NoRights { detail })
}
