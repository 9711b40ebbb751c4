//! What brokers hold: partitions, disks; and groups that nobody uses.

use super::base::WANTED_FULL;
use super::{Ask, Measure, Scalar};
use crate::estate::{
    BrokerDirs, ClusterId, Gap, GroupFact, Job, JobState, KafkaCluster, LogDir, Name,
    PartitionFact, Span, Subject, SubjectKind, SubjectKind as K, TargetKind, TopicId,
};
use crate::lineage::EdgeKind;
use crate::rules::links::ends;
use crate::rules::types::*;
use crate::signals::Signal;

const BROKER: &[SubjectKind] = &[K::Broker];
const WHOLE: Base = Base::number(COUNT);
const SIZE: Base = Base::number(BYTES);
/// Disks are asked for every few minutes.
const DIRS_STAND: Span = Span::secs(1800);
/// Of a group's offsets: so much is looked at, and less than this says nothing. A job commits with
/// its checkpoints, most of them every few minutes at least.
const KEPT: Span = Span::secs(7200);
const WATCHED: Span = Span::secs(600);
/// Groups that are named.
const NAMED: usize = 5;

pub const MEASURES: &[Measure] = &[
    Measure::new("partitions_led", BROKER, WHOLE, |q, s| held(q, s, |p, id| p.leader == Some(id)), "partitions that it leads").now(),
    Measure::new("replicas_held", BROKER, WHOLE, |q, s| held(q, s, |p, id| p.replicas.contains(&id)), "replicas that it holds, leaders among them").now(),
    Measure::new("disk_used", BROKER, Base::number(RATIO), disk_used, "share of the fullest of its data volumes that is in use, by whomever; since Kafka 3.3").now(),
    Measure::new("disks_asked", BROKER, Base::Truth, asked, "it was asked for its disks: it told them, or does not let us; unknown until then").now(),
    Measure::new("disk_total", BROKER, SIZE, |q, s| fullest(dirs(q, s)?)?.total.map(|b| (b as f64).into()), "bytes of that volume").now(),
    Measure::new("disk_free", BROKER, SIZE, |q, s| fullest(dirs(q, s)?)?.free.map(|b| (b as f64).into()), "bytes of it that are free").now(),
    Measure::new("disk_own", BROKER, SIZE, |q, s| own(dirs(q, s)?).map(Scalar::from), "bytes that Kafka's replicas take on this broker, on all its volumes").now(),
    Measure::new("disk_others", BROKER, SIZE, |q, s| others(dirs(q, s)?).map(Scalar::from), "bytes of that volume that Kafka has not written, where these alone are over 70 % of it and no retention makes room enough; unknown else").now(),
    Measure::new("dirs_failed", BROKER, WHOLE, failed, "of its data directories, those that Kafka has given up (a broken disk)").now(),
    Measure::new("stored", &[K::Topic], SIZE, stored, "bytes of all its replicas on the disks of the brokers that told it").now(),
    Measure::new("groups_unused", &[K::KafkaCluster], WHOLE, |q, s| Some((unused(q, s)?.len() as f64).into()), "consumer groups without members that no job we see reads by, and whose offsets have stood still behind what comes in for ten minutes; unknown while a job may read by one of them").now(),
    Measure::new("unused_groups", &[K::KafkaCluster], Base::Text, names, "the first of them, by name").now(),
];

fn broker<'a>(q: &Ask<'_, 'a>, s: &Subject) -> Option<(&'a KafkaCluster, i32)> {
    let Subject::Broker { cluster, id } = s else { return None };
    Some((q.ctx.snapshot.estate.kafka.get(cluster)?, *id))
}

fn held(q: &Ask<'_, '_>, s: &Subject, is: impl Fn(&PartitionFact, i32) -> bool) -> Option<Scalar> {
    let (kafka, id) = broker(q, s)?;
    kafka.topics_seen?;
    let all = kafka.topics.values().flat_map(|t| &t.partitions);
    Some((all.filter(|p| is(p, id)).count() as f64).into())
}

fn dirs<'a>(q: &Ask<'_, 'a>, s: &Subject) -> Option<&'a BrokerDirs> {
    let (kafka, id) = broker(q, s)?;
    let (at, dirs) = kafka.dirs.get(&id)?;
    (q.at - *at <= DIRS_STAND).then_some(dirs)
}

fn asked(q: &Ask<'_, '_>, s: &Subject) -> Option<Scalar> {
    let (kafka, id) = broker(q, s)?;
    let Subject::Broker { cluster, .. } = s else { return None };
    let refused = |g: &Gap| g.target.is_cluster(TargetKind::Kafka, cluster) && &*g.what == "disks";
    let asked = kafka.dirs.contains_key(&id) || q.ctx.snapshot.gaps.iter().any(refused);
    asked.then(|| true.into())
}

fn used(d: &LogDir) -> Option<f64> {
    let (total, free) = (d.total? as f64, d.free? as f64);
    (total > 0.0).then(|| (1.0 - free / total).clamp(0.0, 1.0))
}

