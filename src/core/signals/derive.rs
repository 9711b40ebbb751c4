//! What is computed from raw counters: rates, busy, back pressure, skew. Flink's own
//! `…PerSecond` gauges are averages of 60 s and busy reads 1000 after a start: not used.

use super::Signal;
use crate::estate::{Entity, Millis, Series, SeriesTable, Span};

/// Busy and idle move in steps of what the task thread just did; below 5 s a ratio says nothing.
/// A tenth less, because scrapes jitter.
const SHORTEST: Span = Span(4_500);

/// A counter that fell to less than this share of its value began a new life at 0. A smaller fall
/// is a value that went back (seen of accumulateBusyTimeMs: 698, 648, 68): that step is unknown.
const NEW_LIFE: f64 = 0.5;

/// A clock of one thread runs at most 1 ms per ms; 5 % for the jitter of reading it.
const THREAD_TIME: f64 = 1.05;

/// A ratio above this is shown as this.
const MOST_SKEW: f64 = 100.0;

struct Growth {
    amount: f64,
    /// Of the steps whose growth is known.
    known: Span,
    /// First to last point.
    span: Span,
}

/// Growth over the points of `[from, to]`. `most` bounds, per ms, what a new life can have counted
/// since the last point.
fn growth(series: &Series, from: Millis, to: Millis, most: f64) -> Option<Growth> {
    let mut points = series.range(from, to);
    let (first, mut before) = points.next()?;
    let mut last = first;
    let (mut amount, mut known) = (0.0, 0);
    for (t, v) in points {
        let step = t - last;
        let grown = if v >= before {
            Some(v - before)
        } else {
            (v < before * NEW_LIFE && v >= 0.0 && v <= most * step.0 as f64).then_some(v)
        };
        if let Some(grown) = grown {
            amount += grown;
            known += step.0;
        }
        (last, before) = (t, v);
    }
    (known > 0).then_some(Growth { amount, known: Span(known), span: last - first })
}

/// How much a counter grew from its first to its last point in `[from, to]`, across resets. None
/// below two points.
pub fn increase(series: &Series, from: Millis, to: Millis) -> Option<f64> {
    growth(series, from, to, f64::INFINITY).map(|g| g.amount)
}

/// Growth per second over the last `window`. None unless its points span 5 s and three tenths of
/// the window (of three looks the oldest may just have left it and the newest not yet be in), and
/// half of that is known: too young, a gap, or gone.
pub fn rate(series: &Series, at: Millis, window: Span) -> Option<f64> {
    rate_below(series, at, window, f64::INFINITY)
}

fn rate_below(series: &Series, at: Millis, window: Span, most: f64) -> Option<f64> {
    let g = growth(series, at - window, at, most)?;
    let enough = g.span >= SHORTEST
        && g.span.0.saturating_mul(10) >= window.0.saturating_mul(3)
        && g.known.0 * 2 >= g.span.0;
    enough.then(|| g.amount / g.known.as_secs())
}

/// Least-squares slope per second over `[from, to]`; None under three points or half the time.
pub fn slope(series: &Series, from: Millis, to: Millis) -> Option<f64> {
    let points: Vec<(f64, f64)> =
        series.range(from, to).map(|(t, v)| ((t - to).as_secs(), v)).collect();
    let (first, last) = (points.first()?.0, points.last()?.0);
    if points.len() < 3 || (last - first) * 2.0 < (to - from).as_secs() {
        return None;
    }
    let n = points.len() as f64;
    let mx = points.iter().map(|p| p.0).sum::<f64>() / n;
    let my = points.iter().map(|p| p.1).sum::<f64>() / n;
    let over: f64 = points.iter().map(|p| (p.0 - mx) * (p.1 - my)).sum();
    let under: f64 = points.iter().map(|p| (p.0 - mx).powi(2)).sum();
    (under > 0.0).then(|| over / under)
}

/// Share of time, 0 to 1, from a counter of milliseconds.
fn share(
    table: &SeriesTable,
    subtask: &Entity,
    signal: Signal,
    at: Millis,
    window: Span,
) -> Option<f64> {
    let rate = rate_below(table.get(subtask, signal)?, at, window, THREAD_TIME)?;
    Some((rate / 1000.0).clamp(0.0, 1.0))
}

/// Share of time in which the subtask was held back by what comes after it, 0 to 1.
pub fn back_pressure(
    table: &SeriesTable,
    subtask: &Entity,
    at: Millis,
    window: Span,
) -> Option<f64> {
    share(table, subtask, Signal::BackPressuredTime, at, window)
}

