//! Of a Flink cluster: does its JobManager answer, what has it to give.

use super::{Ask, Measure, Scalar};
use crate::estate::{
    Answered, Answering, ChangeKind, ClusterId, Entity, FlinkOverview, Gap, GapReason, JobState,
    Millis, Name, Subject, SubjectKind, SubjectKind as K, TargetKind,
};
use crate::rules::types::*;
use crate::signals::Signal;
use std::collections::BTreeSet;

const ON: &[SubjectKind] = &[K::FlinkCluster];
const WHOLE: Base = Base::number(COUNT);
const ANSWER: &[SubjectKind] = &[
    K::FlinkCluster,
    K::KafkaCluster,
    K::Broker,
    K::Zookeeper,
    K::Hdfs,
    K::Yarn,
    K::Component,
    K::Member,
    K::Host,
];

pub const MEASURES: &[Measure] = &[
    Measure::new(
        "answers",
        ANSWER,
        Base::Truth,
        |q, s| answers(q, s).map(Scalar::from),
        "it answers us",
    )
    .now(),
    Measure::new(
        "silent_for",
        ANSWER,
        Base::number(TIME),
        silent_for,
        "how long it has not answered us; 0: it does",
    )
    .now(),
    Measure::new(
        "silent_elsewhere",
        &[K::Broker, K::KafkaCluster],
        WHOLE,
        |q, _| Some((silent_elsewhere(q) as f64).into()),
        "targets that are not Kafka's and do not answer in time either: 2 and more look like our own machine or network",
    )
    .now(),
    Measure::new(
        "answering",
        &[K::TaskManager, K::Broker, K::Member, K::Host],
        Base::Text,
        answering,
        "how its process meets a question of ours: answers, silent (takes the connection, says nothing: frozen), unreachable (nobody listens), refuses",
    )
    .now(),
    Measure::new(
        "new_life_ago",
        ON,
        Base::number(TIME),
        new_life,
        "how long ago its JobManager was replaced by a new one; unknown where it was not",
    ),
    Measure::new(
        "slots_free",
        &[K::FlinkCluster, K::TaskManager],
        WHOLE,
        |q, s| slots(q, s, Signal::SlotsAvailable),
        "slots without a task",
    ),
    Measure::new(
        "slots_total",
        &[K::FlinkCluster, K::TaskManager],
        WHOLE,
        |q, s| slots(q, s, Signal::SlotsTotal),
        "slots in all",
    ),
    Measure::new("taskmanager_count", ON, WHOLE, taskmanagers, "TaskManagers that are registered"),
    Measure::new(
        "jobs_running",
        ON,
        WHOLE,
        |q, s| jobs_running(q, s).map(Scalar::from),
        "jobs that it lists as RUNNING",
    )
    .now(),
    Measure::new(
        "cluster_config",
        ON,
        Base::Text,
        config,
        "one entry of the JobManager's configuration in Flink's words (high availability, heartbeats, failover, memory, load balance, latency tracking); empty where it is not set",
    )
    .now()
    .with_arg(),
    Measure::new("jobs_forgotten", ON, WHOLE, forgotten, "jobs that it no longer lists").over(300),
];

fn flink(s: &Subject) -> Option<&ClusterId> {
    match s {
        Subject::FlinkCluster { cluster } => Some(cluster),
        _ => None,
    }
}

/// Gaps that say: nobody there.
fn mute(gap: &Gap) -> bool {
    matches!(gap.reason, GapReason::Unreachable { .. } | GapReason::TimedOut { .. })
}

/// Open gaps of the cluster's own target.
fn gaps<'a>(
    q: &Ask<'_, 'a>,
    kind: TargetKind,
    cluster: &ClusterId,
) -> impl Iterator<Item = &'a Gap> + use<'a> {
    let cluster = cluster.clone();
    q.ctx.snapshot.gaps.iter().filter(move |g| mute(g) && g.target.is_cluster(kind, &cluster))
}

/// When a Flink cluster was last heard of.
fn heard(q: &Ask<'_, '_>, cluster: &ClusterId) -> Option<Millis> {
    let known = q.ctx.snapshot.estate.flink.get(cluster)?;
    let seen = [known.jobs_seen, known.taskmanagers_seen, known.overview.as_ref().map(|o| o.0)];
    seen.into_iter().flatten().max()
}

/// How each broker of a Kafka cluster, or the one, has been answering.
fn brokers<'a>(q: &Ask<'_, 'a>, s: &Subject) -> Option<Vec<&'a Answered>> {
    let (cluster, only) = match s {
        Subject::KafkaCluster { cluster } => (cluster, None),
        Subject::Broker { cluster, id } => (cluster, Some(id)),
        _ => return None,
    };
    let known = &q.ctx.snapshot.estate.kafka.get(cluster)?.answers;
    let wanted = known.iter().filter(|(id, _)| only.is_none_or(|o| o == *id));
    let all: Vec<&Answered> = wanted.map(|(_, a)| a).collect();
    (!all.is_empty()).then_some(all)
}

fn answers(q: &Ask<'_, '_>, s: &Subject) -> Option<bool> {
    match s {
        Subject::FlinkCluster { cluster } => {
            let missed = gaps(q, TargetKind::FlinkRest, cluster).next().is_some();
            (missed || heard(q, cluster).is_some()).then_some(!missed)
        }
        Subject::KafkaCluster { .. } if never_since(q, s).is_some() => Some(false),
        Subject::Base { .. } | Subject::Member { .. } | Subject::Host { .. } => {
            super::base::answers(q, s)
        }
        _ => Some(brokers(q, s)?.iter().any(|a| a.answering == Answering::Answers)),
    }
}

