//! Looking back along one series: what was usual, since when it is not, where it is going.

use crate::estate::{Millis, Series, Span};

/// The value below which this share (0 to 1) of the points of `[from, to]` lies; None below
/// `least` of time between the first and the last of them.
pub fn quantile(series: &Series, from: Millis, to: Millis, q: f64, least: Span) -> Option<f64> {
    let points: Vec<(Millis, f64)> = series.range(from, to).collect();
    let seen = points.last()?.0 - points.first()?.0;
    let mut values: Vec<f64> = points.into_iter().map(|p| p.1).collect();
    values.sort_by(f64::total_cmp);
    let i = ((values.len() - 1) as f64 * q).round() as usize;
    values.get(i).copied().filter(|_| seen >= least)
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
    fn a_gauge_that_stands_says_since_when() {
        let s = series(&[(0, 1.0), (5, 2.0), (10, 2.0), (15, 2.0)]);
        assert_eq!(still_since(&s, Millis(15_000)), Some(Millis(5_000)));
    }
}
