//! The Kafka collector by itself, beside the bed's truth.

use super::support::{seed, wanted};
use std::collections::BTreeMap;
use std::time::Duration;
use streamwarden::clock::now;
use streamwarden::collect::Yield;
use streamwarden::collect::kafka::{KafkaAccess, KafkaOptions, KafkaTarget};
use streamwarden_core::estate::{
    ClusterId, Entity, Fact, GroupFact, Millis, Name, Span, Target, TargetKind, TransactionFact,
};
use streamwarden_core::signals::Signal;
use testbed::{Args, Bed, BedOptions, EstateSpec, Mode, Role};

#[test]
fn offsets_groups_and_transactions_are_the_bed_s() {
    if !wanted("BED_ALL") {
        return;
    }
    let seed = seed();
    eprintln!("bed with BED_SEED={seed}");
    let mut spec = EstateSpec::seeded(seed);
    spec.exactly_once = Some(Role::Ads);
    let mut bed = Bed::start(BedOptions::new(spec, Mode::Mini)).unwrap();
    bed.wait_flowing(Duration::from_secs(120)).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let mut kafka = collector(bed.kafka_bootstrap());
        tokio::time::sleep(Duration::from_secs(12)).await;
        groups_and_ends(&bed, &mut kafka).await;
        offsets_by_timestamp(&bed, &mut kafka).await;
        open_transactions(&bed, &mut kafka).await;
        broker_gone_and_back(&mut bed, &mut kafka).await;
    });
}

fn collector(bootstrap: &str) -> KafkaTarget {
    let address = bootstrap.into();
    let target = Target { name: "bed".into(), kind: TargetKind::Kafka, address };
    let options = KafkaOptions {
        groups_every: Span(0),
        transactions_every: Span(0),
        ..KafkaOptions::default()
    };
    let bootstrap = vec![bootstrap.to_owned()];
    let access = KafkaAccess::default();
    KafkaTarget::new(target, ClusterId::new("bed"), bootstrap, access, options).unwrap()
}

async fn groups_and_ends(bed: &Bed, kafka: &mut KafkaTarget) {
    let s = bed.spec();
    let seen = kafka.tick(now()).await;
    assert_eq!(seen.gaps, []);
    let groups = groups(&seen);
    for job in [&s.dwd, &s.ads, &s.audit] {
        let name = job.group.as_deref().unwrap();
        let group = groups.iter().find(|g| &*g.group == name).unwrap();
        // no member: Flink assigns partitions itself
        assert_eq!((&*group.state, group.members), ("Empty", Some(0)));
    }
    let (ends, at) = ends(&seen, &s.orders_topic);
    assert_eq!(ends.len(), s.partitions as usize);
    let end: i64 = ends.values().sum();
    // what the job had read by then was there, and what was there it has read soon after
    tokio::time::sleep(Duration::from_secs(4)).await;
    let truth = bed.truth().unwrap();
    let read = |until: Millis| truth.read_between(&s.dwd.job, 0, until.0) as i64;
    let (before, after) = (read(at), read(at + Span::secs(3)));
    assert!((before..=after).contains(&end), "{before} <= {end} <= {after}");
    let group: Name = s.dwd.group.as_deref().unwrap().into();
    let committed: f64 = seen
        .samples
        .iter()
        .filter(|s| s.signal == Signal::CommittedOffset)
        .filter(|s| matches!(&s.entity, Entity::Committed { group: g, .. } if g.group == group))
        .map(|s| s.value)
        .sum();
    assert!(committed > 0.0 && committed <= end as f64, "{committed} of {end}");
}

