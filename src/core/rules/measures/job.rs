//! Of a job: its state, how late it is, what it reads.

use super::series::secs;
use super::{Ask, Measure, Scalar};
use crate::estate::{
    Entity, Gap, Job, JobKey, JobState, Millis, Subject, SubjectKind, SubjectKind as K, TargetKind,
    TopicId,
};
use crate::lineage::{Edge, EdgeKind, Node, NodeRef};
use crate::rules::types::*;
use crate::signals::{Signal, derive};

const ON: &[SubjectKind] = &[K::Job];
const SECONDS: Base = Base::number(TIME);
const WHOLE: Base = Base::number(COUNT);

pub const MEASURES: &[Measure] = &[
    Measure::new("age", ON, SECONDS, |q, s| whole(q, s).and_then(|e| q.gauge(&e, Signal::OutputAge)).map(Scalar::from), "age of the data that it hands on, whoever made it late"),
    Measure::new("age_trend", ON, Base::number(RATIO), |q, s| whole(q, s).and_then(|e| q.slope(q.ctx.series(&e, Signal::OutputAge)?)).map(Scalar::from), "by how many seconds a second that age grows; 1: nothing comes through").over(60),
    Measure::new("own", ON, SECONDS, |q, s| node(q, s).and_then(|n| n.own).map(Scalar::from), "of its age, what arises in it and in the topics it reads").now(),
    Measure::new("arises", ON, Base::Truth, |q, s| node(q, s).map(|n| n.arises.into()), "more than half of a delay over target arises here").now(),
    Measure::new("inherits", ON, Base::Truth, |q, s| node(q, s).map(|n| n.inherits.into()), "late only because an upstream is").now(),
    Measure::new("lag", ON, Base::number(RECORDS), |q, s| read_sum(q, s, Signal::EdgeRecords), "records that wait for it in the topics it reads"),
    Measure::new("lag_trend", ON, Base::number(RECORD_RATE), lag_trend, "by how many records a second that grows").over(60),
    Measure::new("edge_age", ON, SECONDS, edge_age, "age of the oldest record that it has not passed on, the worst of its inputs"),
    Measure::new("topic_wait", ON, SECONDS, topic_wait, "of it, what waits in the topic"),
    Measure::new("inside_wait", ON, SECONDS, inside_wait, "how long a record is inside it, along its slowest way"),
    Measure::new("input_rate", ON, Base::number(RECORD_RATE), |q, s| input_rate(q, s).map(Scalar::from), "records per second that come into the topics it reads").over(30),
    Measure::new("committed_lag", ON, Base::number(RECORDS), committed_lag, "end offsets less what its groups have committed: saw-tooths with checkpoints"),
    Measure::new("position_lag", ON, Base::number(RECORDS), position_lag, "end offsets less where its sources stand"),
    Measure::new("unread_partitions", ON, WHOLE, unread, "partitions of its topics in which it has no position").now(),
    Measure::new("state", ON, Base::Text, |q, s| job(q, s).map(|j| crate::estate::Name::from(j.run.state.as_str()).into()), "Flink's state of the job, upper case").now(),
    Measure::new("running_share", ON, Base::number(RATIO), running_share, "share of its tasks that run").now(),
    Measure::new("waits_for_slots", ON, Base::Truth, waits_for_slots, "tasks of it are scheduled and have no slot (adaptive scheduler: CREATED, without any task)").now(),
    Measure::new("started_ago", ON, SECONDS, |q, s| job(q, s).and_then(|j| since(q, Some(j.run.start))), "how long ago its present run began"),
    Measure::new("taken_up_ago", ON, SECONDS, |q, s| job(q, s).and_then(|j| since(q, j.run.taken_up)), "how long ago a JobManager took its present run up anew, under the same id; unknown where none was seen to"),
    Measure::new("gone_ago", &[K::Job, K::TaskManager, K::Topic, K::Broker], SECONDS, gone_ago, "how long ago it left its cluster's list; unknown while it is listed"),
    Measure::new("listed", ON, Base::Truth, |q, s| job(q, s).map(|j| j.gone.is_none().into()), "its JobManager lists it").now(),
    Measure::new("restarts_in", ON, WHOLE, restarts, "how often it was restarted").over(300),
    Measure::new("config_asked", ON, Base::Truth, config_asked, "its configuration was asked for: it was read, or could not be; unknown until then").now(),
    Measure::new("config", ON, Base::Text, config, "one entry of its configuration in Flink's words (checkpoints.* for those of checkpoints); empty where it has none").now().with_arg(),
];

