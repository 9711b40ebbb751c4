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

/// How far back it is looked how evenly a count grows, and the points that this takes at least.
const EVEN_WINDOW: Span = Span::secs(60);
const EVEN_POINTS: usize = 8;
/// Where a reader stood at its last looks is of use for so long.
pub const LATELY: Span = Span::secs(90);

/// How a count grew of late.
struct Steps {
    /// By how many records the growth from one point to the next differs from the one before it:
    /// so little is known of how it grew between two points. The third largest difference, for one
    /// change of the load makes two of them.
    uneven: f64,
    /// From one point to the next, s.
    mean_s: f64,
}

impl Curve {
    /// Of the minute before `at`; None where too few points are known.
    fn steps(&self, at: Millis) -> Option<Steps> {
        let end = self.points.partition_point(|(t, _)| *t <= at);
        let from = self.points.partition_point(|(t, _)| *t < at - EVEN_WINDOW);
        let known = self.points.get(from..end).filter(|p| p.len() >= EVEN_POINTS)?;
        let differences = known.windows(3).filter_map(|w| {
            let [(t0, v0), (t1, v1), (t2, v2)] = w else { return None };
            // off the straight line through its neighbours, and twice that is what a step makes
            let share = (*t1 - *t0).0 as f64 / (*t2 - *t0).0 as f64;
            Some(2.0 * (v1 - (v0 + (v2 - v0) * share)).abs())
        });
        let mut differences: Vec<f64> = differences.collect();
        differences.sort_by(f64::total_cmp);
        let uneven = differences.iter().rev().nth(2).copied()?;
        let whole = known.last()?.0 - known.first()?.0;
        Some(Steps { uneven, mean_s: whole.as_secs() / (known.len() - 1) as f64 })
    }

    /// The count as it was last seen.
    fn last_at(&self, t: Millis) -> Option<f64> {
        let i = self.points.partition_point(|(p, _)| *p <= t);
        self.points.get(i.checked_sub(1)?).map(|(_, v)| *v)
    }

    /// The points of the last minute and a half before `t`.
    pub fn lately(&self, t: Millis) -> &[(Millis, f64)] {
        let from = self.points.partition_point(|(p, _)| *p < t - LATELY);
        let to = self.points.partition_point(|(p, _)| *p < t);
        self.points.get(from..to).unwrap_or_default()
    }

    /// The points around the moment when the count reached `value`.
    fn step_to(&self, value: f64) -> Option<(Millis, Millis)> {
        let i = self.points.partition_point(|(_, v)| *v < value);
        Some((self.points.get(i.checked_sub(1)?)?.0, self.points.get(i)?.0))
    }
}

/// The same for a reader that stood at `before` when it was looked at earlier, in time order.
///
/// Between two points the count is taken to grow evenly. Where it does not (windows that end,
/// commits, batches), a record that came between the last two looks may have come at any moment
/// between them. Of a reader that had all there was at most of its last looks it is said to have come
/// as late as the unevenness allows: it follows the bursts, and would look late by the time between
/// two looks. What waits for longer than that is not touched by this, nor what came while looks
/// were missed.
pub fn age_of_reader(
    produced: &Curve,
    before: &[(Millis, f64)],
    consumed: f64,
    at: Millis,
) -> Option<Age> {
    let found = age(produced, consumed, at)?;
    let Some((from, to)) = produced.step_to(consumed + 1.0) else { return Some(found) };
    let step = (to - from).as_secs();
    let short = found.records > 0.0 && !found.at_least && found.seconds <= 1.5 * step;
    let lately = before.iter().rev().filter(|(t, _)| *t < at).take(FOLLOWS.1);
    let there = lately.filter(|(t, v)| produced.last_at(*t).is_some_and(|end| end <= *v)).count();
    if !short || there < FOLLOWS.0 {
        return Some(found);
    }
    let usual = produced.steps(at).filter(|s| step <= 2.0 * s.mean_s);
    let Some(Steps { uneven, .. }) = usual else { return Some(found) };
    let since = produced.reached(consumed + 1.0 + uneven).map_or(to, |t| t.min(to));
    Some(Age { seconds: (at - since).as_secs().max(0.0), ..found })
}

/// It follows who was at the end at so many of so many looks; of those that meet it in the midst of a
/// burst there are fewer.
const FOLLOWS: (usize, usize) = (2, 3);

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

    /// Worst error at any moment of half a minute, of a reader that is `late` ms behind, s.
    fn worst(there: impl Fn(i64) -> f64, looks: &[i64], late: i64) -> f64 {
        let produced = curve(&looks.iter().map(|t| (*t, there(*t))).collect::<Vec<_>>());
        let moments = (70_000..100_000).step_by(37);
        let off = moments.map(|at| {
            let consumed = there(at - late);
            let before: Vec<_> = (1..=5)
                .rev()
                .map(|n| at - n * 1810)
                .map(|t| (Millis(t), there(t - late)))
                .collect();
            let arrived = (at - late..=at).find(|t| there(*t) > consumed);
            let truth = arrived.map_or(0.0, |t| (at - t) as f64 / 1000.0);
            let said = age_of_reader(&produced, &before, consumed, Millis(at)).unwrap();
            (said.seconds - truth).abs()
        });
        off.fold(0.0, f64::max)
    }

    #[test]
    fn a_reader_that_follows_bursts_is_not_late_by_the_time_between_two_looks() {
        // a window ends each second
        let bursts = |t: i64| (t / 1000) as f64 * 100.0;
        let looks: Vec<i64> = (0..120).map(|i| i * 930).collect();
        assert!(worst(bursts, &looks, 100) < 0.3, "{}", worst(bursts, &looks, 100));
        let late = worst(bursts, &looks, 20_000);
        assert!(late <= 1.0, "one that is late stays so: {late}");
        let even = |t: i64| t as f64 / 10.0;
        let sparse: Vec<i64> = (0..60).map(|i| i * 2000).collect();
        assert!(worst(even, &sparse, 1500) < 0.1, "an even count is known between two looks");
        let behind = worst(bursts, &sparse, 2500);
        assert!(behind <= 2.0, "one that is never at the end is late: {behind}");
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
