//! Data that is older than it should be: against the declared target, else against what was usual
//! here before; and what waits at a read edge and grows.

use super::Seen;
use super::past::{caught_up, climb_began, over_since, quiet_level};
use super::scene::Scene;
use crate::case::{Against, Calm, NoTrouble, Symptom, SymptomKind};
use crate::estate::{Entity, Job, JobKey, JobState, Millis, Series, Span, Subject, TopicId};
use crate::lineage::{Delay, Status};
use crate::past::{DELAY, Here, INPUT_DELAY, Usual};
use crate::signals::{Signal, derive::slope};
use std::collections::BTreeSet;

/// So much history makes a baseline; a job that was just met has none.
const BASELINE_SEEN: Span = Span::secs(60);
const BASELINE: Span = Span::secs(7200);
/// The lower quarter of what was seen before it was too much: a fault does not become usual before
/// the two hours hold nothing else.
const USUAL: f64 = 0.25;
/// Late without a target: four times what is usual and 5 s more. Delays of healthy jobs on the bed
/// stay below 2 s and double with bursts; people notice tens of seconds.
const TIMES_USUAL: f64 = 4.0;
const ABOVE_USUAL_S: f64 = 5.0;
/// Where the time of day is known: twice its worst minute on such days, and the same 5 s. That busy
/// days get twice as late as others is an assumption; nobody measured it.
const TIMES_MOST: f64 = 2.0;
/// A dip under the bound shorter than this does not end the lateness.
const DIP: Span = Span::secs(10);
/// Over this time a delay must grow, from at least this, by at least this much per second, to be
/// called growing: a tenth of real time is lost.
const GROWS_OVER: Span = Span::secs(20);
const GROWS_FROM_S: f64 = 4.0;
const GROWS_BY: f64 = 0.12;
/// Falling faster than this is on its way down.
const FALLS_BY: f64 = -0.1;
/// Nothing came in for so long.
const STILL: Span = Span::secs(15);
/// Over which a topic shows the rhythm in which it gets records.
const RHYTHM: Span = Span::secs(600);
/// A start that we saw the first delays of so soon after is what made them.
const SEEN_FROM_START: Span = Span::secs(60);
/// How far back a climb is followed.
const CLIMB: Span = Span::secs(3600);
/// After this a planned restart is over, caught up or not.
const PLANNED: Span = Span::secs(600);
/// A run that young has not had the time to fall.
const YOUNG: Span = Span::secs(60);

/// A delay of so many seconds that grows by so much each second is never called healthy, however
/// short it was seen.
pub fn gets_later(seconds: f64, trend: Option<f64>) -> bool {
    seconds >= GROWS_FROM_S && trend.is_some_and(|t| t >= GROWS_BY)
}

/// It is on its way down by itself: whatever made it late lets go.
pub fn falls(trend: Option<f64>) -> bool {
    trend.is_some_and(|t| t < FALLS_BY)
}

/// Late by what was just before, and no later than at this time on other days.
pub struct Excused {
    symptom: Symptom,
    calm: NoTrouble,
}

/// What is excused, if it is.
pub fn look(scene: &Scene<'_>, job: &Job, seen: &mut Seen) -> Option<Excused> {
    if job.gone.is_some() {
        return None;
    }
    let (found, season) = match worst(scene, job, true) {
        Some(found) => (found, None),
        None => {
            let (found, season) = as_usual(scene, job)?;
            (found, Some(season))
        }
    };
    // what it last handed on grows old because nothing comes: nobody is late
    if nothing_comes(scene, job) {
        return None;
    }
    let subject = Subject::Job { job: job.key.clone() };
    match (calm(scene, job, &found), season) {
        (Some(calm), _) => seen.calm.push(NoTrouble { subject, ..calm }),
        (None, None) => seen.symptoms.push(found),
        (None, Some(calm)) => return Some(Excused { symptom: found, calm }),
    }
    None
}

