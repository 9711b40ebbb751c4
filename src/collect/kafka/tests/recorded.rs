//! One tick against answers of real brokers: 2.3.1 (no flexible versions, an ApiVersions that it
//! refuses first), 4.1.1, and 3.9.1 for an observer without any right. In the first two: topic
//! `orders` (3 partitions of 300 records, group `dwd` at 120 and 7, group `app` at the end), and
//! `pay` with a transaction of five records open since offset 11.

use super::*;
use crate::collect::Yield;
use crate::collect::kafka::{Mechanism, Sasl, parse, wire as bytes_of};
use crate::secret::Secret;
use kafka_protocol::messages::{
    DescribeLogDirsRequest, DescribeLogDirsResponse, DescribeProducersRequest, ListOffsetsRequest,
};
use streamwarden_core::estate::{Entity, Fact, Millis, Name, TopicFound};
use streamwarden_core::signals::Signal;

const AT: Millis = Millis(1_795_255_674_000);

async fn tick(recorded: &'static [u8], access: KafkaAccess) -> Yield {
    let address = replay(frames(Bytes::from_static(recorded))).await;
    let mut kafka = kafka(&[&address], access);
    kafka.expect(vec!["orders".into(), "nix".into()], vec!["dwd".into(), "nobody".into()]);
    kafka.tick(AT).await
}

/// "topic-partition" or "group topic-partition", with the value.
fn values(seen: &Yield, signal: Signal) -> Vec<(String, f64)> {
    let name = |entity: &Entity| match entity {
        Entity::Partition { topic, partition } => format!("{}-{partition}", topic.topic),
        Entity::Committed { group, topic, partition } => {
            format!("{} {topic}-{partition}", group.group)
        }
        other => format!("{other:?}"),
    };
    let mut values: Vec<_> = seen
        .samples
        .iter()
        .filter(|s| s.signal == signal)
        .inspect(|s| assert!((AT..AT + streamwarden_core::estate::Span::secs(2)).contains(&s.at)))
        .map(|s| (name(&s.entity), s.value))
        .collect();
    values.sort_by(|a, b| a.0.cmp(&b.0));
    values
}

fn named(values: &[(&str, f64)]) -> Vec<(String, f64)> {
    values.iter().map(|(n, v)| ((*n).to_owned(), *v)).collect()
}

/// Topics that are denied, and that do not exist.
fn hidden(seen: &Yield) -> (Vec<Name>, Vec<Name>) {
    let hidden = seen.facts.iter().find_map(|(_, f)| match f {
        Fact::TopicsHidden { denied, unknown, .. } => Some((denied.clone(), unknown.clone())),
        _ => None,
    });
    hidden.unwrap()
}

fn check_estate(seen: &Yield) {
    let ends = [
        ("orders-0", 300.0),
        ("orders-1", 300.0),
        ("orders-2", 300.0),
        ("pay-0", 16.0),
        ("pay-1", 0.0),
    ];
    assert_eq!(values(seen, Signal::EndOffset), named(&ends));
    let stable = [ends[0], ends[1], ends[2], ("pay-0", 11.0), ends[4]];
    assert_eq!(values(seen, Signal::StableOffset), named(&stable));
    assert!(values(seen, Signal::BeginOffset).iter().all(|(_, v)| *v == 0.0));
    let committed = [
        ("app orders-0", 300.0),
        ("app orders-1", 300.0),
        ("app orders-2", 300.0),
        ("dwd orders-0", 120.0),
        ("dwd orders-2", 7.0),
    ];
    assert_eq!(values(seen, Signal::CommittedOffset), named(&committed));
    let facts: Vec<_> = seen.facts.iter().map(|(_, fact)| fact).collect();
    let topics = facts.iter().find_map(|f| match f {
        Fact::Topics { topics, .. } => Some(topics),
        _ => None,
    });
    let topics = topics.unwrap();
    let shape: Vec<_> = topics.iter().map(|t| (&*t.name, t.partitions.len())).collect();
    assert_eq!(shape, [("orders", 3), ("pay", 2)]);
    assert_eq!(topics[0].config["retention.ms"], "604800000");
    assert_eq!(topics[0].config.len(), 5);
    assert_eq!(topics[0].partitions[0].leader, Some(1));
    let groups = facts.iter().find_map(|f| match f {
        Fact::Groups { groups, .. } => Some(groups),
        _ => None,
    });
    let groups: Vec<_> = groups
        .unwrap()
        .iter()
        .map(|g| (&*g.group, &*g.state, g.members, g.topics.clone()))
        .collect();
    let orders: Vec<Name> = vec!["orders".into()];
    assert_eq!(
        groups,
        [("app", "Stable", Some(1), orders.clone()), ("dwd", "Empty", Some(0), orders)]
    );
}

#[tokio::test]
async fn a_broker_of_today() {
    let seen = tick(BROKER_4_1, KafkaAccess::default()).await;
    assert_eq!(seen.gaps, []);
    check_estate(&seen);
    assert_eq!(hidden(&seen), (vec![], vec!["nix".into()]));
    let ids = seen.facts.iter().find_map(|(_, f)| match f {
        Fact::Topics { topics, .. } => Some(topics.iter().map(|t| t.id.clone()).collect()),
        _ => None,
    });
    let ids: Vec<Option<Name>> = ids.unwrap();
    assert!(ids.iter().all(Option::is_some) && ids[0] != ids[1], "{ids:?}");
    let newest = values(&seen, Signal::NewestRecord);
    assert_eq!(newest.len(), 4, "the empty partition has no newest record: {newest:?}");
    assert_eq!(newest[0].1, 1_795_255_635_977.0);
    let ongoing = seen.facts.iter().find_map(|(_, f)| match f {
        Fact::Transactions { list, .. } => list.first(),
        _ => None,
    });
    let ongoing = ongoing.unwrap();
    assert_eq!((&*ongoing.transactional_id, &*ongoing.state), ("risk-0-1", "Ongoing"));
    assert_eq!(ongoing.topics, ["pay".into()]);
    assert_eq!(ongoing.started, Some(Millis(1_795_255_638_822)));
    let whole =
        ["metadata", "topics", "end offsets", "groups", "committed offsets", "transactions"];
    assert!(whole.iter().all(|w| seen.seen.iter().any(|s| &**s == *w)), "{:?}", seen.seen);
}

