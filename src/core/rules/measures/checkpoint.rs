//! Of a job: its checkpoints.

use super::series::secs;
use super::{Ask, Measure, Scalar};
use crate::estate::{
    Checkpoint, CheckpointStats, Job, Millis, Name, Span, Subject, SubjectKind, SubjectKind as K,
};
use crate::rules::types::*;
use crate::signals::{Signal, derive};

const ON: &[SubjectKind] = &[K::Job];
const SECONDS: Base = Base::number(TIME);

pub const MEASURES: &[Measure] = &[
    Measure::new(
        "checkpoint_age",
        ON,
        SECONDS,
        checkpoint_age,
        "age of the last completed checkpoint; of the run where it has none yet",
    ),
    Measure::new(
        "checkpoint_interval",
        ON,
        SECONDS,
        |q, s| configured(q, s, "checkpoints.interval"),
        "how often checkpoints are taken, as configured",
    )
    .now(),
    Measure::new(
        "checkpoint_timeout",
        ON,
        SECONDS,
        |q, s| configured(q, s, "checkpoints.timeout"),
        "how long a checkpoint may take, as configured",
    )
    .now(),
    Measure::new(
        "checkpoints_completed_in",
        ON,
        Base::number(COUNT),
        |q, s| counted(q, s, Signal::CheckpointsCompleted, "COMPLETED"),
        "checkpoints that completed",
    )
    .over(300),
    Measure::new(
        "checkpoints_failed_in",
        ON,
        Base::number(COUNT),
        |q, s| counted(q, s, Signal::CheckpointsFailed, "FAILED"),
        "checkpoints that failed",
    )
    .over(600),
    Measure::new(
        "last_checkpoint_failure",
        ON,
        Base::Text,
        last_failure,
        "why the newest failed checkpoint failed; empty where none has",
    )
    .now(),
    Measure::new(
        "last_checkpoint_duration",
        ON,
        SECONDS,
        last_duration,
        "how long the last completed one took",
    ),
    Measure::new(
        "checkpoint_in_progress_age",
        ON,
        SECONDS,
        |q, s| {
            in_progress(q, s).and_then(|c| c.map_or(Some(0.0.into()), |c| secs(q.at - c.triggered)))
        },
        "how long the one in progress has been under way; 0: none is",
    )
    .now(),
    Measure::new(
        "acked_share",
        ON,
        Base::number(RATIO),
        |q, s| {
            in_progress(q, s)?.and_then(|c| {
                Some((f64::from(c.acknowledged?) / f64::from(c.subtasks?.max(1))).into())
            })
        },
        "share of the subtasks that have acknowledged the one in progress",
    )
    .now(),
    Measure::new(
        "state_size",
        ON,
        Base::number(BYTES),
        state_size,
        "full size of the last checkpoint",
    ),
    Measure::new(
        "state_growth",
        ON,
        Base::number(BYTE_RATE),
        state_growth,
        "by how much it grows a second",
    )
    .over(600),
    Measure::new(
        "restored",
        ON,
        Base::Truth,
        |q, s| fresh_restore(q, s).map(|r| r.is_some().into()),
        "its present run began from a savepoint or checkpoint",
    )
    .now(),
    Measure::new(
        "restored_savepoint",
        ON,
        Base::Truth,
        |q, s| fresh_restore(q, s).map(|r| (r == Some(true)).into()),
        "its present run began from a savepoint: somebody started it so",
    )
    .now(),
];

fn job<'a>(q: &Ask<'_, 'a>, s: &Subject) -> Option<&'a Job> {
    q.ctx.job(s.job()?)
}

fn stats<'a>(q: &Ask<'_, 'a>, s: &Subject) -> Option<&'a CheckpointStats> {
    job(q, s)?.run.checkpoints.as_ref().map(|(_, c)| c)
}

fn finished(c: &Checkpoint) -> Millis {
    let took = c.duration_ms.and_then(|d| i64::try_from(d).ok()).unwrap_or(0);
    c.latest_ack.unwrap_or(c.triggered + Span(took))
}

fn checkpoint_age(q: &Ask<'_, '_>, s: &Subject) -> Option<Scalar> {
    let told = q.of_run(s, |e| {
        let (t, age) = q.ctx.series(&e, Signal::CheckpointAge)?.at_or_before(q.at)?;
        (q.at - t <= q.ctx.fresh()).then(|| age / 1000.0 + (q.at - t).as_secs())
    });
    if let Some(age) = told {
        return Some(age.into());
    }
    let stats = stats(q, s)?;
    match &stats.latest_completed {
        Some(c) => Some((q.at - finished(c)).as_secs().max(0.0).into()),
        None if stats.completed == Some(0) && interval(q, s).is_some() => {
            secs(q.at - job(q, s)?.run.start)
        }
        None => None,
    }
}