/// The event time of the bed's records is Kafka's timestamp, and they are read at once.
async fn offsets_by_timestamp(bed: &Bed, kafka: &mut KafkaTarget) {
    let s = bed.spec();
    let moment = now() - Span::secs(6);
    let mut sum = 0;
    for partition in 0..i32::try_from(s.partitions).unwrap() {
        let found = kafka.offsets_at(&s.orders_topic, partition, vec![moment]).await.unwrap();
        assert_eq!(found[0].0, moment);
        sum += found[0].1;
    }
    let read = bed.truth().unwrap().read_between(&s.dwd.job, 0, moment.0) as i64;
    let second = i64::from(s.load.high);
    assert!((sum - read).abs() <= second, "{sum} by timestamp, {read} read, {second} a second");
    let filled = kafka.backfill(now(), Span::secs(3600), Span::secs(5)).await;
    assert_eq!(filled.gaps, []);
    let points = filled.facts.iter().filter_map(|(_, f)| match f {
        Fact::OffsetsAt { topic, points, .. } if *topic.topic == *s.orders_topic => Some(points),
        _ => None,
    });
    let points: Vec<_> = points.collect();
    assert_eq!(points.len(), s.partitions as usize);
    for points in points {
        assert!(points.windows(2).all(|w| w[0] <= w[1] && w[0].1 <= w[1].1), "{points:?}");
        assert_eq!(points[0].1, 0, "an hour ago there was nothing");
    }
}

/// Between two checkpoints the sink's transaction holds the stable offset back.
async fn open_transactions(bed: &Bed, kafka: &mut KafkaTarget) {
    let alerts = &*bed.spec().alerts_topic;
    let (mut held, mut ongoing) = (false, false);
    for _ in 0..40 {
        let seen = kafka.tick(now()).await;
        let stable = sum(&seen, Signal::StableOffset, alerts);
        held |= stable < sum(&seen, Signal::EndOffset, alerts);
        ongoing |= transactions(&seen)
            .iter()
            .any(|t| &*t.state == "Ongoing" && t.topics.iter().any(|t| &**t == alerts));
        if held && ongoing {
            return;
        }
        // out of step with the checkpoints
        tokio::time::sleep(Duration::from_millis(370)).await;
    }
    panic!("held back: {held}, ongoing: {ongoing}");
}

async fn broker_gone_and_back(bed: &mut Bed, kafka: &mut KafkaTarget) {
    bed.on("broker-down", &Args::new()).unwrap();
    let seen = kafka.tick(now()).await;
    assert!(seen.gaps.iter().any(|g| g.what.starts_with("broker ")), "{:?}", seen.gaps);
    assert!(seen.samples.is_empty(), "what is not seen has no figure");
    bed.off("broker-down").unwrap();
    for _ in 0..30 {
        if !kafka.tick(now()).await.samples.is_empty() {
            return;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    panic!("the broker is back, and not seen");
}

fn groups(seen: &Yield) -> &[GroupFact] {
    let found = seen.facts.iter().find_map(|(_, f)| match f {
        Fact::Groups { groups, .. } => Some(groups),
        _ => None,
    });
    found.unwrap()
}

fn transactions(seen: &Yield) -> &[TransactionFact] {
    let found = seen.facts.iter().find_map(|(_, f)| match f {
        Fact::Transactions { list, .. } => Some(list),
        _ => None,
    });
    found.map(Vec::as_slice).unwrap_or_default()
}

/// By partition, and when they were read.
fn ends(seen: &Yield, topic: &str) -> (BTreeMap<i32, i64>, Millis) {
    let mut at = Millis(0);
    let mut ends = BTreeMap::new();
    for s in seen.samples.iter().filter(|s| s.signal == Signal::EndOffset) {
        if let Entity::Partition { topic: t, partition } = &s.entity
            && &*t.topic == topic
        {
            at = s.at;
            ends.insert(*partition, s.value as i64);
        }
    }
    (ends, at)
}

fn sum(seen: &Yield, signal: Signal, topic: &str) -> f64 {
    let of = seen.samples.iter().filter(|s| s.signal == signal);
    of.filter(|s| matches!(&s.entity, Entity::Partition { topic: t, .. } if &*t.topic == topic))
        .map(|s| s.value)
        .sum()
}
