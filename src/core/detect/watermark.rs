//! Event time that stands while records come; event time from the future; records dropped as late.

use super::Seen;
use super::scene::Scene;
use crate::case::{Against, Symptom, SymptomKind};
use crate::estate::{Entity, Job, JobDetail, JobState, Millis, Span, Subject, Vertex};
use crate::lineage::window;
use crate::signals::{Signal, derive};

/// A watermark that does not move for so long while records come. Generators and sources send one
/// each 200 ms; a window does not hold it.
const STANDS: Span = Span::secs(20);
/// Dropped records are told for so long after the last.
const DROPS: Span = Span::secs(60);

pub fn look(scene: &Scene<'_>, job: &Job, seen: &mut Seen) {
    let Some((_, plan)) = &job.run.detail else { return };
    if job.run.state != JobState::Running || job.gone.is_some() || plan.run != job.run.id {
        return;
    }
    seen.symptoms.extend(dropped(scene, job, plan));
    if scene.at() - job.run.start < STANDS + STANDS || !needed(plan) || !comes(scene, job) {
        return;
    }
    // the first vertex on the way whose event time stands; those behind it only follow
    let stalled = plan.vertices.iter().find_map(|v| Some((v, stands(scene, job, v)?)));
    seen.symptoms.extend(stalled.map(|(v, since)| Symptom {
        kind: SymptomKind::WatermarkStalled,
        subject: Subject::Vertex { job: job.key.clone(), vertex: v.id.clone() },
        job: Some(job.key.clone()),
        what: None,
        onset: since,
        onset_at_least: false,
        value: Some((scene.at() - since).as_secs()),
        threshold: Some(scene.ticks(4, STANDS).as_secs()),
        usual: None,
        season: None,
        against: Against::Bound,
        trend: None,
    }));
}

/// Somebody waits for event time: a window, or an operator with several inputs.
fn needed(plan: &JobDetail) -> bool {
    plan.vertices.iter().any(|v| v.inputs.len() > 1 || window(v).is_some())
}

/// Records come into the job, or would if it took them.
fn comes(scene: &Scene<'_>, job: &Job) -> bool {
    let window = scene.ticks(4, STANDS);
    scene.reads(&job.key).iter().any(|(t, _)| scene.topic_moves(t, window) == Some(true))
}

fn subtasks<'v>(job: &Job, vertex: &'v Vertex) -> impl Iterator<Item = Entity> + use<'v> {
    let (cluster, run) = (job.key.cluster.clone(), job.run.id.clone());
    (0..vertex.parallelism).map(move |index| Entity::Subtask {
        cluster: cluster.clone(),
        run: run.clone(),
        vertex: vertex.id.clone(),
        index,
    })
}

/// Since when the lowest watermark into the vertex has stood.
fn stands(scene: &Scene<'_>, job: &Job, vertex: &Vertex) -> Option<Millis> {
    let mut lowest: Option<(f64, Millis)> = None;
    for subtask in subtasks(job, vertex) {
        let Some(series) = scene.series(&subtask, Signal::InputWatermark) else { continue };
        let (last, value) = series.last()?;
        if scene.at() - last > scene.fresh() {
            continue;
        }
        let since = derive::still_since(series, scene.at())?;
        if lowest.is_none_or(|(v, _)| value < v) {
            lowest = Some((value, since));
        }
    }
    let (_, since) = lowest?;
    (scene.at() - since > scene.ticks(4, STANDS)).then_some(since)
}

fn dropped(scene: &Scene<'_>, job: &Job, plan: &JobDetail) -> Option<Symptom> {
    let window = scene.ticks(4, DROPS);
    let run = &job.run.id;
    let mut found: Option<(Millis, f64)> = None;
    for row in scene.late_rows(&job.key.cluster, run) {
        let series = row.get(Signal::LateRecordsDropped)?;
        let grew = derive::increase(series, scene.at() - window, scene.at()).unwrap_or(0.0);
        let known = plan.vertices.iter().any(|v| row.entity.vertex() == Some(&v.id));
        if grew <= 0.0 || !known {
            continue;
        }
        let began = first_growth(series, scene.at() - window, scene.at())?;
        let (since, sum) = found.unwrap_or((began, 0.0));
        found = Some((since.min(began), sum + grew));
    }
    let (onset, records) = found?;
    Some(Symptom {
        kind: SymptomKind::RecordsDropped,
        subject: Subject::Job { job: job.key.clone() },
        job: Some(job.key.clone()),
        what: None,
        onset,
        onset_at_least: false,
        value: Some(records / window.as_secs()),
        threshold: Some(0.0),
        usual: None,
        season: None,
        against: Against::Bound,
        trend: None,
    })
}

fn first_growth(series: &crate::estate::Series, from: Millis, to: Millis) -> Option<Millis> {
    let mut before: Option<f64> = series.at_or_before(from).map(|p| p.1);
    for (t, v) in series.range(from, to) {
        if before.is_some_and(|b| v > b) {
            return Some(t);
        }
        before = Some(v);
    }
    None
}