/// Share of time in which the subtask had nothing to do, 0 to 1. Unknown where Flink cannot tell
/// busy from idle (legacy sources).
pub fn idle(table: &SeriesTable, subtask: &Entity, at: Millis, window: Span) -> Option<f64> {
    table.fresh(subtask, Signal::BusyTime, at, window)?;
    share(table, subtask, Signal::IdleTime, at, window)
}

/// What is neither idle nor back-pressured, 0 to 1. It is time, not CPU: a call that waits is
/// busy.
pub fn busy(table: &SeriesTable, subtask: &Entity, at: Millis, window: Span) -> Option<f64> {
    let idle = idle(table, subtask, at, window)?;
    let held = back_pressure(table, subtask, at, window)?;
    Some((1.0 - idle - held).clamp(0.0, 1.0))
}

/// Which of the subtasks has how many times what is usual for the *others* (their median, at most
/// 100 times): a median with the hot one in it never falls below half at parallelism 2. None if
/// fewer than two are known, or fewer than half.
pub fn skew(values: &[Option<f64>]) -> Option<(usize, f64)> {
    let known: Vec<(usize, f64)> =
        values.iter().enumerate().filter_map(|(i, v)| Some((i, (*v)?))).collect();
    if known.len() < 2 || known.len() * 2 < values.len() {
        return None;
    }
    let (hot, most) = known.iter().copied().max_by(|a, b| a.1.total_cmp(&b.1))?;
    let mut others: Vec<f64> = known.iter().filter(|(i, _)| *i != hot).map(|(_, v)| *v).collect();
    others.sort_by(f64::total_cmp);
    let middle = (others[(others.len() - 1) / 2] + others[others.len() / 2]) / 2.0;
    let ratio = if most <= 0.0 { 1.0 } else { (most / middle.max(0.0)).min(MOST_SKEW) };
    Some((hot, ratio))
}

/// How far the subtask's event time is behind the clock. None if it was not seen within `fresh`,
/// or while there is no watermark yet. Negative where events are from the future.
pub fn watermark_lag(
    table: &SeriesTable,
    subtask: &Entity,
    at: Millis,
    fresh: Span,
) -> Option<Span> {
    let (_, watermark) = table.fresh(subtask, Signal::InputWatermark, at, fresh)?;
    Some(at - Millis(watermark as i64))
}

