//! Clusters that do not answer. Not seeing is told apart from not working: where a job's work still
//! shows in Kafka, only our sight is gone.

use super::Seen;
use super::scene::Scene;
use crate::case::{Against, Calm, NoTrouble, Symptom, SymptomKind};
use crate::estate::{
    Answering, ChangeKind, ClusterId, Entity, Gap, Millis, Span, Subject, TargetKind,
};

/// A JobManager that was asked and did not answer for so long (three looks, at least).
const SILENT: Span = Span::secs(6);
/// What a broker did when it was last asked is believed for so long.
const REMEMBERED: Span = Span::secs(60);
/// A new JobManager life stays a symptom for so long.
const NEW_LIFE: Span = Span::secs(120);

pub fn look(scene: &Scene<'_>, seen: &mut Seen) {
    for (id, flink) in &scene.s.estate.flink {
        let subject = Subject::FlinkCluster { cluster: id.clone() };
        let silent = flink.jobs_seen.filter(|_| gap(scene, TargetKind::FlinkRest, id).is_some());
        if let Some(since) = silent.filter(|t| scene.at() - *t > scene.ticks(3, SILENT)) {
            match works_on(scene, id, since) {
                Some(true) => {
                    let why = Calm::NotSeen;
                    seen.calm.push(NoTrouble { subject, why, since, eta_s: None, usual: None });
                }
                Some(false) => {
                    let age = Some((scene.at() - since).as_secs());
                    let s = symptom(subject, SymptomKind::ControlLost, since);
                    seen.symptoms.push(Symptom { value: age, ..s });
                }
                // neither: wait for a sign
                None => {
                    let why = Calm::NotSeen;
                    seen.calm.push(NoTrouble { subject, why, since, eta_s: None, usual: None });
                }
            }
            continue;
        }
        let life = scene
            .changes(&Entity::FlinkCluster { cluster: id.clone() })
            .iter()
            .rev()
            .find(|c| c.kind == ChangeKind::JobManagerLife && scene.at() - c.seen < NEW_LIFE);
        seen.symptoms.extend(life.map(|c| symptom(subject, SymptomKind::ControlLost, c.at)));
    }
    for id in scene.s.estate.kafka.keys() {
        let brokers = silent_brokers(scene, id);
        if !brokers.is_empty() {
            seen.symptoms.extend(brokers);
            continue;
        }
        let Some(since) = kafka_silent(scene, id) else { continue };
        let subject = Subject::KafkaCluster { cluster: id.clone() };
        let s = symptom(subject, SymptomKind::KafkaSilent, since);
        seen.symptoms.push(Symptom { value: Some((scene.at() - since).as_secs()), ..s });
    }
}

/// The oldest open gap of the cluster's own target.
fn gap<'a>(scene: &Scene<'a>, kind: TargetKind, cluster: &ClusterId) -> Option<&'a Gap> {
    let own = scene.s.gaps.iter().filter(|g| g.target.is_cluster(kind, cluster));
    own.min_by_key(|g| g.at)
}

/// Whether what the cluster's jobs write still grows since we lost sight; None: nothing to tell by,
/// or too early.
fn works_on(scene: &Scene<'_>, cluster: &ClusterId, since: Millis) -> Option<bool> {
    let window = scene.ticks(3, Span::secs(10));
    if scene.at() - since < window {
        return None;
    }
    let jobs = scene.s.estate.jobs.keys().filter(|k| k.cluster == *cluster);
    let moves: Vec<bool> = jobs
        .flat_map(|job| scene.writes(job))
        .filter_map(|(topic, _)| scene.topic_moves(topic, window))
        .collect();
    if moves.is_empty() { None } else { Some(moves.contains(&true)) }
}

/// Brokers that were asked and did not answer, each by itself.
fn silent_brokers(scene: &Scene<'_>, cluster: &ClusterId) -> Vec<Symptom> {
    let Some(kafka) = scene.s.estate.kafka.get(cluster) else { return Vec::new() };
    let bound = scene.ticks(2, SILENT);
    let silent = kafka.answers.iter().filter(|(_, a)| {
        matches!(a.answering, Answering::Silent | Answering::Unreachable)
            && scene.at() - a.at <= scene.ticks(6, REMEMBERED)
            && scene.at() - a.last_ok.unwrap_or(a.since) > bound
    });
    silent
        .map(|(id, a)| {
            let since = a.last_ok.unwrap_or(a.since);
            let subject = Subject::Broker { cluster: cluster.clone(), id: *id };
            let s = symptom(subject, SymptomKind::KafkaSilent, since);
            Symptom { value: Some((scene.at() - since).as_secs()), ..s }
        })
        .collect()
}

/// Since when: end offsets are asked each second, so their last moment tells.
fn kafka_silent(scene: &Scene<'_>, cluster: &ClusterId) -> Option<Millis> {
    let gap = gap(scene, TargetKind::Kafka, cluster)?;
    let kafka = scene.s.estate.kafka.get(cluster)?;
    let newest = kafka
        .topics
        .values()
        .flat_map(|t| t.partitions.iter().map(|p| (t.name.clone(), p.id)))
        .filter_map(|(topic, partition)| {
            let topic = crate::estate::TopicId { cluster: cluster.clone(), topic };
            let entity = Entity::Partition { topic, partition };
            Some(scene.series(&entity, crate::signals::Signal::EndOffset)?.last()?.0)
        })
        .max()?;
    let since = newest.max(gap.at.min(newest));
    (scene.at() - since > scene.ticks(3, SILENT)).then_some(since)
}

fn symptom(subject: Subject, kind: SymptomKind, onset: Millis) -> Symptom {
    Symptom {
        kind,
        subject,
        job: None,
        what: None,
        onset,
        onset_at_least: false,
        value: None,
        threshold: None,
        usual: None,
        season: None,
        against: Against::Bound,
        trend: None,
    }
}
