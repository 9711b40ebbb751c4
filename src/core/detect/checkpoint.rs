//! Checkpoints that fail or do not complete.

use super::Seen;
use super::scene::Scene;
use crate::case::{Against, Calm, NoTrouble, Symptom, SymptomKind};
use crate::estate::{Checkpoint, CheckpointStats, Job, JobState, Millis, Span, Subject};

/// One may fail; the second in a row is a symptom.
const IN_A_ROW: usize = 2;
/// No checkpoint for so many intervals, and at least so long: an interval is missed by a restart.
const INTERVALS: i64 = 4;
const LEAST: Span = Span::secs(15);
/// A failure is told as over for so long.
const TOLD: Span = Span::secs(300);

pub fn look(scene: &Scene<'_>, job: &Job, seen: &mut Seen) {
    let told = job.run.checkpoints.as_ref().filter(|(_, c)| c.run == job.run.id);
    let Some((told, stats)) = told else { return };
    if job.gone.is_some() || job.run.state.is_terminal() {
        return;
    }
    let failed: Vec<&Checkpoint> = stats
        .history
        .iter()
        .filter(|c| &*c.status != "IN_PROGRESS")
        .take_while(|c| is_failed(c))
        .collect();
    let subject = Subject::Job { job: job.key.clone() };
    if let Some(first) = failed.last().filter(|_| failed.len() >= IN_A_ROW) {
        let value = Some(failed.len() as f64);
        let s = symptom(job, SymptomKind::CheckpointsFail, first.triggered);
        seen.symptoms.push(Symptom { value, threshold: Some(IN_A_ROW as f64), ..s });
    } else if let Some(one) = one_that_failed(stats).filter(|c| scene.at() - c.triggered < TOLD) {
        let (why, since) = (Calm::OneCheckpointFailed, one.triggered);
        seen.calm.push(NoTrouble { subject, why, since, eta_s: None, usual: None });
    }
    seen.symptoms.extend(old(scene, job, *told, stats));
}

fn is_failed(c: &Checkpoint) -> bool {
    &*c.status == "FAILED"
}

/// The newest one that ended completed, and one before it failed.
fn one_that_failed(stats: &CheckpointStats) -> Option<&Checkpoint> {
    let mut ended = stats.history.iter().filter(|c| &*c.status != "IN_PROGRESS");
    ended.next().filter(|c| !is_failed(c))?;
    ended.take(3).find(|c| is_failed(c))
}

/// `interval` of the checkpoint configuration; None: off, or not read yet.
pub fn interval(job: &Job) -> Option<Span> {
    let (_, config) = job.run.config.as_ref()?;
    let ms: i64 = config.get("checkpoints.interval")?.parse().ok()?;
    (ms > 0 && ms < 86_400_000 * 7).then_some(Span(ms))
}

/// `told`: when that was. Checkpoints are asked for in turn: what was not told since is not late.
fn old(scene: &Scene<'_>, job: &Job, told: Millis, stats: &CheckpointStats) -> Option<Symptom> {
    if job.run.state != JobState::Running {
        return None;
    }
    let bound = Span(interval(job)?.0.saturating_mul(INTERVALS)).max(scene.ticks(4, LEAST));
    let done = |c: &Checkpoint| c.triggered + Span(c.duration_ms.unwrap_or(0) as i64);
    let restored = stats.latest_restored.as_ref().map(|r| r.at);
    let last: Millis = [stats.latest_completed.as_ref().map(done), restored, Some(job.run.start)]
        .into_iter()
        .flatten()
        .max()?;
    let age = told - last;
    (age > bound).then(|| Symptom {
        value: Some(age.as_secs()),
        threshold: Some(bound.as_secs()),
        ..symptom(job, SymptomKind::CheckpointOld, last)
    })
}

fn symptom(job: &Job, kind: SymptomKind, onset: Millis) -> Symptom {
    Symptom {
        kind,
        subject: Subject::Job { job: job.key.clone() },
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