/// Since when the series has had its last value (a gauge that stands).
pub fn still_since(series: &Series, to: Millis) -> Option<Millis> {
    let mut since = None;
    let mut last = None;
    for (t, v) in series.range(Millis(i64::MIN), to) {
        if last != Some(v) {
            since = Some(t);
            last = Some(v);
        }
    }
    since
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::estate::{ClusterId, RunId, VertexId};

    const S: i64 = 1000;

    fn series(points: &[(i64, f64)]) -> Series {
        let mut series = Series::default();
        for (t, v) in points {
            assert!(series.push(Millis(t * S), *v));
        }
        series
    }

    #[test]
    fn a_restart_counts_from_zero_and_a_step_back_is_unknown() {
        let restarted = series(&[(0, 100.0), (10, 1100.0), (20, 300.0), (30, 1300.0)]);
        assert_eq!(increase(&restarted, Millis(0), Millis(30 * S)), Some(2300.0));
        let glitch = series(&[(0, 698.0), (10, 648.0), (20, 1648.0)]);
        assert_eq!(increase(&glitch, Millis(0), Millis(20 * S)), Some(1000.0));
        assert_eq!(rate(&glitch, Millis(20 * S), Span::secs(20)), Some(100.0));
        assert_eq!(increase(&series(&[(0, 5.0)]), Millis(0), Millis(S)), None);
    }

    #[test]
    fn a_slope_needs_the_window_to_be_seen() {
        let s = series(&[(0, 0.0), (5, 5.0), (10, 10.0)]);
        assert!((slope(&s, Millis(0), Millis(10 * S)).unwrap() - 1.0).abs() < 1e-9);
        assert_eq!(slope(&s, Millis(0), Millis(40 * S)), None);
    }

    #[test]
    fn a_rate_needs_a_window_that_was_seen() {
        let s = series(&[(0, 0.0), (5, 50.0), (10, 100.0), (15, 150.0)]);
        assert_eq!(rate(&s, Millis(15 * S), Span::secs(15)), Some(10.0));
        assert_eq!(rate(&s, Millis(15 * S), Span::secs(51)), None, "most of the window not seen");
        assert_eq!(rate(&s, Millis(15 * S), Span::secs(4)), None, "one point");
        assert_eq!(rate(&s, Millis(25 * S), Span::secs(20)), Some(10.0));
        assert_eq!(rate(&s, Millis(40 * S), Span::secs(30)), None, "gone");
        let close = series(&[(0, 0.0), (2, 50.0)]);
        assert_eq!(rate(&close, Millis(2 * S), Span::secs(3)), None, "below 5 s");
    }

    fn subtask() -> Entity {
        Entity::Subtask {
            cluster: ClusterId::new("c"),
            run: RunId::new("r"),
            vertex: VertexId::new("v"),
            index: 0,
        }
    }

    /// (idle, back-pressured, busy as Flink tells it), every 5 s.
    fn table(rows: &[(f64, f64, f64)]) -> SeriesTable {
        let (mut table, e) = (SeriesTable::default(), subtask());
        for (i, (idle, held, busy)) in rows.iter().enumerate() {
            let at = Millis(i as i64 * 5 * S);
            table.record(&e, Signal::IdleTime, at, *idle);
            table.record(&e, Signal::BackPressuredTime, at, *held);
            table.record(&e, Signal::BusyTime, at, *busy);
        }
        table
    }

    #[test]
    fn busy_is_what_is_neither_idle_nor_held_back() {
        let t = table(&[(0.0, 0.0, 0.0), (1000.0, 500.0, 1.0), (2000.0, 1000.0, 0.0)]);
        let (at, window) = (Millis(10 * S), Span::secs(10));
        let near = |a: Option<f64>, b: f64| assert!((a.unwrap() - b).abs() < 1e-9, "{a:?}");
        near(busy(&t, &subtask(), at, window), 0.7);
        near(idle(&t, &subtask(), at, window), 0.2);
        near(back_pressure(&t, &subtask(), at, window), 0.1);
    }

    #[test]
    fn a_new_attempt_does_not_look_idle_for_longer_than_it_lived() {
        // 4 s of idling in the new life; 90 s cannot have been counted in 5 s
        let t = table(&[(100_000.0, 0.0, 0.0), (4_000.0, 0.0, 0.0), (9_000.0, 0.0, 0.0)]);
        let at = Millis(10 * S);
        assert!((busy(&t, &subtask(), at, Span::secs(10)).unwrap() - 0.1).abs() < 1e-9);
        let t = table(&[(1_000_000.0, 0.0, 0.0), (90_000.0, 0.0, 0.0)]);
        assert_eq!(busy(&t, &subtask(), Millis(5 * S), Span::secs(5)), None);
    }

    #[test]
    fn a_legacy_source_is_unknown_and_not_busy() {
        let t = table(&[(0.0, 0.0, f64::NAN), (0.0, 0.0, f64::NAN), (0.0, 4_000.0, f64::NAN)]);
        let (at, window) = (Millis(10 * S), Span::secs(10));
        assert_eq!(busy(&t, &subtask(), at, window), None);
        assert_eq!(idle(&t, &subtask(), at, window), None);
        assert_eq!(back_pressure(&t, &subtask(), at, window), Some(0.4));
        assert_eq!(busy(&SeriesTable::default(), &subtask(), at, window), None);
    }

    #[test]
    fn skew_leaves_the_hot_one_out() {
        assert_eq!(skew(&[Some(900.0), Some(100.0)]), Some((0, 9.0)));
        assert_eq!(skew(&[Some(1.0), Some(1.0), Some(4.0), Some(3.0)]), Some((2, 4.0)));
        assert_eq!(skew(&[Some(5.0)]), None, "parallelism 1");
        assert_eq!(skew(&[Some(5.0), None]), None);
        assert_eq!(skew(&[Some(5.0), Some(1.0), None, None, None]), None);
        assert_eq!(skew(&[Some(5.0), Some(0.0)]), Some((0, 100.0)));
        assert_eq!(skew(&[Some(0.0), Some(0.0)]).map(|s| s.1), Some(1.0));
    }

    #[test]
    fn event_time_behind_the_clock() {
        let (mut t, e) = (SeriesTable::default(), subtask());
        t.record(&e, Signal::InputWatermark, Millis(10 * S), 7000.0);
        let lag = |at, fresh| watermark_lag(&t, &e, Millis(at), Span::secs(fresh));
        assert_eq!(lag(12 * S, 15), Some(Span(5000)));
        assert_eq!(lag(60 * S, 15), None);
    }

    #[test]
    fn a_gauge_that_stands_says_since_when() {
        let s = series(&[(0, 1.0), (5, 2.0), (10, 2.0), (15, 2.0)]);
        assert_eq!(still_since(&s, Millis(15 * S)), Some(Millis(5 * S)));
    }
}