/// As configured, ms in the text; Long.MAX_VALUE says that there are none.
fn millis(q: &Ask<'_, '_>, s: &Subject, key: &str) -> Option<f64> {
    let (_, entries) = job(q, s)?.run.config.as_ref()?;
    let ms: f64 = entries.get(key)?.parse().ok()?;
    (ms > 0.0 && ms < 1e12).then_some(ms / 1000.0)
}

fn interval(q: &Ask<'_, '_>, s: &Subject) -> Option<f64> {
    millis(q, s, "checkpoints.interval")
}

fn configured(q: &Ask<'_, '_>, s: &Subject, key: &str) -> Option<Scalar> {
    millis(q, s, key).map(Scalar::from)
}

/// By the metric, else by the list that Flink keeps of the last ones.
fn counted(q: &Ask<'_, '_>, s: &Subject, signal: Signal, status: &str) -> Option<Scalar> {
    let by_metric = q.of_run(s, |e| derive::increase(q.ctx.series(&e, signal)?, q.from(), q.at));
    let by_list = stats(q, s).map(|stats| {
        let within = |c: &&Checkpoint| {
            let ended = if status == "FAILED" { c.triggered } else { finished(c) };
            &*c.status == status && ended >= q.from() && ended <= q.at
        };
        stats.history.iter().filter(within).count() as f64
    });
    by_metric.into_iter().chain(by_list).reduce(f64::max).map(Scalar::from)
}

fn last_failure(q: &Ask<'_, '_>, s: &Subject) -> Option<Scalar> {
    let failed = stats(q, s)?.history.iter().find(|c| &*c.status == "FAILED");
    Some(failed.and_then(|c| c.failure.clone()).unwrap_or_else(|| Name::from("")).into())
}

fn last_duration(q: &Ask<'_, '_>, s: &Subject) -> Option<Scalar> {
    let told = q.of_run(s, |e| q.gauge(&e, Signal::LastCheckpointDuration));
    let fact = || stats(q, s)?.latest_completed.as_ref()?.duration_ms.map(|d| d as f64);
    told.or_else(fact).map(|ms| (ms / 1000.0).into())
}

/// None: not known; Some(None): none is under way.
fn in_progress<'a>(q: &Ask<'_, 'a>, s: &Subject) -> Option<Option<&'a Checkpoint>> {
    Some(stats(q, s)?.history.iter().find(|c| &*c.status == "IN_PROGRESS"))
}

fn state_size(q: &Ask<'_, '_>, s: &Subject) -> Option<Scalar> {
    let told = q.of_run(s, |e| {
        q.gauge(&e, Signal::LastCheckpointFullSize)
            .or_else(|| q.gauge(&e, Signal::LastCheckpointSize))
    });
    let fact = || stats(q, s)?.latest_completed.as_ref()?.state_size.map(|b| b as f64);
    told.or_else(fact).map(Scalar::from)
}

fn state_growth(q: &Ask<'_, '_>, s: &Subject) -> Option<Scalar> {
    let by_metric = q.of_run(s, |e| {
        let full = q.ctx.series(&e, Signal::LastCheckpointFullSize);
        q.slope(full.or_else(|| q.ctx.series(&e, Signal::LastCheckpointSize))?)
    });
    by_metric.or_else(|| growth_of_list(q, s)).map(Scalar::from)
}

/// Between the oldest and the newest completed one of the list that lie in the window.
fn growth_of_list(q: &Ask<'_, '_>, s: &Subject) -> Option<f64> {
    let mut sizes: Vec<(Millis, f64)> = stats(q, s)?
        .history
        .iter()
        .filter(|c| &*c.status == "COMPLETED" && !c.savepoint)
        .filter_map(|c| Some((finished(c), c.state_size? as f64)))
        .filter(|(t, _)| *t >= q.from() && *t <= q.at)
        .collect();
    sizes.sort_by_key(|(t, _)| *t);
    let ((t0, s0), (t1, s1)) = (sizes.first()?, sizes.last()?);
    (sizes.len() >= 3 && t1 > t0).then(|| (s1 - s0) / (*t1 - *t0).as_secs())
}

/// Did the present run begin from one, and was it a savepoint? A run restores within its start.
fn fresh_restore(q: &Ask<'_, '_>, s: &Subject) -> Option<Option<bool>> {
    /// Fetching state and deploying take their time.
    const WITHIN: Span = Span::secs(120);
    let (stats, start) = (stats(q, s)?, job(q, s)?.run.start);
    let restored = stats.latest_restored.as_ref();
    Some(
        restored
            .filter(|r| r.at >= start - Span(1000) && r.at - start <= WITHIN)
            .map(|r| r.savepoint),
    )
}
