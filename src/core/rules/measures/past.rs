//! Of weeks: what is remembered, folded by the hour. The bracket names it: `peak("delay") over 7d`.

use super::{Ask, Measure, Of, Scalar};
use crate::estate::{Subject, SubjectKind, SubjectKind as K};
use crate::past::{HOUR, Hour, Kept};
use crate::rules::types::*;
use std::borrow::Cow;

const ON: &[SubjectKind] = &[
    K::Job,
    K::FlinkCluster,
    K::Topic,
    K::KafkaCluster,
    K::Broker,
    K::Zookeeper,
    K::Hdfs,
    K::Yarn,
    K::Component,
    K::Host,
];

/// Less of the time than this says nothing of what is usual, and not that something never was.
const ENOUGH: f64 = 0.25;
/// Of a day that a forecast is tried on, minutes that must be known: three quarters.
const WHOLE_DAY: f64 = 0.75 * 1440.0;
/// Days that a forecast is tried on, and how near it has to come: a share of what it foretold.
const TRIED_DAYS: i64 = 7;
const TRIED: usize = 2;
const NEAR: f64 = 0.2;
const DAY_MS: i64 = 86_400_000;

pub const MEASURES: &[Measure] = &[
    Measure::new("peak", ON, NUMBER, peak, "the most that it was in any minute of the time; where less than a quarter of it is known, at least that").of_past(Of::Value),
    Measure::new("floor", ON, NUMBER, floor, "the least that it was in any minute of the time; where less than a quarter of it is known, at most that").of_past(Of::Value),
    Measure::new("usual", ON, NUMBER, usual, "what it was on average; unknown where less than a quarter of the time is known").of_past(Of::Value),
    Measure::new("latest", ON, NUMBER, latest, "what it was last within the time").of_past(Of::Value),
    Measure::new("growth", ON, NUMBER, growth, "by how much it grew, by a line through the hours; unknown where less than a quarter of the time is known").of_past(Of::Growth),
    Measure::new("steady", ON, Base::Truth, steady, "a line through the days before foretold each of the last two of at least seven days within 20 %; days are stretches of 24 h back from the newest hour, three quarters of each known").of_past(Of::Other),
    Measure::new("pace", ON, NUMBER, pace, "by how much it grows, where `steady` holds; unknown where not: nobody can foretell it").of_past(Of::Growth),
    Measure::new("known_share", ON, Base::number(RATIO), known_share, "share of the minutes that are known").of_past(Of::Other),
    Measure::new("total", ON, NUMBER, total, "the sum of its minutes, such as restarts; where less than a quarter of the time is known, at least that").of_past(Of::Value),
];

const NUMBER: Base = Base::number(RATIO);

fn hours<'a>(q: &Ask<'_, 'a>, s: &Subject) -> Option<Cow<'a, [Hour]>> {
    let past = &q.ctx.snapshot.past;
    let name = Kept::find(s.kind(), q.arg?)?.name;
    let all = past.hours(s, name, q.at - q.window, q.at);
    let hours = match (&q.ctx.calm_but_for, s) {
        (Some(causes), Subject::Job { job }) => {
            let counts = |h: &&Hour| !past.disturbed(job, h.start, causes);
            all.iter().filter(counts).copied().collect()
        }
        _ => Cow::Borrowed(all),
    };
    Some(hours).filter(|h| !h.is_empty())
}

fn minutes(hours: &[Hour]) -> f64 {
    hours.iter().map(|h| f64::from(h.known)).sum()
}

/// Minutes without which the measure tells nothing, and those that are known; None: it is not of
/// weeks, or the minutes are not what it lacks.
pub fn needs(m: &Measure, q: &Ask<'_, '_>, s: &Subject) -> Option<(u32, u32)> {
    m.past?;
    let window = q.window.as_secs() / 60.0;
    let needs = match m.name {
        "usual" | "growth" | "peak" | "floor" | "total" => ENOUGH * window,
        "steady" | "pace" => (TRIED_DAYS * DAY_MS / 60_000) as f64,
        _ => 1.0,
    };
    let has = hours(q, s).map_or(0.0, |h| minutes(&h));
    (has < needs).then_some((needs.ceil() as u32, has as u32))
}

/// Where too little of the time is known: between what the measure lies, as far as what is known
/// tells. A most that was seen was; that there was no more is not known.
pub fn bounds(m: &Measure, q: &Ask<'_, '_>, s: &Subject, known: f64) -> Option<(f64, f64)> {
    m.past?;
    let all = hours(q, s)?;
    if minutes(&all) >= ENOUGH * q.window.as_secs() / 60.0 {
        return None;
    }
    match m.name {
        "peak" => Some((known, f64::INFINITY)),
        "floor" => Some((f64::NEG_INFINITY, known)),
        "total" if all.iter().all(|h| h.min >= 0.0) => Some((known, f64::INFINITY)),
        "total" => Some((f64::NEG_INFINITY, f64::INFINITY)),
        _ => None,
    }
}

