//! What a job reads is gone, is not read, fell out of the topic, or does not come any more.

use super::Seen;
use super::scene::Scene;
use crate::case::{Against, Calm, NoTrouble, Symptom, SymptomKind};
use crate::estate::{ChangeKind, Entity, Job, JobState, Millis, Series, Span, Subject, TopicId};
use crate::past::Usual;
use crate::signals::Signal;
use crate::signals::cut::overtaken;
use crate::signals::derive::still_since;

/// Partitions just added may be discovered by the next look of the reader (5 min by default in
/// SQL), but nothing is read of them meanwhile: said when they hold records for this long.
const UNREAD: Span = Span::secs(10);
/// A topic that is gone is missed for so long.
const GONE: Span = Span::secs(1800);
/// Records that were lost are told for so long.
const LOST: Span = Span::secs(600);
/// Nothing comes for so long, where something came all the time before.
const STOPPED: Span = Span::secs(30);
/// So much of a flow must have been seen to miss it.
const FLOW_SEEN: Span = Span::secs(30);
/// At this time of other days less than this share of the flow comes: then it is no stop.
const QUIET_SHARE: f64 = 0.1;
/// As far back as its rhythm is looked for.
const FLOW_LOOKED: Span = Span::secs(3600);
/// The silence must be so many times longer than the longest one before.
const LONGER: i64 = 3;

pub fn look(scene: &Scene<'_>, job: &Job, seen: &mut Seen) {
    if job.gone.is_some() || job.run.state.is_terminal() {
        return;
    }
    for (topic, edge) in scene.reads(&job.key) {
        seen.symptoms.extend(unread(scene, job, topic, &edge.unread_partitions));
        seen.symptoms.extend(lost(scene, job, topic));
        if let Some(symptom) = stopped(scene, job, topic) {
            let season = scene.s.usual_rate(topic, scene.at());
            match season.filter(|usual| quiet(usual, &symptom)) {
                Some(usual) => seen.calm.push(NoTrouble {
                    subject: symptom.subject,
                    why: Calm::Seasonal,
                    since: symptom.onset,
                    eta_s: None,
                    usual: Some(usual),
                }),
                None => seen.symptoms.push(Symptom { season, ..symptom }),
            }
        }
    }
    let touched = scene.reads(&job.key).iter().chain(scene.writes(&job.key));
    let mut gone: Vec<Symptom> = touched.filter_map(|(t, _)| gone(scene, job, t)).collect();
    gone.dedup_by(|a, b| a.subject == b.subject);
    seen.symptoms.extend(gone);
}