/// Nobody is excused by the time of day who feeds a job that misses its target.
pub fn excuse(scene: &Scene<'_>, all: Vec<Excused>, seen: &mut Seen) {
    if all.is_empty() {
        return;
    }
    let missed = |s: &&Symptom| s.against == Against::Target;
    let mut to_feed: Vec<JobKey> =
        seen.symptoms.iter().filter(missed).filter_map(|s| s.job.clone()).collect();
    let mut fed: BTreeSet<JobKey> = to_feed.iter().cloned().collect();
    while let Some(job) = to_feed.pop() {
        for feeder in scene.feeders(&job) {
            if fed.insert(feeder.clone()) {
                to_feed.push(feeder.clone());
            }
        }
    }
    for Excused { symptom, calm } in all {
        match symptom.job.as_ref().is_some_and(|job| fed.contains(job)) {
            true => seen.symptoms.push(symptom),
            false => seen.calm.push(calm),
        }
    }
}

/// It would be late by what was just before, and is not by what is usual at this time of day.
fn as_usual(scene: &Scene<'_>, job: &Job) -> Option<(Symptom, NoTrouble)> {
    let usual = |signal| weeks(scene, job, signal)?.at(scene.at());
    let (whole, input) = (usual(Signal::OutputAge), usual(Signal::EdgeAge));
    whole.or(input)?;
    let found = worst(scene, job, false)?;
    let usual = if found.kind == SymptomKind::Late { whole } else { input };
    let (subject, since) = (found.subject.clone(), found.onset);
    Some((found, NoTrouble { subject, why: Calm::Seasonal, since, eta_s: None, usual }))
}

/// Every topic that it reads stands still, and all of it is read.
fn nothing_comes(scene: &Scene<'_>, job: &Job) -> bool {
    let reads = scene.reads(&job.key);
    let still = |topic| scene.topic_moves(topic, scene.ticks(3, STILL)) == Some(false);
    !reads.is_empty() && reads.iter().all(|(t, e)| e.delay.records == Some(0.0) && still(t))
}

/// When records came again into a topic that had stood still for much longer than it ever does: one
/// that comes in bursts has not resumed with each of them. What came while nobody looked is no
/// stillness.
fn resumed(scene: &Scene<'_>, job: &Job) -> Option<Millis> {
    let of = |topic: &TopicId| {
        let moves = scene.moves(topic, scene.at() - RHYTHM);
        let looks = scene.looks(topic, scene.at() - RHYTHM);
        let still_until = |a: Millis, b: Millis| {
            let before = looks.partition_point(|t| *t < b);
            let last = before.checked_sub(1).and_then(|i| looks.get(i)).copied();
            last.unwrap_or(a).max(a)
        };
        let mut gaps: Vec<(Span, Millis)> = moves
            .windows(2)
            .filter_map(|w| match w {
                [a, b] => Some((still_until(*a, *b) - *a, *b)),
                _ => None,
            })
            .collect();
        gaps.sort_unstable();
        let (longest, ended) = gaps.pop()?;
        let usual = gaps.last().map_or(Span(0), |g| g.0);
        (longest >= STILL.max(Span(usual.0.saturating_mul(3)))).then_some(ended)
    };
    scene.reads(&job.key).iter().filter_map(|(topic, _)| of(topic)).max()
}

/// Of the job as a whole, else its worst read edge; with or without what is usual at this time.
fn worst(scene: &Scene<'_>, job: &Job, seasonal: bool) -> Option<Symptom> {
    let weeks = |signal| weeks(scene, job, signal).filter(|_| seasonal);
    let (of_whole, of_edge) = (weeks(Signal::OutputAge), weeks(Signal::EdgeAge));
    let whole = scene.node(&job.key).and_then(|n| n.total.as_ref()).and_then(|delay| {
        let entity = Entity::Job { job: job.key.clone() };
        judge(scene, job, delay, (&entity, Signal::OutputAge, of_whole), SymptomKind::Late)
    });
    let edges = scene.reads(&job.key).iter().filter_map(|(topic, edge)| {
        let entity = Entity::EdgeRead { topic: (*topic).clone(), job: job.key.clone() };
        let of = (&entity, Signal::EdgeAge, of_edge);
        let late = judge(scene, job, &edge.delay, of, SymptomKind::EdgeLate);
        let found = late.or_else(|| grows(scene, job, &entity, of_edge))?;
        Some(Symptom { what: Some(topic.topic.clone()), ..found })
    });
    let value = |s: &Symptom| s.value.unwrap_or(0.0);
    let edge = edges.max_by(|a, b| value(a).total_cmp(&value(b)));
    match (whole, edge) {
        // the earlier onset of the two is when it began; what is declared is what people want
        (Some(w), Some(e)) => {
            let onset = w.onset.min(e.onset);
            let declared = |s: &Symptom| s.against == Against::Target;
            let said = if declared(&e) && !declared(&w) { e } else { w };
            Some(Symptom { onset, ..said })
        }
        (w, e) => w.or(e),
    }
}