/// Since when a cluster that never answered has not: none was heard of, and somebody asks.
fn never_since(q: &Ask<'_, '_>, s: &Subject) -> Option<Millis> {
    let (kind, cluster) = match s {
        Subject::FlinkCluster { cluster } if heard(q, cluster).is_none() => {
            (TargetKind::FlinkRest, cluster)
        }
        Subject::KafkaCluster { cluster } if brokers(q, s).is_none() => {
            (TargetKind::Kafka, cluster)
        }
        _ => return None,
    };
    gaps(q, kind, cluster).map(|gap| gap.at).min()
}

/// A Kafka cluster is silent when none of its brokers answers.
fn silent_for(q: &Ask<'_, '_>, s: &Subject) -> Option<Scalar> {
    if answers(q, s)? {
        return Some(0.0.into());
    }
    if let Some(since) = never_since(q, s) {
        return Some((q.at - since).as_secs().max(0.0).into());
    }
    let last = match s {
        Subject::FlinkCluster { cluster } => heard(q, cluster)?,
        Subject::Base { .. } | Subject::Member { .. } | Subject::Host { .. } => {
            super::base::heard(q, s)?
        }
        _ => brokers(q, s)?.iter().map(|a| a.last_ok.unwrap_or(a.since)).max()?,
    };
    Some((q.at - last).as_secs().max(0.0).into())
}

/// A refused connection is the target's own doing; silence of several may be ours.
fn silent_elsewhere(q: &Ask<'_, '_>) -> usize {
    let silent = q.ctx.snapshot.gaps.iter().filter(|g| {
        g.target.kind != TargetKind::Kafka && matches!(g.reason, GapReason::TimedOut { .. })
    });
    silent.map(|g| &g.target.name).collect::<BTreeSet<_>>().len()
}

/// How it meets a question: for rules that tell a frozen process from one that is gone.
fn answering(q: &Ask<'_, '_>, s: &Subject) -> Option<Scalar> {
    let told = match s {
        Subject::TaskManager { cluster, id } => {
            let life = q.ctx.snapshot.estate.flink.get(cluster)?.lives.get(id)?;
            life.answered.as_ref()?.answering
        }
        Subject::Member { .. } | Subject::Host { .. } => super::base::answered(q, s)?.answering,
        _ => brokers(q, s)?.first()?.answering,
    };
    let word = match told {
        Answering::Answers => "answers",
        Answering::Silent => "silent",
        Answering::Unreachable => "unreachable",
        Answering::Refuses => "refuses",
    };
    Some(Name::from(word).into())
}

fn config(q: &Ask<'_, '_>, s: &Subject) -> Option<Scalar> {
    let (_, entries) = q.ctx.snapshot.estate.flink.get(flink(s)?)?.config.as_ref()?;
    let value = entries.get(q.arg?).map_or("", String::as_str);
    Some(Name::from(value).into())
}

fn overview<'a>(q: &Ask<'_, 'a>, s: &Subject) -> Option<&'a FlinkOverview> {
    q.ctx.snapshot.estate.flink.get(flink(s)?)?.overview.as_ref().map(|(_, o)| o)
}

fn new_life(q: &Ask<'_, '_>, s: &Subject) -> Option<Scalar> {
    super::job::since(q, overview(q, s)?.jobmanager_started)
}

fn slots(q: &Ask<'_, '_>, s: &Subject, signal: Signal) -> Option<Scalar> {
    let free = signal == Signal::SlotsAvailable;
    let found = match s {
        Subject::TaskManager { cluster, id } => {
            let tm = q.ctx.snapshot.estate.flink.get(cluster)?.taskmanagers.get(id)?;
            f64::from(if free { tm.free_slots } else { tm.slots }?)
        }
        _ => {
            let entity = Entity::FlinkCluster { cluster: flink(s)?.clone() };
            let fact =
                || overview(q, s).map(|o| if free { o.slots_available } else { o.slots_total });
            q.gauge(&entity, signal).or_else(|| fact().map(f64::from))?
        }
    };
    Some(found.into())
}

fn taskmanagers(q: &Ask<'_, '_>, s: &Subject) -> Option<Scalar> {
    let entity = Entity::FlinkCluster { cluster: flink(s)?.clone() };
    let list = || {
        let known = q.ctx.snapshot.estate.flink.get(flink(s)?)?;
        known.taskmanagers_seen.map(|_| known.taskmanagers.len() as f64)
    };
    q.gauge(&entity, Signal::TaskManagers).or_else(list).map(Scalar::from)
}

fn jobs_running(q: &Ask<'_, '_>, s: &Subject) -> Option<f64> {
    let id = flink(s)?;
    q.ctx.snapshot.estate.flink.get(id)?.jobs_seen?;
    let runs =
        q.ctx.snapshot.estate.jobs.values().filter(|j| {
            j.key.cluster == *id && j.gone.is_none() && j.run.state == JobState::Running
        });
    Some(runs.count() as f64)
}

fn forgotten(q: &Ask<'_, '_>, s: &Subject) -> Option<Scalar> {
    let id = flink(s)?;
    q.ctx.snapshot.estate.flink.get(id)?.jobs_seen?;
    let gone = q.ctx.snapshot.changes.iter().filter(|c| {
        let of = matches!(&c.entity, Entity::Job { job } if job.cluster == *id);
        of && c.kind == ChangeKind::JobGone && c.at >= q.from() && c.at <= q.at
    });
    Some((gone.count() as f64).into())
}