fn job<'a>(q: &Ask<'_, 'a>, s: &Subject) -> Option<&'a Job> {
    q.ctx.job(s.job()?)
}

fn whole(_: &Ask<'_, '_>, s: &Subject) -> Option<Entity> {
    Some(Entity::Job { job: s.job()?.clone() })
}

fn node<'a>(q: &Ask<'_, 'a>, s: &Subject) -> Option<&'a Node> {
    q.ctx.links().node(s.job()?)
}

/// The edges by which a job reads, with their topics.
pub fn reads<'a>(
    q: &Ask<'_, 'a>,
    key: &JobKey,
) -> impl Iterator<Item = (&'a TopicId, &'a Edge)> + use<'a> {
    let all = q.ctx.links().of_job(key).iter().filter(|e| e.kind == EdgeKind::Reads);
    let read = all.filter_map(|e| match &e.from {
        NodeRef::Topic { topic } => Some((topic, *e)),
        NodeRef::Job { .. } | NodeRef::Base { .. } => None,
    });
    read.collect::<Vec<_>>().into_iter()
}

fn edges(q: &Ask<'_, '_>, s: &Subject) -> Option<Vec<Entity>> {
    let job = s.job()?;
    let of =
        |(topic, _): (&TopicId, &Edge)| Entity::EdgeRead { topic: topic.clone(), job: job.clone() };
    let all: Vec<Entity> = reads(q, job).map(of).collect();
    (!all.is_empty()).then_some(all)
}

fn read_sum(q: &Ask<'_, '_>, s: &Subject, signal: Signal) -> Option<Scalar> {
    let sum: Option<f64> = edges(q, s)?.iter().map(|e| q.gauge(e, signal)).sum();
    sum.map(Scalar::from)
}

fn lag_trend(q: &Ask<'_, '_>, s: &Subject) -> Option<Scalar> {
    let slope = |e: &Entity| q.slope(q.ctx.series(e, Signal::EdgeRecords)?);
    let sum: Option<f64> = edges(q, s)?.iter().map(slope).sum();
    sum.map(Scalar::from)
}

/// The worst of what is known.
fn worst(q: &Ask<'_, '_>, s: &Subject, signal: Signal) -> Option<Scalar> {
    let all = edges(q, s)?;
    all.iter().filter_map(|e| q.gauge(e, signal)).reduce(f64::max).map(Scalar::from)
}

fn edge_age(q: &Ask<'_, '_>, s: &Subject) -> Option<Scalar> {
    worst(q, s, Signal::EdgeAge)
}

fn topic_wait(q: &Ask<'_, '_>, s: &Subject) -> Option<Scalar> {
    worst(q, s, Signal::TopicWait)
}

fn inside_wait(q: &Ask<'_, '_>, s: &Subject) -> Option<Scalar> {
    let entity = Entity::EdgeInside { job: s.job()?.clone() };
    q.gauge(&entity, Signal::InsideWait).map(Scalar::from)
}

/// Every partition of the topics that a job reads.
pub fn inputs(q: &Ask<'_, '_>, job: &JobKey) -> Option<Vec<(TopicId, i32)>> {
    let mut out = Vec::new();
    for (topic, _) in reads(q, job) {
        let known = q.ctx.index().partitions.get(topic)?;
        out.extend(known.keys().map(|p| (topic.clone(), *p)));
    }
    (!out.is_empty()).then_some(out)
}

fn input_rate(q: &Ask<'_, '_>, s: &Subject) -> Option<f64> {
    inputs(q, s.job()?)?.iter().map(|(t, p)| q.produced(t, *p)).sum()
}

fn end(q: &Ask<'_, '_>, topic: &TopicId, partition: i32) -> Option<f64> {
    q.fresh(q.partition(topic, partition, Signal::EndOffset)?)
}

fn committed_lag(q: &Ask<'_, '_>, s: &Subject) -> Option<Scalar> {
    let (mut sum, mut seen) = (0.0, false);
    for (topic, edge) in reads(q, s.job()?) {
        for (group, partition, row) in q.ctx.index().committed.get(topic).into_iter().flatten() {
            if edge.groups.contains(group) {
                let committed = q.fresh(row.get(Signal::CommittedOffset)?)?;
                sum += (end(q, topic, *partition)? - committed).max(0.0);
                seen = true;
            }
        }
    }
    seen.then(|| sum.into())
}