fn judge(
    scene: &Scene<'_>,
    job: &Job,
    delay: &Delay,
    (entity, signal, weeks): (&Entity, Signal, Option<Here<'_>>),
    kind: SymptomKind,
) -> Option<Symptom> {
    let now = delay.now?;
    let series = scene.series(entity, signal)?;
    let late = |bound: f64, against: Against, foot: Option<f64>| {
        // twice: one reading may fall into a burst
        let over = over_since(series, scene.at(), bound, scene.ticks(3, DIP));
        let (crossing, from_start) = over.unwrap_or((now.at, false));
        (now.seconds > bound && scene.at() - crossing >= scene.s.tick).then(|| Symptom {
            onset: onset(scene, job, series, crossing, foot.unwrap_or(bound / 2.0)),
            onset_at_least: from_start,
            value: Some(now.seconds),
            threshold: Some(bound),
            against,
            trend: slope(series, scene.at() - GROWS_OVER, scene.at()),
            ..symptom(job, kind)
        })
    };
    match delay.target_s {
        // what is declared counts, whatever is usual
        Some(target) if delay.status == Status::Over => {
            late(target, Against::Target, usual(series, scene.at(), None))
        }
        None if now.seconds > ABOVE_USUAL_S => {
            let level = Level::of(series, scene.at(), weeks)?;
            let found = late(level.bound, Against::Baseline, Some(level.foot))?;
            Some(Symptom { usual: Some(level.usual), season: level.season, ..found })
        }
        _ => None,
    }
}

/// Weeks of a job's delay, where they are known. Of edges the worst one is remembered.
fn weeks<'a>(scene: &Scene<'a>, job: &Job, signal: Signal) -> Option<Here<'a>> {
    let subject = Subject::Job { job: job.key.clone() };
    let name = if signal == Signal::OutputAge { DELAY } else { INPUT_DELAY };
    scene.s.seasons.of(&subject, name)
}

/// What a delay is held against where nothing is declared, s.
struct Level {
    /// What is usual: just before, or at its worst on such days at this time.
    usual: f64,
    /// More than this is too much.
    bound: f64,
    /// From where a climb begins.
    foot: f64,
    /// Where the bound comes of the time of day.
    season: Option<Usual>,
}

impl Level {
    /// Whichever of the two allows more: days that were changed by a new version are usual after an
    /// hour, and a peak in its time at once.
    fn of(series: &Series, at: Millis, weeks: Option<Here<'_>>) -> Option<Level> {
        let recent = usual(series, at, weeks);
        let of_recent = |usual| Level { usual, bound: too_much(usual), foot: usual, season: None };
        let here = weeks.and_then(|w| w.at(at));
        let Some((usual, most)) = here.and_then(|u| Some((u, u.most?))) else {
            return recent.map(of_recent);
        };
        let bound = most * TIMES_MOST + ABOVE_USUAL_S;
        match recent {
            Some(r) if too_much(r) >= bound => Some(of_recent(r)),
            r => {
                let foot = r.map_or(usual.level, |r| r.max(usual.level));
                Some(Level { usual: most, bound, foot, season: Some(usual) })
            }
        }
    }
}

fn symptom(job: &Job, kind: SymptomKind) -> Symptom {
    Symptom {
        kind,
        subject: Subject::Job { job: job.key.clone() },
        job: Some(job.key.clone()),
        what: None,
        onset: job.last_seen,
        onset_at_least: false,
        value: None,
        threshold: None,
        usual: None,
        season: None,
        against: Against::Baseline,
        trend: None,
    }
}

fn too_much(usual: f64) -> f64 {
    usual * TIMES_USUAL + ABOVE_USUAL_S
}

/// What is usual here, by the last two hours without what was too much in them, and without a peak
/// that has its time of day and is over.
fn usual(series: &Series, at: Millis, weeks: Option<Here<'_>>) -> Option<f64> {
    let most = weeks.and_then(|w| w.at(at)?.most);
    let alike = |t: Millis| match (most, weeks.and_then(|w| w.at(t))) {
        (Some(most), Some(then)) => then.level <= too_much(most),
        _ => true,
    };
    quiet_level(series, (at - BASELINE, at), USUAL, BASELINE_SEEN, alike, too_much)
}

