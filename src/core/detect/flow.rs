//! Far less goes through a job than before, though as much comes in.

use super::Seen;
use super::past::quantile;
use super::scene::Scene;
use crate::case::{Against, Symptom, SymptomKind};
use crate::estate::{Entity, Job, JobState, Span, Subject};
use crate::signals::{Signal, derive};

/// Looked at over so long: shorter is the rhythm of windows and checkpoints.
const WINDOW: Span = Span::secs(30);
/// Less than this share of what was usual.
const DROPPED: f64 = 0.3;
/// The input keeps at least this share.
const INPUT_KEEPS: f64 = 0.7;
const BEFORE: Span = Span::secs(600);
const BEFORE_SEEN: Span = Span::secs(60);

pub fn look(scene: &Scene<'_>, job: &Job, seen: &mut Seen) {
    if job.run.state != JobState::Running || job.gone.is_some() {
        return;
    }
    let mut read = (0.0, 0.0);
    let mut came = (0.0, 0.0);
    for (topic, _) in scene.reads(&job.key) {
        for partition in scene.partitions(topic) {
            let Entity::Partition { partition: number, .. } = &partition else { continue };
            let positions = scene.positions(job, &topic.topic, *number);
            let Some(end) = rates(scene, &partition, Signal::EndOffset) else { return };
            came = (came.0 + end.0, came.1 + end.1);
            for p in positions {
                let Some(at) = rates(scene, &p, Signal::SourcePosition) else { return };
                read = (read.0 + at.0, read.1 + at.1);
            }
        }
    }
    let drops = read.1 > 0.0 && read.0 < read.1 * DROPPED && came.0 > came.1 * INPUT_KEEPS;
    if drops && came.1 > 0.0 {
        seen.symptoms.push(Symptom {
            kind: SymptomKind::ThroughputDropped,
            subject: Subject::Job { job: job.key.clone() },
            job: Some(job.key.clone()),
            what: None,
            onset: scene.at() - WINDOW,
            onset_at_least: true,
            value: Some(read.0),
            threshold: Some(read.1 * DROPPED),
            usual: None,
            season: None,
            against: Against::Baseline,
            trend: None,
        });
    }
}

/// Growth per second now, and the median before. Offsets are gauges; they grow like counters.
fn rates(scene: &Scene<'_>, entity: &Entity, signal: Signal) -> Option<(f64, f64)> {
    let series = scene.series(entity, signal)?;
    let at = scene.at();
    let now = derive::rate(series, at, scene.ticks(4, WINDOW))?;
    let until = at - scene.ticks(4, WINDOW);
    let from = quantile(series, until - BEFORE, until, 0.0, BEFORE_SEEN)?;
    let to = quantile(series, until - BEFORE, until, 1.0, BEFORE_SEEN)?;
    let (first, last) = series
        .range(until - BEFORE, until)
        .fold((None, None), |(f, _), (t, _)| (f.or(Some(t)), Some(t)));
    let seconds = (last? - first?).as_secs();
    (seconds > 0.0).then(|| (now, (to - from) / seconds))
}
