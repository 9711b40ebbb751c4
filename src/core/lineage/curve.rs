//! Cumulative counts over time, and the one question that latency is made of: when was the
//! record that is next to be processed produced?

use crate::estate::{Millis, Series, Span};

/// A count that never falls, by time; between its points it is taken to grow evenly.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Curve {
    points: Vec<(Millis, f64)>,
}

/// Age of the oldest record that is produced and not yet consumed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Age {
    pub at: Millis,
    pub seconds: f64,
    /// It was produced before the curve begins: it is older.
    pub at_least: bool,
    /// Records that wait.
    pub records: f64,
}

impl Curve {
    /// From points in time order. A fall ends what was before it: only the last life is kept.
    pub fn of(points: impl IntoIterator<Item = (Millis, f64)>) -> Curve {
        let mut kept: Vec<(Millis, f64)> = Vec::new();
        for (t, v) in points {
            if kept.last().is_some_and(|(_, last)| v < *last) {
                kept.clear();
            }
            kept.push((t, v));
        }
        Curve { points: kept }
    }

    /// One count out of several series that count side by side (subtasks): the sum, on the time
    /// points of the first, from where all of them are known to where all still are.
    pub fn sum(series: &[&Series], from: Millis, to: Millis) -> Curve {
        let parts: Vec<Curve> = series.iter().map(|s| Curve::of(s.range(from, to))).collect();
        let Some(start) = parts.iter().map(Curve::first_time).collect::<Option<Vec<_>>>() else {
            return Curve::default();
        };
        let (Some(start), Some(end)) =
            (start.into_iter().max(), parts.iter().filter_map(Curve::last).map(|(t, _)| t).min())
        else {
            return Curve::default();
        };
        let inner = parts[0].points.iter().map(|(t, _)| *t).filter(|t| *t > start && *t < end);
        let times = std::iter::once(start).chain(inner).chain((end > start).then_some(end));
        Curve::of(
            times.filter_map(|t| {
                parts.iter().map(|c| c.value(t)).sum::<Option<f64>>().map(|v| (t, v))
            }),
        )
    }

    /// Puts older knowledge (offsets by timestamp) in front.
    pub fn preceded_by(self, older: &[(Millis, i64)]) -> Curve {
        let Some((first, value)) = self.points.first().copied() else { return self };
        let before =
            older.iter().map(|(t, o)| (*t, *o as f64)).filter(|(t, o)| *t < first && *o <= value);
        Curve::of(before.chain(self.points.iter().copied()))
    }

    pub fn first_time(&self) -> Option<Millis> {
        self.points.first().map(|p| p.0)
    }

    pub fn last(&self) -> Option<(Millis, f64)> {
        self.points.last().copied()
    }

    /// The count at `t`; None outside what is known.
    pub fn value(&self, t: Millis) -> Option<f64> {
        let i = self.points.partition_point(|(p, _)| *p <= t);
        let (t0, v0) = *self.points.get(i.checked_sub(1)?)?;
        if t0 == t {
            return Some(v0);
        }
        let (t1, v1) = *self.points.get(i)?;
        Some(v0 + (v1 - v0) * (t - t0).0 as f64 / (t1 - t0).0 as f64)
    }

    /// When the count reached `value`; None if that was before the curve begins, or not yet.
    pub fn reached(&self, value: f64) -> Option<Millis> {
        let i = self.points.partition_point(|(_, v)| *v < value);
        let (t1, v1) = *self.points.get(i)?;
        let (t0, v0) = *self.points.get(i.checked_sub(1)?)?;
        let share = (value - v0) / (v1 - v0);
        Some(t0 + Span(((t1 - t0).0 as f64 * share).round() as i64))
    }

    /// Growth per second over the last `window`; None where less than half of it is known.
    pub fn rate(&self, window: Span) -> Option<f64> {
        let (end, v1) = self.last()?;
        let from = (end - window).max(self.first_time()?);
        let span = (end - from).as_secs();
        (span >= window.as_secs() / 2.0 && span > 0.0).then_some(())?;
        Some((v1 - self.value(from)?) / span)
    }
}

