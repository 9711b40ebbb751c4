//! Of topics, partitions, brokers and Kafka clusters.

use super::process::ago;
use super::{Ask, Measure, Scalar};
use crate::estate::{
    ChangeKind, Entity, KafkaOverview, PartitionFact, Series, Subject, SubjectKind,
    SubjectKind as K, TopicFact, TopicId,
};
use crate::lineage::{EdgeKind, NodeRef};
use crate::past::Usual;
use crate::rules::types::*;
use crate::signals::Signal;
use crate::signals::cut::overtaken;
use std::collections::BTreeSet;

const TOPIC: &[SubjectKind] = &[K::Topic];
const PARTITION: &[SubjectKind] = &[K::Partition];
const CLUSTER: &[SubjectKind] = &[K::KafkaCluster];
const WHOLE: Base = Base::number(COUNT);
const RECORD: Base = Base::number(RECORDS);

pub const MEASURES: &[Measure] = &[
    Measure::new(
        "produce_rate",
        &[K::Topic, K::Partition],
        Base::number(RECORD_RATE),
        produce_rate,
        "records per second that come into it",
    )
    .over(30),
    Measure::new(
        "usual_rate",
        &[K::Topic],
        Base::number(RECORD_RATE),
        usual_rate,
        "records per second that come into it at this time of day: the middle one of such days of up to five weeks, by minutes of our own; where too few are known the median of up to seven days before, by Kafka's own record times; unknown where it keeps none of them",
    )
    .now(),
    Measure::new(
        "usual_peak",
        &[K::Topic],
        Base::number(RECORD_RATE),
        usual_peak,
        "the most of it in a minute, from a quarter of an hour before to one after this time on such days; unknown without minutes of our own",
    )
    .now(),
    Measure::new(
        "end_moves",
        &[K::Topic, K::Partition],
        Base::Truth,
        end_moves,
        "something came into it within the window",
    )
    .over(30),
    Measure::new(
        "from_outside",
        TOPIC,
        Base::Truth,
        super::writers::from_outside,
        "no job that we see puts into it what it has read from another topic; unknown where too little is seen of a job that may",
    )
    .now(),
    Measure::new(
        "partition_count",
        TOPIC,
        WHOLE,
        |q, s| topic(q, s).map(|t| (t.partitions.len() as f64).into()),
        "how many partitions it has",
    )
    .now(),
    Measure::new(
        "retention",
        TOPIC,
        Base::number(TIME),
        retention,
        "how long records are kept (retention.ms)",
    )
    .now(),
    Measure::new(
        "topic_config",
        TOPIC,
        Base::Text,
        topic_config,
        "one entry of its configuration; empty where it is not told",
    )
    .now()
    .with_arg(),
    Measure::new("exists", TOPIC, Base::Truth, exists, "its cluster lists it").now(),
    Measure::new(
        "partitions_added_ago",
        TOPIC,
        Base::number(TIME),
        |q, s| ago(q, s, ChangeKind::PartitionsAdded),
        "how long ago it got more partitions; unknown where we saw none added",
    ),
    Measure::new(
        "reader_lag",
        PARTITION,
        RECORD,
        reader_lag,
        "records in it that its slowest reader has not read",
    ),
    Measure::new(
        "reader_rate",
        PARTITION,
        Base::number(RECORD_RATE),
        reader_rate,
        "records per second that its slowest reader reads",
    )
    .over(30),
    Measure::new(
        "read",
        PARTITION,
        Base::Truth,
        read,
        "every job that reads its topic has a position in it",
    ),
    Measure::new(
        "share_of_topic",
        PARTITION,
        Base::number(RATIO),
        share,
        "its part of what comes into its topic",
    )
    .over(30),
    Measure::new(
        "has_leader",
        PARTITION,
        Base::Truth,
        |q, s| partition(q, s).map(|p| p.leader.is_some_and(|l| l >= 0).into()),
        "it has a leader",
    )
    .now(),
    Measure::new(
        "isr_share",
        PARTITION,
        Base::number(RATIO),
        isr_share,
        "share of its replicas that are in sync",
    )
    .now(),
    Measure::new(
        "replica_count",
        PARTITION,
        WHOLE,
        |q, s| partition(q, s).map(|p| (p.replicas.len() as f64).into()),
        "how many replicas it shall have",
    )
    .now(),
    Measure::new(
        "in_sync_count",
        PARTITION,
        WHOLE,
        |q, s| partition(q, s).map(|p| (p.isr.len() as f64).into()),
        "how many of its replicas are in sync",
    )
    .now(),
    Measure::new(
        "led_by_first",
        PARTITION,
        Base::Truth,
        |q, s| partition(q, s).and_then(|p| Some((p.leader == Some(*p.replicas.first()?)).into())),
        "its leader is the first of its replicas, where Kafka wants it",
    )
    .now(),
    Measure::new(
        "min_in_sync",
        TOPIC,
        WHOLE,
        |q, s| Some(topic(q, s)?.config.get("min.insync.replicas")?.parse::<f64>().ok()?.into()),
        "how many replicas must be in sync for writers that want all (min.insync.replicas)",
    )
    .now(),
    Measure::new(
        "end_offset",
        PARTITION,
        RECORD,
        |q, s| offset(q, s, Signal::EndOffset).map(Scalar::from),
        "its end offset",
    ),
    Measure::new(
        "begin_offset",
        PARTITION,
        RECORD,
        |q, s| offset(q, s, Signal::BeginOffset).map(Scalar::from),
        "its first offset that is still kept",
    ),
    Measure::new(
        "position_behind_begin",
        PARTITION,
        Base::Truth,
        behind,
        "a reader's position or commit lies before what is kept: it lost records",
    ),
    Measure::new(
        "lost_records",
        PARTITION,
        RECORD,
        lost_records,
        "records that the topic dropped within the window before a reader had read them",
    )
    .over(600),
    Measure::new(
        "broker_count",
        CLUSTER,
        WHOLE,
        |q, s| overview(q, s).map(|o| (o.brokers.len() as f64).into()),
        "brokers that it lists",
    )
    .now(),
    Measure::new(
        "brokers_missing",
        CLUSTER,
        WHOLE,
        missing,
        "brokers that hold replicas and are not listed",
    )
    .now(),
    Measure::new(
        "has_controller",
        CLUSTER,
        Base::Truth,
        |q, s| controller(overview(q, s)?),
        "it names a controller; unknown where it has no ZooKeeper, for there a broker names any other",
    )
    .now(),
];

