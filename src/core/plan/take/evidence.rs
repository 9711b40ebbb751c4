//! What the diagnosis rests on, and whether it may be acted on.

use super::job::grew;
use super::{fresh, reads};
use crate::case::*;
use crate::estate::*;
use crate::lineage::{BlindKind, NodeRef};
use crate::plan::PlanInput;
use crate::rules::{Proof, Truth};
use crate::signals::{Signal, derive};

/// Over so long the brokers' own figures are asked.
const BROKER_WINDOW: Span = Span::secs(60);

/// A partition that got nothing for so long stands, as the rule about it has it.
const STANDS: Span = Span::secs(20);

/// Since when it is said, what of it is unknown now, why it may not be acted on.
pub fn of(input: &PlanInput<'_>, job: &Job) -> (Millis, Vec<Name>, Option<Uncertain>) {
    let i = input.incident;
    // the last time that something else was said
    let since = i.said.last().map_or(i.opened, |s| s.at).max(i.opened);
    (since, missing(input, job), uncertain(input, job))
}

fn missing(input: &PlanInput<'_>, job: &Job) -> Vec<Name> {
    let s = input.snapshot;
    let evidence = input.incident.diagnosis.evidence.iter();
    let mut out: Vec<Name> =
        evidence.filter(|e| e.truth == Truth::Unknown).map(|e| e.name.clone()).collect();
    if s.at - input.incident.last_seen > fresh(s) {
        out.push("its symptoms".into());
    }
    let blind = s.lineage.blind.iter().filter(|b| {
        matches!(&b.node, Some(NodeRef::Job { job: of }) if *of == job.key)
            && matches!(b.kind, BlindKind::NoKafka | BlindKind::TopicInvisible)
    });
    out.extend(blind.map(|b| Name::from(format!("topic {}", b.detail))));
    out.sort();
    out.dedup();
    out
}

fn uncertain(input: &PlanInput<'_>, job: &Job) -> Option<Uncertain> {
    let d = &input.incident.diagnosis;
    if input.incident.state == IncidentState::Recovering {
        return Some(Uncertain::Recovering);
    }
    if input.incident.state != IncidentState::Confirmed {
        return Some(Uncertain::Provisional);
    }
    let causes = d.verdict.causes();
    // a family is sure enough where its causes share the cure: then it is in `cures`
    if matches!(d.verdict, Verdict::Undetermined { .. }) || causes.is_empty() {
        return Some(Uncertain::Undetermined);
    }
    let proven =
        |cause: &Name| input.rules.get(cause).is_some_and(|rule| rule.proof != Proof::None);
    if !causes.iter().all(proven) {
        return Some(Uncertain::Unproven);
    }
    (!vouched(input, job)).then_some(Uncertain::OnlyItsOwnWord)
}

/// Somebody beside the job says so too: its JobManager or the cluster tells of a failure, or Kafka's
/// own figures show that more and more is left in the topic. A job's metrics come out of a process
/// in which its author's code runs.
fn vouched(input: &PlanInput<'_>, job: &Job) -> bool {
    let mine = |s: &&Symptom| {
        s.job.as_ref() == Some(&job.key) || s.subject.job().is_none_or(|of| *of == job.key)
    };
    let mut symptoms = input.incident.diagnosis.symptoms.iter().filter(mine);
    symptoms.any(|s| by_control_plane(s.kind) || (s.kind == SymptomKind::Hazard && grows(job)))
        || left_in_topic(input, job)
        || partition_stands(input)
}

/// The JobManager's own account of the checkpoints shows it too.
fn grows(job: &Job) -> bool {
    let Some((_, stats)) = job.run.checkpoints.as_ref().filter(|(_, c)| c.run == job.run.id) else {
        return false;
    };
    let done = stats.history.iter().filter(|c| &*c.status == "COMPLETED" && !c.savepoint);
    let sized = || done.clone().filter_map(|c| Some((c.triggered, c.state_size?)));
    let (first, last) = (sized().min_by_key(|c| c.0), sized().max_by_key(|c| c.0));
    first.zip(last).is_some_and(|((_, first), (_, last))| last > first)
}

/// The brokers' own figures: nothing comes into the partition that is blamed, and into others there
/// does.
fn partition_stands(input: &PlanInput<'_>) -> bool {
    let s = input.snapshot;
    let Subject::Partition { topic, partition } = &input.incident.diagnosis.subject else {
        return false;
    };
    let known = s.estate.kafka.get(&topic.cluster).and_then(|k| k.topics.get(&topic.topic));
    let grows = |id: i32| {
        let entity = Entity::Partition { topic: topic.clone(), partition: id };
        grew(s, s.signals.row(&entity)?, Signal::EndOffset, STANDS)
    };
    let others = known.iter().flat_map(|t| &t.partitions).filter(|p| p.id != *partition);
    grows(*partition) == Some(false) && others.map(|p| grows(p.id)).any(|g| g == Some(true))
}

/// What the JobManager's REST interface or the brokers tell by themselves.
fn by_control_plane(kind: SymptomKind) -> bool {
    use SymptomKind::*;
    matches!(
        kind,
        Restarted
            | NotRunning
            | CheckpointOld
            | CheckpointsFail
            | InputLost
            | ControlLost
            | KafkaSilent
            | BaseIll
            | PartitionsUnread
    )
}

/// End offsets grow away from the group's committed offsets.
fn left_in_topic(input: &PlanInput<'_>, job: &Job) -> bool {
    let s = input.snapshot;
    let rate =
        |entity: &Entity, signal| derive::rate(s.signals.get(entity, signal)?, s.at, BROKER_WINDOW);
    reads(s, &job.key).any(|(topic, edge)| {
        let mut behind: Option<f64> = None;
        for row in s.signals.rows() {
            let Entity::Committed { group, topic: of, partition } = &*row.entity else { continue };
            let same = group.cluster == topic.cluster && *of == topic.topic;
            if !same || !edge.groups.contains(&group.group) {
                continue;
            }
            let end = Entity::Partition { topic: topic.clone(), partition: *partition };
            let (Some(came), Some(went)) =
                (rate(&end, Signal::EndOffset), rate(&row.entity, Signal::CommittedOffset))
            else {
                continue;
            };
            *behind.get_or_insert(0.0) += came - went;
        }
        behind.is_some_and(|b| b > 0.0)
    })
}