fn symptom(job: &Job, kind: SymptomKind, subject: Subject, onset: Millis) -> Symptom {
    Symptom {
        kind,
        subject,
        job: Some(job.key.clone()),
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

fn unread(scene: &Scene<'_>, job: &Job, topic: &TopicId, unread: &[i32]) -> Option<Symptom> {
    let holds = |p: &&i32| {
        let entity = Entity::Partition { topic: topic.clone(), partition: **p };
        let of = |s| scene.now(&entity, s);
        matches!((of(Signal::EndOffset), of(Signal::BeginOffset)), (Some(e), b) if e > b.unwrap_or(0.0))
    };
    let count = unread.iter().filter(holds).count();
    if count == 0 || job.run.state != JobState::Running {
        return None;
    }
    let cluster = Entity::KafkaCluster { cluster: topic.cluster.clone() };
    let added = scene.changes(&cluster).iter().rev().find(|c| {
        c.kind == ChangeKind::PartitionsAdded && c.what.as_deref() == Some(&*topic.topic)
    });
    // without that it may as well be a position that we do not see
    let onset = added?.at;
    (scene.at() - onset > UNREAD).then(|| Symptom {
        value: Some(count as f64),
        what: Some(topic.topic.clone()),
        ..symptom(
            job,
            SymptomKind::PartitionsUnread,
            Subject::Topic { topic: topic.clone() },
            onset,
        )
    })
}

fn gone(scene: &Scene<'_>, job: &Job, topic: &TopicId) -> Option<Symptom> {
    let kafka = scene.s.estate.kafka.get(&topic.cluster)?;
    if kafka.topics.contains_key(&topic.topic) {
        return None;
    }
    let cluster = Entity::KafkaCluster { cluster: topic.cluster.clone() };
    let change =
        scene.changes(&cluster).iter().rev().find(|c| {
            c.kind == ChangeKind::TopicGone && c.what.as_deref() == Some(&*topic.topic)
        })?;
    let subject = Subject::Topic { topic: topic.clone() };
    (scene.at() - change.at < GONE)
        .then(|| symptom(job, SymptomKind::InputLost, subject, change.at))
}

/// The topic was cut off (retention, DeleteRecords) in front of the reader: what lay between is
/// lost without any exception.
fn lost(scene: &Scene<'_>, job: &Job, topic: &TopicId) -> Option<Symptom> {
    let kafka = scene.s.estate.kafka.get(&topic.cluster)?.topics.get(&topic.topic)?;
    let mut found: Option<(Millis, f64)> = None;
    for partition in kafka.partitions.iter().map(|p| p.id) {
        let entity = Entity::Partition { topic: topic.clone(), partition };
        let Some(begin) = scene.series(&entity, Signal::BeginOffset) else { continue };
        let positions = job.positions_in(&topic.topic, partition);
        let positions: Vec<&Series> =
            positions.iter().filter_map(|e| scene.series(e, Signal::SourcePosition)).collect();
        if let Some((t, records)) = overtaken(begin, &positions, scene.at() - LOST, scene.at()) {
            let (since, sum) = found.unwrap_or((t, 0.0));
            found = Some((since.min(t), sum + records));
        }
    }
    let (onset, records) = found?;
    Some(Symptom {
        value: Some(records),
        what: Some(topic.topic.clone()),
        ..symptom(job, SymptomKind::InputLost, Subject::Topic { topic: topic.clone() }, onset)
    })
}

/// Hardly anything comes at this time of other days either, or some minutes before or after it.
fn quiet(usual: &Usual, stopped: &Symptom) -> bool {
    stopped.threshold.is_some_and(|flow| usual.least < flow * QUIET_SHARE)
}

/// No end offset of the topic moves, though they moved all the time before.
fn stopped(scene: &Scene<'_>, job: &Job, topic: &TopicId) -> Option<Symptom> {
    let mut last_move: Option<Millis> = None;
    let mut longest = Span(0);
    let mut first: Option<Millis> = None;
    let mut grown = 0.0;
    for partition in scene.partitions(topic) {
        let series = scene.series(&partition, Signal::EndOffset)?;
        let (last, _) = series.last()?;
        if scene.at() - last > scene.fresh() {
            return None;
        }
        last_move = last_move.max(still_since(series, scene.at()));
        let mut before: Option<f64> = None;
        for (t, v) in series.range(scene.at() - FLOW_LOOKED, scene.at()) {
            first = Some(first.map_or(t, |f: Millis| f.min(t)));
            if let Some(b) = before.filter(|b| v > *b) {
                grown += v - b;
            }
            before = Some(v);
        }
    }
    let (stopped, first) = (last_move?, first?);
    for pair in scene.moves(topic, scene.at() - FLOW_LOOKED).windows(2) {
        if let [a, b] = pair {
            longest = longest.max(*b - *a);
        }
    }
    let flow = stopped - first;
    let silent = scene.at() - stopped;
    let bound = Span(longest.0.saturating_mul(LONGER)).max(scene.ticks(4, STOPPED));
    (flow >= FLOW_SEEN && grown > 0.0 && silent > bound).then(|| Symptom {
        value: Some(0.0),
        threshold: Some(grown / flow.as_secs()),
        against: Against::Baseline,
        what: Some(topic.topic.clone()),
        ..symptom(job, SymptomKind::InputStopped, Subject::Topic { topic: topic.clone() }, stopped)
    })
}