fn position_lag(q: &Ask<'_, '_>, s: &Subject) -> Option<Scalar> {
    let key = s.job()?;
    let (mut sum, mut seen) = (0.0, false);
    for (topic, _) in reads(q, key) {
        for (partition, position) in q.positions(key, &topic.topic) {
            let (_, at) = position.at_or_before(q.at)?;
            sum += (end(q, topic, partition)? - at).max(0.0);
            seen = true;
        }
    }
    seen.then(|| sum.into())
}

fn unread(q: &Ask<'_, '_>, s: &Subject) -> Option<Scalar> {
    let mut seen = None;
    for (_, edge) in reads(q, s.job()?) {
        *seen.get_or_insert(0.0) += edge.unread_partitions.len() as f64;
    }
    seen.map(Scalar::from)
}

fn running_share(q: &Ask<'_, '_>, s: &Subject) -> Option<Scalar> {
    let run = &job(q, s)?.run;
    let all: u32 = run.tasks.iter().filter(|(state, _)| *state != "total").map(|(_, n)| n).sum();
    let running = run.tasks.get("running").copied().unwrap_or(0);
    (all > 0).then(|| (f64::from(running) / f64::from(all)).into())
}

fn waits_for_slots(q: &Ask<'_, '_>, s: &Subject) -> Option<Scalar> {
    let run = &job(q, s)?.run;
    let scheduled = *run.tasks.get("scheduled")?;
    let none = run.tasks.values().all(|n| *n == 0);
    Some((scheduled > 0 || (none && run.state == JobState::Created)).into())
}

/// Length of time since a moment; None before it.
pub fn since(q: &Ask<'_, '_>, then: Option<Millis>) -> Option<Scalar> {
    then.filter(|t| *t <= q.at).and_then(|t| secs(q.at - t))
}

fn gone_ago(q: &Ask<'_, '_>, s: &Subject) -> Option<Scalar> {
    use crate::estate::ChangeKind as C;
    let kind = match s {
        Subject::Job { .. } => return since(q, job(q, s)?.gone),
        Subject::TaskManager { .. } => C::TaskManagerGone,
        Subject::Topic { .. } => C::TopicGone,
        _ => C::BrokerGone,
    };
    let listed = match s {
        Subject::Topic { topic } => q
            .ctx
            .estate()
            .kafka
            .get(&topic.cluster)
            .is_some_and(|k| k.topics.contains_key(&topic.topic)),
        _ => super::find("alive").and_then(|m| (m.get)(q, s)) == Some(Scalar::Truth(true)),
    };
    if listed { None } else { super::process::ago(q, s, kind) }
}

/// By the metric of the present run, and by the changes that were seen: whichever tells of more.
fn restarts(q: &Ask<'_, '_>, s: &Subject) -> Option<Scalar> {
    use crate::estate::ChangeKind as C;
    let counted =
        q.of_run(s, |e| derive::increase(q.ctx.series(&e, Signal::Restarts)?, q.from(), q.at));
    let job = job(q, s)?;
    let changed = super::changes::of(q, s)
        .filter(|c| matches!(c.kind, C::Restarted | C::NewRun))
        .count() as f64;
    // a job of which no count was ever seen may have been restarted unseen
    let seen = counted.or((changed > 0.0 || job.run.restarts.is_some()).then_some(0.0))?;
    Some(seen.max(changed).into())
}

fn config_asked(q: &Ask<'_, '_>, s: &Subject) -> Option<Scalar> {
    let job = job(q, s)?;
    let asked = [&*job.name, job.run.id.as_str()].map(|of| format!("/jobs/{of}/config"));
    let refused = |g: &Gap| {
        g.target.is_cluster(TargetKind::FlinkRest, &job.key.cluster)
            && asked.iter().any(|a| **a == *g.what)
    };
    let asked = job.run.config.is_some() || q.ctx.snapshot.gaps.iter().any(refused);
    asked.then(|| true.into())
}

fn config(q: &Ask<'_, '_>, s: &Subject) -> Option<Scalar> {
    let (_, entries) = job(q, s)?.run.config.as_ref()?;
    let value = entries.get(q.arg?).map_or("", String::as_str);
    Some(crate::estate::Name::from(value).into())
}
