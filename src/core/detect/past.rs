//! Looking back along one series: what was usual, since when it is not, where it is going.

use crate::estate::{Millis, Series, Span};
use std::collections::VecDeque;

/// The value below which this share (0 to 1) of the points of `[from, to]` lies; None below
/// `least` of time between the first and the last of them.
pub fn quantile(series: &Series, from: Millis, to: Millis, q: f64, least: Span) -> Option<f64> {
    let points: Vec<(Millis, f64)> = series.range(from, to).collect();
    let seen = points.last()?.0 - points.first()?.0;
    let mut values: Vec<f64> = points.into_iter().map(|p| p.1).collect();
    values.sort_by(f64::total_cmp);
    level(&values, q).filter(|_| seen >= least)
}

/// Points that a level is made of: more say no more.
const LEVEL_POINTS: usize = 240;
/// A reading counts as quiet when nothing was too much for so long after it: a climb is not.
const SETTLED: Span = Span::secs(30);

/// The same of what was quiet in `[from, to]`: from where a value is above `too_much` of the level
/// so far until it is back, nothing is added to it. So what went wrong half a minute after we came
/// does not become usual while it lasts. `alike`: whether a moment says anything of now.
pub fn quiet_level(
    series: &Series,
    (from, to): (Millis, Millis),
    q: f64,
    least: Span,
    alike: impl Fn(Millis) -> bool,
    too_much: impl Fn(f64) -> f64,
) -> Option<f64> {
    let points: Vec<(Millis, f64)> = series.range(from, to).filter(|(t, _)| alike(*t)).collect();
    let apart = points.len().div_ceil(LEVEL_POINTS).max(1);
    let mut quiet: Vec<f64> = Vec::new();
    let mut waits: VecDeque<(Millis, f64)> = VecDeque::new();
    let (mut first, mut seen) = (None, Span(0));
    for (t, v) in points.into_iter().step_by(apart) {
        let level = level(&quiet, q).filter(|_| seen >= least);
        if level.is_some_and(|l| v > too_much(l)) {
            waits.clear();
            continue;
        }
        waits.push_back((t, v));
        while waits.front().is_some_and(|(then, _)| t - *then >= SETTLED) {
            let Some((then, value)) = waits.pop_front() else { break };
            let began = *first.get_or_insert(then);
            seen = then - began;
            let i = quiet.partition_point(|x| *x < value);
            quiet.insert(i, value);
        }
    }
    level(&quiet, q).filter(|_| seen >= least)
}

/// Of sorted values.
fn level(sorted: &[f64], q: f64) -> Option<f64> {
    let i = (sorted.len().checked_sub(1)? as f64 * q).round() as usize;
    sorted.get(i).copied()
}

/// Since when the series has been over `bound` without a break longer than `dip`; None when its
/// last value is not. The second: it is over since before history begins.
pub fn over_since(series: &Series, to: Millis, bound: f64, dip: Span) -> Option<(Millis, bool)> {
    let mut since: Option<(Millis, bool)> = None;
    let mut under_since: Option<Millis> = None;
    let mut first = true;
    for (t, v) in series.range(Millis(i64::MIN), to) {
        if v > bound {
            since = since.or(Some((t, first)));
            under_since = None;
        } else {
            let under = *under_since.get_or_insert(t);
            if t - under >= dip {
                since = None;
            }
        }
        first = false;
    }
    // ends below: over only if the dip is shorter than allowed and not the last word
    since.filter(|_| under_since.is_none())
}

/// From `crossing` back to where the climb began: the last moment at which the value was not above
/// `usual`. At most `most` back; `crossing` itself when it never was.
pub fn climb_began(series: &Series, crossing: Millis, usual: f64, most: Span) -> Millis {
    let usual_last = series.range(crossing - most, crossing).filter(|p| p.1 <= usual).last();
    usual_last.map_or(crossing, |p| p.0)
}

/// It was falling after `start` (less than half of what it was is left): when it was lowest before
/// `crossing`, from where what climbs is new.
pub fn caught_up(series: &Series, start: Millis, crossing: Millis) -> Option<Millis> {
    let mut highest = f64::NEG_INFINITY;
    let mut lowest: Option<(Millis, f64)> = None;
    for (t, v) in series.range(start, crossing) {
        if v * 2.0 < highest && lowest.is_none_or(|l| v < l.1) {
            lowest = Some((t, v));
        }
        highest = highest.max(v);
    }
    lowest.map(|l| l.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(points: &[(i64, f64)]) -> Series {
        let mut s = Series::default();
        for (t, v) in points {
            s.push(Millis(t * 1000), *v);
        }
        s
    }

    #[test]
    fn over_since_forgives_a_short_dip_and_not_the_last_value() {
        let s = series(&[(0, 1.0), (5, 9.0), (10, 1.0), (15, 9.0), (20, 9.0)]);
        let over = |dip| over_since(&s, Millis(20_000), 5.0, Span::secs(dip));
        assert_eq!(over(6), Some((Millis(5_000), false)));
        assert_eq!(over(0), Some((Millis(15_000), false)));
        assert_eq!(over_since(&s, Millis(10_000), 5.0, Span::secs(60)), None);
        assert!(over_since(&series(&[(0, 9.0)]), Millis(9_000), 5.0, Span(0)).unwrap().1);
    }

    #[test]
    fn a_climb_is_followed_down_to_what_is_usual() {
        let s = series(&[(0, 1.0), (5, 1.2), (10, 4.0), (15, 8.0), (20, 12.0)]);
        assert_eq!(climb_began(&s, Millis(20_000), 1.5, Span::secs(60)), Millis(5_000));
    }

    #[test]
    fn what_is_usual_does_not_grow_with_what_is_too_much() {
        let level = |until: i64| {
            let points: Vec<(i64, f64)> =
                (0..until / 5).map(|i| (i * 5, if i < 30 { 1.0 } else { i as f64 })).collect();
            let to = Millis(until * 1000);
            let too_much = |l: f64| l * 4.0 + 5.0;
            quiet_level(&series(&points), (Millis(0), to), 0.25, Span::secs(60), |_| true, too_much)
        };
        assert_eq!(level(60), None, "too short");
        assert_eq!((level(150), level(1500)), (Some(1.0), Some(1.0)));
    }

    #[test]
    fn a_climb_after_a_start_begins_where_that_was_caught_up() {
        let s = series(&[(0, 40.0), (5, 20.0), (10, 3.0), (15, 6.0), (20, 12.0)]);
        assert_eq!(caught_up(&s, Millis(0), Millis(20_000)), Some(Millis(10_000)));
        let climbs = series(&[(0, 4.0), (5, 8.0), (10, 12.0)]);
        assert_eq!(caught_up(&climbs, Millis(0), Millis(10_000)), None);
    }
}
