//! Time is data: milliseconds since the Unix epoch, handed in; nothing here reads a clock.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::ops::{Add, Sub};

/// A moment: milliseconds since the Unix epoch (UTC).
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Millis(pub i64);

/// A length of time in milliseconds; may be negative when two clocks disagree.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Span(pub i64);

impl Span {
    pub const fn secs(s: i64) -> Span {
        Span(s * 1000)
    }
    /// Seconds, as figures are shown and SLAs are declared.
    pub fn as_secs(self) -> f64 {
        self.0 as f64 / 1000.0
    }
    /// Seconds into milliseconds, rounded; out-of-range and NaN saturate as `as` does.
    pub fn from_secs(s: f64) -> Span {
        Span((s * 1000.0).round() as i64)
    }
}

impl Sub for Millis {
    type Output = Span;
    fn sub(self, other: Millis) -> Span {
        Span(self.0.saturating_sub(other.0))
    }
}
impl Sub<Span> for Millis {
    type Output = Millis;
    fn sub(self, span: Span) -> Millis {
        Millis(self.0.saturating_sub(span.0))
    }
}
impl Add for Span {
    type Output = Span;
    fn add(self, other: Span) -> Span {
        Span(self.0.saturating_add(other.0))
    }
}
impl Add<Span> for Millis {
    type Output = Millis;
    fn add(self, span: Span) -> Millis {
        Millis(self.0.saturating_add(span.0))
    }
}
impl fmt::Display for Millis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ms", self.0)
    }
}