fn controller(o: &KafkaOverview) -> Option<Scalar> {
    let named = o.controller.is_some_and(|c| c >= 0);
    (named || o.kraft == Some(false)).then(|| named.into())
}

fn topic<'a>(q: &Ask<'_, 'a>, s: &Subject) -> Option<&'a TopicFact> {
    let id = topic_id(s)?;
    q.ctx.snapshot.estate.kafka.get(&id.cluster)?.topics.get(&id.topic)
}

fn topic_id(s: &Subject) -> Option<&TopicId> {
    match s {
        Subject::Topic { topic } | Subject::Partition { topic, .. } => Some(topic),
        _ => None,
    }
}

fn partition<'a>(q: &Ask<'_, 'a>, s: &Subject) -> Option<&'a PartitionFact> {
    let Subject::Partition { partition, .. } = s else { return None };
    topic(q, s)?.partitions.iter().find(|p| p.id == *partition)
}

fn overview<'a>(q: &Ask<'_, 'a>, s: &Subject) -> Option<&'a KafkaOverview> {
    let Subject::KafkaCluster { cluster } = s else { return None };
    q.ctx.snapshot.estate.kafka.get(cluster)?.overview.as_ref().map(|(_, o)| o)
}

/// Partitions of a topic of which offsets were seen.
fn all(q: &Ask<'_, '_>, id: &TopicId) -> Option<Vec<i32>> {
    q.ctx.index().partitions.get(id).map(|p| p.keys().copied().collect())
}

fn rates(q: &Ask<'_, '_>, id: &TopicId) -> Option<f64> {
    all(q, id)?.into_iter().map(|p| q.produced(id, p)).sum()
}

fn rate(q: &Ask<'_, '_>, s: &Subject) -> Option<f64> {
    match s {
        Subject::Partition { topic, partition } => q.produced(topic, *partition),
        Subject::Topic { topic } => rates(q, topic),
        _ => None,
    }
}

fn produce_rate(q: &Ask<'_, '_>, s: &Subject) -> Option<Scalar> {
    rate(q, s).map(Scalar::from)
}

fn usual_rate(q: &Ask<'_, '_>, s: &Subject) -> Option<Scalar> {
    usual(q, s).map(|u| u.level.into())
}

fn usual_peak(q: &Ask<'_, '_>, s: &Subject) -> Option<Scalar> {
    usual(q, s)?.most.map(Scalar::from)
}

fn usual(q: &Ask<'_, '_>, s: &Subject) -> Option<Usual> {
    let Subject::Topic { topic } = s else { return None };
    q.ctx.snapshot.usual_rate(topic, q.at)
}

fn end_moves(q: &Ask<'_, '_>, s: &Subject) -> Option<Scalar> {
    rate(q, s).map(|r| (r > 0.0).into())
}

fn share(q: &Ask<'_, '_>, s: &Subject) -> Option<Scalar> {
    let (mine, whole) = (rate(q, s)?, rates(q, topic_id(s)?)?);
    (whole > 0.0).then(|| (mine / whole).into())
}

fn retention(q: &Ask<'_, '_>, s: &Subject) -> Option<Scalar> {
    let ms: f64 = topic(q, s)?.config.get("retention.ms")?.parse().ok()?;
    (ms >= 0.0).then(|| (ms / 1000.0).into())
}

fn topic_config(q: &Ask<'_, '_>, s: &Subject) -> Option<Scalar> {
    let config = &topic(q, s)?.config;
    (!config.is_empty()).then_some(())?;
    let value = config.get(q.arg?).map_or("", String::as_str);
    Some(crate::estate::Name::from(value).into())
}

