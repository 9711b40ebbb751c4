//! Raw values into the unit of their signal; what Flink says instead of "unknown" becomes absent.

use crate::estate::Millis;

/// Beyond this a moment is Long.MIN_VALUE ("no watermark yet") or Long.MAX_VALUE ("end of input"),
/// which no double holds exactly.
const NO_MOMENT: f64 = 9.2e18;

/// How a raw value becomes a value of its signal. NaN and infinities are always absent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Convert {
    Plain,
    /// Flink tells the last offset that was emitted; the position is the next one. -1: none yet.
    PlusOne,
    NanosToMillis,
    SecondsToMillis,
    /// Flink and the JVM say -1 for "not known".
    NoneIfNegative,
    /// A lag may be negative where clocks disagree; -1 is Flink's "not known".
    Lag,
    /// A watermark.
    Moment,
    /// A moment, as its age at the scrape.
    EpochToAge,
}

impl Convert {
    /// The value for the signal, if it says anything; `at` is when it was read.
    pub fn apply(self, raw: f64, at: Millis) -> Option<f64> {
        if !raw.is_finite() {
            return None;
        }
        match self {
            Convert::Plain => Some(raw),
            Convert::PlusOne => (raw >= 0.0).then_some(raw + 1.0),
            Convert::NanosToMillis => (raw >= 0.0).then_some(raw / 1e6),
            Convert::SecondsToMillis => (raw >= 0.0).then_some(raw * 1e3),
            Convert::NoneIfNegative => (raw >= 0.0).then_some(raw),
            Convert::Lag => (raw != -1.0 && raw.abs() < NO_MOMENT).then_some(raw),
            Convert::Moment => (raw.abs() < NO_MOMENT).then_some(raw),
            Convert::EpochToAge => (raw > 0.0).then_some((at.0 as f64 - raw).max(0.0)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_means_unknown_is_absent() {
        let at = Millis(1_795_223_110_000);
        let apply = |c: Convert, v| c.apply(v, at);
        // as Prometheus text and as REST print Long.MIN_VALUE and Long.MAX_VALUE
        assert_eq!(apply(Convert::Moment, -9.223372036854776E18), None);
        assert_eq!(apply(Convert::Moment, -9223372036854775808.0), None);
        assert_eq!(apply(Convert::Moment, 9.223372036854776E18), None);
        assert_eq!(apply(Convert::Moment, 1.795222949548E12), Some(1795222949548.0));
        assert_eq!(apply(Convert::Lag, -1.0), None);
        assert_eq!(apply(Convert::Lag, -7.0), Some(-7.0));
        assert_eq!(apply(Convert::EpochToAge, 1.795223107711E12), Some(2289.0));
        assert_eq!(apply(Convert::EpochToAge, -1.0), None);
        assert_eq!(apply(Convert::NanosToMillis, 1.755E9), Some(1755.0));
        assert_eq!(apply(Convert::NoneIfNegative, -9.0), None);
        assert_eq!(apply(Convert::Plain, f64::NAN), None);
        assert_eq!(apply(Convert::Plain, f64::INFINITY), None);
    }
}