/// Where the climb began; what was seen when it crossed had waited since before. What was caught up
/// after a start is not part of it.
fn onset(scene: &Scene<'_>, job: &Job, series: &Series, crossing: Millis, usual: f64) -> Millis {
    let climb = climb_began(series, crossing, usual.max(0.2) * 2.0, CLIMB);
    match scene.began(job).filter(|t| (climb..crossing).contains(t)) {
        Some(began) => caught_up(series, began, crossing).unwrap_or(climb),
        None => climb,
    }
}

/// What waits at an edge gets older all the time: seen long before a lenient target is missed.
fn grows(
    scene: &Scene<'_>,
    job: &Job,
    entity: &Entity,
    weeks: Option<Here<'_>>,
) -> Option<Symptom> {
    let series = scene.series(entity, Signal::EdgeAge)?;
    let (last, value) = series.last()?;
    if scene.at() - last > scene.fresh() || value < GROWS_FROM_S {
        return None;
    }
    let window = scene.ticks(4, GROWS_OVER);
    let slope = slope(series, scene.at() - window, scene.at())?;
    // each third later than the one before: a saw-tooth is not growth
    let third = Span(window.0 / 3);
    let low = |n: i64| {
        let to = scene.at() - Span(third.0 * n);
        series.range(to - third, to).map(|p| p.1).min_by(f64::total_cmp)
    };
    let steady = matches!((low(0), low(1), low(2)), (Some(a), Some(b), Some(c)) if a > b && b > c);
    if slope < GROWS_BY || !steady {
        return None;
    }
    let usual = usual(series, scene.at(), weeks);
    let level = usual.unwrap_or(GROWS_FROM_S / 4.0);
    let early = (level * TIMES_USUAL).max(GROWS_FROM_S);
    // what grows at this time every day is expected until it is as late as never then
    let season = Level::of(series, scene.at(), weeks).filter(|l| l.season.is_some());
    let season = season.filter(|l| l.bound > early);
    let (bound, foot) = season.as_ref().map_or((early, level), |l| (l.bound, l.foot));
    let (crossing, onset_at_least) = over_since(series, scene.at(), bound, DIP)?;
    Some(Symptom {
        onset: onset(scene, job, series, crossing, foot),
        onset_at_least,
        value: Some(value),
        threshold: Some(bound),
        usual: season.as_ref().map(|l| l.usual).or(usual),
        season: season.and_then(|l| l.season),
        trend: Some(slope),
        ..symptom(job, SymptomKind::LagGrows)
    })
}

/// Late, and no trouble: it is on its way down, or somebody is at it.
fn calm(scene: &Scene<'_>, job: &Job, found: &Symptom) -> Option<NoTrouble> {
    let subject = found.subject.clone();
    if let Some(since) = scene.under_repair(job) {
        let why = Calm::UnderRepair;
        return Some(NoTrouble { subject, why, since, eta_s: None, usual: None });
    }
    let planned = scene.planned(job).filter(|t| scene.at() - *t < PLANNED);
    let running = job.run.state == JobState::Running;
    if planned.is_some() && !running {
        return Some(NoTrouble {
            subject,
            why: Calm::PlannedRestart,
            since: planned?,
            eta_s: None,
            usual: None,
        });
    }
    // until its first windows close, what it hands on is as old as before
    let again = scene.began(job).max(resumed(scene, job));
    let young = planned.max(again.filter(|_| found.kind != SymptomKind::LagGrows));
    let young = young.is_some_and(|t| scene.at() - t < YOUNG);
    let catches_up = falls(found.trend) && planned.max(again).is_some_and(|t| made(t, found));
    (running && (catches_up || young)).then(|| NoTrouble {
        subject,
        why: Calm::CatchingUp,
        since: planned.unwrap_or(found.onset),
        eta_s: falls(found.trend)
            .then(|| found.value.zip(found.trend).map(|(v, t)| v / -t))
            .flatten(),
        usual: None,
    })
}

/// What began at `start` is what it catches up with: it grew late before that, or was so when we
/// saw the first of it. A start that it had caught up with before it grew late is none.
fn made(start: Millis, found: &Symptom) -> bool {
    let seen_late = if found.onset_at_least { SEEN_FROM_START } else { Span(0) };
    start >= found.onset - seen_late
}