/// Age at `at` of the record after the first `consumed`. After the last point of `produced` only
/// what was there by then is known: what came since is younger than that. None where nothing is
/// known at `at`.
pub fn age(produced: &Curve, consumed: f64, at: Millis) -> Option<Age> {
    let beyond = || produced.last().filter(|(t, _)| *t < at).map(|(_, v)| v);
    let there = produced.value(at).or_else(beyond)?;
    let records = (there - consumed).max(0.0);
    // counts between two scrapes are interpolated: a part of a record is none
    if records < 1.0 {
        return Some(Age { at, seconds: 0.0, at_least: false, records: 0.0 });
    }
    let (first_t, first_v) = *produced.points.first()?;
    let (since, at_least) = match produced.reached(consumed + 1.0) {
        Some(t) => (t, false),
        None if consumed + 1.0 <= first_v => (first_t, true),
        None => (at, false),
    };
    Some(Age { at, seconds: (at - since).as_secs().max(0.0), at_least, records })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curve(points: &[(i64, f64)]) -> Curve {
        Curve::of(points.iter().map(|(t, v)| (Millis(*t), *v)))
    }

    #[test]
    fn the_oldest_waiting_record_is_as_old_as_its_arrival() {
        // 100 records a second for ten seconds
        let produced = curve(&[(0, 0.0), (10_000, 1000.0)]);
        let a = age(&produced, 499.0, Millis(10_000)).unwrap();
        assert_eq!((a.seconds, a.records, a.at_least), (5.0, 501.0, false));
        // all consumed, and a reader whose position was read later than the end
        assert_eq!(age(&produced, 1000.0, Millis(10_000)).unwrap().seconds, 0.0);
        assert_eq!(age(&produced, 1010.0, Millis(10_000)).unwrap().records, 0.0);
    }

    #[test]
    fn before_the_history_is_at_least_or_unknown() {
        let produced = curve(&[(5_000, 500.0), (10_000, 1000.0)]);
        let a = age(&produced, 100.0, Millis(10_000)).unwrap();
        assert_eq!((a.seconds, a.at_least), (5.0, true));
        assert_eq!(age(&produced, 599.0, Millis(12_000)).unwrap().seconds, 6.0);
        assert_eq!(age(&produced, 600.0, Millis(4_000)), None);
        let older = produced.preceded_by(&[(Millis(1_000), 100), (Millis(6_000), 7)]);
        assert!(!age(&older, 100.0, Millis(10_000)).unwrap().at_least);
    }

    #[test]
    fn a_quiet_topic_keeps_its_one_record_old() {
        let produced = curve(&[(0, 5.0), (1_000, 6.0), (60_000, 6.0)]);
        assert_eq!(age(&produced, 5.0, Millis(60_000)).unwrap().seconds, 59.0);
    }

    #[test]
    fn a_reset_starts_a_new_life() {
        let c = curve(&[(0, 900.0), (1_000, 1000.0), (2_000, 10.0), (3_000, 110.0)]);
        assert_eq!(c.first_time(), Some(Millis(2_000)));
        assert_eq!(c.rate(Span::secs(1)), Some(100.0));
    }

    #[test]
    fn subtasks_add_up_where_all_are_known() {
        let (mut a, mut b) = (Series::default(), Series::default());
        for t in 0..10 {
            a.push(Millis(t * 1000), t as f64 * 10.0);
            b.push(Millis(t * 1000 + 500), t as f64 * 20.0);
        }
        let c = Curve::sum(&[&a, &b], Millis(0), Millis(60_000));
        assert_eq!(c.first_time(), Some(Millis(500)));
        assert_eq!(c.last(), Some((Millis(9_000), 90.0 + 170.0)));
    }
}
