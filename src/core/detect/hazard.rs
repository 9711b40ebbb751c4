//! Nothing is late yet: state that only grows.

use super::Seen;
use super::scene::Scene;
use crate::case::{Against, Symptom, SymptomKind};
use crate::estate::{Job, JobState, Span, Subject};
use crate::signals::Signal;

/// State must have been seen growing for so long, over so many checkpoints: a job that fills its
/// windows grows at first too.
const GROWS_OVER: Span = Span::secs(60);
const STEPS: usize = 6;
/// Half as much again as at the beginning, and still by a twentieth in the last third.
const BY: f64 = 1.5;
const STILL_BY: f64 = 1.05;
/// Smaller state is nobody's trouble.
const LEAST_BYTES: f64 = 1_000_000.0;

pub fn look(scene: &Scene<'_>, job: &Job, seen: &mut Seen) {
    if job.run.state != JobState::Running || job.gone.is_some() {
        return;
    }
    let Some(series) = scene.series(&scene.run(job), Signal::LastCheckpointFullSize) else {
        return;
    };
    let from = (scene.at() - Span::secs(3600)).max(job.run.start);
    let mut sizes: Vec<_> = series.range(from, scene.at()).collect();
    sizes.dedup_by(|a, b| a.1 == b.1);
    // from where it was smallest: what went up and down before is no growth
    let least = sizes.iter().enumerate().min_by(|a, b| a.1.1.total_cmp(&b.1.1)).map(|(i, _)| i);
    let sizes = sizes.split_off(least.unwrap_or(0));
    let (Some(first), Some(last)) = (sizes.first().copied(), sizes.last().copied()) else { return };
    let third = sizes.get(sizes.len() * 2 / 3).copied().unwrap_or(first);
    let falls = |w: &[(_, f64)]| match w {
        [a, b] => (a.1 - b.1).max(0.0),
        _ => 0.0,
    };
    let fell: f64 = sizes.windows(2).map(falls).sum();
    let grows = sizes.len() >= STEPS
        && last.0 - first.0 >= GROWS_OVER
        && fell * 10.0 <= last.1 - first.1
        && last.1 >= LEAST_BYTES
        && last.1 >= first.1 * BY
        && last.1 >= third.1 * STILL_BY;
    if grows {
        seen.symptoms.push(Symptom {
            kind: SymptomKind::Hazard,
            subject: Subject::Job { job: job.key.clone() },
            job: Some(job.key.clone()),
            what: Some("state".into()),
            onset: first.0,
            onset_at_least: true,
            value: Some(last.1),
            threshold: Some(first.1 * BY),
            usual: None,
            season: None,
            against: Against::Bound,
            trend: Some((last.1 - first.1) / (last.0 - first.0).as_secs()),
        });
    }
}