#[tokio::test]
async fn a_broker_of_2019() {
    let seen = tick(BROKER_2_3, KafkaAccess::default()).await;
    check_estate(&seen);
    assert_eq!(values(&seen, Signal::NewestRecord), []);
    let blind: Vec<_> = seen.gaps.iter().map(|g| &*g.what).collect();
    assert_eq!(blind, ["newest records", "transactions"]);
    let controller = seen.facts.iter().find_map(|(_, f)| match f {
        Fact::KafkaCluster(overview) => overview.controller,
        _ => None,
    });
    assert_eq!(controller, Some(1));
}

/// Its answers are empty and without an error, but for what is asked by name.
#[tokio::test]
async fn without_rights_it_is_blind_and_says_so() {
    let password = Secret::new("blind");
    let sasl = Some(Sasl { mechanism: Mechanism::Plain, user: "eye".into(), password });
    let seen = tick(NO_RIGHTS, KafkaAccess { tls: None, sasl }).await;
    let no_rights = |detail: &str| GapReason::NoRights { detail: detail.into() };
    assert_eq!(gap(&seen.gaps, "topics"), Some(&no_rights("DESCRIBE on topic orders, nix")));
    assert_eq!(hidden(&seen), (vec!["orders".into(), "nix".into()], vec![]));
    let groups = no_rights("DESCRIBE on group dwd, nobody");
    assert_eq!(gap(&seen.gaps, "groups"), Some(&groups));
    assert_eq!(gap(&seen.gaps, "committed offsets"), Some(&groups));
    assert!(seen.samples.iter().all(|s| s.signal != Signal::CommittedOffset));
}

#[test]
fn producers_of_a_partition_are_counted() {
    let find = |key| {
        let all = frames(Bytes::from_static(BROKER_4_1));
        all.into_iter().find(|(k, _)| k.0 == key).unwrap()
    };
    let ((_, version), frame) = find(61);
    let correlation = frame.clone().get_i32();
    let answer = bytes_of::decode::<DescribeProducersRequest>(frame, version, correlation).unwrap();
    let (found, faults) = parse::producers(&answer);
    assert!(faults.is_empty());
    assert_eq!(found[&("pay".into(), 0)], 1);
    assert_eq!(found[&("pay".into(), 1)], 0);
    // an answer that was meant for another request
    let ((_, version), frame) = find(2);
    assert!(bytes_of::decode::<ListOffsetsRequest>(frame, version, -7).is_err());
}

/// A topic that is gone is told from one that is hidden.
#[tokio::test]
async fn a_topic_asked_for_by_name() {
    let password = Secret::new("blind");
    let sasl = Some(Sasl { mechanism: Mechanism::Plain, user: "eye".into(), password });
    let none = KafkaAccess::default();
    for (recorded, access, topic, found) in [
        (BROKER_4_1, none, "nix", TopicFound::Unknown),
        (NO_RIGHTS, KafkaAccess { tls: None, sasl }, "orders", TopicFound::Denied),
    ] {
        let address = replay(frames(Bytes::from_static(recorded))).await;
        let mut kafka = kafka(&[&address], access);
        kafka.describe(topic.into(), "it".into());
        let seen = kafka.tick(AT).await;
        assert!(!kafka.describing());
        assert_eq!((&*seen.probed[0].name, &seen.probed[0].missed), ("it", &None));
        let answer = seen.facts.iter().find_map(|(_, f)| match f {
            Fact::Topic(answer) => Some(answer),
            _ => None,
        });
        assert_eq!(answer.unwrap().found, found);
    }
}

/// Sizes of topics in every version, of the volume since Kafka 3.3; who is denied is told so.
#[test]
fn disks_are_told_as_far_as_the_version_does() {
    let all: Vec<_> = frames(Bytes::from_static(LOG_DIRS))
        .into_iter()
        .map(|((_, version), frame)| {
            let answer = bytes_of::decode::<DescribeLogDirsRequest>(frame, version, 7).unwrap();
            parse::log_dirs(1, &answer, 100)
        })
        .collect();
    let told = |n: usize| all[n].0.as_ref().unwrap();
    for n in [0, 1] {
        let topics: Vec<_> = told(n).topics.iter().map(|(t, b)| (&**t, *b)).collect();
        assert_eq!(topics, [("orders", 188_991), ("pay", 0)]);
        assert_eq!((&*told(n).dirs[0].path, &told(n).dirs[0].error), ("/tmp/kafka-logs", &None));
    }
    let dir = &told(0).dirs[0];
    assert!(dir.free < dir.total && dir.total.is_some_and(|b| b > 1 << 37), "{dir:?}");
    assert_eq!((told(1).dirs[0].total, told(1).dirs[0].free), (None, None));

    let mut denied = DescribeLogDirsResponse::default();
    let (none, faults) = parse::log_dirs(1, &denied, 100);
    let reason = faults.reason("DESCRIBE on cluster:");
    assert!(none.is_none() && matches!(reason, Some(GapReason::NoRights { .. })), "{reason:?}");
    denied.error_code = 31;
    assert_eq!(parse::log_dirs(1, &denied, 100), (None, faults));
}