/// Enough of the time is known.
fn enough<'a>(q: &Ask<'_, 'a>, s: &Subject) -> Option<Cow<'a, [Hour]>> {
    hours(q, s).filter(|h| minutes(h) >= ENOUGH * q.window.as_secs() / 60.0)
}

fn peak(q: &Ask<'_, '_>, s: &Subject) -> Option<Scalar> {
    hours(q, s)?.iter().map(|h| h.max).reduce(f64::max).map(Scalar::from)
}

fn floor(q: &Ask<'_, '_>, s: &Subject) -> Option<Scalar> {
    hours(q, s)?.iter().map(|h| h.min).reduce(f64::min).map(Scalar::from)
}

fn usual(q: &Ask<'_, '_>, s: &Subject) -> Option<Scalar> {
    let hours = enough(q, s)?;
    let sum: f64 = hours.iter().map(|h| h.mean * f64::from(h.known)).sum();
    Some((sum / minutes(&hours)).into())
}

fn latest(q: &Ask<'_, '_>, s: &Subject) -> Option<Scalar> {
    hours(q, s)?.last().map(|h| h.last.into())
}

fn total(q: &Ask<'_, '_>, s: &Subject) -> Option<Scalar> {
    let sum: f64 = hours(q, s)?.iter().map(|h| h.mean * f64::from(h.known)).sum();
    Some(sum.into())
}

fn known_share(q: &Ask<'_, '_>, s: &Subject) -> Option<Scalar> {
    let all = q.window.as_secs() / 60.0;
    let known = hours(q, s).map_or(0.0, |h| minutes(&h));
    (all > 0.0).then(|| (known / all).min(1.0).into())
}

fn growth(q: &Ask<'_, '_>, s: &Subject) -> Option<Scalar> {
    line(enough(q, s)?.iter()).map(|l| l.slope.into())
}

fn pace(q: &Ask<'_, '_>, s: &Subject) -> Option<Scalar> {
    match steady(q, s)? {
        Scalar::Truth(true) => growth(q, s),
        _ => None,
    }
}

/// A line by least squares; x in seconds.
struct Line {
    slope: f64,
    x: f64,
    y: f64,
}

impl Line {
    fn at(&self, x: f64) -> f64 {
        self.y + self.slope * (x - self.x)
    }
}

fn middle(h: &Hour) -> f64 {
    (h.start.0 + HOUR.0 / 2) as f64 / 1000.0
}

fn line<'h>(hours: impl Iterator<Item = &'h Hour> + Clone) -> Option<Line> {
    let n = hours.clone().count() as f64;
    if n < 2.0 {
        return None;
    }
    let x = hours.clone().map(middle).sum::<f64>() / n;
    let y = hours.clone().map(|h| h.mean).sum::<f64>() / n;
    let (mut over, mut under) = (0.0, 0.0);
    for h in hours {
        over += (middle(h) - x) * (h.mean - y);
        under += (middle(h) - x).powi(2);
    }
    (under > 0.0).then(|| Line { slope: over / under, x, y })
}

/// Whole days of what is known, oldest first, each 24 h back from the newest hour: an hour of today
/// is no day.
fn steady(q: &Ask<'_, '_>, s: &Subject) -> Option<Scalar> {
    let hours = hours(q, s)?;
    let newest = hours.last()?.start;
    let day = |h: &Hour| (newest - h.start).0 / DAY_MS;
    let mut days: Vec<&[Hour]> = hours.chunk_by(|a, b| day(a) == day(b)).collect();
    days.retain(|of_day| minutes(of_day) >= WHOLE_DAY);
    if (days.len() as i64) < TRIED_DAYS {
        return None;
    }
    let right = (days.len() - TRIED..days.len()).all(|n| {
        let (before, Some(of_day)) = (days.iter().take(n).flat_map(|d| d.iter()), days.get(n))
        else {
            return false;
        };
        let (Some(line), len) = (line(before), of_day.len() as f64) else { return false };
        let was = of_day.iter().map(|h| h.mean).sum::<f64>() / len;
        let told = of_day.iter().map(|h| line.at(middle(h))).sum::<f64>() / len;
        (was - told).abs() <= NEAR * was.abs()
    });
    Some(right.into())
}

#[cfg(test)]
mod tests {
    use crate::estate::{ClusterId, Millis, Span, Subject};
    use crate::past::{HOUR, Hour, Past};
    use crate::rules::tests::world;
    use crate::rules::{Ctx, Figure, ask};
    use serde_json::json;
    use std::sync::Arc;

    /// What is asked of a cluster's free slots, by the hours before now; None: unknown.
    fn asked(hours: &[(i64, f64)], text: &str) -> Option<Figure> {
        let mut w = world(json!({ "jobs": { "a": { "plan": "src(1)" } } }));
        let cluster = ClusterId::new("flink");
        let subject = Subject::FlinkCluster { cluster };
        let now = w.snapshot.at;
        let start = |ago: i64| Millis((now - Span(ago * HOUR.0)).0.div_euclid(HOUR.0) * HOUR.0);
        let hour = |(ago, mean): &(i64, f64)| Hour {
            start: start(*ago),
            known: 60,
            min: mean - 1.0,
            mean: *mean,
            max: mean + 1.0,
            last: *mean,
        };
        let mut past = Past::default();
        past.put(subject.clone(), "slots_free", hours.iter().map(hour).collect());
        w.snapshot.past = Arc::new(past);
        ask(text, &subject, &Ctx::new(&w.snapshot)).unwrap().value
    }

