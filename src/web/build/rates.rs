//! Rates from counters, for figures and curves of the page. A fall is a new life of the counter:
//! what lies across it is not known.

use streamwarden_core::estate::{Entity, Millis, Series, SeriesTable, Span};
use streamwarden_core::signals::Signal;

/// Figures "now" are means over this: six ticks, so that one late scrape does not shake them.
pub const WINDOW: Span = Span::secs(30);

/// Growth per second between each point and the one before, at the later one.
pub fn points(series: &Series, from: Millis, to: Millis) -> impl Iterator<Item = (Millis, f64)> {
    let mut before: Option<(Millis, f64)> = None;
    series.range(from, to).filter_map(move |(t, v)| {
        let (t0, v0) = before.replace((t, v))?;
        (v >= v0).then(|| (t, (v - v0) / (t - t0).as_secs()))
    })
}

/// Mean growth per second over `from..=to`, without what lies across a fall.
pub fn mean(series: &Series, from: Millis, to: Millis) -> Option<f64> {
    let (mut grown, mut time) = (0.0, 0.0);
    let mut before: Option<(Millis, f64)> = None;
    for (t, v) in series.range(from, to) {
        if let Some((t0, v0)) = before.replace((t, v))
            && v >= v0
        {
            grown += v - v0;
            time += (t - t0).as_secs();
        }
    }
    (time > 0.0).then(|| grown / time)
}

/// Rate of a counter at `at`, over the window before it.
pub fn rate(t: &SeriesTable, entity: &Entity, signal: Signal, at: Millis) -> Option<f64> {
    mean(t.get(entity, signal)?, at - WINDOW, at)
}

/// Shares of time (0 to 1) of one subtask.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Shares {
    pub busy: Option<f64>,
    pub back_pressure: Option<f64>,
    pub idle: Option<f64>,
}

/// Milliseconds of a second that an accumulated time grew by, as a share.
fn share(ms_per_s: f64) -> f64 {
    (ms_per_s / 1000.0).clamp(0.0, 1.0)
}

/// Busy is what is neither idle nor back pressured; unknown where either is.
pub fn shares(t: &SeriesTable, subtask: &Entity, at: Millis) -> Shares {
    let idle = rate(t, subtask, Signal::IdleTime, at).map(share);
    let back_pressure = rate(t, subtask, Signal::BackPressuredTime, at).map(share);
    let busy = idle.zip(back_pressure).map(|(i, b)| (1.0 - i - b).clamp(0.0, 1.0));
    Shares { busy, back_pressure, idle }
}

/// The largest over the median of the others; unknown for one, or where the others rest.
pub fn skew(rates: &[f64]) -> Option<f64> {
    let mut sorted = rates.to_vec();
    sorted.sort_by(f64::total_cmp);
    let largest = sorted.pop()?;
    let median = match sorted.len() {
        0 => return None,
        n if n % 2 == 1 => sorted[n / 2],
        n => (sorted[n / 2 - 1] + sorted[n / 2]) / 2.0,
    };
    (median > 0.0).then(|| largest / median)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(points: &[(i64, f64)]) -> Series {
        let mut s = Series::default();
        points.iter().for_each(|(t, v)| assert!(s.push(Millis(*t), *v)));
        s
    }

    #[test]
    fn a_fall_is_a_new_life_and_not_a_rate() {
        let s = series(&[(0, 10.0), (1000, 30.0), (2000, 5.0), (3000, 15.0)]);
        let all = (Millis(0), Millis(9000));
        let got: Vec<_> = points(&s, all.0, all.1).collect();
        assert_eq!(got, [(Millis(1000), 20.0), (Millis(3000), 10.0)]);
        assert_eq!(mean(&s, all.0, all.1), Some(15.0));
        assert_eq!(mean(&s, Millis(3000), Millis(9000)), None);
    }

    #[test]
    fn skew_needs_others_that_move() {
        assert_eq!(skew(&[30.0, 10.0, 10.0]), Some(3.0));
        assert_eq!(skew(&[30.0]), None);
        assert_eq!(skew(&[30.0, 0.0]), None);
    }
}