fn exists(q: &Ask<'_, '_>, s: &Subject) -> Option<Scalar> {
    let id = topic_id(s)?;
    let kafka = q.ctx.snapshot.estate.kafka.get(&id.cluster)?;
    kafka.topics_seen?;
    Some(kafka.topics.contains_key(&id.topic).into())
}

fn isr_share(q: &Ask<'_, '_>, s: &Subject) -> Option<Scalar> {
    let p = partition(q, s)?;
    (!p.replicas.is_empty()).then(|| (p.isr.len() as f64 / p.replicas.len() as f64).into())
}

fn offset(q: &Ask<'_, '_>, s: &Subject, signal: Signal) -> Option<f64> {
    let Subject::Partition { topic, partition } = s else { return None };
    q.fresh(q.partition(topic, *partition, signal)?)
}

/// The series of where each reading job stands in a partition; None for one that has no position.
fn readers<'a>(q: &Ask<'_, 'a>, s: &Subject) -> Option<Vec<Option<&'a crate::estate::Series>>> {
    let Subject::Partition { topic, partition } = s else { return None };
    let mut out = Vec::new();
    for e in q.ctx.links().of_topic(topic) {
        if let (NodeRef::Job { job }, EdgeKind::Reads) = (&e.to, e.kind) {
            let positions = q.positions(job, &topic.topic);
            // of a job whose positions we do not see at all nothing is known
            (!positions.is_empty()).then_some(())?;
            out.push(positions.into_iter().find(|(p, _)| p == partition).map(|(_, s)| s));
        }
    }
    (!out.is_empty()).then_some(out)
}

fn reader_lag(q: &Ask<'_, '_>, s: &Subject) -> Option<Scalar> {
    let end = offset(q, s, Signal::EndOffset)?;
    let behind: Option<Vec<f64>> = readers(q, s)?
        .into_iter()
        .map(|r| Some((end - r?.at_or_before(q.at)?.1).max(0.0)))
        .collect();
    behind?.into_iter().reduce(f64::max).map(Scalar::from)
}

fn reader_rate(q: &Ask<'_, '_>, s: &Subject) -> Option<Scalar> {
    let rates: Option<Vec<f64>> = readers(q, s)?.into_iter().map(|r| q.rate_of(r?)).collect();
    rates?.into_iter().reduce(f64::min).map(Scalar::from)
}

fn read(q: &Ask<'_, '_>, s: &Subject) -> Option<Scalar> {
    Some(readers(q, s)?.iter().all(Option::is_some).into())
}

fn behind(q: &Ask<'_, '_>, s: &Subject) -> Option<Scalar> {
    let begin = offset(q, s, Signal::BeginOffset)?;
    let Subject::Partition { topic, partition } = s else { return None };
    let positions = readers(q, s).into_iter().flatten().flatten();
    let mut known: Vec<f64> = positions.filter_map(|r| q.fresh(r)).collect();
    let groups: BTreeSet<_> = q
        .ctx
        .snapshot
        .lineage
        .edges
        .iter()
        .filter(|e| matches!(&e.from, NodeRef::Topic { topic: t } if t == topic))
        .flat_map(|e| &e.groups)
        .collect();
    for (group, p, row) in q.ctx.index().committed.get(topic).into_iter().flatten() {
        if p == partition && groups.contains(group) {
            known.extend(row.get(Signal::CommittedOffset).and_then(|s| q.fresh(s)));
        }
    }
    let least = known.into_iter().reduce(f64::min)?;
    Some((least < begin).into())
}

/// Each time the begin offset moved past where a reader stood: what lay between is lost to it.
fn lost_records(q: &Ask<'_, '_>, s: &Subject) -> Option<Scalar> {
    let Subject::Partition { topic, partition } = s else { return None };
    let entity = Entity::Partition { topic: topic.clone(), partition: *partition };
    let begin = q.ctx.series(&entity, Signal::BeginOffset)?;
    let from = q.at - q.window;
    let mut worst = 0.0_f64;
    for job in q.ctx.links().of_topic(topic).iter().filter_map(|e| match &e.to {
        NodeRef::Job { job } => q.ctx.job(job),
        NodeRef::Topic { .. } | NodeRef::Base { .. } => None,
    }) {
        let positions = job.positions_in(&topic.topic, *partition);
        let positions: Vec<&Series> =
            positions.iter().filter_map(|e| q.ctx.series(e, Signal::SourcePosition)).collect();
        let lost = overtaken(begin, &positions, from, q.at).map_or(0.0, |l| l.1);
        worst = worst.max(lost);
    }
    Some(worst.into())
}

fn missing(q: &Ask<'_, '_>, s: &Subject) -> Option<Scalar> {
    let Subject::KafkaCluster { cluster } = s else { return None };
    let listed: BTreeSet<i32> = overview(q, s)?.brokers.iter().map(|b| b.id).collect();
    let kafka = q.ctx.snapshot.estate.kafka.get(cluster)?;
    kafka.topics_seen?;
    let named: BTreeSet<i32> = kafka
        .topics
        .values()
        .flat_map(|t| &t.partitions)
        .flat_map(|p| &p.replicas)
        .copied()
        .collect();
    Some((named.difference(&listed).count() as f64).into())
}