fn fullest(of: &BrokerDirs) -> Option<&LogDir> {
    let known = of.dirs.iter().filter_map(|d| Some((used(d)?, d)));
    known.max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, d)| d)
}

fn disk_used(q: &Ask<'_, '_>, s: &Subject) -> Option<Scalar> {
    used(fullest(dirs(q, s)?)?).map(Scalar::from)
}

/// A broker that tells no replica of its own has not told what they take.
fn own(of: &BrokerDirs) -> Option<f64> {
    (!of.topics.is_empty()).then(|| of.topics.values().map(|b| *b as f64).sum())
}

/// At least: replicas on other volumes are counted as if they were on this one.
fn others(of: &BrokerDirs) -> Option<f64> {
    let dir = fullest(of)?;
    let (total, free) = (dir.total? as f64, dir.free? as f64);
    let others = total - free - own(of)?;
    (others > total * WANTED_FULL).then_some(others)
}

fn failed(q: &Ask<'_, '_>, s: &Subject) -> Option<Scalar> {
    let broken = dirs(q, s)?.dirs.iter().filter(|d| d.error.is_some());
    Some((broken.count() as f64).into())
}

fn stored(q: &Ask<'_, '_>, s: &Subject) -> Option<Scalar> {
    let Subject::Topic { topic } = s else { return None };
    let kafka = q.ctx.snapshot.estate.kafka.get(&topic.cluster)?;
    let told = kafka.dirs.values().filter(|(at, _)| q.at - *at <= DIRS_STAND);
    let sizes: Vec<u64> = told.filter_map(|(_, d)| d.topics.get(&topic.topic).copied()).collect();
    (!sizes.is_empty()).then(|| (sizes.iter().sum::<u64>() as f64).into())
}

fn names(q: &Ask<'_, '_>, s: &Subject) -> Option<Scalar> {
    let all = unused(q, s)?;
    let mut first: Vec<&str> = all.iter().take(NAMED).map(|g| &*g.group).collect();
    if all.len() > NAMED {
        first.push("…");
    }
    Some(Name::from(first.join(", ")).into())
}

/// A job's source has no members in its group: that alone says nothing. None: a job may read by one
/// of them, or none was watched for long enough.
fn unused<'a>(q: &Ask<'_, 'a>, s: &Subject) -> Option<Vec<&'a GroupFact>> {
    let Subject::KafkaCluster { cluster } = s else { return None };
    let kafka = q.ctx.snapshot.estate.kafka.get(cluster)?;
    kafka.groups_seen?;
    if q.ctx.snapshot.estate.jobs.values().any(|job| may_read(q, cluster, job)) {
        return None;
    }
    let edges = || {
        let of = q.ctx.snapshot.lineage.edges.iter();
        of.filter(|e| ends(e).is_some_and(|(_, topic)| topic.cluster == *cluster))
    };
    let read_by = |name: &Name| edges().any(|e| e.groups.contains(name));
    let empty = kafka.groups.values().filter(|g| &*g.state == "Empty" && !read_by(&g.group));
    let (mut still, mut watched) = (Vec::new(), true);
    for group in empty {
        match stands(q, cluster, group) {
            Some(true) => still.push(group),
            Some(false) => {}
            None => watched = false,
        }
    }
    (watched || !still.is_empty()).then_some(still)
}

/// It reads this cluster, or may, by a group that is not known. Who failed or is lost may come back
/// and go on from what its group has committed.
fn may_read(q: &Ask<'_, '_>, cluster: &ClusterId, job: &Job) -> bool {
    if matches!(job.run.state, JobState::Canceled | JobState::Finished) {
        return false;
    }
    let edges = q.ctx.links().of_job(&job.key).iter().filter(|e| e.kind == EdgeKind::Reads);
    let mut read = edges.filter_map(|e| Some((ends(e)?.1, e))).peekable();
    match read.peek() {
        Some(_) => read.any(|(topic, e)| topic.cluster == *cluster && e.groups.is_empty()),
        None => !q.ctx.snapshot.lineage.likely.draws_from_outside(&job.key),
    }
}

/// None of its offsets has moved within what is kept, and one of its topics is ahead of it. None:
/// that was not watched for long enough.
fn stands(q: &Ask<'_, '_>, cluster: &ClusterId, group: &GroupFact) -> Option<bool> {
    let (mut watched, mut behind) = (true, false);
    for topic in &group.topics {
        let topic = TopicId::new(cluster, topic.clone());
        for (of, partition, row) in q.ctx.index().committed.get(&topic).into_iter().flatten() {
            let Some(offsets) = row.get(Signal::CommittedOffset).filter(|_| *of == group.group)
            else {
                continue;
            };
            let mut values = offsets.range(q.at - KEPT, q.at);
            let Some((since, first)) = values.next() else { return Some(false) };
            if values.any(|(_, v)| v != first) {
                return Some(false);
            }
            watched &= q.at - since >= WATCHED;
            let end = q.partition(&topic, *partition, Signal::EndOffset).and_then(|e| q.fresh(e));
            behind |= end.is_some_and(|end| end > first);
        }
    }
    (watched || !behind).then_some(behind)
}
