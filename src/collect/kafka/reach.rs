//! What can be reached, with which rights, and what stays blind: for `doctor`.

use super::client;
use super::reads;
use super::requests;
use super::rights::{Operation, Rights};
use super::target::KafkaTarget;
use crate::clock;
use crate::collect::Yield;
use serde::Serialize;
use streamwarden_core::estate::{Fact, Gap, GapReason, Name};
use tokio::time::Instant;

#[derive(Clone, Debug, Serialize)]
pub struct Reach {
    /// Each bootstrap address, with why it is of no use.
    pub bootstrap: Vec<(String, Option<GapReason>)>,
    pub kafka_id: Option<Name>,
    pub brokers: Vec<BrokerReach>,
    /// How many are visible to us; None: not known.
    pub topics: Option<usize>,
    /// Of these.
    #[serde(skip)]
    pub names: Option<Vec<String>>,
    pub partitions: Option<usize>,
    pub groups: Option<usize>,
    pub transactions: Option<usize>,
    pub rights: Vec<Right>,
    /// What stays unseen, and why.
    pub blind: Vec<Gap>,
}

#[derive(Clone, Debug, Serialize)]
pub struct BrokerReach {
    pub id: i32,
    pub address: String,
    /// Kafka's release, from the newest metadata version that its program knows.
    pub release: Option<&'static str>,
    pub requests: Vec<RequestReach>,
    pub problem: Option<GapReason>,
}

#[derive(Clone, Debug, Serialize)]
pub struct RequestReach {
    pub name: &'static str,
    /// First and last version that the broker offers; None: not at all.
    pub offered: Option<(i16, i16)>,
    /// The version that is used; None: no common one.
    pub used: Option<i16>,
}

#[derive(Clone, Debug, Serialize)]
pub struct Right {
    /// In Kafka's words: "DESCRIBE on CLUSTER".
    pub right: &'static str,
    /// Whether we hold it on all that we see; None: the broker does not tell.
    pub held: Option<bool>,
    /// What it opens.
    pub opens: &'static str,
}

impl KafkaTarget {
    /// Everything is asked once, whatever its rhythm.
    pub async fn reach(&mut self) -> Reach {
        let until = Instant::now() + self.options.round;
        let knocked = self.client.knock(until).await;
        self.forget_rhythm();
        let seen = self.tick(clock::now()).await;
        let rights = self.rights_held().await;
        let topics = self.topology.as_ref().map(|t| &t.topics);
        Reach {
            bootstrap: knocked.into_iter().map(|(a, r)| (a, r.err())).collect(),
            kafka_id: self.topology.as_ref().and_then(|t| t.overview.kafka_id.clone()),
            brokers: self.brokers_reached(&seen),
            topics: topics.map(Vec::len),
            names: topics.map(|all| all.iter().map(|t| t.name.to_string()).collect()),
            partitions: topics.map(|all| all.iter().map(|t| t.partitions.len()).sum()),
            groups: count(&seen, |f| match f {
                Fact::Groups { groups, .. } => Some(groups.len()),
                _ => None,
            }),
            transactions: count(&seen, |f| match f {
                Fact::Transactions { list, .. } => Some(list.len()),
                _ => None,
            }),
            rights,
            blind: seen.gaps,
        }
    }

    fn brokers_reached(&self, seen: &Yield) -> Vec<BrokerReach> {
        let brokers = self.topology.iter().flat_map(|t| &t.overview.brokers);
        brokers
            .filter_map(|b| self.client.links.get(&b.id).map(|link| (b, link)))
            .map(|(broker, link)| {
                let told = format!("broker {} at ", broker.id);
                let gap = seen.gaps.iter().find(|g| g.what.starts_with(&told));
                BrokerReach {
                    id: broker.id,
                    address: client::address(broker),
                    release: link.offer.metadata_level.and_then(release),
                    requests: reads::ALL.iter().map(|r| request(r, &link.offer)).collect(),
                    problem: gap.map(|g| g.reason.clone()),
                }
            })
            .collect()
    }

    async fn rights_held(&mut self) -> Vec<Right> {
        let until = Instant::now() + self.options.round;
        let named = |version| requests::metadata(version, None, true);
        let topics: Vec<Rights> = match self.client.any(until, named).await {
            Ok((answered, _)) => {
                let ours = answered.answer.topics.iter().filter(|t| !t.is_internal);
                ours.map(|t| Rights::of(t.topic_authorized_operations)).collect()
            }
            Err(_) => Vec::new(),
        };
        let all = |operation| match topics.is_empty() {
            true => None,
            false => topics.iter().try_fold(true, |all, t| Some(all & t.allows(operation)?)),
        };
        vec![
            Right {
                right: "DESCRIBE on CLUSTER",
                held: self.rights.sees_cluster(),
                opens: "the list of all groups; else only groups with a right of their own show",
            },
            Right {
                right: "DESCRIBE on TOPIC",
                held: all(Operation::Describe),
                opens: "topics and their offsets; others do not show at all",
            },
            Right {
                right: "DESCRIBE_CONFIGS on TOPIC",
                held: all(Operation::DescribeConfigs),
                opens: "retention and the kind of timestamps",
            },
            Right {
                right: "READ on TOPIC",
                held: all(Operation::Read),
                opens: "only the number of producers of transactional topics; records are never read",
            },
        ]
    }
}

fn count(seen: &Yield, of: impl Fn(&Fact) -> Option<usize>) -> Option<usize> {
    seen.facts.iter().find_map(|(_, fact)| of(fact))
}

fn request(
    (key, name, min, max): &(i16, &'static str, i16, i16),
    offer: &super::conn::Offer,
) -> RequestReach {
    let offered = offer.versions.get(key).copied();
    let used = offered.map(|(a, b)| (a.max(*min), b.min(*max))).filter(|(a, b)| a <= b);
    RequestReach { name, offered, used: used.map(|(_, b)| b) }
}

/// Kafka's MetadataVersion levels; a newer one than known is told as such.
pub(super) fn release(level: i16) -> Option<&'static str> {
    Some(match level {
        ..=6 => "3.2 or older",
        7 => "3.3",
        8 => "3.4",
        9..=11 => "3.5",
        12..=14 => "3.6",
        15..=19 => "3.7",
        20 => "3.8",
        21 => "3.9",
        22..=25 => "4.0",
        26..=27 => "4.1",
        _ => "newer than 4.1",
    })
}