    fn number(hours: &[(i64, f64)], text: &str) -> Option<f64> {
        match asked(hours, text)? {
            Figure::Number { value, .. } => Some((value * 1e6).round() / 1e6),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn weeks_are_asked_by_name_and_window() {
        let three = [(30, 9.0), (3, 2.0), (2, 6.0), (1, 4.0)];
        assert_eq!(number(&three, "peak(\"slots_free\") over 6h"), Some(7.0));
        assert_eq!(number(&three, "peak(\"slots_free\") over 13h"), None, "three hours of 13");
        assert_eq!(number(&three, "floor(\"slots_free\") over 6h"), Some(1.0));
        assert_eq!(number(&three, "usual(\"slots_free\") over 6h"), Some(4.0));
        assert_eq!(number(&three, "latest(\"slots_free\") over 6h"), Some(4.0));
        assert_eq!(number(&three, "total(\"slots_free\") over 6h"), Some(720.0));
        assert_eq!(number(&three, "known_share(\"slots_free\") over 6h"), Some(0.5));
        assert_eq!(number(&three, "usual(\"slots_free\") over 7d"), None, "four hours of 168");
        assert_eq!(number(&three, "peak(\"slots_total\") over 7d"), None, "unknown, not zero");
        assert_eq!(number(&[], "known_share(\"slots_free\") over 7d"), Some(0.0));
    }

    #[test]
    fn growth_is_a_second_and_a_forecast_has_to_have_come_true() {
        let up: Vec<(i64, f64)> = (1..=240).rev().map(|ago| (ago, 1000.0 - ago as f64)).collect();
        assert_eq!(number(&up, "growth(\"slots_free\") over 9d * 3600s"), Some(1.0));
        let steady = |h: &[(i64, f64)]| asked(h, "steady(\"slots_free\") over 9d");
        assert_eq!(steady(&up), Some(Figure::Truth { truth: true }));
        let jump: Vec<_> =
            up.iter().map(|(h, v)| (*h, if *h < 36 { v * 3.0 } else { *v })).collect();
        assert_eq!(steady(&jump), Some(Figure::Truth { truth: false }));
        assert_eq!(steady(&up[150..]), None, "less than seven days");
        // whatever the time of day is: of seven times 24 h an hour less is not seven days
        let last = |hours: usize| steady(&up[240 - hours..]);
        assert_eq!(last(7 * 24), Some(Figure::Truth { truth: true }));
        assert_eq!((last(6 * 24 + 1), last(6 * 24 + 17)), (None, None), "six days and an hour");
        let gaps: Vec<_> = up.iter().filter(|(h, _)| h % 24 < 17).copied().collect();
        assert_eq!(steady(&gaps), None, "17 hours of each day");
    }

    /// What was seen was; that nothing else was takes a quarter of the time.
    #[test]
    fn a_most_of_few_minutes_proves_yes_and_not_no() {
        let truth = |hours: &[(i64, f64)], text: &str| match asked(hours, text) {
            Some(Figure::Truth { truth }) => Some(truth),
            None => None,
            other => panic!("{other:?}"),
        };
        let (few, more) = ([(1, 5.0)], [1, 2, 3, 4, 5, 6].map(|ago| (ago, 5.0)));
        for (text, of_few) in [
            // 6 within the hour, 4 the least, 300 in all
            ("peak(\"slots_free\") over 24h >= 6", Some(true)),
            ("peak(\"slots_free\") over 24h > 6", None),
            ("peak(\"slots_free\") over 24h < 6", Some(false)),
            ("peak(\"slots_free\") over 24h <= 6", None),
            ("floor(\"slots_free\") over 24h <= 4", Some(true)),
            ("floor(\"slots_free\") over 24h < 4", None),
            ("floor(\"slots_free\") over 24h > 4", Some(false)),
            ("floor(\"slots_free\") over 24h >= 4", None),
            ("total(\"slots_free\") over 24h >= 300", Some(true)),
            ("total(\"slots_free\") over 24h > 300", None),
            ("0 - floor(\"slots_free\") over 24h >= 0 - 4", Some(true)),
            ("2 * peak(\"slots_free\") over 24h >= 12", Some(true)),
            ("(0 - 2) * peak(\"slots_free\") over 24h >= 0 - 12", None),
            ("-peak(\"slots_free\") over 24h > 0", Some(false)),
            ("peak(\"slots_free\") over 24h = 6", None),
        ] {
            assert_eq!(truth(&few, text), of_few, "{text}");
        }
        assert_eq!(truth(&more, "peak(\"slots_free\") over 24h > 6"), Some(false), "six of 24 h");
        assert_eq!(truth(&more, "floor(\"slots_free\") over 24h >= 4"), Some(true));
    }
}
