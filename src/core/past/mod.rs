//! What was, thinned: a value a minute, and hours of it.

mod kept;
mod season;

pub use kept::{Fold, KEPT, Kept};
pub use season::{
    Alike, DELAY, Here, INPUT_DELAY, LocalTime, PRODUCED, SEASONAL, Season, Seasons, Usual,
};

use crate::estate::{JobKey, Millis, Name, Span, Subject};
use std::collections::HashMap;

pub const MINUTE: Span = Span::secs(60);
pub const HOUR: Span = Span::secs(3600);

/// What minutes may take on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    pub keep: Span,
    /// Bytes.
    pub cap: u64,
}

impl Default for Limits {
    /// Four weeks and one over, for what is usual on a weekday.
    fn default() -> Limits {
        Limits { keep: Span::secs(35 * 86_400), cap: 10_000_000_000 }
    }
}

/// The minutes of one hour, folded. Minutes in which nothing was seen are in no figure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hour {
    pub start: Millis,
    /// Minutes that are known, 1 to 60.
    pub known: u8,
    pub min: f64,
    pub mean: f64,
    pub max: f64,
    /// The newest of them.
    pub last: f64,
}

impl Hour {
    /// Hours (of UTC) out of minutes in their order; hours without any are none.
    pub fn of(minutes: &[(Millis, f64)]) -> Vec<Hour> {
        let hour = |at: &Millis| at.0.div_euclid(HOUR.0);
        minutes
            .chunk_by(|(a, _), (b, _)| hour(a) == hour(b))
            .filter_map(|all| {
                let (first, last) = (all.first()?, all.last()?);
                let values = || all.iter().map(|(_, v)| *v);
                Some(Hour {
                    start: Millis(hour(&first.0) * HOUR.0),
                    known: u8::try_from(all.len()).unwrap_or(u8::MAX),
                    min: values().fold(f64::INFINITY, f64::min),
                    mean: values().sum::<f64>() / all.len() as f64,
                    max: values().fold(f64::NEG_INFINITY, f64::max),
                    last: last.1,
                })
            })
            .collect()
    }
}

/// An incident that a job was in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    pub from: Millis,
    pub to: Millis,
    /// Its one root cause, where it was named.
    pub cause: Option<Name>,
}

/// Hours of the measures in [`KEPT`], of whom they were read for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Past {
    hours: HashMap<Subject, HashMap<&'static str, Vec<Hour>>>,
    incidents: HashMap<JobKey, Vec<Trouble>>,
}

impl Past {
    /// `hours`: oldest first. A name that is in no list is left out.
    pub fn put(&mut self, subject: Subject, name: &str, hours: Vec<Hour>) {
        if let Some(kept) = Kept::find(subject.kind(), name) {
            self.hours.entry(subject).or_default().insert(kept.name, hours);
        }
    }

    /// Hours that lie in the time from `from` to `to`, at least in part.
    pub fn hours(&self, subject: &Subject, name: &str, from: Millis, to: Millis) -> &[Hour] {
        let all = self.hours.get(subject).and_then(|m| m.get(name));
        let all = all.map(Vec::as_slice).unwrap_or_default();
        let first = all.partition_point(|h| h.start + HOUR <= from);
        let last = all.partition_point(|h| h.start < to);
        all.get(first..last).unwrap_or_default()
    }

    pub fn was_in(&mut self, job: JobKey, incident: Trouble) {
        self.incidents.entry(job).or_default().push(incident);
    }

    /// Whether the job was, within the hour from `start`, in an incident that came of something
    /// else than any of `causes`. One whose cause nobody named may have come of them.
    pub fn disturbed(&self, job: &JobKey, start: Millis, causes: &[Name]) -> bool {
        let other = |i: &Trouble| i.cause.as_ref().is_some_and(|c| !causes.contains(c));
        let all = self.incidents.get(job).into_iter().flatten();
        all.filter(|i| i.from < start + HOUR && i.to > start).any(other)
    }
}

/// Four significant digits and at most four decimals: what a trend of weeks needs, and short on
/// disk.
pub fn rounded(value: f64) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return value;
    }
    let digits = 3 - value.abs().log10().floor() as i32;
    let power = 10f64.powi(digits.min(4).abs());
    if digits >= 0 { (value * power).round() / power } else { (value / power).round() * power }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_hold_what_was_seen_and_nothing_else() {
        let minutes: Vec<_> = [(0, 1.0), (59, 4.0), (60, 2.0), (200, 7.0)]
            .map(|(m, v)| (Millis(m * 60_000), v))
            .into();
        let hours = Hour::of(&minutes);
        let told: Vec<_> =
            hours.iter().map(|h| (h.start.0 / HOUR.0, h.known, h.min, h.mean, h.max)).collect();
        assert_eq!(told, [(0, 2, 1.0, 2.5, 4.0), (1, 1, 2.0, 2.0, 2.0), (3, 1, 7.0, 7.0, 7.0)]);
        assert!(Hour::of(&[]).is_empty());
    }

    #[test]
    fn what_is_kept_is_within_half_a_thousandth() {
        for v in [0.0, 1.0, -12.345_67, 0.123_456, 98_765_432.1, 1e-9, 3e14, 0.000_051] {
            let kept = rounded(v);
            assert!((kept - v).abs() <= (v.abs() * 0.0006).max(0.000_05), "{v} became {kept}");
        }
        assert_eq!(rounded(12_345.678), 12_350.0);
        assert_eq!(rounded(0.73125), 0.7313);
    }
}
